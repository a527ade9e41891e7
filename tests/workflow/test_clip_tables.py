"""Clips from tables: the shipped data set, and a table of one's own."""

import csv

import pytest
from project import ROOT, Project


@pytest.fixture
def bare(tmp_path) -> Project:
    return Project.copied_to(tmp_path / "project")


def shipped() -> list[dict]:
    with (ROOT / "workflow/clips/montreal.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_montreal_has_its_24_scenarios_by_8_cameras_in_24_archives() -> None:
    rows = shipped()
    assert len(rows) == len({row["clip"] for row in rows}) == 192
    assert len({row["url"] for row in rows}) == len({row["file"] for row in rows}) == 24
    for row in rows:
        number = f"{int(row['scenario']):02d}"
        assert row["clip"] == f"montreal_s{number}_c{row['camera']}"
        assert row["url"].endswith(f"/chute{number}.zip")
        assert row["frames"] == f"**/cam{row['camera']}.avi"
    # Scenario 8: the fall at 271-298; the reference is camera 3, camera 2 differs by 79 frames.
    by_name = {row["clip"]: row for row in rows}
    assert by_name["montreal_s08_c2"]["falls"] == "271-298"
    assert by_name["montreal_s08_c2"]["delay"] == "79"
    assert by_name["montreal_s08_c3"]["delay"] == "0"
    assert by_name["montreal_s24_c1"]["falls"] == ""
    unsettled = {row["clip"] for row in rows if row["delay_settled"] == "no"}
    assert unsettled == {"montreal_s12_c2", *(f"montreal_s05_c{camera}" for camera in (5, 6, 7, 8))}


def test_pattern_chooses_the_cameras_of_a_scenario(bare: Project) -> None:
    bare.configure({"run": ["montreal_s08_*"]})
    assert bare.planned()["read_frames"] == 8


def test_own_table_and_config_side_by_side(bare: Project) -> None:
    (bare.folder / "kitchen.mp4").write_bytes(b"video")
    (bare.folder / "mine.tsv").write_text(
        "clip\tpath\tstill_frame\tstill_region\tenters\tfalls\nkitchen\tkitchen.mp4\t5\t1 2 30 40\t2\t4-5\n"
    )
    bare.configure({"run": ["demo", "kitchen"], "clip_tables": ["mine.tsv"]})
    assert bare.planned()["read_frames"] == 2
