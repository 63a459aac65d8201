"""The results of parts as one result, in the order of the people, never all in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

#: The column of a part's result that says which row of people each row belongs to.
ROW: Final = "row"
_ROWS: Final = 1 << 14
#: Bytes of a column that are read at a time.
_BUFFER: Final = 1 << 18


def merge(paths: Sequence[Path], people: Any, person_id: str, others: Sequence[str], n_rows: int) -> Iterator[Any]:
    """The whole result in pieces of `n_rows` rows, as `Grouping.to_frame()` would give them.

    Each file of `paths` has `ROW`, ascending, then the columns of the result without those of people; `person_id` and
    `others` are columns of `people`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows_of = [_rows(path) for path in paths]
    rows = np.sort(np.concatenate(rows_of))
    cursors = [_Cursor(path) for path in paths]
    schema = _schema(pq.read_schema(paths[0]), people, person_id, others)
    try:
        for start in range(0, len(rows), n_rows) or (0,):
            last = rows[min(start + n_rows, len(rows)) - 1] if len(rows) else -1
            found = [
                cursor.take(int(np.searchsorted(of, last, side="right")))
                for cursor, of in zip(cursors, rows_of, strict=True)
            ]
            ours = pa.concat_tables(found)
            order = np.argsort(ours.column(0).to_numpy(), kind="stable")
            ours = ours.take(pa.array(order))
            theirs = people.take(ours.column(0))
            columns = [theirs.column(person_id), *ours.columns[1:], *(theirs.column(name) for name in others)]
            yield pa.table(columns, schema=schema)
    finally:
        for cursor in cursors:
            cursor.close()


def _rows(path: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=[ROW], partitioning=None).column(0).to_numpy()


def _schema(ours: Any, people: Any, person_id: str, others: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            people.schema.field(person_id).with_name("person_id"),
            *(pa.field(field.name, field.type) for field in list(ours)[1:]),
            *(people.schema.field(name) for name in others),
        ]
    )


class _Cursor:
    """A file that is read from its first row on, as far as it is asked for."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        # By default the whole file is in memory in the end.
        self._file = pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER)
        self._batches = self._file.iter_batches(batch_size=_ROWS, use_threads=False)
        self._schema = self._file.schema_arrow
        self._held: list[Any] = []
        self._n_held = self._n_given = 0

    def take(self, end: int) -> Any:
        """The rows from where the last call ended up to the row `end`."""
        import pyarrow as pa

        n = end - self._n_given
        while self._n_held < n:
            batch = next(self._batches)
            self._held.append(batch)
            self._n_held += batch.num_rows
        held = pa.Table.from_batches(self._held, self._schema)
        given, rest = held.slice(0, n), held.slice(n)
        self._held, self._n_held = rest.to_batches(), rest.num_rows
        self._n_given = end
        return given

    def close(self) -> None:
        self._file.close()
