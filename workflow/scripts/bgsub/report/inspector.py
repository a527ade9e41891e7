"""What the page's inspector reads: what is known of some pixels, packed."""

from typing import Any

import numpy as np

from bgsub.evidence.inspector import UNITS, Inspection
from bgsub.report.payload import pack_arrays
from bgsub.report.player import mask_codes, truth_codes

BLOCK_BYTES = 4_500_000  # of the packed arrays, before base64
COMPRESSION = 0.75  # of noise and numbers by zlib, about


def pack_inspection(found: Inspection) -> dict[str, Any]:
    """Pack what is known of some pixels.

    Returns
    -------
    dict
        `width`, `height`, `start` and `steps` of the inspection, `units`, and what `pack_arrays` gives of its
        arrays and, in the player's codes, of `decisions.<method>` and `truth`. `pixels` are cut into
        `pixels.low` and `pixels.high`, 16 bits each.
    """
    arrays = dict(found.arrays)
    pixels = arrays.pop("pixels")
    arrays |= {
        "pixels.low": (pixels & 0xFFFF).astype(np.uint16),
        "pixels.high": (pixels >> 16).astype(np.uint16),
    }
    arrays |= {f"decisions.{method}": mask_codes(masks) for method, masks in found.decisions.items()}
    if found.truth is not None:
        arrays["truth"] = truth_codes(found.truth)
    return {
        **{key: getattr(found, key) for key in ("width", "height", "start", "steps")},
        "units": UNITS,
        **pack_arrays(arrays),
    }
