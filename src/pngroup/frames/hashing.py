"""Numbering distinct integers, and looking integers up, without sorting the rows.

Twenty million record rows name a few hundred thousand persons and a few ten thousand codes. Sorting the rows
to find that out costs more than everything after it; a hash table of the distinct values fits the processor's
cache. Multiplicative hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4), each step taken for
all rows of a block at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..threads import BLOCK, in_blocks
from .plain import Bools, Index, Rows

Integers: TypeAlias = npt.NDArray[np.int64]

#: 2**64 divided by the golden ratio, odd: spreads consecutive numbers evenly.
MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_CHUNK: Final = 1 << 20
_NONE: Final = -1
_WORD: Final = (1 << 64) - 1
#: A slot without a key; no key has a number with all these bits.
_FREE: Final = np.uint64(_WORD)
#: From the square root of 2: parts the levels of a table.
_NEXT: Final = 0x6A09E667F3BCC908
#: Rows that are numbered one block after the other, before the rest is looked up by all threads.
_HEAD: Final = 16 * BLOCK


class _Level:
    """Slots of which each holds at most one key with its number; a key whose slot is taken belongs to the next level.

    A key times an odd number is another number for every key: its upper bits are the slot, and its lower bits stand in
    the slot above the key's number. What is found and what is looked for differ in the number alone, or the key is
    another one: one access to memory tells both.
    """

    def __init__(self, bits: int, nth: int) -> None:
        self._bits = np.uint64(bits)
        self._shift = np.uint64(64 - bits)
        # Keys that share a slot of one level have to part on the next.
        self._multiplier = np.uint64((int(MULTIPLIER) + nth * _NEXT) & _WORD | 1)
        self._slots = np.full(1 << bits, _FREE, dtype=np.uint64)
        self._numbers = np.zeros(0, dtype=np.int32)
        #: One level numbers its keys as the whole does; the others, of fewer slots, have numbers of their own.
        self._is_first = nth == 0
        self._size = 0

    def _home(self, keys: Integers) -> tuple[Rows, npt.NDArray[np.uint64]]:
        mixed = keys.view(np.uint64) * self._multiplier
        home = (mixed >> self._shift).view(np.int64)
        mixed <<= self._bits
        return home, mixed

    def place(self, keys: Integers, numbers: Index) -> Bools:
        """Put keys where a slot is free; where none was, the key is still without a place."""
        home, packed = self._home(keys)
        tried = self._slots[home] == _FREE
        if self._is_first:
            own = numbers.astype(np.uint64)
            self._size = max(self._size, int(numbers[-1]) + 1)
        else:
            own = np.arange(self._size, self._size + len(keys), dtype=np.uint64)
            tried &= own < np.uint64(len(self._slots) - 1)
            self._numbers = np.concatenate([self._numbers, numbers])
            # Never more than can stand in a slot: what is found must be a number that was given.
            self._size = min(self._size + len(keys), len(self._slots) - 1)
        packed |= own
        # Where several keys meet in one free slot the last one written keeps it.
        self._slots[home[tried]] = packed[tried]
        without: Bools = self._slots[home] != packed
        return without

    def find(self, keys: Integers) -> tuple[Index, Rows]:
        """The number of each key that is here, and the rows of those that are not."""
        home, packed = self._home(keys)
        packed ^= np.take(self._slots, home, mode="clip")
        others = np.flatnonzero(packed >= np.uint64(self._size))
        found = packed.astype(np.int32)
        if not self._is_first:
            found[others] = 0
            found = np.take(self._numbers, found) if len(self._numbers) else found
        found[others] = _NONE
        return found, others


class Numbering:
    """A growing dictionary from int64 to 0, 1, 2... in order of insertion."""

    def __init__(self, room: int = 1 << 12) -> None:
        self._size = 0
        self._keys = np.empty(max(room, 16), dtype=np.int64)
        self._allocate(room)

    def __len__(self) -> int:
        return self._size

    def _allocate(self, room: int) -> None:
        # Half full at most: four keys in five have a slot of the first level.
        self._bits = max(10, int(2 * room).bit_length())
        self._levels = [_Level(self._bits, 0)]

    def insert(self, keys: Integers) -> None:
        """Add distinct keys, none of them present yet."""
        start, self._size = self._size, self._size + len(keys)
        if self._size > len(self._keys):
            self._keys = np.concatenate([self._keys[:start], np.empty(2 * self._size - start, dtype=np.int64)])
        self._keys[start : self._size] = keys
        if self._size * 2 > 1 << self._bits:
            self._allocate(2 * self._size)
            start = 0
        for block in range(start, self._size, _CHUNK):
            self._place(np.arange(block, min(block + _CHUNK, self._size), dtype=np.int32))

    def _place(self, numbers: Index) -> None:
        keys, nth = self._keys[numbers], 0
        while len(numbers):
            if nth == len(self._levels):
                self._levels.append(_Level(max(10, self._bits - 2 * nth), nth))
            without = self._levels[nth].place(keys, numbers)
            keys, numbers, nth = keys[without], numbers[without], nth + 1

    def find(self, keys: Integers) -> Index:
        """The number of each key, -1 where it was never inserted; at its best for some ten thousand keys at a time."""
        found, others = self._levels[0].find(keys)
        for level in self._levels[1:]:
            if not len(others):
                break
            here, still = level.find(keys[others])
            found[others] = here
            others = others[still]
        return found

    def number(self, keys: Integers) -> Index:
        """The number of each key, after those that are new have been inserted."""
        found = self.find(keys)
        new = np.flatnonzero(found == _NONE)
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
        found[:] = _NONE
        return found
    low, high = int(table.min()), int(table.max())
    if _is_narrow(low, high, len(table) + len(values)):
        place = np.full(high - low + 3, _NONE, dtype=np.int32)
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
    number_blocks(numbers, values, index)
    return numbers.values(), index


def number_blocks(numbers: Numbering, values: Integers, index: Index) -> None:
    """Number values into `index`. While there is little to be found it is done block by block; of the rest only blocks
    with something new are gone through again.
    """
    head = 0 if len(numbers) else _HEAD
    unfinished = list(range(0, min(head, len(values)), BLOCK))

    def work(start: int, stop: int) -> None:
        start, stop = start + head, stop + head
        index[start:stop] = numbers.find(values[start:stop])
        if (index[start:stop] == _NONE).any():
            unfinished.append(start)

    def finish() -> None:
        while unfinished:
            start = unfinished.pop()
            index[start : start + BLOCK] = numbers.number(values[start : start + BLOCK])

    finish()
    in_blocks(len(values) - head, work)
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
