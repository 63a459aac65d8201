"""Days, months, windows and ages: the one place where time is computed.

A day is an integer: days since 1970-01-01 (numpy's own day number). Windows are half-open:
(as_at minus n months, as_at]. The reference interpreter has date arithmetic of its own, so that an error here
does not hide.
"""

from __future__ import annotations

import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from .errors import UsageError, shape_of

Days = npt.NDArray[np.int32]

#: Facts hold a day as an unsigned number: days since 1900-01-01, plus one so that 0 means never.
_FACT_OFFSET: Final = 25568
#: The last day a fact can hold (18 bits) and the first.
FIRST_DAY: Final = 1 - _FACT_OFFSET
LAST_DAY: Final = (1 << 18) - 1 - _FACT_OFFSET


def to_fact_day(day: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Day numbers as they are held in facts (positive; 0 is never)."""
    return day.astype(np.int64) + _FACT_OFFSET


def fact_day(day: int) -> int:
    """One day number as it is held in facts."""
    return day + _FACT_OFFSET


def from_fact_day(day: int) -> int:
    """The day number of a fact's day."""
    return day - _FACT_OFFSET


def to_date(day: int) -> datetime.date:
    """The calendar date of a day number."""
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=int(day))


def read_as_at(as_at: object, *, argument: str = "as_at") -> int:
    """The day number of an index date given as a date, a datetime, numpy's datetime64 or ISO text.

    `argument` is what errors call it.

    >>> read_as_at("1970-01-31")
    30
    """
    value: object = as_at
    if isinstance(value, np.datetime64):
        # A month or a year is no day, and which of its days is meant is not ours to guess.
        is_day = np.datetime_data(value.dtype)[0] not in ("Y", "M")
        value = value.astype("datetime64[D]").item() if is_day else None
    if isinstance(value, datetime.datetime):
        # pandas' NaT calls itself a datetime; it is the one that does not equal itself.
        value = value.date() if value == value else None  # noqa: PLR0124
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value.strip())
        except ValueError:
            value = None
    if not isinstance(value, datetime.date):
        raise UsageError(
            f"{argument} is not a date (got {_looks(as_at)})",
            where=f"argument {argument}",
            allowed="a date, a datetime, or text such as '2026-03-31'; or a list of these",
            remedy="give the index date as year-month-day",
        )
    day = (value - datetime.date(1970, 1, 1)).days
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(
            f"{argument} {value.isoformat()} is out of range",
            where=f"argument {argument}",
            allowed="1900-01-01 to 2617-09-21",
            remedy="check the year",
        )
    return day


def months_before(day: int, months: int) -> int:
    """The day `months` calendar months before `day`; the end of a shorter month where the day does not exist.

    >>> to_date(months_before(read_as_at("2026-03-31"), 1))
    datetime.date(2026, 2, 28)
    """
    date = to_date(day)
    index = date.year * 12 + date.month - 1 - months
    first = np.datetime64(index - 1970 * 12, "M")
    last_of_month = int((first + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)) - 1
    return min(int(first.astype("datetime64[D]").astype(np.int64)) + date.day - 1, last_of_month)


def window_start(as_at: int, *, months: int | None = None, days: int | None = None) -> int:
    """The last day outside the window: a day counts when it is later than this and not later than `as_at`.

    With months and days the shorter of the two spans counts.
    """
    if months is None:
        return as_at - (days or 0)
    start = months_before(as_at, months)
    return start if days is None else max(start, as_at - days)


def window_starts(first: int, last: int, *, months: int | None = None, days: int | None = None) -> Days:
    """`window_start` of each day from `first` to `last`.

    >>> [str(to_date(day)) for day in window_starts(read_as_at("2026-03-30"), read_as_at("2026-03-31"), months=1)]
    ['2026-02-28', '2026-02-28']
    """
    each = np.arange(first, last + 1, dtype=np.int32)
    if months is None:
        return each - np.int32(days or 0)
    of_month = each.astype("datetime64[D]").astype("datetime64[M]")
    before = of_month - np.timedelta64(months, "M")
    start = before.astype("datetime64[D]").astype(np.int32) + (each - of_month.astype("datetime64[D]").astype(np.int32))
    last_of_month = (before + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int32) - 1
    found: Days = np.minimum(start, last_of_month).astype(np.int32)
    return found if days is None else np.maximum(found, each - np.int32(days))


def age_on(birth: Days, day: int | Days) -> Days:
    """Whole years from `birth` to `day`; 29 February's birthday in common years is 1 March."""
    return age_of(calendar_of(birth), day)


def age_of(birth: tuple[Days, Days], day: int | Days) -> Days:
    """The same for births whose year and day of the year are known already, as `calendar_of` gives them."""
    years, month_days = birth
    year, month_day = calendar_of(np.atleast_1d(np.asarray(day, dtype=np.int32)))
    age: Days = year - years
    age -= month_day < month_days
    return age


def birthday(birth: Days, years: int | Days) -> Days:
    """The day on which a person born on `birth` becomes `years` old (1 March for 29 February in common years)."""
    months = birth.astype("datetime64[D]").astype("datetime64[M]")
    day_of_month = birth - months.astype("datetime64[D]").astype(np.int32)
    then = (months + (12 * np.asarray(years)).astype("timedelta64[M]")).astype("datetime64[D]").astype(np.int32)
    # Adding the days to the first of the month turns 29 February of a common year into 1 March by itself.
    result: Days = (then + day_of_month).astype(np.int32)
    return result


def calendar_of(days: Days) -> tuple[Days, Days]:
    """Years, and month times 100 plus day of month."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month_number = months.astype(np.int64)
    day_of_month = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    years = month_number // 12
    month_days = (month_number - 12 * years + 1) * 100 + day_of_month
    return (years + 1970).astype(np.int32), month_days.astype(np.int32)


def _looks(value: object) -> str:
    """What was given in place of a date; text by its shape, in case it is something that must not be shown."""
    return (
        f"text like {shape_of(value)!r}, or a day that does not exist"
        if isinstance(value, str)
        else type(value).__name__
    )
