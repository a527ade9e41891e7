"""Write the report: one page over all clips."""

import platform
from importlib.metadata import version
from pathlib import Path

from bgsub.report import ClipResults, read_seconds, render_report
from job import run

SOFTWARE = ("snakemake", "numpy", "numba", "scipy", "opencv-contrib-python-headless", "pandas", "matplotlib")


def main(
    clips: dict[str, dict],
    models: dict[str, dict],
    methods: dict[str, dict],
    fps: float,
    command: str,
    template: Path,
    style: Path,
    page: str,
) -> None:
    results = [
        ClipResults(
            name=name,
            folder=Path(f"results/{name}"),
            title=facts["title"],
            licence=facts["licence"],
            citation=facts["citation"],
            models=models,
            methods=methods,
            fps=fps,
            seconds=read_seconds(facts["benchmarks"]),
        )
        for name, facts in clips.items()
    ]
    versions = {"python": platform.python_version()} | {name: version(name) for name in SOFTWARE}
    render_report(results, page, template=template, style=style, versions=versions, command=command)


if __name__ == "__main__":
    settings = snakemake.params.settings
    templates = Path(snakemake.scriptdir) / "../report"
    run(
        main,
        log=snakemake.log[0],
        clips=settings["clips"],
        models=settings["models"],
        methods=settings["methods"],
        fps=settings["fps"],
        command=settings["command"],
        template=templates / "page.html.j2",
        style=templates / "page.css",
        page=snakemake.output.page,
    )
