"""The figures made of images: backgrounds, maps of a fit, mask strip.

Each `draw_*` returns a matplotlib Figure made from arrays, for `style.save_figure`, without a vector file.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from bgsub.figures.looks import FLAGS
from bgsub.figures.style import DPI, WIDTH, bare, colour_map, new_figure, rooted, styled
from bgsub.model.constants import UNDEFINED
from bgsub.words import brief

DIFFERENCE_RANGE = 30  # levels; larger differences have the last colour
ORDINARY = "#ededed"
# Of the mask strip: half the gap beside a picture in pixels, and the inches for the labels.
_GAP, _LABELS = 2, 0.9


@styled
def draw_backgrounds(
    backgrounds: Mapping[str, np.ndarray],
    undefined: Mapping[str, np.ndarray] | None = None,
    truth: np.ndarray | None = None,
) -> Figure:
    """Draw background images side by side, and below each how it differs from the first.

    Parameters
    ----------
    backgrounds : mapping of str to uint8 array (height, width, 3)
        By the label of a model or method; the first is the reference.
    undefined : mapping of str to bool array (height, width), optional
        By label, pixels on which that background is not defined; marked.
    truth : uint8 array (height, width, 3), optional
        The empty scene where it is known; it is then the reference, and every background has its difference.
    """
    columns = dict(backgrounds) if truth is None else {"true background": truth, **backgrounds}
    reference_name, reference = next(iter(columns.items()))
    height = 2 * _row_height(reference.shape, len(columns)) + 1.2
    figure, axes = new_figure(height, 2, max(len(columns), 2), squeeze=False)
    image = None
    for top, bottom, (name, background) in zip(*axes, columns.items(), strict=False):
        _show(top, background)
        top.set_title(name, fontsize=9.5 if len(columns) < 4 else 8)
        if background is reference:
            bottom.set_axis_off()
            continue
        difference = np.abs(background.astype(np.int16) - reference).max(axis=2)  # as fits.csv counts it
        image = bottom.imshow(difference, cmap="magma", norm=rooted(DIFFERENCE_RANGE))
        marked = (undefined or {}).get(name)
        if marked is not None and marked.any():
            _mark(bottom, marked, FLAGS[0].colour)
        bare(bottom)
    for empty in axes[:, len(columns) :].flat:
        empty.set_axis_off()
    if image is not None:
        bar = figure.colorbar(
            image, ax=axes, orientation="horizontal", extend="max", aspect=60, fraction=0.03, pad=0.02
        )
        bar.set_ticks([0, 1, 5, 10, 20, DIFFERENCE_RANGE])
        bar.set_label(f"lower row: difference to the {reference_name}, levels (of 255)")
    if any(mask.any() for mask in (undefined or {}).values()):
        patch = Patch(color=FLAGS[0].colour, label="no estimate here: the arithmetic breaks down")
        figure.legend(handles=[patch], loc="outside lower left", handlelength=1, fontsize=8.5)
    return figure


@styled
def draw_fit_maps(n_iter: np.ndarray, log_likelihood: np.ndarray, flags: np.ndarray) -> Figure:
    """Draw one model's fit, pixel by pixel: iterations, log-likelihood, and what is special about a pixel.

    Parameters
    ----------
    n_iter : int array (height, width)
    log_likelihood : float array (height, width)
        Nats per sample; not shown where `flags` says that it is undefined.
    flags : uint8 array (height, width)
        Bits as in model.npz; see `FLAGS`.
    """
    height = 2 * _row_height(n_iter.shape, 2) + 1.1
    figure, ((iterations, likelihood), (special, legend)) = new_figure(height, 2, 2)
    _map(figure, iterations, n_iter, "cividis", "Iterations until it stopped", "iterations", by_root=True)
    defined = np.where(flags & UNDEFINED, np.nan, log_likelihood)
    _map(figure, likelihood, defined, "viridis", "Log-likelihood", "nats per sample: more is better")
    present = [flag for flag in FLAGS if (flags & flag.bit).any()]
    colours = np.full((*flags.shape, 3), to_rgb(ORDINARY))
    for flag in reversed(present):
        colours[(flags & flag.bit) > 0] = to_rgb(flag.colour)
    _show(special, colours, "What is special about a pixel")
    handles = [
        Patch(color=flag.colour, label=f"{brief(((flags & flag.bit) > 0).mean())}  {_two_lines(flag.words)}")
        for flag in present
    ]
    handles.append(Patch(color=ORDINARY, label=f"{brief((flags == 0).mean())}  none of these"))
    legend.set_axis_off()
    legend.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.02, 1.06),
        title="Share of pixels (several may apply)",
        alignment="left",
        handlelength=1,
        labelspacing=0.8,
    )
    return figure


@styled
def draw_mask_strip(rows: Mapping[str, Sequence[np.ndarray]], moments: Sequence[str]) -> Figure:
    """Draw the frame and every method's mask at a few moments.

    Parameters
    ----------
    rows : mapping of str to sequence of uint8 arrays (height, width) or (height, width, 3)
        One image per moment by row: `frame`, `ground truth` and the methods' labels.
    moments : sequence of str
        The columns' titles.
    """
    height, width = next(iter(rows.values()))[0].shape[:2]
    across = int((WIDTH - _LABELS) * DPI / len(moments)) - 2 * _GAP  # as wide as it is shown
    cell = (across, round(across * height / width))
    # One picture for all: matplotlib needs longer for eighty axes than for what is in them.
    strip = np.vstack([np.hstack([_cell(image, cell) for image in images]) for images in rows.values()])
    strip = strip[_GAP:-_GAP, _GAP:-_GAP]
    figure, axes = new_figure((WIDTH - _LABELS) * strip.shape[0] / strip.shape[1] + 0.5)
    _show(axes, strip)
    steps = [side + 2 * _GAP for side in cell]
    words = [title.replace(" ", "\n", 1) for title in rows]
    axes.set_yticks(np.arange(len(rows)) * steps[1] + cell[1] / 2, words, fontsize=7.5)
    axes.set_xticks(np.arange(len(moments)) * steps[0] + cell[0] / 2, moments, fontsize=8)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    return figure


def _cell(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scale a mask or a frame to a cell of the mask strip, in RGB and with a white border."""
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    return np.pad(image, ((_GAP, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)


def _row_height(shape: tuple[int, ...], columns: int) -> float:
    return WIDTH / columns * shape[0] / shape[1]


def _show(axes: Axes, image: np.ndarray, title: str | None = None) -> None:
    axes.imshow(image)
    if title is not None:
        axes.set_title(title)
    bare(axes)


def _mark(axes: Axes, where: np.ndarray, colour: str) -> None:
    axes.imshow(np.dstack([np.full((*where.shape, 3), to_rgb(colour)), where.astype(float)]))


def _map(
    figure: Figure,
    axes: Axes,
    values: np.ndarray,
    cmap: str,
    title: str,
    unit: str,
    *,
    by_root: bool = False,
) -> None:
    """Show a map with its colour bar; the most extreme 1 % on each side do not stretch the scale."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.01, 0.99]) if known.size else (0.0, 1.0)
    flat = low == high
    if flat:
        low, high = low - 1, high + 1
    scale = rooted(high, low) if by_root else Normalize(low, high)
    image = axes.imshow(np.ma.masked_invalid(values), cmap=colour_map(cmap), norm=scale)
    axes.set_title(title)
    bare(axes)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", extend="both", aspect=35, pad=0.03)
    bar.set_label(unit if known.size == values.size else f"{unit} (grey: undefined)")
    bar.ax.grid(visible=False)
    if flat:
        bar.set_ticks([low + 1])


def _two_lines(words: str) -> str:
    """Break a long legend entry at the blank nearest to its middle."""
    if len(words) <= 30:
        return words
    blanks = (index for index, character in enumerate(words) if character == " ")
    cut = min(blanks, key=lambda index: abs(index - len(words) / 2))
    return f"{words[:cut]}\n{words[cut + 1 :]}"
