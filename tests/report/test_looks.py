"""Both pages at both widths and in both themes: nothing sticks out, nobody is shut out, names are text."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from tab import STRANGE, Tab

PAGES = {"page": "demo/report.html", "overview": "report.html", "watch": "demo/watch.html"}
EVERYWHERE = [(name, width, theme) for name in PAGES for width in (1280, 390) for theme in ("light", "dark")]


@pytest.fixture(params=EVERYWHERE, ids=lambda where: "-".join(map(str, where)))
def seen(request, browser, made):
    name, width, theme = request.param
    opened = Tab(browser, made.results / PAGES[name], width, theme)
    opened.name = f"{name}-{width}-{theme}"
    yield opened
    opened.page.close()


def test_nothing_sticks_out(seen, album):
    seen.page.screenshot(path=album / f"{seen.name}.png", full_page=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert seen.complaints == []


def test_nobody_is_shut_out(seen):
    """No fault that axe-core calls serious or critical: names, labels, contrast, keyboard, headings."""
    found = Axe().run(seen.page).response["violations"]
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


def test_print_is_light_and_without_controls(browser, made):
    tab = Tab(browser, made.results / "demo/report.html", theme="dark")
    tab.page.emulate_media(media="print", color_scheme="dark")
    style = "getComputedStyle(document.body)"
    assert tab.page.evaluate(f"[{style}.color, {style}.backgroundColor]") == [
        "rgb(0, 0, 0)",
        "rgb(255, 255, 255)",
    ]
    for control in ("button", "input", "select", "video"):
        assert [one for one in tab.page.locator(control).all() if one.is_visible()] == [], control
    assert tab.page.locator("#player canvas").first.is_visible()
    tab.page.pdf()
    assert tab.page.locator("details:not([open])").count() == 0
    tab.page.close()
