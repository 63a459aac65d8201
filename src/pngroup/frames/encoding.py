"""Distinct values and each row's place among them; and columns as numbers."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from attrs import frozen

from .hashing import number_integers
from .plain import Bools, Distinct, Flat, Index, Objects, Plain

_NUMBER: Final = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


@frozen(eq=False)
class Encoded:
    """A column by its distinct values.

    `values`: distinct values, each of which occurs: an object array of str, or an int64 (uint64 where
    needed), float64 or bool array. `index`: int32, one a row, the row's place in `values`, -1 where it is
    missing. The order of `values` is not promised.
    """

    values: Objects | npt.NDArray[Any]
    index: Index

    @property
    def is_text(self) -> bool:
        """Whether the values are text (a column without values counts as text)."""
        return self.values.dtype == object

    @property
    def n_missing(self) -> int:
        """Number of rows without a value."""
        return int(np.count_nonzero(self.index < 0))


class Numbers(NamedTuple):
    """A column as numbers, one entry a row.

    `number`: float64, NaN where there is none. `absent`: bool, True where there is no number to use, because
    the row has no value or one that is no finite number. `n_unreadable` counts the latter; blank text is no
    value.
    """

    number: npt.NDArray[np.float64]
    absent: Bools
    n_unreadable: int


def encode_plain(plain: Plain) -> Encoded:
    """Text as it is numbered already; numbers numbered here."""
    if isinstance(plain, Distinct):
        return Encoded(plain.values, plain.index)
    values, missing = plain.values, plain.missing
    present = values[~missing] if missing.any() else values
    if values.dtype == np.float64:
        # Once minus zero is zero, equal numbers have equal bits, and the hash table takes the bits.
        distinct, place = number_integers((present + 0.0).view(np.int64))
    else:
        distinct, place = number_integers(
            present.astype(np.int64) if present.dtype.kind == "b" else present.view(np.int64)
        )
    index = place
    if len(present) < len(values):
        index = np.full(len(values), -1, dtype=np.int32)
        index[~missing] = place
    return Encoded(_as_before(distinct, values.dtype), index)


def _as_before(distinct: npt.NDArray[np.int64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return distinct.astype(bool) if dtype.kind == "b" else np.ascontiguousarray(distinct).view(dtype)


def read_numbers(plain: Plain) -> Numbers:
    """Numbers from a plain column of numbers or text.

    >>> read_numbers(Distinct(np.array(["1.5", "<5", " "], dtype=object), np.array([0, 1, 2, -1])))
    Numbers(number=array([1.5, nan, nan, nan]), absent=array([False,  True,  True,  True]), n_unreadable=1)
    """
    if isinstance(plain, Flat):
        number = plain.values.astype(np.float64)
        missing = plain.missing
    else:
        texts = plain.values.tolist()
        read = np.array([float(t) if _NUMBER.fullmatch(t) else np.nan for t in texts] + [np.nan])
        blank = np.array([not t.strip() for t in texts] + [True])
        number, missing = read[plain.index], blank[plain.index]
    absent = missing | ~np.isfinite(number)
    number[absent] = np.nan
    return Numbers(number, absent, int(np.count_nonzero(absent & ~missing)))
