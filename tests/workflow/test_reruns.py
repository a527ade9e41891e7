"""A change reruns exactly the jobs that it concerns and those that follow, and no change reruns nothing.

A case edits the finished experiment and names the jobs that it concerns. What follows from these is taken
from the graph of jobs, and the jobs of a dry run must be the two together, no more and no fewer of any rule.
"""

import os
import re
from collections import Counter
from collections.abc import Callable

import pytest
import yaml
from project import ROOT, Graph, Project

Change = Callable[[Project], object]
SOURCE = ["render_synthetic.*"]
VIDEOS = ["render_videos.*"]
PAGES = ["make_.*"]


def setting(**changes: object) -> Change:
    return lambda project: project.configure(changes)


def edited(file: str, text: str = "# edited\n") -> Change:
    return lambda project: project.append(f"workflow/{file}", text)


def touched(file: str) -> Change:
    return lambda project: os.utime(project.folder / file)


def deleted(file: str) -> Change:
    return lambda project: (project.results / file).unlink()


# By name: the change, and patterns of the jobs that it concerns, as `rule wildcard: value ...`.
CASES: dict[str, tuple[Change, list[str]]] = {
    "nothing": (lambda project: None, []),
    # The code: a script, a module of the library, a module that another one imports, the page's template.
    "script split_frames": (edited("scripts/split_frames.py"), ["split_frames.*"]),
    "script fit_tile": (edited("scripts/fit_tile.py"), ["fit_tile.*"]),
    "script join_tiles": (edited("scripts/join_tiles.py"), ["fit_tile.*"]),  # tiles are temporary
    "script plot_methods": (edited("scripts/plot_methods.py"), ["plot_methods.*"]),
    "module synthetic": (edited("scripts/bgsub/demo/synthetic.py"), SOURCE),
    "module sources": (edited("scripts/bgsub/source/sources.py"), ["fetch_source.*"]),
    "module records": (
        edited("scripts/bgsub/source/records.py"),
        ["fetch_source.*", "read_frames.*", "read_groundtruth.*", "read_scope.*"],
    ),
    "module video": (edited("scripts/bgsub/figures/video.py"), VIDEOS),
    "module subtractors": (
        edited("scripts/bgsub/masks/subtractors.py"),
        ["mask_by_opencv.*", "measure_masks.*", "sweep_history.*"],
    ),
    "module events": (edited("scripts/bgsub/evidence/events.py"), ["measure_masks.*"]),
    "module change": (
        edited("scripts/bgsub/evidence/change.py"),
        ["measure_masks.*", "sweep_history.*", "weigh_convergence.*"],  # whose picture is cropped to a moment
    ),
    "module difference": (
        edited("scripts/bgsub/masks/difference.py"),
        [
            "mask_by_m.*",
            "measure_false_alarms.*",
            "sweep_thresholds.*",
            "weigh_convergence.*",
            "pack_page.*",
        ],
    ),
    "module sentences": (edited("scripts/bgsub/report/sentences.py"), PAGES),
    "module over_clips": (edited("scripts/bgsub/evidence/over_clips.py"), ["gather_tables.*"]),
    "glossary": (lambda project: project.append("docs/glossary.md"), PAGES),
    "style sheet": (edited("report/page.css", "/* */\n"), PAGES),
    # The config, key by key.
    "clip's seed": (setting(clips={"demo": {"source": {"synthetic": {"seed": 7}}}}), SOURCE),
    "clip's frames": (setting(clips={"demo": {"frames": "input/in*.png"}}), ["read_frames.*"]),
    "clip's groundtruth": (
        setting(clips={"demo": {"groundtruth": "groundtruth/gt*.png"}}),
        ["read_groundtruth.*"],
    ),
    "clip's still": (
        setting(clips={"demo": {"still": {"frame": 25, "region": [10, 10, 20, 20]}}}),
        ["measure_masks.*", "sweep_history.*"],
    ),
    "clip's events": (
        setting(clips={"demo": {"events": {"enters": 3, "falls": 20}}}),
        ["measure_masks.*"],
    ),
    "clip's train_fraction": (setting(clips={"demo": {"train_fraction": 0.5}}), ["split_frames.*"]),
    "clip's annotation": (setting(clips={"demo": {"annotation": "Another"}}), PAGES),
    "clip's title": (setting(clips={"demo": {"title": "Another"}}), PAGES),
    "clip's category": (
        setting(clips={"demo": {"category": "falls"}}),
        ["gather_tables.*"],
    ),
    "clip's licence": (setting(clips={"demo": {"licence": "Another"}}), PAGES),
    "another clip's title": (setting(clips={"fall_scenario8": {"title": "Another"}}), []),
    "train_fraction": (setting(split={"train_fraction": 0.5}), ["split_frames.*"]),
    "model's components": (setting(models={"em": {"components": 1}}), ["fit_tile.* model: em .*"]),
    "model's max_components": (
        setting(models={"auto": {"max_components": 1}}),
        ["fit_tile.* model: auto .*", "audit_convergence.*", "pack_page.*"],
    ),
    "model's start": (setting(models={"em": {"start": "random"}}), ["fit_tile.* model: em .*"]),
    "model's tolerance": (setting(models={"em": {"tolerance": 1e-5}}), ["fit_tile.* model: em .*"]),
    "model's max_iterations": (setting(models={"em": {"max_iterations": 61}}), ["fit_tile.* model: em .*"]),
    "model's covariance_floor": (
        setting(models={"em": {"covariance_floor": 2.0}}),
        ["fit_tile.* model: em .*"],
    ),
    "model's seed": (setting(models={"notebook": {"seed": 1}}), ["fit_tile.* model: notebook .*"]),
    "seed": (setting(seed=1), ["measure_false_alarms.*", "score_masks.*", "gather_tables.*"]),
    "method's threshold": (
        setting(methods={"gmm": {"threshold": 40}}),
        ["mask_by_model.* gmm", "measure_false_alarms.*", "sweep_thresholds.*"],
    ),
    "method's opening": (
        setting(methods={"median": {"opening": 5}}),
        ["mask_by_median.* median", "measure_false_alarms.*", "sweep_thresholds.*"],
    ),
    "method's median": (
        setting(methods={"median": {"median": 5}}),
        ["mask_by_median.* median", "measure_false_alarms.*", "sweep_thresholds.*"],
    ),
    "method's memory": (setting(methods={"learning_gmm": {"memory": 40}}), ["mask_by_posterior.*"]),
    "method's ignore_shadows": (
        setting(methods={"gmm_mahalanobis": {"ignore_shadows": False}}),
        [
            "mask_by_model.* gmm_mahalanobis",
            "measure_false_alarms.*",
            "sweep_thresholds.*",
            "weigh_convergence.*",
        ],
    ),
    "method's history": (
        setting(methods={"mog2": {"history": 30}}),
        ["mask_by_opencv.* mog2", "measure_masks.*", "sweep_history.*"],
    ),
    "method's detect_shadows": (
        setting(methods={"mog2": {"detect_shadows": False}}),
        ["mask_by_opencv.* mog2", "measure_masks.*", "sweep_history.*"],
    ),
    "method's learning": (
        setting(methods={"mog2_frozen": {"learning": "adaptive"}}),
        ["mask_by_opencv.* mog2_frozen", "measure_masks.*"],
    ),
    "method's dist2_threshold": (
        setting(methods={"knn": {"dist2_threshold": 300}}),
        ["mask_by_opencv.* knn", "measure_masks.*"],
    ),
    "two values swapped": (
        setting(methods={"mog2": {"history": 32, "var_threshold": 60}}),
        ["mask_by_opencv.* mog2", "measure_masks.*", "sweep_history.*"],
    ),
    "keys in another order": (
        lambda project: project.edit(
            "config.yaml",
            "    model: em\n    rule: difference\n",
            "    rule: difference\n    model: em\n",
        ),
        [],
    ),
    "training frames": (setting(clips={"demo": {"train": {"frames": [[0, 16]]}}}), ["split_frames.*"]),
    # Times without content.
    "library touched": (touched("workflow/scripts/bgsub/model/gmm.py"), []),
    "template touched": (touched("workflow/report/page.html.j2"), []),
    "config touched": (touched("config.yaml"), []),
    "result touched": (touched("results/demo/frames.csv"), []),
    "result edited that keeps its size": (
        lambda project: project.edit("results/demo/names.txt", "in000007", "in000077"),
        ["read_groundtruth.*", "split_frames.*"],
    ),
    # What went away.
    "report deleted": (deleted("report.html"), ["make_(report|overview).*"]),
    "table in the middle deleted": (deleted("demo/area.csv"), ["measure_masks.*"]),
    "drawing deleted": (deleted("demo/figures/area.svg"), ["plot_methods.*"]),
    "checksum deleted": (deleted("demo/methods/knn/masks.npz.sha256"), ["mask_by_opencv.* knn"]),
    "log deleted": (deleted("demo/logs/read_frames.log"), []),
    "benchmark deleted": (deleted("demo/benchmarks/read_frames.tsv"), []),
}

# Changes after which there are other jobs than before.
OTHER_CLIP = {
    "source": {"synthetic": {"frames": 40, "height": 64, "width": 96}},
    "frames": "input/*.png",
    "groundtruth": "groundtruth/*.png",
}
REGROUPED: dict[str, tuple[Change, list[str]]] = {
    "tiles": (setting(tiles=4), ["fit_tile.*"]),
    "method's model": (
        setting(methods={"gmm": {"model": "notebook"}}),
        ["mask_by_model.* gmm", "measure_false_alarms.*", "sweep_thresholds.*"],
    ),
    "method's posterior": (
        setting(methods={"learning_gmm": {"posterior": "notebook"}}),
        ["mask_by_posterior.*"],
    ),
    "a method left out": (
        setting(methods={"notebook": None}),
        [
            "render_videos.*",
            "measure_.*",
            "score_masks.*",
            "sweep_thresholds.*",
            "weigh_convergence.*",  # whose rules were the notebook's own
            "plot_methods.*",
            "pack_page.*",
            *PAGES,
        ],
    ),
    "a method added": (
        setting(methods={"strict": {"model": "em", "rule": "difference", "threshold": 80}}),
        ["mask_by_model.* strict", "measure_false_alarms.*", "sweep_thresholds.*"],
    ),
    "a clip added": (setting(run=["demo", "other"], clips={"other": OTHER_CLIP}), [".*clip: other.*"]),
}


@pytest.fixture(scope="session")
def graph(finished: Project) -> Graph:
    return finished.graph()


@pytest.mark.parametrize("name", CASES)
def test_reruns_what_changed(name: str, project: Project, graph: Graph) -> None:
    change, concerned = CASES[name]
    change(project)
    assert project.planned() == graph.following(concerned)


@pytest.mark.parametrize("name", REGROUPED)
def test_reruns_what_is_new(name: str, project: Project) -> None:
    change, concerned = REGROUPED[name]
    change(project)
    assert project.planned() == project.graph().following(concerned)


def test_frames_per_second_concern_videos_and_times(project: Project, graph: Graph) -> None:
    project.configure({"video": {"fps": 12}})
    assert project.planned() == {}  # the clip has a rate of its own
    project.configure({"clips": {"demo": {"fps": 12}}})
    planned = Counter(project.planned())
    assert planned >= Counter(graph.following(VIDEOS))
    computed = ("read_", "split_", "fit_", "mask_", "measure_", "score_")
    assert not [rule for rule in planned if rule.startswith(computed)]


@pytest.mark.parametrize(
    ("module", "needed", "spared"),
    [
        ("model/gmm", "fit_tile", "mask_by_.*|render_.*|read_.*|measure_.*"),
        ("model/start", "fit_tile", "mask_by_.*|render_.*|read_.*"),  # imported by another module only
        ("masks/foreground", "mask_by_.*", "fit_tile|join_tiles|read_frames|read_groundtruth"),
        ("evidence/absorption", "measure_masks", "fit_tile|join_tiles|mask_by_.*|render_.*"),
        ("evidence/scores", "score_masks", "fit_tile|join_tiles|mask_by_.*|render_.*"),
        ("figures/plots", "plot_models|plot_methods", "fit_tile|join_tiles|mask_by_.*|render_.*|measure_.*"),
    ],
)
def test_module_concerns_the_rules_that_import_it(
    module: str, needed: str, spared: str, project: Project, graph: Graph
) -> None:
    project.append(f"workflow/scripts/bgsub/{module}.py")
    planned = set(project.planned())
    jobs = {rule for rule in graph.rules() if re.fullmatch(needed, rule)}
    assert jobs <= planned
    after = set(graph.following([f"{rule}.*" for rule in jobs]))
    assert not [rule for rule in planned - after if re.fullmatch(spared, rule)]


def test_the_plan_is_that_of_a_snakemake_in_which_nothing_is_changed(project: Project) -> None:
    edited("scripts/fit_tile.py")(project)
    for file in ("frames.csv", "figures/history.png", "methods/median/video.mp4"):
        deleted(f"demo/{file}")(project)
    ours = jobs_of(project.snakemake("--dry-run").stdout)
    project.edit("workflow/scripts/innards.py", 'TRIED = "9.27."', 'TRIED = "another"')
    assert ours == jobs_of(project.snakemake("--dry-run").stdout)
    assert len(ours) > 20


def jobs_of(text: str) -> list[list[str]]:
    """All that a dry run says of each job but its number, in no order: that of reasons is chance."""
    jobs = re.split(r"\n\[.*\]\n", text.split("\nReasons:")[0])[1:]
    words = (re.sub(r"jobid: .*|\nWould .*|\nJob stats:[^:]*", "", job).split() for job in jobs)
    return sorted(sorted(word.strip(",;") for word in job) for job in words)


def test_every_setting_has_a_case() -> None:
    """A key that is added to the shipped models and methods gets a row above, or this fails."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    rows = [*config["models"].values(), *config["methods"].values()]
    keys = {key for row in rows for key in row}
    named = {name.removeprefix("model's ").removeprefix("method's ") for name in CASES | REGROUPED}
    # Those with one value, and those of the swapped pair and of rules whose settings are hashed as one dict.
    assert keys - named <= {"opencv", "rule", "background", "var_threshold", "learning_rate"}
