"""Tables of clips: what a row becomes, and what is told of one that is wrong."""

from pathlib import Path

import pytest

from bgsub.config.tables import read_clip_table
from bgsub.errors import InputError

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text: str) -> dict:
    Path("mine.tsv").write_text(text, encoding="utf-8")
    return read_clip_table("mine.tsv", ROOT)


def test_a_row_is_what_the_section_clips_would_have() -> None:
    text = "clip\tpath\ttitle\tstill_frame\tstill_region\tenters\tfalls\n"
    clips = read(text + "kitchen\tkitchen.mp4\t2024\t5\t1 2 30 40\t2\t4-5 9-12\nhall\thall.zip\t\t\t\t\t\n")
    assert clips == {
        "kitchen": {
            "source": {"path": "kitchen.mp4"},
            "title": "2024",
            "still": {"frame": 5, "region": [1, 2, 30, 40]},
            "events": {"enters": 2, "falls": 4},
        },
        "hall": {"source": {"path": "hall.zip"}},
    }


def test_a_rendered_clip_is_a_row_too() -> None:
    clips = read("clip\tsynthetic\nshakes\theight=240 jitter=2.5 story=gets_up\n")
    settings = clips["shakes"]["source"]["synthetic"]
    assert (settings["height"], settings["jitter"], settings["story"]) == (240, 2.5, "gets_up")
    assert settings["width"] == 720


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("jitter", "synthetic: found 'jitter'; expected settings, such as 'height=240 jitter=2'"),
        ("jitter=99", "synthetic.jitter: found 99; expected a number, at least 0 and at most 20"),
        ("jiter=2", "synthetic: unknown key 'jiter'"),
        ("story=sleeps", "synthetic.story: found 'sleeps'; expected one of falls, gets_up"),
    ],
)
def test_settings_of_a_rendered_clip_are_checked(cell: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"clip\tsynthetic\nshakes\t{cell}\n")
    assert str(caught.value).startswith(f"mine.tsv, line 2: {told}")


def test_a_table_of_a_spreadsheet_s_own_utf_8_is_read() -> None:
    assert list(read("\ufeffclip\tpath\ttitle\na\tb.mp4\tKüche\n")) == ["a"]


@pytest.mark.parametrize(
    ("clip", "events"),
    [
        ("montreal_s08_c3", {"falls": 271}),  # the reference camera
        ("montreal_s08_c2", {}),  # 79 frames before it or after
        ("montreal_s24_c4", {}),  # nobody falls
    ],
)
def test_a_fall_is_an_event_of_the_camera_it_was_seen_by(clip: str, events: dict) -> None:
    table = read_clip_table("workflow/clips/montreal.tsv", ROOT)
    assert len(table) == 192
    assert table[clip].get("events", {}) == events


def test_a_table_is_sought_in_the_working_directory_first_and_below_a_prefix() -> None:
    text = "clip\tpath\n{}\tx.mp4\n"
    for name in ("workflow/clips/montreal.tsv", "sub/mine.tsv"):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_text(text.format("here"))
    assert list(read_clip_table("workflow/clips/montreal.tsv", ROOT)) == ["here"]
    assert list(read_clip_table("mine.tsv", ROOT, "sub/{}".format)) == ["here"]
    with pytest.raises(InputError, match=r"^clip_tables: no such file: sub/none.tsv; check the path$"):
        read_clip_table("none.tsv", ROOT, "sub/{}".format)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("clip\tpth\na\tb.mp4\n", "mine.tsv, line 1: unknown column 'pth'; did you mean 'path'?"),
        ("clip\tzzz\na\tb\n", "mine.tsv, line 1: unknown column 'zzz'; expected one of clip, falls, delay"),
        ("clip;path\na;b.mp4\n", "mine.tsv, line 1: found clip;path; expected names of columns, 'clip' and"),
        ("", "mine.tsv, line 1: found nothing; expected names of columns, 'clip' and others, separated by"),
        ("clip\tpath\n\tb.mp4\n", "mine.tsv, line 2: clip: missing; expected the name of the clip"),
        (
            "clip\tpath\na/b\tb.mp4\n",
            "mine.tsv, line 2: clip: found 'a/b'; expected a name of letters, digits",
        ),
        ("# mine\nclip\tpath\na\tb.mp4\n", "mine.tsv, line 1: found # mine; expected names of columns"),
        (
            "clip\tpath\na\tb.mp4\tc\n",
            "mine.tsv, line 2: more cells than the columns of line 1; check the tabs",
        ),
        (
            "clip\tpath\na\tb.mp4\n\na\tc.mp4\n",
            "mine.tsv, line 4: clip: 'a' is in line 2 already; rename one",
        ),
        (
            "clip\tpath\tstill_frame\tstill_region\na\tb.mp4\tfive\t1 2 3 4\n",
            "mine.tsv, line 2: still_frame: found 'five'; expected a whole number, at least 0 and at most "
            "2147483647 (First frame",
        ),
        (
            "clip\tpath\tstill_frame\na\tb.mp4\t5\n",
            "mine.tsv, line 2: still_region: missing; expected a list in brackets of 4 values",
        ),
        (
            "clip\tpath\tstill_frame\tstill_region\na\tb.mp4\t5\t1 2 x 4\n",
            "mine.tsv, line 2: still_region: found 'x'; expected a whole number, at least 0",
        ),
        (
            "clip\turl\na\tb.mp4\n",
            "mine.tsv, line 2: url: found 'b.mp4'; expected an address that begins with",
        ),
        (f"clip\tfalls\na\t1-{'9' * 5000}\n", "mine.tsv, line 2: falls: found '1-999"),
        (f"clip\tpath\tenters\na\tb.mp4\t{'9' * 5000}\n", "mine.tsv, line 2: enters: found '999"),
        (f"clip\tpath\na\t{'b' * 200_000}\n", "mine.tsv, line 2: field larger than field limit"),
        ("clip\tpath\tfalls\na\tb.mp4\t12\n", "mine.tsv, line 2: falls: found '12'; expected first and last"),
        (
            "clip\tdelay_settled\na\tmaybe\n",
            "mine.tsv, line 2: delay_settled: found 'maybe'; expected yes or no",
        ),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("encoding", ["latin1", "utf-16"])
def test_another_encoding_is_told(encoding: str) -> None:
    Path("mine.tsv").write_bytes("clip\ttitle\na\tKüche\n".encode(encoding))
    with pytest.raises(InputError, match=r"^mine.tsv: byte \d+ is no UTF-8; save the table as UTF-8 text$"):
        read_clip_table("mine.tsv", ROOT)


def test_a_quote_is_a_letter_and_a_row_of_tabs_is_none(tmp_path: Path) -> None:
    rows = 'clip\tpath\ttitle\na\ta.mp4\t"Two\nb\tb.mp4\t"a" and "b"\n\t\t\nc\tc.mp4\tC\n\t\n'
    (tmp_path / "mine.tsv").write_text(rows)
    table = read_clip_table(str(tmp_path / "mine.tsv"), ROOT)
    assert {name: clip["title"] for name, clip in table.items()} == {
        "a": '"Two',
        "b": '"a" and "b"',
        "c": "C",
    }


def test_a_column_that_is_there_twice_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text("clip\tpath\tpath\na\ta.mp4\tb.mp4\n")
    with pytest.raises(InputError, match=r"line 1: column 'path' is there twice; delete or rename one"):
        read_clip_table(str(tmp_path / "mine.tsv"), ROOT)


def test_a_row_says_what_trains_and_how_fast_a_clip_runs(tmp_path: Path) -> None:
    head = "clip\tpath\troi\ttemporal_roi\tcategory\ttrain_until\ttrain_clip\ttrain_fraction\tfps\n"
    rows = "a\ta.zip\tROI.bmp\ttemporalROI.txt\tbaseline\ttemporal_roi\t\t\t29.97\n"
    rows += "b\tb.zip\t\t\t\t\ta\t\t30\nc\tc.zip\t\t\t\t\t\t0.25\t\n"
    (tmp_path / "mine.tsv").write_text(head + rows)
    table = read_clip_table(str(tmp_path / "mine.tsv"), ROOT)
    a = {key: table["a"][key] for key in ("roi", "temporal_roi", "category", "train", "fps")}
    assert a == {
        "roi": "ROI.bmp",
        "temporal_roi": "temporalROI.txt",
        "category": "baseline",
        "train": {"until": "temporal_roi"},
        "fps": 29.97,
    }
    assert (table["b"]["train"], table["b"]["fps"], table["c"]["train_fraction"]) == ({"clip": "a"}, 30, 0.25)


@pytest.mark.parametrize("fps", ["nan", "inf", "fast", "0", "1e9", "-3", "2000"])
def test_a_rate_that_is_none_is_told(tmp_path: Path, fps: str) -> None:
    (tmp_path / "mine.tsv").write_text(f"clip\tpath\tfps\na\ta.mp4\t{fps}\n")
    with pytest.raises(
        InputError, match=r"line 2: fps: found .*; expected a number, above 0 and at most 1000"
    ):
        read_clip_table(str(tmp_path / "mine.tsv"), ROOT)
