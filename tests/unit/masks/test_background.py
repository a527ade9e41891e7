"""The keys of methods that are learned once: pooling, neighbours, gain, shadows; what must never change."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgsub.masks.background import background_of_frames, background_of_model, pooled
from bgsub.masks.densities import component, likelihood, mahalanobis
from bgsub.masks.rules import MODEL_RULES, scored_method
from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import stack_tiles, tile_arrays

TRAINING = 12
SHAPE = (70, 90)
ROWS = [{"background": "median"}, *({"model": "em", "rule": rule} for rule in MODEL_RULES)]
DENSITY_ROWS = [row for row in ROWS if row.get("rule") not in (None, "difference")]
RULES = {"mahalanobis": mahalanobis, "component": component, "likelihood": likelihood}


def named(row):
    return row.get("rule", "median")


def scene(seed=1, training=TRAINING, light=1.0):
    """Make a noisy picture that stays the same, and later a box on it; return both and where the box is."""
    rng = np.random.default_rng(seed)
    picture = rng.uniform(40, 160, (*SHAPE, 3))
    frames = picture + rng.normal(0, 2, (training + 4, *SHAPE, 3))
    box = np.zeros(SHAPE, bool)
    box[10:40, 15:45] = True
    frames[training:, box] = rng.uniform(40, 220, (box.sum(), 3))
    frames[training:] *= light
    return np.clip(np.rint(frames), 0, 255).astype(np.uint8), box


def fitted(frames, components=2):
    mixture = PixelMixture(components).fit(frames)
    return {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}


def masks_of(row, frames, training=TRAINING):
    background = frames[:training] if "background" in row else fitted(frames[:training])
    return np.stack(list(scored_method(row).masks(frames[training:], background, training)))


EVERYTHING = {"gain": True, "ignore_shadows": True, "median": 3}


@pytest.mark.parametrize("row", ROWS, ids=named)
@settings(max_examples=10, deadline=None)
@given(colour=st.tuples(*[st.integers(0, 255)] * 3), every_key=st.booleans())
def test_no_method_marks_a_constant_scene(row, colour, every_key):
    frames = np.broadcast_to(np.array(colour, np.uint8), (9, 8, 9, 3))
    more = EVERYTHING | ({"pooling": 20, "neighbours": True} if row in DENSITY_ROWS else {})
    assert not masks_of(row | (more if every_key else {}), np.ascontiguousarray(frames), 5).any()


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_gain_changes_nothing_where_the_exposure_is_constant(row):
    frames, _ = scene()
    plain = masks_of(row, frames)
    assert plain.any()
    np.testing.assert_array_equal(masks_of(row | {"gain": True}, frames), plain)


@pytest.mark.parametrize("row", [row for row in ROWS if row.get("rule") != "component"], ids=named)
def test_a_gain_undoes_another_exposure(row):
    threshold = {} if row in DENSITY_ROWS else {"threshold": 12}
    frames, box = scene(light=np.array([1.2, 1.15, 1.1]))
    usual = masks_of(row | threshold, scene()[0]) == 255
    marked = masks_of(row | threshold, frames) == 255
    freed = masks_of(row | threshold | {"gain": True}, frames) == 255
    assert marked[:, ~box].mean() > 0.2
    assert freed[:, ~box].mean() < 1.5 * usual[:, ~box].mean() + 0.002
    assert freed[:, box].mean() > 0.7


@pytest.mark.parametrize("row", DENSITY_ROWS, ids=named)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_pooling_with_no_strength_is_none(row, seed):
    frames, _ = scene(seed)
    np.testing.assert_array_equal(masks_of(row | {"pooling": 0}, frames), masks_of(row, frames))
    model = fitted(frames[:TRAINING])
    unpooled = RULES[row["rule"]](model)(frames[-1])
    score = scored_method(row | {"pooling": 0}).score(model, TRAINING)
    np.testing.assert_array_equal(score(frames[-1]), unpooled)
    barely = pooled(model, TRAINING, 1e-9)
    np.testing.assert_allclose(barely["covariances"], model["covariances"], rtol=1e-5, atol=1e-9)


def test_pooling_is_the_mean_of_samples_and_neighbourhood():
    """Against the formula, written out at one pixel and one of its component's entries at a time."""
    rng, training = np.random.default_rng(3), 20
    root = rng.normal(size=(2, 9, 9, 3, 3)) * 4 / 255
    model = {
        "weights": rng.dirichlet((2, 2), (9, 9)).transpose(2, 0, 1),
        "means": rng.random((2, 9, 9, 3)),
        "covariances": root @ root.swapaxes(-1, -2) + np.eye(3) / 255**2,
    }
    found = pooled(model, training, 20)
    heaviest = model["weights"].argmax(axis=0)
    n = model["weights"].max(axis=0) * training
    own = model["covariances"][heaviest, *np.indices((9, 9))]
    around = slice(2, 7), slice(3, 8)  # of the pixel at 4, 5
    local = np.einsum("yx,yxij->ij", n[around], own[around]) / n[around].sum()
    expected = (n[4, 5] * own[4, 5] + 20 * local) / (n[4, 5] + 20)
    np.testing.assert_allclose(found["covariances"][heaviest[4, 5], 4, 5], expected, rtol=1e-5)
    other = 1 - heaviest[4, 5]
    np.testing.assert_array_equal(found["covariances"][other, 4, 5], model["covariances"][other, 4, 5])
    assert found["means"] is model["means"]


def test_pooling_spares_background_and_keeps_the_object_after_few_frames():
    frames, box = scene(training=8)
    row = {"model": "em", "rule": "mahalanobis"}
    plain, drawn = (masks_of(row | {"pooling": strength}, frames, 8) == 255 for strength in (0, 20))
    assert plain[:, ~box].mean() > 5 * drawn[:, ~box].mean()
    assert drawn[:, box].mean() > 0.95


@pytest.mark.parametrize("rule", RULES)
def test_neighbours_give_the_smallest_of_nine_scores(rule):
    """Against the scores by the models moved over the picture."""
    frames, _ = scene()
    model, frame = fitted(frames[:TRAINING]), frames[-1]
    score, threshold = RULES[rule], 5.0
    own = score(model)(frame)
    least = np.full(SHAPE, np.inf)
    for y, x in np.ndindex(3, 3):
        moved = {
            name: np.roll(array, (1 - y, 1 - x), axis=(1, 2)) for name, array in model.items()
        }  # of the pixel at y - 1, x - 1 from each
        least = np.minimum(least, score(moved)(frame))
    inner = slice(1, -1), slice(1, -1)
    expected = np.where(own > threshold, least, own)[inner]
    assert (expected < own[inner]).mean() > 0.05
    found = score(model, neighbours_above=threshold)(frame)
    np.testing.assert_allclose(found[inner], expected, rtol=1e-9, atol=1e-9)


def test_neighbours_forgive_a_camera_that_is_off_by_a_pixel():
    frames, box = scene()
    shaken = frames.copy()
    shaken[TRAINING:] = np.roll(frames[TRAINING:], 1, axis=2)
    row = {"model": "em", "rule": "mahalanobis", "threshold": 8, "pooling": 20}
    alone, together = (masks_of(row | {"neighbours": key}, shaken) == 255 for key in (False, True))
    outside = ~(box | np.roll(box, 1, axis=1))
    outside[:, 0] = False  # what came in from beyond the picture has no model
    assert alone[:, outside].mean() > 0.9
    assert together[:, outside].mean() < 0.01
    assert together[:, box & np.roll(box, 1, axis=1)].mean() > 0.7


@pytest.mark.parametrize("row", [row for row in ROWS if row.get("rule") != "component"], ids=named)
def test_each_rule_takes_a_shadow_out_and_keeps_the_person(row):
    rng = np.random.default_rng(5)
    floor = rng.uniform(90, 190, (90, 120, 1)) * [1.0, 0.9, 0.8]
    frames = np.repeat(floor[np.newaxis], TRAINING + 1, axis=0)
    frames[-1, 10:70, 30:50] = rng.uniform(20, 230, (60, 20, 3))
    frames[-1, 56:70, 50:90] *= 0.45
    frames = np.clip(np.rint(frames + rng.normal(0, 1.5, frames.shape)), 0, 255).astype(np.uint8)
    row = row if row in DENSITY_ROWS else row | {"threshold": 20}
    marked, cleared = (masks_of(row | {"median": 5, "ignore_shadows": key}, frames)[0] for key in (0, 1))
    assert (marked[57:69, 52:88] == 255).mean() > 0.9
    assert (cleared[57:69, 52:88] == 255).mean() < 0.1
    assert (cleared[12:68, 32:48] == 255).mean() > 0.9


@pytest.mark.parametrize("rule", RULES)
def test_a_pixel_without_a_result_is_above_no_threshold(rule):
    frames, _ = scene()
    model = fitted(frames[:TRAINING])
    for array in model.values():
        array[:, 12, 20] = np.nan
    for neighbours_above in (None, -50.0):
        scores = RULES[rule](pooled(model, TRAINING, 20), neighbours_above=neighbours_above)(frames[-1])
        assert not scores[12, 20] > -np.inf
        assert np.isfinite(np.delete(scores.ravel(), 12 * SHAPE[1] + 20)).all()


def test_what_is_known_of_a_scene_is_its_colours_and_their_noise():
    rng = np.random.default_rng(2)
    frames = np.clip(np.rint(rng.normal(120, 4, (40, 30, 30, 3))), 0, 255).astype(np.uint8)
    frames[:3] = 250  # somebody walks by
    for found in (background_of_frames(frames), background_of_model(fitted(frames), 40)):
        assert np.abs(found.mean - 120).max() < 5
        assert np.median(found.spread) == pytest.approx(np.sqrt(17), rel=0.12)
        assert found.mean.dtype == found.spread.dtype == np.float32


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_masks_depend_neither_on_threads_nor_on_how_many_frames_are_given(row):
    frames, _ = scene()
    row = row | EVERYTHING | ({"pooling": 20, "neighbours": True} if row in DENSITY_ROWS else {})
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = masks_of(row, frames)
        cv2.setNumThreads(4)
        np.testing.assert_array_equal(masks_of(row, frames), alone)
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(masks_of(row, frames[:-2]), alone[:-2])
    assert alone.any() or row.get("rule") == "component"


@pytest.mark.parametrize("row", ROWS[1:], ids=named)
def test_masks_do_not_depend_on_the_tiles_of_the_fit(row):
    """A model that was fitted in tiles is the same, and the keys that look around see the whole of it."""
    frames, _ = scene()
    mixture = PixelMixture(2)
    tiles = [
        tile_arrays(mixture.fit(frames[:TRAINING, top : top + 35], first_pixel=top * SHAPE[1]))
        for top in (0, 35)
    ]
    joined = stack_tiles(iter(tiles), SHAPE[0])
    row = row | EVERYTHING | ({"pooling": 20, "neighbours": True} if row in DENSITY_ROWS else {})
    method = scored_method(row)
    whole = method.masks(frames[TRAINING:], fitted(frames[:TRAINING]), TRAINING)
    for mask, other in zip(whole, method.masks(frames[TRAINING:], joined, TRAINING), strict=True):
        np.testing.assert_array_equal(mask, other)


def test_only_a_score_of_the_pixels_own_colours_can_be_told_by_pixel():
    plain = scored_method({"model": "em", "rule": "mahalanobis", "ignore_shadows": True})
    assert plain.by_pixel
    for key in ({"gain": True}, {"pooling": 20}, {"neighbours": True}):
        assert not replace(plain, **key).by_pixel
