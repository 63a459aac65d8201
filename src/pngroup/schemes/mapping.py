"""The mappers: need tier, colour and name for anyone who has group numbers.

They take a number or a column of any library and give back the same kind of thing, missing where it was
missing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import DataError, UsageError, shape_of
from ..frames import Column, Flat, column_like, is_column, is_missing, look
from ..vocabulary import NeedGroup, NeedTier, Rag
from .loading import Scheme, load_scheme

_FIRST: Final = min(NeedGroup)
_LAST: Final = max(NeedGroup)
_GROUPS: Final = tuple(int(group) for group in NeedGroup)
#: A longer value is no group number and could be an identifier that was passed by mistake: its shape is
#: shown.
_LONGEST_SHOWN: Final = 4
_MOST_SHOWN: Final = 5


def need_tier(values: Any, scheme: str | os.PathLike[str] | Scheme = "default") -> Any:
    """The need tier of each group number.

    `values`: a number 1 to 11 or a `NeedGroup`, a list, a numpy array, or a column of pandas, polars, pyarrow
    or any library that narwhals takes. One value gives a `NeedTier` (the word as text where a scheme has
    other words), a list a list of them, an array an object array of text, a Series a Series of text with the
    same name and index. Missing (None, NaN, null) stays missing. Raises `DataError` that names values which
    are no group number: text, truths, fractions and numbers outside 1 to 11 are never mapped.

    >>> need_tier(11)
    <NeedTier.HIGH: 'high'>
    >>> need_tier(np.array([1.0, float("nan"), 5.0])).tolist()
    ['low', None, 'moderate']

    Source: need-group specification, section 1; the source of the scheme is `load_scheme(scheme).source`.
    """
    used = load_scheme(scheme)
    return _map(values, tuple(used.tier_word(group) for group in _GROUPS), NeedTier, "need_tier")


def rag(values: Any, scheme: str | os.PathLike[str] | Scheme = "default") -> Any:
    """The colour (red, amber, green) of each group number; takes and gives what `need_tier` does, one value a
    `Rag`.

    >>> rag([1, 9, None])
    [<Rag.GREEN: 'green'>, <Rag.AMBER: 'amber'>, None]

    Source: need-group specification, section 1; the source of the scheme is `load_scheme(scheme).source`.
    """
    used = load_scheme(scheme)
    return _map(values, tuple(used.colour(group) for group in _GROUPS), Rag, "rag")


def group_name(values: Any, scheme: str | os.PathLike[str] | Scheme = "default") -> Any:
    """The name of each group number; takes and gives what `need_tier` does, one value as text.

    >>> group_name(3)
    'Low need adult'

    Source: need-group specification, section 1; the source of the scheme is `load_scheme(scheme).source`.
    """
    return _map(values, load_scheme(scheme).group_names, None, "group_name")


def _map(values: Any, texts: tuple[str, ...], words: type[Enum] | None, function: str) -> Any:
    if is_column(values):
        return _map_column(values, texts, _members(texts, words), function)
    value = values.item() if isinstance(values, np.ndarray) else values
    if is_missing(value):
        return None
    if not isinstance(value, str | bytes | int | float | Decimal | np.generic):
        raise UsageError(
            f"{function} was given a {type(value).__name__}",
            where=f"{function}, argument values",
            allowed="one group number, a list, an array, or one column (Series) of a dataframe",
            remedy="pass the group numbers alone",
        )
    number = _read_value(value)
    if number is None:
        raise _refused([value], 1, function)
    return _members(texts, words)[number - 1]


def _members(texts: tuple[str, ...], words: type[Enum] | None) -> tuple[Any, ...]:
    """Members of the enumeration if it has all of them, so that the type never depends on the group."""
    if words is None or not {member.value for member in words} >= set(texts):
        return texts
    return tuple(words(text) for text in texts)


def _map_column(values: Any, texts: tuple[str, ...], members: tuple[Any, ...], function: str) -> Any:
    group, missing = _read_column(values.reshape(-1) if isinstance(values, np.ndarray) else values, function)
    if isinstance(values, list | tuple | range):
        pairs = zip(group.tolist(), missing.tolist(), strict=True)
        mapped = [None if gone else members[number - 1] for number, gone in pairs]
        return tuple(mapped) if isinstance(values, tuple) else mapped
    return column_like(values, Column("text", group - 1, missing, texts))


def _read_column(values: Any, function: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Group numbers (1 where missing) and where they are missing; refuses what is neither."""
    raw = look(values)
    if raw is None or raw.kind not in ("integer", "float", "empty"):
        return _read_listed(raw.listed() if raw is not None else list(values), function)
    plain = raw.read()
    if not isinstance(plain, Flat):
        return np.ones(len(plain.index), np.int64), np.ones(len(plain.index), bool)
    number, missing = plain.values, plain.missing
    good = (number >= _FIRST) & (number <= _LAST) & (number == np.floor(number))
    bad = ~good & ~missing
    if bad.any():
        raise _refused(number[bad].tolist(), len(number), function)
    return np.where(missing, 1, number).astype(np.int64), missing


def _read_listed(values: Sequence[object], function: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The same, value by value: for columns of Python objects that are not all numbers."""
    missing = [is_missing(value) for value in values]
    read = [1 if gone else _read_value(value) for value, gone in zip(values, missing, strict=True)]
    bad = [value for value, number in zip(values, read, strict=True) if number is None]
    if bad:
        raise _refused(bad, len(values), function)
    return np.array(read, dtype=np.int64), np.array(missing, dtype=bool)


def _read_value(value: object) -> int | None:
    """A group number, or None for anything else; 5.0 is 5, True is not 1."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | Decimal | np.number):
        return None
    return int(value) if value in _GROUPS else None


def _refused(bad: Sequence[object], n_values: int, function: str) -> DataError:
    shown = list(dict.fromkeys(map(_shown, bad)))
    listed = ", ".join(shown[:_MOST_SHOWN]) + (" and others" if len(shown) > _MOST_SHOWN else "")
    return DataError(
        f"{len(bad):,} of {n_values:,} values are no need group: {listed}",
        where=f"{function}, argument values",
        allowed="whole numbers 1 to 11, and missing values",
        remedy="convert text to whole numbers first"
        if isinstance(bad[0], str)
        else "correct these values or make them missing",
    )


def _shown(value: object) -> str:
    plain: object = value.item() if isinstance(value, np.generic) else value
    text = repr(int(plain)) if isinstance(plain, float) and plain.is_integer() else repr(plain)
    return text if len(text) <= _LONGEST_SHOWN or isinstance(plain, bool) else shape_of(plain)
