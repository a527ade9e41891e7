import numpy as np
import pytest

from bgsub.masks.bands import Bands
from bgsub.masks.judging import Limits, learn_and_judge
from bgsub.masks.predictive import FLOOR, beliefs_from
from bgsub.masks.unseen import renewed

SHAPE = 60, 80


def quiet(variance=0.0):
    """Beliefs of a grey picture after many frames, of a variance of so many squared levels."""
    covariance = np.broadcast_to(np.eye(3) * variance / 255**2, (1, *SHAPE, 3, 3))
    return beliefs_from(np.ones((1, *SHAPE)), np.full((1, *SHAPE, 3), 100 / 255), covariance, 50, 50)


def seen(beliefs, colours, floor):
    """Return what a frame of these colours, (3, H, W) float32, says of the unseen."""
    limits, nowhere = Limits(*map(np.float32, (50, 0, np.inf))), np.zeros(SHAPE, bool)
    return learn_and_judge(beliefs, colours.copy(), nowhere, colours, limits, Bands(SHAPE[0]), floor).unseen


def after(beliefs, squares, frames=10, background=None):
    """Return the floor after frames whose pixels are off by Gaussians of these squares."""
    rng, floor = np.random.default_rng(0), FLOOR
    background = np.ones(SHAPE, bool) if background is None else background
    for _ in range(frames):
        colours = beliefs.mean + np.sqrt(squares) * rng.normal(0, 1, (3, *SHAPE))
        floor = renewed(floor, seen(beliefs, colours.astype(np.float32), floor), background)
    return floor


def test_what_stood_still_and_is_coded_anew_has_the_variance_of_the_code():
    assert after(quiet(), 9.0) == pytest.approx(9, rel=0.1)
    assert after(quiet(), 100.0) == 16  # no codec leaves more


def test_noise_that_was_seen_before_is_not_counted_twice():
    assert after(quiet(25.0), 25.0) == pytest.approx(1, abs=0.2)


def test_some_pixels_that_are_odd_are_not_the_noise_of_all():
    odd = np.where(np.random.default_rng(1).random(SHAPE) < 0.03, 50.0**2, 0.5)
    assert after(quiet(), odd) < 2


def test_what_is_marked_says_nothing():
    squares = np.zeros(SHAPE)
    squares[:, :40] = 400.0
    background = np.ones(SHAPE, bool)
    background[:, :40] = False
    assert after(quiet(), squares, background=background) == FLOOR
    assert after(quiet(), squares, background=np.zeros(SHAPE, bool)) == FLOOR


def test_it_rises_at_once_and_fades():
    beliefs = quiet()
    high = after(beliefs, 9.0)
    still = beliefs.mean.copy()
    everywhere = np.ones(SHAPE, bool)
    assert after(beliefs, 9.0, frames=1) > 4
    floor = high
    for _ in range(50):
        floor = renewed(floor, seen(beliefs, still, floor), everywhere)
    assert 1 < floor < high / 2
