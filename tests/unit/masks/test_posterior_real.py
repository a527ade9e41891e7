"""On two clips of CDnet 2014 (Wang et al.), with their ground truth: what the method is for."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from test_posterior import masks_of

from bgsub.labels import HARD_SHADOW, MOTION, STATIC


def read(folder):
    """Return a clip's frames and labels; these leave out what is outside the region of interest."""
    frames = np.stack([cv2.imread(str(path))[..., ::-1] for path in sorted(folder.glob("input/*.jpg"))])
    labels = np.stack(
        [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(folder.glob("groundtruth/*.png"))]
    )
    return frames, labels


def f_measure(masks, labels):
    known = np.isin(labels, [STATIC, HARD_SHADOW, MOTION])
    marked, moving = (masks == 255) & known, labels == MOTION
    return 2 * (marked & moving).sum() / (marked.sum() + moving.sum())


@pytest.mark.parametrize(
    ("clip", "training", "reached"),
    [
        ("cdnet-highway-1050-1350", 150, 0.95),
        ("cdnet-highway-1050-1350", 8, 0.84),
        ("cdnet-traffic-950-1050", 50, 0.84),
        ("cdnet-traffic-950-1050", 8, 0.84),
    ],
)
def test_f_on_real_footage(shared_clips: Path, clip: str, training: int, reached: float) -> None:
    frames, labels = read(shared_clips / clip)
    assert f_measure(masks_of(frames, training), labels[training:]) >= reached
