import contextlib
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.masks.elsewhere import match
from bgsub.masks.own import MadeElsewhere, split_pattern
from bgsub.source.limits import Limits

NAMES = [f"input/in{number:06d}.jpg" for number in range(1, 11)]
VIDEO = [f"frame_{place:06d}" for place in range(10)]
TEST = range(6, 10)


def mask_of(number: int) -> np.ndarray:
    """A mask that tells which it is by its number of foreground pixels."""
    mask = np.zeros((6, 8), np.uint8)
    mask.flat[:number] = 255
    return mask


def write(folder: Path, numbers=range(1, 11), name: str = "bin{:06d}.png", scale=1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        cv2.imwrite(str(folder / name.format(number)), mask_of(number) // scale)
    return folder


def read(masks: str | Path, names=NAMES, **changes) -> np.ndarray:
    return np.stack(list(MadeElsewhere(masks=str(masks), **changes).read(names, TEST, (6, 8))))


def counts(masks: np.ndarray) -> list[int]:
    return (masks == 255).sum(axis=(1, 2)).tolist()


def refused(masks: str | Path, **changes) -> str:
    with pytest.raises(InputError) as error:
        read(masks, **changes)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_a_pattern_and_a_zip_are_alike(tmp_path):
    folder = write(tmp_path / "demo")
    (folder / "readme.txt").write_text("not a mask")
    write(tmp_path / "other", range(11, 21))
    with zipfile.ZipFile(tmp_path / "demo.zip", "w") as archive:
        for file in folder.glob("*.png"):
            archive.write(file, f"results/{file.name}")
    for masks in ("demo", "demo/*.png", "d*/bin*", "demo.zip"):
        assert counts(read(tmp_path / masks)) == [7, 8, 9, 10]
    assert "masks in 2 folders, 'demo' and 'other' among them" in refused(tmp_path)
    assert split_pattern("a/b*/c.png") == (Path("a"), "b*/c.png")
    assert split_pattern("a/b") == (Path("a/b"), None)


def test_masks_are_found_by_the_frames_numbers(tmp_path):
    """Also if there are more or fewer of them than frames, and whatever else is in a name."""
    assert counts(read(write(tmp_path / "more", range(4, 31)))) == [7, 8, 9, 10]
    assert counts(read(write(tmp_path / "test", range(7, 11), "m2_{}.png"))) == [7, 8, 9, 10]


def test_frames_of_a_video_count_from_0_or_from_1(tmp_path):
    assert counts(read(write(tmp_path / "nought", range(10)), VIDEO)) == [6, 7, 8, 9]
    assert counts(read(write(tmp_path / "one", range(1, 11)), VIDEO)) == [7, 8, 9, 10]
    assert counts(read(write(tmp_path / "last", range(7, 11)), VIDEO)) == [7, 8, 9, 10]
    # Seven masks are neither those of all frames nor those of the test frames, so that order is of no help.
    assert counts(read(write(tmp_path / "seven of nought", range(3, 10)), VIDEO)) == [6, 7, 8, 9]
    assert counts(read(write(tmp_path / "seven of one", range(4, 11)), VIDEO)) == [7, 8, 9, 10]
    # Masks of eleven frames are not of this clip, whatever they count from.
    assert "do not fit" in refused(write(tmp_path / "eleven", range(11)), names=VIDEO)


def test_without_numbers_the_order_counts():
    images = ["a.png", "b.png", "c.png", "d.png"]
    assert match("m", images, NAMES, TEST) == images
    every = [f"{letter}.png" for letter in "abcdefghij"]
    assert match("m", every, NAMES, TEST) == every[6:]
    # Numbers that are not the frames' own.
    others = [f"{number}.png" for number in range(101, 105)]
    assert match("m", others, NAMES, TEST) == others
    # The same number twice.
    twice = ["a_1.png", "a_2.png", "b_1.png", "b_2.png"]
    assert match("m", twice, NAMES, TEST) == twice


def test_missing_masks_are_told_and_nothing_is_scored_in_their_place(tmp_path):
    said = refused(write(tmp_path / "few", [1, 2, 3, 7, 9, 10]))
    assert said.removeprefix(f"{tmp_path}/") == (
        "few: 6 masks, from 'bin000001.png' to 'bin000010.png', do not fit the 4 test frames (1 is missing by"
        " number, first 'input/in000008.jpg'); expected a mask for each, with the frame's number at the end "
        "of its name, or in order one for each of the 4 test frames or of all 10"
    )
    with pytest.raises(InputError, match=r"2 are missing by number, first 'input/in000007.jpg'"):
        match("m", ["bin000009.png", "bin000010.png"], NAMES, TEST)
    assert "no masks there" in refused(write(tmp_path / "none", []))
    assert "no such file or folder" in refused(tmp_path / "nowhere")


@pytest.mark.parametrize("scale", [1, 255])
def test_masks_of_255_and_of_1_are_the_same(tmp_path, scale):
    assert counts(read(write(tmp_path / "masks", scale=scale))) == [7, 8, 9, 10]


def test_shadows_bits_and_equal_channels_are_read(tmp_path):
    folder = write(tmp_path / "masks")
    shadow = mask_of(8)
    shadow[5] = 127
    cv2.imwrite(str(folder / "bin000008.png"), shadow)
    cv2.imwrite(str(folder / "bin000009.png"), mask_of(9), [cv2.IMWRITE_PNG_BILEVEL, 1])
    cv2.imwrite(str(folder / "bin000010.png"), np.dstack([mask_of(10)] * 3))
    cv2.imwrite(str(folder / "bin000007.png"), mask_of(7).astype(np.uint16) * 257)
    masks = read(folder)
    assert (masks[1] == shadow).all()
    assert counts(masks) == [7, 8, 9, 10]
    assert counts(read(folder, opening=3))[0] < 7


def test_other_images_are_refused_by_name(tmp_path):
    folder = write(tmp_path / "masks")
    for image, said in (
        (
            mask_of(8) // 255 * 200,
            "mask 'bin000008.png' has the value 200; expected only 0, 127",
        ),
        (mask_of(8).astype(np.uint16) * 256, "has the 16-bit value 65280, which is no value in 8 bits"),
        (np.dstack([np.full((6, 8, 3), 255, np.uint8), mask_of(8)]), "is transparent in places"),
        (mask_of(8)[:, :7], "mask 'bin000008.png' is 7 x 6, but the frames are 8 x 6"),
        (np.dstack([mask_of(8), mask_of(3), mask_of(2)]), "has colours; expected a grey"),
    ):
        cv2.imwrite(str(folder / "bin000008.png"), image)
        assert said in refused(folder)
    (folder / "bin000008.png").write_bytes(b"nothing")
    assert "cannot be decoded" in refused(folder)
    assert "JPEG changes them" in refused(write(tmp_path / "jpeg", name="bin{:06d}.jpg"))


def test_a_damaged_mask_is_never_read_as_another(tmp_path):
    folder = write(tmp_path / "masks")
    whole = (folder / "bin000008.png").read_bytes()
    for place in range(8, len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        (folder / "bin000008.png").write_bytes(damaged)
        with contextlib.suppress(InputError):
            assert counts(read(folder)) == [7, 8, 9, 10]


def test_masks_are_limited_before_they_are_decoded(tmp_path):
    folder = write(tmp_path / "masks")
    read_with = MadeElsewhere(masks=str(folder)).read
    assert len(list(read_with(NAMES, TEST, (6, 8), limits=Limits(image_pixels=48)))) == 4
    with pytest.raises(InputError, match=r"too large: 48 pixels, and limits\.image_pixels allows 47; raise"):
        list(read_with(NAMES, TEST, (6, 8), limits=Limits(image_pixels=47)))
