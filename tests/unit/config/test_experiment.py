"""What a config makes of its clips, the user's files and its sweeps."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from configs import overlaid

from bgsub.config.experiment import Experiment, read_experiment
from bgsub.config.files import fingerprints, method_files, method_settings, source_files, source_settings
from bgsub.config.sweeps import value_in_config
from bgsub.errors import InputError
from bgsub.source.addresses import expect_origin, write_origin


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(changes: dict, located: Callable[[str], str] = str) -> Experiment:
    return read_experiment(overlaid(changes), Path(), located)


def message(changes: dict) -> str:
    with pytest.raises(InputError) as caught:
        read(changes)
    return str(caught.value)


def test_a_clip_of_a_table_that_is_set_to_null_is_left_out() -> None:
    Path("mine.tsv").write_text("clip\tgdrive\tfile\nb1\tid\tb.zip\nb2\tid\tb.zip\n")
    changes = {"run": ["b*"], "clips": {"b1": None, "scene_lamp": None}, "clip_tables": ["mine.tsv"]}
    experiment = read(changes)
    assert experiment.clips == ["b2"]
    assert "scene_lamp" not in experiment.scenes
    assert message(changes | {"run": ["b1"]}).startswith("run: unknown clip 'b1'")


def test_patterns_of_run_are_made_out_in_their_order() -> None:
    Path("mine.tsv").write_text("clip\tgdrive\tfile\nb2\tid\tb.zip\nb1\tid\tb.zip\nc\tid\tc.zip\n")
    clips = {"b3": {"source": {"synthetic": {}}}, "c": {"source": {"synthetic": {}}}}
    config = read({"run": ["c", "b*"], "clips": clips, "clip_tables": ["mine.tsv"]}).config
    assert list(config["clips"]) == ["c", "b2", "b1", "b3"]
    assert config["clips"]["c"]["source"].keys() == {"synthetic"}  # the config's own comes before the table's


def test_scenes_are_the_clips_of_their_table_apart_from_those_to_process() -> None:
    assert read({}).scenes == {}
    Path("scenes.tsv").write_text("clip\tsynthetic\tgroundtruth\nshakes\tjitter=2\t*.png\nb\tseed=2\t*.png\n")
    clips = {"b": {"source": {"synthetic": {"seed": 3}}, "groundtruth": "*.png"}}
    found = read({"scenes": "scenes.tsv", "clips": clips})
    assert list(found.config["clips"]) == ["demo"]
    assert list(found.scenes) == ["shakes", "b"]
    assert found.scenes["shakes"]["source"]["synthetic"]["jitter"] == 2
    assert found.scenes["b"]["source"]["synthetic"]["seed"] == 3  # the config's own comes before the table's
    assert list(read({"scenes": "scenes.tsv", "run": ["sh*"]}).config["clips"]) == ["shakes"]
    # Masks made elsewhere have to be there for the clips to process only.
    Path("demo.zip").touch()
    read({"scenes": "scenes.tsv", "methods": {"theirs": {"masks": "{clip}.zip"}}})


def test_scenes_that_cannot_be_scored_or_found_are_told() -> None:
    assert message({"scenes": "no.tsv"}) == "scenes: no such file: no.tsv; check the path"
    Path("scenes.tsv").write_text("clip\tsynthetic\nshakes\tjitter=2\n")
    assert message({"scenes": "scenes.tsv"}) == (
        "scenes: the clip 'shakes' of scenes.tsv has no groundtruth; expected label images to score with"
    )


def test_what_an_overlay_sets_to_null_is_left_out() -> None:
    config = read({"methods": {"gmm": None}, "sweeps": None, "clips": {"other": None}}).config
    assert list(config["methods"]) == ["mog2"]
    assert config["sweeps"] == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"run": ["demoo"]}, "run: unknown clip 'demoo'; expected names of the section clips, such as demo"),
        ({"models": None}, "models: missing; expected a section of 1 or more keys (Mixtures, by name; the"),
        (
            {"methods": {"gmm": {"model": "emm"}}},
            "methods.gmm.model: unknown model 'emm'; expected one of em, notebook",
        ),
        (
            {"methods": {"learning": {"posterior": "emm"}}},
            "methods.learning.posterior: unknown model 'emm'; expected one of em, notebook",
        ),
        (
            {"methods": {"gmm": {"label": "</script>"}}},
            "methods.gmm.label: found '<'; expected a label without it",
        ),
        (
            {"clips": {"demo": {"source": {"path": "x"}}}},
            "clips.demo.source: found path and synthetic; expected one of gdrive, url, path, synthetic",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {"url": "https://me:secret@h/a.zip", "file": "a.zip"}}}},
            "clips.a.source.url: has a user name or password, which would stand in results and logs",
        ),
        (
            {"clips": {"demo": {"category": "overall"}}},
            "clips.demo.category: found 'overall', the mean over all categories; rename it",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {}}}},
            "clips.a.source: found none; expected one of gdrive, url, path, synthetic",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {"path": "no.mp4"}}}},
            "clips.a.source.path: no such file or folder: no.mp4; check the path",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {"path": "x" * 5000}}}},
            "clips.a.source.path: no such file or folder: xxx",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {"url": "http://[", "file": "a.zip"}}}},
            "clips.a.source.url: found 'http://['; expected an address such as https://host/clip.zip",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {"url": "http://x/y"}}}},
            "clips.a.source.file: missing; expected the name to keep the file by, such as a.zip",
        ),
        (
            {"clips": {"demo": {"events": {"enters": 30, "falls": 10}}}},
            "clips.demo.events.falls: found 10, which is before events.enters, 30; expected the order",
        ),
        (
            {"clips": {"demo": {"events": {"enters": 30}, "still": {"frame": 20, "region": [0, 0, 9, 9]}}}},
            "clips.demo.still.frame: found 20, which is before events.enters, 30; expected the order",
        ),
        (
            {"methods": {"mine": {"python": "mine.py"}}},
            "methods.mine.python: no such file: mine.py; check the path",
        ),
        (
            {"methods": {"theirs": {"masks": "masks/{clip}/*.png"}}},
            "methods.theirs.masks: no such files: masks/demo/*.png, for the clip 'demo'; check the path",
        ),
    ],
)
def test_what_is_not_there_is_told(changes: dict, told: str) -> None:
    assert message(changes).startswith(told)


def test_a_clip_that_is_not_run_needs_no_file() -> None:
    assert "a" not in read({"clips": {"a": {"source": {"path": "no.mp4"}}}}).config["clips"]


def test_files_are_where_a_prefix_has_them() -> None:
    Path("sub/videos").mkdir(parents=True)
    Path("sub/kitchen.mp4").touch()
    assert read({"run": ["a"], "clips": {"a": {"source": {"path": "kitchen.mp4"}}}}, "sub/{}".format)
    located = "sub/{}".format
    file, folder = {"path": "kitchen.mp4"}, {"path": "videos"}
    known = source_settings(file, located)
    assert known == {"kind": "path", "path": "sub/kitchen.mp4", "fingerprint": known["fingerprint"]}
    assert source_files(file, located) == ["kitchen.mp4"]  # Snakemake puts it below the prefix
    assert source_settings(folder, located).keys() == {"kind", "path", "frames", "fingerprint"}
    assert source_files(folder, located) == []
    fetched = {"url": "http://x/a.zip", "file": "a.zip"}
    assert source_settings(fetched, located) == {"kind": "url"} | fetched | {"file": "sub/data/a.zip"}


def test_a_folder_is_known_by_what_is_in_it() -> None:
    Path("frames/more").mkdir(parents=True)
    Path("frames/more/1.png").write_bytes(b"1")
    seen = [source_settings({"path": "frames"})["fingerprint"]]
    Path("frames/more/2.png").write_bytes(b"2")
    seen.append(source_settings({"path": "frames"})["fingerprint"])
    os.utime("frames/more/2.png", (1, 1))
    seen.append(source_settings({"path": "frames"})["fingerprint"])
    assert len(set(seen)) == 3
    assert source_settings({"path": "frames"})["fingerprint"] == seen[-1]


CHOSEN = {"source": {"path": "clip"}, "groundtruth": "gt/*.png", "roi": "ROI.bmp"}


def chosen() -> list[str | None]:
    """What is known of a folder's frames, of its ground truth and of its region of interest."""
    beside = fingerprints(CHOSEN, ["groundtruth", "roi", "temporal_roi"])
    assert beside.keys() == {"groundtruth", "roi"}
    return [source_settings(CHOSEN["source"], frames="in/*.png")["fingerprint"], *beside.values()]


@pytest.mark.parametrize(
    ("change", "others"),
    [
        (lambda: Path("clip/notes.txt").touch(), []),
        (lambda: Path("clip/in/.DS_Store").touch(), []),
        (lambda: Path("clip/in/old").mkdir(), []),
        (lambda: Path("clip/in/x.jpg").symlink_to("gone"), []),
        (lambda: Path("clip/in/3.png").touch(), [0]),
        (lambda: Path("clip/in/3.PNG").touch(), [0]),  # the page says that it is left out
        (lambda: Path("clip/in/2.png").unlink(), [0]),
        (lambda: Path("clip/in/2.png").rename("clip/in/0.png"), [0]),
        (lambda: Path("clip/in/2.png").write_bytes(b"another"), [0]),
        (lambda: os.utime("clip/in/2.png", (1, 1)), [0]),
        (lambda: Path("clip/gt/1.png").write_bytes(b"another"), [1]),
        (lambda: Path("clip/ROI.bmp").unlink(), [2]),
    ],
)
def test_a_folder_is_known_by_the_files_that_the_clip_takes_from_it(
    change: Callable[[], object], others: list[int]
) -> None:
    for name in ("in/1.png", "in/2.png", "gt/1.png", "ROI.bmp"):
        Path("clip", name).parent.mkdir(parents=True, exist_ok=True)
        Path("clip", name).write_bytes(name.encode())
    Path(os.fsdecode(b"clip/in/\xff\n.png")).touch()
    before = chosen()
    assert None not in before
    change()
    after = chosen()
    assert [place for place in range(3) if after[place] != before[place]] == others


def test_a_folder_without_the_files_of_a_clip_is_the_business_of_its_job() -> None:
    Path("clip/in").mkdir(parents=True)
    assert chosen() == [None, None, None]
    Path("clip/in/1.png").symlink_to("gone")
    assert chosen() == [None, None, None]
    assert (
        fingerprints({"source": {"url": "http://x/a.zip"}, "roi": "ROI.bmp"}, ["roi"], "sub/{}".format) == {}
    )


def test_a_file_is_known_by_its_bytes_whatever_its_time() -> None:
    def seen() -> str:
        os.utime("a.mp4", (1, 1))
        return source_settings({"path": "a.mp4"})["fingerprint"]

    Path("a.mp4").write_bytes(bytes(200_000))
    before = seen()
    assert seen() == before
    for change in (b"\1", bytes([0]), b"\1" + bytes(200_000)):
        data = bytearray(200_000)
        data[123_456 : 123_456 + len(change)] = change
        Path("a.mp4").write_bytes(data)
        assert (seen() == before) == (change == b"\0")


def test_a_fetched_file_that_is_replaced_by_hand_is_another() -> None:
    source = {"url": "http://x/a.zip", "file": "a.zip"}
    file = Path("data/a.zip")
    assert "fingerprint" not in source_settings(source)  # before it is there
    file.parent.mkdir()
    file.write_bytes(b"one")
    write_origin(file, source["url"], None)
    assert "fingerprint" not in source_settings(source)  # as it came
    file.write_bytes(b"two")
    os.utime(file, (1, 1))
    replaced = source_settings(source)["fingerprint"]
    expect_origin(file, source["url"])  # as the job does that records it
    assert source_settings(source)["fingerprint"] == replaced


def test_the_files_of_the_user_s_own_methods_are_tracked() -> None:
    for file in ("mine.py", "masks/demo/1.png", "masks/demo/2.png", "demo.zip"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(file)
    rows = {
        "mine": {"python": "mine.py", "settings": {"rate": 0.1}},
        "images": {"masks": "masks/{clip}/*.png"},
        "archive": {"masks": "{clip}.zip"},
    }
    config = read({"methods": rows}).config["methods"]
    assert [method_files(config[name], "demo") for name in rows] == [["mine.py"], [], ["demo.zip"]]
    assert method_files(config["gmm"], "demo") == []
    assert method_settings(config["gmm"], "demo") == config["gmm"]
    assert method_settings(config["archive"], "demo")["masks"] == "demo.zip"
    for name, file in (("mine", "mine.py"), ("archive", "demo.zip")):
        before = method_settings(config[name], "demo")["fingerprint"]
        Path(file).write_text("other")
        os.utime(file, (1, 1))
        assert method_settings(config[name], "demo")["fingerprint"] != before
    images = method_settings(config["images"], "demo")
    assert images["masks"] == "masks/demo/*.png"
    Path("masks/demo/notes.txt").touch()
    assert method_settings(config["images"], "demo") == images
    folder = method_settings({"masks": "masks/{clip}"}, "demo")
    Path("masks/demo/.3.txt").touch()
    assert method_settings({"masks": "masks/{clip}"}, "demo") == folder
    Path("masks/demo/3.png").touch()
    assert method_settings(config["images"], "demo")["fingerprint"] != images["fingerprint"]
    assert method_settings({"masks": "masks/{clip}"}, "demo")["fingerprint"] != folder["fingerprint"]


SWEEPS = {
    "threshold": {"method": "gmm", "values": {"threshold": [30, 50]}},
    "components": {"method": "gmm", "values": {"model.components": [1, 2]}},
    "history": {"method": "mog2", "values": {"history": [30.0, 60.0]}},
    "training": {"method": "gmm", "values": {"split.train_fraction": [0.3, 0.4]}},
    "grid": {"method": "gmm", "values": {"threshold": [30, 50], "opening": [1, 3]}},
    "rate": {"method": "mog2", "values": {"learning_rate": ["auto", 0.001]}},
    "start": {"method": "gmm", "values": {"model": ["notebook"], "model.seed": [0, 1]}},
}


def test_variants_are_named_by_what_differs_and_share_what_does_not() -> None:
    experiment = read({"sweeps": SWEEPS})
    made = {
        sweep: [(point.method, point.model) for point in points]
        for sweep, points in experiment.variants.items()
    }
    assert made == {
        "threshold": [("gmm.threshold-30", "em"), ("gmm", "em")],
        "components": [("gmm.components-1", "em.components-1"), ("gmm", "em")],
        "history": [("mog2.history-30", None), ("mog2", None)],
        "training": [("gmm.train_fraction-0.3", "em.train_fraction-0.3"), ("gmm", "em")],
        "grid": [
            ("gmm.opening-1.threshold-30", "em"),
            ("gmm.threshold-30", "em"),
            ("gmm.opening-1", "em"),
            ("gmm", "em"),
        ],
        "rate": [("mog2", None), ("mog2.learning_rate-0.001", None)],
        "start": [("gmm.model-notebook", "notebook"), ("gmm.model-notebook.seed-1", "notebook.seed-1")],
    }
    assert experiment.methods == ["gmm", "mog2"]
    assert experiment.models == ["em", "notebook"]
    assert experiment.fractions == {"gmm.train_fraction-0.3": 0.3, "em.train_fraction-0.3": 0.3}
    methods, models = experiment.config["methods"], experiment.config["models"]
    assert methods["gmm.components-1"] == methods["gmm"] | {"model": "em.components-1"}
    assert models["em.components-1"] == models["em"] | {"components": 1}
    assert repr(methods["mog2.history-30"]["history"]) == "30"


def test_a_variant_carries_what_it_is_made_of() -> None:
    (_, variant) = read({"sweeps": SWEEPS}).variants["start"]
    assert variant.base == "gmm"
    assert variant.values == {"model": "notebook", "model.seed": 1}
    assert variant.method_row["model"] == "notebook.seed-1"
    assert variant.model_row["start"] == "uniform"
    assert variant.model_row["seed"] == 1


def test_the_model_that_a_posterior_starts_from_varies() -> None:
    values = {"model.seed": [0, 1], "split.train_fraction": [0.3]}
    sweeps = {"start": {"method": "learning", "values": values}}
    experiment = read({"methods": {"learning": {"posterior": "em"}}, "sweeps": sweeps})
    assert [point.model for point in experiment.variants["start"]] == [
        "em.train_fraction-0.3",
        "em.seed-1.train_fraction-0.3",
    ]
    row = experiment.config["methods"]["learning.seed-1.train_fraction-0.3"]
    assert row["posterior"] == "em.seed-1.train_fraction-0.3"
    assert "model" not in row
    assert experiment.config["models"]["em.seed-1.train_fraction-0.3"]["seed"] == 1


def test_a_clip_s_own_share_makes_every_share_a_variant() -> None:
    changes = {"clips": {"demo": {"train_fraction": 0.3}}, "sweeps": {"training": SWEEPS["training"]}}
    points = read(changes).variants["training"]
    assert [point.method for point in points] == ["gmm.train_fraction-0.3", "gmm.train_fraction-0.4"]


def test_settings_of_a_python_method_vary() -> None:
    Path("mine.py").touch()
    mine = {"python": "mine.py", "settings": {"rate": 0.1, "size": 3}}
    values = {"settings.rate": [0.1, 0.2], "opening": [1]}
    experiment = read({"methods": {"mine": mine}, "sweeps": {"rates": {"method": "mine", "values": values}}})
    assert [point.method for point in experiment.variants["rates"]] == ["mine", "mine.settings.rate-0.2"]
    row = experiment.config["methods"]["mine.settings.rate-0.2"]
    assert row["settings"] == {"rate": 0.2, "size": 3}
    assert experiment.config["methods"]["mine"]["settings"] == {"rate": 0.1, "size": 3}
    assert value_in_config("settings.rate", "mine", experiment.config) == 0.1


def test_what_the_config_has_in_the_place_of_a_swept_value() -> None:
    config = read({}).config
    keys = ("threshold", "model.start", "split.train_fraction", "model.max_components", "settings.rate")
    assert [value_in_config(key, "gmm", config) for key in keys] == [50, "split", 0.4, 2, None]
    assert value_in_config("model.seed", "mog2", config) is None


@pytest.mark.parametrize(
    ("sweep", "told"),
    [
        (
            {"method": "gmn", "values": {"threshold": [1]}},
            "method: unknown method 'gmn'; expected one of gmm, mog2",
        ),
        (
            {"method": "gmm", "values": {"treshold": [1]}},
            "values: unknown key 'treshold'; did you mean 'threshold'?",
        ),
        (
            {"method": "gmm", "values": {"threshold": [1, -3]}},
            "values.threshold: found -3; expected a number, at least 0 and at most 255 (Foreground above",
        ),
        (
            {"method": "mog2", "values": {"model.components": [1]}},
            "values.model.components: method 'mog2' has no model",
        ),
        (
            {"method": "gmm", "values": {"settings.rate": [1]}},
            "values.settings.rate: method 'gmm' has no settings",
        ),
        (
            {"method": "gmm", "values": {"model.component": [1]}},
            "values.model: unknown key 'component'; did you mean 'components'?",
        ),
        (
            {"method": "gmm", "values": {"model.max_iterations": [0]}},
            "values.model.max_iterations: found 0; expected a whole number, at least 1 and at most 1000000"
            " (Limit)",
        ),
        (
            {"method": "gmm", "values": {"model": ["em", "emm"]}},
            "values.model: unknown model 'emm'; expected one of em, notebook",
        ),
        (
            {"method": "gmm", "values": {"split.train_fraction": [1.5]}},
            "values.split.train_fraction: found 1.5; expected a number, above 0 and below 1",
        ),
        (
            {"method": "mog2", "values": {"opencv": ["knn"]}},
            "values: unknown key 'var_threshold'",
        ),
    ],
)
def test_a_wrong_sweep_is_told_by_its_own_keys(sweep: dict, told: str) -> None:
    assert message({"sweeps": {"wrong": sweep}}).startswith(f"sweeps.wrong.{told}")


def test_a_variant_does_not_take_the_name_of_a_row() -> None:
    row = {"model": "em", "rule": "difference"}
    told = message({"methods": {"gmm.threshold-30": row}, "sweeps": {"t": SWEEPS["threshold"]}})
    assert told == "sweeps.t: its variant 'gmm.threshold-30' has the name of another row; rename that row"


def test_two_variants_do_not_share_a_name() -> None:
    Path("mine.py").touch()
    mine = {"python": "mine.py", "settings": {}}
    sweep = {"method": "mine", "values": {"settings.kind": ["a/b", "a b"]}}
    told = message({"methods": {"mine": mine}, "sweeps": {"kinds": sweep}})
    assert told.startswith("sweeps.kinds: its variant 'mine.settings.kind-a_b' has the name of another row")


def test_a_clip_s_key_may_be_unset() -> None:
    changes = trains({"frames": None, "clip": "demo"}, groundtruth=None, fps=None)
    assert read(changes).config["clips"]["a"].keys() == {"source", "train"}


def trains(train: dict, **more) -> dict:
    """Have the clip `a` train by the demo or by its own frames."""
    source = {"synthetic": {}}
    return {"run": ["a"], "clips": {"a": {"source": source, "train": train, **more}}}


def test_a_clip_that_trains_another_takes_part_but_is_not_run() -> None:
    experiment = read(trains({"clip": "demo"}))
    assert experiment.clips == ["a"]
    assert list(experiment.config["clips"]) == ["a", "demo"]


def test_two_clips_may_train_each_other() -> None:
    changes = trains({"clip": "demo"})
    changes["run"] = ["a", "demo"]
    changes["clips"]["demo"] = {"train": {"clip": "a"}}
    assert read(changes).clips == ["a", "demo"]


@pytest.mark.parametrize(
    ("train", "more", "told"),
    [
        ({}, {}, "clips.a.train: found none; expected one of frames, clip, until"),
        ({"clip": "demo", "until": "temporal_roi"}, {}, "found clip and until; expected one of frames, clip"),
        (
            {"frames": [[0, 9]]},
            {"train_fraction": 0.5},
            "clips.a.train: found beside train_fraction; expected",
        ),
        (
            {"frames": [[40, 40]]},
            {},
            "clips.a.train.frames: found [40, 40], which is empty; expected [first, one past the"
            " last], such as [40, 80]",
        ),
        ({"frames": [[9, 3]]}, {}, "clips.a.train.frames: found [9, 3], which is empty"),
        (
            {"frames": [[0, 40], [39, 60]]},
            {},
            "clips.a.train.frames: [0, 40] and [39, 60] overlap; expected each frame once, in",
        ),
        ({"frames": [[40, 60], [0, 20]]}, {}, "[40, 60] and [0, 20] are not in order"),
        ({"frames": []}, {}, "clips.a.train.frames: found []; expected a list in brackets of 1 or"),
        ({"frames": [[0, 9, 12]]}, {}, "clips.a.train.frames.0: found [0, 9, 12]; expected a list in"),
        (
            {"frames": [[-1, 9]]},
            {},
            "clips.a.train.frames.0.0: found -1; expected a whole number, at least 0",
        ),
        (
            {"clip": "a"},
            {},
            "clips.a.train.clip: found the clip itself, which would leave no frame to test; expected another",
        ),
        ({"clip": "demmo"}, {}, "clips.a.train.clip: unknown clip 'demmo'; did you mean 'demo'?"),
        (
            {"until": "temporal_roi"},
            {},
            "clips.a.train.until: the clip has no temporal_roi; expected the name of the file that says",
        ),
        ({"until": "noon"}, {}, "clips.a.train.until: found 'noon'; expected temporal_roi"),
    ],
)
def test_training_that_makes_no_sense_is_told(train: dict, more: dict, told: str) -> None:
    assert told in message(trains(train, **more))


def test_a_clip_s_own_training_frames_make_every_share_a_variant() -> None:
    changes = trains({"frames": [[0, 9]]}) | {"sweeps": {"training": SWEEPS["training"]}}
    assert set(read(changes).fractions.values()) == set(SWEEPS["training"]["values"]["split.train_fraction"])


def test_two_clips_do_not_keep_two_addresses_as_one_file() -> None:
    sources = {name: {"url": f"http://here/{name}.zip", "file": "data.zip"} for name in "ab"}
    changes = {"run": ["a", "b"], "clips": {name: {"source": source} for name, source in sources.items()}}
    assert message(changes) == (
        "clips.b.source.file: found 'data.zip', by which 'a' is kept, from another address; expected a name"
        " of its own"
    )
    changes["clips"]["b"]["source"]["url"] = "http://here/a.zip"
    assert read(changes).clips == ["a", "b"]


def test_what_may_be_secret_of_an_address_is_not_in_the_config_that_jobs_get() -> None:
    urls = ["http://here/a.zip", "http://here/a.zip?t=1", "http://here/a.zip?t=2"]
    clips = {f"c{place}": {"source": {"url": url, "file": f"{place}.zip"}} for place, url in enumerate(urls)}
    experiment = read({"run": ["c0", "c1"], "clips": clips})
    found = [experiment.known[name]["source"] for name in clips]
    assert {source["url"] for source in found} == {"http://here/a.zip"}
    assert "variable" not in found[0]
    assert [experiment.addresses[source["variable"]] for source in found[1:]] == urls[1:]


@pytest.mark.parametrize("name", ["report.html", "still.csv", "logs"])
def test_a_clip_is_not_named_like_a_file_of_the_results(name: str) -> None:
    changes = {"run": [name], "clips": {name: {"source": {"synthetic": {}}}}}
    assert message(changes).startswith(f"clips.{name}: files and folders of the results have such names")


def test_a_clip_in_two_tables_is_told(home: Path) -> None:
    for table in ("one.tsv", "two.tsv"):
        (home / table).write_text("clip\tpath\nkitchen\tkitchen.mp4\n")
    told = message({"clip_tables": ["one.tsv", "two.tsv"]})
    assert told == "clip_tables: 'kitchen' is in one.tsv and in two.tsv; rename one"
