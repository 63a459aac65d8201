"""Parquet files in batches: of the columns that are asked for, codes as dictionaries where the file has them so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..errors import DataError
from .formats import arrow

#: Rows of a batch: enough that a batch's fixed cost is small, few enough to be small in memory.
ROWS: Final = 1 << 18
#: Bytes of a column that are read at a time: a row group of any size needs no more.
_BUFFER: Final = 1 << 20
#: Text takes at least four bytes a value where it is not in a dictionary; below that nearly all of it is.
_DICTIONARY_BYTES: Final = 4


class ParquetTable:
    """A table in a Parquet file: its `schema`, `names`, `n_rows`, and its rows by `batches`.

    `file` is what pyarrow reads from. Raises `DataError` for what is no readable Parquet file.
    """

    def __init__(self, file: Any, where: str) -> None:
        self._file = file
        self._where = where
        with self._faults():
            opened = self._open([])
            self.schema = opened.schema_arrow
            self.n_rows = int(opened.metadata.num_rows)
            self._dictionaries = _dictionaries(opened)
        self.names = list(self.schema.names)

    def batches(self, wanted: Sequence[int] | None = None) -> Iterator[Any]:
        """The rows as pyarrow Tables; of the columns at the places `wanted`, or (None) all of them as they are.

        With `wanted`, text that the file holds as dictionaries stays so: codes are then read in half the time, and
        each distinct one is looked at once. Ids of a file sorted by person gain too; others would take ten times as
        long, which is why the file is asked.
        """
        pa = arrow()
        names = None if wanted is None else [self.names[place] for place in wanted]
        waiting: list[Any] = []
        with self._faults():
            file = self._open(self._dictionaries & set(names or ()))
            # A thread reads ahead; more of them cost more than they gain.
            for batch in file.iter_batches(batch_size=ROWS, columns=names, use_threads=False):
                # Row groups end batches; small ones are put together.
                waiting.append(batch)
                if sum(each.num_rows for each in waiting) >= ROWS // 2:
                    yield pa.Table.from_batches(waiting)
                    waiting = []
            if waiting:
                yield pa.Table.from_batches(waiting)

    def _open(self, dictionaries: Sequence[str] | set[str]) -> Any:
        self._file.seek(0)
        return arrow("pyarrow.parquet").ParquetFile(
            self._file, read_dictionary=sorted(dictionaries), pre_buffer=False, buffer_size=_BUFFER
        )

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        pa = arrow()
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"the file is not a readable Parquet file ({type(error).__name__})",
                where=self._where,
                allowed="a whole Parquet file",
                remedy="check how it was made and copied; text wants the ending .csv or .tsv",
            ) from None


def _dictionaries(opened: Any) -> set[str]:
    """Columns whose text is in dictionaries, by the first row group."""
    if not opened.num_row_groups:
        return set()
    group = opened.metadata.row_group(0)
    types = arrow().types
    found = set()
    for place in range(group.num_columns):
        column = group.column(place)
        name = column.path_in_schema
        is_in = any("DICTIONARY" in encoding for encoding in column.encodings)
        field = opened.schema_arrow.field(name) if opened.schema_arrow.names.count(name) == 1 else None
        is_text = field is not None and (types.is_string(field.type) or types.is_large_string(field.type))
        if is_text and is_in and column.total_uncompressed_size < _DICTIONARY_BYTES * column.num_values:
            found.add(name)
    return found
