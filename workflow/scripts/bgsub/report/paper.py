"""The table for a paper: methods by measures, in LaTeX with booktabs."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from bgsub.names import OVERALL
from bgsub.words import NBSP, count

DIGITS = 4  # as CDnet's own tables have them
# A table that is wider than the text is made smaller.
FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%" "\n"


class Column(NamedTuple):
    """A column of the table: what it is called, and what of it is best, `max`, `min` or nothing."""

    head: str
    best: str | None


MEASURE_COLUMNS = {
    "recall": Column("Re", "max"),
    "specificity": Column("Sp", "max"),
    "fpr": Column("FPR", "min"),
    "fnr": Column("FNR", "min"),
    "pwc": Column("PWC", "min"),
    "precision": Column("Pr", "max"),
    "f_measure": Column("F", "max"),
    "retention": Column("Kept", "max"),
    "foreground_share": Column("Marked", None),
}
_SCORES = tuple(MEASURE_COLUMNS)[:7]


def paper_table(table: pd.DataFrame) -> str:
    r"""Typeset the methods by their measures, and by category where there are several.

    Returns
    -------
    str
        LaTeX that needs `\usepackage{booktabs,graphicx}`: a `table` of means over the clips of a category and
        then over the categories, as CDnet averages, the best in bold; if clips with ground truth are of
        several categories, a second one has the F-measure in each. A mean is over those clips, and then
        categories, that have the measure; a measure that no clip has is left out.
    """
    labels = dict(zip(table["method"], table["label"], strict=True))
    there = [name for name in MEASURE_COLUMNS if name in table and table[name].notna().any()]
    by_category = table.groupby(["category", "method"], sort=False)[there].mean()
    means = by_category.groupby("method", sort=False).mean().loc[list(labels)]
    text = _typeset(
        means, {name: MEASURE_COLUMNS[name] for name in there}, labels, _caption(table, there), "tab:methods"
    )
    if "f_measure" not in there:
        return text
    f_measures = by_category.reset_index().pivot_table("f_measure", "method", "category", sort=False)
    if f_measures.shape[1] == 1:
        return text
    f_measures = f_measures.loc[list(labels)].assign(**{OVERALL: means["f_measure"]})
    columns = {name: Column(name, "max") for name in f_measures}
    caption = "F-measure by category, mean over its clips; overall: mean over the categories. Best in bold."
    return text + "\n" + _typeset(f_measures, columns, labels, caption, "tab:categories")


def _caption(table: pd.DataFrame, there: list[str]) -> str:
    def clips_with(name: str) -> pd.DataFrame:
        return table[table[name].notna()].drop_duplicates("clip")

    scored: dict[str, list[str]] = {}  # by the clips that have them: one without foreground has no recall
    for name in [name for name in _SCORES if name in there]:
        scored.setdefault(_spread(clips_with(name)), []).append(MEASURE_COLUMNS[name].head)
    parts = [f"{', '.join(heads)}: CDnet's measures, over {spread}" for spread, heads in scored.items()]
    if "pwc" in there:
        parts.append("PWC in percent")
    if "retention" in there:
        watched = clips_with("retention")
        parts.append(
            "Kept: share of the person who lies still that stays marked, which a method that marks everything"
            f" keeps too, over {_spread(watched)}"
        )
    parts.append(f"Marked: share of the picture that is foreground, over {_spread(table)}")
    return (
        "Means over the clips of a category, then over the categories. "
        + "; ".join(parts)
        + ". Best in bold."
    )


def _spread(rows: pd.DataFrame) -> str:
    clips, categories = rows["clip"].nunique(), rows["category"].nunique()
    of = f" in {categories} categories" if categories > 1 else ""
    return count(clips, "clip") + of


def _typeset(
    means: pd.DataFrame, columns: Mapping[str, Column], labels: Mapping[str, str], caption: str, label: str
) -> str:
    # Rounded first, so that all that reads the same as the best is bold.
    heads = {name: column.head for name, column in columns.items()}
    shown = means.round(DIGITS).rename(index=labels, columns=heads).rename_axis(index=None, columns=None)
    style = shown.style.format(precision=DIGITS, na_rep="--")
    style.format_index(escape="latex", axis=0).format_index(escape="latex", axis=1)
    for column in columns.values():
        if column.best is not None:
            mark = style.highlight_max if column.best == "max" else style.highlight_min
            mark(subset=[column.head], props="textbf:--rwrap;")
    text = style.to_latex(
        hrules=True,
        column_format="l" + "r" * len(columns),
        caption=caption.replace(NBSP, "~"),
        label=label,
        position_float="centering",
        position="htbp",
    )
    text = text.replace(r"\begin{tabular}", FITTED + r"\begin{tabular}")
    return text.replace(r"\end{tabular}", r"\end{tabular}}")
