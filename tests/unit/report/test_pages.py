import hashlib
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import cv2
import defaults
import numpy as np
import pandas as pd
import pytest

from bgsub.evidence.costs import Cost
from bgsub.files import write_image
from bgsub.names import names_of
from bgsub.report.pages import SCRIPTS, render_overview, render_page
from bgsub.report.player_facts import player_facts
from bgsub.report.results import ClipResults, source_facts
from bgsub.report.sentences_scene import Span
from bgsub.report.views import cost_rows, methods_differ, outlooks
from bgsub.source.rate import Rate
from bgsub.words import NBSP

TEMPLATES = Path(__file__).parents[3] / "workflow/report"
MODELS = {key: defaults.MODELS[key] for key in ("em", "notebook")}
METHODS = {"gmm": defaults.METHODS["gmm"], "mog2": defaults.METHODS["mog2_default"]}
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


def write_results(folder: Path, *, still: bool = True) -> None:
    """Write results as the workflow does; each figure has a grey of its own."""
    for level, name in enumerate(FIGURES):
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"figures/{name}.png"), np.full((8, 12, 3), level, np.uint8))
    (folder / "train.mp4").write_bytes(b"the training frames")
    for name in (
        "models/em/model.npz",
        "models/notebook/model.npz",
        "frames.npy",
        *(f"methods/{m}/masks.npz" for m in METHODS),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.sha256").write_text(f"{sha256(name)}  {Path(name).name}\n")
    (folder / "page").mkdir()
    (folder / "page/player.json").write_text('{"truth_area":null,"mark":"player"}')
    (folder / "page/player_small.json").write_text('{"truth_area":null,"mark":"small"}')
    (folder / "page/inspector.json").write_text('{"mark":"inspector","arrays":{"pixels.low":{"shape":[70]}}}')
    (folder / "page/live.json").write_text('{"sliders":[],"mark":"live"}')
    moment = [{"method": name, "width": 4, "height": 3, "image": f"AAA{name}"} for name in METHODS]
    (folder / "page/moment.json").write_text(json.dumps({"frame": 8, "pictures": moment}))
    (folder / "page/poster.json").write_text('{"height":24,"width":32,"image":"AAAposter"}')
    decoding = {"frames": 10, "expected": 10, "damaged": 0, "first_error": None, "rate": None, "notes": []}
    (folder / "decoding.json").write_text(json.dumps(decoding))
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
    area = {
        "frame": [8, 9] * 2,
        "method": ["gmm", "gmm", "mog2", "mog2"],
        "foreground_share": [0.03, 0.04, 0.1, 0.0],
        "ghost_share": [0.01, 0.0, 0.0, 0.0],
    }
    visible = {"frame": [8, 8], "method": list(METHODS), "visible_share": [0.8, 0.25]}
    pd.DataFrame(visible).to_csv(folder / "visible.csv", index=False)
    pd.DataFrame(area).to_csv(folder / "area.csv", index=False)
    absorption = pd.DataFrame({"method": list(METHODS), "still_frame": 6, "still_source": "config"})
    absorption = absorption.assign(region_source="config", initial_share=0.9, half_life=[np.nan, 2])
    absorption = absorption.assign(censored_at=[4, np.nan], vanish=[np.nan, 3], retention=[0.83, 0.2])
    absorption = absorption.assign(predicted=[np.nan, 3], watched_from=6, frames_seen=6)
    if not still:
        absorption = absorption[["method"]].reindex(columns=absorption.columns)
    absorption.to_csv(folder / "absorption.csv", index=False)
    events = pd.DataFrame({"event": ["enters", "still"], "frame": [1, 6], "source": ["frames", "config"]})
    events = events.assign(end=[np.nan, 9])
    events[: None if still else 1].to_csv(folder / "events.csv", index=False)
    spans = pd.DataFrame(
        {"start": [6], "end": [9], "seconds": [0.4], "region": "1 2 3 4", "known_by": "config"}
    )
    spans[: None if still else 0].to_csv(folder / "still.csv", index=False)
    write_training(folder)


def write_training(folder: Path, held: float = 0.0, fraction: float | None = None) -> None:
    row = {"held": held, "train_fraction": fraction, "empty_start": np.nan, "empty_end": np.nan}
    row["view_offset"] = np.nan
    pd.DataFrame([row]).to_csv(folder / "training.csv", index=False)


def clip_of(folder: Path, **changes) -> ClipResults:
    facts = {
        "name": "demo",
        "files": {str(file.relative_to(folder)): file for file in folder.rglob("*.*")},
        "title": "A room",
        "annotation": "He falls twice.",
        "licence": "MIT",
        "citation": "Someone, 2026",
        "trained_on": {"name": "demo", "title": "A room"},
    }
    facts |= {"models": MODELS, "methods": METHODS, "rate": Rate(Fraction(10), "config")}
    facts["names"] = names_of(changes.get("models", MODELS), changes.get("methods", METHODS))
    facts |= {"costs": {"frames": Cost(1.0, None, 1), "fitting em": Cost(3.0, 200.0, 4)}}
    return ClipResults(**(facts | changes))


def folder_of(clip: ClipResults) -> Path:
    return clip.files["source.json"].parent


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def render(clip: ClipResults) -> str:
    page, watch, summary = (
        folder_of(clip) / name for name in ("report.html", "watch.html", "page/summary.json")
    )
    words = {"versions": {"numpy": "2.4.6"}, "command": "make && <x>", "commit": "abc123"}
    render_page(clip, page, watch, summary, templates=TEMPLATES, **words)
    return page.read_text(encoding="utf-8")


def overview(*clips: ClipResults, **more) -> str:
    summaries = []
    for clip in clips:
        render(clip)
        summaries.append(json.loads((folder_of(clip) / "page/summary.json").read_text()))
    page = folder_of(clips[0]) / "overview.html"
    render_overview(summaries, page, templates=TEMPLATES, **more)
    return page.read_text(encoding="utf-8")


@pytest.fixture
def clip(tmp_path: Path) -> ClipResults:
    write_results(tmp_path / "demo")
    return clip_of(tmp_path / "demo")


class Reader(HTMLParser):
    """Collects what a browser would see: text, addresses, ids, headings, and unclosed or misplaced tags."""

    VOID = ("meta", "img", "br", "input")

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
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_page_needs_nothing_from_outside(clip):
    page = render(clip)
    read = Reader(page)
    beside = (
        "figures/",
        "methods/",
        "comparison.mp4",
        "../report.html",
        "#",
        "data:image/png;base64,",
        "data:image/webp;base64,",
        "data:video/mp4;base64,",
    )
    assert all(address.startswith(beside) for address in read.addresses)
    assert not {"link", "iframe", "object"} & read.tags
    assert not re.search(r"@import|url\(|https?://(?!www.w3.org/2000/svg|example.org)", page)
    assert "default-src 'none'" in page


def test_page_shows_every_figure_with_words_for_it_and_links_to_its_files(clip):
    read = Reader(render(clip))
    shown = [words for tag, _, words in read.pictures if tag == "img"]
    assert len(shown) == len(FIGURES) + 2  # and the two pictures of the moment
    assert all(shown)
    for name in FIGURES:
        assert f"figures/{name}.png" in read.addresses
        assert (f"figures/{name}.svg" in read.addresses) == (name in {"convergence", "area", "absorption"})


def test_page_carries_its_data_and_scripts(clip):
    page = render(clip)
    data = dict(re.findall(r'<script type="application/json" id="([a-z-]+)">(.*?)</script>', page))
    assert json.loads(data["player-data"])["mark"] == "player"
    assert json.loads(data["live-data"])["mark"] == "live"
    assert json.loads(data["inspector-data"])["mark"] == "inspector"
    assert json.loads(data["facts"]) == player_facts(clip, None)
    for name in SCRIPTS:
        assert (TEMPLATES / name).read_text() in page


def test_the_small_player_has_its_own_pictures_and_nothing_else(clip):
    render(clip)
    page = (folder_of(clip) / "watch.html").read_text()
    read = Reader(page)
    assert '"mark":"small"' in page
    assert not {"img", "video", "a"} & read.tags
    assert len(page) < 100_000


def test_links_lead_somewhere_and_headings_do_not_skip(clip):
    for page in (render(clip), overview(clip)):
        read = Reader(page)
        assert len(set(read.ids)) == len(read.ids)
        assert {address[1:] for address in read.addresses if address.startswith("#")} <= set(read.ids)
        assert read.headings[0] == 1
        assert read.headings.count(1) == 1
        assert all(
            after - before <= 1 for before, after in zip(read.headings, read.headings[1:], strict=False)
        )


def test_page_answers_from_the_tables(clip):
    text = Reader(render(clip)).text
    assert "Yes: EM converged on all 768 pixels" in text
    assert "0.31 nats" in text
    assert "MOG2 loses half of the person within 2 frames (0.2 s)" in text
    assert (
        "MOG2 has lost half of the person after 2 frames (0.2 s) of lying still; the GMM still shows" in text
    )
    assert "No history, however long, keeps the person for the 4 frames to the end" in text
    assert "10 frames of 32 by 24 pixels" in text
    assert "from the first 4 frames and are tested on the other 6" in text
    assert "downloaded from: https://example.org/a.zip" in text
    assert "over 4 frames (0.4 s)" in text  # the frozen method's half-life
    assert "Frame 8, 2 frames (0.2 s) after the person came to rest" in text
    assert "GMM : 80 % of the person, 3.0 % of the picture, 1.0 % as ghosts" in text
    for words in ("numpy 2.4.6", "tolerance none", "detect_shadows true", "make && <x>", "abc123", "ab" * 32):
        assert words in text
    for name in ("frames.npy", "models/em/model.npz", "methods/mog2/masks.npz"):
        assert f"{name} {sha256(name)}" in text
    assert f"fits.csv {hashlib.sha256(clip.files['fits.csv'].read_bytes()).hexdigest()}" in text


def test_scores_are_shown_where_there_are_some(clip):
    columns = "method,recall,specificity,fpr,fnr,pwc,precision,f_measure,shadow_error,f_low,f_high"
    columns += ",frames,block_length"
    rows = ["mog2,0.1,1,0,0.9,3.2,0.9,0.18,,,,6,", "gmm,0.8,1,0,0.2,0.4,0.98,0.8804,0.01,0.87,0.89,6,1"]
    (folder_of(clip) / "scores.csv").write_text("\n".join([columns, *rows]) + "\n")
    (folder_of(clip) / "differences.csv").write_text("method,other,difference,low,high\n")
    scored = clip_of(folder_of(clip))
    text = Reader(render(scored)).text
    assert re.search(
        r"GMM learned once, then frozen 0.880 0.870 to 0.890 0.800 0.980 0.40 % 0.010 MOG2 goes on", text
    )
    assert "0.880" in Reader(overview(scored)).text
    assert "so no mask can be called right" not in text
    assert "so no mask can be called right" in Reader(render(clip)).text


def test_the_history_that_keeps_the_person_follows_the_closed_form(clip):
    """Absorbed after 0.1106 history frames once MOG2 has run for long."""
    absorption = pd.DataFrame({"method": ["gmm", "mog2"], "still_frame": 1000, "predicted": [np.nan, 6]})
    absorption["frames_seen"] = 1000
    found = outlooks(absorption, clip, 44, Span(1000, 1029, 1030))
    assert list(found) == ["mog2"]
    assert found["mog2"].background_ratio == pytest.approx(0.9)
    assert found["mog2"].least_history == pytest.approx(30 / 0.1106, rel=0.03)
    early = outlooks(absorption.assign(frames_seen=61), clip, 44, Span(61, 109, 110))
    assert early["mog2"].least_history is None  # the start-up takes 0.248 * 61 = 15 frames, of any history


def test_bars_are_as_long_as_the_costs(clip):
    rows = cost_rows(clip.costs)
    assert [row["seconds_share"] for row in rows] == [pytest.approx(1 / 3), 1]
    assert [row["memory_share"] for row in rows] == [0, 1]
    assert re.findall(r'style="width: ([\d.]+)%"', render(clip)) == ["33.3", "0.0", "100.0", "100.0"]


def test_a_clip_without_a_still_person_says_so_and_shows_no_empty_figure(tmp_path):
    write_results(tmp_path / "demo", still=False)
    clip = clip_of(tmp_path / "demo")
    read = Reader(render(clip))
    assert (
        "Nobody was found to lie still, and this clip has no ground truth: this page shows what" in read.text
    )
    assert "The person" not in read.text
    assert "falls and lies" not in read.text
    assert "Absorption in figures" not in read.text
    assert "figures/absorption.png" not in read.addresses
    assert "nan" not in read.text.lower()
    assert "nan" not in Reader(overview(clip)).text.lower()


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a b & c", "Bücherei 床"]
)
def test_names_appear_as_text(clip, name):
    usual = len(re.findall("<script", render(clip)))
    changes = {"title": name, "licence": name, "citation": name, "costs": {name: Cost(1.0, 2.0, 1)}}
    strange = clip_of(folder_of(clip), name=name, **changes)
    page = render(strange)
    read = Reader(page)
    assert len(re.findall("<script", page)) == usual
    assert read.text.count(name) >= 5
    assert len([tag for tag, *_ in read.pictures if tag == "img"]) == len(FIGURES) + 2
    read = Reader(overview(strange))
    assert name in read.text
    assert len(re.findall("<script", overview(strange))) == 1
    methods = {name: METHODS["gmm"], "mog2": METHODS["mog2"]}
    (folder_of(clip) / "area.csv").write_text(
        (folder_of(clip) / "area.csv").read_text().replace("gmm", '"' + name.replace('"', '""') + '"')
    )
    facts = player_facts(clip_of(folder_of(clip), methods=methods), None)
    assert facts["methods"][0]["name"] == name


def test_a_sweep_names_its_method(clip):
    """By what the config says, not by the names of its variants."""
    table = pd.DataFrame({"variant": ["a.b-3"], "threshold": [3], "frames": [66], "foreground_share": [0.1]})
    empty = dict.fromkeys(["f_measure", "precision", "recall", "retention"])
    folder = folder_of(clip)
    (folder / "sweeps").mkdir()
    table.assign(**empty).to_csv(folder / "sweeps/levels.csv", index=False)
    cv2.imwrite(str(folder / "sweeps/levels.png"), np.zeros((8, 12, 3), np.uint8))
    swept = clip_of(folder, sweeps={"levels": {"method": "gmm", "keys": ["threshold"]}})
    text = Reader(render(swept)).text
    assert "With the GMM, over the one value of threshold, the share of the image that is marked" in text


def test_renaming_a_key_of_the_config_changes_that_key_alone(clip):
    def said(clip: ClipResults) -> str:
        return re.sub("[0-9a-f]{64}", "", Reader(render(clip)).text)

    before, folder = said(clip), folder_of(clip)
    keys = {"em": "mixture", "notebook": "five", "gmm": "levels", "mog2": "opencv"}
    for table in folder.glob("*.csv"):
        text = table.read_text()
        for old, new in keys.items():
            text = re.sub(rf"(?<![\w.]){old}(?=,)", new, text)
        table.write_text(text)
    for old in (*folder.glob("m*s/*"), *folder.glob("figures/*_*")):
        head, _, key = old.stem.rpartition("_")
        old.rename(old.with_stem("_".join(filter(None, (head, keys[key])))))
    moment = folder / "page/moment.json"
    moment.write_text(moment.read_text().replace('"gmm"', '"levels"').replace('"mog2"', '"opencv"'))
    models = {"mixture": MODELS["em"], "five": MODELS["notebook"]}
    methods = {"levels": replace(METHODS["gmm"], model="mixture"), "opencv": METHODS["mog2"]}
    changed = clip_of(folder, models=models, methods=methods, names=names_of(models, methods))
    shown = {
        "em components 2": "mixture components 2",
        "notebook components 2": "five components 2",
        "gmm model em": "levels model mixture",
        "mog2 opencv mog2": "opencv opencv mog2",
        "models/em/": "models/mixture/",
        "models/notebook/": "models/five/",
        "methods/gmm/": "methods/levels/",
        "methods/mog2/": "methods/opencv/",
    }  # in the table of settings, and in the names of files
    for old, new in shown.items():
        assert old in before
        before = before.replace(old, new)
    assert said(changed) == before
    looks = [(row["label"], row["colour"]) for row in player_facts(changed, None)["methods"]]
    assert looks == [("GMM", "#0072B2"), ("MOG2", "#D55E00")]


def test_a_figure_without_a_place_of_its_own_is_shown_at_the_end(clip):
    assert "Light over time." not in Reader(render(clip)).text
    cv2.imwrite(str(folder_of(clip) / "figures/light_over_time.png"), np.zeros((8, 12, 3), np.uint8))
    page = render(clip_of(folder_of(clip)))
    assert "Light over time." in Reader(page).text
    assert page.count('alt="light over time"') == 1
    assert page.index('alt="light over time"') > page.index("How much of the image each method marks")


def test_what_went_wrong_with_decoding_is_said_and_nothing_else(clip):
    assert "decoded" not in Reader(render(clip)).text
    told = {
        "frames": 9,
        "expected": 10,
        "damaged": 3,
        "first_error": "bad MB",
        "notes": ["A link is dangling."],
    }
    (folder_of(clip) / "decoding.json").write_text(json.dumps(told))
    text = Reader(render(clip)).text.replace("\xa0", " ")
    assert "Decoding 3 frames of 9 was reported to go wrong, so parts of them may be made up." in text
    assert "The file says that it has 10 frames, and 9 were decoded." in text
    assert "A link is dangling." in text


def test_the_player_knows_the_events(clip):
    events = [{"frame": 1, "label": "enters"}, {"frame": 6, "label": "lies still"}]
    assert player_facts(clip, None)["events"] == events
    said = render(clip).replace(NBSP, " ")
    assert (
        "enters at frame 1 (0.1 s; seen in the frames) and lies still from frame 6 on (0.6 s; given" in said
    )


def write_scores(folder: Path, gmm: float, mog2: float) -> None:
    columns = "method,recall,specificity,fpr,fnr,pwc,precision,f_measure,shadow_error,f_low,f_high"
    columns += ",frames,block_length"
    rows = [f"mog2,0.1,1,0,0.9,3.2,0.9,{mog2},,,,6,", f"gmm,0.8,1,0,0.2,0.4,0.98,{gmm},0.01,,,6,1"]
    (folder / "scores.csv").write_text("\n".join([columns, *rows]) + "\n")
    (folder / "differences.csv").write_text("method,other,difference,low,high\n")


def test_the_overview_links_each_clip_and_sums_up_the_methods(clip, tmp_path):
    write_results(tmp_path / "second", still=False)
    write_scores(tmp_path / "second", gmm=0.91, mog2=0.6)
    second = clip_of(tmp_path / "second", name="second", title="Another room")
    read = Reader(overview(clip, second))
    assert {"demo/report.html", "second/report.html"} <= set(read.addresses)
    assert re.search("GMM 83 % 1 0.910 1 MOG2 20 % 1 0.600 1", read.text)  # each clip has one of the two
    alone = Reader(overview(clip))
    assert "Over all clips" not in alone.text
    assert "GMM 83 % over 4 frames MOG2" in alone.text
    assert "the GMM keeps 83 % of them visible, and MOG2 20 %" in read.text
    assert "GMM 4.0 %" in Reader(overview(second)).text


def test_the_overview_shows_ranks_over_several_clips_only(clip, tmp_path):
    write_results(tmp_path / "second")
    second = clip_of(tmp_path / "second", name="second", title="Another room")
    ranks = tmp_path / "ranks.png"
    write_image(ranks, np.ones((40, 60, 3)))
    read = Reader(overview(clip, second, ranks=ranks))
    assert {"figures/ranks.svg", "ranks.csv", "differences.csv", "table.csv", "table.tex"} <= set(
        read.addresses
    )
    assert "ranks.csv" not in overview(clip, ranks=ranks)


def test_the_overview_has_a_row_for_each_clip_with_its_best_and_its_warnings(clip, tmp_path):
    write_results(tmp_path / "second", still=False)
    write_scores(tmp_path / "second", gmm=0.5, mog2=0.6)
    second = clip_of(tmp_path / "second", name="another", title="Another room")
    text = Reader(overview(clip, second)).text.replace("\xa0", " ")
    assert (
        "Another room another 10 nobody lies still 0.600 MOG2 \N{EN DASH} 2 A ghost, Few training frames"
        in text
    )
    assert (
        "A room demo 10 lies still \N{EN DASH} 83 % GMM 5 Somebody in the training frames, A ghost, "
        "Few training frames, A box" in text
    )
    assert text.index("Another room another") < text.index("A room demo 10")  # by name


def test_a_method_with_other_settings_on_another_clip_is_another_row(clip, tmp_path):
    write_results(tmp_path / "second")
    methods = METHODS | {"gmm": replace(METHODS["gmm"], threshold=20)}
    second = clip_of(tmp_path / "second", name="second", methods=methods)
    text = Reader(overview(clip, second)).text.replace("\xa0", " ")
    assert re.search(r"GMM \(as on demo\) 83 % 1 . 0 MOG2 20 % 2 . 0 GMM \(as on second\) 83 % 1 . 0", text)
    assert (
        "On average over the 2 clips in which a person lies still, MOG2 keeps 20 % of them visible." in text
    )


def test_no_method_that_watched_all_clips_is_said_to_be_none(clip, tmp_path):
    write_results(tmp_path / "second")
    methods = {key: replace(method, opening=5) for key, method in METHODS.items()}
    text = Reader(overview(clip, clip_of(tmp_path / "second", name="second", methods=methods))).text
    assert "No method watched all 2 clips in which a person lies still." in text.replace("\xa0", " ")


def test_a_summary_of_another_version_is_left_out_and_told(clip, tmp_path):
    overview(clip)
    summary = json.loads((folder_of(clip) / "page/summary.json").read_text())
    page = tmp_path / "overview.html"
    render_overview([summary, {"name": "old", "title": "Long ago"}], page, templates=TEMPLATES)
    text = Reader(page.read_text()).text.replace("\xa0", " ")
    assert "Left out is 1 clip whose page another version made; run it again." in text
    assert "Long ago" not in text
    render_overview([{"name": "old"}], page, templates=TEMPLATES)
    assert "nan" not in Reader(page.read_text()).text


def test_a_method_that_fills_the_picture_is_not_said_to_keep_the_person(clip, tmp_path):
    write_results(tmp_path / "second")
    file = tmp_path / "second/area.csv"
    file.write_text(file.read_text().replace("8,gmm,0.03", "8,gmm,0.9"))
    text = Reader(overview(clip, clip_of(tmp_path / "second", name="second"))).text.replace("\xa0", " ")
    assert "MOG2 keeps 20 % of them visible. Not counted is the GMM, which fills more than 25 %" in text


def test_the_same_results_give_the_same_pages(clip):
    assert render(clip) == render(clip)
    assert overview(clip) == overview(clip)


def test_a_missing_picture_leaves_no_half_page(clip):
    (folder_of(clip) / "figures/area.png").unlink()
    with pytest.raises(FileNotFoundError):
        render(clip)
    assert not (folder_of(clip) / "report.html").exists()


def test_a_synthetic_source_is_told_by_its_parameters():
    source = {"kind": "synthetic", "address": {"seed": 1, "frames": 110}, "file": "results/demo/source.zip"}
    facts = source_facts(source | {"bytes": 83_000_000, "sha256": "00"})
    assert facts["origin"] == "drawn by this workflow: frames 110, seed 1"
    assert facts["file"] == "source.zip (83.0 MB)"


def test_an_entrance_at_no_known_time_is_no_event_of_the_player(clip):
    rows = [("enters", np.nan, "frames", np.nan), ("still", 6, "frames", 8)]
    table = pd.DataFrame(rows, columns=["event", "frame", "source", "end"])
    table.to_csv(folder_of(clip) / "events.csv", index=False)
    assert player_facts(clip, None)["events"] == [
        {"frame": 6, "label": "lies still"},
        {"frame": 9, "label": "stirs"},
    ]
    text = Reader(render(clip)).text
    assert "When they enter cannot be told: somebody seems to be there from the first frame." in text
    assert "lies still from frame 6 to 8" in text
    assert "until they stir at frame 9" in text
    assert "nan" not in text.lower()


def test_somebody_in_the_training_frames_is_warned_of_on_both_pages(clip):
    assert "The background images seem to hold" not in Reader(render(clip)).text
    write_training(folder_of(clip), held=0.04, fraction=0.1)
    for page in (render(clip), overview(clip)):
        text = Reader(page).text
        assert "The background images seem to hold somebody on 4.0" in text
        assert "With train_fraction: 0.1 the training frames would hold nobody." in text
        assert text.index("Somebody in the training frames") < text.index("frames of ")


def test_no_page_claims_a_fall_or_a_person_where_nobody_lies_still(tmp_path):
    write_results(tmp_path / "street", still=False)
    street = clip_of(tmp_path / "street", annotation="", title="A street")
    for page in (render(street), overview(street)):
        text = Reader(page).text
        for claim in ("A person falls", "A person lies", "the person who lies still", "The person "):
            assert claim not in text
        assert "What moves, and which method sees it?" in text


def test_a_gap_that_is_not_a_number_is_a_dash(clip):
    fits = pd.read_csv(folder_of(clip) / "fits.csv")
    fits.loc[1, ["gap_median", "gap_p90", "log_likelihood"]] = np.nan
    fits.to_csv(folder_of(clip) / "fits.csv", index=False)
    text = Reader(render(clip)).text
    assert "nan" not in text.lower()
    assert "cannot be compared with it: no pixel has a defined fit in both." in text


def test_methods_differ_where_one_marks_what_another_does_not():
    pairs = pd.DataFrame({"both": [0, 5], "either": [0, 5]})
    assert not methods_differ(pairs)
    assert not methods_differ(None)
    assert methods_differ(pairs.assign(either=[0, 6]))
