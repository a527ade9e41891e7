import numpy as np
import pytest

from bgsub.evidence.cdnet import Scope
from bgsub.evidence.scores import count_frame, measure, total
from bgsub.evidence.worth import weigh
from bgsub.masks.rules import Difference

HEIGHT, WIDTH, TEST = 12, 16, range(3, 7)


@pytest.fixture
def frames() -> np.ndarray:
    frames = np.random.default_rng(1).integers(90, 110, (TEST.stop, HEIGHT, WIDTH, 3), np.uint8)
    frames[5, 3:9, 4:10] = 200
    return frames


def model(level: float) -> dict:
    return {"weights": np.ones((1, HEIGHT, WIDTH)), "means": np.full((1, HEIGHT, WIDTH, 3), level / 255)}


def test_each_fit_s_masks_are_scored_and_compared(frames):
    truth = np.zeros((TEST.stop, HEIGHT, WIDTH), np.uint8)
    truth[5, 3:9, 4:10] = 255
    method = Difference(model="em", rule="difference", threshold=12, median=3)
    models = {"near": model(100), "far": model(92)}
    scope = Scope(roi=np.ones((HEIGHT, WIDTH), bool), frames=range(TEST.stop))
    masks = {key: list(method.masks(frames[TEST.start :], of, TEST.start)) for key, of in models.items()}
    found = weigh(method, masks, TEST, truth=truth, scope=scope)
    for row, key in zip(found.rows, models, strict=True):
        score = measure(total(map(count_frame, masks[key], truth[list(TEST)]))).f_measure
        assert row["model"] == key
        assert row["f_measure"] == pytest.approx(score)
        assert row["marked"] == pytest.approx(np.mean([mask == 255 for mask in masks[key]]))
    apart = [np.mean(one != other) for one, other in zip(*masks.values(), strict=True)]
    assert found.rows[0]["differs"] == found.rows[1]["differs"] == pytest.approx(np.mean(apart))
    assert found.frame == TEST[int(np.argmax(apart))]
    for mask, key in zip(found.masks, models, strict=True):
        assert (mask == masks[key][found.frame - TEST.start]).all()


def test_without_ground_truth_there_is_no_score(frames):
    method = Difference(model="em", rule="difference")
    found = weigh(
        method, {key: method.masks(frames[TEST.start :], model(100), TEST.start) for key in "ab"}, TEST
    )
    assert [row["f_measure"] for row in found.rows] == [None, None]
    assert found.rows[0]["differs"] == 0
    assert found.frame == TEST.start
