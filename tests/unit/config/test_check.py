"""A config is checked as a whole, told in one line what is wrong first, and comes back with its defaults."""

import datetime
from pathlib import Path

import pytest
import yaml
from configs import SMALL, overlaid

from bgsub.config.check import check
from bgsub.config.sections import Config
from bgsub.errors import InputError
from bgsub.masks.methods import method_of


def message(changes: dict) -> str:
    with pytest.raises(InputError) as caught:
        check(overlaid(changes), Config)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_shipped_config_is_right() -> None:
    shipped = Path(__file__).parents[3] / "config.yaml"
    config = check(yaml.safe_load(shipped.read_text(encoding="utf-8")), Config)
    assert config["clips"]["demo"]["source"] == {
        "synthetic": {
            "frames": 110,
            "height": 480,
            "width": 720,
            "seed": 1,
            "story": "falls",
            # None of the troubles that scenes have.
            "drift": 0.02,
            "light": 1.0,
            "noise": 3.0,
            "banding": 0.0,
            "shadow": "soft",
            "draught": 0.0,
            "jitter": 0.0,
        }
    }


def test_defaults_are_filled_in_and_what_has_no_value_is_left_out() -> None:
    config = check(SMALL, Config)
    assert config["methods"]["mog2"] == {
        "opencv": "mog2",
        "history": 60,
        "var_threshold": 16,
        "background_ratio": 0.9,
        "detect_shadows": True,
        "learning_rate": "auto",
        "learning": "adaptive",
        "opening": 1,
        "median": 1,
    }
    assert config["clips"]["demo"].keys() == {"source", "groundtruth"}
    assert config["tiles"] == "auto"
    assert config["split"] == {"train_fraction": 0.4}
    assert config["histories"] == [15, 30, 60, 120, 250, 500]


def test_every_row_makes_the_method_that_it_describes() -> None:
    rows = check(SMALL, Config)["methods"]
    assert [type(method_of(row)).__name__ for row in rows.values()] == ["Difference", "Mog2"]


def test_null_is_a_value_only_where_it_means_something() -> None:
    config = check(overlaid({"clips": {"demo": {"groundtruth": None}}}), Config)
    assert "groundtruth" not in config["clips"]["demo"]
    assert config["models"]["notebook"]["tolerance"] is None


@pytest.mark.parametrize(
    ("given", "kept"), [(60.0, 60), (60, 60)], ids=["a whole number with a point", "a whole number"]
)
def test_whole_numbers_reach_the_jobs_as_such(given: float, kept: int) -> None:
    config = check(overlaid({"methods": {"mog2": {"history": given}}, "histories": [given]}), Config)
    assert repr(config["methods"]["mog2"]["history"]) == repr(config["histories"][0]) == repr(kept)


def test_other_numbers_stay_as_they_are_written() -> None:
    config = check(overlaid({"methods": {"gmm": {"threshold": 50}}, "video": {"fps": 12.0}}), Config)
    assert repr(config["methods"]["gmm"]["threshold"]) == "50"
    assert repr(config["video"]["fps"]) == "12.0"


def test_settings_of_an_own_method_are_its_own_business() -> None:
    own = {"python": "mine.py", "settings": {"rate": 1.0, "more": {"deep": [1, "x", None]}}}
    filled = own | {"opening": 1, "median": 1}
    assert check(overlaid({"methods": {"mine": own}}), Config)["methods"]["mine"] == filled


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"modles": {}}, "top level: unknown key 'modles'; did you mean 'models'?"),
        (
            {"models": {"em": {"toleranse": 1}}},
            "models.em: unknown key 'toleranse'; did you mean 'tolerance'?",
        ),
        ({"audit": {"x": 1}}, "audit: unknown key 'x'; expected one of pixels, restarts, seed"),
        (
            {"methods": {"gmm": {"history": 3}}},
            "methods.gmm: unknown key 'history'; expected one of label, opening, median, threshold, gain, "
            "ignore_shadows, model, rule",
        ),
        # unknown keys before all else, as they explain what is missing
        (
            {"sweeps": {"s": {"methud": "gmm", "values": {"threshold": [1]}}}},
            "sweeps.s: unknown key 'methud'; did you mean 'method'?",
        ),
        (
            {"clips": {"a": {"title": "A"}}},
            "clips.a.source: missing; expected a section (Where the clip comes from)",
        ),
        (
            {"split": {"train_fraction": 1.5}},
            "split.train_fraction: found 1.5; expected a number, above 0 and below 1 (Share of the frames,"
            " from the first on, that train the models)",
        ),
        ({"split": 3}, "split: found 3; expected a section (How a clip's frames are divided in time)"),
        (
            {"models": {"em": {"seed": -1}}},
            "models.em.seed: found -1; expected a whole number, at least 0 and at most 2147483647 (",
        ),
        ({"run": "demo"}, "run: found 'demo'; expected a list in brackets of 1 or more values (Names of"),
        ({"run": []}, "run: found []; expected a list in brackets of 1 or more values (Names of the clips"),
        ({"run": ["a", "a"]}, 'run: found ["a", "a"]; expected each value once; delete one that is there'),
        ({"methods": {"gmm": {"opening": 2.5}}}, "methods.gmm.opening: found 2.5; expected a whole number,"),
        (
            {"methods": {"gmm": {"median": 4}}},
            "methods.gmm.median: found 4; expected one of 1, 3, 5, 7, 9, 11, 13, 15 (Width of the square",
        ),
        ({"methods": {"gmm": {"median": True}}}, "methods.gmm.median: found true; expected one of 1, 3, 5"),
        ({"methods": {"gmm": {"opening": True}}}, "methods.gmm.opening: found true; expected a whole number"),
        ({"methods": {"mog2": {"detect_shadows": "no"}}}, "methods.mog2.detect_shadows: found 'no';"),
        ({"methods": {"mog2": {"detect_shadows": 1}}}, "methods.mog2.detect_shadows: found 1; expected"),
        (
            {"clips": {"demo": {"still": {"frame": 1, "region": [1, 2]}}}},
            "clips.demo.still.region: found [1, 2]; expected a list in brackets of 4 values (Box around",
        ),
        (
            {"clips": {"a": {"source": {"url": "ftp://x"}}}},
            "clips.a.source.url: found 'ftp://x'; expected an address that begins with http:// or https://",
        ),
        (
            {"clips": {"a": {"source": {"path": "x", "sha256": "A"}}}},
            "clips.a.source.sha256: found 'A'; expected 64 hexadecimal digits in lower case",
        ),
        (
            {"clips": {"a": {"source": {"url": "http://x/a.mp4", "file": ".."}}}},
            "clips.a.source.file: found '..'; expected the name of a file, without / and",
        ),
        (
            {"clips": {"k\n": {"source": {"path": "x"}}}},
            "clips: found the key 'k\\n'; expected a name of letters, digits, '_', '.' and '-', the first",
        ),
        (
            {"clips": {"demo": {"still": {"frame": 20}}}},
            "clips.demo.still.region: missing; expected a list in brackets of 4 values",
        ),
        (
            {"methods": {"knn": {"opencv": "knn", "seed": 10**30}}},
            f"methods.knn.seed: found {10**30}; expected a whole number, at least 0 and at most 2147483647",
        ),
        (
            {"methods": {"mog2": {"opening": 100_000}}},
            "methods.mog2.opening: found 100000; expected a whole number, at least 1 and at most 99",
        ),
        ({"run": [16**5000]}, "run.0: found a number of more than 300 digits; expected fewer"),
        (
            {"clips": {"demo": {"title": "a\x07"}}},
            r"clips.demo.title: found '\x07' in 'a\x07'; expected text without it",
        ),
        (
            {"clips": {"demo": {"title": "a\ud800"}}},
            r"clips.demo.title: found '\ud800' in 'a\ud800'; expected text without it",
        ),
        (
            {"clips": {"x" * 81: {"source": {"path": "x"}}}},
            f"clips: found the key '{'x' * 81}'; expected a name of letters, digits",
        ),
        (
            {"clips": {"a/b": {"source": {"path": "x"}}}},
            "clips: found the key 'a/b'; expected a name of letters, digits, '_', '.' and '-', the first a",
        ),
        (
            {"sweeps": {"s": {"method": "gmm", "values": {"tiles.x": [1]}}}},
            "sweeps.s.values: found the key 'tiles.x'; expected a key of the method, settings.<key>,",
        ),
        (
            {"sweeps": {"s": {"method": "gmm", "values": {"threshold": []}}}},
            "sweeps.s.values.threshold: found []; expected a list in brackets of 1 or more values",
        ),
        (
            {"sweeps": {"s": {"method": "gmm", "values": {"a": [1], "b": [1], "c": [1]}}}},
            "sweeps.s.values: found the keys a, b, c; expected a section of 1 to 2 keys (One or two keys,",
        ),
        ({"sweeps": {"s": {"method": "gmm"}}}, "sweeps.s.values: missing; expected a section of 1 to 2 keys"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_is_expected(changes: dict, told: str) -> None:
    assert message(changes).startswith(told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"models": {"em": {"components": "two"}}},
            "models.em.components: found 'two'; expected auto or a whole number, at least 1 and at most 5"
            " (Gaussians per pixel, 1 to 5; or auto, as many as BIC takes best)",
        ),
        (
            {"models": {"em": {"components": 6}}},
            "models.em.components: found 6; expected auto or a whole number",
        ),
        (
            {"methods": {"mog2": {"learning_rate": 1}}},
            "methods.mog2.learning_rate: found 1; expected auto or a number, above 0 and below 1 (",
        ),
        (
            {"tiles": 0},
            "tiles: found 0; expected auto or a whole number, at least 1 and at most 1000 (Horizontal bands",
        ),
        (
            {"models": {"em": {"tolerance": 0}}},
            "models.em.tolerance: found 0; expected a number, above 0 or null",
        ),
    ],
)
def test_a_choice_of_types_is_told_as_one(changes: dict, told: str) -> None:
    assert message(changes).startswith(told)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"modle": "em", "rule": "difference"},
            "methods.x: found the keys modle, rule; expected one of the keys model, background, opencv,"
            " posterior, python, masks; did you mean 'model'?",
        ),
        (
            {},
            "methods.x: found no keys; expected one of the keys model, background, opencv, posterior, python,"
            " masks",
        ),
        (
            {"opencv": "mog2", "model": "em"},
            "methods.x: found the keys model and opencv; expected one of them: delete the others, or, as an"
            " overlay is merged into the rows that are there, give the method a name of its own",
        ),
        (
            {"opencv": "mgo2"},
            "methods.x.opencv: found 'mgo2'; expected one of mog2, knn, mog, gmg, cnt, gsoc, lsbp;"
            " did you mean 'mog2'?",
        ),
        ({"opencv": 2}, "methods.x.opencv: found 2; expected one of mog2, knn, mog, gmg, cnt, gsoc, lsbp"),
        (
            {"model": "em"},
            "methods.x.rule: missing; expected one of difference, mahalanobis, component, likelihood",
        ),
        ({"background": "mean"}, "methods.x.background: found 'mean'; expected one of median"),
        (
            {"python": "x.py", "rate": 1},
            "methods.x: unknown key 'rate'; expected one of label, opening, median, python",
        ),
        ({"python": ""}, "methods.x.python: found ''; expected text"),
        ("mog2", "methods.x: found 'mog2'; expected a section"),
    ],
)
def test_a_row_that_is_no_method_is_told_by_the_key_that_is_wrong(row: object, told: str) -> None:
    assert message({"methods": {"x": row}}).startswith(told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"clips": {2024: {}}}, "clips: found a key that YAML reads as a number; put it in quotes: '2024'"),
        (
            {"methods": {datetime.date(2024, 5, 1): {}}},
            "methods: found a key that YAML reads as a date; put it in quotes: '2024-05-01'",
        ),
        ({"models": {True: {}}}, "models: found a key that YAML reads as true or false; put it in quotes"),
        ({"models": {None: {}}}, "models: found a key that YAML reads as null; put it in quotes"),
        (
            {"run": [2024]},
            "run.0: found 2024; expected text; that YAML reads as a number; put it in quotes: '2024'",
        ),
        (
            {"clips": {"demo": {"title": datetime.date(2024, 5, 1)}}},
            'clips.demo.title: found "2024-05-01"; expected text (Shown in the report); that YAML reads as',
        ),
        (
            {"models": {"em": {"tolerance": "1e-6"}}},
            "models.em.tolerance: found '1e-6'; expected a number, above 0 or null (Gain in nats per sample"
            " below which a pixel has converged; null never stops); YAML reads this as text: write it without"
            " quotes, and an exponent as in 1.0e-6",
        ),
        ({"video": {"fps": float("nan")}}, "video.fps: found nan; expected a finite number"),
        (
            {"methods": {"gmm": {"threshold": float("inf")}}},
            "methods.gmm.threshold: found inf; expected a finite",
        ),
        (
            {"methods": {"x": {"python": "x.py", "settings": {"a": [1, float("-inf")]}}}},
            "methods.x.settings.a.1: found -inf; expected a finite number",
        ),
    ],
)
def test_what_yaml_reads_otherwise_than_meant_is_told_with_the_remedy(changes: dict, told: str) -> None:
    assert message(changes).startswith(told)


def test_a_long_value_is_cut() -> None:
    assert len(message({"run": [["x" * 500]]})) < 150
