"""Evidence: a sorted set of facts, each one 64-bit number: person, meaning, day.

A *meaning* is the set of conditions that a code stands for. Every distinct code is looked up once and gets a meaning;
a row then becomes one number, however many conditions its code is evidence of. Because evidence is a set, duplicates,
order and chunking of the input cannot matter, and merging two feeds is a union.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import to_fact_day

Ints: TypeAlias = npt.NDArray[np.int64]

_DAY_BITS: Final = 18
_MEANING_BITS: Final = 15
_PERSON_SHIFT: Final = _DAY_BITS + _MEANING_BITS
#: How many different meanings one evidence can hold.
MOST_MEANINGS: Final = 1 << _MEANING_BITS


@frozen
class Meanings:
    """The meanings met so far; `number` gives each set of conditions a number of its own."""

    _numbers: dict[frozenset[str], int] = field(factory=dict)

    def number(self, conditions: frozenset[str]) -> int:
        """The number of a meaning; -1 for the empty one, which is no fact."""
        if not conditions:
            return -1
        return self._numbers.setdefault(conditions, len(self._numbers))

    def sets(self) -> tuple[frozenset[str], ...]:
        """All meanings in order of their numbers."""
        return tuple(self._numbers)


@frozen
class Evidence:
    """Sorted distinct facts of `n_people` people.

    `keys` is int64: person, then meaning, then day. `meanings` lists the conditions of each meaning number.
    """

    keys: Ints = field(eq=False, repr=False)
    meanings: tuple[frozenset[str], ...] = field(repr=False)
    n_people: int

    def of_people(self, first: int, end: int) -> tuple[Ints, Ints, Ints]:
        """Person (counted from `first`), meaning and day of the facts of the people from `first` up to `end`."""
        start, stop = np.searchsorted(self.keys, [first << _PERSON_SHIFT, end << _PERSON_SHIFT])
        keys = self.keys[start:stop]
        return (
            (keys >> _PERSON_SHIFT) - first,
            (keys >> _DAY_BITS) & (MOST_MEANINGS - 1),
            keys & ((1 << _DAY_BITS) - 1),
        )


def pack(person: Ints, meaning: npt.NDArray[np.integer], day: npt.NDArray[np.integer]) -> Ints:
    """Facts of rows: person index, meaning number (not negative) and day number (days since 1970)."""
    return (person.astype(np.int64) << _PERSON_SHIFT) | (meaning.astype(np.int64) << _DAY_BITS) | to_fact_day(day)


def gather(parts: Iterable[Ints], meanings: Meanings, n_people: int) -> Evidence:
    """The evidence of packed facts from any number of feeds or chunks."""
    collected = list(parts)
    keys = np.concatenate(collected) if collected else np.empty(0, np.int64)
    keys.sort()
    if len(keys):
        keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    return Evidence(keys, meanings.sets(), n_people)


def merge(first: Evidence, second: Evidence) -> Evidence:
    """The union of two evidences about the same people in the same order."""
    meanings = Meanings()
    parts = [_renumbered(each, meanings) for each in (first, second)]
    return gather(parts, meanings, max(first.n_people, second.n_people))


def _renumbered(evidence: Evidence, meanings: Meanings) -> Ints:
    numbers = np.array([meanings.number(each) for each in evidence.meanings], dtype=np.int64)
    if not len(evidence.keys):
        return evidence.keys
    mask = (MOST_MEANINGS - 1) << _DAY_BITS
    old = (evidence.keys & mask) >> _DAY_BITS
    renumbered: Ints = (evidence.keys & ~mask) | (numbers[old] << _DAY_BITS)
    return renumbered


def expansion(
    meanings: Sequence[frozenset[str]], number_of: dict[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """For each meaning the numbers of its conditions, as offsets and one flat array (those in `number_of` only)."""
    lists = [sorted(number_of[c] for c in each if c in number_of) for each in meanings]
    offsets = np.cumsum([0, *(len(each) for each in lists)], dtype=np.int64)
    flat = np.array([number for each in lists for number in each], dtype=np.int32)
    return offsets, flat
