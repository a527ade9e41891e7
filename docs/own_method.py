"""A background subtraction method of one's own: what differs from a running average of the frames.

In the config: `methods: {mine: {python: docs/own_method.py, settings: {rate: 0.05}}}`
"""

import numpy as np


class RunningAverage:
    """A background that follows the frames at a rate, in grey levels of each channel."""

    def __init__(self, rate: float, threshold: float) -> None:
        self.rate, self.threshold = rate, threshold

    def fit(self, frames: np.ndarray) -> None:
        """Learn from the training frames, (N, H, W, 3) uint8 RGB. Without this, `apply` sees them too."""
        self.background = np.mean(frames, axis=0)

    def apply(self, frame: np.ndarray) -> np.ndarray:
        """Return the mask of a frame, (H, W, 3) uint8 RGB: (H, W) bool, or uint8 of 0, 127 and 255."""
        difference = frame - self.background
        self.background += self.rate * difference
        return np.abs(difference).max(axis=2) > self.threshold


def create(rate: float = 0.05, threshold: float = 40) -> RunningAverage:
    """Return the method; the arguments are what the config gives as `settings`."""
    return RunningAverage(rate, threshold)
