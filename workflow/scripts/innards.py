"""What is changed within Snakemake, in the version that it was tried with; any other goes on without it."""

import atexit
import collections
import functools
import gc
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

import snakemake

TRIED = "9.27."


def adapt(workflow: Any) -> None:
    """Have Snakemake print a line for each step, and plan many clips faster, before it plans a run."""
    if snakemake.__version__.startswith(TRIED):
        from terminal import say_steps

        say_steps(workflow)
        _keep_answers()
        _ask_less_of_files()
        _ask_less_of_jobs()
    gc.disable()  # until the run starts: a sixth of the time to plan many clips, and finds nothing
    atexit.register(gc.freeze)  # nor has it to look through all that in the end: an eighth


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
    from snakemake import common, dag, io, iocontainers, jobs, rules

    parameters = functools.cache(common.get_function_params)  # of input functions and the like
    for module in (common, jobs, rules):
        module.get_function_params = parameters
    dag.OutputIndex = Makers
    # Whether a rule's script is there, and where: none of ours has wildcards or params in its name.
    _once(dag.ScriptProcessor, "process_job", lambda processor, job: (processor.script_type, job.rule))
    _once(jobs.Job, "_path_to_source_file", lambda job, path: job.rule)
    _once(io._IOFile, "check", str)  # what a name looks like
    wildcards = functools.cache(lambda *names: iocontainers.Wildcards(fromdict=dict(names)))
    rules.Wildcards = lambda fromdict: wildcards(*fromdict.items())  # for functions, none of which edits them
    update = dag.DAG.update

    async def updated(
        graph: Any, jobs: list, file: Any = None, known_producers: Any = None, **more: Any
    ) -> Any:
        """Let what else needs a file know the job that makes it, when its own inputs are planned."""
        if known := (known_producers or {}).get(file):
            return known[0]
        producer = await update(graph, jobs, file=file, known_producers=known_producers, **more)
        if known_producers is not None and len(jobs) == 1:
            known_producers[file] = [producer]
        return producer

    dag.DAG.update = updated


def _once(owner: Any, name: str, about: Callable) -> None:
    """Have a method of a class do its work once for all calls that are about the same."""
    method, answers = getattr(owner, name), {}

    def answer(*given: Any) -> Any:
        if (key := about(*given)) not in answers:
            answers[key] = method(*given)
        return answers[key]

    setattr(owner, name, answer)


class Makers:
    """Which rules make a file, found by its name: the folders of all our files begin alike."""

    def __init__(self, rules: Iterable[Any]) -> None:
        self._products = collections.defaultdict(list)  # by name; by None those that have a wildcard in it
        for rule in rules:
            for product in rule.products():
                end = product.constant_suffix()
                self._products[end.rpartition("/")[2] if "/" in end else None].append((end, product, rule))

    @functools.cache  # noqa: B019  # there is one, as long as the run
    def match_producers(self, file: str) -> set[Any]:
        """Return the rules that make a file."""
        products = self._products.get(file.rpartition("/")[2], []) + self._products[None]
        return {rule for end, product, rule in products if file.endswith(end) and product.match(file)}


def _ask_less_of_files() -> None:
    """Have Snakemake find out by shorter ways what it asks of a file, a hundred thousand times."""
    from snakemake import dag, io, jobs, rules
    from snakemake.io import fmt

    for module in (dag, fmt, io, jobs, rules):
        module.is_flagged = _is_flagged
    file, flagged = io._IOFile, io.AnnotatedString
    file.__hash__, file.__eq__ = str.__hash__, str.__eq__
    file.is_storage = property(lambda file: "storage_object" in getattr(file._file, "flags", ()))
    flagged.flags = property(operator.attrgetter("_flags"), flagged.flags.fset)
    inventory, exists = file.inventory, file.exists

    async def listed(file: Any) -> None:
        """List the folder of a local file, without a task for that."""
        cache = file.rule.workflow.iocache
        if file.is_storage or not cache.active:
            await inventory(file)
        elif file not in cache.exists_local:
            await file._local_inventory(cache)

    async def is_there(file: Any) -> bool:
        """Tell whether a file is there, and keep it, as long as such answers are kept, if it is local."""
        cache = file.rule.workflow.iocache
        if file.is_storage or not cache.active:
            return await exists(file)
        if (known := dict.get(cache.exists_local, file)) is None:
            known = cache.exists_local[file] = await exists(file)
        return known

    file.inventory, file.exists = listed, is_there


def _is_flagged(value: Any, flag: str) -> bool:
    """Tell whether a file has a flag, without asking for its class, which is abstract and takes longer."""
    return bool(getattr(value, "flags", {}).get(flag))


def _ask_less_of_jobs() -> None:
    """Have Snakemake find out by shorter ways what it asks of each job."""
    from snakemake import dag, jobs, resources, rules

    job, rule, graph = jobs.Job, rules.Rule, dag.DAG
    job.conda_env_spec = None  # no rule has one, and to find that out it would make all params
    job.is_valid = lambda job: (job.log, job.benchmark)  # which it keeps, where it makes them anew
    job.output_mintime = property(_oldest)
    told, evaluate, check = jobs.fmt_iofile, rule.apply_input_function, graph.check_directory_outputs
    jobs.fmt_iofile = lambda file, **way: told(file, **way) if getattr(file, "flags", ()) else str(file)

    def evaluated(rule: Any, asked: Any, wildcards: Any, **more: Any) -> Any:
        """Take a resource that is no function for what it is."""
        resource = getattr(asked, "__self__", None)
        constant = isinstance(resource, resources.Resource) and not resource.is_evaluable()
        return (resource, False) if constant else evaluate(rule, asked, wildcards, **more)

    def checked(graph: Any) -> None:
        """Look for outputs within others only if one of them has the name of a folder."""
        outputs = {str(file) for job in graph.jobs for file in job.output}
        folders = {file[: slash.start()] for file in outputs for slash in re.finditer("/", file)}
        if not outputs.isdisjoint(folders):
            check(graph)

    rule.apply_input_function, graph.check_directory_outputs = evaluated, checked


async def _oldest(job: Any) -> float | None:
    """Return the time of a job's oldest output, None if there is none, without a task for each."""
    files = [*job.output, *([job.benchmark] if job.benchmark else [])]
    times = [(await file.mtime()).local_or_storage() for file in files if await file.exists()]
    return min(times, default=None)
