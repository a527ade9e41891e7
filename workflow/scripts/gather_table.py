"""Put what was measured of all methods on all clips into one table."""

from pathlib import Path

import pandas as pd

from bgsub.evidence.costs import read_costs
from bgsub.evidence.table import clip_table
from bgsub.files import atomic_path
from job import run


def main(
    clips: dict[str, dict[str, str]],
    categories: dict[str, str],
    makers: dict[str, str],
    labels: dict[str, str],
    table: str,
) -> None:
    parts = []
    for clip, files in clips.items():
        folder = Path(files["area"]).parent
        costs = read_costs(
            {name: [folder / f"benchmarks/{rule}.{name}.tsv"] for name, rule in makers.items()},
            {name: [folder / f"logs/{rule}.{name}.log"] for name, rule in makers.items()},
        )
        parts.append(
            clip_table(
                clip,
                categories[clip],
                labels,
                area=pd.read_csv(files["area"]),
                absorption=pd.read_csv(files["absorption"]),
                still=pd.read_csv(files["still"]),
                scores=pd.read_csv(files["scores"]) if "scores" in files else None,
                seconds={name: cost.seconds for name, cost in costs.items()},
            )
        )
    with atomic_path(table) as temporary:
        pd.concat(parts).to_csv(temporary, index=False, lineterminator="\n")


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
    )
