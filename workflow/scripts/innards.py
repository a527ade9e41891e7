"""What is changed within Snakemake, in the version that it was tried with; any other goes on without it."""

import functools
import gc
from typing import Any

import snakemake

TRIED = "9.27."


def adapt(workflow: Any) -> None:
    """Have Snakemake print a line for each step, and plan many clips faster, before it plans a run."""
    if snakemake.__version__.startswith(TRIED):
        from terminal import say_steps

        say_steps(workflow)
        _keep_answers()
    gc.disable()  # until the run starts: a sixth of the time to plan many clips, and finds nothing


def start(workflow: Any) -> None:
    """Have Snakemake look for work when a step has ended, and not in between, when all is planned.

    For its limit of 100 steps a second, it looks again a second after it has looked. As each step that ends
    has it look once more, that is as often a second as steps have ended, and each time it goes through all
    that is ready. Where somebody has set another limit, that is kept.
    """
    gc.enable()
    if snakemake.__version__.startswith(TRIED):
        limit = workflow.scheduler.job_rate_limiter
        if limit and (limit.max_jobs, limit.timespan) == (100, 1):
            workflow.scheduler.job_rate_limiter = None


def _keep_answers() -> None:
    """Have Snakemake keep what it finds out anew for each job, and for each time that it meets a file."""
    from snakemake import common, dag, jobs, output_index, rules

    parameters = functools.cache(common.get_function_params)  # of input functions and the like
    for module in (common, jobs, rules):
        module.get_function_params = parameters
    index = output_index.OutputIndex
    index.match_producers = functools.cache(index.match_producers)  # rules by file
    check, checked = dag.ScriptProcessor.process_job, set()

    def check_once(processor: Any, job: Any) -> None:
        """Check that the script of a rule is there, without reading it again for each of its jobs."""
        if (processor.script_type, job.rule) not in checked:
            checked.add((processor.script_type, job.rule))
            check(processor, job)

    dag.ScriptProcessor.process_job = check_once
