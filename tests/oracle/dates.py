"""Dates as the specification counts them: months that clip, whole years of age, births known only in part."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

from attrs import frozen

DAY = timedelta(days=1)


def months_before(day: date, months: int) -> date:
    """The day `months` calendar months earlier, clipped to the end of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def in_months(day: date, as_at: date, months: int) -> bool:
    """Whether `day` lies in (as_at minus n months, as_at]."""
    return months_before(as_at, months) < day <= as_at


def age_on(birth: date, day: date) -> int:
    """Whole years; who is born on 29 February is a year older on 1 March in common years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def birthday(birth: date, years: int) -> date:
    """The day on which someone turns `years`: 1 March for 29 February in common years."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


@frozen
class Birth:
    """What is known of a birth: the day used for ages, the earliest possible day, and the age on as_at."""

    day: date | None
    earliest: date | None
    age: int | None
    is_imputed: bool = False
    is_after_as_at: bool = False

    def age_on(self, day: date) -> int | None:
        """Age on an earlier day."""
        return None if self.day is None else age_on(self.day, day)


def read_birth(person: dict[str, Any], as_at: date) -> Birth:
    """The birth of a person from `birth_date`, or failing that from `age`."""
    given = person.get("birth_date")
    if given is None:
        return _birth_from_age(person.get("age"), as_at)
    parts = [given.year, given.month, given.day] if isinstance(given, date) else [int(p) for p in given.split("-")]
    # The first possible day and the day assumed: 1 July of a year, the 15th of a month, the day itself.
    earliest, assumed = {
        1: lambda y: (date(y, 1, 1), date(y, 7, 1)),
        2: lambda y, m: (date(y, m, 1), date(y, m, 15)),
        3: lambda y, m, d: (date(y, m, d), date(y, m, d)),
    }[len(parts)](*parts)
    if earliest > as_at:
        return Birth(day=assumed, earliest=earliest, age=None, is_after_as_at=True)
    day = min(assumed, as_at)
    return Birth(day=day, earliest=earliest, age=_possible(age_on(day, as_at)), is_imputed=len(parts) < 3)


def _birth_from_age(age: int | None, as_at: date) -> Birth:
    known = None if age is None else _possible(age)
    if known is None:
        return Birth(day=None, earliest=None, age=None)
    # The oldest this person can be: as_at is the last day before the next birthday.
    day = months_before(as_at, 12 * (known + 1)) + DAY
    return Birth(day=day, earliest=day, age=known)


def _possible(age: int) -> int | None:
    return age if 0 <= age <= 125 else None
