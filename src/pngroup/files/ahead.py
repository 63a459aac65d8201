"""Reading one batch ahead, so that a file is read while the batch before is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

_END: Final = object()


def one_ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """The same batches; while one is used, a thread has the next one made. What making one raises is raised here.

    >>> list(one_ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    # Leaving the block waits for the batch that is being read: no thread works on when the program ends.
    with ThreadPoolExecutor(1) as reader:
        next_one = reader.submit(next, batches, _END)
        while (batch := next_one.result()) is not _END:
            next_one = reader.submit(next, batches, _END)
            yield batch
