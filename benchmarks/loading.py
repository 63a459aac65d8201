"""The same tables in the forms in which analysts hold them: what a job has in memory before the clock starts.

`head` takes the first rows only, for the warm-up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from population import persons_of

HEAD = 1_000


def read_arrow(folder: Path, name: str, *, head: bool) -> pa.Table:
    """A table of the folder as pyarrow."""
    path = folder / f"{name}.parquet"
    if not head:
        return pq.read_table(path)
    batch = next(pq.ParquetFile(path).iter_batches(HEAD))
    return pa.Table.from_batches([batch])


def polars(table: pa.Table) -> Any:
    """A polars frame of its own memory."""
    import polars as pl

    return pl.from_arrow(table)


def pandas_text(table: pa.Table) -> Any:
    """pandas as it makes it: text of its own kind, `str`."""
    return table.to_pandas()


def pandas_categories(table: pa.Table) -> Any:
    """pandas with categorical ids and codes, where they are text."""
    frame = table.to_pandas()
    for name in ("person_id", "code", "system"):
        if name in frame and table.schema.field(name).type == pa.string():
            frame[name] = frame[name].astype("category")
    return frame


def pandas_objects(table: pa.Table) -> Any:
    """pandas with columns of objects, each cell a text of its own, as Python code makes them; days are datetime64."""
    return _pandas_of(table, lambda column: column.combine_chunks().to_numpy(zero_copy_only=False))


def pandas_shared_objects(table: pa.Table) -> Any:
    """pandas with columns of objects, equal cells one and the same text, as many readers make them."""

    def shared(column: pa.ChunkedArray) -> np.ndarray:
        encoded = column.combine_chunks().dictionary_encode()
        return np.array(encoded.dictionary.to_pylist(), dtype=object)[encoded.indices.to_numpy()]

    return _pandas_of(table, shared)


def integers(table: pa.Table) -> dict[str, Any]:
    """A mapping of numpy arrays: persons by a number 0, 1, ... as a database's surrogate key, days as datetime64.

    Codes are 64-bit integers where they are SNOMED CT, else an Arrow dictionary: integers, and what each stands for.
    """
    made = numbers(table)
    return {**made, "person_id": persons_of(made["person_id"])}


def numbers(table: pa.Table) -> dict[str, Any]:
    """The same with the ten digits of the id as integer."""
    made: dict[str, Any] = {"person_id": table["person_id"].cast(pa.int64()).to_numpy()}
    for name in table.column_names[1:]:
        column = table[name].combine_chunks()
        made[name] = column.dictionary_encode() if column.type == pa.string() else column.to_numpy(zero_copy_only=False)
    return made


def _pandas_of(table: pa.Table, objects: Callable[[pa.ChunkedArray], np.ndarray]) -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            name: pd.Series(objects(table[name]), dtype=object)
            if table.schema.field(name).type == pa.string()
            else table[name].to_pandas()
            for name in table.column_names
        }
    )
