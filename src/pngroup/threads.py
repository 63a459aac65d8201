"""Independent pieces of work, side by side on the processor's cores: numpy lets other threads run inside its loops."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Piece = TypeVar("Piece")
Found = TypeVar("Found")


def n_cores() -> int:
    """How many cores this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


#: Rows of a block: of fewer rows, threads that hand the interpreter to each other at each call of numpy gain nothing.
BLOCK: Final = 1 << 18


def in_blocks(n_rows: int, work: Callable[[int, int], None], *, size: int = BLOCK) -> None:
    """Call `work(start, stop)` for consecutive blocks of rows; blocks are independent and come in no order."""
    for_each(lambda start: work(start, min(start + size, n_rows)), range(0, n_rows, size))


def for_each(work: Callable[[Piece], Found], pieces: Sequence[Piece], *, n_threads: int | None = None) -> list[Found]:
    """What `work` finds for each piece, in the order of the pieces.

    On one core, or with fewer than two pieces, no thread is started. What `work` raises is raised here unchanged, and
    pieces not yet begun are left.

    >>> for_each(len, ["a", "bc"])
    [1, 2]
    """
    n_threads = min(n_threads or n_cores(), len(pieces))
    if n_threads < 2:
        return [work(piece) for piece in pieces]
    with ThreadPoolExecutor(n_threads) as pool:
        tasks = [pool.submit(work, piece) for piece in pieces]
        try:
            return [task.result() for task in tasks]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
