"""The same bits on every machine: with vectors of 128, 256 and 512 bits, and without fused multiply-add."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import hashlib
from pixels import ATTRIBUTES, mixed_pixels
from bgsub.model.gmm import PixelMixture
mixture = PixelMixture(3).fit(mixed_pixels(3, each=20))
digest = hashlib.sha256(b"".join(getattr(mixture, name).tobytes() for name in ATTRIBUTES))
print(digest.hexdigest())
"""
MACHINES = {"nehalem": "sse4_2", "haswell": "avx2", "skylake-avx512": "avx512f"}  # and what they need
PROCESSOR = Path("/proc/cpuinfo")
FEATURES = PROCESSOR.read_text().split() if PROCESSOR.exists() else []


def bits_on(machine: str, cache: Path) -> str:
    """Return the digest of fits by code compiled for a machine."""
    folders = os.pathsep.join(path for path in sys.path if path)
    numba = {"NUMBA_CPU_NAME": machine, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(cache)}
    environment = os.environ | numba | {"PYTHONPATH": folders}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif("avx2" not in FEATURES, reason="needs a processor with vectors of two widths")
def test_results_do_not_depend_on_the_vector_width(tmp_path):
    machines = [name for name, needed in MACHINES.items() if needed in FEATURES]
    assert len({bits_on(name, tmp_path / name) for name in machines}) == 1
