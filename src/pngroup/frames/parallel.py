"""Work on blocks of rows, on as many cores as the process may use: numpy lets go of Python's lock inside its loops."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

#: Rows of a block: its columns fit the processor's second cache.
BLOCK: Final = 1 << 16
_MOST_THREADS: Final = 8


def n_threads() -> int:
    """How many threads pay: the cores that this process may use, at most eight."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST_THREADS)


def in_blocks(n_rows: int, work: Callable[[int, int], None], *, size: int = BLOCK) -> None:
    """Call `work(start, stop)` for consecutive blocks of rows; blocks are independent and come in no order.

    An exception of a block is raised here.
    """
    starts = range(0, n_rows, size)
    threads = min(n_threads(), len(starts))
    if threads <= 1:
        for start in starts:
            work(start, min(start + size, n_rows))
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda start: work(start, min(start + size, n_rows)), starts):
            pass
