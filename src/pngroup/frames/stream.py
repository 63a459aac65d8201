"""A table that is read in batches and is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from attrs import evolve, field, frozen

from .plain import Column, Rows, Taken, is_a, library
from .with_arrow import ArrowFrame


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


@frozen(eq=False)
class StreamFrame:
    """A stream as a table of which only the names are known; its rows come with `batches`."""

    stream: Stream
    positions: Sequence[int] = ()

    @property
    def implementation(self) -> str:
        """What the rows come from."""
        return self.stream.implementation

    @property
    def names(self) -> Sequence[object]:
        """The column names."""
        return self.stream.names

    @property
    def n_rows(self) -> int:
        """Nobody knows before the last batch."""
        _refuse()

    def load(self, positions: Sequence[int], /) -> StreamFrame:
        """The same stream, of which the columns at these positions are wanted."""
        return evolve(self, positions=tuple(positions))

    def batches(self) -> Iterator[ArrowFrame]:
        """The batches, with the wanted columns only."""
        wanted = [self.names[at] for at in self.positions]
        pa = library("pyarrow")
        for batch in self.stream.batches():
            table = pa.Table.from_batches([batch]) if is_a(batch, "pyarrow", "RecordBatch") else batch
            yield ArrowFrame(table.select(wanted), self.implementation)

    def native_column(self, _name: str) -> Any:
        """No column is there as a whole."""
        _refuse()

    def build(self, columns: Mapping[str, Column | Taken], rows: Rows | None, keep: Sequence[int]) -> Any:
        """A pyarrow Table of computed columns; nothing can be taken of a stream."""
        if rows is not None or keep or any(isinstance(column, Taken) for column in columns.values()):
            _refuse()
        return ArrowFrame(library("pyarrow").table({})).build(columns, None, ())


def _refuse() -> NoReturn:
    raise TypeError("a stream is read piece by piece")
