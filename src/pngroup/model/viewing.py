"""A block of people as seen on an index date: what each has on record, in which window, and what has been ended.

The index date is one for everybody, or one a person, where each is followed through time on days of her own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import birthday, fact_day, to_fact_day, window_start
from ..evidence import Scale, Unfolding
from ..evidence.view import Measured
from .definition import Model, Resolution

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Days: TypeAlias = npt.NDArray[np.int32]
#: Months, days: one of them, or neither for "ever".
Window: TypeAlias = tuple[int | None, int | None]
#: A fact day for everybody, or one a person.
Day: TypeAlias = int | Ints

EVER: Final[Window] = (None, None)


@frozen
class Moment:
    """An index date (a fact day), and where the windows of a model begin on it.

    `starts` has the fact day after which a record counts, `least` the number that the numbers of such days are greater
    than on the `scale`, which all moments share. All three are for everybody, or have one entry a person.
    """

    day: Day = field(eq=False)
    starts: Mapping[Window, Day] = field(eq=False)
    least: Mapping[Window, Any] = field(eq=False)
    scale: Scale = field(repr=False)


class Facts(Protocol):
    """What is on record of a block of people: see `evidence.BlockFacts`."""

    unfolding: Unfolding

    @property
    def n_people(self) -> int:
        """How many people there are."""

    def planes(self, scale: Scale, as_at: Any) -> npt.NDArray[Any]:
        """For each condition and person the number of her last record up to a fact day, 0 for none."""

    def records(self, conditions: Iterable[str]) -> tuple[Ints, Ints]:
        """Person and fact day of the records of any of these conditions."""

    def of_people(self, chosen: Bools) -> tuple[Ints, Ints, Ints]:
        """Person, meaning and fact day of the facts of the people chosen."""


def of_person(day: Day, person: Ints) -> Any:
    """The day that is meant for each of some people."""
    return day if isinstance(day, int) else day.take(person)


def moments(dates: Sequence[int], windows: Collection[Window]) -> list[Moment]:
    """The windows as they lie on each index date (a day number)."""
    starts = [{window: _start(as_at, window) for window in {*windows, EVER}} for as_at in dates]
    last = fact_day(max(dates))
    scale = Scale.of(min((start for each in starts for w, start in each.items() if w != EVER), default=last), last)
    return [
        Moment(fact_day(as_at), each, {window: scale.least(start) for window, start in each.items()}, scale)
        for as_at, each in zip(dates, starts, strict=True)
    ]


def _start(as_at: int, window: Window) -> int:
    months, days = window
    if months is None and days is None:
        return 0
    return max(fact_day(window_start(as_at, months=months, days=days)), 0)


@frozen
class Endings:
    """The resolutions that can have ended something here: those whose codes the evidence holds.

    `of` has them for each condition; `has` tells of each condition that they rest on which meanings contain it.
    """

    of: Mapping[str, tuple[Resolution, ...]]
    by: tuple[str, ...]
    has: Mapping[str, Bools] = field(eq=False, repr=False)


def find_endings(model: Model, asked: Iterable[str], meanings: Sequence[frozenset[str]]) -> Endings:
    """The resolutions that matter to the conditions asked for."""
    present = frozenset[str]().union(*meanings)
    endings = {
        name: tuple(each for each in model.endings_of(name) if each.by in present) for name in asked if name in present
    }
    of = {name: each for name, each in sorted(endings.items()) if each}
    used = {each for resolutions in of.values() for each in resolutions}
    names = {name for each in used for name in (each.condition, each.by, *each.also)}
    return Endings(
        of,
        tuple(sorted({each.by for each in used})),
        {name: np.array([name in meaning for meaning in meanings], bool) for name in sorted(names)},
    )


@frozen
class PeopleBlock:
    """The people of a block: whole years of age, the birth day that earlier ages are reckoned from, place of sex."""

    age: npt.NDArray[np.integer[Any]] = field(eq=False)
    birth: Days = field(eq=False)
    sex: npt.NDArray[np.integer[Any]] = field(eq=False)


class View:
    """The people of a block and all that is on record of them at the end of the index date, ready to be asked.

    Days are fact days (see `dates.to_fact_day`): positive, 0 for never.
    """

    def __init__(
        self,
        people: PeopleBlock,
        facts: Facts,
        when: Moment,
        endings: Endings,
        *,
        medicines: Measured,
        values: Measured,
    ) -> None:
        self.people, self.when = people, when
        self.medicines, self.values = medicines, values
        self.n_people = facts.n_people
        self._facts = facts
        self._plane_of = facts.unfolding.plane_of
        self._planes = facts.planes(when.scale, when.day)
        self._ended = self._find_ended(endings)

    def _find_ended(self, endings: Endings) -> dict[str, Bools]:
        """Where a resolved code, later than the last record, has ended a condition; only what is ended somewhere."""
        resolved = np.zeros(self.n_people, bool)
        for name in endings.by:
            resolved |= self._planes[self._plane_of[name]] > 0
        # Last days are needed for few people only: those who have such a code, counted from 0 here.
        who = np.flatnonzero(resolved)
        if not len(who):
            return {}
        place = np.zeros(self.n_people, np.int64)
        place[who] = np.arange(len(who))
        person, meaning, day = self._facts.of_people(resolved)
        person, day = place[person], np.where(day <= of_person(self.when.day, person), day, 0)
        last = {}
        for name, has in endings.has.items():
            last[name] = np.zeros(len(who), np.int64)
            rows = has[meaning]
            np.maximum.at(last[name], person[rows], day[rows])
        found = {}
        for name, resolutions in endings.of.items():
            ended = np.zeros(self.n_people, bool)
            for each in resolutions:
                before = np.maximum.reduce([last[other] for other in (each.condition, *each.also)])
                ended[who[(last[each.by] > before) & (before > 0)]] = True
            if ended.any():
                found[name] = ended
        return found

    def within(self, condition: str, window: Window) -> Bools:
        """Who has a record of a condition in the window."""
        found: Bools = self._planes[self._plane_of[condition]] > self.when.least[window]
        if condition in self._ended:
            found &= ~self._ended[condition]
        return found

    def records(self, conditions: Sequence[str], window: Window, *, least_age: int | None = None) -> tuple[Ints, Ints]:
        """Person and day of the records of any of these conditions, in no order and perhaps more than once."""
        parts = [self._facts.records([name for name in conditions if name not in self._ended])]
        for name in conditions:
            if name in self._ended:
                person, day = self._facts.records([name])
                stands = ~self._ended[name][person]
                parts.append((person[stands], day[stands]))
        person, day = self.in_window(
            np.concatenate([person for person, _ in parts]), np.concatenate([day for _, day in parts]), window
        )
        if least_age is None:
            return person, day
        old_enough = day >= to_fact_day(birthday(self.people.birth[person], least_age))
        return person[old_enough], day[old_enough]

    def all_records(self, conditions: Iterable[str]) -> tuple[Ints, Ints]:
        """The same of any time up to the index date, whether ended or not."""
        return self.in_window(*self._facts.records(conditions), EVER)

    def in_window(self, person: Ints, day: Ints, window: Window) -> tuple[Ints, Ints]:
        """Those of the records (person, fact day) that lie in the window."""
        inside = self._in_window(person, day, window)
        return person[inside], day[inside]

    def measured_in_window(self, table: Measured, window: Window) -> tuple[Ints, Ints, Ints, Ints]:
        """Person, what, fact day and amount of the rows of a table of values or medicines in the window."""
        day = to_fact_day(table.day)
        inside = self._in_window(table.person, day, window)
        return table.person[inside], table.what[inside], day[inside], table.amount[inside]

    def _in_window(self, person: Ints, day: Ints, window: Window) -> Bools:
        when = self.when
        inside: Bools = (day > of_person(when.starts[window], person)) & (day <= of_person(when.day, person))
        return inside
