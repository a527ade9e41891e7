"""The page over all scenes in a browser: it can be sorted, and nobody is shut out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from tab import Tab

from bgsub.names import Name
from bgsub.report.scenes import pack_scene, render_scenes

ROOT = Path(__file__).parents[2]
F = {"light": (0.9, 0.2), "shakes": (0.4, 0.8), "chair": (0.6, 0.5)}  # of the two methods


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = np.full((40, 60, 3), 120, np.uint8)
    labels = np.zeros((40, 60), np.uint8)
    labels[10:30, 20:30] = 255
    names = {"gmm": Name("GMM", article=True), "mog2": Name("MOG2")}
    rows = [
        {"clip": clip, "method": method, "f_measure": f, "behind": max(both) - f, "retention": 0.5}
        | dict.fromkeys(("precision", "recall", "shadow_error", "fpr"), 0.5)
        for clip, both in F.items()
        for method, f in zip(names, both, strict=True)
    ]
    scenes = [pack_scene(clip, clip, 50, image, labels, dict.fromkeys(names, labels)) for clip in F]
    path = tmp_path_factory.mktemp("scenes") / "scenes.html"
    render_scenes(scenes, pd.DataFrame(rows), names, path, templates=ROOT / "workflow/report")
    return path


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_sticks_out_and_nobody_is_shut_out(browser, page, album, width, theme):
    tab = Tab(browser, page, width, theme)
    tab.page.screenshot(path=album / f"scenes-{width}-{theme}.png", full_page=True)
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(tab.page).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []
    assert tab.complaints == []
    tab.page.close()


def test_a_click_on_a_method_sorts_the_scenes_by_it(browser, page):
    tab = Tab(browser, page)

    def order() -> list[str]:
        return tab.page.eval_on_selector_all(
            ".scenes tbody tr",
            "rows => rows.map(row => row.querySelector('small').textContent.split(',')[0])",
        )

    assert order() == ["light", "shakes", "chair"]
    tab.page.click("button:text('MOG2')")
    assert order() == ["shakes", "chair", "light"]
    tab.page.click("button:text('MOG2')")
    assert order() == ["light", "chair", "shakes"]
    tab.page.click("button:text('Scene')")
    assert order() == ["light", "shakes", "chair"]
    assert tab.complaints == []
    tab.page.close()
