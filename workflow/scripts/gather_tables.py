"""Put what was measured on all clips into one table, stillnesses and mean scores into two others.

Scores are averaged as CDnet does: over the clips of a category, then over the categories.
"""

from pathlib import Path

import pandas as pd

from bgsub.evidence.costs import read_costs
from bgsub.evidence.scoreboard import overall_rows
from bgsub.evidence.table import clip_table
from bgsub.files import atomic_path, write_table
from job import run


def main(
    clips: dict[str, dict[str, str]],
    categories: dict[str, str],
    makers: dict[str, str],
    labels: dict[str, str],
    table: str,
    still_table: str,
    score_table: str | None,
) -> None:
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
                labels,
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


if __name__ == "__main__":
    of_clips: dict[str, dict[str, str]] = {clip: {} for clip in snakemake.params.categories}
    for kind in ("area", "absorption", "still", "scores"):
        for file in snakemake.input[kind]:
            of_clips[Path(file).parent.name][kind] = file
    run(
        main,
        log=snakemake.log[0],
        clips=of_clips,
        categories=snakemake.params.categories,
        makers=snakemake.params.makers,
        labels=snakemake.params.labels,
        table=snakemake.output.table,
        still_table=snakemake.output.still,
        score_table=next(iter(snakemake.output.scores), None),
    )
