"""Who is registered where and when: people enter, leave, and move from practice to practice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import to_fact_day
from ..errors import DataError
from ..files import opened
from ..frames import Ids, Table, find_people, is_missing, open_table

Ints: TypeAlias = npt.NDArray[np.int64]

_REQUIRED: Final = ("person_id", "practice")
_OPTIONAL: Final = ("registered_from", "registered_to")
#: Days that stand for "no bound".
ALWAYS: Final = 1 << 30


@frozen
class Registrations:
    """Registrations in order of person and first day: `person` (place among people), `practice` (place in `practices`).

    A person is registered from the day `first` up to, and without, the day `end` (day numbers). `n_unknown`: rows of
    nobody in people; `n_unreadable`: rows with a date that cannot be read; neither are used. `say_who_is_registered`:
    a person without a practice is not registered.
    """

    practices: tuple[str, ...] = field(repr=False)
    person: Ints = field(eq=False, repr=False)
    practice: npt.NDArray[np.int32] = field(eq=False, repr=False)
    first: Ints = field(eq=False, repr=False)
    end: Ints = field(eq=False, repr=False)
    n_unknown: int = 0
    n_unreadable: int = 0
    say_who_is_registered: bool = True

    def at(self, day: int, n_people: int) -> npt.NDArray[np.int32]:
        """For each person the place of the practice on a day, -1 for none; of several the one joined last."""
        found = np.full(n_people, -1, np.int32)
        here = (self.first <= day) & (self.end > day)
        # The last of a person wins the assignment, and rows are in order of the day of joining.
        found[self.person[here]] = self.practice[here]
        return found

    def on(self, person: Ints, day: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int32]:
        """The same for people (places) each on a day."""
        found = np.full(len(person), -1, np.int32)
        begin, end = (
            np.searchsorted(self.person, person, side="left"),
            np.searchsorted(self.person, person, side="right"),
        )
        for nth in range(int((end - begin).max(initial=0))):
            rows = np.flatnonzero(begin + nth < end)
            row = begin[rows] + nth
            here = (self.first[row] <= day[rows]) & (self.end[row] > day[rows])
            found[rows[here]] = self.practice[row[here]]
        return found

    def turning_days(self, first_person: int, end_person: int, first: int, last: int) -> tuple[Ints, Ints]:
        """Person (counted from the first) and fact day of each move after the day `first`, up to `last`."""
        a, b = np.searchsorted(self.person, [first_person, end_person])
        person, day = np.tile(self.person[a:b] - first_person, 2), np.concatenate([self.first[a:b], self.end[a:b]])
        here = (day > first) & (day <= last)
        return person[here], to_fact_day(day[here])


def read_registrations(
    native: Any, ids: Ids, *, columns: Mapping[str, str] | None, date_format: str | None, strict: bool
) -> Registrations:
    """The registrations of a table with `person_id`, `practice`, `registered_from` and `registered_to`.

    A missing `registered_from` means always so far, a missing `registered_to` still. Raises `DataError` for a row
    without practice, for one that ends before it begins, and under `strict` for rows that cannot be used.
    """
    table = open_table(
        opened(native, "registrations", whole=True),
        name="registrations",
        required=_REQUIRED,
        optional=_OPTIONAL,
        columns=columns,
        pass_through=False,
    )
    person = find_people(ids, table, "person_id").astype(np.int64)
    encoded = table.encode("practice")
    words = encoded.values.tolist()
    without = np.array([*(is_missing(word) for word in words), True])[encoded.index]
    if without.any():
        raise DataError(
            f"{int(without.sum()):,} rows have no practice",
            where=table.where("practice"),
            allowed="a code or name of the practice in each row",
            remedy="fill the column, or leave these rows out",
        )
    first, bad_first = _bound(table, "registered_from", date_format, -ALWAYS)
    end, bad_end = _bound(table, "registered_to", date_format, ALWAYS)
    unreadable, unknown = bad_first | bad_end, person < 0
    backwards = ~unreadable & (end < first)
    if backwards.any():
        raise DataError(
            f"{int(backwards.sum()):,} registrations end before they begin",
            where="registrations",
            allowed="registered_to on or after registered_from",
            remedy="correct these rows",
        )
    if strict and (unreadable.any() or unknown.any()):
        raise DataError(
            f"strict was asked for, and {int(unreadable.sum()):,} rows have a date that cannot be read, "
            f"{int(unknown.sum()):,} belong to nobody in people",
            where="registrations",
            allowed="no such rows under strict",
            remedy="correct the rows, or leave strict out and read the counts",
        )
    keep = np.flatnonzero(~unreadable & ~unknown)
    order = keep[np.lexsort((keep, first[keep], person[keep]))]
    return Registrations(
        practices=tuple(map(str, words)),
        person=person[order],
        practice=encoded.index[order].astype(np.int32),
        first=first[order],
        end=end[order],
        n_unknown=int((unknown & ~unreadable).sum()),
        n_unreadable=int(unreadable.sum()),
    )


def _bound(table: Table, column: str, date_format: str | None, default: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """A day for each row, `default` where none is given, and where one is given that cannot be read."""
    if not table.has(column):
        return np.full(table.n_rows, default, np.int64), np.zeros(table.n_rows, bool)
    days = table.days(column, date_format)
    unreadable = ~days.valid & ~days.missing
    return np.where(days.valid, days.day.astype(np.int64), default), unreadable
