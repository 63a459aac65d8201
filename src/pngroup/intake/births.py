"""Births: days, months or years as they are given, and the ages that they come to on an index date."""

from __future__ import annotations

from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import FIRST_DAY, age_of, age_on, calendar_of, months_before
from ..frames import Table

Bools: TypeAlias = npt.NDArray[np.bool_]
DayNumbers: TypeAlias = npt.NDArray[np.int32]

OLDEST: Final = 125
#: The day that stands for "no bound".
NEVER_BEFORE: Final = FIRST_DAY


@frozen(slots=False)
class Births:
    """What the table says of births: the first day of the date, month or year given, and ages of people without one."""

    day: DayNumbers = field(eq=False)
    precision: npt.NDArray[np.uint8] = field(eq=False)
    given: Bools = field(eq=False)
    years: npt.NDArray[np.int64] = field(eq=False)
    uses_age: Bools = field(eq=False)

    @cached_property
    def calendar(self) -> tuple[DayNumbers, DayNumbers]:
        """Years and days of the year of `day`."""
        return calendar_of(self.day)

    def of(self, rows: slice | npt.NDArray[np.int64]) -> Births:
        """The births of some of the people, who may be there more than once."""
        return Births(self.day[rows], self.precision[rows], self.given[rows], self.years[rows], self.uses_age[rows])


def read_births(table: Table, rows: npt.NDArray[np.int64], date_format: str | None, notes: dict[str, int]) -> Births:
    """The births of people (their first rows) as the table says them; `notes` counts what cannot be read."""
    n = len(rows)
    day, precision, given = np.zeros(n, np.int32), np.full(n, 3, np.uint8), np.zeros(n, bool)
    if table.has("birth_date"):
        days = table.days("birth_date", date_format, partial=True)
        notes["birth_date_unreadable"] = days.n_unreadable
        day, given = days.day[rows], days.valid[rows]
        precision = days.precision[rows] if days.precision is not None else precision
    years, uses_age = np.zeros(n, np.int64), np.zeros(n, bool)
    if table.has("age"):
        numbers = table.numbers("age")
        notes["age_unreadable"] = numbers.n_unreadable
        use = ~given & ~numbers.absent[rows]
        years = np.floor(np.clip(np.where(use, numbers.number[rows], 0.0), -1, 2 * OLDEST)).astype(np.int64)
        uses_age = use & (years >= 0) & (years <= OLDEST)
        notes["age_out_of_range"] = int((use & ~uses_age).sum())
    return Births(day, precision, given, years, uses_age)


@frozen
class BirthsAt:
    """Ages and birth days on an index date; `exact`: known to the day, `imputed`: made of a month or a year."""

    age: npt.NDArray[np.int32] = field(eq=False)
    age_known: Bools = field(eq=False)
    day: DayNumbers = field(eq=False)
    earliest: DayNumbers = field(eq=False)
    imputed: Bools = field(eq=False)
    exact: Bools = field(eq=False)
    not_born: Bools = field(eq=False)


def births_at(births: Births, as_at: int | DayNumbers, notes: dict[str, int]) -> BirthsAt:
    """The births as they are known at an index date, or at one for each."""
    given, use = births.given, births.uses_age
    day, earliest, imputed, not_born = imputed_births(births, as_at)
    imputed &= given
    not_born &= given
    earliest = np.where(given, earliest, np.int32(NEVER_BEFORE))
    as_given = day is births.day and bool(given.all())
    day = np.where(given, day, np.asarray(as_at, np.int32))
    age = age_of(births.calendar, as_at) if as_given else age_on(day, as_at)
    if use.any():
        age = np.where(use, births.years, age).astype(np.int32)
        # The earliest day on which a person of that age can have been born is what earlier ages are reckoned from.
        [date] = np.unique(as_at)  # an age is that of one day, and refused for more
        first_births = np.array(
            [months_before(int(date), 12 * (years + 1)) + 1 for years in range(OLDEST + 1)], np.int32
        )
        born = first_births[np.clip(births.years, 0, OLDEST)]
        day, earliest = np.where(use, born, day), np.where(use, born, earliest)
    out_of_range = given & ~not_born & (age > OLDEST)
    notes["age_out_of_range"] = notes.get("age_out_of_range", 0) + int(out_of_range.sum())
    return BirthsAt(
        age=age,
        age_known=(given | use) & ~out_of_range,
        day=day.astype(np.int32, copy=False),
        earliest=earliest.astype(np.int32, copy=False),
        imputed=imputed,
        exact=given & ~imputed,
        not_born=not_born,
    )


def imputed_births(births: Births, as_at: int | DayNumbers) -> tuple[DayNumbers, DayNumbers, Bools, Bools]:
    """Birth day, earliest possible birth day, whether imputed, and whether wholly after the index date.

    A month alone means the 15th, a year alone 1 July, never later than the index date.
    """
    first, precision = births.day, births.precision
    imputed, not_born = precision < 3, first > as_at
    rows = np.flatnonzero(imputed)
    day = first
    if len(rows):
        months = first[rows].astype("datetime64[D]").astype("datetime64[M]")
        july = months.astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(6, "M")
        middle = months.astype("datetime64[D]").astype(np.int32) + 14
        of_year = july.astype("datetime64[D]").astype(np.int32)
        guessed = np.where(precision[rows] == 2, middle, np.where(precision[rows] == 1, of_year, first[rows]))
        day = first.copy()
        day[rows] = np.where(not_born[rows], guessed, np.minimum(guessed, np.broadcast_to(as_at, len(first))[rows]))
    return day, first, imputed, not_born
