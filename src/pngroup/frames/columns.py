"""One column on its own, of whatever library: recognise it, read it, and make another like it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .addresses import shares_many_objects
from .objects import is_missing
from .plain import Bools, Column, Distinct, Raw, Rows, is_a, library
from .with_arrays import look_array, look_sequence, make_array, take_array
from .with_arrow import look_arrow, make_arrow
from .with_narwhals import foreign_column, is_foreign_column, is_wrapped_column, make_foreign, wrap_column
from .with_pandas import is_pandas_column, look_pandas, make_pandas
from .with_polars import look_polars, make_polars

#: Kinds whose plain form says all that there is in a column: datetimes lose their time of day on the way.
_COMPARED_WHOLE: Final = ("text", "integer", "float", "boolean", "date", "empty")


def is_column(values: object) -> bool:
    """Whether something is a column of any library; nothing of it is read.

    >>> is_column((1, 2)), is_column("text"), is_column({1, 2})
    (True, False, False)
    """
    if isinstance(values, np.ndarray):
        return values.ndim > 0
    return (
        isinstance(values, (list, tuple, range))
        or is_pandas_column(values)
        or is_a(values, "polars", "Series")
        or is_a(values, "pyarrow", "Array", "ChunkedArray")
        or is_wrapped_column(values)
        or is_foreign_column(values)
    )


def look(values: Any) -> Raw | None:
    """A column of any library as a `Raw`; None if it is not a column.

    >>> look([3, 1]).kind, look(np.array(["a"])).kind, look(3)
    ('integer', 'text', None)
    """
    if isinstance(values, np.ndarray):
        return look_array(values) if values.ndim else None
    if isinstance(values, (list, tuple, range)):
        return look_sequence(values)
    if is_pandas_column(values):
        return look_pandas(values)
    if is_a(values, "polars", "Series"):
        return look_polars(values)
    if is_a(values, "pyarrow", "Array", "ChunkedArray"):
        return look_arrow(values)
    if is_wrapped_column(values):
        return look(values.to_native())
    if is_foreign_column(values):
        return look_arrow(foreign_column(values))
    return None


def part_of_column(values: Any, start: int, stop: int) -> Any:
    """Consecutive rows of a column, not copied; None where its library has no such thing.

    >>> part_of_column(np.array([3, 1, 2]), 1, 3), part_of_column([3, 1, 2], 1, 3)
    (array([1, 2]), None)
    """
    if is_a(values, "pandas", "Series"):
        return values.iloc[start:stop]
    if isinstance(values, np.ndarray) or is_pandas_column(values):
        return values[start:stop]
    if is_a(values, "polars", "Series") or is_a(values, "pyarrow", "Array", "ChunkedArray"):
        return values.slice(start, stop - start)
    return None


def shares_many(values: Any) -> bool:
    """Whether a column is one of Python objects of which many rows hold the same, and there are many all the same."""
    if is_pandas_column(values) and isinstance(values.dtype, np.dtype) and values.dtype.kind == "O":
        values = values.to_numpy()
    return shares_many_objects(values)


def column_like(values: Any, column: Column) -> Any:
    """A computed column in the container of `values`: a Series with its name and index, an array, a list.

    `column` has a row for each of `values`. Arrays give numpy arrays of the same shape.
    """
    if isinstance(values, np.ndarray):
        return make_array(column).reshape(values.shape)
    if isinstance(values, (list, tuple, range)):
        made: list[Any] = make_array(column).tolist()
        return tuple(made) if isinstance(values, tuple) else made
    if is_pandas_column(values):
        if is_a(values, "pandas", "Series"):
            return make_pandas(column, name=values.name, index=values.index)
        made_series = make_pandas(column)
        if is_a(values, "pandas", "Index"):
            return library("pandas").Index(made_series.array, name=values.name)
        return made_series.array
    if is_a(values, "polars", "Series"):
        return make_polars(column, name=values.name)
    if is_a(values, "pyarrow", "ChunkedArray"):
        return _chunked_like(values, make_arrow(column))
    if is_a(values, "pyarrow", "Array"):
        return make_arrow(column)
    if is_wrapped_column(values):
        return wrap_column(column_like(values.to_native(), column))
    return make_foreign(values, column)


def _chunked_like(values: Any, made: Any) -> Any:
    starts = np.cumsum([0, *(len(chunk) for chunk in values.chunks)])
    parts = [made.slice(start, len(chunk)) for start, chunk in zip(starts.tolist(), values.chunks, strict=False)]
    return library("pyarrow").chunked_array(parts, type=made.type)


def take_column(values: Any, rows: Rows) -> Any:
    """Rows of a column, in the container it came in."""
    if is_pandas_column(values):
        return values.iloc[rows] if hasattr(values, "iloc") else values.take(rows)
    if is_a(values, "polars", "Series"):
        return values.gather(rows)
    if is_a(values, "pyarrow", "Array", "ChunkedArray"):
        return values.take(library("pyarrow").array(rows))
    if is_wrapped_column(values) or is_foreign_column(values):
        return take_column(values.to_native() if is_wrapped_column(values) else foreign_column(values), rows)
    return take_array(values, rows)


def same_values(values: Any, one: Rows, other: Rows) -> Bools:
    """Whether row `one[i]` and row `other[i]` of a column hold the same; missing is the same as missing."""
    raw = look(take_column(values, np.concatenate([one, other])))
    if raw is None:
        raise TypeError("these values are no column")
    if raw.kind in _COMPARED_WHOLE:
        plain = raw.read()
        if isinstance(plain, Distinct):
            return np.equal(plain.index[: len(one)], plain.index[len(one) :])
        (first, second), (gone, gone_too) = np.split(plain.values, 2), np.split(plain.missing, 2)
        return np.where(gone | gone_too, gone & gone_too, first == second)
    listed = raw.listed()
    pairs = zip(listed[: len(one)], listed[len(one) :], strict=True)
    return np.fromiter((_equal(a, b) for a, b in pairs), dtype=bool, count=len(one))


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))  # type: ignore[arg-type]
    if is_missing(one) or is_missing(other):
        return is_missing(one) and is_missing(other)
    return bool(one == other)
