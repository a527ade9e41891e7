import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.masks.own import OwnMethod

EXAMPLE = Path(__file__).parents[3] / "docs/own_method.py"
FRAMES = np.zeros((12, 6, 8, 3), np.uint8)
FRAMES[8:, 2:4, 3:6] = 90
FRAMES.setflags(write=False)
TEST = range(5, 12)


def masks_of(folder: Path, source: str, **changes) -> np.ndarray:
    (folder / "mine.py").write_text(source)
    method = OwnMethod(python=str(folder / "mine.py"), **changes)
    return np.stack(list(method.masks(FRAMES[:5], FRAMES[5:], TEST)))


def refused(folder: Path, source: str, **changes) -> str:
    with pytest.raises(InputError) as error:
        masks_of(folder, source, **changes)
    said = str(error.value)
    assert "\n" not in said
    return said.replace(f"{folder}/", "")


def returning(mask: str) -> str:
    method = f"class Mine:\n    def apply(self, frame):\n        return {mask}\n"
    return f"import numpy as np\n{method}def create():\n    return Mine()\n"


def test_the_example_marks_what_differs_from_its_average():
    method = OwnMethod(python=str(EXAMPLE), settings={"rate": 0.5})
    masks = np.stack(list(method.masks(FRAMES[:5], FRAMES[5:], TEST)))
    assert not masks[:3].any()
    assert (masks[3] == 255).sum() == 6
    assert (masks[3, 2:4, 3:6] == 255).all()
    assert masks[4].any()  # 45 off
    assert not masks[5].any()  # 22 off: absorbed


def test_a_method_with_fit_sees_the_training_frames_at_once_and_one_without_sees_them_in_turn(tmp_path):
    source = """
import numpy as np

class Mine:
    seen = 0
    def apply(self, frame):
        self.seen += 1
        assert frame.shape == (6, 8, 3) and frame.dtype == np.uint8
        return np.full((6, 8), 255 if self.seen % 2 else 127, np.uint8)

def create():
    return Mine()
"""
    assert masks_of(tmp_path, source)[:, 0, 0].tolist() == [127, 255, 127, 255, 127, 255, 127]
    fitted = source.replace(
        "    def apply", "    def fit(self, frames):\n        self.seen = len(frames)\n    def apply"
    )
    assert masks_of(tmp_path, fitted)[:, 0, 0].tolist() == [127, 255, 127, 255, 127, 255, 127]
    last = fitted.replace("self.seen = len(frames)", "self.seen = len(frames) + 1")
    assert masks_of(tmp_path, last)[0, 0, 0] == 255


def test_bool_masks_are_opened_like_any_other(tmp_path):
    source = returning("(np.arange(48).reshape(6, 8) == 19) | (frame[..., 0] > 0)")
    raw, opened = masks_of(tmp_path, source), masks_of(tmp_path, source, opening=3)
    assert set(np.unique(raw)) == {0, 255}
    assert (raw[0] == 255).sum() == 1
    assert not opened[0].any()


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        ("np.zeros((6, 7), np.uint8)", "mask of shape (6, 7); expected (6, 8), as the frame"),
        ("np.zeros((6, 8))", "mask of type float64; expected uint8 of 0, 127, 255, or bool"),
        ("np.full((6, 8), 1, np.uint8)", "mask with the value 1; expected uint8 of 0, 127, 255, or bool"),
        ("None", "NoneType; expected a numpy array"),
    ],
)
def test_what_is_no_mask_is_told_with_its_frame(tmp_path, mask, said):
    assert refused(tmp_path, returning(mask)).startswith("mine.py: apply returned for frame 5 ")
    assert said in refused(tmp_path, returning(mask))


def test_an_exception_is_told_by_file_and_line_and_logged_from_there_on(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    source = returning("self.ratio(frame)") + "    # \n"
    source = source.replace(
        "def create", "    def ratio(self, frame):\n        return frame / {}['no such']\ndef create"
    )
    assert refused(tmp_path, source) == "mine.py, line 6: KeyError: 'no such' (in apply, training frame 0)"
    (logged,) = caplog.messages
    assert "line 4, in apply" in logged
    assert "line 6, in ratio" in logged
    assert "user_code.py" not in logged
    assert refused(tmp_path, "import numpy\nimport nothing_like_this\n").startswith(
        "mine.py, line 2: ModuleNotFoundError: No module named 'nothing_like_this' (in import)"
    )
    assert refused(tmp_path, returning("frame").replace("return Mine()", "exit('no')")) == (
        "mine.py, line 6: SystemExit: no (in create)"
    )
    assert "read-only" in refused(tmp_path, returning("frame.fill(0)"))


def test_a_file_that_makes_no_method_is_told(tmp_path):
    assert refused(tmp_path, "def create(:\n").startswith("mine.py, line 1: syntax error: ")
    assert refused(tmp_path, "x = 1\n").startswith(
        "mine.py: no function 'create'; expected create(**settings)"
    )
    assert refused(tmp_path, "def create():\n    return 3\n") == (
        "mine.py: create gave int without 'apply'; expected apply(frame) -> mask"
    )
    source = "\ndef create(rate, start=0):\n    return 3\n"
    assert refused(tmp_path, source, settings={"rte": 1, "rate": 2}) == (
        "mine.py, line 2: create: got an unexpected keyword argument 'rte'; correct the key settings, whose "
        "names here are: rate, start"
    )
    assert "create: missing a required argument: 'rate'" in refused(tmp_path, source)
    with pytest.raises(InputError, match=r"none\.py: cannot be read \(No such file or directory\)"):
        list(OwnMethod(python="none.py").masks(FRAMES[:5], FRAMES[5:], TEST))


def test_it_may_use_what_our_own_jobs_withhold_and_what_lies_beside_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.linalg", None)
    (tmp_path / "beside_it.py").write_text("LEVEL = 40\n")
    source = "import scipy.linalg\nfrom beside_it import LEVEL\n" + returning("frame[..., 0] > LEVEL")
    assert masks_of(tmp_path, source)[-1].any()
    assert not (tmp_path / "__pycache__/mine.cpython-311.pyc").exists()
