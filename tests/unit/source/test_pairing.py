import pytest

from bgsub.errors import InputError
from bgsub.source.pairing import paired


def names(stem: str, numbers: range | list[int]) -> list[str]:
    return [f"{stem}/{stem}{number:06d}.png" for number in numbers]


def without(numbers: range, *left_out: int) -> list[int]:
    return [number for number in numbers if number not in left_out]


def test_labels_are_paired_by_number():
    frames = names("in", without(range(40), 17))
    assert paired(names("gt", range(40)), 39, frames, "clip") == names("gt", without(range(40), 17))


def test_frames_may_count_from_0_and_labels_from_1():
    labels = names("gt", range(1, 41))
    assert paired(labels, 40, names("frame_", range(40)), "clip") == labels


def test_numbers_that_part_ways_are_told():
    """39 of each, and by position every label from the gap on would be that of another frame."""
    frames, labels = names("in", without(range(40), 17)), names("gt", without(range(40), 34))
    with pytest.raises(
        InputError,
        match=r"'in/in000018\.png' would get 'gt/gt000017\.png', and 'in/in000034\.png' is the first of 1",
    ):
        paired(labels, 39, frames, "clip")


@pytest.mark.parametrize("frames", [None, ["a.png", "b.png"], ["a_1_v2.png", "b_1_v2.png"]])
def test_names_without_a_rising_number_are_paired_by_position(frames: list[str] | None):
    assert paired(["x1.png", "x2.png"], 2, frames, "clip") == ["x1.png", "x2.png"]
    with pytest.raises(
        InputError, match="clip: 3 ground truth images for a clip of 2 frames; expected one for each"
    ):
        paired(["x1.png", "x2.png", "x3.png"], 2, frames, "clip")


def test_a_frame_without_a_label_is_told():
    with pytest.raises(InputError, match="2 ground truth images for a clip of 3 frames"):
        paired(names("gt", [1, 3]), 3, names("in", [1, 2, 3]), "clip")
