"""Put what was measured on all clips into one table, stillnesses and mean scores into two others.

Scores are averaged as CDnet does: over the clips of a category, then over the categories. By the table, the
methods are compared over all clips: ranks, differences and their picture, and the table for a paper.
"""

from pathlib import Path

import pandas as pd

from bgsub.evidence.costs import read_costs
from bgsub.evidence.over_clips import COMPARED, DIFFERENCE_COLUMNS, RANK_COLUMNS, compare
from bgsub.evidence.scoreboard import overall_rows
from bgsub.evidence.table import clip_table
from bgsub.files import atomic_path, write_table, write_text
from bgsub.names import from_params
from bgsub.report.paper import paper_table
from job import run


def main(
    clips: dict[str, dict[str, str]],
    categories: dict[str, str],
    makers: dict[str, str],
    names: dict[str, dict],
    seed: int,
    table: str,
    still_table: str,
    score_table: str | None,
    ranks: str,
    differences: str,
    figure: str | None,
    paper: str,
) -> None:
    called = from_params(names)
    parts, stills, scored = [], [], {}
    for clip, files in clips.items():
        folder = Path(files["area"]).parent
        costs = read_costs(
            {name: [folder / f"benchmarks/{rule}.{name}.tsv"] for name, rule in makers.items()},
            {name: [folder / f"logs/{rule}.{name}.log"] for name, rule in makers.items()},
        )
        still = pd.read_csv(files["still"])
        if "scores" in files:
            scored[clip] = pd.read_csv(files["scores"])
        parts.append(
            clip_table(
                clip,
                categories[clip],
                {method: name.label for method, name in called.items()},
                area=pd.read_csv(files["area"]),
                absorption=pd.read_csv(files["absorption"]),
                still=still,
                scores=scored.get(clip),
                seconds={name: cost.seconds for name, cost in costs.items()},
            )
        )
        stills += [{"clip": clip, **row} for row in still.to_dict("records")]
    with atomic_path(table) as temporary:
        pd.concat(parts).to_csv(temporary, index=False, lineterminator="\n")
    write_table(still_table, stills, columns=("clip", *still.columns))
    if score_table:
        write_table(score_table, overall_rows(scored, categories))
    measured = pd.read_csv(table)
    comparisons = [compare(measured, measure) for measure in COMPARED]
    rows = [row for comparison in comparisons for row in comparison.rank_rows()]
    pairs = [row for comparison in comparisons for row in comparison.difference_rows(seed=seed)]
    write_table(ranks, rows, columns=RANK_COLUMNS)
    write_table(differences, pairs, columns=DIFFERENCE_COLUMNS)
    write_text(paper, paper_table(measured))
    if figure:  # of several clips
        from bgsub.figures.ranks_plot import draw_ranks
        from bgsub.figures.style import save_figure

        save_figure(draw_ranks(comparisons, called), figure)


if __name__ == "__main__":
    of_clips: dict[str, dict[str, str]] = {clip: {} for clip in snakemake.params.categories}
    for kind in ("area", "absorption", "still", "scores"):
        for file in snakemake.input[kind]:
            of_clips[Path(file).parent.name][kind] = file
    run(
        main,
        log=snakemake.log[0],
        linalg=True,  # scipy.stats needs it, where there are clips enough
        clips=of_clips,
        categories=snakemake.params.categories,
        makers=snakemake.params.makers,
        names=snakemake.params.names,
        seed=snakemake.params.seed,
        table=snakemake.output.table,
        still_table=snakemake.output.still,
        score_table=next(iter(snakemake.output.scores), None),
        ranks=snakemake.output.ranks,
        differences=snakemake.output.differences,
        figure=next(iter(snakemake.output.figure), None),
        paper=snakemake.output.paper,
    )
