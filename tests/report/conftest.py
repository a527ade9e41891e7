"""The small experiment's pages in Debian's Chromium, driven by Playwright: `make test-report`."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
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
        pytest.exit("test-report: no Chromium; on Debian, apt-get install chromium", returncode=1)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, made: Project) -> Iterator[Tab]:
    """The clip's page, newly opened, wide and light."""
    opened = Tab(browser, made.results / "demo/report.html")
    yield opened
    opened.page.close()


@pytest.fixture(scope="session", autouse=True)
def album(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a person can look at the screenshots."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    print(f"\nscreenshots: {folder}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Say with a failed test what its page complained about, and leave a picture of the page."""
    report = yield
    tabs = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Tab)]
    if report.failed and call.when == "call" and tabs:
        name = re.sub(r"\W+", "-", item.name)
        picture = item.funcargs["album"] / f"failed-{name}.png"
        tabs[0].page.screenshot(path=picture)
        said = [tabs[0].page.url, f"picture: {picture}", *tabs[0].complaints]
        report.sections.append(("the page", "\n".join(said)))
    return report
