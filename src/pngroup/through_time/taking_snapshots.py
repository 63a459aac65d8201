"""Snapshots: the group of each person at several index dates, and nothing else, so that years of them fit in memory."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, Unpack

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..answering import answer_groups
from ..dates import read_as_at, to_date
from ..errors import UsageError
from ..frames import Column, Taken, build, is_missing
from ..intake import REASONS, People
from ..model import Model
from ..preparing import Options, Prepared, prepare
from ..quality import Quality
from ..result import group_columns
from ..schemes import Scheme
from ..vocabulary import Reason
from .registrations import Registrations, read_registrations

Places: TypeAlias = npt.NDArray[np.int32]


@frozen
class Snapshots:
    """The groups of a population at several index dates. Made by `snapshots()`.

    `group`: (dates, people) int8, 0 where a person has none; `reason`: likewise, place in `REASONS` of why not, -1
    where there is a group; `age`: whole years, meaningless where `reason` says not born or age unknown; `sex`: one
    entry a person, place in `SEXES`. `practice`: (dates, people) place in `practices`, -1 for none, or None where
    nothing about practices was given. `qualities`: the quality report of each date.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    as_at: tuple[datetime.date, ...]
    people: People = field(repr=False)
    group: npt.NDArray[np.int8] = field(eq=False, repr=False)
    reason: npt.NDArray[np.int8] = field(eq=False, repr=False)
    age: npt.NDArray[np.int16] = field(eq=False, repr=False)
    practice: Places | None = field(eq=False, repr=False)
    practices: tuple[str, ...] = field(repr=False)
    qualities: tuple[Quality, ...] = field(repr=False)
    fingerprint: str

    def __len__(self) -> int:
        return len(self.as_at)

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
        return build(self.people.table, columns, rows=rows, pass_through=False)


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
    columns = dict(options.get("columns") or {})
    of_registrations = columns.pop("registrations", None)
    if columns or "columns" in options:
        options["columns"] = columns
    prepared = prepare(people, records, as_at=list(as_at), **options)
    everybody = prepared.inputs[-1].people
    reasons = np.stack([each.people.reason for each in prepared.inputs])
    where, practices = _practices(prepared, registrations, practice, of_registrations, options)
    if where is not None and registrations is not None:
        for reason, at in zip(reasons, where, strict=True):
            # Of the reasons, the first that applies counts, and the age comes after the registration.
            later = (reason == -1) | (reason == REASONS.index(Reason.AGE_UNKNOWN))
            reason[later & (at < 0)] = REASONS.index(Reason.NOT_REGISTERED)
    group = np.stack(answer_groups(prepared.model, prepared.inputs)).astype(np.int8)
    group[reasons >= 0] = 0
    return Snapshots(
        model=prepared.model,
        scheme=prepared.scheme,
        as_at=tuple(to_date(day) for day in prepared.days),
        people=everybody,
        group=group,
        reason=reasons,
        age=np.stack([np.clip(each.people.age, -1, 1000).astype(np.int16) for each in prepared.inputs]),
        practice=where,
        practices=practices,
        qualities=prepared.qualities,
        fingerprint=prepared.fingerprint,
    )


def _practices(
    prepared: Prepared,
    registrations: Any,
    practice: str | None,
    columns: Mapping[str, str] | None,
    options: Options,
) -> tuple[Places | None, tuple[str, ...]]:
    """The practice of each person at each date (or None), and the practices."""
    everybody = prepared.inputs[-1].people
    table = everybody.table
    if registrations is not None:
        twice = practice is not None or table.has("registered_from") or table.has("registered_to")
        if twice:
            raise UsageError(
                "registrations are given twice",
                where="argument registrations, and practice= or the registration columns of people",
                allowed="one of the two",
                remedy="leave out practice= and drop registered_from and registered_to from people",
            )
        found: Registrations = read_registrations(
            registrations,
            everybody.ids,
            columns=columns,
            date_format=options.get("date_format"),
            strict=bool(options.get("strict")),
        )
        return np.stack([found.at(day, everybody.n_people) for day in prepared.days]), found.practices
    if practice is None:
        return None, ()
    if practice not in table.other_columns:
        raise UsageError(
            f"people has no column {practice!r}",
            where="argument practice",
            allowed="a column of people: " + (", ".join(map(str, table.other_columns)) or "there is no other"),
            remedy="name the column that holds the practice",
        )
    names = [None if is_missing(value) else str(value) for value in table.frame.native_column(practice)]
    of_row = [names[row] for row in everybody.first_row.tolist()]
    known = tuple(sorted({name for name in of_row if name is not None}))
    places = {name: place for place, name in enumerate(known)}
    at = np.array([-1 if name is None else places[name] for name in of_row], np.int32)
    return np.broadcast_to(at, (len(prepared.days), len(at))), known
