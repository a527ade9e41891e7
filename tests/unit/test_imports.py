"""What each job loads when it starts: libraries that take long to load only where they are used."""

import re
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
AT_THE_TOP = re.compile(r"^(?:from ([\w.]+) )?import (\([^)]*\)|[^\n]*)", re.MULTILINE)
DRAWING = {
    "audit_convergence",
    "plot_methods",
    "plot_models",
    "score_masks",
    "summarise_sweep",
    "sweep_history",
    "weigh_convergence",
}
TABLES = {
    "gather_tables",
    "make_overview",
    "make_page",
    "make_scenes",
    "measure_variant",
    "pack_page",
    "plot_methods",
    "score_masks",
    "summarise_sweep",
    "tabulate_scenes",
}
PICTURES = {
    "make_overview",
    "make_page",
    "make_scenes",
    "measure_false_alarms",
    "measure_masks",
    "measure_variant",
    "pack_live",
    "pack_page",
    "plot_methods",
    "plot_models",
    "read_frames",
    "read_groundtruth",
    "render_synthetic",
    "render_videos",
    "score_backgrounds",
    "summarise_sweep",
    "sweep_history",
    "time_still",
    "weigh_convergence",
}
# By library, the scripts that load it before they do anything. Others load it when they come to use it.
LOADED = {
    "cv2": PICTURES,
    "matplotlib": DRAWING,
    "numba": {
        "audit_convergence",
        "fit_tile",
        "measure_false_alarms",
        "pack_live",
        "pack_page",
    },
    "pandas": TABLES,
    "pydantic": set(),
    "requests": set(),
    "tqdm": set(),
}


def loaded(file: Path) -> set[str]:
    """The names of all modules that are imported with a file, by it or through modules beside it."""
    names, found, queue = set(), set(), [file]
    while queue:
        found.add(source := queue.pop())
        for name in names_at_the_top(source):
            names.add(name.partition(".")[0])
            path = SCRIPTS.joinpath(*name.split("."))
            places = (path.with_suffix(".py"), path / "__init__.py", path.parent.with_suffix(".py"))
            queue += [place for place in places if place.is_file() and place not in found]
    return names


def names_at_the_top(file: Path) -> set[str]:
    """The modules that are imported with a file: not those within a function, nor those for types."""
    names: set[str] = set()
    for module, imported in AT_THE_TOP.findall(file.read_text()):
        parts = re.findall(r"[\w.]+", imported)
        names |= {f"{module}.{part}" for part in parts} if module else set(parts)
    return names


def test_jobs_load_what_they_use() -> None:
    scripts = [file for file in SCRIPTS.glob("*.py") if file.stem not in ("innards", "terminal")]
    found = {file.stem: loaded(file) for file in scripts}
    for library, expected in LOADED.items():
        assert {script for script, names in found.items() if library in names} == expected, library
