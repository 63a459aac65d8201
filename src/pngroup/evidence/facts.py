"""Evidence: a set of facts, each one 64-bit number: person, meaning, day.

A *meaning* is the set of conditions that a code stands for. Every distinct code is looked up once and gets a meaning;
a row then becomes one number, however many conditions its code is evidence of. Facts stay in the parts that they were
read in, each in order of blocks of people and in no order inside a block: nothing that is asked of evidence depends on
order or repeats, a full sort would cost five times as much, and a second copy of all would double the memory.
`sorted_keys` is the one form that equal evidences share.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import fact_day
from ..errors import DataError

Ints: TypeAlias = npt.NDArray[np.int64]

DAY_BITS: Final = 18
_MEANING_BITS: Final = 15
_PERSON_SHIFT: Final = DAY_BITS + _MEANING_BITS
#: How many different meanings one evidence can hold.
MOST_MEANINGS: Final = 1 << _MEANING_BITS
#: A block holds 2 ** BLOCK_BITS people: large enough that numpy's calls cost little, small enough for the cache.
BLOCK_BITS: Final = 16
#: With several index dates most calls read what is in the cache already; larger blocks then let threads wait less.
_BITS_OF_DATES: Final = 17
_NO_FACTS: Final = np.zeros(0, np.int64)


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


@frozen(eq=False)
class Ordered:
    """Packed facts in order of their block of people: those of block b are `facts[starts[b]:starts[b + 1]]`."""

    facts: Ints = field(repr=False)
    starts: Ints = field(repr=False)

    def block(self, block: int) -> Ints:
        """The facts of a block."""
        return self.facts[self.starts[block] : self.starts[block + 1]]


@frozen
class Evidence:
    """Facts of `n_people` people, 8 bytes each, by blocks of 2 ** `block_bits` people.

    A fact is an int64: person, then meaning, then day, from the highest bit. It may be there more than once. `meanings`
    lists the conditions of each meaning number.
    """

    parts: tuple[Ordered, ...] = field(eq=False, repr=False)
    meanings: tuple[frozenset[str], ...] = field(repr=False)
    n_people: int
    block_bits: int = BLOCK_BITS

    @property
    def n_blocks(self) -> int:
        """How many blocks there are; the last may have fewer people."""
        return _n_blocks(self.n_people, self.block_bits)

    @property
    def n_facts(self) -> int:
        """How many facts there are, repeats counted."""
        return sum(len(part.facts) for part in self.parts)

    @property
    def keys(self) -> Ints:
        """All facts in one array, block after block."""
        return np.concatenate(
            [_NO_FACTS, *(part.block(block) for block in range(self.n_blocks) for part in self.parts)]
        )

    def people_of_block(self, block: int) -> slice:
        """Which people a block holds."""
        return slice(block << self.block_bits, min((block + 1) << self.block_bits, self.n_people))

    def block(self, block: int) -> tuple[Ints, Ints, Ints]:
        """Person (counted from the first of the block), meaning and day of the facts of a block."""
        facts = np.concatenate([_NO_FACTS, *(part.block(block) for part in self.parts)])
        return unpack(facts, first=block << self.block_bits)

    def sorted_keys(self) -> Ints:
        """The facts sorted, each once: equal for equal sets of facts with equal numbers of meanings."""
        keys = np.sort(self.keys)
        return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys

    def in_blocks(self, block_bits: int) -> Evidence:
        """The same facts in blocks of another size."""
        parts = tuple(order(part.facts, self.n_people, block_bits) for part in self.parts)
        return Evidence(parts, self.meanings, self.n_people, block_bits)


def pack(person: npt.NDArray[np.integer], meaning: npt.NDArray[np.integer], day: npt.NDArray[np.integer]) -> Ints:
    """Facts of rows: person index, meaning number (not negative) and day number (days since 1970)."""
    facts: Ints = person.astype(np.int64)
    facts <<= _MEANING_BITS
    facts += meaning
    facts <<= DAY_BITS
    facts += day
    facts += fact_day(0)
    return facts


def unpack(keys: Ints, *, first: int = 0) -> tuple[Ints, Ints, Ints]:
    """Person (counted from `first`), meaning and fact day of packed facts."""
    person = keys >> _PERSON_SHIFT
    person -= first
    return person, (keys >> DAY_BITS) & (MOST_MEANINGS - 1), keys & ((1 << DAY_BITS) - 1)


def order(facts: Ints, n_people: int, block_bits: int = BLOCK_BITS) -> Ordered:
    """Packed facts put in order of their block of people; at its best for a hundred thousand facts at a time."""
    n_blocks = _n_blocks(n_people, block_bits)
    # Numpy sorts 8 and 16 bit numbers by counting them, some ten times faster than wider ones.
    kind = np.uint8 if n_blocks <= 1 << 8 else np.uint16 if n_blocks <= 1 << 16 else np.uint32
    block = (facts >> (_PERSON_SHIFT + block_bits)).astype(kind)
    starts = np.zeros(n_blocks + 1, np.int64)
    np.cumsum(np.bincount(block, minlength=n_blocks), out=starts[1:])
    return Ordered(facts if n_blocks == 1 else facts.take(np.argsort(block, kind="stable")), starts)


def block_bits(n_dates: int) -> int:
    """The size of blocks, as a power of 2, for so many index dates."""
    return BLOCK_BITS if n_dates == 1 else _BITS_OF_DATES


def gather(parts: Iterable[Ordered], meanings: Meanings, n_people: int, block_bits: int = BLOCK_BITS) -> Evidence:
    """The evidence of facts from any number of feeds or chunks, in any order, with or without repeats.

    The parts are in order of blocks of 2 ** `block_bits` people.

    Raises `DataError` for more meanings than a fact can tell apart.
    """
    if len(meanings.sets()) > MOST_MEANINGS:
        raise DataError(
            f"the codes have more than {MOST_MEANINGS:,} different meanings",
            where="records",
            allowed=f"at most {MOST_MEANINGS:,} different sets of conditions",
            remedy="use a catalogue with fewer conditions",
        )
    return Evidence(tuple(part for part in parts if len(part.facts)), meanings.sets(), n_people, block_bits)


def merge(first: Evidence, second: Evidence) -> Evidence:
    """The union of two evidences about the same people in the same order."""
    meanings = Meanings()
    # All meanings are numbered before a fact bears the number of one, so that too many are refused in time.
    numbers = [_numbers(each, meanings) for each in (first, second)]
    gather((), meanings, 0)
    n_people = max(first.n_people, second.n_people)
    parts = (
        order(_renumbered(part.facts, of), n_people)
        for each, of in zip((first, second), numbers, strict=True)
        for part in each.parts
    )
    return gather(parts, meanings, n_people)


def _n_blocks(n_people: int, block_bits: int) -> int:
    return max(1, -(-n_people >> block_bits))


def _numbers(evidence: Evidence, meanings: Meanings) -> Ints:
    return np.array([meanings.number(each) for each in evidence.meanings], dtype=np.int64)


def _renumbered(facts: Ints, numbers: Ints) -> Ints:
    mask = (MOST_MEANINGS - 1) << DAY_BITS
    renumbered: Ints = (facts & ~mask) | (numbers[(facts & mask) >> DAY_BITS] << DAY_BITS)
    return renumbered
