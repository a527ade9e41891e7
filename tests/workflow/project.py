"""A copy of the project in a folder of its own, in which tests run Snakemake and edit what they like."""

import hashlib
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import loaded
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "workflow", "profiles", "docs")
LIBRARY = Path("workflow/scripts/bgsub")

# The default experiment in small: every rule runs, each within a second or two.
SMALL = {
    "clips": {"demo": {"source": {"synthetic": {"frames": 40, "height": 64, "width": 96}}}},
    "models": {"em": {"max_iterations": 60}},
}


class Project:
    """A folder with the workflow in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def copied_to(cls, folder: Path) -> "Project":
        """Copy the project's own files, keeping their times, and add the small config."""
        folder.mkdir(parents=True, exist_ok=True)
        ignore = shutil.ignore_patterns("__pycache__")
        for part in PARTS:
            source = ROOT / part
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, folder / part, **({"ignore": ignore} if source.is_dir() else {}))
        copy_machine_code(ROOT, folder)
        project = cls(folder)
        project.configure(SMALL)
        return project

    def clone_to(self, folder: Path) -> "Project":
        """Copy everything, results and Snakemake's records included, keeping the times of files."""
        ignore = shutil.ignore_patterns("bgsub-*")
        shutil.copytree(self.folder, folder, symlinks=True, ignore=ignore)
        copy_machine_code(self.folder, folder)
        return Project(folder)

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def configure(self, changes: dict) -> None:
        """Merge changes into the overlay that `snakemake` is called with."""
        path = self.folder / "small.yaml"
        current = yaml.safe_load(path.read_text()) if path.exists() else {}
        path.write_text(yaml.safe_dump(merged(current, changes), sort_keys=False))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in one of the project's files."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} no longer holds {old!r}"
        path.write_text(text.replace(old, new))

    def append(self, file: str, text: str = "# edited\n") -> None:
        """Add a line to one of the project's files."""
        with (self.folder / file).open("a") as stream:
            stream.write(text)

    def snakemake(
        self, *arguments: str, check: bool = True, timeout: float = 300
    ) -> subprocess.CompletedProcess:
        """Run `snakemake` with the small config, its output captured as one text."""
        if "--configfile" not in arguments:
            arguments += ("--configfile", "small.yaml")
        done = loaded.snakemake(self.folder, [*arguments], timeout)
        assert not check or done.returncode == 0, done.stdout
        return done

    def graph(self) -> "Graph":
        """All jobs that lead to the report, and which follows from which."""
        text = self.snakemake("--forceall", "--dag").stdout
        labels = {
            int(job): label for job, label in re.findall(r'^\s*(\d+)\[label = "([^"]*)"', text, re.MULTILINE)
        }
        edges = [(int(a), int(b)) for a, b in re.findall(r"^\s*(\d+) -> (\d+)", text, re.MULTILINE)]
        return Graph({job: label.replace("\\n", " ") for job, label in labels.items()}, edges)

    def planned(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a run would do, from a dry run's table."""
        text = self.snakemake("--dry-run", *arguments).stdout
        if "Nothing to be done" in text:
            return {}
        table = text.split("Job stats:")[1].split("total")[0]
        jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
        jobs.pop("all", None)
        return jobs


class Graph:
    """Jobs, labelled by rule and wildcards, and the edges from a job to those that use what it makes."""

    def __init__(self, labels: dict[int, str], edges: list[tuple[int, int]]) -> None:
        self.labels = labels
        self.edges = edges

    def rules(self) -> set[str]:
        return {label.split()[0] for label in self.labels.values()}

    def following(self, patterns: list[str]) -> dict[str, int]:
        """How many jobs of each rule are concerned: those that match a pattern, and all that follow."""
        found = {
            job
            for job, label in self.labels.items()
            if any(re.fullmatch(pattern, label) for pattern in patterns)
        }
        queue = list(found)
        while queue:
            job = queue.pop()
            after = {b for a, b in self.edges if a == job}
            queue += after - found
            found |= after
        return dict(Counter(self.labels[job].split()[0] for job in found if self.labels[job] != "all"))


def copy_machine_code(original: Path, copy: Path) -> None:
    """Spare a copy of the project the compiling.

    numba keeps machine code under a name made of the path of its source, and trusts it if the source has kept
    its time. Other tests may compile meanwhile: what is not there yet, or half written, the copy compiles.
    """
    for version in (original / LIBRARY / "__pycache__").glob("bgsub-*"):
        for folder in version.iterdir():
            package = LIBRARY / folder.name.rpartition("_")[0]
            if folder.name == machine_code_name(original / package):
                there = copy / LIBRARY / "__pycache__" / version.name / machine_code_name(copy / package)
                shutil.copytree(folder, there, ignore=shutil.ignore_patterns("*.tmp.*"))


def machine_code_name(package: Path) -> str:
    """Return what numba calls the folder with the machine code of a package's modules."""
    return f"{package.name}_{hashlib.sha1(str(package).encode()).hexdigest()}"


def merged(base: dict, changes: dict) -> dict:
    """Merge nested dicts as Snakemake merges config files."""
    result = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if nested else value
    return result
