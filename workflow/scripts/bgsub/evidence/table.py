"""The long table: a row for each clip and method, with all that was measured of it."""

from collections.abc import Mapping

import pandas as pd


def clip_table(
    clip: str,
    category: str,
    labels: Mapping[str, str],
    *,
    area: pd.DataFrame,
    absorption: pd.DataFrame,
    still: pd.DataFrame,
    scores: pd.DataFrame | None,
    seconds: Mapping[str, float],
) -> pd.DataFrame:
    """Put together what was measured of the methods on one clip.

    Parameters
    ----------
    clip, category : str
        The clip's name, and the group that it is averaged in.
    labels : mapping of str to str
        What each method is called, by its key in the config.
    area, absorption, still, scores : DataFrame
        The clip's `area.csv`, `absorption.csv`, `still.csv` and `scores.csv`, which is None without ground
        truth.
    seconds : mapping of str to float
        Wall seconds, without compiling, of the job that made a method's masks, as far as they are known.

    Returns
    -------
    DataFrame
        Rows of `table.csv`, one per method: `clip, category, method, label, test_frames`;
        `seconds_per_frame`, those of `seconds` by test frame, so without the fit of a model;
        `foreground_share` and `ghost_share`, means over the test frames; `still_intervals`, first and last
        frame of each stillness of the clip, such as `61-109 130-150`; then what `absorption.csv` and
        `scores.csv` have. Missing where there is nothing to say.
    """
    by_method = area.groupby("method")
    table = pd.DataFrame({"method": list(labels), "label": list(labels.values())}).set_index("method")
    table.insert(0, "clip", clip)
    table.insert(1, "category", category)
    table["test_frames"] = by_method.size()
    table["seconds_per_frame"] = pd.Series(seconds, dtype=float) / table["test_frames"]
    table[["foreground_share", "ghost_share"]] = by_method[["foreground_share", "ghost_share"]].mean()
    intervals = [f"{start}-{end}" for start, end in zip(still["start"], still["end"], strict=True)]
    table["still_intervals"] = " ".join(intervals) or None
    for measured in (absorption, scores):
        if measured is not None:
            # Columns of whole numbers stay so where some are missing, such as half-lives.
            table = table.join(measured.set_index("method").convert_dtypes())
    return table.reset_index()[["clip", "category", "method", *table.columns[2:]]]
