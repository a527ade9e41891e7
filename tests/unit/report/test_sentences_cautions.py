from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from bgsub.names import Name
from bgsub.report.sentences_cautions import FEW, cautions
from bgsub.source.rate import Rate

NAMES = {"gmm": Name("GMM", article=True), "mog2": Name("MOG2")}
EMPTY = {
    "held": 0.0,
    "train_fraction": np.nan,
    "empty_start": np.nan,
    "empty_end": np.nan,
    "view_offset": np.nan,
}


def titles(*args, **changes) -> list[str]:
    return [caution.title for caution in found(*args, **changes)]


def found(train=44, ghosts=(0.0, 0.0), held=0.0, enters=50, offset=np.nan, **changes):
    area = pd.DataFrame({"frame": [50, 51], "method": ["gmm", "mog2"], "ghost_share": ghosts})
    facts = {"lies": True, "scored": True, "region_source": "groundtruth"}
    facts |= {"rate": Rate(Fraction(30), "file")} | changes
    training = pd.DataFrame([EMPTY | {"held": held, "view_offset": offset}])
    events = pd.DataFrame({"event": ["enters", "still"], "frame": [enters, 61.0]})
    return cautions(
        train=train,
        own=range(train),
        training=training,
        events=events,
        area=area,
        names=NAMES,
        **facts,
    )


def test_there_is_nothing_to_mind_about_a_clip_with_all_it_takes():
    assert titles() == []


@pytest.mark.parametrize(("train", "few"), [(1, True), (FEW - 1, True), (FEW, False)])
def test_few_training_frames_are_told(train, few):
    assert titles(train=train) == (["Few training frames"] if few else [])
    if few:
        frames = "one frame" if train == 1 else f"{train}\xa0frames"
        assert f"learned from {frames}:" in found(train=train)[0].words


def test_a_ghost_is_told_with_where_it_is_largest():
    (ghost,) = found(ghosts=(0.01, 0.031))
    assert ghost.title == "A ghost"
    assert "Up to 3.1\xa0% of the picture (with MOG2, frame 51) is marked" in ghost.words


def test_a_box_stands_for_the_person_where_the_config_gives_it_and_somebody_lies():
    assert titles(region_source="config") == ["A box for the person"]
    assert titles(region_source="config", lies=False) == []
    assert titles(region_source=None, lies=False) == []


def test_an_unknown_rate_is_told_with_the_one_that_is_assumed():
    (unknown,) = found(rate=Rate(Fraction(10), "nothing"))
    assert unknown.title == "Unknown rate"
    assert "seconds are counted at 10 frames each" in unknown.words
    assert titles(rate=Rate(Fraction(12), "config")) == []


def test_somebody_in_the_training_frames_comes_first():
    assert titles(train=8, held=0.04, scored=False) == [
        "Somebody in the training frames",
        "Few training frames",
        "No ground truth",
    ]


def test_who_moves_while_the_methods_learn_is_told_of_as_such_unless_a_background_image_holds_them():
    assert titles(enters=43) == ["Somebody in the training frames"]
    assert "They move" in found(enters=43)[0].words
    assert "They move" not in found(enters=43, held=0.04)[0].words
    assert titles(enters=44) == []
    assert titles(enters=43, held=0.04) == ["Somebody in the training frames"]


@pytest.mark.parametrize("scored", [True, False])
def test_a_camera_that_moves_is_told_and_puts_in_doubt_what_only_the_frames_tell(scored):
    moves = found(offset=10.9, scored=scored)[0]
    assert moves.title == "A camera that moves"
    assert "11 pixels or more" in moves.words
    assert ("the camera's doing" in moves.words) != scored
