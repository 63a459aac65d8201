"""Who was followed from an index date, for how long, and who died."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import LAST_DAY, read_as_at, to_date
from ..errors import UsageError
from ..intake import REASONS, People
from ..model import Model
from ..result import Grouping
from ..schemes import Scheme
from ..through_time import Snapshots
from ..through_time.registrations import Registrations, read_registrations

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_ALWAYS: Final = 1 << 30


@frozen
class Grouped:
    """Groups of people on one date, of a `Grouping` or of a `Snapshots`: one entry a person, 0 for no group.

    `registrations`: those that the groups were made with, where these say who is registered.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    as_at: int
    people: People = field(repr=False)
    group: Ints = field(eq=False, repr=False)
    reason: npt.NDArray[np.int8] = field(eq=False, repr=False)
    age: Ints = field(eq=False, repr=False)
    registrations: Registrations | None = field(eq=False, repr=False)


def grouped_at(of: Grouping | Snapshots, as_at: Any) -> Grouped:
    """The groups on the date asked for, which a `Grouping` or a single snapshot has by itself."""
    registrations = None
    if isinstance(of, Snapshots):
        registrations = of.registrations
        if as_at is None and len(of) > 1:
            raise UsageError(
                "the snapshots are of several dates",
                where="argument as_at",
                allowed=", ".join(each.isoformat() for each in of.as_at),
                remedy="name the date that people are followed from",
            )
        place = 0 if as_at is None else of.place(as_at)
        group, reason, age = of.group[place], of.reason[place], of.age[place]
        day = read_as_at(of.as_at[place])
    elif isinstance(of, Grouping):
        day = of.inputs.as_at
        if as_at is not None and read_as_at(as_at) != day:
            raise UsageError(
                f"the grouping is not of {to_date(read_as_at(as_at)).isoformat()}",
                where="argument as_at",
                allowed=of.as_at.isoformat(),
                remedy="leave as_at out, or group the people at that date",
            )
        group, reason, age = of.answers.group, of.people.reason, of.people.age
    else:
        raise UsageError(
            f"a {type(of).__name__} was given",
            where="argument of",
            allowed="a Grouping or Snapshots",
            remedy="group the people first; of several dates take one, groupings['2026-03-31']",
        )
    grouped = np.where(reason < 0, group, 0).astype(np.int64)
    return Grouped(of.model, of.scheme, day, of.people, grouped, reason, age.astype(np.int64), registrations)


@frozen
class Followed:
    """The follow-up of each person with a group: `days` at risk after the index date, and whether it ended in `died`.

    `n_left`: people whose registration ended before the end and before they died; `n_died_after_leaving`: those of them
    known to have died since, which is not counted; `n_unreadable`: ends of registration that cannot be read.
    """

    days: Ints = field(eq=False, repr=False)
    died: Bools = field(eq=False, repr=False)
    n_left: int
    n_died_after_leaving: int
    n_unreadable: int
    n_without_group: Mapping[str, int]


def follow(grouped: Grouped, until: int, *, registrations: Any, date_format: str | None) -> Followed:
    """Everybody with a group followed from the day after the index date to `until`.

    The follow-up ends with death, with the registration, or with `until`, whichever is first; the day of death is
    counted in. A death on the first day no longer registered is a death: the registration has ended because of it.
    Text dates are in `date_format`, by default in that of the people table.
    """
    people, day = grouped.people, grouped.as_at
    if not people.table.has("died_on"):
        raise UsageError(
            "people has no column 'died_on'",
            where="people",
            allowed="the day of death, missing for the living",
            remedy="add it before grouping, or name it with columns={'people': {'died_on': ...}}",
        )
    end, n_unreadable = _ends(grouped, registrations, date_format)
    here = grouped.reason < 0
    died_on = np.where(people.last_day < LAST_DAY, people.last_day, _ALWAYS).astype(np.int64)
    died = here & (died_on <= np.minimum(until, end))
    last = np.where(died, died_on, np.minimum(until, end - 1))
    left = here & ~died & (end <= until)
    reasons = {word: n for place, word in enumerate(REASONS) if (n := int((grouped.reason == place).sum()))}
    return Followed(
        days=np.where(here, np.maximum(last - day, 0), 0),
        died=died,
        n_left=int(left.sum()),
        n_died_after_leaving=int((left & (died_on <= until)).sum()),
        n_unreadable=n_unreadable,
        n_without_group=reasons,
    )


def _ends(grouped: Grouped, registrations: Any, date_format: str | None) -> tuple[Ints, int]:
    """The first day on which each person is no longer registered."""
    people = grouped.people
    found = grouped.registrations
    date_format = people.date_format if date_format is None else date_format
    if registrations is not None:
        found = read_registrations(registrations, people.ids, columns=None, date_format=date_format, strict=False)
    if found is not None:
        return _ends_of(found, people.n_people, grouped.as_at), found.n_unreadable
    if not people.table.has("registered_to"):
        return np.full(people.n_people, _ALWAYS), 0
    days = people.table.days("registered_to", date_format)
    day, valid = days.day[people.first_row].astype(np.int64), days.valid[people.first_row]
    unreadable = ~valid & ~days.missing[people.first_row]
    return np.where(valid, day, _ALWAYS), int(unreadable.sum())


def _ends_of(found: Registrations, n_people: int, as_at: int) -> Ints:
    """The end of the registrations that follow each other without a gap from the index date on."""
    end = np.full(n_people, as_at, np.int64)
    while True:
        goes_on = (found.first <= end[found.person]) & (found.end > end[found.person])
        if not goes_on.any():
            return end
        np.maximum.at(end, found.person[goes_on], found.end[goes_on])
