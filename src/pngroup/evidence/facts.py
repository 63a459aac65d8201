"""Evidence: a set of facts, each one 64-bit number: person, meaning, day.

A *meaning* is the set of conditions that a code stands for. Every distinct code is looked up once and gets a meaning;
a row then becomes one number, however many conditions its code is evidence of. Facts lie in blocks of people, in no
order inside a block: nothing that is asked of evidence depends on order or repeats, and a full sort would cost five
times as much. `sorted_keys` is the one form that equal evidences share.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import fact_day
from ..errors import DataError
from ..threads import for_each

Ints: TypeAlias = npt.NDArray[np.int64]

_DAY_BITS: Final = 18
_MEANING_BITS: Final = 15
_PERSON_SHIFT: Final = _DAY_BITS + _MEANING_BITS
#: How many different meanings one evidence can hold.
MOST_MEANINGS: Final = 1 << _MEANING_BITS
#: A block holds 2 ** BLOCK_BITS people: large enough that numpy's calls cost little, small enough for the cache.
BLOCK_BITS: Final = 15
#: Facts put in order at a time, and at most: few enough for the processor's cache.
_PIECE: Final = 1 << 16
_LARGEST_PIECE: Final = 1 << 20


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
    """Facts of `n_people` people, 8 bytes each, in blocks of 2 ** `block_bits` people.

    `keys` is int64 (person, then meaning, then day, from the highest bit), block after block; block b begins at
    `starts[b]`. A fact may be there more than once. `meanings` lists the conditions of each meaning number.
    """

    keys: Ints = field(eq=False, repr=False)
    starts: Ints = field(eq=False, repr=False)
    meanings: tuple[frozenset[str], ...] = field(repr=False)
    n_people: int
    block_bits: int = BLOCK_BITS

    @property
    def n_blocks(self) -> int:
        """How many blocks there are; the last may have fewer people."""
        return len(self.starts) - 1

    def people_of_block(self, block: int) -> slice:
        """Which people a block holds."""
        return slice(block << self.block_bits, min((block + 1) << self.block_bits, self.n_people))

    def block(self, block: int) -> tuple[Ints, Ints, Ints]:
        """Person (counted from the first of the block), meaning and day of the facts of a block."""
        return unpack(self.keys[self.starts[block] : self.starts[block + 1]], first=block << self.block_bits)

    def sorted_keys(self) -> Ints:
        """The facts sorted, each once: equal for equal sets of facts with equal numbers of meanings."""
        keys = np.sort(self.keys)
        return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys

    def in_blocks(self, block_bits: int) -> Evidence:
        """The same facts in blocks of another size."""
        return _gather([self.keys], self.meanings, self.n_people, block_bits)


def pack(person: npt.NDArray[np.integer], meaning: npt.NDArray[np.integer], day: npt.NDArray[np.integer]) -> Ints:
    """Facts of rows: person index, meaning number (not negative) and day number (days since 1970)."""
    facts: Ints = person.astype(np.int64)
    facts <<= _MEANING_BITS
    facts += meaning
    facts <<= _DAY_BITS
    facts += day
    facts += fact_day(0)
    return facts


def unpack(keys: Ints, *, first: int = 0) -> tuple[Ints, Ints, Ints]:
    """Person (counted from `first`), meaning and fact day of packed facts."""
    person = keys >> _PERSON_SHIFT
    person -= first
    return person, (keys >> _DAY_BITS) & (MOST_MEANINGS - 1), keys & ((1 << _DAY_BITS) - 1)


def gather(parts: Iterable[Ints], meanings: Meanings, n_people: int) -> Evidence:
    """The evidence of packed facts from any number of feeds or chunks, in any order, with or without repeats.

    Raises `DataError` for more meanings than a fact can tell apart.
    """
    if len(meanings.sets()) > MOST_MEANINGS:
        raise DataError(
            f"the codes have more than {MOST_MEANINGS:,} different meanings",
            where="records",
            allowed=f"at most {MOST_MEANINGS:,} different sets of conditions",
            remedy="use a catalogue with fewer conditions",
        )
    return _gather(parts, meanings.sets(), n_people, BLOCK_BITS)


def merge(first: Evidence, second: Evidence) -> Evidence:
    """The union of two evidences about the same people in the same order."""
    meanings = Meanings()
    # All meanings are numbered before a fact bears the number of one, so that too many are refused in time.
    numbers = [_numbers(each, meanings) for each in (first, second)]
    gather((), meanings, 0)
    parts = [_renumbered(each, of) for each, of in zip((first, second), numbers, strict=True)]
    return gather(parts, meanings, max(first.n_people, second.n_people))


def _gather(parts: Iterable[Ints], meanings: tuple[frozenset[str], ...], n_people: int, block_bits: int) -> Evidence:
    n_blocks = max(1, -(-n_people >> block_bits))
    size = min(max(_PIECE, n_blocks << 10), _LARGEST_PIECE)
    # Each piece is let go when it has been ordered, and that when it has been copied: two copies would be many.
    pieces = deque(part[at : at + size] for part in parts for at in range(0, len(part), size))
    by_block = partial(_by_block, block_bits=block_bits, n_blocks=n_blocks)
    ordered = for_each(lambda _: by_block(pieces.popleft()), range(len(pieces)))
    counts = np.array([count for _, count in ordered], np.int64).reshape(len(ordered), n_blocks)
    starts = np.concatenate(([0], np.cumsum(counts.sum(axis=0))))
    keys = np.empty(int(starts[-1]), np.int64)
    # Where the facts that each piece has of each block go: block after block, and inside it piece after piece.
    places = (starts[:-1] + np.cumsum(counts, axis=0) - counts).tolist()
    ordered.reverse()
    for place in places:
        (facts, count), at = ordered.pop(), 0
        for n, to in zip(count.tolist(), place, strict=True):
            keys[to : to + n] = facts[at : at + n]
            at += n
    return Evidence(keys, starts, meanings, n_people, block_bits)


def _by_block(facts: Ints, *, block_bits: int, n_blocks: int) -> tuple[Ints, Ints]:
    """Facts in order of their block, and how many there are of each."""
    # Numpy sorts 8 and 16 bit numbers by counting them, some ten times faster than wider ones.
    kind = np.uint8 if n_blocks <= 1 << 8 else np.uint16 if n_blocks <= 1 << 16 else np.uint32
    block = (facts >> (_PERSON_SHIFT + block_bits)).astype(kind)
    count = np.bincount(block, minlength=n_blocks)
    return (facts if n_blocks == 1 else facts.take(np.argsort(block, kind="stable"))), count


def _numbers(evidence: Evidence, meanings: Meanings) -> Ints:
    return np.array([meanings.number(each) for each in evidence.meanings], dtype=np.int64)


def _renumbered(evidence: Evidence, numbers: Ints) -> Ints:
    if not len(evidence.keys):
        return evidence.keys
    mask = (MOST_MEANINGS - 1) << _DAY_BITS
    old = (evidence.keys & mask) >> _DAY_BITS
    renumbered: Ints = (evidence.keys & ~mask) | (numbers[old] << _DAY_BITS)
    return renumbered
