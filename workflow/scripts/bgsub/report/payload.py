"""Arrays and masks as text that a page carries and its script unpacks."""

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np

_ALIGNMENT = 8  # bytes: where a browser's typed arrays may begin
_CODE_BITS = 2


def as_text(data: bytes) -> str:
    """Return bytes in base64."""
    return b64encode(data).decode("ascii")


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Pack arrays into one deflated block.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Of the types int16, uint8, uint16, float16, float32.

    Returns
    -------
    dict
        `arrays`: for each name its `type`, `shape` and `offset` in bytes; `data`: the block, zlib and base64.
    """
    block, places = bytearray(), {}
    for name, array in arrays.items():
        block.extend(bytes(-len(block) % _ALIGNMENT))
        places[name] = {"type": str(array.dtype), "shape": list(array.shape), "offset": len(block)}
        block.extend(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return {"arrays": places, "data": as_text(zlib.compress(bytes(block), 9))}


def pack_runs(codes: np.ndarray) -> str:
    """Pack images of few values as run lengths.

    Parameters
    ----------
    codes : (T, H, W) uint8 array
        Values 0 to 3.

    Returns
    -------
    str
        zlib and base64 of `length * 4 + value` of each run, in row order, as LEB128 varints. No run goes on
        from one image to the next.
    """
    parts = []
    for image in codes:
        values = image.reshape(-1)
        starts = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])
        lengths = np.diff(starts, append=len(values))
        parts.append(_varints(lengths << _CODE_BITS | values[starts]))
    return as_text(zlib.compress(b"".join(parts), 9))


def to_json(value: Any) -> str:
    """Write JSON that may stand within a script element: no `<` is left as such."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _varints(numbers: np.ndarray) -> bytes:
    """Write numbers below 2^35 as LEB128: seven bits a byte, lowest first, the top bit set if more follow."""
    shifted = numbers.astype(np.int64)[:, np.newaxis] >> np.arange(0, 35, 7)
    more = shifted >> 7 > 0
    present = np.concatenate([np.ones((len(numbers), 1), bool), more[:, :-1]], axis=1)
    return (shifted & 127 | more << 7).astype(np.uint8)[present].tobytes()
