"""Write a clip's page."""

import platform
import subprocess
from html import unescape
from importlib.metadata import version
from pathlib import Path

from bgsub.evidence.costs import read_costs
from bgsub.masks.methods import method_of
from bgsub.model.settings import Model
from bgsub.names import Names, from_params
from bgsub.report.pages import render_page
from bgsub.report.views import ClipResults
from job import run

SOFTWARE = ("snakemake", "numpy", "numba", "scipy", "opencv-contrib-python-headless", "pandas", "matplotlib")


def main(settings: dict, extras: list[str], templates: Path, page: str, watch: str, summary: str) -> None:
    folder = Path(page).parent
    clip = ClipResults(
        name=settings["name"],
        folder=folder,
        **{key: unescape(settings[key]) for key in ("title", "annotation", "licence", "citation")},
        models={name: Model(**row) for name, row in settings["models"].items()},
        methods={name: method_of(row) for name, row in settings["methods"].items()},
        names=Names(**{kind: from_params(names) for kind, names in settings["names"].items()}),
        fps=settings["fps"],
        costs=read_costs(settings["benchmarks"]),
        sweeps=settings["sweeps"],
        optional=frozenset(str(Path(file).relative_to(folder)) for file in extras),
    )
    versions = {"python": platform.python_version()} | {name: version(name) for name in SOFTWARE}
    render_page(
        clip,
        page,
        watch,
        summary,
        templates=templates,
        versions=versions,
        command=settings["command"],
        commit=commit_of(templates),
    )


def commit_of(folder: Path) -> str | None:
    """Return the commit of the code, None outside of a repository. A new commit makes nothing run again."""
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        settings=snakemake.params.settings,
        extras=snakemake.input.extras,
        templates=Path(snakemake.scriptdir) / "../report",
        page=snakemake.output.page,
        watch=snakemake.output.watch,
        summary=snakemake.output.summary,
    )
