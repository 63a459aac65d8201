"""A table that is read in batches and is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import field, frozen

from .plain import Part, library


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


def collected(native: Any) -> Any:
    """A stream, or a part that is one, as a table in memory, with a column of nothing for each that it left out."""
    if isinstance(native, Part):
        return Part(collected(native.native))
    if not isinstance(native, Stream):
        return native
    pa = library("pyarrow")
    tables = [each if isinstance(each, pa.Table) else pa.Table.from_batches([each]) for each in native.batches()]
    if not tables:
        return pa.table({name: pa.nulls(0) for name in native.names})
    table = pa.concat_tables([_decoded(each, pa) for each in tables])
    here = set(table.column_names)
    nothing = pa.nulls(table.num_rows)
    return pa.Table.from_arrays(
        [table.column(name) if name in here else nothing for name in native.names], names=list(native.names)
    )


def _decoded(table: Any, pa: Any) -> Any:
    columns = [c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)
