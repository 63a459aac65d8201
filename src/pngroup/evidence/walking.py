"""The facts of a block of people who are followed through time, each on days of her own.

One day of everybody is looked at together: the first of each person, then the second of each who has one, and so on.
The people with the most days come first, so that those who are left are always the first so many, and the planes are
carried from day to day without being copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .facts import DAY_BITS, Ints
from .planes import BlockFacts, Bools, Planes, Room, Scale, unfolded


@frozen
class Visits:
    """Which days each person of a block is looked at: `person` and fact day `day`, sorted, each once.

    `order` has the people of the block with the most days first, `place` where each of them stands in it; the p-th
    of them has `n_days[p]`, beginning at `first[p]`. `n_left[k]` people have more than k days.
    """

    person: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    order: Ints = field(eq=False, repr=False)
    place: Ints = field(eq=False, repr=False)
    n_days: Ints = field(eq=False, repr=False)
    first: Ints = field(eq=False, repr=False)
    n_left: Ints = field(eq=False, repr=False)

    @staticmethod
    def of(person: Ints, day: Ints, n_people: int) -> Visits:
        """The visits of people, counted from the first of the block, on fact days, in order of both."""
        n_days = np.bincount(person, minlength=n_people)
        order = np.argsort(-n_days, kind="stable")
        place = np.empty(n_people, np.int64)
        place[order] = np.arange(n_people)
        first = np.cumsum(n_days) - n_days
        n_left = np.searchsorted(-n_days[order], -np.arange(n_days.max(initial=0)), side="left")
        return Visits(person, day, order, place, n_days[order], first[order], n_left)

    def rows(self, k: int) -> Ints:
        """Where `day` holds the k-th days (from 0) of those who have so many, in their order."""
        rows: Ints = self.first[: self.n_left[k]] + k
        return rows

    def first_after(self, person: Ints, day: Ints) -> Ints:
        """For people on fact days, which of her days (from 0) is the first not earlier; -1 for none."""
        nth = np.searchsorted((self.person << DAY_BITS) | self.day, (person << DAY_BITS) | day, side="left")
        place = self.place.take(person)
        nth -= self.first.take(place)
        nth[nth >= self.n_days.take(place)] = -1
        return nth


@frozen
class Coming:
    """The facts of a block after a day: `person`, `day`, and for each of their conditions `plane` and `which` fact."""

    person: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    plane: Ints = field(eq=False, repr=False)
    which: Ints = field(eq=False, repr=False)

    @staticmethod
    def of(facts: BlockFacts, after: int) -> Coming:
        """The facts later than a fact day."""
        rows, unfolding = np.flatnonzero(facts.day > after), facts.unfolding
        plane, which = unfolded(facts.meaning.take(rows), unfolding.all_offsets, unfolding.all_flat)
        return Coming(facts.person.take(rows), facts.day.take(rows), plane, which)


class WalkingFacts:
    """The facts of a block of people on their k-th days: `step` goes to the next. Asked as `BlockFacts`.

    `planes` are those of a day that none of the visits is before, and `coming` is all after that day. `of_people` knows
    of the facts `few` only: person, meaning, day.
    """

    def __init__(
        self,
        facts: BlockFacts,
        planes: Planes,
        coming: Coming,
        visits: Visits,
        scale: Scale,
        *,
        few: tuple[Ints, Ints, Ints],
        room: Room,
    ) -> None:
        n, self.n_people = facts.n_people, facts.n_people
        self.unfolding, self._visits = facts.unfolding, visits
        self._dated = facts.dated.in_order(visits.place)
        person = visits.place.take(few[0])
        order = np.argsort(person, kind="stable")
        self._few = person.take(order), few[1].take(order), few[2].take(order)
        self._planes = room.zeros("walking", len(planes), n, planes.dtype)
        for before, after in zip(planes, self._planes, strict=True):
            np.take(before, visits.order, out=after, mode="clip")
        step = visits.first_after(coming.person, coming.day).take(coming.which)
        in_steps = np.argsort(step, kind="stable")
        which = coming.which.take(in_steps)
        self._cells = coming.plane.take(in_steps) * n + visits.place.take(coming.person.take(which))
        self._numbers = scale.numbers.take(coming.day.take(which))
        self._starts = np.searchsorted(step.take(in_steps), np.arange(len(visits.n_left) + 1))
        self._k = -1

    def step(self) -> None:
        """Go to everybody's next day, leaving those who have none."""
        self._k += 1
        self.n_people = int(self._visits.n_left[self._k])
        part = slice(self._starts[self._k], self._starts[self._k + 1])
        np.maximum.at(self._planes.reshape(-1), self._cells[part], self._numbers[part])

    def planes(self, scale: Scale, as_at: npt.NDArray[Any] | int) -> Planes:  # noqa: ARG002
        """For each condition and person the number of her last record up to her present day, 0 for none."""
        return self._planes[:, : self.n_people]

    def records(self, conditions: Iterable[str]) -> tuple[Ints, Ints]:
        """Person and fact day of the records of any of these conditions, later ones too."""
        return self._dated.records(self.unfolding, conditions, n_people=self.n_people)

    def of_people(self, chosen: Bools) -> tuple[Ints, Ints, Ints]:
        """Person, meaning and fact day of the facts of the people chosen."""
        person, meaning, day = self._few
        rows = np.flatnonzero(chosen.take(person[: np.searchsorted(person, self.n_people)]))
        return person[rows], meaning[rows], day[rows]
