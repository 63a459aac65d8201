"""Columns of Python objects: what they hold, found out without trusting the first row.

A list, a pandas object column or a polars Object column can hold anything. Text is numbered through one pass
of hashing; everything else is sorted out by the types that occur. Text and whole numbers together are read as
text (spreadsheets store the codes 250 and 'E11' so); no other mixture is read at all.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import count
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from .hashing import through_runs
from .plain import Bools, Distinct, Flat, Index, Kind, Objects, Raw, objects, tidy

_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
_NESTED: Final = (list, tuple, set, frozenset, dict, np.ndarray)
#: pandas' two markers of missing values are known by name, so that pandas need not be imported.
_MISSING_TYPES: Final = frozenset({"NoneType", "NAType", "NaTType"})

_NEVER_MISSING: Final = frozenset({str, int, bool, datetime.date})

#: Numbers objects: gives distinct objects and each row's position; missing rows may be -1.
Numberer: TypeAlias = Callable[[Objects], tuple[Objects, Index]]


def is_missing(value: object) -> bool:
    """None, NaN of any float type, NaT, pandas' NA.

    >>> [is_missing(v) for v in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    if isinstance(value, (float, np.floating, np.datetime64, Decimal)):
        return bool(value != value)  # noqa: PLR0124 - NaN and NaT are what does not equal itself
    return type(value).__name__ in _MISSING_TYPES


def number_objects(values: Objects) -> tuple[Objects, Index]:
    """Distinct objects in order of appearance and each row's position, by Python's own hashing.

    >>> number_objects(objects(["b", "a", "b"]))[1].tolist()
    [0, 1, 0]
    """
    rows = values.tolist()
    # A first sight of a value takes the next number; the loop over the rows runs inside Python's own C code.
    number: defaultdict[object, int] = defaultdict(count().__next__)
    index = np.fromiter(map(number.__getitem__, rows), dtype=np.int32, count=len(rows))
    return objects(list(number)), index


def look_objects(values: Objects, number: Numberer = number_objects) -> Raw:
    """A column of Python objects. `number` may be a faster numberer of the caller's library."""
    if all(isinstance(value, str) or is_missing(value) for value in values[:1000].tolist()):
        text = _as_text(values, number)
        if text is not None:
            return text
    return _by_types(values, number)


def _as_text(values: Objects, number: Numberer) -> Raw | None:
    """The column as text if it holds nothing else: text equals only text, so the distinct values tell."""
    try:
        try:
            distinct, index = through_runs(values, number, np.not_equal)
        except (TypeError, ValueError):
            # Neighbours that are pandas' NA (neither true nor false) cannot be compared; they can be hashed.
            distinct, index = number(values)
    except TypeError:
        return None  # unhashable: lists or dictionaries, named by _by_types
    texts = [None if is_missing(value) else value for value in distinct.tolist()]
    if not all(text is None or isinstance(text, str) for text in texts):
        return None
    result = tidy([_plain_text(text) for text in texts], index)
    kind: Kind = "text" if len(result.values) else "empty"
    return Raw(kind, "object", lambda: result, values.tolist)


def _plain_text(value: object) -> object:
    # Members of text enumerations are text that prints differently; the text itself is meant.
    return str.__str__(value) if isinstance(value, str) and type(value) is not str else value


def _by_types(values: Objects, number: Numberer) -> Raw:
    rows = values.tolist()
    types = set(map(type, rows))
    if any(issubclass(t, _NESTED) for t in types):
        return Raw("nested", _names(types), listed=values.tolist)
    if types - _NEVER_MISSING:
        missing = np.fromiter(map(is_missing, rows), dtype=bool, count=len(rows))
    else:
        missing = np.zeros(len(rows), dtype=bool)
    present = values[~missing]
    held = set(map(type, present.tolist()))
    native = _names(held)

    def only(*kinds: type) -> bool:
        return all(issubclass(t, kinds) and not (t is bool and bool not in kinds) for t in held)

    if only(bool, np.bool_):
        return _flat("boolean", native, values, missing, present.astype(bool))
    if only(int, np.integer):
        return _whole_numbers(native, values, missing, present)
    if only(int, float, Decimal, np.integer, np.floating):
        if all(issubclass(t, (int, np.integer, Decimal)) for t in held) and all(map(_is_whole, present)):
            return _whole_numbers(native, values, missing, objects([int(v) for v in present]))
        return _flat("float", native, values, missing, present.astype(np.float64))
    if only(str, int, np.integer):
        return _text_and_numbers(native, values, missing, number)
    if only(datetime.date, np.datetime64):
        days = np.fromiter(map(_day, present), dtype=np.int64, count=len(present))
        timed = any(issubclass(t, (datetime.datetime, np.datetime64)) for t in held)
        return _flat("datetime" if timed else "date", native, values, missing, days)
    return Raw("other", native, listed=values.tolist)


def _is_whole(value: object) -> bool:
    return not isinstance(value, Decimal) or (value.is_finite() and value == value.to_integral_value())


def _flat(kind: Kind, native: str, values: Objects, missing: Bools, present: npt.NDArray[Any]) -> Raw:
    full = np.zeros(len(missing), dtype=present.dtype)
    full[~missing] = present
    return Raw(kind, native, lambda: Flat(full, missing), values.tolist)


def _whole_numbers(native: str, values: Objects, missing: Bools, present: Objects) -> Raw:
    low, high = int(min(present)), int(max(present))
    if low >= np.iinfo(np.int64).min and high <= np.iinfo(np.int64).max:
        return _flat("integer", native, values, missing, present.astype(np.int64))
    if low >= 0 and high <= np.iinfo(np.uint64).max:
        return _flat("integer", native, values, missing, present.astype(np.uint64))
    return Raw("other", "whole numbers of more than 64 bits", listed=values.tolist)


def _text_and_numbers(native: str, values: Objects, missing: Bools, number: Numberer) -> Raw:
    def read() -> Distinct:
        distinct, index = number(values)
        texts = [None if is_missing(v) else str.__str__(v) if isinstance(v, str) else str(int(v)) for v in distinct]
        return tidy(texts, np.where(missing, -1, index))

    return Raw("mixed", native, read, values.tolist)


def _day(value: datetime.date | np.datetime64) -> int:
    if isinstance(value, np.datetime64):
        return int(value.astype("datetime64[D]").astype(np.int64))
    # A date with a time and a zone counts by its own, local, calendar.
    return value.toordinal() - _EPOCH


def _names(types: Iterable[type]) -> str:
    return ", ".join(sorted({t.__name__ for t in types})) or "nothing"
