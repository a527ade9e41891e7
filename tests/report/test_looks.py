"""Both pages at both widths and in both themes: nothing sticks out, nobody is shut out, names are text."""

import os
from pathlib import Path

import pytest
from tab import STRANGE, Tab

PAGES = {"page": "demo/report.html", "overview": "report.html"}
EVERYWHERE = [(name, width, theme) for name in PAGES for width in (1280, 390) for theme in ("light", "dark")]


@pytest.fixture(params=EVERYWHERE, ids=lambda where: "-".join(map(str, where)))
def seen(request, browser, made):
    name, width, theme = request.param
    opened = Tab(browser, made.results / PAGES[name], width, theme)
    opened.name = f"{name}-{width}-{theme}"
    yield opened
    opened.page.close()


@pytest.fixture(scope="session")
def album(tmp_path_factory):
    """Where a person can look at the screenshots."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    print(f"\nscreenshots: {folder}")


def test_nothing_sticks_out(seen, album):
    seen.page.screenshot(path=album / f"{seen.name}.png", full_page=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert seen.complaints == []


def test_nobody_is_shut_out(seen):
    """No fault that axe-core calls serious or critical: names, labels, contrast, keyboard, headings."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(seen.page).response["violations"]
    assert [
        (fault["id"], node["target"], node["failureSummary"])
        for fault in found
        if fault["impact"] in ("serious", "critical") or fault["id"] == "heading-order"
        for node in fault["nodes"]
    ] == []


def test_a_strange_title_is_text(seen):
    assert STRANGE in seen.page.inner_text("body")
    assert STRANGE in seen.page.title() or "overview" in seen.name
    assert seen.page.locator("script", has_text="alert(1)").count() == 0
    assert seen.complaints == []


def test_the_pages_lead_to_each_other(browser, made):
    tab = Tab(browser, made.results / "report.html")
    tab.page.click("text=Open the page of this clip")
    tab.page.wait_for_selector("#player[data-frame]")
    tab.page.click("text=All clips")
    tab.page.wait_for_selector("text=Open the page of this clip")
    tab.page.close()
