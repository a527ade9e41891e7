"""A change reruns exactly the rules that it concerns, and no change reruns nothing.

Each case edits a finished experiment and compares the jobs of a dry run with those that ought to follow,
for one clip, two models in two tiles each, and three methods, two of which use a model.
"""

import os
from collections.abc import Callable

import pytest
from project import Project

REPORT = {"make_report": 1}
METHOD_EVIDENCE = {
    "measure_area": 1,
    "measure_absorption": 1,
    "plot_methods": 1,
    "render_comparison": 1,
    "make_report": 1,
}
MODEL_EVIDENCE = {"summarise_fits": 1, "plot_models": 1, "make_report": 1}
ONE_METHOD = {"render_video": 1, **METHOD_EVIDENCE}
ALL_METHODS = {"mask_by_model": 2, "mask_by_opencv": 1, "render_video": 3, **METHOD_EVIDENCE}
ONE_MODEL = {"fit_tile": 2, "join_tiles": 1, "mask_by_model": 1, **MODEL_EVIDENCE, **ONE_METHOD}
ALL_MODELS = {
    "fit_tile": 4,
    "join_tiles": 2,
    "mask_by_model": 2,
    **MODEL_EVIDENCE,
    **METHOD_EVIDENCE,
    "render_video": 2,
}
AFTER_SPLIT = {**ALL_MODELS, **ALL_METHODS, "render_preview": 1}
AFTER_FRAMES = {**AFTER_SPLIT, "read_groundtruth": 1}
AFTER_SOURCE = {**AFTER_FRAMES, "read_frames": 1, "split_frames": 1}
EVERYTHING = {**AFTER_SOURCE, "render_synthetic": 1, "fetch_source": 1}

Change = Callable[[Project], object]


def setting(**changes: object) -> Change:
    return lambda project: project.configure(changes)


def edited(file: str) -> Change:
    return lambda project: project.append(f"workflow/scripts/{file}")


def touched(file: str) -> Change:
    return lambda project: os.utime(project.folder / file)


CASES: dict[str, tuple[Change, dict[str, int]]] = {
    "nothing": (lambda project: None, {}),
    # The code: a script, a module of the library, a module that another one imports, the page's template.
    "script split_frames": (edited("split_frames.py"), {**AFTER_SPLIT, "split_frames": 1}),
    "script fit_tile": (edited("fit_tile.py"), ALL_MODELS),
    "script measure_area": (edited("measure_area.py"), {"measure_area": 1, "plot_methods": 1, **REPORT}),
    "script make_report": (edited("make_report.py"), REPORT),
    "module synthetic": (edited("bgsub/synthetic.py"), EVERYTHING),
    "module sources": (edited("bgsub/sources.py"), {**AFTER_SOURCE, "fetch_source": 1}),
    "module gmm": (edited("bgsub/gmm.py"), ALL_MODELS),
    "module starts, imported by another": (edited("bgsub/starts.py"), ALL_MODELS),
    "module foreground": (edited("bgsub/foreground.py"), {**ALL_METHODS, "plot_models": 1}),
    "module subtractors": (edited("bgsub/subtractors.py"), {"mask_by_opencv": 1, **ONE_METHOD}),
    "module video": (
        edited("bgsub/video.py"),
        {"render_preview": 1, "render_video": 3, "render_comparison": 1, **REPORT},
    ),
    "module absorption": (
        edited("bgsub/absorption.py"),
        {"measure_absorption": 1, "plot_methods": 1, **REPORT},
    ),
    "module plots": (edited("bgsub/plots.py"), {"plot_models": 1, "plot_methods": 1, **REPORT}),
    "module sentences": (edited("bgsub/sentences.py"), REPORT),
    "template": (lambda project: project.append("workflow/report/page.html.j2", "<!-- -->\n"), REPORT),
    "style sheet": (lambda project: project.append("workflow/report/page.css", "/* */\n"), REPORT),
    # The config, key by key.
    "clip's seed": (setting(clips={"demo": {"source": {"synthetic": {"seed": 7}}}}), EVERYTHING),
    "clip's pattern": (setting(clips={"demo": {"frames": "input/in*.png"}}), AFTER_SOURCE),
    "clip's ground truth pattern": (
        setting(clips={"demo": {"groundtruth": "groundtruth/gt*.png"}}),
        {"read_groundtruth": 1, "measure_absorption": 1, "plot_methods": 1, **REPORT},
    ),
    "clip's still frame": (
        setting(clips={"demo": {"still": {"frame": 25, "region": [10, 10, 20, 20]}}}),
        {"measure_absorption": 1, "plot_methods": 1, **REPORT},
    ),
    "clip's title": (setting(clips={"demo": {"title": "Another"}}), REPORT),
    "clip's licence": (setting(clips={"demo": {"licence": "Another"}}), REPORT),
    "another clip's title": (setting(clips={"fall_scenario8": {"title": "Another"}}), {}),
    "train_fraction": (setting(split={"train_fraction": 0.5}), {**AFTER_SPLIT, "split_frames": 1}),
    "tiles": (setting(tiles=4), {**ALL_MODELS, "fit_tile": 8}),
    "model's components": (setting(models={"em": {"components": 1}}), ONE_MODEL),
    "model's start": (setting(models={"em": {"start": "random"}}), ONE_MODEL),
    "model's tolerance": (setting(models={"em": {"tolerance": 1e-5}}), ONE_MODEL),
    "model's max_iterations": (setting(models={"em": {"max_iterations": 61}}), ONE_MODEL),
    "model's covariance_floor": (setting(models={"em": {"covariance_floor": 2.0}}), ONE_MODEL),
    "model's seed": (setting(models={"notebook": {"seed": 1}}), ONE_MODEL),
    "method's threshold": (setting(methods={"gmm": {"threshold": 40}}), {"mask_by_model": 1, **ONE_METHOD}),
    "method's model": (setting(methods={"gmm": {"model": "notebook"}}), {"mask_by_model": 1, **ONE_METHOD}),
    "method's history": (setting(methods={"mog2": {"history": 30}}), {"mask_by_opencv": 1, **ONE_METHOD}),
    "method's detect_shadows": (
        setting(methods={"mog2": {"detect_shadows": False}}),
        {"mask_by_opencv": 1, **ONE_METHOD},
    ),
    "method's opening": (setting(methods={"mog2": {"opening": 5}}), {"mask_by_opencv": 1, **ONE_METHOD}),
    "two values swapped": (
        setting(methods={"mog2": {"history": 32, "var_threshold": 60}}),
        {"mask_by_opencv": 1, **ONE_METHOD},
    ),
    "fps": (
        setting(video={"fps": 12}),
        {"render_preview": 1, "render_video": 3, "render_comparison": 1, "plot_methods": 1, **REPORT},
    ),
    "keys in another order": (
        lambda project: project.edit("config.yaml", "history: 60 #", "opening: 3\n    history: 60 #"),
        {},
    ),
    "a method left out": (
        setting(methods={"notebook": None}),
        METHOD_EVIDENCE,
    ),
    "a method added": (
        setting(methods={"strict": {"model": "em", "rule": "difference", "threshold": 80}}),
        {"mask_by_model": 1, **ONE_METHOD},
    ),
    "a clip added": (
        setting(
            run=["demo", "other"],
            clips={
                "other": {
                    "source": {"synthetic": {"frames": 40, "height": 64, "width": 96}},
                    "frames": "input/*.png",
                    "groundtruth": "groundtruth/*.png",
                }
            },
        ),
        EVERYTHING,
    ),
    # Times without content.
    "library touched": (touched("workflow/scripts/bgsub/gmm.py"), {}),
    "template touched": (touched("workflow/report/page.html.j2"), {}),
    "config touched": (touched("config.yaml"), {}),
    "result touched": (touched("results/demo/frames.csv"), {}),
    # Results and records that went away.
    "report deleted": (lambda project: (project.results / "report.html").unlink(), REPORT),
    # Snakemake makes a file in the middle again only when something that follows from it is asked for.
    "table in the middle deleted": (lambda project: (project.results / "demo/area.csv").unlink(), {}),
    "log and benchmark deleted": (
        lambda project: [
            (project.results / "demo/logs/read_frames.log").unlink(),
            (project.results / "demo/benchmarks/read_frames.tsv").unlink(),
        ],
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_reruns_what_changed(name: str, project: Project) -> None:
    change, expected = CASES[name]
    change(project)
    assert project.planned() == expected


def test_every_setting_has_a_case() -> None:
    """A key that is added to the shipped models and methods gets a row above, or this fails."""
    import yaml
    from project import ROOT

    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    keys = set(config["models"]["em"]) | set(config["methods"]["mog2"]) | set(config["methods"]["gmm"])
    named = {name.removeprefix("model's ").removeprefix("method's ") for name in CASES}
    assert keys - named <= {"opencv", "rule", "var_threshold"}  # one value each, and the swapped pair
