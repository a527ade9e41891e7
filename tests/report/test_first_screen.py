"""What a page shows before anything is opened, what opens the rest, and that nothing moves unasked."""

import re

import numpy as np
import pytest
from tab import Tab

SCREEN = 800  # pixels


def opened(browser, made, **more) -> Tab:
    return Tab(browser, made.results / "demo/report.html", **more)


def canvas(tab: Tab, place: int = 0) -> np.ndarray:
    """What a moving picture shows, (pixels,)."""
    values = tab.page.evaluate(
        """(place) => {
          const canvas = document.querySelectorAll("#hero canvas")[place];
          return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
        }""",
        place,
    )
    return np.array(values, np.uint8)


def test_the_verdict_the_pictures_and_what_to_mind_are_on_the_first_screen(tab):
    for part in ("#in-short .lead", "#hero"):
        box = tab.page.locator(part).bounding_box()
        assert box["y"] + box["height"] < SCREEN
    assert tab.page.locator("#in-short").bounding_box()["y"] < tab.page.locator("#watch").bounding_box()["y"]


def test_the_page_is_at_most_nine_screens_before_anything_is_opened(tab):
    assert tab.page.locator("details[open]").count() == 0
    assert tab.page.evaluate("document.documentElement.scrollHeight") <= 9 * SCREEN


def test_the_pictures_move_and_can_be_held(browser, made):
    tab = opened(browser, made, motion="no-preference")
    tab.page.wait_for_selector("#hero.moving")
    first = tab.page.get_attribute("#hero", "data-frame")
    tab.page.wait_for_selector(f'#hero[data-frame]:not([data-frame="{first}"])')
    before = canvas(tab)
    assert before.any()
    tab.page.click('[aria-label="Hold the pictures"]')
    tab.page.wait_for_timeout(200)
    held, shown = tab.page.get_attribute("#hero", "data-frame"), canvas(tab)
    tab.page.wait_for_timeout(400)
    assert tab.page.get_attribute("#hero", "data-frame") == held
    assert (canvas(tab) == shown).all()
    assert tab.page.inner_text('#hero [data-part="when"]') == f"Frame {held}."
    tab.page.close()


def test_nothing_moves_by_itself_for_who_prefers_that(browser, made):
    tab = opened(browser, made, motion="reduce")
    tab.page.wait_for_timeout(400)
    assert tab.page.get_attribute("#hero", "data-frame") is None
    assert tab.page.locator("#hero img").first.is_visible()
    assert tab.page.locator("#hero canvas").first.is_hidden()
    assert tab.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    tab.page.click('[aria-label="Let the pictures move"]')
    tab.page.wait_for_selector("#hero.moving[data-frame]")
    tab.page.close()


def test_what_the_moving_pictures_say_is_what_was_measured(browser, made):
    import pandas as pd

    tab = opened(browser, made, motion="no-preference")
    tab.page.wait_for_selector("#hero.moving[data-frame]")
    tab.page.click('[aria-label="Hold the pictures"]')
    tab.page.wait_for_timeout(200)
    frame = int(tab.page.get_attribute("#hero", "data-frame"))
    area = pd.read_csv(made.results / "demo/area.csv").set_index(["frame", "method"])["foreground_share"]
    for figure in tab.page.locator("#hero figure").all():
        said = figure.locator('[data-part="said"]').inner_text()
        share = float(re.search(r"([\d.]+)\s% of the picture", said)[1])
        assert share == pytest.approx(100 * area[frame, figure.get_attribute("data-method")], abs=0.51)
    tab.page.close()


@pytest.mark.parametrize(
    "section", ["pixel", "keeps", "scoreboard", "converged", "background", "run", "cost"]
)
def test_a_fold_opens_by_a_click_and_by_a_link_to_it(section, browser, made):
    tab = opened(browser, made)
    fold = f"#{section} > details.fold"
    assert tab.page.locator(f"{fold}[open]").count() == 0
    tab.unfold(section)
    assert tab.page.locator(f"{fold}[open]").count() == 1
    tab.unfold(section)
    tab.page.click(f'nav a[href="#{section}"]')
    assert tab.page.locator(f"{fold}[open] .folded").is_visible()
    tab.page.close()
    linked = opened(browser, made, anchor=f"#{section}")
    assert linked.page.locator(f"{fold}[open] .folded").is_visible()
    linked.page.close()


def test_a_link_to_what_is_folded_away_opens_it(browser, made):
    tab = opened(browser, made, anchor="#inspector")
    assert tab.page.locator("#inspector").is_visible()
    tab.page.close()


def test_a_click_on_a_picture_of_the_player_opens_the_inspector(tab):
    assert tab.page.locator("#inspector").is_hidden()
    tab.page.locator("#player canvas").first.click()
    assert tab.page.locator("#inspector .chart svg").first.is_visible()


def test_the_keyboard_opens_a_fold(tab):
    tab.page.focus("#converged > details.fold > summary")
    tab.page.keyboard.press("Enter")
    assert tab.page.locator("#converged .folded").is_visible()
