"""The page over all scenes: what its pictures show, and what it says of the methods."""

import base64
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from bgsub.names import Name
from bgsub.report import scenes

NAMES = {"gmm": Name("GMM", article=True), "mog2": Name("MOG2"), "knn": Name("KNN")}
LABELS = np.uint8([[255, 255, 50, 50, 0, 0, 170, 85]])
MASK = np.uint8([[255, 0, 255, 127, 255, 0, 255, 0]])


def table(*rows: tuple) -> pd.DataFrame:
    columns = "clip method f_measure behind precision recall shadow_error fpr retention"
    return pd.DataFrame(rows, columns=columns.split())


SCORES = table(
    ("light", "gmm", 0.9, 0.0, 0.9, 0.9, 0.5, 0.01, 0.95),
    ("light", "mog2", 0.88, 0.02, 0.9, 0.86, 0.0, 0.0, 0.1),
    ("light", "knn", 0.4, 0.5, 0.4, 0.4, 0.0, 0.2, np.nan),
    ("shakes", "gmm", 0.8, 0.0, 0.8, 0.8, 0.0, 0.01, 0.9),
    ("shakes", "mog2", 0.6, 0.2, 0.9, 0.5, 0.0, 0.0, 0.2),
    ("shakes", "knn", 0.75, 0.05, 0.9, 0.6, 0.0, 0.0, 0.2),
    ("empty", "gmm", None, None, None, None, None, 0.001, None),
    ("empty", "mog2", None, None, None, None, None, 0.0, None),
    ("empty", "knn", None, None, None, None, None, 0.2, None),
)


def test_a_mask_is_painted_by_what_it_is_worth():
    hit, miss, alarm, shadow = scenes.HIT, scenes.MISS, scenes.FALSE_ALARM, scenes.SHADOW_ALARM
    quiet, unscored = scenes.QUIET, scenes.UNSCORED
    found = [tuple(colour) for colour in scenes.judged(MASK, LABELS)[0].tolist()]
    assert found == [hit, miss, shadow, quiet, alarm, quiet, unscored, unscored]


def test_outline_is_that_of_what_is_foreground():
    labels = np.zeros((20, 20), np.uint8)
    labels[5:15, 5:15] = 255
    labels[0:3, 0:3] = 50
    frame = np.full((20, 20, 3), 100, np.uint8)
    drawn = (scenes.outlined(frame, labels) != 100).any(axis=2)
    assert drawn[5, 5:15].all()
    assert not drawn[7:13, 7:13].any()
    assert not drawn[:4].any()
    assert (frame == 100).all()


def test_the_frame_shown_is_the_one_in_which_methods_differ_most():
    counts = pd.DataFrame(
        [
            {"method": method, "frame": frame, "fp": fp, "fn": fn}
            for method, wrong in (("a", [(90, 0), (0, 3), (0, 20)]), ("b", [(90, 5), (1, 1), (30, 40)]))
            for frame, (fp, fn) in enumerate(wrong, 44)
        ]
    )
    assert scenes.telling_frame(counts) == 46


def test_methods_are_summed_up_over_scenes_with_somebody():
    found = scenes.survivors(SCORES, NAMES)
    assert {name: row["near"] for name, row in found.items()} == {"gmm": 2, "mog2": 1, "knn": 0}
    assert found["gmm"]["f_measure"] == pytest.approx(0.85)
    assert scenes.survival_sentence(found, 2).replace("\xa0", " ") == (
        "The GMM is at most 0.03 behind the best F-measure on 2 of the 2 scenes with somebody in them, and"
        " no method on more."
    )
    level = {name: row | {"near": 1} for name, row in found.items()}
    assert scenes.survival_sentence(level, 2).startswith("The GMM, MOG2 and KNN are at most 0.03 behind")
    assert scenes.survival_sentence(found, 0).startswith("No scene shows anybody")


def test_the_page_shows_every_scene_by_every_method(tmp_path):
    image = np.full((40, 60, 3), 120, np.uint8)
    labels = np.zeros((40, 60), np.uint8)
    labels[10:30, 20:30] = 255
    masks = dict.fromkeys(NAMES, labels)
    clips = ("light", "shakes", "empty")
    packed = [scenes.pack_scene(clip, f"<{clip}>", 50, image, labels, masks) for clip in clips]
    assert (packed[0].width, packed[0].height) == (300, 200)
    page = tmp_path / "scenes.html"
    scenes.render_scenes(packed, SCORES, NAMES, page, templates="workflow/report")
    text = page.read_text()
    assert "&lt;light&gt;" in text
    rows = re.findall(r"<tr>.*?</tr>", text, re.DOTALL)[1:4]
    cells = [re.findall(r"<td(.*?)</td>", row, re.DOTALL) for row in rows]
    assert [len(row) for row in cells] == [3, 3, 3]
    assert [['class="best"' in cell for cell in row] for row in cells] == [
        [True, False, False],
        [True, False, False],
        [False, False, False],
    ]
    shown = [[re.search(r"<b>(.*?)</b>", cell)[1].replace("\xa0", " ") for cell in row] for row in cells]
    assert shown == [["0.900", "0.880", "0.400"], ["0.800", "0.600", "0.750"], ["0.1 %", "0 %", "20 %"]]
    assert [re.search(r"--good: (\d+)%", cell)[1] for cell in cells[2]] == ["98", "100", "0"]
    assert "95&nbsp;%" in cells[0][0].replace("\xa0", "&nbsp;")
    assert "<small>" not in cells[2][0]


def test_pictures_are_small_webps():
    image = np.full((240, 360, 3), 120, np.uint8)
    scene = scenes.pack_scene("a", "A", 3, image, np.zeros((240, 360), np.uint8), {})
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(scene.picture), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (200, 300, 3)
