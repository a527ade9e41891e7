"""Compare the masks of the converged fit with those of the notebook's, by the same rules."""

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.worth import COLUMNS, weigh
from bgsub.figures.style import save_figure
from bgsub.figures.worth_plots import draw_worth
from bgsub.files import read_arrays, write_table
from bgsub.masks.mask_file import read_masks
from bgsub.masks.rules import MODEL_RULES
from bgsub.names import from_params
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    groundtruth: str | None,
    scope: str | None,
    models: dict[str, str],
    masks: list[str],
    rules: list[dict],
    names: dict[str, dict],
    worth: str,
    figure: str,
) -> None:
    clip, split = open_frames(frames), read_split(table)
    tested = frames_at(clip, split.test)
    found = []
    for row, file in zip(rules, masks, strict=True):
        method = MODEL_RULES[row["rule"]](**row)
        made = read_masks(file).of(split.test)  # with its own model
        of_models = {
            key: made
            if key == method.model
            else method.masks(tested, read_arrays(models[key], *method.parts), len(split.train))
            for key in names
        }
        found.append(
            weigh(
                method,
                of_models,
                split.test,
                truth=open_frames(groundtruth) if groundtruth else None,
                scope=load_scope(scope) if scope else None,
                progress=progress(f"comparing by {method.rule}"),
            )
        )
    write_table(worth, [row for one in found for row in one.rows], columns=COLUMNS)
    drawn = draw_worth([(one, clip[one.frame]) for one in found], from_params(names))
    save_figure(drawn, figure, vector=False)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        scope=next(iter(snakemake.input.scope), None),
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        masks=list(snakemake.input.masks),
        rules=snakemake.params.rules,
        names=snakemake.params.names,
        worth=snakemake.output.table,
        figure=snakemake.output.figure,
    )
