import base64
import zlib

import numpy as np

from bgsub.evidence.inspector import Inspection
from bgsub.report.inspector import pack_inspection


def unpacked(packed: dict) -> dict[str, np.ndarray]:
    block = zlib.decompress(base64.b64decode(packed["data"]))
    return {
        name: np.frombuffer(block, place["type"], int(np.prod(place["shape"])), place["offset"]).reshape(
            place["shape"]
        )
        for name, place in packed["arrays"].items()
    }


def test_masks_and_labels_are_packed_in_the_codes_of_the_player():
    arrays = {"pixels": np.array([17, 3 * 65536 + 5]), "n_iter.em": np.array([4, 9], np.uint16)}
    decisions = {"mog2": np.array([[0, 127], [255, 0]], np.uint8)}
    truth = np.array([[0, 50], [170, 255]], np.uint8)
    packed = pack_inspection(Inspection(8, 6, 1, {"em": [0, 1]}, arrays, decisions, truth))
    seen = unpacked(packed)
    assert (packed["width"], packed["height"], packed["start"], packed["steps"]) == (8, 6, 1, {"em": [0, 1]})
    assert (seen["pixels.low"] + 65536 * seen["pixels.high"].astype(int)).tolist() == [17, 3 * 65536 + 5]
    assert seen["decisions.mog2"].tolist() == [[0, 1], [2, 0]]
    assert seen["truth"].tolist() == [[0, 1], [3, 2]]
    assert seen["n_iter.em"].tolist() == [4, 9]
    assert packed["units"]["mean"] == 1 / 64
