"""Whether a clip fits into the machine."""

from pathlib import Path

import pytest

from bgsub.errors import InputError
from bgsub.source.room import expect_disk, expect_memory, least_bytes, machine_memory


def test_frames_too_large_for_the_memory_are_told_with_figures_and_a_remedy():
    expect_memory(1080, 1920, "a.mp4", available=2 * 10**9)
    with pytest.raises(InputError) as error:
        expect_memory(4320, 7680, "a.mp4", available=2 * 10**9)
    assert str(error.value).startswith(
        "a.mp4: its frames of 7680 x 4320 pixels take at least 8.9 GB of memory, and this machine has 2.0 GB;"
        " take smaller frames, such as by `ffmpeg -i VIDEO"
    )


def test_frames_too_many_for_the_disk_are_told_with_figures_and_a_remedy(small_disk: Path):
    expect_disk(small_disk, 256 * 2**10, "a.mp4")
    with pytest.raises(InputError, match="take 262,145 bytes, and 262,144 are left; free some space"):
        expect_disk(small_disk, 256 * 2**10 + 1, "a.mp4")


def test_models_masks_and_films_take_at_least_what_small_ones_do():
    # Measured on the rendered clip of 110 frames of 480 x 720 by eight methods and three models.
    assert 231_647_268 < least_bytes((110, 480, 720), [222, 222, 222], 8) < 231_650_520 + 3_330_856 + 410_494
    assert least_bytes((110, 480, 720), [222], 0) >= 222 * 480 * 720


def test_a_job_of_a_cluster_is_not_judged_by_the_node_that_reads(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    expect_memory(10**6, 10**6, "a.mp4")
    monkeypatch.delenv("SLURM_JOB_ID")
    with pytest.raises(InputError):
        expect_memory(10**6, 10**6, "a.mp4")


@pytest.mark.parametrize(("group", "expected"), [("max", 3072), ("1000", 1000), (None, 3072)])
def test_memory_is_what_the_kernel_and_the_group_allow(tmp_path: Path, group: str | None, expected: int):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:    2 kB\nMemFree:  1 kB\nSwapTotal:  1 kB\n")
    if group is not None:
        (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
        (tmp_path / "sys/fs/cgroup/memory.max").write_text(f"{group}\n")
    assert machine_memory(tmp_path) == expected
