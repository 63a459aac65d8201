"""Time: the numpy arithmetic against `datetime`, day by day."""

from __future__ import annotations

import calendar
import datetime

import numpy as np
import pytest
from hypothesis import given, strategies as st

import pngroup
from pngroup import dates

DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 12, 31))


def number(day: datetime.date) -> int:
    return (day - datetime.date(1970, 1, 1)).days


@given(DAYS, st.integers(0, 1200))
def test_months_before_clips_to_the_end_of_a_shorter_month(day: datetime.date, months: int) -> None:
    """A window of n months begins on the same day n months earlier, or on the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    expected = datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    assert dates.to_date(dates.months_before(number(day), months)) == expected


@given(
    DAYS,
    st.integers(0, 800),
    st.one_of(st.tuples(st.integers(0, 60), st.none()), st.tuples(st.none(), st.integers(0, 900))),
)
def test_the_windows_of_many_days_are_those_of_each(day: datetime.date, n_days: int, window: tuple) -> None:
    """`window_starts` is `window_start` of each day, and never goes back."""
    first, (months, days) = number(day), window
    found = dates.window_starts(first, first + n_days, months=months, days=days)
    each = range(first, first + n_days + 1)
    assert found.tolist() == [dates.window_start(one, months=months, days=days) for one in each]
    assert (np.diff(found) >= 0).all()


@given(DAYS, DAYS)
def test_age_is_whole_years_with_first_of_march_for_leap_days(birth: datetime.date, day: datetime.date) -> None:
    """Ages are whole years, and somebody born on 29 February is a year older on 1 March in common years."""
    had_birthday = (day.month, day.day) >= (birth.month, birth.day)
    expected = day.year - birth.year - (0 if had_birthday else 1)
    assert dates.age_on(np.array([number(birth)], np.int32), number(day))[0] == expected


@given(DAYS, st.integers(0, 125))
def test_a_birthday_is_the_first_day_of_that_age(birth: datetime.date, years: int) -> None:
    """`birthday` gives the first day on which `age_on` says so many years."""
    born = np.array([number(birth)], np.int32)
    day = int(dates.birthday(born, years)[0])
    assert dates.age_on(born, day)[0] == years
    assert dates.age_on(born, day - 1)[0] == years - 1


@pytest.mark.parametrize(
    "as_at",
    [
        "2026-03-31",
        datetime.date(2026, 3, 31),
        datetime.datetime(2026, 3, 31, 23, 59, tzinfo=datetime.UTC),
        np.datetime64("2026-03-31"),
    ],
)
def test_an_index_date_comes_in_each_usual_type(as_at: object) -> None:
    """The index date may be text, a date, a datetime or numpy's datetime64."""
    assert dates.to_date(dates.read_as_at(as_at)) == datetime.date(2026, 3, 31)


@pytest.mark.parametrize("as_at", ["31/03/2026", "2026-02-30", 20260331, None, "", "1899-12-31"])
def test_anything_else_is_refused_in_one_sentence(as_at: object) -> None:
    """A wrong index date is a usage error that shows the form that is allowed."""
    with pytest.raises(pngroup.UsageError) as caught:
        dates.read_as_at(as_at)
    assert caught.value.allowed
    assert caught.value.remedy
    assert "as_at" in str(caught.value)
