import cv2
import numpy as np
import pytest

from bgsub.masks.learning import learn
from bgsub.masks.posterior import Posterior
from bgsub.model.fit import mixture_of

ROW = {
    "components": 2,
    "start": "split",
    "tolerance": 1e-6,
    "max_iterations": 300,
    "covariance_floor": 1.0,
    "seed": 0,
}
HEIGHT, WIDTH, TRAINING = 96, 128, 30


def masks_of(clip, training=TRAINING, n_threads=1, **settings):
    """Fit the default model to the first frames, and mark the others."""
    fitted = mixture_of(ROW).fit(clip[:training])
    model = {
        "weights": fitted.weights_,
        "means": fitted.means_,
        "covariances": fitted.covariances_,
    }
    method = Posterior(posterior="em", **settings)
    return np.stack(
        list(method.masks(clip[:training], clip[training:], model, {**ROW, "label": ""}, n_threads=n_threads))
    )


def room(seed=3):
    """Make an empty room, with structure that a registration holds on to."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), 120.0)
    for size in (4, 8, 16):
        coarse = rng.normal(0, 14, (HEIGHT // size, WIDTH // size, 3))
        picture += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return picture


def noisy(pictures, seed=4, deviation=2):
    noise = np.random.default_rng(seed).normal(0, deviation, pictures.shape)
    return np.clip(np.rint(pictures + noise), 0, 255).astype(np.uint8)


def fallen(frames, comes=TRAINING, lies=TRAINING + 20):
    """Let a person walk in after the training, and lie still; return the pictures and where they are."""
    pictures = np.repeat(room()[np.newaxis], frames, axis=0)
    person = np.zeros((frames, HEIGHT, WIDTH), bool)
    clothes = np.random.default_rng(8).uniform((120, 20, 20), (180, 80, 80), (24, 24, 3))
    clothes[:12] += (60, 100, 0)
    for frame in range(comes, frames):
        right = round(np.interp(frame, [comes, lies], [6, 80]))
        left = max(right - 24, 0)
        place = frame, slice(50, 74), slice(left, right)
        pictures[place] = clothes[:, : right - left]
        person[place] = True
    return pictures, person


def lamp():
    """Return the factors of a lamp that lights the upper right."""
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    return 1 + 0.6 * np.exp(-((across - 100) ** 2 + (down - 30) ** 2) / (2 * 40**2))[..., np.newaxis]


def shares(masks, person):
    """Return the shares of the person and of the rest that each mask marks."""
    marked = masks == 255
    kept = (marked & person).sum(axis=(1, 2)) / np.maximum(person.sum(axis=(1, 2)), 1)
    wrong = (marked & ~person).sum(axis=(1, 2)) / (~person).sum(axis=(1, 2))
    return kept, wrong


@pytest.mark.parametrize("level", [0, 7, 120, 255])
def test_a_constant_scene_is_never_marked(level):
    clip = np.full((40, HEIGHT, WIDTH, 3), level, np.uint8)
    assert not masks_of(clip, training=8).any()


def test_a_noisy_scene_is_hardly_ever_marked():
    clip = noisy(np.repeat(room()[np.newaxis], 80, axis=0))
    assert (masks_of(clip, training=8) == 255).mean() < 1e-4


def test_where_the_exposure_is_constant_gain_changes_nothing():
    pictures, _ = fallen(90)
    clip = noisy(pictures)
    assert masks_of(clip).tobytes() == masks_of(clip, gain=False).tobytes()


def test_masks_do_not_depend_on_threads():
    pictures, _ = fallen(90)
    for frame in range(len(pictures)):  # a camera that shakes: everything is at work
        pictures[frame] = np.roll(pictures[frame], (frame % 3, frame % 2), axis=(0, 1))
    clip = noisy(pictures)
    once = masks_of(clip)
    assert once.any()
    for n_threads in (2, 3):
        assert masks_of(clip, n_threads=n_threads).tobytes() == once.tobytes()


@pytest.mark.parametrize(("gain", "most"), [(True, 0.01), (False, 0.02)])
def test_a_still_person_stays_marked_while_the_light_drifts(gain, most):
    """A level in ten frames: after 200, the room is 20 levels brighter than what was learned of it.

    Without a gain, what is not learned around the person is lost, two pixels: a hundredth of the picture.
    """
    pictures, person = fallen(TRAINING + 200)
    pictures += 0.1 * np.arange(len(pictures))[:, np.newaxis, np.newaxis, np.newaxis]
    kept, wrong = shares(masks_of(noisy(pictures), gain=gain), person[TRAINING:])
    assert kept[30:].min() > 0.9
    assert wrong.max() < most


def test_a_lamp_that_is_switched_on_is_forgotten_and_the_person_is_not():
    pictures, person = fallen(TRAINING + 120)
    switched = 50  # of the test frames; the person lies since 20
    pictures[TRAINING + switched :] *= lamp()
    clip = noisy(pictures)
    kept, wrong = shares(masks_of(clip), person[TRAINING:])
    assert wrong[switched] > 0.25
    assert wrong[switched + 10 :].max() < 0.06
    assert wrong[-1] < 0.01
    assert kept[switched + 10 :].min() > 0.9
    _, stubborn = shares(masks_of(clip, let_go=False), person[TRAINING:])
    assert stubborn[-1] > 0.25


def test_who_looks_like_the_wall_in_less_light_is_kept_when_a_lamp_is_switched_on():
    pictures, person = fallen(TRAINING + 100)
    pictures[person] *= 0
    pictures += np.where(person[..., np.newaxis], 0.55 * room(), 0)
    pictures[TRAINING + 50 :] *= lamp()
    masks = masks_of(noisy(pictures), ignore_shadows=False)
    kept, wrong = shares(masks, person[TRAINING:])
    assert wrong[50] > 0.25
    assert wrong[-1] < 0.06  # what is close to the person is spared too
    assert kept[40:].min() > 0.9


def test_what_left_a_hole_is_forgotten():
    """A box that stood there in training is gone: its place is marked, and comes back."""
    pictures = np.repeat(room()[np.newaxis], TRAINING + 60, axis=0)
    pictures[:TRAINING, 40:70, 50:90] = np.random.default_rng(9).uniform(180, 250, (30, 40, 3))
    clip = noisy(pictures)
    masks = masks_of(clip) == 255
    assert masks[0, 40:70, 50:90].mean() > 0.9
    assert not masks[30:].any()
    assert (masks_of(clip, let_go=False)[-1, 40:70, 50:90] == 255).mean() > 0.9


def test_who_stood_there_while_it_learned_and_left_is_no_ghost():
    """They were there for more than half of the training: the heaviest component is theirs."""
    pictures = np.repeat(room()[np.newaxis], TRAINING + 10, axis=0)
    pictures[: TRAINING * 2 // 3, 40:70, 50:74] = np.random.default_rng(9).uniform(180, 250, (30, 24, 3))
    assert not masks_of(noisy(pictures)).any()


def test_in_strong_noise_less_than_the_threshold_is_enough():
    """A person who is three deviations of the noise off a dark room: no pixel passes 6, but all say so."""
    pictures = np.repeat(0.25 * room()[np.newaxis], TRAINING + 10, axis=0)
    pictures[TRAINING:, 50:74, 40:64] += (16, 16, 16)
    person = np.zeros(pictures.shape[:3], bool)
    person[TRAINING:, 50:74, 40:64] = True
    kept, wrong = shares(masks_of(noisy(pictures, deviation=5), ignore_shadows=False), person[TRAINING:])
    assert kept.min() > 0.7
    assert wrong.max() < 0.01


def test_a_camera_that_shakes_is_held_still():
    pictures, person = fallen(TRAINING + 60)
    shifts = np.random.default_rng(10).integers(-3, 4, (len(pictures), 2))
    for frame, (x, y) in enumerate(shifts):
        pictures[frame] = np.roll(pictures[frame], (y, x), axis=(0, 1))
        person[frame] = np.roll(person[frame], (y, x), axis=(0, 1))
    clip = noisy(pictures)
    inside = slice(None), slice(6, -6), slice(6, -6)  # what rolls in at the border is no camera's doing
    steady = shares(masks_of(clip)[inside], person[TRAINING:][inside])
    shaken = shares(masks_of(clip, stabilise=False)[inside], person[TRAINING:][inside])
    assert steady[0][30:].mean() > 0.9
    assert steady[1].mean() < 0.01
    assert (steady[0][30:].mean() > shaken[0][30:].mean()) or (steady[1].mean() < shaken[1].mean())


def test_nothing_within_two_pixels_of_a_mark_is_learned():
    pictures, _ = fallen(60)
    clip = noisy(pictures)
    fitted = mixture_of(ROW).fit(clip[:TRAINING])
    model = {"weights": fitted.weights_, "means": fitted.means_, "covariances": fitted.covariances_}
    background = learn(Posterior(posterior="em", let_go=False), clip[:TRAINING], model, ROW)
    mask = background.mask(clip[TRAINING])
    for frame in clip[TRAINING + 1 :]:
        before = background.beliefs.mean.copy()
        near = cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0
        mask = background.mask(frame)  # learns the frame before
        learned = (background.beliefs.mean != before).any(axis=0)
        assert not (learned & near).any()
        assert learned[~near].mean() > 0.95
    assert near.any()


def test_a_higher_threshold_marks_less_and_an_opening_opens():
    pictures, _ = fallen(60)
    clip = noisy(pictures)
    low, high = masks_of(clip, threshold=4), masks_of(clip, threshold=12)
    assert (high > 0).sum() < (low > 0).sum()
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = [cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel) for mask in masks_of(clip, median=1)]
    np.testing.assert_array_equal(masks_of(clip, median=1, opening=5), opened)
