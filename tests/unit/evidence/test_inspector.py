from dataclasses import asdict, replace

import defaults
import numpy as np
import pytest

from bgsub.evidence.inspector import (
    MEAN_UNIT,
    SPREAD_UNIT,
    WEIGHT_UNIT,
    inspect_clip,
    inspect_pixels,
    principal_axes,
    sample_pixels,
    scores_at,
    steps_of,
    telling_pixel,
)
from bgsub.masks.mask_file import Masks
from bgsub.model.fit import mixture_of
from bgsub.model.gmm import PixelMixture
from bgsub.model.settings import Model

SPLIT = Model(max_iterations=40)
UNIFORM = replace(defaults.MODELS["notebook"], seed=3)
MODELS = {"em": SPLIT, "notebook": UNIFORM}
METHODS = {key: defaults.METHODS[key] for key in ("gmm", "gmm_mahalanobis", "median", "mog2")}


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    """Two colours at every pixel, with noise."""
    generator = np.random.default_rng(5)
    base = generator.integers(40, 200, (6, 8, 3))
    other = generator.random((40, 6, 8, 1)) < 0.3
    values = base + 25 * other + generator.normal(0, 3, (40, 6, 8, 3))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def seen(clip) -> dict[str, np.ndarray]:
    pixels = np.array([3, 17, 40])
    rows, columns = np.divmod(pixels, 8)
    samples = clip[:, rows, columns]
    return inspect_pixels(pixels, samples[:30], samples[30:], MODELS, METHODS)


def test_the_samples_are_the_clip_s(clip, seen):
    for place, (row, column) in enumerate(((0, 3), (2, 1), (5, 0))):
        assert (seen["train"][place] == clip[:30, row, column]).all()
        assert (seen["test"][place] == clip[30:, row, column]).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_last_step_is_the_fit_of_the_whole_image(clip, seen, name):
    """Random starts depend on a pixel's place in the image, which the sampled pixels keep."""
    whole = mixture_of(asdict(MODELS[name])).fit(clip[:30])
    for place, (row, column) in enumerate(((0, 3), (2, 1), (5, 0))):
        assert seen[f"n_iter.{name}"][place] == whole.n_iter_[row, column]
        assert seen[f"log_likelihood.{name}"][place, -1] == pytest.approx(
            whole.log_likelihood_[row, column], rel=1e-6
        )
        weights = seen[f"components.{name}"][place, -1, :, 0] * WEIGHT_UNIT
        assert weights == pytest.approx(whole.weights_[:, row, column], abs=1e-4)
        heaviest = whole.weights_[:, row, column].argmax()
        assert seen[f"background.{name}"][place] == pytest.approx(
            255 * whole.means_[heaviest, row, column], rel=1e-5
        )


def test_the_likelihood_never_falls_and_stops_at_the_limit(seen):
    assert steps_of(UNIFORM) == [0, 1, 2, 3, 4, 5]
    assert steps_of(SPLIT)[-1] == 40
    assert (np.diff(seen["log_likelihood.em"], axis=1) > -1e-6).all()
    assert seen["log_likelihood.notebook"].shape == (3, 6)


def test_components_are_projected_onto_the_plane(clip, seen):
    whole = PixelMixture(2, start="split", max_iterations=40).fit(clip[:30])
    axes = seen["axes"][1].astype(float)
    _, along, up, a, b, c = seen["components.em"][1, -1, 0]
    mean, covariance = 255 * whole.means_[0, 2, 1], 255**2 * whole.covariances_[0, 2, 1]
    assert [along * MEAN_UNIT, up * MEAN_UNIT] == pytest.approx(axes @ mean, abs=0.02)
    factor = np.array([[a, 0], [b, c]]) * SPREAD_UNIT
    assert factor @ factor.T == pytest.approx(axes @ covariance @ axes.T, abs=0.5)


def test_axes_are_the_directions_of_largest_variance():
    generator = np.random.default_rng(1)
    direction = np.array([0.6, 0.64, 0.48])
    samples = 120 + 20 * generator.normal(size=(400, 1, 1)) * direction + generator.normal(size=(400, 1, 3))
    axes, explained = principal_axes(np.rint(samples).astype(np.uint8))
    assert axes[0, 0] == pytest.approx(direction, abs=0.02)
    assert explained[0, 0] > 0.98
    assert axes[0] @ axes[0].T == pytest.approx(np.eye(2), abs=1e-5)


def test_a_constant_pixel_has_grey_axes():
    axes, explained = principal_axes(np.full((9, 1, 3), 77, np.uint8))
    assert axes[0, 0] == pytest.approx(np.ones(3) / np.sqrt(3))
    assert (explained == 0).all()


def test_scores_are_those_of_the_rules(clip):
    train, test = clip[:30, 2], clip[30:, 2]
    median = np.median(train, axis=0)
    difference = np.abs(test - median).astype(np.uint8)
    luma = (0.299 * difference[..., 0] + 0.587 * difference[..., 1] + 0.114 * difference[..., 2]).T
    assert scores_at(METHODS["median"], {}, train, test) == pytest.approx(luma, abs=0.51)
    assert scores_at(METHODS["mog2"], {}, train, test) is None


def test_the_grid_is_finer_where_something_happens_and_keeps_to_its_number():
    active = np.zeros((480, 720), bool)
    active[300:400, 200:400] = True
    pixels = sample_pixels(active, 2000)
    rows, columns = np.divmod(pixels, 720)
    inside = active[rows, columns]
    assert len(pixels) <= 2000
    density = inside.sum() / active.sum(), (~inside).sum() / (~active).sum()
    assert density[0] == pytest.approx(4 * density[1], rel=0.15)
    assert (np.diff(pixels) > 0).all()


def test_a_clip_is_inspected_at_its_own_samples_masks_and_labels(clip):
    """A pixel off the coarse grid is inspected since one method marks it once."""
    marked = np.zeros((10, 6, 8), np.uint8)
    marked[7, 2, 6] = 255
    marked[3, 2, 2] = 127
    masks = {name: Masks(np.zeros_like(marked), np.arange(30, 40)) for name in METHODS}
    masks["mog2"] = Masks(marked, np.arange(30, 40))
    truth = np.zeros((40, 6, 8), np.uint8)
    truth[31, 2, 6] = 170
    found = inspect_clip(clip, clip[:30], range(30, 40), masks, truth, MODELS, METHODS, budget=1e6)
    assert (found.width, found.height) == (8, 6)
    assert found.arrays["pixels"].tolist() == [2 * 8 + 2, 2 * 8 + 6]
    assert (found.arrays["train"][1] == clip[:30, 2, 6]).all()
    assert (found.arrays["test"][1] == clip[30:, 2, 6]).all()
    assert found.decisions["mog2"].tolist() == [[0, 0, 0, 127] + 6 * [0], 7 * [0] + [255, 0, 0]]
    assert not found.decisions["gmm"].any()
    assert found.truth.tolist() == [10 * [0], [0, 170] + 8 * [0]]
    assert found.start == 1


def test_the_most_telling_pixel_is_where_methods_disagree_in_the_end():
    agreed, early, late, shadow = [255] * 4, [0, 255, 0, 0], [0, 0, 0, 255], [127] * 4
    decisions = {
        "one": np.array([agreed, early, late, shadow], np.uint8),
        "other": np.array([agreed, [0] * 4, [0] * 4, [0] * 4], np.uint8),
    }
    assert telling_pixel(decisions) == 2


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_the_smallest_images_have_pixels_to_look_into(size):
    chosen = sample_pixels(np.zeros(size, bool), 100)
    assert chosen.size >= 1
    assert chosen.max() < size[0] * size[1]
