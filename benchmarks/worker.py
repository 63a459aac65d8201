"""The process in which one job runs once: `python worker.py JOB FOLDER` prints what it took as JSON."""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(name: str, folder: Path) -> dict[str, Any]:
    """Load, warm up on a thousand rows, load all, run once on the clock."""
    from jobs import JOBS
    from measuring import time_call, time_command

    from pngroup.errors import UsageError

    job = JOBS[name]
    if job.one_core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if job.command is not None:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            out = Path(scratch) / "result.parquet"
            return {**time_command(job.command(folder, out)), "said": job.said(out)}
    try:
        # Imports and tables that are read on first use are not what is asked; they have rows of their own.
        job.run(job.load(folder, True))
    except UsageError as error:
        if not job.may_be_missing:
            raise
        return {"missing": str(error)}
    loaded = job.load(folder, False)
    gc.collect()
    answer, taken = time_call(lambda: job.run(loaded))
    return {**taken, "said": job.said(answer)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
