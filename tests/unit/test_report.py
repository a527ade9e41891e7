import json
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bgsub.report import ClipResults, outlooks, read_seconds, render_report, source_facts

PAGE = Path(__file__).parents[2] / "workflow/report"
MODELS = {
    "em": {"components": 2, "tolerance": 1e-6, "max_iterations": 300, "covariance_floor": 1.0},
    "notebook": {"components": 2, "tolerance": None, "max_iterations": 5, "covariance_floor": None},
}
METHODS = {
    "gmm": {"model": "em", "rule": "difference", "threshold": 50},
    "mog2": {"opencv": "mog2", "history": 60, "var_threshold": 32, "detect_shadows": True, "opening": 3},
}
FIGURES = (
    "backgrounds",
    "convergence",
    "gap_notebook",
    "fit_em",
    "fit_notebook",
    "area",
    "absorption",
    "masks",
)
VIDEOS = ("train.mp4", "comparison.mp4", "methods/gmm/video.mp4", "methods/mog2/video.mp4")


def write_results(folder: Path, *, still: bool = True) -> None:
    """Write results as the workflow does; figures and videos are told apart by their bytes."""
    for name in (*(f"figures/{figure}.png" for figure in FIGURES), *VIDEOS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"the bytes of {name}".encode())
    np.save(folder / "frames.npy", np.zeros((10, 24, 32, 3), np.uint8))
    subsets = ["train"] * 4 + ["test"] * 6
    pd.DataFrame({"frame": range(10), "name": "x.png", "subset": subsets}).to_csv(
        folder / "frames.csv", index=False
    )
    source = {"kind": "url", "address": "https://example.org/a.zip", "file": "data/a.zip"}
    (folder / "source.json").write_text(json.dumps(source | {"bytes": 1_500_000, "sha256": "ab" * 32}))
    fit = {"pixels": 768, "iterations_median": 12.0, "iterations_p90": 63.0, "iterations_max": 90}
    fit |= {"converged": 1.0, "at_limit": 0.0, "log_likelihood": 9.0, "undefined": 0.0}
    same = {"gap_median": 0.0, "gap_p90": 0.0, "gap_over_0.01": 0.0}
    same |= {"background_difference_mean": 0.0, "background_over_5": 0.0}
    short = {"gap_median": 0.312, "gap_p90": 1.2, "gap_over_0.01": 0.9}
    short |= {"background_difference_mean": 1.5, "background_over_5": 0.1, "converged": 0.0}
    fits = [{"model": "em"} | fit | same, {"model": "notebook"} | fit | short]
    pd.DataFrame(fits).to_csv(folder / "fits.csv", index=False)
    area = {"frame": [9, 9], "method": list(METHODS), "foreground_share": [0.04, 0.0]}
    pd.DataFrame(area).to_csv(folder / "area.csv", index=False)
    absorption = pd.DataFrame({"method": list(METHODS), "still_frame": 6, "still_source": "config"})
    absorption = absorption.assign(region_source="config", initial_share=0.9, half_life=[np.nan, 2])
    absorption = absorption.assign(censored_at=[4, np.nan], vanish=[np.nan, 3], retention=[0.83, 0.2])
    absorption = absorption.assign(predicted=[np.nan, 3])
    if not still:
        absorption = absorption[["method"]].reindex(columns=absorption.columns)
    absorption.to_csv(folder / "absorption.csv", index=False)


def clip_of(folder: Path, **changes) -> ClipResults:
    facts = {
        "name": "demo",
        "folder": folder,
        "title": "A room",
        "licence": "MIT",
        "citation": "Someone, 2026",
    }
    facts |= {
        "models": MODELS,
        "methods": METHODS,
        "fps": 10.0,
        "seconds": {"frames": 1.0, "fitting em": 3.0},
    }
    return ClipResults(**(facts | changes))


def render(clips: list[ClipResults], path: Path) -> str:
    files = {"template": PAGE / "page.html.j2", "style": PAGE / "page.css"}
    render_report(clips, path, **files, versions={"numpy": "2.4.6"}, command="make && <x>")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def clip(tmp_path: Path) -> ClipResults:
    write_results(tmp_path / "demo")
    return clip_of(tmp_path / "demo")


class Reader(HTMLParser):
    """Collects what a browser would see: text, addresses, ids, headings, and unclosed or misplaced tags."""

    VOID = ("meta", "img", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.addresses, self.ids, self.headings = [], [], [], []
        self.pictures, self.open, self.tags = [], [], set()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.addresses += [
            attrs[name] for name in ("src", "href", "srcset", "poster", "data") if name in attrs
        ]
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.headings += [int(tag[1])] if re.fullmatch(r"h\d", tag) else []
        if tag in ("img", "video"):
            self.pictures.append((tag, attrs["src"], attrs.get("alt") or attrs.get("aria-label")))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_page_needs_nothing_from_outside(clip, tmp_path):
    page = render([clip], tmp_path / "report.html")
    read = Reader(page)
    assert all(
        address.startswith(("data:image/png;base64,", "data:video/mp4;base64,", "#"))
        for address in read.addresses
    )
    assert not {"script", "link", "iframe", "object"} & read.tags
    assert not re.search(r"@import|url\(", page)


def test_page_holds_every_figure_and_video_once_with_words_for_it(clip, tmp_path):
    read = Reader(render([clip], tmp_path / "report.html"))
    shown = {address.partition(",")[2]: words for _, address, words in read.pictures}
    names = [*(f"figures/{figure}.png" for figure in FIGURES), *VIDEOS]
    assert set(shown) == {b64encode(f"the bytes of {name}".encode()).decode() for name in names}
    assert len(read.pictures) == len(names)
    assert all(shown.values())


def test_links_lead_somewhere_and_headings_do_not_skip(clip, tmp_path):
    second = clip_of(clip.folder, name="second", title="Another room")
    for clips in ([clip], [clip, second]):
        read = Reader(render(clips, tmp_path / "report.html"))
        assert len(set(read.ids)) == len(read.ids)
        targets = [address[1:] for address in read.addresses if address.startswith("#")]
        assert targets
        assert set(targets) <= set(read.ids)
        assert read.headings[0] == 1
        assert read.headings.count(1) == 1
        assert all(
            after - before <= 1 for before, after in zip(read.headings, read.headings[1:], strict=False)
        )


def test_page_answers_from_the_tables(clip, tmp_path):
    text = Reader(render([clip], tmp_path / "report.html")).text
    assert "Yes: EM converged on all 768 pixels" in text
    assert "0.31 nats" in text
    assert "MOG2 loses half of the person within 2 frames (0.2 s)" in text
    assert "No history, however long, keeps the person for the 4 frames to the end" in text
    assert "10 frames of 32 by 24 pixels" in text
    assert "from the first 4 frames and are tested on the other 6" in text
    assert "downloaded from: https://example.org/a.zip" in text
    assert "ab" * 32 in text
    assert "not within 4 frames (0.4 s)" in text  # the frozen method's half-life
    assert "numpy 2.4.6" in text
    assert "tolerance none" in text
    assert "detect_shadows true" in text
    assert "make && <x>" in text


def test_the_history_that_keeps_the_person_follows_the_closed_form(clip):
    """metrics.md, 3.2: absorbed after 0.1106 history frames once MOG2 has run for long."""
    absorption = pd.DataFrame({"method": ["gmm", "mog2"], "still_frame": 1000, "predicted": [np.nan, 6]})
    found = outlooks(absorption, clip, frames=1030)
    assert list(found) == ["mog2"]
    assert found["mog2"].background_ratio == pytest.approx(0.9)
    assert found["mog2"].least_history == pytest.approx(30 / 0.1106, rel=0.03)
    early = outlooks(absorption.assign(still_frame=61), clip, frames=110)
    assert early["mog2"].least_history is None  # the start-up takes 0.248 * 61 = 15 frames, of any history


def test_bars_are_as_long_as_the_seconds(clip, tmp_path):
    page = render([clip], tmp_path / "report.html")
    assert re.findall(r'style="width: ([\d.]+)%"', page) == ["33.3", "100.0"]


def test_a_clip_without_a_still_person_says_so_and_shows_no_empty_figure(tmp_path):
    write_results(tmp_path / "demo", still=False)
    read = Reader(render([clip_of(tmp_path / "demo")], tmp_path / "report.html"))
    assert "No person who lies still was found in this clip" in read.text
    assert "Absorption in figures" not in read.text
    absorption = b64encode(b"the bytes of figures/absorption.png").decode()
    assert not any(absorption in address for address in read.addresses)
    assert "nan" not in read.text.lower()


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a b & c", "Bücherei 床"]
)
def test_names_appear_as_text(clip, tmp_path, name):
    strange = clip_of(clip.folder, name=name, title=name, licence=name, citation=name, seconds={name: 1.0})
    read = Reader(render([strange, clip], tmp_path / "report.html"))
    assert "script" not in read.tags
    assert read.text.count(name) >= 5
    assert len([tag for tag, *_ in read.pictures if tag == "img"]) == 2 * len(FIGURES)


def test_the_same_results_give_the_same_page(clip, tmp_path):
    first = render([clip], tmp_path / "first.html")
    assert render([clip], tmp_path / "second.html") == first


def test_a_missing_picture_leaves_no_half_page(clip, tmp_path):
    (clip.folder / "comparison.mp4").unlink()
    with pytest.raises(FileNotFoundError):
        render([clip], tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_seconds_of_a_steps_jobs_add_up(tmp_path):
    for index, seconds in enumerate((1.5, 2.25)):
        (tmp_path / f"{index}.tsv").write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:01\tNA\n")
    steps = {"fit": [tmp_path / "0.tsv", tmp_path / "1.tsv"], "masks": [tmp_path / "0.tsv"]}
    assert read_seconds(steps) == {"fit": 3.75, "masks": 1.5}
    assert list(read_seconds(steps)) == ["fit", "masks"]


def test_a_synthetic_source_is_told_by_its_parameters():
    source = {"kind": "synthetic", "address": {"seed": 1, "frames": 110}, "file": "results/demo/source.zip"}
    facts = source_facts(source | {"bytes": 83_000_000, "sha256": "00"})
    assert facts["origin"] == "drawn by this workflow: frames 110, seed 1"
    assert facts["file"] == "source.zip (83.0 MB)"
