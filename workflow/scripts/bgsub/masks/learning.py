"""A background that goes on learning: from training frames and their model to masks, frame by frame.

Each frame is moved to where the background is, freed of the camera's gain, judged by what is believed of each
pixel, and learned where it is background. See docs/posterior.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bgsub.masks.bands import Bands, ahead
from bgsub.masks.exposure import NO_GAIN, exposure_gain
from bgsub.masks.foreground import majority
from bgsub.masks.judging import Limits, learn_and_judge
from bgsub.masks.letting_go import LettingGo, View
from bgsub.masks.planes import pixels, planes
from bgsub.masks.predictive import DIAGONAL, FLOOR, Beliefs, beliefs_from
from bgsub.masks.registration import (
    Registration,
    Translation,
    clear_unseen,
    has_moved,
    moved_along,
    moved_back,
    register,
)
from bgsub.masks.shadows import ShadowFinder
from bgsub.masks.unseen import renewed

if TYPE_CHECKING:
    from bgsub.masks.posterior import Posterior
    from bgsub.source.frames import Frames

# Standard deviations. A colour beyond it is not learned, though it may not be marked: learning whatever is
# not marked widens a model by what it should find (F .74 instead of .86 on a clip of cars, with 8 training
# frames).
_LEARNED_BELOW = 4.0
_MARGIN = 2  # pixels around a mark where nothing is learned: outlines are blurred
# Frames after which these are computed anew, as they change slowly: at most .002 of F against every frame.
_LOCAL_EVERY = 4
_SPREAD_EVERY = 10

# The threshold is as high as it is because a background differs by more than its noise: by reflected light,
# soft shadows, haze, some hundredths of its light. Where noise is larger than that, it is what has to be
# passed; and of what passes 3.5 by chance, once in 150 times, no square has a majority.
_OF_NOISE, _OF_LIGHT = 3.5, 0.04
_THRESHOLD_STEP = 4  # pixels, of the grid that is looked at for it

_NO_TRANSLATION: Translation = (0.0, 0.0)


class LearningBackground:
    """What is believed of the background, with all that follows it from frame to frame.

    Parameters
    ----------
    settings : Posterior
        The method.
    beliefs : Beliefs
        Where it starts; changed in place.
    registration : Registration or None
        Against the picture that the beliefs are of; None takes frames as they are.
    n_threads : int
        Results do not depend on it.
    """

    def __init__(
        self,
        settings: "Posterior",
        beliefs: Beliefs,
        registration: Registration | None = None,
        n_threads: int = 1,
    ) -> None:
        self.beliefs = beliefs
        self._settings = settings
        self._registration = registration
        self._translation = _NO_TRANSLATION
        shape = beliefs.samples.shape
        self._n_threads = n_threads
        self._bands = Bands(shape[0], n_threads)
        thresholds = (min(most, settings.threshold) ** 2 for most in (_OF_NOISE, _LEARNED_BELOW))
        self._limits = Limits(*map(np.float32, (settings.memory, *thresholds)))
        self._shadows = ShadowFinder() if settings.ignore_shadows else None
        self._letting_go = LettingGo(shape, self._bands) if settings.let_go else None
        # Of the last frame, 8-bit levels, and where it is to be learned.
        self._colours = np.zeros((3, *shape), np.float32)
        self._learns = np.zeros(shape, np.bool_)
        self._spread = np.zeros(shape, np.float32)
        self._floor = FLOOR
        self._threshold = np.float32(settings.threshold**2)
        self._frames = 0

    def masks(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the masks of the next frames; see `mask`."""
        # Where a frame lies does not depend on what is made of those before.
        for frame, translation in ahead(map(self._in_place, frames), self._n_threads):
            yield self._mask(frame, translation)

    def mask(self, frame: np.ndarray) -> np.ndarray:
        """Return the mask of the next frame.

        Parameters
        ----------
        frame : (H, W, 3) uint8 array
            RGB.

        Returns
        -------
        (H, W) uint8 array
            0 or 255.
        """
        return self._mask(*self._in_place(frame))

    def _in_place(self, frame: np.ndarray) -> tuple[np.ndarray, Translation]:
        """Return the planes of a frame where the background is, and how far it was moved."""
        if self._registration is not None:
            self._translation = self._registration.translation(frame, self._translation)
        translation = self._translation
        return planes(moved_back(frame, translation) if has_moved(translation) else frame), translation

    def _mask(self, frame: np.ndarray, translation: Translation) -> np.ndarray:
        """Return the mask of a frame, (3, H, W), that lies where the background is."""
        moved = has_moved(translation)
        levels, mean = pixels(self._colours), pixels(self.beliefs.mean)
        gain = exposure_gain(pixels(frame), mean, self._bands) if self._settings.gain else NO_GAIN
        score, usual, unseen = learn_and_judge(
            self.beliefs, self._colours, self._learns, frame, self._limits, self._bands, self._floor, gain
        )
        if self._frames % _SPREAD_EVERY == 0:
            self._spread = self.beliefs.spread(self._floor)
            self._threshold = self._squared_threshold()
        mask = majority(score > self._threshold, self._settings.median)
        shadow = np.zeros_like(mask)
        if self._shadows is not None:
            mask, shadow = self._shadows.without_shadows(
                levels, mean, self._spread, mask, self._settings.median
            )
        near = cv2.dilate(mask, np.ones((2 * _MARGIN + 1,) * 2, np.uint8))
        background = near == 0
        if moved:
            clear_unseen(background, translation)
        self._floor = renewed(self._floor, unseen, background & (shadow == 0))
        if self._letting_go is not None:
            self._let_go(View(levels, mean, self._spread, usual, mask, near, shadow))
        self._learns = background & usual
        if self._frames % _LOCAL_EVERY == 0:
            self.beliefs.renew_local(self._bands)
        self._frames += 1
        return moved_along(mask, translation) if moved else mask

    def do_not_learn_last(self) -> None:
        """Leave the last frame out of what is believed."""
        self._learns[:] = False

    def _squared_threshold(self) -> np.float32:
        """Return the least score of foreground: less than the method's where noise drowns what light does."""
        most = self._settings.threshold**2
        if self._settings.median == 1:  # nothing takes out what passes by chance
            return np.float32(most)
        every = slice(None, None, _THRESHOLD_STEP)
        light = self.beliefs.mean[:, every, every].mean(axis=0)
        # What compression leaves is no noise that a square averages out.
        noise = np.sqrt(self._spread[every, every] ** 2 - self._floor + FLOOR)
        return np.float32(min(most, _OF_NOISE**2 * (1 + (_OF_LIGHT * np.median(light / noise)) ** 2)))

    def _let_go(self, view: View) -> None:
        """Make background of what was marked by mistake."""
        assert self._letting_go is not None
        mistakes = self._letting_go.mistakes(view)
        if not mistakes.any():
            return
        rows, columns = np.nonzero(mistakes)
        mean, variance, samples = self._letting_go.take(rows, columns)
        beliefs = self.beliefs
        beliefs.mean[:, rows, columns] = mean.T
        beliefs.scatter[:, rows, columns] = 0
        for place in DIAGONAL:
            beliefs.scatter[place, rows, columns] = samples * variance
        beliefs.samples[rows, columns] = samples
        beliefs.renew_local(self._bands)


def learn(
    settings: "Posterior",
    frames: "Frames",
    model: Mapping[str, np.ndarray],
    mixture: Mapping[str, Any],
    n_threads: int = 1,
) -> LearningBackground:
    """Start from a model of the training frames.

    Parameters
    ----------
    settings : Posterior
        The method.
    frames : (N, H, W, 3) uint8 array
        The training frames, RGB.
    model : mapping
        `weights`, `means` and `covariances`, as in model.npz, of these frames.
    mixture : mapping
        The model's row in the config: where the camera has moved, the model is of a blurred picture, and one
        like it is fitted to the registered frames.
    n_threads : int
        Threads to fit and to judge with; results do not depend on it.
    """
    registration, training = None, len(frames)
    if settings.stabilise:
        registration, aligned = register(frames)
        if aligned is not None:
            from bgsub.model.fit import mixture_of

            training = len(aligned)
            fitted = mixture_of(mixture, n_threads=n_threads).fit(aligned)
            model = {
                "weights": fitted.weights_,
                "means": fitted.means_,
                "covariances": fitted.covariances_,
            }
    beliefs = beliefs_from(model["weights"], model["means"], model["covariances"], training, settings.memory)
    background = LearningBackground(settings, beliefs, registration, n_threads)
    # The mixture does not know in which order it saw the frames. So the last ones are seen as the test frames
    # will be: who left meanwhile has left their place. The mixture has learned them already.
    again = min(settings.memory, training // 2)
    for _ in background.masks(frames[len(frames) - again :]):
        background.do_not_learn_last()
    return background
