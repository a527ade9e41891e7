import numpy as np
import pytest

from bgsub.evidence.absorption import measure_absorption, visible_share
from bgsub.evidence.absorption_sweep import absorption_by_history
from bgsub.evidence.still import Still
from bgsub.masks.subtractors import Mog2

MOG2 = Mog2(opencv="mog2", history=7, detect_shadows=False, learning_rate=0.5, learning="frozen")


def by_history(frames, mog2, still, histories, progress=iter):
    """Watch the stillness in frames that come in their order."""
    cut = still.frame
    numbers = range(cut, len(frames))
    return absorption_by_history(frames[:cut], frames[cut:], numbers, mog2, still, histories, cut, progress)


def test_measured_is_predicted_for_an_object_that_appears_at_once():
    frames = np.full((160, 6, 8, 3), 60, np.uint8)
    frames[100:, 1:4, 2:7] = 200
    region = np.zeros((6, 8), bool)
    region[1:4, 2:7] = True
    still = Still(100, "config", region, "config")
    asked = []

    def progress(histories):
        asked.extend(histories)
        return iter(asked)

    rows = by_history(frames, MOG2, still, [20, 60, 200, 500], progress)
    assert asked == [row["history"] for row in rows] == [20, 60, 200, 500]
    assert [row["predicted"] for row in rows] == [2, 6, 21, 24]  # at 500, the start-up is not over
    assert [row["predicted_steady"] for row in rows] == [2, 6, 21, 55]
    assert [row["half_life"] for row in rows] == [row["predicted"] for row in rows]
    assert rows[1]["initial_share"] == 1
    assert rows[1]["retention"] == 6 / 60


def test_a_clip_that_ends_before_the_absorption_is_censored():
    frames = np.full((110, 4, 4, 3), 60, np.uint8)
    frames[100:] = 200
    still = Still(100, "config", np.ones((4, 4), bool), "config")
    (row,) = by_history(frames, MOG2, still, [500])
    assert (row["half_life"], row["censored_at"], row["predicted"]) == (None, 10, 24)


@pytest.mark.parametrize(("opening", "median"), [(1, 1), (3, 1), (6, 1), (1, 9), (3, 5)])
@pytest.mark.parametrize("corner", [(0, 0), (13, 20), (25, 39)])
def test_looking_at_the_region_only_changes_nothing(opening, median, corner):
    """Against the masks of whole frames; the person moves a little, and may touch the image's edge."""
    rng = np.random.default_rng(3)
    frames = rng.integers(100, 130, (60, 36, 50, 3), dtype=np.uint8)
    truth = np.zeros((60, 36, 50), np.uint8)
    for frame in range(30, 60):
        top, left = corner[0] + frame % 3, corner[1]
        truth[frame, top : top + 9, left : left + 11] = 255
    frames[truth == 255] //= 3
    mog2 = Mog2(opencv="mog2", history=80, opening=opening, median=median)
    masks = mog2.masks(frames[:32], frames[32:])
    expected = measure_absorption(visible_share(masks, truth[32:] == 255))
    (row,) = by_history(frames, mog2, Still(32, "config", truth, "groundtruth"), [80])
    assert {name: row[name] for name in vars(expected)} == vars(expected)
    assert 0 < expected.retention < 1


def test_frames_that_train_are_not_watched_and_what_was_seen_in_training_is_not_predicted():
    frames = np.full((110, 4, 4, 3), 60, np.uint8)
    frames[50:] = 200
    still = Still(50, "config", np.ones((4, 4), bool), "config")
    places = [*range(40), *range(52, 110)]
    known = (frames[40:52], frames[places], places, MOG2, still, [60])
    (row,) = absorption_by_history(*known, frames_seen=None)
    assert row["predicted"] is None
    assert row["half_life"] == 7  # two of them in training, and five as they come
