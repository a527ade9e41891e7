"""The clip's page shows what is in the arrays, and does what its controls say."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import Project

FIRST = 16  # of the test frames
LAST = 39


class Results:
    """The arrays behind the page."""

    def __init__(self, folder: Path) -> None:
        self.frames = np.load(folder / "frames.npy")
        self.truth = np.load(folder / "groundtruth.npy")
        self.area = pd.read_csv(folder / "area.csv")
        self.methods = list(dict.fromkeys(self.area["method"]))
        self.masks = {
            method: np.load(folder / f"methods/{method}/masks.npz")["masks"] for method in self.methods
        }


@pytest.fixture(scope="session")
def results(made: Project) -> Results:
    return Results(made.results / "demo")


def test_it_loads_without_a_complaint_and_asks_for_nothing(tab):
    assert tab.complaints == []
    assert [url[:60] for url in tab.requests if not url.startswith("data:")] == [tab.page.url[:60]]
    assert tab.page.locator('[data-part="failed"]').is_hidden()


@pytest.mark.parametrize("frame", [FIRST, 19, 22, LAST])
def test_the_frame_shown_is_the_frame_asked_for(frame, tab, results):
    tab.page.check("text=All on one frame")
    for box in tab.page.locator('input[name="method"]').all():
        box.uncheck()
    tab.seek(frame, FIRST)
    shown = tab.pixels().astype(int)
    far = [np.abs(shown - results.frames[other]).mean() for other in range(FIRST, LAST + 1)]
    assert FIRST + int(np.argmin(far)) == frame
    assert min(far) < 6
    assert tab.page.inner_text('[data-part="frame"]') == f"frame {frame}, {frame / 10:.1f} s"


def test_every_mask_is_the_method_s_own(tab, results):
    tab.seek(24, FIRST)
    tab.page.check("text=Masks without the frame")
    tab.page.fill('[data-part="opacity"]', "100")
    colours = tab.page.evaluate("dataOf('facts').methods.map((method) => method.colour)")
    for tile, (method, colour) in enumerate(zip(results.methods, colours, strict=True)):
        mask, shown = results.masks[method][24 - FIRST], tab.pixels(tile)
        paint = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert ((shown == paint).all(axis=-1) == (mask == 255)).all(), method
        assert ((shown == 150).all(axis=-1) == (mask == 127)).all(), method
        assert (shown[mask == 0] == 0).all(), method


def test_errors_are_told_apart(tab, results):
    tab.page.check("text=Errors against the ground truth")
    tab.page.check("text=Masks without the frame")
    tab.page.fill('[data-part="opacity"]', "100")
    tab.seek(22, FIRST)
    for tile, method in enumerate(results.methods):
        marked, truth = results.masks[method][22 - FIRST] == 255, results.truth[22]
        shown = tab.pixels(tile)
        for colour, where in {
            (255, 255, 255): marked & (truth == 255),
            (230, 50, 170): ~marked & (truth == 255),
            (60, 150, 255): marked & (truth == 0),
            (255, 190, 40): marked & (truth == 50),
        }.items():
            assert ((shown == colour).all(axis=-1) == where).all(), (method, colour)


def test_contours_lie_on_the_edge_of_the_mask(tab, results):
    tab.page.check("text=Contours on one frame")
    tab.page.check("text=Masks without the frame")
    for method in results.methods[1:]:
        tab.page.uncheck(f'input[name="method"][value="{method}"]')
    tab.seek(24, FIRST)
    drawn = tab.pixels().any(axis=-1)
    inside = results.masks[results.methods[0]][24 - FIRST] == 255
    core = inside.copy()
    for axis in (0, 1):
        core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    assert (drawn == inside & ~core).all()


def test_contours_that_lie_on_each_other_are_told_apart(tab, results):
    """Where two methods' outlines share pixels, both colours are seen; every pixel is of one of them."""
    tab.page.check("text=Contours on one frame")
    tab.page.check("text=Masks without the frame")
    first, second = results.methods.index("gmm"), results.methods.index("median")
    for place, method in enumerate(results.methods):
        if place not in (first, second):
            tab.page.uncheck(f'input[name="method"][value="{method}"]')
    tab.seek(24, FIRST)
    colours = tab.page.evaluate("dataOf('facts').methods.map((method) => method.colour)")
    outlines = []
    for place in (first, second):
        inside = results.masks[results.methods[place]][24 - FIRST] == 255
        core = inside.copy()
        for axis in (0, 1):
            core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
        outlines.append(inside & ~core)
    both, shown = outlines[0] & outlines[1], tab.pixels()
    seen = [
        (shown == [int(colours[place][at : at + 2], 16) for at in (1, 3, 5)]).all(axis=-1)
        for place in (first, second)
    ]
    assert both.any()
    assert (seen[0] | seen[1])[outlines[0] | outlines[1]].all()
    assert (seen[0] & both).any()
    assert (seen[1] & both).any()


def test_the_outline_of_the_ground_truth_lies_on_its_edge(tab, results):
    tab.page.check("text=All on one frame")
    tab.page.check("text=Masks without the frame")
    for box in tab.page.locator('input[name="method"]').all():
        box.uncheck()
    tab.seek(30, FIRST)
    assert not tab.pixels().any()
    tab.page.check("text=Outline of the ground truth")
    inside = results.truth[30] == 255
    core = inside.copy()
    for axis in (0, 1):
        core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    assert ((tab.pixels() == (255, 233, 74)).all(axis=-1) == inside & ~core).all()


@pytest.mark.parametrize("speed", ["0.25", "1", "2"])
def test_it_plays_as_fast_as_the_menu_says(speed, tab):
    tab.seek(FIRST, FIRST)
    tab.page.clock.install(time=0)
    tab.page.clock.pause_at(1)  # from here on, time passes by run_for alone
    tab.page.select_option('[data-part="speed"]', speed)
    tab.page.click('button:text-is("Play")')
    for _ in range(100):  # 1 s in steps, as each frame is decoded before the next is asked for
        tab.page.clock.run_for(10)
    shown = 10 * float(speed)  # frames of a second
    assert tab.frame() - FIRST == pytest.approx(shown, abs=1)


def test_it_plays_and_pauses_and_steps(tab):
    tab.seek(FIRST, FIRST)
    tab.page.click('button:text-is("Play")')
    for _ in range(200):
        tab.page.wait_for_timeout(50)
        if tab.frame() > 18:
            break
    tab.page.click('button:text-is("Pause")')
    here = tab.frame()
    assert here > 18
    tab.page.wait_for_timeout(300)
    assert tab.frame() == here
    for key, frame in (("ArrowRight", here + 1), ("ArrowLeft", here), ("ArrowLeft", here - 1)):
        tab.page.keyboard.press(key)
        tab.page.wait_for_selector(f'#player[data-frame="{frame}"]')
    tab.page.focus('[data-part="forward"]')
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(f'#player[data-frame="{here}"]')
    tab.page.keyboard.press("End")
    tab.page.wait_for_selector(f'#player[data-frame="{LAST}"]')
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_timeout(100)
    assert tab.frame() == LAST


def test_the_cursor_follows_and_a_click_on_the_curves_goes_there(tab, results):
    lines = tab.page.locator("#player .curves path.curve")
    assert lines.count() == len(results.methods)
    for frame in (FIRST, 30, LAST):
        tab.seek(frame, FIRST)
        place = tab.page.evaluate(
            "[document.querySelector('.curves .cursor').getAttribute('x1'), "
            "document.querySelector('.curves .curve').getAttribute('d')]"
        )
        x = [float(point.split(",")[0]) for point in re.split("[ML]", place[1])[1:]]
        assert float(place[0]) == pytest.approx(x[frame - FIRST], abs=0.1)
        for row in results.area[results.area["frame"] == frame].itertuples():
            said = tab.page.inner_text(f'[data-share="{row.method}"]')
            assert float(said.strip("<\N{NO-BREAK SPACE}%")) == pytest.approx(
                100 * row.foreground_share, abs=0.51
            )
    tab.page.locator("#player .curves svg").click(position={"x": x[25 - FIRST], "y": 90})
    tab.page.wait_for_selector('#player[data-frame="25"]')


def test_the_inspector_shows_the_samples_of_its_pixel(tab, results):
    tab.unfold("pixel")
    colours = "circles => circles.map((circle) => circle.dataset.colour.split(' ').map(Number))"
    tab.seek(30, FIRST)
    for column, row in ((10, 12), (60, 50), (94, 2)):
        tab.page.fill('[data-part="column"]', str(column))
        tab.page.fill('[data-part="row"]', str(row))
        tab.page.keyboard.press("Enter")
        row, column = divmod(int(tab.page.get_attribute("#inspector", "data-pixel")), 96)
        assert np.hypot(column - int(column), row - int(row)) < 4
        train = tab.page.eval_on_selector_all("#inspector circle.train", colours)
        assert train == results.frames[:FIRST, row, column].tolist()
        (now,) = tab.page.eval_on_selector_all("#inspector circle.now", colours)
        assert now == results.frames[30, row, column].tolist()
        for method in results.methods:
            code = results.masks[method][30 - FIRST, row, column]
            said = tab.page.inner_text(f'tr[data-row="{method}"] .says')
            assert said.startswith({0: "background", 127: "shadow", 255: "foreground"}[int(code)])


def test_the_rule_s_score_is_told_with_its_threshold(tab, results, made):
    """The difference rule, worked out here from the background of the model."""
    import cv2

    tab.unfold("pixel")
    background = np.load(made.results / "demo/models/em/model.npz")
    tab.seek(30, FIRST)
    row, column = divmod(int(tab.page.get_attribute("#inspector", "data-pixel")), 96)
    heaviest = background["weights"][:, row, column].argmax()
    mean = 255 * background["means"][heaviest, row, column]
    difference = np.abs(results.frames[30, row, column] - mean).astype(np.uint8)
    luma = int(cv2.cvtColor(difference[np.newaxis, np.newaxis], cv2.COLOR_RGB2GRAY)[0, 0])
    said = tab.page.inner_text('tr[data-row="gmm"] .says')
    assert re.search(rf": {luma} [>≤] 50 levels", said)


def test_a_click_on_a_picture_inspects_that_pixel(tab):
    picture = tab.page.locator("#player canvas").nth(2)
    box = picture.bounding_box()
    picture.click(position={"x": 0.7 * box["width"], "y": 0.6 * box["height"]})
    row, column = divmod(int(tab.page.get_attribute("#inspector", "data-pixel")), 96)
    assert (column, row) == (pytest.approx(0.7 * 96, abs=6), pytest.approx(0.6 * 64, abs=6))
    left = tab.page.locator("#player .ring").nth(5).evaluate("(ring) => parseFloat(ring.style.left)")
    assert left == pytest.approx(100 * (column + 0.5) / 96)


def test_the_fit_can_be_followed_from_its_start(tab):
    tab.unfold("pixel")
    slider = tab.page.locator('[data-part="iteration"]')
    tab.page.select_option('[data-part="model"]', "notebook")
    assert tab.page.inner_text('[data-part="after"]') == "after 5 of 5 iterations"
    last = tab.page.get_attribute("#inspector .ellipse >> nth=0", "points")
    slider.fill("0")
    assert tab.page.inner_text('[data-part="after"]') == "after 0 of 5 iterations"
    assert tab.page.get_attribute("#inspector .ellipse >> nth=0", "points") != last
    assert tab.complaints == []
