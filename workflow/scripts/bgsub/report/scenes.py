"""The page over all scenes: which method survives which trouble, on one screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from bgsub.evidence.scores import is_foreground
from bgsub.labels import HARD_SHADOW, MOTION, STATIC
from bgsub.names import Name, capital
from bgsub.report.pages import write_page
from bgsub.report.payload import as_text
from bgsub.report.player import encode_picture
from bgsub.words import brief, count, in_words, joined, score_words

NEAR = 0.03  # of F: a method so far behind the best of a scene survives it as well
POOR, WORST = 0.5, -0.05  # F and, without anybody, minus the share of the picture that have the worst colour
PICTURE_WIDTH = 300  # pixels; shown at half of that or less
_OUTLINE = (255, 230, 0)
# What a mask is worth at a pixel, in colours that the colour-blind tell apart (Okabe and Ito).
HIT, FALSE_ALARM, SHADOW_ALARM, MISS, QUIET, UNSCORED = (
    (255, 255, 255),
    (230, 159, 0),
    (204, 121, 167),
    (0, 114, 178),
    (20, 20, 20),
    (110, 110, 110),
)
_WORTH = {MOTION: (HIT, MISS), HARD_SHADOW: (SHADOW_ALARM, QUIET), STATIC: (FALSE_ALARM, QUIET)}


@dataclass(frozen=True)
class Scene:
    """What the page shows of one scene.

    Attributes
    ----------
    clip, title : str
        Its name in the config, and in words.
    frame : int
        The one in the pictures.
    width, height : int
        Of the pictures, pixels.
    picture : str
        That frame with the outline of what is foreground: WebP in base64.
    masks : mapping of str to str
        By method likewise what its mask is worth.
    """

    clip: str
    title: str
    frame: int
    width: int
    height: int
    picture: str
    masks: Mapping[str, str]


def telling_frame(counts: pd.DataFrame) -> int:
    """Return the frame in which the methods differ most in how many pixels they get wrong."""
    wrong = counts.assign(wrong=counts["fp"] + counts["fn"]).pivot_table("wrong", "frame", "method")
    return int(wrong.std(axis=1, ddof=0).idxmax())


def outlined(frame: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Draw the outline of what ground truth, (H, W) uint8, calls foreground into a frame, (H, W, 3) uint8."""
    picture = frame.copy()
    person = (labels == MOTION).astype(np.uint8)
    lines, _ = cv2.findContours(person, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(picture, lines, -1, _OUTLINE, max(1, frame.shape[1] // 300))


def judged(mask: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Paint what a mask, (H, W) uint8, is worth by the ground truth: an (H, W, 3) uint8 picture."""
    marked = is_foreground(mask)
    picture = np.full((*mask.shape, 3), UNSCORED, np.uint8)
    for label, (hit, missed) in _WORTH.items():
        picture[(labels == label) & marked] = hit
        picture[(labels == label) & ~marked] = missed
    return picture


def pack_scene(
    clip: str, title: str, frame: int, image: np.ndarray, labels: np.ndarray, masks: Mapping[str, np.ndarray]
) -> Scene:
    """Pack the pictures of one scene: the image of a frame, its labels, and each method's mask of it."""
    size = PICTURE_WIDTH, round(PICTURE_WIDTH * image.shape[0] / image.shape[1])
    packed = {name: as_text(encode_picture(judged(mask, labels), size, 80)) for name, mask in masks.items()}
    picture = as_text(encode_picture(outlined(image, labels), size, 85))
    return Scene(clip, title, frame, *size, picture, packed)


def render_scenes(
    scenes: Sequence[Scene],
    table: pd.DataFrame,
    names: Mapping[str, Name],
    page: str | Path,
    *,
    templates: str | Path,
) -> None:
    """Write `results/scenes.html`, the page over all scenes, given `scenes.csv` and the templates' folder."""
    methods = survivors(table, names)
    shown = {
        "scenes": scenes,
        "cells": {(row["clip"], row["method"]): _cell(row) for row in table.to_dict("records")},
        "methods": methods,
        "sentence": survival_sentence(methods, table["clip"][table["f_measure"].notna()].nunique()),
        "near": NEAR,
    }
    write_page(page, Path(templates), "scenes.html.j2", ["page.css", "scenes.css"], ["scenes.js"], shown)


def survivors(table: pd.DataFrame, names: Mapping[str, Name]) -> dict[str, dict[str, Any]]:
    """Sum each method up over the scenes with somebody in it.

    Returns
    -------
    dict of str to dict
        By method its `name`, mean `f_measure`, and in how many scenes it is `near` the best.
    """
    scored = table[table["f_measure"].notna()]
    by_method = scored.groupby("method")
    mean, near = by_method["f_measure"].mean(), (scored["behind"] <= NEAR).groupby(scored["method"]).sum()
    return {
        method: {"name": name, "f_measure": mean.get(method), "near": int(near.get(method, 0))}
        for method, name in names.items()
    }


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    """Say how good a method is on a scene.

    A scene without anybody has no F-measure, and is judged by how much of the background is marked.
    """
    if pd.isna(row["f_measure"]):
        value, words, good = -row["fpr"], brief(row["fpr"]), 1 + row["fpr"] / WORST
    else:
        value, words = row["f_measure"], score_words(row["f_measure"])
        good = (value - POOR) / (1 - POOR)
    shade = f"{100 * min(max(good, 0), 1):.0f}%"
    return {**row, "value": value, "good": shade, "words": words, "best": row["behind"] == 0}


def survival_sentence(methods: Mapping[str, Mapping[str, Any]], scored: int) -> str:
    """Say which method is near the best on most of the scenes with somebody in them."""
    if not scored:
        return "No scene shows anybody, so that no method can be told from another by what it finds."
    most = max(row["near"] for row in methods.values())
    first = [row["name"] for row in methods.values() if row["near"] == most]
    who = joined([name.named for name in first]) if len(first) < 4 else f"{in_words(len(first))} methods"
    others = ", and no method on more" if len(methods) > len(first) else ""
    return (
        f"{capital(who)} {'is' if len(first) == 1 else 'are'} at most {NEAR} behind the best F-measure on "
        f"{most} of the {count(scored, 'scene')} with somebody in {'it' if scored == 1 else 'them'}{others}."
    )
