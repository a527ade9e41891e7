"""Another workflow uses this one as a module, with a config of its own or with this one's."""

import textwrap
from pathlib import Path

import loaded
import pytest
import yaml
from loopback import Loopback, Reply
from project import SMALL, Project
from test_clip_sources import archive, pictures

MODULE = """
configfile: "config.yaml"

module fall:
    snakefile: "../project/Snakefile"
    config: config["fall"]
    prefix: "sub"

use rule * from fall as fall_*
"""
OWN_CONFIG = """
module fall:
    snakefile: "../project/Snakefile"

use rule * from fall as fall_*
"""


@pytest.fixture
def outer(tmp_path: Path) -> Path:
    """The folder of the other workflow, beside a copy of this one."""
    Project.copied_to(tmp_path / "project")
    folder = tmp_path / "outer"
    folder.mkdir()
    return folder


def snakemake(folder: Path, *arguments: str) -> str:
    done = loaded.snakemake(folder, ["--cores", "2", *arguments])
    assert done.returncode == 0, done.stdout
    return done.stdout


def own_config(outer: Path, **changes: object) -> None:
    """Write the other workflow's config, with one for this workflow in it."""
    shipped = yaml.safe_load((outer.parent / "project/config.yaml").read_text())
    methods = {name: shipped["methods"][name] for name in ("gmm", "median", "mog2")}
    fall = shipped | {"models": SMALL["models"], "methods": methods, "histories": []} | changes
    (outer / "config.yaml").write_text(yaml.safe_dump({"samples": ["a"], "fall": fall}, sort_keys=False))


def files_in(folder: Path) -> set[str]:
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {file for file in files if not file.startswith(".snakemake")}


def test_everything_is_below_the_prefix(outer: Path, loopback: Loopback) -> None:
    """Results, what is fetched, the table of clips and the user's own files."""
    content = archive(outer / "clip.zip", pictures()).read_bytes()
    loopback.replies["/clip.zip"] = [Reply(content)]
    (outer / "sub").mkdir()
    (outer / "clip.zip").rename(outer / "sub/own.zip")
    (outer / "sub/mine.tsv").write_text(
        "clip\tpath\turl\tfile\tframes\n"
        "own\town.zip\t\t\tclip/*.png\n"
        f"fetched\t\t{loopback.url('/clip.zip')}\tfetched.zip\tclip/*.png\n"
    )
    own_config(outer, run=["own", "fetched"], clip_tables=["mine.tsv", "workflow/clips/montreal.tsv"])
    (outer / "Snakefile").write_text(MODULE)
    snakemake(outer, "sub/results/own/report.html", "sub/results/fetched/frames.npy")
    made = files_in(outer)
    assert {"sub/results/own/report.html", "sub/data/fetched.zip"} <= made
    assert {file for file in made if not file.startswith("sub/")} == {"Snakefile", "config.yaml"}
    frames = [(outer / f"sub/results/{clip}/frames.npy").read_bytes() for clip in ("own", "fetched")]
    assert frames[0] == frames[1]
    assert "Nothing to be done" in snakemake(outer, "sub/results/own/report.html")
    archive(outer / "sub/own.zip", pictures(25))
    planned = snakemake(outer, "--dry-run", "fall_all")
    assert "fall_read_frames 1" in " ".join(planned.split())


def test_without_prefix_or_config_it_is_as_if_run_by_itself(outer: Path) -> None:
    """The tables of clips that it ships are found beside its own Snakefile."""
    (outer / "Snakefile").write_text(OWN_CONFIG)
    overlay = str(outer.parent / "project/small.yaml")
    snakemake(outer, "results/demo/frames.csv", "--configfile", overlay)
    assert len((outer / "results/demo/frames.csv").read_text().splitlines()) == 41
    assert "montreal_s01_c1" in snakemake(
        outer, "-n", "results/montreal_s01_c1/frames.csv", "--config", "run=[montreal_s01_c1]"
    )


def test_rules_can_be_changed_after_they_are_used(outer: Path) -> None:
    """For which Snakemake reads the module once more, with the config that it has read already."""
    sweeps = {"training": {"method": "gmm", "values": {"split.train_fraction": [0.3, 0.4]}}}
    own_config(outer, clips=SMALL["clips"], sweeps=sweeps)
    change = """
    use rule read_frames from fall as fall_read_frames with:
        threads: 2
    """
    (outer / "Snakefile").write_text(MODULE + textwrap.dedent(change))
    planned = snakemake(outer, "-n", "sub/results/demo/sweeps/training.csv")
    assert "threads: 2" in planned
    assert "sub/results/demo/methods/gmm.train_fraction-0.3/measures.csv" in planned
