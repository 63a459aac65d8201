"""Rows of records, contacts, medicines and values: whose they are, when they happened, and why some do not count."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..frames import Table, encode_ids, match_ids
from ..quality import NOT_USED
from .people import People

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Days: TypeAlias = npt.NDArray[np.int32]

REASON_WORDS: Final = tuple(NOT_USED)


class Rows:
    """The rows of one table while it is read: each row has at most one reason for not being used, the first found."""

    def __init__(self, table: Table, people: People) -> None:
        self.table = table
        self.people = people
        self.why = np.full(table.n_rows, -1, np.int8)
        self.notes: dict[str, int] = {}
        ids = encode_ids(table, "person_id")
        self.person = match_ids(people.ids, ids)
        self.day: Days = np.zeros(table.n_rows, np.int32)
        missing = ids.index < 0
        self.drop(missing, "person_missing")
        self.drop((self.person < 0) & ~missing, "person_unknown")

    def drop(self, rows: Bools, reason: str) -> None:
        """Give rows that have no reason yet this one."""
        if rows.any():
            self.why[rows & (self.why < 0)] = REASON_WORDS.index(reason)

    def note(self, name: str, n_rows: int) -> None:
        """Count something remarkable about rows that are used."""
        if n_rows:
            self.notes[name] = self.notes.get(name, 0) + int(n_rows)

    @property
    def used(self) -> Bools:
        """Rows that nothing speaks against so far."""
        return self.why < 0

    def judge_dates(self, *, as_at: int, date_format: str | None) -> None:
        """Read the date column and drop rows that cannot be placed in the person's life up to the index date."""
        days = self.table.days("date", date_format)
        self.day = days.day
        self.drop(days.missing, "date_missing")
        self.drop(~days.valid, "date_unreadable")
        self.drop(days.day > as_at, "after_as_at")
        # Rows of nobody take the bounds of person 0; they have their reason already.
        person = np.maximum(self.person, 0)
        if self.people.n_people:
            self.drop(days.day < self.people.earliest_birth[person], "before_birth")
            self.drop(days.day > self.people.last_day[person], "after_death")

    def counts(self) -> dict[str, int]:
        """Rows not used, by reason."""
        number = np.bincount(self.why[self.why >= 0], minlength=len(REASON_WORDS))
        return {reason: int(n) for reason, n in zip(REASON_WORDS, number, strict=True) if n}
