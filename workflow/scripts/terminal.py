"""What `snakemake` says on a terminal: a line for each step that begins, what went wrong, and where to look.

Snakemake itself prints some ten lines a step, most of them names of files. They are all in the log that it
names in the end; on the terminal they stay in a dry run, on a cluster, and with its own options.
"""

import logging
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.logging import DefaultFormatter, format_wildcards, show_logs
from snakemake_interface_logger_plugins.common import LogEvent

# Where to look when a target is done.
RESULTS = {
    "all": "results/report.html",
    "cdnet": "results/CLIP/methods/METHOD/cdnet.zip",
    "clips": "results/clips.csv",
    "scenes": "results/scenes.html",
    "tables": "results/table.csv, table.tex, still.csv and ranks.csv",
}
NOISE = (
    "Assuming unrestricted shared filesystem usage",
    "Removing temporary output",
    "Select jobs to execute",
    "Singularity containers: ignored",
    "Using shell:",
)
HIDDEN = {LogEvent.JOB_FINISHED, LogEvent.JOB_STARTED, LogEvent.RESOURCES_INFO, LogEvent.WORKFLOW_STARTED}
WIDTH = 100
CLIP_LOG = r"results/([^/]+)/logs/[^/]+\)$"


class StepFormatter(DefaultFormatter):
    """A line for each step; the reasons of those that failed, or where to look, in the end."""

    def __init__(self, workflow: Any) -> None:
        super().__init__(show_failed_logs=True)
        self.workflow = workflow
        self.done, self.total = 0, 0
        self.failed: dict[int, str] = {}  # by the step's number, as it may be tried again

    def wanted(self, record: logging.LogRecord) -> bool:
        """Whether a message is to be printed. It is asked for each one first, and so keeps count."""
        said = vars(record)
        event = said.get("event")
        if event == LogEvent.PROGRESS:
            self.done = said["done"]
        if event == LogEvent.RUN_INFO:
            self.total = said["stats"]["total"]
        if event == LogEvent.JOB_FINISHED:
            self.failed.pop(said["job_id"], None)
        if event == LogEvent.JOB_ERROR:
            self.failed[said["jobid"]] = reason(said["log"][0]) if said["log"] else said["rule_name"]
        return not self.workflow.local_exec or not self._is_noise(record)

    def _is_noise(self, record: logging.LogRecord) -> bool:
        said = vars(record)
        event = said.get("event")
        if event == LogEvent.PROGRESS:
            return self.done < self.total
        if event == LogEvent.JOB_INFO:
            return said["rule_name"] in RESULTS
        return event in HIDDEN or (record.levelno <= logging.INFO and str(record.msg).startswith(NOISE))

    def format(self, record: logging.LogRecord) -> str:
        """Format a message, the last one of a run with what follows from it."""
        text = super().format(record)
        if text == NOTHING_TO_BE_DONE_MSG or text.startswith("Elapsed time: "):
            return "\n".join([text, *self.closing()])
        return text

    def format_run_info(self, msg: dict[str, Any]) -> str:
        """Say how many steps there are; which, is said of each as it begins."""
        return f"{self.total} steps" if self.workflow.local_exec else super().format_run_info(msg)

    def format_job_info(self, msg: dict[str, Any]) -> str:
        """Say what begins, and how far the run is."""
        if not self.workflow.local_exec:
            return super().format_job_info(msg)
        far = f"{self.done:{len(str(self.total))}} of {self.total} done"
        step = f"{msg['rule_name']}  {format_wildcards(msg['wildcards'])}"
        return f"{time.strftime('%H:%M:%S')}  {far}  {step}"[:WIDTH].rstrip()

    def format_job_error(self, msg: dict[str, Any]) -> str:
        """Show the log of a step that failed."""
        if not self.workflow.local_exec:
            return super().format_job_error(msg)
        return "\n".join([f"Error in rule {msg['rule_name']}", *show_logs(msg["log"])])

    def closing(self) -> Iterator[str]:
        """Say where to look, or else why steps failed."""
        if self.done == self.total:
            targets: Collection[str] = self.workflow.dag_settings.targets or {"all"}
            yield from (f"Results: {RESULTS[target]}" for target in sorted(targets) if target in RESULTS)
        else:
            kept_going = self.workflow.execution_settings.keep_going
            if not kept_going:
                yield "With --keep-going, what does not depend on what failed is made all the same."
            yield from (f"Failed: {why}" for why in self.failed.values())
            # A clip's log is results/<clip>/logs/<file>, which `reason` names in brackets.
            clips = {found[1] for why in self.failed.values() if (found := re.search(CLIP_LOG, why))}
            if clips and kept_going:
                nulls = ", ".join(f"{clip}: null" for clip in sorted(clips))
                yield f"To go on without: clips: {{{nulls}}} in an overlay, or leave out of run"


def reason(log: str) -> str:
    """Return what a step's log says that it failed for, in one line, and where the log is."""
    lines = Path(log).read_text(errors="replace").splitlines() if Path(log).exists() else []
    told = [line.partition("error: ")[2] for line in lines if "error: " in line]
    return f"{(told or lines or ['it ended without a word'])[-1]} ({log})"


def say_steps(workflow: Any) -> None:
    """Have Snakemake print its messages so, unless its options say otherwise."""
    asked = workflow.output_settings
    if asked.dryrun or asked.verbose or asked.printshellcmds or asked.debug_dag or asked.quiet:
        return
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultStreamHandler":
            formatter = StepFormatter(workflow)
            handler.setFormatter(formatter)
            handler.addFilter(formatter.wanted)
