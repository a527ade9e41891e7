"""What a config makes of its clips, the user's files and its sweeps."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from configs import overlaid

from bgsub.config.experiment import Experiment, read_experiment
from bgsub.config.files import method_files, method_settings, source_files, source_settings
from bgsub.config.sweeps import value_in_config
from bgsub.errors import InputError


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


def test_patterns_of_run_are_made_out_in_their_order() -> None:
    Path("mine.tsv").write_text("clip\tgdrive\tfile\nb2\tid\tb.zip\nb1\tid\tb.zip\nc\tid\tc.zip\n")
    clips = {"b3": {"source": {"synthetic": {}}}, "c": {"source": {"synthetic": {}}}}
    config = read({"run": ["c", "b*"], "clips": clips, "clip_tables": ["mine.tsv"]}).config
    assert list(config["clips"]) == ["c", "b2", "b1", "b3"]
    assert config["clips"]["c"]["source"].keys() == {"synthetic"}  # the config's own comes before the table's


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
            {"run": ["a"], "clips": {"a": {"source": {"url": "http://x/y"}}}},
            "clips.a.source.file: missing; expected the name to keep the file by, such as a.zip",
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
    assert source_settings(file, located) == {"kind": "path", "path": "sub/kitchen.mp4"}
    assert source_files(file, located) == ["kitchen.mp4"]  # Snakemake puts it below the prefix
    assert source_settings(folder, located).keys() == {"kind", "path", "fingerprint"}
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
    images = method_settings(config["images"], "demo")
    assert images["masks"] == "masks/demo/*.png"
    Path("masks/demo/3.png").touch()
    assert method_settings(config["images"], "demo")["fingerprint"] != images["fingerprint"]


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
            "values.model.max_iterations: found 0; expected a whole number, at least 1 (Limit)",
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
