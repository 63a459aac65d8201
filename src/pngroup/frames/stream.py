"""A table that is read in batches and is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import field, frozen


@frozen(eq=False)
class Stream:
    """A table of records, contacts, medicines or values that arrives in batches, each read once and let go.

    `names`: every column of the source, in its order. `batches`: gives the rows anew each time it is called, as
    `pyarrow.RecordBatch` or `pyarrow.Table` of any number of rows; columns that nobody asks for may be absent from
    all of them. `implementation`: what the rows come from, for messages.

    >>> import pyarrow
    >>> rows = pyarrow.table({"person_id": ["a", "b", "a"]})
    >>> stream = Stream(names=("person_id",), batches=lambda: iter(rows.to_batches(max_chunksize=2)))
    >>> [batch.num_rows for batch in stream.batches()]
    [2, 1]
    """

    names: tuple[str, ...]
    batches: Callable[[], Iterator[Any]] = field(repr=False)
    implementation: str = "file"
