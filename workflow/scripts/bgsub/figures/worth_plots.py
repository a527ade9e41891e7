"""The picture of what a converged fit is worth: where the masks of two fits agree and where they do not."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from bgsub.evidence.moments import window
from bgsub.evidence.worth import Worth
from bgsub.figures.style import GREY, WIDTH, new_figure, styled
from bgsub.labels import FOREGROUND
from bgsub.names import Name
from bgsub.words import RULE_WORDS, percent, score_words

_OPACITY = 0.65
_BOTH = "#ffffff"
_TALLEST = 3.6  # inches


@styled
def draw_worth(found: Sequence[tuple[Worth, np.ndarray]], names: Mapping[str, Name]) -> Figure:
    """Draw for each rule the frame in which the masks of the two fits differ most, cropped to them.

    Parameters
    ----------
    found : sequence of (Worth, (H, W, 3) uint8 array)
        By rule, with that frame.
    names : mapping of str to Name
        Of the two models.
    """
    marked = [mask == FOREGROUND for one, _ in found for mask in one.masks]
    rows, columns = window(np.logical_or.reduce(marked))
    height = min(WIDTH / len(found) * (rows.stop - rows.start) / (columns.stop - columns.start), _TALLEST)
    figure, panels = new_figure(height + 1.1, 1, len(found), squeeze=False)
    labels = [names[row["model"]].label for row in found[0][0].rows]
    colours = [names[row["model"]].colour for row in found[0][0].rows]
    for axes, (one, frame) in zip(panels[0], found, strict=True):
        axes.imshow(_painted(frame, one.masks, colours)[rows, columns])
        axes.set(xticks=[], yticks=[])
        axes.grid(visible=False)
        rule = RULE_WORDS[one.rows[0]["rule"]].split(" (")[0]
        axes.set_title(f"By {rule}\n{_said(one, labels)}", fontsize=8.5)
        axes.set_xlabel(f"frame {one.frame}", fontsize=8.5)
    handles = [Patch(facecolor=_BOTH, edgecolor=GREY, label="marked with both")]
    handles += [
        Patch(color=colour, label=f"only with the {label}")
        for colour, label in zip(colours, labels, strict=True)
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3, handlelength=1)
    return figure


def _said(one: Worth, labels: Sequence[str]) -> str:
    scores = [row["f_measure"] for row in one.rows]
    if None in scores:
        return f"they differ on {percent(one.rows[0]['differs'])} of a frame"
    return ", ".join(f"F {score_words(score)} ({label})" for score, label in zip(scores, labels, strict=True))


def _painted(frame: np.ndarray, masks: Sequence[np.ndarray], colours: Sequence[str]) -> np.ndarray:
    picture = frame / 255.0
    one, other = (mask == FOREGROUND for mask in masks)
    for where, colour in ((one & other, _BOTH), (one & ~other, colours[0]), (other & ~one, colours[1])):
        picture[where] = (1 - _OPACITY) * picture[where] + _OPACITY * np.array(to_rgb(colour))
    return picture
