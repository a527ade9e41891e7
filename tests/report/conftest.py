"""The small experiment's pages in Debian's Chromium, driven by Playwright: `make test-report`."""

import shutil
from collections.abc import Iterator

import pytest
from project import Project
from tab import STRANGE, Tab

NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not ask for them, since they need a browser."""
    return None if any("tests/report" in argument for argument in config.args) else True


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment with a strange title, run once to its pages. Not to be changed."""
    project = Project.copied_to(tmp_path_factory.mktemp("report") / "project")
    project.configure({"clips": {"demo": {"title": STRANGE}}})
    project.snakemake("--cores", "2")
    return project


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium`")
    playwright = pytest.importorskip("playwright.sync_api", reason="install it with `make test-report`")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, made: Project) -> Iterator[Tab]:
    """The clip's page, newly opened, wide and light."""
    opened = Tab(browser, made.results / "demo/report.html")
    yield opened
    opened.page.close()
