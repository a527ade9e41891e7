"""Pack what the page's sliders show: masks at many thresholds, and MOG2's with the histories tried.

With ground truth, every threshold is scored in the same pass, and precision and recall are drawn.
"""

import json
from dataclasses import replace
from pathlib import Path

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.curves import ThresholdCurve, threshold_rows
from bgsub.files import read_arrays, write_table, write_text
from bgsub.masks.mask_file import read_masks
from bgsub.masks.methods import method_of
from bgsub.masks.rules import ModelMethod
from bgsub.masks.scored import ScoredMethod
from bgsub.masks.subtractors import Mog2, with_history
from bgsub.names import from_params
from bgsub.report.live import BYTES, pack_histories, pack_thresholds, thresholds_tried
from bgsub.report.payload import to_json
from bgsub.report.player import Shown
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    training: str,
    table: str,
    player: str,
    models: dict[str, str],
    masks: dict[str, str],
    rows: dict[str, dict],
    names: dict[str, dict],
    histories: list[int],
    groundtruth: str | None,
    scope: str | None,
    live: str,
    thresholds: str | None,
    figure: str | None,
) -> None:
    split, shown = read_split(table), shown_of(player)
    learned = frames_at(open_frames(training), split.train)
    tested = frames_at(open_frames(frames), split.test)
    truth = open_frames(groundtruth) if groundtruth else None
    region = load_scope(scope) if scope else None
    methods = {name: method_of(row) for name, row in rows.items()}
    mog2 = with_history(methods) if histories else None
    moved = [name for name, method in methods.items() if isinstance(method, ScoredMethod) or name == mog2]
    budget = BYTES // max(len(moved), 1)
    sliders, curves = [], {}
    for name, method in methods.items():
        if isinstance(method, ScoredMethod):
            model = isinstance(method, ModelMethod) and read_arrays(models[method.model], *method.parts)
            # Scores may be right from the threshold on only, so from the lowest that is tried.
            lowest = replace(method, threshold=float(thresholds_tried(method)[0]))
            slider, curve = pack_thresholds(
                name,
                method,
                tested,
                split.test,
                lowest.score(model or learned, len(split.train)),
                shown,
                masks=read_masks(masks[name]) if name in masks else None,
                truth=truth,
                scope=region,
                budget=budget,
                progress=progress(f"scoring {name}"),
            )
            sliders.append(slider)
            if curve:
                curves[name] = curve
        elif isinstance(method, Mog2) and name == mog2:
            sliders.append(
                pack_histories(
                    name,
                    method,
                    learned,
                    tested,
                    split.test,
                    histories,
                    shown,
                    masks=read_masks(masks[name]),
                    truth=truth,
                    scope=region,
                    budget=budget,
                    progress=progress("remembering", "history"),
                )
            )
    write_text(live, to_json({"sliders": sliders}))
    if thresholds and figure:
        own = {name: rows[name]["threshold"] for name in curves}
        write_curves(curves, own, names, thresholds, figure)


def write_curves(
    curves: dict[str, ThresholdCurve],
    own: dict[str, float],
    names: dict[str, dict],
    thresholds: str,
    figure: str,
) -> None:
    """Write the scores of all thresholds, and draw them."""
    from bgsub.figures.scores_plots import draw_curves
    from bgsub.figures.style import save_figure

    write_table(
        thresholds, [row for name, curve in curves.items() for row in threshold_rows(name, curve, own[name])]
    )
    save_figure(draw_curves(curves, own, from_params(names)), figure)


def shown_of(player: str) -> Shown:
    """Read which frames the player shows, and how large."""
    packed = json.loads(Path(player).read_text(encoding="utf-8"))
    return Shown(packed["frames"], (packed["width"], packed["height"]))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        table=snakemake.input.table,
        player=snakemake.input.player,
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        masks=dict(zip(snakemake.params.masks, snakemake.input.masks, strict=True)),
        rows=snakemake.params.methods,
        names=snakemake.params.names,
        histories=snakemake.params.histories,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        scope=next(iter(snakemake.input.scope), None),
        live=snakemake.output.live,
        thresholds=snakemake.output.get("table"),
        figure=snakemake.output.get("figure"),
    )
