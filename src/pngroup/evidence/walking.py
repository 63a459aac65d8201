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

from .facts import DAY_BITS, PERSON_SHIFT, Evidence, Ints, Ordered, unpack
from .planes import BlockFacts, Bools, Planes, Room, Scale, Unfolding, unfolded


@frozen
class Visits:
    """Which days each person of a block is looked at: `person` and fact day `day`, sorted, each once.

    `order` has the people of the block with the most days first; the p-th of them has `n_days[p]`, beginning at
    `first[p]`. `n_left[k]` people have more than k days.
    """

    person: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    order: Ints = field(eq=False, repr=False)
    n_days: Ints = field(eq=False, repr=False)
    first: Ints = field(eq=False, repr=False)
    n_left: Ints = field(eq=False, repr=False)

    @staticmethod
    def of(person: Ints, day: Ints, n_people: int) -> Visits:
        """The visits of people, counted from the first of the block, on fact days, in order of both."""
        n_days = np.bincount(person, minlength=n_people)
        order = np.argsort(-n_days, kind="stable")
        first = np.cumsum(n_days) - n_days
        n_left = np.searchsorted(-n_days[order], -np.arange(n_days.max(initial=0)), side="left")
        return Visits(person, day, order, n_days[order], first[order], n_left)

    def rows(self, k: int) -> Ints:
        """Where `day` holds the k-th days (from 0) of those who have so many, in their order."""
        rows: Ints = self.first[: self.n_left[k]] + k
        return rows


class WalkingFacts:
    """The facts of a block of people on their k-th days: `step` goes to the next.

    `keys` are the packed facts of the block, sorted, of people counted from its first; no day of the visits is before
    the fact day `since`. `of_people` tells of people who have one of the meanings `by` at any time, and of the
    meanings `asked` alone. Asked otherwise as `BlockFacts`.
    """

    def __init__(
        self,
        keys: Ints,
        evidence: Evidence,
        unfolding: Unfolding,
        visits: Visits,
        scale: Scale,
        *,
        since: int,
        by: Bools,
        asked: Bools,
        room: Room,
    ) -> None:
        n = len(visits.order)
        self.unfolding, self._visits = unfolding, visits
        self.n_people = n
        keys = _in_order(keys, visits.order)
        whole = Evidence((Ordered(keys, np.array([0, len(keys)])),), evidence.meanings, n, evidence.block_bits)
        self._block = BlockFacts(whole, unfolding, 0, room)
        person, meaning, day = unpack(keys)
        had = np.zeros(n, bool)
        had[person[by[meaning]]] = True
        here = np.flatnonzero(had[person] & asked[meaning])
        self._of_people = person[here], meaning[here], day[here]
        new = np.flatnonzero(day > since)
        step = _first_visits(visits, person[new], day[new])
        kept = step >= 0
        new, step = new[kept], step[kept]
        in_steps = np.argsort(step, kind="stable")
        new = new[in_steps]
        nth, plane = unfolded(meaning[new], unfolding.all_offsets, unfolding.all_flat)
        self._cells, self._numbers = plane * n + person[new][nth], scale.numbers.take(day[new][nth])
        self._starts = np.searchsorted(step[in_steps][nth], np.arange(len(visits.n_left) + 1))
        self._planes: Planes = self._block.planes(scale, since)
        self._k = -1

    def step(self) -> int:
        """Go to everybody's next day, leaving those who have none; how many days that makes before it."""
        self._k += 1
        self.n_people = int(self._visits.n_left[self._k])
        part = slice(self._starts[self._k], self._starts[self._k + 1])
        np.maximum.at(self._planes.reshape(-1), self._cells[part], self._numbers[part])
        return self._k

    def planes(self, scale: Scale, as_at: npt.NDArray[Any] | int) -> Planes:  # noqa: ARG002
        """For each condition and person the number of her last record up to her present day, 0 for none."""
        return self._planes[:, : self.n_people]

    def records(self, conditions: Iterable[str]) -> tuple[Ints, Ints]:
        """Person and fact day of the records of any of these conditions, later ones too."""
        return self._block.records(conditions, n_people=self.n_people)

    def of_people(self, chosen: Bools) -> tuple[Ints, Ints, Ints]:
        """Person, meaning and fact day of the facts of those of the people chosen."""
        person, meaning, day = self._of_people
        end = int(np.searchsorted(person, self.n_people))
        here = np.flatnonzero(chosen.take(person[:end]))
        return person[here], meaning[here], day[here]


def _in_order(keys: Ints, order: Ints) -> Ints:
    """Sorted facts with their people in another order, and numbered by it."""
    person = keys >> PERSON_SHIFT
    bounds = np.searchsorted(person, np.arange(len(order) + 1))
    counts, starts = np.diff(bounds)[order], bounds[:-1][order]
    place = np.repeat(np.arange(len(order)), counts)
    rows = np.arange(len(place)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    found: Ints = (keys[rows] & ((1 << PERSON_SHIFT) - 1)) | (place << PERSON_SHIFT)
    return found


def _first_visits(visits: Visits, person: Ints, day: Ints) -> Ints:
    """For each fact which of her days is the first on or after it, -1 for none; people in the order of the visits."""
    place = np.searchsorted(
        (visits.person << DAY_BITS) | visits.day, (visits.order.take(person) << DAY_BITS) | day, side="left"
    )
    nth = place - visits.first.take(person)
    nth[nth >= visits.n_days.take(person)] = -1
    return nth
