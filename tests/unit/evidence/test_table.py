import io

import pandas as pd

from bgsub.evidence.table import clip_table


def of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


AREA = of(
    "frame,method,foreground_share,ghost_share\n8,gmm,0.1,0.0\n8,mog2,0.2,0.1\n9,gmm,0.3,0.0\n9,mog2,0.0,0.0\n"
)
ABSORPTION = of("method,half_life,censored_at,retention\ngmm,,12,0.9\nmog2,6,,0.1\n")
STILL = of("start,end,seconds,region,known_by\n3,5,0.3,0 0 2 2,frames\n8,9,0.2,0 0 2 2,frames\n")


def test_a_clip_s_tables_become_a_row_for_each_method() -> None:
    scores = of("method,recall,f_measure,tp\ngmm,0.5,0.6,3\nmog2,0.25,,4\n")
    labels = {"gmm": "GMM", "mog2": "MOG2"}
    found = clip_table(
        *("room", "falls", labels),
        area=AREA,
        absorption=ABSORPTION,
        still=STILL,
        scores=scores,
        seconds={"mog2": 0.5},
    )
    assert found.to_csv(index=False).splitlines() == [
        "clip,category,method,label,test_frames,seconds_per_frame,foreground_share,ghost_share,still_intervals,"
        "half_life,censored_at,retention,recall,f_measure,tp",
        "room,falls,gmm,GMM,2,,0.2,0.0,3-5 8-9,,12,0.9,0.5,0.6,3",
        "room,falls,mog2,MOG2,2,0.25,0.1,0.05,3-5 8-9,6,,0.1,0.25,,4",
    ]


def test_a_clip_without_ground_truth_or_stillness_has_the_rest() -> None:
    found = clip_table(
        *("room", "falls", {"gmm": "GMM"}),
        area=AREA,
        absorption=ABSORPTION,
        still=STILL[:0],
        scores=None,
        seconds={},
    )
    assert "f_measure" not in found
    assert found["still_intervals"].tolist() == [None]
