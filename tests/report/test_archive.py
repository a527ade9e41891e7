"""Snakemake's own report carries the pages, and they play inside it."""

import zipfile
from pathlib import Path

import pytest
from project import Project
from tab import Tab


@pytest.fixture(scope="session", params=["zip", "html"])
def archive(request, made: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page to open of a report in a folder, or of one in a single file."""
    folder = tmp_path_factory.mktemp("archive")
    made.snakemake("--report", str(folder / f"report.{request.param}"))
    if request.param == "html":
        return folder / "report.html"
    with zipfile.ZipFile(folder / "report.zip") as packed:
        packed.extractall(folder)
    return folder / "report/report.html"


def test_the_player_plays_inside(archive, browser):
    """In a report of one file Chromium opens pages up to 2 MB only: the player alone."""
    in_folder = archive.parent.name == "report"
    for row in ("the whole page", "the player alone") if in_folder else ("the player alone",):
        tab = Tab(browser, archive)
        for link in ("demo", "Page"):
            tab.page.click(f"text={link}")
        tab.page.locator("tr", has_text=row).locator("a").first.click()
        inside = tab.page.frame_locator("iframe")
        inside.locator("html[data-ready]").wait_for(state="attached", timeout=60_000)
        first = inside.locator("#player").get_attribute("data-frame")
        inside.locator('button:text-is("Play")').click()
        inside.locator(f'#player:not([data-frame="{first}"])').wait_for()
        tab.page.close()


def test_every_figure_has_a_category_a_label_and_a_caption(archive, browser):
    tab = Tab(browser, archive)
    results = tab.page.evaluate("results")
    categories = tab.page.evaluate("categories")
    assert set(categories) == {"Overview", "demo"}
    assert set(categories["demo"]) == {"Page", "Background", "Model", "Method"}
    placed = [file for parts in categories.values() for files in parts.values() for file in files]
    assert sorted(placed) == sorted(results)
    for name in ("report.html", "watch.html", "figures/scores.png"):
        assert f"results/demo/{name}" in placed
    assert [file for file, one in results.items() if not (one["labels"] and one["caption"])] == []
    tab.page.close()
