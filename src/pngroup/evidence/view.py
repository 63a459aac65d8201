"""What a block of people's evidence answers: last days, records in a window, values and medicines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import fact_day
from .facts import Evidence, Ints, expansion

Days: TypeAlias = npt.NDArray[np.int32]


@frozen
class Measured:
    """A second small table beside the facts: one number a row (a medicine, or a value of something).

    `person`, `what` and `day` (days since 1970) are sorted by person; `amount` is the value, 0 for medicines.
    `what` indexes `names`.
    """

    names: tuple[str, ...]
    person: Ints = field(eq=False, repr=False)
    what: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    amount: Ints = field(eq=False, repr=False)

    def of_people(self, first: int, end: int) -> Measured:
        """The rows of the people from `first` up to `end`, counted from `first`."""
        a, b = np.searchsorted(self.person, [first, end])
        return Measured(self.names, self.person[a:b] - first, self.what[a:b], self.day[a:b], self.amount[a:b])

    def until(self, day: int) -> Measured:
        """The rows up to a day."""
        rows = self.day <= day
        if rows.all():
            return self
        return Measured(self.names, self.person[rows], self.what[rows], self.day[rows], self.amount[rows])


def nothing_measured() -> Measured:
    """No rows."""
    empty = np.empty(0, np.int64)
    return Measured((), empty, empty, empty, empty)


class View:
    """The evidence of people `first` to `end` as it stood at the end of `as_at`, ready to be asked.

    Days are fact days (see `dates.to_fact_day`): positive, 0 for never.
    """

    def __init__(self, evidence: Evidence, number_of: Mapping[str, int], *, first: int, end: int, as_at: int) -> None:
        self.n_people = end - first
        self.number_of = dict(number_of)
        self._offsets, self._flat = expansion(evidence.meanings, self.number_of)
        self._meanings = evidence.meanings
        person, meaning, day = evidence.of_people(first, end)
        up_to_date = day <= fact_day(as_at)
        if not up_to_date.all():
            person, meaning, day = person[up_to_date], meaning[up_to_date], day[up_to_date]
        self._person, self._meaning, self._day = person, meaning, day.astype(np.int32)
        self._last = self._last_days()
        self._records: dict[str, tuple[Ints, Days]] = {}

    def _last_days(self) -> Days:
        last = np.zeros((len(self.number_of), self.n_people), np.int32)
        if not len(self._person):
            return last
        # Facts are sorted by person, meaning, day: the end of each run is the last day of that meaning.
        pair = (self._person << 15) | self._meaning
        ends = np.append(pair[1:] != pair[:-1], True)
        person, meaning, day = self._person[ends], self._meaning[ends], self._day[ends]
        counts = np.diff(self._offsets)[meaning]
        rows = np.repeat(np.arange(len(person)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        condition = self._flat[np.repeat(self._offsets[meaning], counts) + within]
        np.maximum.at(last.reshape(-1), condition.astype(np.int64) * self.n_people + person[rows], day[rows])
        return last

    def last(self, condition: str) -> Days:
        """The last day of a condition for each person, 0 for never."""
        number = self.number_of.get(condition)
        return np.zeros(self.n_people, np.int32) if number is None else self._last[number]

    def records(self, condition: str) -> tuple[Ints, Days]:
        """Person and day of the distinct records of a condition, sorted by person and day."""
        if condition not in self._records:
            wanted = np.array([condition in each for each in self._meanings], dtype=bool)
            if not wanted.any():
                self._records[condition] = (np.empty(0, np.int64), np.empty(0, np.int32))
            else:
                chosen = wanted[self._meaning]
                self._records[condition] = distinct(self._person[chosen], self._day[chosen])
        return self._records[condition]


def distinct(person: Ints, day: Days) -> tuple[Ints, Days]:
    """Distinct pairs of person and day, sorted."""
    key = np.unique((person << 18) | day)
    return key >> 18, (key & ((1 << 18) - 1)).astype(np.int32)


def union(parts: Iterable[tuple[Ints, Days]]) -> tuple[Ints, Days]:
    """Distinct pairs of person and day of several lists."""
    collected = list(parts)
    if len(collected) == 1:
        return collected[0]
    if not collected:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    return distinct(np.concatenate([p for p, _ in collected]), np.concatenate([d for _, d in collected]))
