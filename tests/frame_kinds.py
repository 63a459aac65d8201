"""The same table in every kind of frame that a caller may have. Used by the tests of frames and schemes."""

from __future__ import annotations

import datetime

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from pngroup.frames import is_missing


def _typed(values):
    """Values as a numpy array of their own type, objects where that needs None."""
    present = [v for v in values if v is not None]
    if len(present) < len(values) or not present or isinstance(present[0], str | datetime.date):
        return np.array([*values, None], dtype=object)[:-1]
    return np.array(values)


def _duckdb(table):
    arrow = pa.table(table)
    # On the module's own connection: a relation of older DuckDB does not keep another one open by itself.
    return duckdb.from_arrow(arrow)


def _dictionaries(table):
    columns = {name: pa.chunked_array([pa.array(v)]) for name, v in table.items()}
    texts = {name: c.dictionary_encode() for name, c in columns.items() if pa.types.is_string(c.type)}
    return pa.table({**columns, **texts})


def _chunks(table):
    whole = pa.table(table)
    half = whole.num_rows // 2
    return pa.concat_tables([whole.slice(0, half), whole.slice(half), whole.slice(0, 0)])


def _categories(table):
    frame = pd.DataFrame(table)
    texts = [n for n, v in table.items() if any(isinstance(x, str) for x in v)]
    return frame.astype(dict.fromkeys(texts, "category"))


KINDS = {
    "lists": lambda table: {name: list(values) for name, values in table.items()},
    "arrays": lambda table: {name: _typed(values) for name, values in table.items()},
    "pandas": pd.DataFrame,
    "pandas objects": lambda table: pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in table.items()}),
    "pandas nullable": lambda table: pd.DataFrame(table).convert_dtypes(),
    "pandas arrow": lambda table: pd.DataFrame(table).convert_dtypes(dtype_backend="pyarrow"),
    "pandas categories": _categories,
    "polars": lambda table: pl.DataFrame(table, strict=False),
    "polars lazy": lambda table: pl.LazyFrame(table, strict=False),
    "polars categories": lambda table: pl.DataFrame(table, strict=False).with_columns(
        pl.col(pl.String).cast(pl.Categorical)
    ),
    "arrow": pa.table,
    "arrow chunks": _chunks,
    "arrow dictionaries": _dictionaries,
    "duckdb": _duckdb,
    "narwhals": lambda table: nw.from_native(pl.DataFrame(table, strict=False)),
    "narwhals lazy": lambda table: nw.from_native(pl.LazyFrame(table, strict=False)),
    "arrow stream": lambda table: pa.table(table).to_reader(),
    "mapping of series": lambda table: {name: pd.Series(values) for name, values in table.items()},
}


def rows_of_frame(frame):
    """Any frame that `build` gives, as a dict of lists with None where missing, and its column names in
    order.
    """
    if isinstance(frame, nw.DataFrame | nw.LazyFrame):
        frame = frame.to_native()
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame.to_dict(as_series=False)
    if isinstance(frame, pa.Table):
        return {name: frame.column(name).to_pylist() for name in frame.column_names}
    if isinstance(frame, pd.DataFrame):
        return {name: [None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame.columns}
    return {
        name: [None if is_missing(v) else v for v in (values.tolist() if hasattr(values, "tolist") else values)]
        for name, values in frame.items()
    }
