import json
import zlib
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest

from bgsub.evidence.cdnet import Scope
from bgsub.evidence.curves import threshold_rows
from bgsub.evidence.scores import count_frame, count_frames, measure, total
from bgsub.masks.mask_file import Masks
from bgsub.masks.rules import DifferenceToMedian, Likelihood, Mahalanobis
from bgsub.masks.subtractors import Mog2, with_history
from bgsub.report.live import pack_histories, pack_thresholds, slider_thresholds
from bgsub.report.payload import pack_runs, to_json
from bgsub.report.player import Shown, mask_codes

HEIGHT, WIDTH, TEST = 24, 32, range(8, 14)
SHOWN = Shown(TEST[::2], (WIDTH, HEIGHT))
CLEAN_UPS = [{"opening": 3}, {"median": 5}, {"opening": 3, "median": 7}, {}]


@pytest.fixture
def clip() -> np.ndarray:
    """Noise, and in the test frames a bright square that wanders."""
    random = np.random.default_rng(3)
    frames = random.normal(90, 12, (TEST.stop, HEIGHT, WIDTH, 3))
    for frame in TEST:
        frames[frame, 6:18, frame : frame + 12] += random.uniform(0, 120, (12, 12, 1))
    return frames.clip(0, 255).astype(np.uint8)


@pytest.fixture
def truth() -> np.ndarray:
    labels = np.zeros((TEST.stop, HEIGHT, WIDTH), np.uint8)
    for frame in TEST:
        labels[frame, 6:18, frame : frame + 12] = 255
    return labels


def unpacked(block: dict) -> np.ndarray:
    place = block["arrays"]["area"]
    return np.frombuffer(zlib.decompress(b64decode(block["data"])), np.float32).reshape(place["shape"])


def levels_of(slider: dict, shape=(HEIGHT, WIDTH)) -> list[np.ndarray]:
    packed = (zlib.decompress(b64decode(text)) for text in slider["levels"])
    return [np.frombuffer(data, np.uint8).reshape(shape) for data in packed]


@pytest.mark.parametrize("clean_up", CLEAN_UPS)
def test_each_place_of_a_slider_is_the_mask_that_its_threshold_makes(clip, clean_up):
    method = DifferenceToMedian(background="median", threshold=30, **clean_up)
    score = method.score(clip[: TEST.start], TEST.start)
    slider, _ = pack_thresholds("median", method, clip[TEST.start :], TEST, score, SHOWN, budget=10**7)
    shares = unpacked(slider["area"])
    pictures = levels_of(slider)
    assert shares.shape == (len(slider["values"]), len(TEST))
    assert len(pictures) == len(SHOWN.frames)
    for place, threshold in enumerate(slider["values"]):
        row = DifferenceToMedian(background="median", threshold=threshold, **clean_up)
        masks = list(row.masks(clip[TEST.start :], clip[: TEST.start], TEST.start))
        for level, mask in zip(pictures, masks[::2], strict=True):
            assert ((level > place) == (mask == 255)).all()
        assert shares[place] == pytest.approx([np.mean(mask == 255) for mask in masks])
    assert slider["values"][slider["configured"]] == 30
    assert slider["said"] is slider["best"] is None
    json.loads(to_json(slider))


def test_what_a_slider_says_is_what_the_table_of_thresholds_has(clip, truth):
    method = DifferenceToMedian(background="median", threshold=30, median=3)
    score = method.score(clip[: TEST.start], TEST.start)
    scope = Scope(roi=np.ones((HEIGHT, WIDTH), bool), frames=TEST)
    slider, curve = pack_thresholds(
        "median", method, clip[TEST.start :], TEST, score, SHOWN, truth=truth, scope=scope
    )
    table = pd.DataFrame(threshold_rows("median", curve, 30))
    rows = table.set_index("threshold")
    assert slider["values"][slider["best"]] == table.loc[table["best"], "threshold"].item()
    for value, said in zip(slider["values"], slider["said"], strict=True):
        assert said[0] == f"{rows.loc[value, 'f_measure']:.3f}" or rows.loc[value, "f_measure"] < 0.001
        assert said[2] == f"{rows.loc[value, 'recall']:.3f}" or rows.loc[value, "recall"] < 0.001
    for place in range(0, len(table), 50):
        row = DifferenceToMedian(background="median", threshold=table["threshold"][place], median=3)
        masks = row.masks(clip[TEST.start :], clip[: TEST.start], TEST.start)
        found = measure(total(count_frames(masks, truth[TEST.start :])))
        assert table["f_measure"][place] == pytest.approx(found.f_measure)


@pytest.mark.parametrize(
    ("method", "best"),
    [
        (DifferenceToMedian(background="median", threshold=0), None),
        (DifferenceToMedian(background="median", threshold=255), 3.0),
        (Mahalanobis(model="em", rule="mahalanobis", threshold=6.1), 49.75),
        (Likelihood(model="em", rule="likelihood", threshold=-3.14), -12.0),
    ],
)
def test_the_configured_and_the_best_threshold_are_on_every_slider(method, best):
    chosen = slider_thresholds(method, best)
    assert method.threshold in chosen
    assert best is None or best in chosen
    assert set(chosen) <= {*np.arange(*method.sweep), method.threshold}
    assert (np.diff(chosen) > 0).all()
    assert 20 < len(chosen) <= 255


def test_pictures_keep_to_their_budget_and_their_places(clip):
    method = DifferenceToMedian(background="median", threshold=30)
    score = method.score(clip[: TEST.start], TEST.start)
    whole, _ = pack_thresholds("median", method, clip[TEST.start :], TEST, score, SHOWN, budget=10**7)
    less, _ = pack_thresholds("median", method, clip[TEST.start :], TEST, score, SHOWN, budget=200)
    assert less["scale"] > 1
    assert less["values"] == whole["values"][-len(less["values"]) :]
    assert less["values"][less["configured"]] == 30
    step = less["scale"]
    small = levels_of(less, (-(-HEIGHT // step), -(-WIDTH // step)))
    place = whole["configured"]
    for level, picture in zip(levels_of(whole), small, strict=True):
        assert ((level > place)[::step, ::step] == (picture > less["configured"])).all()


def test_every_history_has_its_own_masks_and_scores(clip, truth):
    mog2 = Mog2(opencv="mog2", history=7, opening=3)
    scope = Scope(roi=np.ones((HEIGHT, WIDTH), bool), frames=range(len(clip)))
    learned, tested = clip[: TEST.start], clip[TEST.start :]
    own = Masks(np.stack(list(mog2.masks(learned, tested))), np.array(TEST))
    slider, again = (
        pack_histories(
            "mog2", mog2, learned, tested, TEST, [3, 40, 90], SHOWN, masks=masks, truth=truth, scope=scope
        )
        for masks in (None, own)
    )
    assert again == slider
    assert slider["values"] == [3, 7, 40, 90]  # of which the last two are longer than twice the clip
    assert slider["configured"] == 1
    scores = []
    for place, history in enumerate(slider["values"]):
        masks = list(
            Mog2(opencv="mog2", history=history, opening=3).masks(clip[: TEST.start], clip[TEST.start :])
        )
        assert slider["masks"][place] == pack_runs(np.stack([mask_codes(mask) for mask in masks[::2]]))
        shares = [np.mean(mask == 255) for mask in masks]
        assert unpacked(slider["area"])[place] == pytest.approx(shares)
        found = measure(
            total(count_frame(mask, truth[frame]) for frame, mask in zip(TEST, masks, strict=True))
        )
        scores.append(found.f_measure)
        assert float(slider["said"][place][0]) == pytest.approx(found.f_measure, abs=0.0006)
    assert slider["best"] == int(np.argmax(scores))


def test_a_history_that_changes_nothing_has_no_slider():
    given = Mog2(opencv="mog2", learning_rate=0.01)
    auto = Mog2(opencv="mog2", history=60)
    assert with_history({"given": given, "auto": auto, "later": Mog2(opencv="mog2")}) == "auto"
    assert with_history({"given": given}) is None
