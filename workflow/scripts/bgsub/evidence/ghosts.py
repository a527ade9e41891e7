"""Ghosts: what a method marks where its background image holds somebody who is not there in the frame.

A marked region has an outline. Where somebody is in the frame, the frame has an edge along it and the
background goes on; where somebody is in the background only, it is the other way round.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from bgsub.evidence.change import KERNEL, as_mask, ellipse, gradient, median_picture, outline, small
from bgsub.evidence.scene import Scene
from bgsub.labels import FOREGROUND
from bgsub.source.frames import Frames
from bgsub.source.split import MINIMUM_TRAINING_FRAMES, runs

_ALONG = 3.0  # pixels of a small picture over which edges are averaged along an outline
_WHOLE = 0.75  # share of its outline by which a region is wholly a ghost, or wholly is not
_SAMPLES = 15  # training frames whose median stands for the background image
_TRIED = 8  # numbers of training frames that are tried


def find_ghosts(mask: np.ndarray, frame: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Tell which part of a mask are ghosts.

    A connected region is one, or none, by where most of its outline follows edges. One whose outline follows
    edges of the background image here and of the frame there is a ghost that touches somebody: each pixel
    then goes with the nearest part of the outline.

    Parameters
    ----------
    mask : (H, W) uint8 array
        Only 255 is foreground.
    frame, background : (H, W, 3) uint8 arrays
        RGB. Made for small pictures (`evidence.change.small`); others only take longer.

    Returns
    -------
    (H, W) bool array
        Within the foreground.
    """
    marked = mask == FOREGROUND
    ghost = np.zeros(marked.shape, bool)
    around = outline(marked)
    if not around.any():  # nothing is marked, or everything
        return ghost
    here, there = (
        cv2.GaussianBlur(gradient(picture) * around, (0, 0), _ALONG) for picture in (frame, background)
    )
    follows_background = (there > here)[around]
    _, nearest = cv2.distanceTransformWithLabels(
        as_mask(~around), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(nearest.max() + 1, bool)
    of_label[nearest[around]] = follows_background
    by_outline = of_label[nearest]
    count, regions = cv2.connectedComponents(as_mask(marked))
    for index in range(1, count):
        region = regions == index
        share = by_outline[region & around].mean()
        if share >= _WHOLE:
            ghost |= region
        elif share > 1 - _WHOLE:
            ghost |= region & by_outline
    return ghost


@dataclass(frozen=True)
class Training:
    """Whether the training frames hold somebody.

    Attributes
    ----------
    background : (h, w, 3) uint8 array
        Median of the training frames as a small picture.
    held : (h, w) bool array or None
        Where it shows somebody, or something else that is not always there; None if it does not.
    train_frames : int or None
        Where the clip's first frames train and hold somebody, the largest number of them whose median holds
        nobody; None if no number of at least `MINIMUM_TRAINING_FRAMES` was found.
    empty : range or None
        Longest stretch of frames in which nobody is seen, if the training frames hold somebody.
    view_offset : float or None
        By how far one frame in ten or more is off the view of the middle one, in pixels of the clip; None
        if the camera does not move.
    """

    background: np.ndarray
    held: np.ndarray | None
    train_frames: int | None = None
    empty: range | None = None
    view_offset: float | None = None

    def ghosts(self, frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Tell which part of a method's mask of a frame are ghosts of whom the training frames hold.

        Parameters
        ----------
        frame : (H, W, 3) uint8 array
        mask : (H, W) uint8 array
            Only 255 is foreground.

        Returns
        -------
        (H, W) bool array
        """
        if self.held is None:
            return np.zeros(mask.shape, bool)
        height, width = self.held.shape
        foreground = as_mask(mask == FOREGROUND)
        marked = as_mask(cv2.resize(foreground, (width, height), interpolation=cv2.INTER_AREA) > 127)
        near = cv2.dilate(as_mask(self.held), ellipse(2 * KERNEL + 1)) > 0
        ghost = find_ghosts(marked, small(frame), self.background) & near
        full = cv2.resize(as_mask(ghost), mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
        return (full > 0) & (foreground > 0)


def check_training(learned: Frames, own: Sequence[int], scene: Scene) -> Training:
    """Look whether somebody seems to be in the training frames, and for how many that would not be so.

    Somebody who walks through is in many frames but nowhere for long, and the median does not hold them. Of
    a camera that moves it is not said: the view of the training frames is not that of the room.

    Parameters
    ----------
    learned : (N, H, W, 3) uint8 array
        The training frames.
    own : sequence of int
        Their places in the clip, ascending; none if they are of another clip.
    scene : Scene
        As `evidence.scene.study` found it in the clip.
    """
    background, held = _held(learned, own, scene)
    if scene.camera_moves:
        scale = max(learned.shape[1:3]) / max(scene.known.shape)
        return Training(background, None, view_offset=scene.view_offset * scale)
    if held is None:
        return Training(background, None)
    fewer = np.unique(np.linspace(MINIMUM_TRAINING_FRAMES, len(own), _TRIED).astype(int))[:-1]
    head = len(own) > 0 and own[-1] == len(own) - 1
    tried = fewer[::-1].tolist() if head else []
    enough = (count for count in tried if _held(learned[:count], own[:count], scene)[1] is None)
    return Training(background, held, next(enough, None), scene.empty_stretch(MINIMUM_TRAINING_FRAMES))


def _held(learned: Frames, own: Sequence[int], scene: Scene) -> tuple[np.ndarray, np.ndarray | None]:
    samples = np.unique(np.linspace(0, len(learned) - 1, _SAMPLES).astype(int)).tolist()
    background = median_picture(small(learned[index]) for index in samples)
    # Of another clip it is not known what moves: a region has to have a clear outline.
    moving = np.zeros(scene.known.shape, bool)
    for stretch in runs(own):
        moving |= scene.motion.ever(stretch)
    return background, scene.held(background, moving, gain=1)


def training_row(training: Training, count: int) -> dict[str, Any]:
    """Row of `training.csv`, of a clip of `count` frames.

    Returns
    -------
    dict
        `held`, the share of the picture where the training frames hold somebody (0 if they do not);
        `train_fraction`, the largest that would do; `empty_start` and `empty_end`, first and last frame of
        the longest stretch in which nobody is seen; `view_offset`, in pixels, if the camera moves. None
        where there is nothing to say.
    """
    fewer, empty = training.train_frames, training.empty
    return {
        "held": 0.0 if training.held is None else float(training.held.mean()),
        # Rounded up, so that the number of frames, rounded down, is that one.
        "train_fraction": None if fewer is None else math.ceil(fewer / count * 10_000) / 10_000,
        "empty_start": None if empty is None else empty[0],
        "empty_end": None if empty is None else empty[-1],
        "view_offset": training.view_offset,
    }
