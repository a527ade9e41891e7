"""What is changed within Snakemake is changed in the version that it was tried with, and in no other.

What it plans is compared with an unchanged Snakemake in `tests/workflow/test_reruns.py`.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import snakemake.api  # before its parts, which import each other
from snakemake import common, dag, io, iocontainers, jobs, output_index, resources, rules
from snakemake.io import fmt

import innards
import terminal

CHANGED: list[tuple[Any, str]] = [
    *((module, "get_function_params") for module in (common, jobs, rules)),
    *((module, "is_flagged") for module in (dag, fmt, io, jobs, rules)),
    (dag, "OutputIndex"),
    *((dag.DAG, name) for name in ("check_directory_outputs", "update")),
    (dag.ScriptProcessor, "process_job"),
    (io.AnnotatedString, "flags"),
    *((io._IOFile, name) for name in ("__eq__", "__hash__", "check", "exists", "inventory", "is_storage")),
    *((jobs.Job, name) for name in ("_path_to_source_file", "conda_env_spec", "is_valid", "output_mintime")),
    (jobs, "fmt_iofile"),
    (rules, "Wildcards"),
    (rules.Rule, "apply_input_function"),
]


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for owner, name in CHANGED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(innards.atexit, "register", lambda done: None)
    monkeypatch.setattr(terminal, "say_steps", lambda workflow: None)
    yield
    innards.gc.enable()


def workflow_of() -> SimpleNamespace:
    limiter = SimpleNamespace(max_jobs=100, timespan=1)
    return SimpleNamespace(scheduler=SimpleNamespace(job_rate_limiter=limiter))


def file_of(name: str, **flags: object) -> io._IOFile:
    file = io.AnnotatedString(name)
    file.flags = flags
    workflow = SimpleNamespace(iocache=io.IOCache(10))
    rule = SimpleNamespace(
        workflow=workflow, pathvars=SimpleNamespace(apply=str), name="r", lineno=1, snakefile="s"
    )
    return io.IOFile(file, rule)


def test_another_snakemake_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snakemake, "__version__", "9.28.0")
    monkeypatch.setattr(terminal, "say_steps", None)
    in_the_end: list[object] = []
    monkeypatch.setattr(innards.atexit, "register", in_the_end.append)
    before = [getattr(owner, name) for owner, name in CHANGED]
    innards.adapt(SimpleNamespace())
    assert not innards.gc.isenabled()
    assert in_the_end == [innards.gc.freeze]
    innards.start(SimpleNamespace())
    assert [getattr(owner, name) for owner, name in CHANGED] == before
    assert innards.gc.isenabled()


def test_all_that_is_changed_is_restored_after_these_tests() -> None:
    """A change that is not in the list would stay in other tests."""
    owners = (common, dag, fmt, io, iocontainers, jobs, output_index, resources, rules)
    parts = [*owners, *(part for owner in owners for part in vars(owner).values() if isinstance(part, type))]
    before = [dict(vars(part)) for part in parts]
    innards.adapt("workflow")
    changed = {
        (part, name)
        for part, known in zip(parts, before, strict=True)
        for name, value in vars(part).items()
        if known.get(name) is not value and not name.startswith("_abc")
    }
    assert changed == set(CHANGED)


def test_snakemake_asks_once_what_a_function_takes_and_whether_and_where_a_script_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(terminal, "say_steps", asked.append)
    monkeypatch.setattr(dag.ScriptProcessor, "process_job", lambda self, job: asked.append(job.rule))
    monkeypatch.setattr(jobs.Job, "_path_to_source_file", lambda job, path: asked.append(path) or path)
    innards.adapt("workflow")
    scripts, job = dag.ScriptProcessor(None), SimpleNamespace(rule="score_masks")
    for _ in range(2):
        scripts.process_job(job)
        assert jobs.Job._path_to_source_file(job, "score_masks.py") == "score_masks.py"
    assert asked == ["workflow", "score_masks", "score_masks.py"]
    assert rules.get_function_params(workflow_of) is common.get_function_params(workflow_of)
    workflow = workflow_of()
    innards.start(workflow)
    assert workflow.scheduler.job_rate_limiter is None


def test_a_file_is_made_by_the_rules_that_snakemake_finds() -> None:
    patterns = {
        "split": ["results/{clip}/frames.csv", "results/{clip}/logs/split.log"],
        "variant": ["results/{clip}/splits/{fraction,[0-9.]+}.csv"],
        "other": ["results/{clip}/frames.csv", "{any}"],
        "all": ["frames.csv", "results/report.html"],
    }
    makers = [rules.Rule.__new__(rules.Rule) for _ in patterns]
    for rule, (name, files) in zip(makers, patterns.items(), strict=True):
        rule.name, products = name, [file_of(file) for file in files]
        rule.products = lambda include_logfiles=True, products=products: iter(products)  # type: ignore[method-assign]
    ours, theirs = innards.Makers(makers), output_index.OutputIndex(makers)
    for file in (
        "results/a/frames.csv",
        "results/a/splits/.5.csv",
        "results/a/splits/x.csv",
        "frames.csv",
        "a/b",
    ):
        found = ours.match_producers(file)
        assert found == theirs.match_producers(file), file
        assert found
        assert ours.match_producers(file) is found


def test_the_job_that_makes_a_file_is_known_to_all_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def update(graph: object, jobs: list[str], file: str, known_producers: dict | None) -> str:
        asked.append((file, *jobs))
        return jobs[0]

    monkeypatch.setattr(dag.DAG, "update", update)
    innards.adapt("workflow")
    known: dict = {"given.csv": None}  # found by nobody to be made
    for file, candidates in [("a", ["fit"]), ("a", ["fit"]), ("b", ["fit", "join"]), ("b", ["fit", "join"])]:
        assert asyncio.run(dag.DAG.update(None, candidates, file=file, known_producers=known)) == "fit"
    assert asked == [("a", "fit"), ("b", "fit", "join"), ("b", "fit", "join")]  # of two, each time anew
    assert known == {"given.csv": None, "a": ["fit"]}


def test_a_file_is_told_by_its_name_and_knows_its_flags() -> None:
    values = [
        file_of("a"),
        file_of("a", temp=True),
        file_of("a", storage_object=SimpleNamespace()),
        "a",
        max,
        None,
    ]
    before = [[io.is_flagged(value, flag) for flag in ("temp", "pipe")] for value in values]
    innards.adapt("workflow")
    assert [[io.is_flagged(value, flag) for flag in ("temp", "pipe")] for value in values] == before
    assert [value.is_storage for value in values[:2]] == [False, False]
    assert file_of("a", storage_object=SimpleNamespace()).is_storage
    assert {file_of("a"): 1}["a"] == {"a": 1}[file_of("a", temp=True)] == 1
    assert file_of("a") != file_of("b")
    assert [jobs.fmt_iofile(value, as_output=True) for value in values[:2]] == ["a", "a"]
    assert jobs.fmt_iofile(file_of("a", pipe=True), as_output=True) == "a (pipe)"


def test_a_file_is_looked_for_once_until_what_is_known_is_forgotten(tmp_path: Path) -> None:
    innards.adapt("workflow")
    file = file_of(str(tmp_path / "a"))
    cache = file.rule.workflow.iocache
    assert not asyncio.run(file.exists())
    Path(file).touch()
    assert not asyncio.run(file.exists())
    cache.clear()
    asyncio.run(file.inventory())
    assert cache.exists_local.has_inventory == {str(tmp_path)}
    assert asyncio.run(file.exists())
    cache.deactivate()  # as it is when jobs run
    Path(file).unlink()
    assert not asyncio.run(file.exists())


def test_a_job_is_as_old_as_its_oldest_output_that_is_there(tmp_path: Path) -> None:
    innards.adapt("workflow")
    files = [file_of(str(tmp_path / name)) for name in ("a", "b", "none", "record")]
    for file, time in zip(files, (50, 40, None, 30), strict=True):
        if time:
            Path(file).touch()
            os.utime(file, (time, time))
    oldest = jobs.Job.output_mintime.fget
    assert asyncio.run(oldest(SimpleNamespace(output=files[:3], benchmark=files[3]))) == 30
    assert asyncio.run(oldest(SimpleNamespace(output=files[:3], benchmark=None))) == 40
    assert asyncio.run(oldest(SimpleNamespace(output=files[2:3], benchmark=None))) is None


def test_outputs_within_others_are_looked_for_only_where_one_has_the_name_of_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = []
    monkeypatch.setattr(dag.DAG, "check_directory_outputs", looked.append)
    innards.adapt("workflow")
    apart = SimpleNamespace(jobs=[SimpleNamespace(output=["r/a", "r/a.csv", "r/ab/c", "r/d"])])
    within = SimpleNamespace(jobs=[*apart.jobs, SimpleNamespace(output=["r/a/b/c"])])
    dag.DAG.check_directory_outputs(apart)
    assert looked == []
    dag.DAG.check_directory_outputs(within)
    assert looked == [within]


def test_a_resource_that_is_no_function_is_taken_as_it_is() -> None:
    innards.adapt("workflow")
    rule = rules.Rule.__new__(rules.Rule)
    wildcards = {"clip": "demo"}
    constant = resources.Resource("mem_mb", 500)
    assert rule.apply_input_function(constant.evaluate, wildcards, attempt=2) == (constant, False)
    function = resources.Resource("mem_mb", lambda wildcards, attempt: attempt * len(wildcards.clip))
    evaluated, incomplete = rule.apply_input_function(function.evaluate, wildcards, attempt=2)
    assert (evaluated.value, incomplete) == (8, False)
