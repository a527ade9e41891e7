"""The table over all clips: what is asked for stays, and a click on a head sorts."""

import copy
import json
from pathlib import Path

import pytest
from tab import Tab

from bgsub.report.pages import render_overview

TEMPLATES = Path(__file__).parents[2] / "workflow/report"


@pytest.fixture
def overview(browser, made, tmp_path: Path) -> Tab:
    """Three clips: one as it was made, one that scores worse without warnings, and an unscored street."""
    demo = json.loads((made.results / "demo/page/summary.json").read_text())
    demo["cautions"] = [{"title": "A ghost", "words": "There is one."}]
    worse, street = copy.deepcopy(demo), copy.deepcopy(demo)
    worse |= {"name": "worse", "title": "Zoo", "cautions": []}
    for row in worse["methods"]:
        row["f_measure"] /= 2
    street |= {"name": "street", "title": "A street", "lies": False, "falls": False}
    for row in street["methods"]:
        row |= {"f_measure": None, "retention": None}
    page = tmp_path / "report.html"
    render_overview([demo, worse, street], page, templates=TEMPLATES)
    tab = Tab(browser, page)
    yield tab
    assert tab.complaints == []
    tab.page.close()


def shown(tab: Tab, what: str) -> list[str]:
    found = tab.page.locator(f"{what}[data-clip]").all()
    return [one.get_attribute("data-clip") for one in found if one.is_visible()]


def test_all_clips_are_there_at_first(overview):
    assert shown(overview, "tr") == shown(overview, ".card") == ["demo", "street", "worse"]
    assert overview.page.inner_text('[data-part="shown"]') == "3 of 3 clips"


def test_words_choose_clips_in_the_table_and_below(overview):
    overview.page.fill('[data-part="find"]', "zoo")
    assert shown(overview, "tr") == shown(overview, ".card") == ["worse"]
    assert overview.page.inner_text('[data-part="shown"]') == "1 of 3 clips"
    overview.page.fill('[data-part="find"]', "")
    assert len(shown(overview, "tr")) == 3


def test_what_happens_and_warnings_choose_clips(overview):
    overview.page.select_option('[data-part="happens"]', "nobody lies still")
    assert shown(overview, "tr") == ["street"]
    overview.page.select_option('[data-part="happens"]', "")
    overview.page.check('[data-part="warned"]')
    assert shown(overview, "tr") == ["demo", "street"]
    assert "A ghost" in overview.page.inner_text('tr[data-clip="demo"]')


def test_a_click_on_a_head_sorts_and_what_has_no_value_stays_last(overview):
    head = overview.page.locator(".clips thead th", has_text="Best F-measure")
    head.locator("button").click()
    assert shown(overview, "tr") == ["worse", "demo", "street"]
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert shown(overview, "tr") == ["demo", "worse", "street"]
    overview.page.focus(".clips thead th button >> nth=0")
    overview.page.keyboard.press("Enter")
    assert shown(overview, "tr") == ["demo", "street", "worse"]
    assert head.get_attribute("aria-sort") is None


def test_it_fits_a_phone(overview):
    overview.page.set_viewport_size({"width": 390, "height": 800})
    assert overview.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
