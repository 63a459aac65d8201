"""From the facts of a block of people to planes: for each condition one small number a person, how recent it is.

The number stands for the last day on record up to the index date. Days before all windows of a model are as good as one
another, so that two bytes or one do. Whether a record is inside a window is one comparison with the number of the day
that the window begins after; and what the next index date needs beside it are the few records of the days between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .facts import DAY_BITS, Evidence, Ints, unpack

#: Unsigned numbers of the fewest bytes that tell the days of all windows apart, mostly two: (planes, people).
Planes: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
Bools: TypeAlias = npt.NDArray[np.bool_]

#: With fewer facts in a block than this, those of a meaning are written to its conditions one by one; with more, the
#: meaning has a plane of its own first, which costs some calls for each of its conditions.
_COMMON: Final = 128
#: Every so many facts one is looked at to see which meanings are common.
_SAMPLE: Final = 64
#: More people than this have no place in a block.
_PERSON_BITS: Final = 32


@frozen
class Scale:
    """Fact days as numbers as small as they can be: 1 up to the fact day `first`, then one more for each day.

    `numbers` has the number of each fact day.
    """

    first: int
    numbers: npt.NDArray[np.unsignedinteger[Any]] = field(eq=False, repr=False)

    @staticmethod
    def of(first: int, last: int) -> Scale:
        """The scale on which all days after `first`, up to the fact day `last`, can be told apart."""
        kind = np.min_scalar_type(max(last - first, 0) + 1)
        days = np.arange(1 << DAY_BITS)
        return Scale(first, (np.clip(days, first, max(first, last)) - first + 1).astype(kind))

    def least(self, start: int) -> int:
        """The number that those of all days after the fact day `start` are greater than; 0 for the beginning of time.

        Any other `start` must not be before `first`.
        """
        return start - self.first + 1 if start else 0


@frozen
class Unfolding:
    """How the meanings of an evidence unfold into the planes of conditions; the same for all blocks and dates.

    `row_of` numbers the meanings that have a plane of their own, those whose days are asked for first: `n_dated` of
    `n_rows`; all other meanings are `n_rows`. `steps` says, in order, which meanings' planes and which earlier
    conditions' planes make the plane of a condition. The other meanings unfold into
    `flat[offsets[m]:offsets[m + 1]]`, and every one into `all_flat[all_offsets[m]:all_offsets[m + 1]]`.
    `numbers_of` lists the meanings of each condition whose days are asked for.
    """

    plane_of: dict[str, int]
    n_dated: int
    n_rows: int
    row_of: Ints = field(eq=False, repr=False)
    steps: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...] = field(repr=False)
    offsets: Ints = field(eq=False, repr=False)
    flat: Ints = field(eq=False, repr=False)
    all_offsets: Ints = field(eq=False, repr=False)
    all_flat: Ints = field(eq=False, repr=False)
    numbers_of: dict[str, tuple[int, ...]] = field(repr=False)
    is_dated: Bools = field(eq=False, repr=False)


def unfolding(evidence: Evidence, *, planes: Collection[str], dated: Collection[str]) -> Unfolding:
    """How the facts of an evidence answer questions about these conditions: their planes, their days."""
    meanings = evidence.meanings
    plane_of = {name: number for number, name in enumerate(sorted(planes))}
    of_meaning = [sorted(plane_of[c] for c in meaning if c in plane_of) for meaning in meanings]
    numbers_of: dict[str, list[int]] = {name: [] for name in dated}
    for number, meaning in enumerate(meanings):
        for name in meaning & numbers_of.keys():
            numbers_of[name].append(number)
    is_dated = np.zeros(len(meanings), bool)
    is_dated[[number for numbers in numbers_of.values() for number in numbers]] = True
    is_common = _common(evidence) & (is_dated | np.array([bool(each) for each in of_meaning], bool))
    common = np.concatenate([np.flatnonzero(is_common & is_dated), np.flatnonzero(is_common & ~is_dated)])
    row_of = np.full(len(meanings), len(common), np.int64)
    row_of[common] = np.arange(len(common))
    rare = [[] if is_common[number] else each for number, each in enumerate(of_meaning)]
    return Unfolding(
        plane_of=plane_of,
        n_dated=int((is_common & is_dated).sum()),
        n_rows=len(common),
        row_of=row_of,
        steps=_steps(of_meaning, common.tolist(), len(plane_of)) if len(common) else (),
        offsets=_offsets(rare),
        flat=np.array([plane for each in rare for plane in each], np.int64),
        all_offsets=_offsets(of_meaning),
        all_flat=np.array([plane for each in of_meaning for plane in each], np.int64),
        numbers_of={name: tuple(numbers) for name, numbers in numbers_of.items()},
        is_dated=is_dated,
    )


def unfolded(meaning: Ints, offsets: Ints, flat: Ints) -> tuple[Ints, Ints]:
    """For some meanings each of their conditions: the number of its plane, and which of the meanings."""
    counts = offsets[meaning + 1] - offsets[meaning]
    which, starts = np.repeat(np.arange(len(meaning)), counts), np.repeat(offsets[meaning], counts)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return flat[starts + nth], which


def _offsets(parts: Sequence[Sequence[int]]) -> Ints:
    return np.cumsum([0, *(len(each) for each in parts)], dtype=np.int64)


def _common(evidence: Evidence) -> Bools:
    """Which meanings are frequent, as far as a sample tells: that decides speed only, never an answer."""
    _, meaning, _ = unpack(np.concatenate([np.zeros(0, np.int64), *(part.facts[::_SAMPLE] for part in evidence.parts)]))
    found: Bools = np.bincount(meaning, minlength=len(evidence.meanings)) * _SAMPLE >= _COMMON * evidence.n_blocks
    return found


def _steps(
    of_meaning: Sequence[Sequence[int]], common: Sequence[int], n_planes: int
) -> tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]:
    """For each plane the rows of meanings and the earlier planes whose maximum it is.

    A condition that others are nested in takes their planes, so that each meaning is looked at about once.
    """
    sets = [0] * n_planes
    for number, planes in enumerate(of_meaning):
        for plane in planes:
            sets[plane] |= 1 << number
    row_of = {number: row for row, number in enumerate(common)}
    all_common = sum(1 << number for number in common)
    steps: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
    earlier: list[int] = []
    for plane in sorted(range(n_planes), key=lambda plane: sets[plane].bit_count()):
        left, taken = sets[plane] & all_common, []
        nested = [each for each in earlier if not sets[each] & ~sets[plane]]
        while nested:
            most = max(nested, key=lambda each: (sets[each] & left).bit_count())
            if (sets[most] & left).bit_count() < 2:
                break
            taken.append(most)
            left &= ~sets[most]
        rows = tuple(row_of[number] for number in common if left >> number & 1)
        if rows or taken:
            steps.append((plane, rows, tuple(taken)))
            earlier.append(plane)
    return tuple(steps)


class Room:
    """Memory that one block after the other is worked out in; fresh memory costs more than all that is done in it."""

    def __init__(self) -> None:
        self._held: dict[str, npt.NDArray[np.uint8]] = {}

    def zeros(self, name: str, n_rows: int, n: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        """An array of zeros; what was given under that name before is overwritten."""
        n_bytes = n_rows * n * kind.itemsize
        if name not in self._held or len(self._held[name]) < n_bytes:
            self._held[name] = np.empty(n_bytes, np.uint8)
        room = self._held[name][:n_bytes]
        room.fill(0)
        return room.view(kind).reshape(n_rows, n)


@frozen
class Dated:
    """Person and day of the facts whose days are asked for, in order of their meanings; where each meaning begins."""

    person: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    starts: Ints = field(eq=False, repr=False)

    def in_order(self, place: Ints) -> Dated:
        """The same with each person numbered by her place, and those of a meaning in order of person."""
        person = place.take(self.person)
        meaning = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        order = np.argsort((meaning << _PERSON_BITS) | person, kind="stable")
        return Dated(person.take(order), self.day.take(order), self.starts)

    def records(
        self, unfolding: Unfolding, conditions: Iterable[str], *, n_people: int | None = None
    ) -> tuple[Ints, Ints]:
        """Person and day of the records of any of these conditions, in no order and perhaps more than once.

        Of the first `n_people` only, if the facts are in order of person.
        """
        numbers = sorted({number for name in conditions for number in unfolding.numbers_of.get(name, ())})
        parts = [slice(self.starts[number], self.starts[number + 1]) for number in numbers]
        if n_people is not None:
            ends = [part.start + np.searchsorted(self.person[part], n_people) for part in parts]
            parts = [slice(part.start, end) for part, end in zip(parts, ends, strict=True)]
        if len(parts) == 1:
            return self.person[parts[0]], self.day[parts[0]]
        none = np.empty(0, np.int64)
        return (
            np.concatenate([none, *(self.person[part] for part in parts)]),
            np.concatenate([none, *(self.day[part] for part in parts)]),
        )


class BlockFacts:
    """The facts of one block of people, made ready once for any number of index dates."""

    def __init__(self, evidence: Evidence, unfolding: Unfolding, block: int, room: Room | None = None) -> None:
        people = evidence.people_of_block(block)
        self.n_people = people.stop - people.start
        self.unfolding = unfolding
        self._room = room or Room()
        self.person, self.meaning, self.day = evidence.block(block)
        # Cells lie in the rows of common meanings, one row after the other; beyond them is all else.
        cells = (unfolding.row_of * self.n_people).take(self.meaning)
        cells += self.person
        self._cells = cells
        self._last_day = int(self.day.max()) if len(self.day) else 0
        self._planes: Planes | None = None
        self._until = 0
        others = np.flatnonzero(cells >= unfolding.n_rows * self.n_people)
        self._rare = self._cells_of(others, unfolding.offsets, unfolding.flat)
        dated = np.flatnonzero(cells < unfolding.n_dated * self.n_people)
        dated_others = others[unfolding.is_dated[self.meaning[others]]]
        self.dated = self._by_meaning(np.concatenate([dated, dated_others]))

    def _cells_of(self, facts: Ints, offsets: Ints, flat: Ints) -> tuple[Ints, Ints]:
        """For some facts, each of their conditions: its cell of the planes, and the fact."""
        plane, nth = unfolded(self.meaning.take(facts), offsets, flat)
        fact = facts.take(nth)
        return plane * self.n_people + self.person.take(fact), fact

    def _by_meaning(self, facts: Ints) -> Dated:
        meaning = self.meaning.take(facts)
        facts = facts.take(np.argsort(meaning.astype(np.uint16), kind="stable"))
        starts = np.concatenate(([0], np.cumsum(np.bincount(meaning, minlength=len(self.unfolding.is_dated)))))
        return Dated(self.person.take(facts), self.day.take(facts), starts)

    def planes(self, scale: Scale, as_at: int) -> Planes:
        """For each condition and person the number of her last record up to the fact day `as_at`, 0 for none.

        The planes are good until they are asked for again, and must not be written to. They are asked for with one
        scale, and quickest in order of index dates.
        """
        if self._planes is None or as_at < self._until:
            self._planes = self._all_planes(scale, as_at)
        else:
            unfolding = self.unfolding
            new = np.flatnonzero((self.day > self._until) & (self.day <= as_at))
            cells, facts = self._cells_of(new, unfolding.all_offsets, unfolding.all_flat)
            np.maximum.at(self._planes.reshape(-1), cells, scale.numbers.take(self.day.take(facts)))
        self._until = as_at
        return self._planes

    def _all_planes(self, scale: Scale, as_at: int) -> Planes:
        unfolding, n = self.unfolding, self.n_people
        numbers = scale.numbers.take(self.day)
        if self._last_day > as_at:
            numbers[self.day > as_at] = 0
        planes = self._room.zeros("planes", len(unfolding.plane_of), n, numbers.dtype)
        cells, facts = self._rare
        np.maximum.at(planes.reshape(-1), cells, numbers.take(facts))
        if unfolding.n_rows:
            # One row more, which is never read, for the meanings that have none.
            rows = self._room.zeros("rows", unfolding.n_rows + 1, n, numbers.dtype)
            np.maximum.at(rows.reshape(-1), self._cells, numbers)
            for plane, of_meanings, of_conditions in unfolding.steps:
                target = planes[plane]
                for each in of_meanings:
                    np.maximum(target, rows[each], out=target)
                for each in of_conditions:
                    np.maximum(target, planes[each], out=target)
        return planes

    def records(self, conditions: Iterable[str]) -> tuple[Ints, Ints]:
        """Person and day of the records of any of these conditions, in no order and perhaps more than once."""
        return self.dated.records(self.unfolding, conditions)

    def of_people(self, chosen: Bools) -> tuple[Ints, Ints, Ints]:
        """Person, meaning and day of the facts of the people chosen."""
        facts = np.flatnonzero(chosen.take(self.person))
        return self.person.take(facts), self.meaning.take(facts), self.day.take(facts)
