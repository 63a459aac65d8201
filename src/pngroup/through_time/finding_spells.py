"""Spells: from which day to which each person is in which group, to the day and without gap."""

from __future__ import annotations

import datetime
from typing import Any, TypeAlias, Unpack

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..catalogue import Catalogue
from ..dates import read_as_at, to_date
from ..errors import UsageError
from ..frames import Column, Taken, build
from ..intake import REASONS, People
from ..model import Model
from ..preparing import Options, prepare
from ..quality import Quality
from ..result import group_columns
from ..schemes import Scheme
from .following import follow
from .practices import read_practices, split_columns

Ints: TypeAlias = npt.NDArray[np.int64]


@frozen
class Spells:
    """The groups of a population from one day to another, each from its first day to its last. Made by `spells()`.

    One entry a spell, in order of person, then of day. `person`: place among `people` (int64); `group`: int8, 0 where
    the person has none; `reason`: int8, place in `REASONS` of why not, -1 where there is a group; `practice`: int32,
    place in `practices`, -1 for none, or None where nothing about practices was given; `first_day` and `last_day`: days
    since 1970-01-01 (int64), both inclusive. The spells of each person cover all days from `since` to `until`
    without gap or overlap, and two that follow each other differ. `quality`: the quality report as at `until`.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    since: datetime.date
    until: datetime.date
    people: People = field(repr=False)
    person: Ints = field(eq=False, repr=False)
    group: npt.NDArray[np.int8] = field(eq=False, repr=False)
    reason: npt.NDArray[np.int8] = field(eq=False, repr=False)
    practice: npt.NDArray[np.int32] | None = field(eq=False, repr=False)
    first_day: Ints = field(eq=False, repr=False)
    last_day: Ints = field(eq=False, repr=False)
    practices: tuple[str, ...] = field(repr=False)
    quality: Quality = field(repr=False)
    fingerprint: str

    def __len__(self) -> int:
        return len(self.person)

    def __repr__(self) -> str:
        days = f"since={self.since.isoformat()}, until={self.until.isoformat()}"
        return f"Spells({days}, n_people={self.n_people}, n_spells={len(self)})"

    @property
    def n_people(self) -> int:
        """Number of people."""
        return self.people.n_people

    @property
    def n_days(self) -> Ints:
        """Days of each spell that lie between `since` and `until`."""
        return self.last_day - self.first_day + 1

    @property
    def is_cut_at_start(self) -> npt.NDArray[np.bool_]:
        """Where a spell begins with `since`, so that it may have begun earlier."""
        return np.equal(self.first_day, read_as_at(self.since))

    @property
    def is_cut_at_end(self) -> npt.NDArray[np.bool_]:
        """Where a spell ends with `until`, so that it may go on."""
        return np.equal(self.last_day, read_as_at(self.until))

    def to_frame(self) -> Any:
        """One row a spell, in order of people, then of days, in the caller's frame type.

        Columns: `person_id`, `need_group` (nullable integer), `need_group_name`, `need_tier`, `rag`, `reason`,
        `practice` where practices were given, `start_date` and `end_date` (both inclusive), `n_days`,
        `is_cut_at_start`, `is_cut_at_end`; the group under the name that its model gives it.
        """
        nobody = self.reason >= 0
        columns: dict[str, Column | Taken] = {
            "person_id": Taken("person_id"),
            **group_columns(self.model, self.scheme, self.group, nobody),
            "reason": Column("text", self.reason, ~nobody, REASONS),
        }
        if self.practice is not None:
            practice = np.maximum(self.practice, 0)
            columns["practice"] = Column("text", practice, self.practice < 0, self.practices or ("",))
        columns |= {
            "start_date": Column("date", self.first_day),
            "end_date": Column("date", self.last_day),
            "n_days": Column("integer", self.n_days),
            "is_cut_at_start": Column("boolean", self.is_cut_at_start),
            "is_cut_at_end": Column("boolean", self.is_cut_at_end),
        }
        return build(
            self.people.table, columns, rows=self.people.first_row[self.person], pass_through=False, renumber=True
        )


def spells(
    people: Any,
    records: Any,
    *,
    since: Any,
    until: Any,
    registrations: Any = None,
    practice: str | None = None,
    **options: Unpack[Options],
) -> Spells:
    """The group of each person on every day from `since` to `until`, both included, as spells of days, by any model.

    On each day the group, the reason and the practice are those of `snapshots()` on that day; a new spell begins on the
    day on which one of them changes. Nothing is looked at day by day: between two records that come, leave a window or
    end an episode, birthdays, and moves, nothing can change. The arguments are those of `snapshots()`.

    Raises as `snapshots()`, and `UsageError` where `until` is before `since`.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-02-10", "2025-03-01"]}
    >>> found = spells(people, records, since="2026-01-01", until="2026-03-31", system="icd10")
    >>> frame = found.to_frame()
    >>> for person, start, group in zip(frame["person_id"], frame["start_date"], frame["need_group"], strict=True):
    ...     print(person, start, group)
    a 2026-01-01 1
    a 2026-02-10 9
    b 2026-01-01 3
    b 2026-03-01 1
    """
    first, last = read_as_at(since, argument="since"), read_as_at(until, argument="until")
    if last < first:
        raise UsageError(
            f"until ({to_date(last).isoformat()}) is before since ({to_date(first).isoformat()})",
            where="arguments since and until",
            allowed="until on or after since",
            remedy="give the first day as since and the last as until",
        )
    columns = split_columns(options)
    prepared = prepare(
        people, records, as_at=[to_date(day) for day in sorted({first, last})], every_day=True, **options
    )
    everybody = prepared.inputs[-1].people
    practices = read_practices(everybody, registrations, practice, columns, options)
    found = follow(prepared, first, last, practices)
    ends = np.append(found.day[1:] - 1, last)
    ends[:-1][found.person[1:] != found.person[:-1]] = last
    return Spells(
        model=prepared.model,
        scheme=prepared.scheme,
        catalogue=prepared.catalogue,
        since=to_date(first),
        until=to_date(last),
        people=everybody,
        person=found.person,
        group=found.group,
        reason=found.reason,
        practice=None if practices is None else found.practice,
        first_day=found.day,
        last_day=ends[: len(found.day)],
        practices=() if practices is None else practices.practices,
        quality=prepared.qualities[-1],
        fingerprint=prepared.fingerprint,
    )
