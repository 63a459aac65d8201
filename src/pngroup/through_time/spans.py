"""Periods in which nothing of a person changed: from spells, to the day, or from snapshots, to the index date."""

from __future__ import annotations

import datetime
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..catalogue import Catalogue
from ..dates import read_as_at
from ..errors import UsageError
from ..intake import People
from ..model import Model
from ..schemes import Scheme
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.integer[Any]]


class Spanned(Protocol):
    """Anything with these arrays, one entry a period, in order of person and day, such as spells.

    `since` and `until`: the first and the last day that were looked at, also where there is nobody.
    `person`: place among people; `group`: 0 for none; `reason`: place in `REASONS`, -1 where there is a group;
    `first_day` and `last_day`: day numbers, both inclusive; `practice`: place in `practices`, -1 for none, or None
    where nothing is known of practices. The periods of each person cover the days from `since` to `until`
    without gap or overlap.
    """

    @property
    def model(self) -> Model: ...
    @property
    def scheme(self) -> Scheme: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def since(self) -> datetime.date: ...
    @property
    def until(self) -> datetime.date: ...
    @property
    def people(self) -> People: ...
    @property
    def person(self) -> Ints: ...
    @property
    def group(self) -> Ints: ...
    @property
    def reason(self) -> Ints: ...
    @property
    def first_day(self) -> Ints: ...
    @property
    def last_day(self) -> Ints: ...
    @property
    def practice(self) -> Ints | None: ...
    @property
    def practices(self) -> tuple[str, ...]: ...


@frozen
class Periods:
    """Periods of people, as in `Spanned`. Made by `periods()`.

    `since` and `until`: the first and the last day that is looked at (day numbers). `index_days`:
    the days on which people were looked at, where they were not looked at every day.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    since: int
    until: int
    people: People = field(repr=False)
    person: Ints = field(eq=False, repr=False)
    group: Ints = field(eq=False, repr=False)
    reason: Ints = field(eq=False, repr=False)
    first_day: Ints = field(eq=False, repr=False)
    last_day: Ints = field(eq=False, repr=False)
    practice: Ints | None = field(default=None, eq=False, repr=False)
    practices: tuple[str, ...] = field(default=(), repr=False)
    index_days: Ints | None = field(default=None, eq=False, repr=False)

    @property
    def n_days(self) -> Ints:
        """Days of each period, both ends counted."""
        return self.last_day - self.first_day + 1

    @property
    def follows(self) -> npt.NDArray[np.bool_]:
        """Whether a period is of the same person as the one before it."""
        same = np.zeros(len(self.person), bool)
        same[1:] = self.person[1:] == self.person[:-1]
        return same

    def after(self, values: Ints, nothing: int) -> Ints:
        """For each period what `values` says of the next one of the same person; `nothing` after the last."""
        found = np.full(len(values), nothing, values.dtype)
        found[:-1] = np.where(self.follows[1:], values[1:], nothing)
        return found

    def before(self, values: Ints, nothing: int) -> Ints:
        """For each period what `values` says of the one before it of the same person; `nothing` before the first."""
        found = np.full(len(values), nothing, values.dtype)
        found[1:] = np.where(self.follows[1:], values[:-1], nothing)
        return found

    def merged(self, level: Ints) -> tuple[Periods, Ints]:
        """Neighbours of one person, level and reason in one period, whatever the practice; and the level of each."""
        begins = ~self.follows
        begins[1:] |= (level[1:] != level[:-1]) | (self.reason[1:] != self.reason[:-1])
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(begins))[: len(first)] - 1
        joined = evolve(
            self,
            person=self.person[first],
            group=self.group[first],
            reason=self.reason[first],
            first_day=self.first_day[first],
            last_day=self.last_day[last],
            practice=None,
            practices=(),
        )
        return joined, level[first]


def periods(of: Snapshots | Spanned | Periods) -> Periods:
    """The periods of snapshots, or of spells.

    Of snapshots, what an index date finds counts from that day up to the next index date: a change is dated on the
    index date that first shows it, later than it was by up to one interval, and what comes and goes between two is
    not seen. The last index date counts one day.

    Raises `UsageError` for snapshots at a single date, and for anything else that holds no periods.
    """
    if isinstance(of, Periods):
        return of
    if isinstance(of, Snapshots):
        return _of_snapshots(of)
    # A Protocol cannot be asked for the arrays without reading them; every period has a first day.
    if not hasattr(of, "first_day"):
        raise UsageError(
            f"a {type(of).__name__} was given",
            where="argument of",
            allowed="Snapshots, Spells, or anything with the arrays of pngroup.through_time.Spanned",
            remedy="take pngroup.snapshots(), or pngroup.spells()",
        )
    return Periods(
        model=of.model,
        scheme=of.scheme,
        catalogue=of.catalogue,
        since=read_as_at(of.since, argument="since"),
        until=read_as_at(of.until, argument="until"),
        people=of.people,
        person=of.person,
        group=of.group,
        reason=of.reason,
        first_day=of.first_day,
        last_day=of.last_day,
        practice=of.practice,
        practices=of.practices,
    )


def index_days(snapshots: Snapshots) -> npt.NDArray[np.int64]:
    """The index dates as day numbers; `UsageError` where there are fewer than two, or what is given has none."""
    if not isinstance(snapshots, Snapshots):
        raise UsageError(
            f"a {type(snapshots).__name__} was given, which says nothing about index dates",
            where="argument snapshots",
            allowed="the Snapshots that pngroup.snapshots() takes at two dates or more",
            remedy="take snapshots; spells are for dwell_times, progression and rising_risk",
        )
    if len(snapshots.as_at) < 2:
        raise UsageError(
            "there is one index date, and nothing to compare it with",
            where="argument snapshots",
            allowed="snapshots at two dates or more",
            remedy="take snapshots at more dates: as_at=[..., ...]",
        )
    return np.array([read_as_at(day) for day in snapshots.as_at], np.int64)


def _of_snapshots(snapshots: Snapshots) -> Periods:
    days = index_days(snapshots)
    begins = np.ones((snapshots.n_people, len(days)), bool)
    begins[:, 1:] = ((snapshots.group[1:] != snapshots.group[:-1]) | (snapshots.reason[1:] != snapshots.reason[:-1])).T
    if snapshots.practice is not None:
        begins[:, 1:] |= (snapshots.practice[1:] != snapshots.practice[:-1]).T
    person, date = np.nonzero(begins)
    first_day = days[date]
    last_day = np.empty_like(first_day)
    last_day[:-1] = first_day[1:] - 1
    last_day[np.append(person[1:] != person[:-1], np.ones(min(len(person), 1), bool))] = days[-1]
    return Periods(
        model=snapshots.model,
        scheme=snapshots.scheme,
        catalogue=snapshots.catalogue,
        since=int(days[0]),
        until=int(days[-1]),
        people=snapshots.people,
        person=person,
        group=snapshots.group[date, person],
        reason=snapshots.reason[date, person],
        first_day=first_day,
        last_day=last_day,
        practice=None if snapshots.practice is None else snapshots.practice[date, person],
        practices=snapshots.practices,
        index_days=days,
    )
