"""`snakemake` that asks SLURM every second how the jobs are.

The executor waits ten seconds longer after every time that no job had ended, which suits a real cluster
and makes tests slow; no option limits that.
"""

import asyncio
import sys

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor


async def one_second(executor: RemoteExecutor) -> None:
    await asyncio.sleep(1)


RemoteExecutor.sleep = one_second
sys.exit(main())
