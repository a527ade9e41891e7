"""Sweeps: variants share what they can, equal the plain method they stand for, and rerun only themselves."""

import numpy as np
import pandas as pd
import pytest
from project import Project

SWEEPS = {
    "threshold": {"method": "gmm", "values": {"threshold": [30, 50]}},
    "components": {"method": "gmm", "values": {"model.components": [1, 2]}},
    "history": {"method": "mog2", "values": {"history": [30, 60]}},
    "training": {"method": "gmm", "values": {"split.train_fraction": [0.3, 0.4]}},
    "grid": {"method": "gmm", "values": {"threshold": [30, 50], "opening": [1, 3]}},
}
COMPARISON = ["scores.csv", "absorption.csv", "fits.csv", "thresholds.csv", "history.csv"]


@pytest.fixture(scope="module")
def swept(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment with its sweeps done. Not to be changed: clone it."""
    project = finished.clone_to(tmp_path_factory.mktemp("swept") / "project")
    project.configure({"sweeps": SWEEPS})
    files = [*COMPARISON, *(f"sweeps/{sweep}.csv" for sweep in SWEEPS)]
    project.snakemake("--cores", "2", *(f"results/demo/{file}" for file in files))
    return project


# The page says what each sweep cost.
PAGES = {"make_page": 1, "make_overview": 1}


def table(project: Project, file: str) -> pd.DataFrame:
    return pd.read_csv(project.results / "demo" / file)


def made(project: Project, kind: str) -> set[str]:
    return {path.name for path in (project.results / "demo" / kind).iterdir()}


@pytest.mark.parametrize(
    ("sweep", "jobs"),
    [
        ("threshold", {"mask_by_model": 1, "measure_variant": 2}),
        ("components", {"fit_tile": 2, "join_tiles": 1, "mask_by_model": 1, "measure_variant": 2}),
        ("history", {"mask_by_opencv": 1, "measure_variant": 2}),
        (
            "training",
            {
                "split_frames_otherwise": 1,
                "fit_tile": 2,
                "join_tiles": 1,
                "mask_by_model": 1,
                "measure_variant": 2,
            },
        ),
        ("grid", {"mask_by_model": 3, "measure_variant": 4}),
    ],
)
def test_variants_share_what_does_not_differ(sweep: str, jobs: dict[str, int], project: Project) -> None:
    """One of the values is always the config's own, and its variant is the method itself."""
    project.configure({"sweeps": {sweep: SWEEPS[sweep]}})
    assert project.planned() == {**jobs, "summarise_sweep": 1, **PAGES}


def test_variants_are_named_by_what_differs(swept: Project) -> None:
    plain = set(table(swept, "scores.csv")["method"])
    assert made(swept, "methods") - plain == {
        "gmm.threshold-30",
        "gmm.components-1",
        "mog2.history-30",
        "gmm.train_fraction-0.3",
        "gmm.opening-3",
        "gmm.opening-3.threshold-30",
    }
    assert {name for name in made(swept, "models") if name.startswith("em")} == {
        "em",
        "em.components-1",
        "em.train_fraction-0.3",
    }
    assert table(swept, "sweeps/grid.csv")[["variant", "threshold", "opening"]].to_numpy().tolist() == [
        ["gmm.threshold-30", 30, 1],
        ["gmm.opening-3.threshold-30", 30, 3],
        ["gmm", 50, 1],
        ["gmm.opening-3", 50, 3],
    ]


@pytest.mark.parametrize(
    ("changes", "jobs"),
    [
        ({}, {}),
        (
            {"threshold": {"values": {"threshold": [30, 50, 70]}}},
            {"mask_by_model": 1, "measure_variant": 1, "summarise_sweep": 1},
        ),
        ({"threshold": {"values": {"threshold": [50]}}}, {"summarise_sweep": 1}),
        (
            {"components": {"values": {"model.components": [1, 2, 3]}}},
            {"fit_tile": 2, "join_tiles": 1, "mask_by_model": 1, "measure_variant": 1, "summarise_sweep": 1},
        ),
        ({"second": {"method": "gmm", "values": {"threshold": [30]}}}, {"summarise_sweep": 1}),
        ({"threshold": None}, {}),
    ],
)
def test_another_value_reruns_only_itself(
    changes: dict, jobs: dict[str, int], swept: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = swept.clone_to(tmp_path_factory.mktemp("changed") / "project")
    project.configure({"sweeps": changes})
    assert project.planned() == {**jobs, **PAGES}


def test_a_variant_equals_the_method_with_its_setting(
    swept: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = swept.clone_to(tmp_path_factory.mktemp("plain") / "project")
    project.configure(
        {
            "models": {"single": {"components": 1, "max_iterations": 60}},
            "methods": {
                "strict": {"model": "em", "rule": "difference", "threshold": 30, "median": 7},
                "single": {"model": "single", "rule": "difference", "median": 7},
                "short": {"opencv": "mog2", "history": 30, "var_threshold": 32, "opening": 3},
            },
        }
    )
    pairs = {
        "methods/strict/masks.npz": "methods/gmm.threshold-30/masks.npz",
        "models/single/model.npz": "models/em.components-1/model.npz",
        "methods/single/masks.npz": "methods/gmm.components-1/masks.npz",
        "methods/short/masks.npz": "methods/mog2.history-30/masks.npz",
    }
    project.snakemake("--cores", "2", *[f"results/demo/{plain}" for plain in pairs])
    for plain, variant in pairs.items():
        results = project.results / "demo"
        assert (results / plain).read_bytes() == (results / variant).read_bytes(), variant


def test_a_fraction_equals_the_config_with_that_split(
    swept: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = swept.clone_to(tmp_path_factory.mktemp("split") / "project")
    project.configure({"split": {"train_fraction": 0.3}, "sweeps": dict.fromkeys(SWEEPS)})
    project.snakemake("--cores", "2", "results/demo/methods/gmm/masks.npz")
    here, there = project.results / "demo", swept.results / "demo"
    for plain, variant in {
        "frames.csv": "splits/0.3.csv",
        "models/em/model.npz": "models/em.train_fraction-0.3/model.npz",
        "methods/gmm/masks.npz": "methods/gmm.train_fraction-0.3/masks.npz",
    }.items():
        assert (here / plain).read_bytes() == (there / variant).read_bytes(), variant
    training = table(swept, "sweeps/training.csv")
    assert training["frames"].tolist() == [24, 24]  # those of the shorter test


def test_a_clip_with_a_share_of_its_own_is_swept_over_shares_by_variants(project: Project) -> None:
    """The same share may be one clip's own and not another's, so none stands for the method itself."""
    project.configure(
        {"clips": {"demo": {"train_fraction": 0.3}}, "sweeps": {"training": SWEEPS["training"]}}
    )
    methods = [f"gmm{variant}" for variant in ("", ".train_fraction-0.3", ".train_fraction-0.4")]
    masks = [project.results / f"demo/methods/{method}/masks.npz" for method in methods]
    project.snakemake(
        "--cores", "2", "results/demo/sweeps/training.csv", f"results/demo/methods/gmm/{masks[0].name}"
    )
    assert table(project, "sweeps/training.csv")["variant"].tolist() == methods[1:]
    assert masks[0].read_bytes() == masks[1].read_bytes() != masks[2].read_bytes()


def test_the_method_itself_has_the_scores_of_the_comparison(swept: Project) -> None:
    scores = table(swept, "scores.csv").set_index("method")
    absorption = table(swept, "absorption.csv").set_index("method")
    for sweep, method in (("threshold", "gmm"), ("history", "mog2")):
        row = table(swept, f"sweeps/{sweep}.csv").set_index("variant").loc[method]
        for column in ("f_measure", "precision", "recall", "pwc", "shadow_error"):
            assert row[column] == pytest.approx(scores.loc[method, column], nan_ok=True), column
        for column in ("initial_share", "half_life", "censored_at", "vanish", "retention", "predicted"):
            assert row[column] == pytest.approx(absorption.loc[method, column], nan_ok=True), column
    fits = table(swept, "fits.csv").set_index("model")
    components = table(swept, "sweeps/components.csv").set_index("variant")
    for column in ("log_likelihood", "converged"):
        assert components.loc["gmm", column] == pytest.approx(fits.loc["em", column], abs=1e-6)
    assert components.loc["gmm", "iterations"] == fits.loc["em", "iterations_max"]


def test_sweeping_the_threshold_without_masks_gives_what_masks_give(swept: Project) -> None:
    thresholds = table(swept, "thresholds.csv").set_index(["method", "threshold"])
    measures = ["precision", "recall", "f_measure"]
    masked = table(swept, "sweeps/threshold.csv").set_index("threshold")
    for threshold in (30, 50):
        found, expected = thresholds.loc[("gmm", threshold), measures], masked.loc[threshold, measures]
        np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=1e-12)
    scores = table(swept, "scores.csv").set_index("method")
    configured = thresholds[thresholds["configured"]].reset_index("threshold")
    assert {"gmm", "gmm_mahalanobis", "median"} <= set(configured.index) < set(scores.index)
    for method, row in configured.iterrows():
        np.testing.assert_allclose(row[measures].astype(float), scores.loc[method, measures].astype(float))
    assert (thresholds.groupby("method")["best"].sum() == 1).all()


def test_each_sweep_has_a_picture(swept: Project) -> None:
    assert made(swept, "sweeps") == {f"{sweep}.{kind}" for sweep in SWEEPS for kind in ("csv", "png", "svg")}


def test_history_is_measured_and_predicted(swept: Project) -> None:
    history = table(swept, "history.csv").set_index("history")
    absorption = table(swept, "absorption.csv").set_index("method").loc["mog2"]
    for column in ("initial_share", "half_life", "vanish", "retention", "predicted"):
        assert history.loc[60, column] == pytest.approx(absorption[column], nan_ok=True), column
    assert (swept.results / "demo/figures/history.png").is_file()


def test_a_clip_without_ground_truth_is_swept_without_scores(project: Project) -> None:
    project.configure(
        {
            "run": ["bare"],
            "clips": {
                "bare": {
                    "source": {"synthetic": {"frames": 40, "height": 64, "width": 96}},
                    "frames": "input/*.png",
                    "still": {"frame": 30, "region": [40, 30, 20, 20]},
                }
            },
            "sweeps": {"rate": {"method": "mog2", "values": {"learning_rate": ["auto", 0.001]}}},
        }
    )
    project.snakemake("--cores", "2", "results/bare/sweeps/rate.csv")
    rows = pd.read_csv(project.results / "bare/sweeps/rate.csv")
    assert rows["variant"].tolist() == ["mog2", "mog2.learning_rate-0.001"]
    assert rows["f_measure"].isna().all()
    assert rows["retention"].notna().all()
