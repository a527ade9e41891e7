import os
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from loopback import Loopback

# The first example may compile a kernel, and any of them may meet a busy machine.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator:
    """Where everything can be had, a skipped test is a failed one."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where CI is set, and every test ought to run: {report.longrepr}"
    return report


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A web server on 127.0.0.1 with nothing to serve yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Loopback() as server:
        yield server


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
def shared_clips() -> Path:
    """The folder of the shared clips."""
    path = Path(__file__).parents[2] / "shared/data"
    if not path.exists():
        pytest.skip("the shared clips are not on this machine")
    return path


@pytest.fixture(scope="session")
def fall_video(shared_clips: Path) -> Path:
    """The shared clip: 200 frames of 640 x 480, H.264."""
    return shared_clips / "gmdcsa24-subject4-fall03/fall.mp4"
