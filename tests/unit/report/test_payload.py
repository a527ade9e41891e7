import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgsub.report.payload import pack_arrays, pack_runs, to_json


def numbers(data: bytes) -> list[int]:
    """Decode LEB128, written from its definition."""
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value)
            value = shift = 0
    return found


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 40)),
        elements=st.integers(0, 3),
    )
)
def test_runs_give_the_images_back(codes):
    runs = numbers(zlib.decompress(base64.b64decode(pack_runs(codes))))
    values = np.concatenate([np.full(run // 4, run % 4) for run in runs])
    assert (values == codes.ravel()).all()
    ends = np.cumsum([run // 4 for run in runs])
    assert set(np.arange(1, len(codes) + 1) * codes[0].size) <= set(ends.tolist())  # none across two images


def test_a_run_longer_than_two_bytes():
    (run,) = numbers(zlib.decompress(base64.b64decode(pack_runs(np.full((1, 600, 900), 2, np.uint8)))))
    assert divmod(run, 4) == (540_000, 2)


def test_arrays_keep_type_shape_and_alignment():
    given_arrays = {
        "odd": np.arange(7, dtype=np.uint8),
        "half": np.array([[0.5, -2.0]], np.float16),
        "single": np.array([1.5], np.float32),
        "signed": np.array([-3], np.int16),
    }
    packed = pack_arrays(given_arrays)
    block = zlib.decompress(base64.b64decode(packed["data"]))
    for name, array in given_arrays.items():
        place = packed["arrays"][name]
        assert place["offset"] % 8 == 0
        read = np.frombuffer(block, place["type"], array.size, place["offset"]).reshape(place["shape"])
        assert (read == array).all()


def test_json_cannot_end_its_script_element():
    value = {"a": "</script><!--", "b": "床"}
    assert "<" not in to_json(value)
    assert json.loads(to_json(value)) == value
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"a": float("nan")})
