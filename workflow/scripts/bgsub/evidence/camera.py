"""Whether the camera moves: by how much pictures of a clip are shifted against the one in its middle."""

from collections.abc import Mapping

import cv2
import numpy as np

from bgsub.evidence.change import gradient

MOVES = 1.0  # pixels of a small picture: what moves by itself shifts a still camera's by up to 0.6
_OFTEN = 90  # percentile: a single picture in which something else was taken for the view does not count


def view_offset(pictures: Mapping[int, np.ndarray]) -> float:
    """Return by how many pixels one picture in ten or more is off the view of the one in the middle.

    The shift is that of the peak of their phase correlation (Kuglin & Hines 1975, *The phase correlation
    image alignment method*), of their edges, which light changes little. The pictures are small, (h, w, 3)
    uint8, by frame.
    """
    edges = [np.log1p(gradient(pictures[frame])) for frame in sorted(pictures)]
    height, width = edges[0].shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    middle = edges[len(edges) // 2]
    shifts = [cv2.phaseCorrelate(middle - middle.mean(), one - one.mean(), window)[0] for one in edges]
    offset = np.percentile(np.hypot(*np.transpose(shifts)), _OFTEN)
    return round(float(offset), 3)  # the same call of OpenCV's differs in the ninth digit between processes
