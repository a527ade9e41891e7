"""Write a clip's page."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from bgsub.evidence.costs import read_costs
from bgsub.masks.methods import method_of
from bgsub.model.settings import Model
from bgsub.names import Names, from_params
from bgsub.report.pages import render_page
from bgsub.report.results import ClipResults
from bgsub.source.rate import rate_of
from bgsub.source.records import read_record
from job import run

SOFTWARE = ("snakemake", "numpy", "numba", "scipy", "opencv-contrib-python-headless", "pandas", "matplotlib")


def main(
    files: dict[str, Path], settings: dict, templates: Path, page: str, watch: str, summary: str
) -> None:
    described = settings["clip"] | {
        "models": {name: Model(**row) for name, row in settings["clip"]["models"].items()},
        "methods": {name: method_of(row) for name, row in settings["clip"]["methods"].items()},
        "names": Names(**{kind: from_params(names) for kind, names in settings["clip"]["names"].items()}),
    }
    described["rate"] = rate_of(read_record(files["decoding.json"]), **settings["clip"]["rate"])
    costs = read_costs(settings["benchmarks"], settings["logs"])
    clip = ClipResults(**described, files=files, costs=costs)
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
    folder = Path(snakemake.output.page).parent
    run(
        main,
        log=snakemake.log[0],
        files={str(Path(file).relative_to(folder)): Path(file) for file in snakemake.input},
        settings=json.loads(snakemake.params.settings),
        templates=Path(snakemake.scriptdir) / "../report",
        page=snakemake.output.page,
        watch=snakemake.output.watch,
        summary=snakemake.output.summary,
    )
