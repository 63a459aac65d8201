"""Numbering distinct integers, and looking integers up, without sorting the rows.

Twenty million record rows name a few hundred thousand persons and a few ten thousand codes. Sorting the rows
to find that out costs more than everything after it; a hash table of the distinct values fits the processor's
cache. Open addressing, linear probing and multiplicative hashing (Knuth, The Art of Computer Programming,
volume 3, section 6.4), each step taken for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from .plain import Index, Rows

Integers: TypeAlias = npt.NDArray[np.int64]

#: 2**64 divided by the golden ratio, odd: spreads consecutive numbers evenly.
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_CHUNK: Final = 1 << 20
_EMPTY: Final = -1


class _Numbers:
    """A growing dictionary from int64 to 0, 1, 2... in order of insertion."""

    def __init__(self, room: int) -> None:
        self._bits = max(10, int(2 * room).bit_length())
        self._values: list[Integers] = []
        self._size = 0
        self._allocate()

    def _allocate(self) -> None:
        self._keys = np.zeros(1 << self._bits, dtype=np.int64)
        self._slots = np.full(1 << self._bits, _EMPTY, dtype=np.int32)

    def _home(self, keys: Integers) -> Rows:
        mixed = keys.view(np.uint64) * _MULTIPLIER
        mixed >>= np.uint64(64 - self._bits)
        return mixed.view(np.int64)

    def insert(self, keys: Integers) -> None:
        """Add distinct keys, none of them present yet."""
        start = self._size
        self._values.append(keys)
        self._size += len(keys)
        if self._size * 2 > len(self._slots):
            self._bits = int(2 * self._size).bit_length()
            self._allocate()
            keys, start = self.values(), 0
        numbers = np.arange(start, start + len(keys), dtype=np.int32)
        at = self._home(keys)
        last = len(self._slots) - 1
        while len(keys):
            free = self._slots[at] == _EMPTY
            # Where several keys meet in one free slot the last one written keeps it; the others go on
            # probing.
            self._slots[at[free]] = numbers[free]
            won = self._slots[at] == numbers
            self._keys[at[won]] = keys[won]
            keys, numbers, at = keys[~won], numbers[~won], (at[~won] + 1) & last

    def find(self, keys: Integers) -> Index:
        """The number of each key, -1 where it was never inserted."""
        result = np.empty(len(keys), dtype=np.int32)
        last = len(self._slots) - 1
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            at = self._home(part)
            found = self._slots[at]
            unsettled = np.flatnonzero((found != _EMPTY) & (self._keys[at] != part))
            at = at[unsettled]
            while len(unsettled):
                at = (at + 1) & last
                number = self._slots[at]
                found[unsettled] = number
                going_on = (number != _EMPTY) & (self._keys[at] != part[unsettled])
                unsettled, at = unsettled[going_on], at[going_on]
            result[start : start + _CHUNK] = found
        return result

    def values(self) -> Integers:
        """The inserted keys in order."""
        return np.concatenate(self._values) if self._values else np.empty(0, dtype=np.int64)


def number_integers(values: Integers) -> tuple[Integers, Index]:
    """Distinct values (in no promised order) and each row's position among them.

    >>> distinct, index = number_integers(np.array([7, 9_434_765_919, 7]))
    >>> distinct[index].tolist()
    [7, 9434765919, 7]
    """
    return through_runs(values, _number, np.not_equal)


def look_up(values: Integers, table: Integers) -> Index:
    """The position in `table` (distinct integers) of each of `values`, -1 where it is not there.

    >>> look_up(np.array([5, 8]), np.array([8, 2])).tolist()
    [-1, 0]
    """
    numbers = _Numbers(len(table))
    numbers.insert(table)
    return numbers.find(values)


def _number(values: Integers) -> tuple[Integers, Index]:
    if not len(values):
        return values, np.empty(0, dtype=np.int32)
    low, high = int(values.min()), int(values.max())
    if high - low < max(2 * len(values), 1 << 16):
        # A narrow range needs no hashing: the offset from the lowest value is the place in a table.
        offset = values - low
        seen = np.zeros(high - low + 1, dtype=bool)
        seen[offset] = True
        place = (np.cumsum(seen) - 1).astype(np.int32)
        return np.flatnonzero(seen) + low, place[offset]
    numbers = _Numbers(1 << 16)
    index = np.empty(len(values), dtype=np.int32)
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK]
        found = numbers.find(part)
        new = np.unique(part[found == _EMPTY])
        if len(new):
            numbers.insert(new)
            found = numbers.find(part)
        index[start : start + _CHUNK] = found
    return numbers.values(), index


def through_runs(
    values: npt.NDArray[Any],
    number: Callable[[npt.NDArray[Any]], tuple[npt.NDArray[Any], Index]],
    differ: Callable[[npt.NDArray[Any], npt.NDArray[Any]], Any],
) -> tuple[npt.NDArray[Any], Index]:
    """Number the first value of each run of equal values only, where runs are long enough to be worth
    finding.

    Records mostly arrive sorted by person; one comparison of neighbours then saves nearly all the hashing.
    """
    if not _has_runs(values, differ):
        return number(values)
    first = np.ones(len(values), dtype=bool)
    first[1:] = differ(values[1:], values[:-1])
    starts = np.flatnonzero(first)
    distinct, index = number(values[starts])
    return distinct, np.repeat(index, np.diff(starts, append=len(values)))


def sample_starts(n_rows: int, *, size: int = 4096, blocks: int = 5) -> list[int]:
    """Where blocks of `size` rows start that are spread over the whole; empty for a table too short to
    matter.
    """
    if n_rows < size * blocks * 2:
        return []
    return [int(start) for start in np.linspace(0, n_rows - size, blocks)]


def _has_runs(values: npt.NDArray[Any], differ: Callable[[npt.NDArray[Any], npt.NDArray[Any]], Any]) -> bool:
    size = 4096
    starts = sample_starts(len(values), size=size)
    changes = sum(int(np.sum(differ(values[s + 1 : s + size], values[s : s + size - 1]))) for s in starts)
    return bool(starts) and changes < 0.5 * size * len(starts)
