"""Numbering distinct integers, and looking integers up, without sorting the rows.

Twenty million record rows name a few hundred thousand persons and a few ten thousand codes. Sorting the rows
to find that out costs more than everything after it; a hash table of the distinct values fits the processor's
cache. Open addressing, linear probing and multiplicative hashing (Knuth, The Art of Computer Programming,
volume 3, section 6.4), each step taken for all rows of a block at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..threads import BLOCK, in_blocks
from .plain import Index, Rows

Integers: TypeAlias = npt.NDArray[np.int64]

#: 2**64 divided by the golden ratio, odd: spreads consecutive numbers evenly.
MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_CHUNK: Final = 1 << 20
_EMPTY: Final = -1
#: Rows that are numbered one block after the other, before the rest is looked up by all threads.
_HEAD: Final = 16 * BLOCK


class Numbering:
    """A growing dictionary from int64 to 0, 1, 2... in order of insertion."""

    def __init__(self, room: int = 1 << 12) -> None:
        self._size = 0
        self._keys = np.empty(max(room, 16), dtype=np.int64)
        self._allocate(room)

    def __len__(self) -> int:
        return self._size

    def _allocate(self, room: int) -> None:
        # A quarter full at most: nearly every key is found at its first place.
        self._bits = max(10, int(4 * room - 1).bit_length())
        self._slots = np.full(1 << self._bits, _EMPTY, dtype=np.int32)

    def _home(self, keys: Integers) -> Rows:
        mixed = keys.view(np.uint64) * MULTIPLIER
        mixed >>= np.uint64(64 - self._bits)
        return mixed.view(np.int64)

    def insert(self, keys: Integers) -> None:
        """Add distinct keys, none of them present yet."""
        start, self._size = self._size, self._size + len(keys)
        if self._size > len(self._keys):
            self._keys = np.concatenate([self._keys[:start], np.empty(2 * self._size - start, dtype=np.int64)])
        self._keys[start : self._size] = keys
        if self._size * 4 > len(self._slots):
            self._allocate(2 * self._size)
            start = 0
        for block in range(start, self._size, _CHUNK):
            self._place(np.arange(block, min(block + _CHUNK, self._size), dtype=np.int32))

    def _place(self, numbers: Index) -> None:
        at = self._home(self._keys[numbers])
        last = len(self._slots) - 1
        while len(numbers):
            free = self._slots[at] == _EMPTY
            # Where several keys meet in one free slot the last one written keeps it; the others go on
            # probing.
            self._slots[at[free]] = numbers[free]
            lost = np.flatnonzero(self._slots[at] != numbers)
            numbers, at = numbers[lost], (at[lost] + 1) & last

    def find(self, keys: Integers) -> Index:
        """The number of each key, -1 where it was never inserted; at its best for some ten thousand keys at a time."""
        at = self._home(keys)
        found: Index = np.take(self._slots, at, mode="clip")
        # An empty slot, -1, takes the last key; it is settled already.
        unsettled = np.flatnonzero((np.take(self._keys, found, mode="wrap") != keys) & (found != _EMPTY))
        at, last = at[unsettled], len(self._slots) - 1
        while len(unsettled):
            at = (at + 1) & last
            number = self._slots[at]
            found[unsettled] = number
            going_on = (number != _EMPTY) & (self._keys[number] != keys[unsettled])
            unsettled, at = unsettled[going_on], at[going_on]
        return found

    def number(self, keys: Integers) -> Index:
        """The number of each key, after those that are new have been inserted."""
        found = self.find(keys)
        new = np.flatnonzero(found == _EMPTY)
        if len(new):
            self.insert(sorted_distinct(keys[new]))
            found[new] = self.find(keys[new])
        return found

    def values(self) -> Integers:
        """The inserted keys in order."""
        return self._keys[: self._size]


def sorted_distinct(values: Integers) -> Integers:
    """Distinct values, sorted: numpy's own `unique` hashes integers since 2.3, at ten times the cost of a sort."""
    values = np.sort(values)
    return values[np.append(True, values[1:] != values[:-1])] if len(values) else values


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
    found = np.empty(len(values), dtype=np.int32)
    if not len(values) or not len(table):
        found[:] = _EMPTY
        return found
    low, high = int(table.min()), int(table.max())
    if _is_narrow(low, high, len(table) + len(values)):
        place = np.full(high - low + 3, _EMPTY, dtype=np.int32)
        place[table - (low - 1)] = np.arange(len(table), dtype=np.int32)

        def work(start: int, stop: int) -> None:
            # Values below and above stand at the two ends of the table, which are empty.
            offset = np.clip(values[start:stop], low - 1, high + 1) - (low - 1)
            np.take(place, offset, out=found[start:stop])

    else:
        numbers = Numbering(len(table))
        numbers.insert(table)

        def work(start: int, stop: int) -> None:
            found[start:stop] = numbers.find(values[start:stop])

    in_blocks(len(values), work)
    return found


def _is_narrow(low: int, high: int, n: int) -> bool:
    """Whether a table over all numbers from low to high is small beside the rows, and its ends are numbers."""
    limits = np.iinfo(np.int64)
    return high - low < max(2 * n, 1 << 16) and low > limits.min and high < limits.max


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
    numbers = Numbering()
    index = np.empty(len(values), dtype=np.int32)
    _number_blocks(numbers, values, index)
    return numbers.values(), index


def _number_blocks(numbers: Numbering, values: Integers, index: Index) -> None:
    """A first stretch is numbered block by block; of the rest only blocks with something new are gone through again."""
    unfinished = list(range(0, min(_HEAD, len(values)), BLOCK))

    def work(start: int, stop: int) -> None:
        start, stop = start + _HEAD, stop + _HEAD
        index[start:stop] = numbers.find(values[start:stop])
        if (index[start:stop] == _EMPTY).any():
            unfinished.append(start)

    def finish() -> None:
        while unfinished:
            start = unfinished.pop()
            index[start : start + BLOCK] = numbers.number(values[start : start + BLOCK])

    finish()
    in_blocks(len(values) - _HEAD, work)
    finish()


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
