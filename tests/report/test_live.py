"""The sliders over thresholds and histories: what they show is what a run with that value makes."""

import json

import numpy as np
import pandas as pd
import pytest
from test_page import FIRST

SCORED = ("gmm", "gmm_mahalanobis")


@pytest.fixture(scope="session")
def sliders(made) -> dict:
    packed = json.loads((made.results / "demo/page/live.json").read_text())["sliders"]
    return {slider["method"]: slider for slider in packed}


@pytest.fixture
def bare(tab):
    """Masks alone, in full colour."""
    tab.page.check("text=Masks without the frame")
    tab.page.fill('[data-part="opacity"]', "100")
    tab.seek(24, FIRST)
    return tab


def slide(tab, method: str, place: int) -> None:
    tab.page.fill(f'[data-live="{method}"] input', str(place))
    tab.page.wait_for_timeout(300)


def marked(tab, method: str) -> np.ndarray:
    methods = tab.page.evaluate("dataOf('facts').methods.map(({ name, colour }) => [name, colour])")
    tile = [name for name, _ in methods].index(method)
    colour = methods[tile][1]
    return (tab.pixels(tile) == [int(colour[at : at + 2], 16) for at in (1, 3, 5)]).all(axis=-1)


def said(tab, method: str) -> list[str]:
    words = tab.page.inner_text(f'[data-live="{method}"] [data-part="score"]')
    return [part.split()[-1] for part in words.split("\N{MIDDLE DOT}")]


def test_a_slider_begins_with_the_config_and_its_numbers_are_the_tables(tab, made, sliders):
    scores = pd.read_csv(made.results / "demo/scores.csv").set_index("method")
    assert set(sliders) >= {*SCORED, "mog2"}
    for method, slider in sliders.items():
        assert int(tab.page.input_value(f'[data-live="{method}"] input')) == slider["configured"]
        row = scores.loc[method]
        assert said(tab, method) == [f"{row[key]:.3f}" for key in ("f_measure", "precision", "recall")]
        table = tab.page.locator("#scoreboard tbody tr", has_text=said(tab, method)[0])
        assert table.count() >= 1


def plain_mask(row: dict, made, frame: np.ndarray) -> np.ndarray:
    """What a method marks with no shadow taken out."""
    from bgsub.files import read_arrays
    from bgsub.masks.methods import method_of

    method = method_of(row)
    model = read_arrays(made.results / "demo/models/em/model.npz", *method.parts)
    (mask,) = method.masks(frame[np.newaxis], model, FIRST)
    return mask == 255


@pytest.mark.parametrize("method", SCORED)
def test_a_moved_slider_shows_the_mask_of_its_threshold(method, bare, made, sliders):
    import yaml

    row = yaml.safe_load((made.folder / "config.yaml").read_text())["methods"][method]
    frames = np.load(made.results / "demo/frames.npy")
    slider = sliders[method]
    before = marked(bare, method)
    for place in (2, len(slider["values"]) - 3):
        slide(bare, method, place)
        # What was taken out as a shadow stays out, and what was left of the person stays marked below.
        value, own = slider["values"][place], row["threshold"]
        plain, base = (
            plain_mask(row | {"ignore_shadows": False, "threshold": threshold}, made, frames[24])
            for threshold in (value, own)
        )
        expected = (plain & ~(base & ~before)) | (before & (value <= own))
        assert (marked(bare, method) == expected).all()
        assert said(bare, method) == slider["said"][place]
        share = np.mean(expected)
        told = bare.page.inner_text(f'[data-share="{method}"]').strip("<\N{NO-BREAK SPACE}%")
        assert float(told) == pytest.approx(100 * share, abs=0.51)
    slide(bare, method, slider["configured"])
    assert (marked(bare, method) == before).all()


def test_the_curve_moves_along_and_back(tab, sliders):
    curve = "dataOf('facts').methods.findIndex(({ name }) => name === 'gmm')"
    points = f"document.querySelectorAll('.curves .curve')[{curve}].getAttribute('d')"
    before = tab.page.evaluate(points)
    slide(tab, "gmm", 0)
    assert tab.page.evaluate(points) != before
    tab.page.click('[data-part="reset"]')
    tab.page.wait_for_timeout(300)
    assert tab.page.evaluate(points) == before
    assert int(tab.page.input_value('[data-live="gmm"] input')) == sliders["gmm"]["configured"]


def test_a_moved_history_shows_its_masks(bare, made, sliders):
    import yaml

    from bgsub.masks.methods import method_of

    row = yaml.safe_load((made.folder / "config.yaml").read_text())["methods"]["mog2"]
    frames = np.load(made.results / "demo/frames.npy")
    place = len(sliders["mog2"]["values"]) - 1
    slide(bare, "mog2", place)
    longer = method_of(row | {"history": sliders["mog2"]["values"][place]})
    masks = list(longer.masks(frames[:FIRST], frames[FIRST:]))
    assert (marked(bare, "mog2") == (masks[24 - FIRST] == 255)).all()
    bare.seek(30, FIRST)
    assert (marked(bare, "mog2") == (masks[30 - FIRST] == 255)).all()


def test_the_keyboard_moves_a_slider_and_not_the_film(tab):
    frame = tab.frame()
    tab.page.focus('[data-live="gmm"] input')
    before = int(tab.page.input_value('[data-live="gmm"] input'))
    tab.page.keyboard.press("ArrowRight")
    assert int(tab.page.input_value('[data-live="gmm"] input')) == before + 1
    assert tab.frame() == frame
    assert "levels" in tab.page.get_attribute('[data-live="gmm"] input', "aria-valuetext")
