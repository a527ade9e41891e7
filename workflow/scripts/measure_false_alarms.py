"""Measure how often background passes the threshold of each method that has one."""

from typing import Any

# Loaded before job.run withholds scipy.linalg from what does not need it: scipy 1.18's own functions do.
import scipy.special  # noqa: F401

from bgsub.evidence.false_alarms import COLUMNS, background_pixels, false_alarms
from bgsub.files import read_arrays, write_table
from bgsub.masks.rules import ModelMethod, scored_method
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    training: str,
    table: str,
    groundtruth: str | None,
    models: dict[str, str],
    settings: dict[str, dict],
    methods: dict[str, dict],
    seed: int,
    alarms: str,
) -> None:
    train = read_split(table).train
    learned = frames_at(open_frames(training), train)
    labels = frames_at(open_frames(groundtruth), train) if groundtruth else None
    pixels = background_pixels(learned, labels, seed)
    rows = []
    for name in progress("leaving out", "method")(methods):
        method, model = scored_method(methods[name]), None
        background: Any = learned
        if isinstance(method, ModelMethod):
            model = settings[method.model]
            background = read_arrays(models[method.model], *method.parts)
        rows.append({"method": name} | false_alarms(method, learned, pixels, model, background))
    write_table(alarms, rows, COLUMNS)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        training=snakemake.input.training,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        settings=snakemake.params.models,
        methods=snakemake.params.methods,
        seed=snakemake.params.seed,
        alarms=snakemake.output.table,
    )
