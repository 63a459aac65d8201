"""Numpy arrays and Python sequences: columns in and out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .addresses import look_through
from .objects import look_objects
from .plain import Column, Flat, Raw, Rows, days_of, emptied, objects, whole

#: Units of numpy datetimes that name no single day: read as the text of their month or year.
_COARSE: Final = ("Y", "M")


def look_array(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None = None) -> Raw:
    """A numpy array as a column; `missing` marks rows whose value is missing, beside NaN, NaT and None."""
    if isinstance(values, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(values)
        values = values.data
    native = str(values.dtype)
    absent = np.zeros(values.shape[:1], dtype=bool) if missing is None else missing
    letter = values.dtype.kind
    if values.ndim != 1:
        return Raw("nested", f"array of {values.ndim} dimensions")
    if letter in "iu":
        return Raw("integer", native, lambda: Flat(whole(values), absent), _listed(values, missing))
    if letter == "f":

        def read_floats() -> Flat:
            numbers = values.astype(np.float64, copy=False)
            return Flat(numbers, absent | np.isnan(numbers))

        return Raw("float", native, read_floats, _listed(values, missing))
    if letter == "b":
        return Raw("boolean", native, lambda: Flat(values, absent), _listed(values, missing))
    if letter == "M":
        return _look_datetimes(values, missing)
    if letter in "OUT":
        held = values.astype(object) if letter != "O" else values
        if missing is not None:
            held = emptied(held, missing)
        return look_through(held, look_objects)
    return Raw("other", native, listed=_listed(values, missing))


def _look_datetimes(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None) -> Raw:
    unit, _ = np.datetime_data(values.dtype)
    absent = np.isnat(values) if missing is None else missing | np.isnat(values)
    if unit in _COARSE:
        text: npt.NDArray[Any] = np.datetime_as_string(values).astype(object)
        return look_objects(emptied(text, absent))

    def read() -> Flat:
        return Flat(days_of(values).values, absent)

    is_date = unit in ("D", "W")
    return Raw("date" if is_date else "datetime", str(values.dtype), read, _listed(values, missing))


def _listed(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None) -> Any:
    def listed() -> Sequence[object]:
        # numpy lists datetimes of nanoseconds as integers, coarser ones as datetimes.
        plain = values.astype("datetime64[us]") if values.dtype.kind == "M" else values
        rows: list[object] = plain.tolist()
        if missing is None:
            return rows
        return [None if gone else row for row, gone in zip(rows, missing.tolist(), strict=True)]

    return listed


def look_sequence(values: Sequence[object]) -> Raw:
    """A list, tuple or range as a column."""
    return look_objects(objects(values))


def make_array(column: Column) -> npt.NDArray[Any]:
    """A computed column as a numpy array; an object array with None where it can have missing values."""
    if column.kind == "text":
        return column.texts()
    values = column.values
    if column.kind in ("date", "integer"):
        values = values.astype("datetime64[D]" if column.kind == "date" else np.int64, copy=False)
    if column.mask is None:
        return values
    return emptied(values, column.mask)


def take_array(values: Any, rows: Rows) -> Any:
    """Rows of an array or a Python sequence, in the container it came in."""
    if isinstance(values, np.ndarray):
        return values[rows]
    taken = [values[row] for row in rows.tolist()]
    return tuple(taken) if isinstance(values, tuple) else taken
