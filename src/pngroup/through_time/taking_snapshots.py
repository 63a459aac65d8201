"""Snapshots: the group of each person at several index dates, and nothing else, so that years of them fit in memory."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, TypeAlias, Unpack

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..answering import answer_groups
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
from .practices import read_practices, split_columns, without_registration
from .registrations import Registrations

Places: TypeAlias = npt.NDArray[np.int32]


@frozen
class Snapshots:
    """The groups of a population at several index dates. Made by `snapshots()`.

    `group`: (dates, people) int8, 0 where a person has none; `reason`: likewise, place in `REASONS` of why not, -1
    where there is a group; `age`: whole years, meaningless where `reason` says not born or age unknown; `sex`: one
    entry a person, place in `SEXES`. `practice`: (dates, people) place in `practices`, -1 for none, or None where
    nothing about practices was given. `registrations`: those that were given, None where people or nothing say who is
    registered. `qualities`: the quality report of each date.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    as_at: tuple[datetime.date, ...]
    people: People = field(repr=False)
    group: npt.NDArray[np.int8] = field(eq=False, repr=False)
    reason: npt.NDArray[np.int8] = field(eq=False, repr=False)
    age: npt.NDArray[np.int16] = field(eq=False, repr=False)
    practice: Places | None = field(eq=False, repr=False)
    practices: tuple[str, ...] = field(repr=False)
    registrations: Registrations | None = field(eq=False, repr=False)
    qualities: tuple[Quality, ...] = field(repr=False)
    fingerprint: str

    def __len__(self) -> int:
        return len(self.as_at)

    def __repr__(self) -> str:
        days = f"{self.as_at[0].isoformat()} to {self.as_at[-1].isoformat()}" if self.as_at else "no date"
        last = int((self.reason[-1] < 0).sum()) if self.as_at else 0
        return f"Snapshots({days}, n_dates={len(self)}, n_people={self.n_people}, n_with_group_last={last})"

    @property
    def n_people(self) -> int:
        """Number of people."""
        return self.people.n_people

    @property
    def sex(self) -> npt.NDArray[np.int8]:
        """Place in `SEXES`, one entry a person."""
        return self.people.sex

    @property
    def groups(self) -> tuple[int, ...]:
        """Group numbers, lowest first."""
        return tuple(sorted(self.model.groups))

    def place(self, as_at: Any) -> int:
        """The place of an index date among `as_at`; `UsageError` where there is no snapshot of that day."""
        day = to_date(read_as_at(as_at))
        if day not in self.as_at:
            raise UsageError(
                f"there is no snapshot as at {day.isoformat()}",
                where="argument as_at",
                allowed=", ".join(each.isoformat() for each in self.as_at),
                remedy="name one of these dates",
            )
        return self.as_at.index(day)

    def to_frame(self) -> Any:
        """One row an index date and person, in order of the dates, then of people, in the caller's frame type.

        Columns: `as_at`, `person_id`, `need_group` (nullable integer), `need_group_name`, `need_tier`, `rag`, `reason`,
        and `practice` where practices were given; the group under the name that its model gives it.
        """
        n_dates, n_people = self.group.shape
        group, reason = self.group.reshape(-1), self.reason.reshape(-1)
        nobody = reason >= 0
        days = np.array([read_as_at(each) for each in self.as_at], np.int64)
        columns: dict[str, Column | Taken] = {
            "as_at": Column("date", np.repeat(days, n_people)),
            "person_id": Taken("person_id"),
            **group_columns(self.model, self.scheme, group, nobody),
            "reason": Column("text", reason, ~nobody, REASONS),
        }
        if self.practice is not None:
            practice = self.practice.reshape(-1)
            columns["practice"] = Column("text", np.maximum(practice, 0), practice < 0, self.practices or ("",))
        rows = np.tile(self.people.first_row, n_dates)
        return build(self.people.table, columns, rows=rows, pass_through=False, renumber=True)


def snapshots(
    people: Any,
    records: Any,
    *,
    as_at: Sequence[Any],
    registrations: Any = None,
    practice: str | None = None,
    **options: Unpack[Options],
) -> Snapshots:
    """The group of each person at several index dates, by any model.

    `people`, `records` and `options` are those of `group()`. People enter (born, registered) and leave (died,
    registration ended), and have a reason in the place of a group while they are not there. Where they move from
    practice to practice, `registrations` says when: a table with `person_id`, `practice`, `registered_from` (the first
    day; missing: always so far) and `registered_to` (the first day no longer; missing: still), in which a person may
    stand several times; people must have no such columns then. Where nobody moves, `practice` names the column of
    people that holds the practice.

    Raises as `group()`, and `UsageError` where registrations are given twice.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-02-10", "2026-01-01"]}
    >>> snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10").group.tolist()
    [[1, 3], [9, 3]]
    """
    columns = split_columns(options)
    prepared = prepare(people, records, as_at=list(as_at), **options)
    everybody = prepared.inputs[-1].people
    reasons = np.stack([each.people.reason for each in prepared.inputs])
    found = read_practices(everybody, registrations, practice, columns, options)
    where = None if found is None else np.stack([found.at(day, everybody.n_people) for day in prepared.days])
    if found is not None and where is not None and found.say_who_is_registered:
        reasons = without_registration(reasons, where)
    group = np.stack(answer_groups(prepared.model, prepared.inputs)).astype(np.int8)
    group[reasons >= 0] = 0
    return Snapshots(
        model=prepared.model,
        scheme=prepared.scheme,
        catalogue=prepared.catalogue,
        as_at=tuple(to_date(day) for day in prepared.days),
        people=everybody,
        group=group,
        reason=reasons,
        age=np.stack([np.clip(each.people.age, -1, 1000).astype(np.int16) for each in prepared.inputs]),
        practice=where,
        practices=() if found is None else found.practices,
        registrations=found if found is not None and found.say_who_is_registered else None,
        qualities=prepared.qualities,
        fingerprint=prepared.fingerprint,
    )
