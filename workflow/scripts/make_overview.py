"""Write the page over all clips, from what each clip's own page says in short."""

import json
from pathlib import Path

from bgsub.report.pages import render_overview
from job import run


def main(summaries: list[str], ranks: str | None, templates: Path, page: str) -> None:
    clips = [json.loads(Path(file).read_text(encoding="utf-8")) for file in summaries]
    render_overview(clips, page, templates=templates, ranks=ranks)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        summaries=snakemake.input.summaries,
        ranks=next(iter(snakemake.input.ranks), None),
        templates=Path(snakemake.scriptdir) / "../report",
        page=snakemake.output.page,
    )
