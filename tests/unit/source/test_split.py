"""Which frames train and which are tested."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from bgsub.errors import InputError
from bgsub.source.split import (
    MINIMUM_TRAINING_FRAMES,
    Split,
    own_split,
    read_names,
    read_split,
    runs,
    split_by_other,
    train_count,
    training_places,
    write_split,
)

RANGES = {"frames": [[2, 10], [14, 16]]}


def own(total: int, train: list[int]) -> Split:
    return Split(train, [frame for frame in range(total) if frame not in train], "clip", "clip")


def test_notebook_split():
    assert train_count(110, 0.4) == 44
    assert training_places({"train_fraction": 0.4}, "clip", 110) == list(range(44))


@given(st.integers(2, 3000), st.floats(0.001, 0.999))
def test_split_is_that_of_sklearn(total: int, fraction: float):
    count = train_count(total, fraction)
    if count == 0:
        with pytest.raises(ValueError, match="resulting train set will be empty"):
            train_test_split(range(total), train_size=fraction, shuffle=False)
    else:
        train, test = train_test_split(range(total), train_size=fraction, shuffle=False)
        assert (train, test) == (list(range(count)), list(range(count, total)))


def test_ranges_train_and_all_else_is_tested(tmp_path: Path):
    names = [f"cam2/a, {index}.png" for index in range(25)]
    places = training_places(RANGES, "clip", len(names))
    write_split(tmp_path / "frames.csv", own_split(names, "clip", places))
    with (tmp_path / "frames.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == names
    assert [int(row["frame"]) for row in rows] == list(range(25))
    subsets = 2 * ["test"] + 8 * ["train"] + 4 * ["test"] + 2 * ["train"] + 9 * ["test"]
    assert [row["subset"] for row in rows] == subsets
    assert list(rows[0]) == ["frame", "name", "subset"]
    assert read_split(tmp_path / "frames.csv")[:2] == own(25, [*range(2, 10), 14, 15])[:2]
    assert read_split(tmp_path / "frames.csv").own_train == [*range(2, 10), 14, 15]
    assert read_names(tmp_path / "frames.csv") == names
    assert b"\r" not in (tmp_path / "frames.csv").read_bytes()


def test_another_clip_trains_and_all_of_this_one_is_tested(tmp_path: Path):
    names, others = [f"{index}.png" for index in range(5)], [f"empty{index}.png" for index in range(9)]
    rows = split_by_other(names, "fall", others, "empty", ((24, 32), (24, 32)))
    write_split(tmp_path / "frames.csv", rows)
    assert read_split(tmp_path / "frames.csv") == Split(list(range(9)), list(range(5)), "fall", "empty")
    assert read_names(tmp_path / "frames.csv") == names


def test_what_comes_before_the_first_scored_frame_trains():
    assert training_places({"until": "temporal_roi"}, "clip", 300, scored_from=120) == list(range(120))


@pytest.mark.parametrize(
    ("settings", "total", "told"),
    [
        (
            {"train_fraction": 0.4},
            19,
            "train_fraction 0.4 of 19 frames leaves 7 for training, expected at least 8: raise"
            " split.train_fraction, or the clip's own, or take a longer clip",
        ),
        ({"train_fraction": 0.4}, 1, "leaves 0 for training"),
        ({"train_fraction": 1.0}, 20, "leaves 20 for training and none for testing: leave some"),
        (
            RANGES,
            15,
            "clips.a.train.frames: found [14, 16] for a clip of 15 frames; expected ranges that stop at 15",
        ),
        (
            {"frames": [[0, 4]]},
            9,
            "clips.a.train.frames chooses 4 of 9 frames, expected at least 8: choose more",
        ),
        ({"frames": [[0, 5], [5, 9]]}, 9, "clips.a.train.frames chooses 9 of 9 frames and none for testing"),
        (
            {"until": "temporal_roi"},
            30,
            "clips.a.train.until: 3 of 30 frames are before the first scored one, expected at least 8: choose"
            " others by train.frames",
        ),
    ],
)
def test_training_that_leaves_too_little_is_told(settings: dict, total: int, told: str):
    with pytest.raises(InputError) as error:
        training_places(settings, "a", total, scored_from=3)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("sizes", "count", "told"),
    [
        (
            ((24, 32), (24, 30)),
            9,
            "clips.fall.train.clip: 'empty' has frames of 30 x 24 pixels, but those of 'fall' have 32 x 24;"
            " expected a clip of the same camera, of the same size",
        ),
        (
            ((24, 32), (24, 32)),
            7,
            "clips.fall.train.clip: 'empty' has 7 frames, expected at least 8: take a longer clip",
        ),
    ],
)
def test_a_clip_that_cannot_train_another_is_told(sizes: tuple, count: int, told: str):
    with pytest.raises(InputError) as error:
        split_by_other(["0.png"], "fall", ["0.png"] * count, "empty", sizes)
    assert str(error.value) == told


def test_smallest_split_spans_two_full_covariances():
    half = np.random.default_rng(1).random((MINIMUM_TRAINING_FRAMES // 2, 3))
    assert np.linalg.matrix_rank(np.cov(half.T)) == 3
    assert np.linalg.matrix_rank(np.cov(half[1:].T)) == 2


@pytest.mark.parametrize(
    ("split", "frame", "seen"),
    [
        (own(30, list(range(10))), 20, 20),  # as they come
        (own(30, list(range(10))), 4, 4),  # within the training frames, as they come
        (own(30, [*range(5, 15)]), 20, 20),  # the training frames, and five and five others
        (own(30, [*range(5, 15)]), 3, None),  # the training frames show what comes after it
        (own(30, [*range(20, 30)]), 12, None),
        (Split(list(range(9)), list(range(30)), "clip", "empty"), 12, 21),
        (Split(list(range(9)), list(range(30)), "clip", "empty"), 0, 9),
    ],
)
def test_how_many_frames_a_method_has_seen_before(split: Split, frame: int, seen: int | None):
    assert split.seen_before(frame) == seen


def test_a_stillness_in_the_first_frames_is_watched_though_they_train():
    split = own(30, list(range(10)))
    assert split.watched_from(6) == Split(list(range(6)), list(range(6, 30)), "clip", "clip")
    assert split.watched_from(12) is split
    later = own(30, [*range(5, 15)])
    assert later.watched_from(6) is later  # it has been seen before, in training


def test_stretches_without_a_gap():
    assert runs([]) == []
    assert runs([4]) == [range(4, 5)]
    assert runs([0, 1, 2, 7, 9, 10]) == [range(3), range(7, 8), range(9, 11)]


def test_a_table_that_is_cut_within_a_row_is_told(tmp_path: Path):
    rows = split_by_other(["0.png"], "fall", [f"{i}.png" for i in range(8)], "empty", ((2, 2), (2, 2)))
    write_split(tmp_path / "frames.csv", rows)
    whole = (tmp_path / "frames.csv").read_text()
    for end in range(len(whole) - 14, len(whole) - 6):  # within the last row, the one that tests
        (tmp_path / "frames.csv").write_text(whole[:end])
        with pytest.raises(InputError, match="cut or damaged"):
            read_split(tmp_path / "frames.csv")
