"""Clips from tables: the shipped data set, a table of one's own, and what is wrong with one."""

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


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("clip\tpth\na\tb.mp4\n", "mine.tsv, line 2: top level: unknown key 'pth'; did you mean 'path'?"),
        ("clip\tpath\tstill_frame\na\tb.mp4\tfive\n", "mine.tsv, line 2: still_frame: 'five' does not match"),
        ("clip\ttitle\na\tA\n", "clips.a.source: found none; expected one of gdrive, url, path, synthetic"),
    ],
)
def test_bad_table_is_told_in_one_line(table: str, told: str, bare: Project) -> None:
    (bare.folder / "mine.tsv").write_text(table)
    bare.configure({"run": ["a"], "clip_tables": ["mine.tsv"]})
    done = bare.snakemake("--dry-run", check=False)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("config: ") and told in line], (
        done.stdout
    )


def test_missing_table_is_named(bare: Project) -> None:
    bare.configure({"clip_tables": ["none.tsv"]})
    assert "config: clip_tables: no such file: none.tsv" in bare.snakemake("--dry-run", check=False).stdout


@pytest.mark.parametrize(
    ("clip", "event"),
    [
        ("montreal_s08_c3", "events={'falls': 271}"),  # the reference camera
        ("montreal_s08_c2", "events={}"),  # 79 frames before it or after
        ("montreal_s24_c4", "events={}"),  # nobody falls
    ],
)
def test_a_fall_of_the_table_is_an_event_of_the_camera_it_was_seen_by(
    clip: str, event: str, bare: Project
) -> None:
    bare.configure({"run": [clip]})
    bare.append("Snakefile", 'print(f\'events={CLIPS[config["run"][0]]["events"]}\')\n')
    assert event in bare.snakemake("--dry-run").stdout.replace('"', "'")
