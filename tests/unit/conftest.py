import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that holds 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk takes root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="session")
def fall_video() -> Path:
    """The shared clip: 200 frames of 640 x 480, H.264."""
    path = Path(__file__).parents[3] / "shared/data/gmdcsa24-subject4-fall03/fall.mp4"
    if not path.exists():
        pytest.skip("the shared clip is not on this machine")
    return path
