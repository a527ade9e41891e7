"""What is changed within Snakemake is changed in the version that it was tried with, and in no other."""

from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import snakemake.api  # before its parts, which import each other
from snakemake import common, dag, jobs, output_index, rules

import innards
import terminal

CHANGED = [
    (common, "get_function_params"),
    (jobs, "get_function_params"),
    (rules, "get_function_params"),
    (output_index.OutputIndex, "match_producers"),
    (dag.ScriptProcessor, "process_job"),
]


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for owner, name in CHANGED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    yield
    innards.gc.enable()


def workflow_of() -> SimpleNamespace:
    limiter = SimpleNamespace(max_jobs=100, timespan=1)
    return SimpleNamespace(scheduler=SimpleNamespace(job_rate_limiter=limiter))


def test_another_snakemake_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snakemake, "__version__", "9.28.0")
    monkeypatch.setattr(terminal, "say_steps", None)
    before = [getattr(owner, name) for owner, name in CHANGED]
    innards.adapt(SimpleNamespace())
    innards.start(SimpleNamespace())
    assert [getattr(owner, name) for owner, name in CHANGED] == before
    assert innards.gc.isenabled()


def test_snakemake_asks_once_what_a_function_takes_which_rules_make_a_file_and_whether_a_script_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    rule = Mock(is_producer=lambda file: asked.append(file) or True)
    monkeypatch.setattr(output_index.OutputIndex, "match", lambda index, file: [rule])
    monkeypatch.setattr(dag.ScriptProcessor, "process_job", lambda self, job: asked.append(job.rule))
    monkeypatch.setattr(terminal, "say_steps", lambda workflow: asked.append(workflow))
    innards.adapt("workflow")
    index, scripts = output_index.OutputIndex([]), dag.ScriptProcessor(None)
    for _ in range(2):
        assert index.match_producers("area.csv") == {rule}
        scripts.process_job(SimpleNamespace(rule="score_masks"))
    assert asked == ["workflow", "area.csv", "score_masks"]
    assert rules.get_function_params(workflow_of) is common.get_function_params(workflow_of)
    workflow = workflow_of()
    innards.start(workflow)
    assert workflow.scheduler.job_rate_limiter is None
