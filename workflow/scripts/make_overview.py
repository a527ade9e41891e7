"""Write the page over all clips, from what each clip's own page says in short."""

import json
from pathlib import Path

import pandas as pd

from bgsub.report.pages import render_overview
from job import run


def main(summaries: list[str], scores: str | None, ranks: str | None, templates: Path, page: str) -> None:
    overall = {}
    if scores:
        table = pd.read_csv(scores)
        overall = table[table["category"] == "overall"].set_index("method")["f_measure"].dropna().to_dict()
    clips = [json.loads(Path(file).read_text(encoding="utf-8")) for file in summaries]
    render_overview(clips, page, templates=templates, overall=overall, ranks=ranks)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        summaries=snakemake.input.summaries,
        scores=next(iter(snakemake.input.scores), None),
        ranks=next(iter(snakemake.input.ranks), None),
        templates=Path(snakemake.scriptdir) / "../report",
        page=snakemake.output.page,
    )
