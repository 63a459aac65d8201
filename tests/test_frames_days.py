"""Days: dates of every library and ISO text are read, nothing is guessed, and what cannot be read is counted."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings, strategies as st

from frame_kinds import KINDS
from pngroup import DataError, UsageError
from pngroup.frames import open_table
from pngroup.frames.days import parse_iso

EPOCH = datetime.date(1970, 1, 1)
moment = datetime.datetime.fromisoformat
DATES = st.dates(datetime.date(1900, 1, 1), datetime.date(2261, 12, 31))
COLUMN = st.lists(st.none() | DATES, min_size=1, max_size=20)


def days_of(native, **options):
    return open_table(native, name="records", required=["date"]).days("date", **options)


def dates(days):
    """Rows as dates again, None where not valid."""
    pairs = zip(days.day.tolist(), days.valid.tolist(), strict=True)
    return [EPOCH + datetime.timedelta(day) if valid else None for day, valid in pairs]


def iso_oracle(text):
    """An independent reading of ISO dates: Python's own, for the two forms that count."""
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            date = datetime.datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        if text in (date.isoformat(), date.isoformat().replace("-", "")):
            return date
    return None


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(column=COLUMN)
def test_dates_come_back_as_they_were(kind, column):
    """Dates of every kind of frame are the days they name, missing where they were missing."""
    days = days_of(KINDS[kind]({"date": column}))
    assert days.day.dtype == np.int32
    assert dates(days) == column
    assert days.missing.tolist() == [date is None for date in column]
    assert (days.n_unreadable, days.n_too_early, days.n_too_late) == (0, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(column=COLUMN, form=st.sampled_from(["%Y-%m-%d", "%Y%m%d", " %Y-%m-%d ", "%Y-%m-%dT23:59:59.5+01:00"]))
def test_iso_text_is_the_date_it_writes(kind, column, form):
    """ISO text, with or without hyphens and a time, is the date as it is written."""
    texts = [None if date is None else date.strftime(form) for date in column]
    if "categories" in kind and not any(texts):
        return  # without a text there is nothing to make categories of
    assert dates(days_of(KINDS[kind]({"date": texts}))) == column


@given(st.lists(st.text("0123456789-/ T:Z+", max_size=12) | DATES.map(str), max_size=8))
@example(["2023-02-30", "1961-04-93", "2023-13-01", "2023-00-10", "2024-02-29", "1900-02-29", "0000-01-01"])
@example(["\uff12\uff10\uff12\uff14-01-01", "2024-01-0\uff11", "2024\u201101\u201101"])
def test_text_is_a_date_exactly_where_an_independent_reading_says_so(texts):
    """Impossible dates, other orders and look-alike digits are not read; every real ISO date is."""
    plain = [text for text in texts if " " not in text and "T" not in text]
    day, precision = parse_iso(plain)
    read = [EPOCH + datetime.timedelta(int(d)) if p else None for d, p in zip(day, precision, strict=True)]
    assert read == [iso_oracle(text) for text in plain]


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("2024-01-31T00:00", True),
        ("2024-01-31 23:59:59", True),
        ("2024-01-31T23:59:59.123456789Z", True),
        ("20240131T2359", True),
        ("2024-01-31T24:00:00", True),
        ("2024-01-31 00:00:00+0000", True),
        ("2024-01-31T25:00", False),
        ("2024-01-31T23:60", False),
        ("2024-01-31T", False),
        ("2024-01-31 noon", False),
        ("2024-01-31x", False),
        ("2024-01-31T00:00:00" + "0" * 40, False),
        ("2024-1-31", False),
        ("2024/01/31", False),
        ("31-01-2024", False),
        ("45322", False),
        ("2024-01", False),
        ("2024", False),
    ],
)
def test_times_after_a_date_must_be_times(text, is_date):
    """A date may be followed by a time of day and an offset, and by nothing else."""
    assert bool(parse_iso([text])[1][0]) is is_date


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_read_is_counted_and_shown_without_digits(kind):
    """Unreadable dates are counted, apart from missing and blank ones, and shown as shapes."""
    texts = ["2024-01-31", "2023-02-30", "31/01/2024", "unknown", "  ", None, "2024-01-31"]
    days = days_of(KINDS[kind]({"date": texts}))
    assert days.valid.tolist() == [True, False, False, False, False, False, True]
    assert days.missing.tolist() == [False, False, False, False, True, True, False]
    assert days.n_unreadable == 3
    assert set(days.shapes.split(", ")) == {"'9999-99-99'", "'99/99/9999'", "'aaaaaaa'"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_in_another_format_is_an_error_that_shows_the_shape(kind):
    """dd/mm/yyyy is never guessed: the error shows the shape and how to give the format."""
    frame = KINDS[kind]({"date": ["03/04/2024", "31/12/2023", None]})
    with pytest.raises(DataError) as caught:
        days_of(frame)
    assert "'99/99/9999'" in caught.value.what
    assert "2024" not in caught.value.what
    assert "'%d/%m/%Y' or '%m/%d/%Y'" in caught.value.remedy
    assert caught.value.where == "records, column 'date'"


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_followed_to_the_letter(kind):
    """With a format the same text is read by it, and ISO text is not."""
    table = {"date": ["03/04/2024", "31/12/2023", "2024-01-01", None]}
    days = days_of(KINDS[kind](table) if kind != "arrow stream" else pa.table(table), date_format="%d/%m/%Y")
    assert dates(days) == [datetime.date(2024, 4, 3), datetime.date(2023, 12, 31), None, None]
    assert days.n_unreadable == 1


def test_wrong_formats_are_refused():
    """A format without a day, without a four-digit year of birth, or that is none at all is an error."""
    table = {"date": ["03/04/2024"]}
    for wrong in ("%Y", "%m/%Y", "%d/%m", "%Q", "%d%", "%d/%d/%Y", "", "dd/mm/yyyy", 3):
        with pytest.raises(UsageError) as caught:
            days_of(table, date_format=wrong)
        assert caught.value.where == "argument date_format"
    with pytest.raises(UsageError):
        days_of({"date": ["03/04/45"]}, date_format="%d/%m/%y", partial=True)
    assert dates(days_of({"date": ["03/04/21"]}, date_format="%d/%m/%y")) == [datetime.date(2021, 4, 3)]
    with pytest.raises(DataError, match="none of 1 distinct values is a date"):
        days_of(table, date_format="%Y/%m/%d")


@pytest.mark.parametrize("values", [[20240131, 20231231], [45322, 45291], [45322.5], [20240131.0, None]])
def test_numbers_are_no_dates(values):
    """Numbers such as 20240131 or a spreadsheet's 45322 are refused, with the way to say what they are."""
    for frame in ({"date": values}, pd.DataFrame({"date": values}), pl.DataFrame({"date": values})):
        with pytest.raises(DataError) as caught:
            days_of(frame)
        assert "date_format='%Y%m%d'" in caught.value.remedy


def test_numbers_are_dates_where_a_format_says_so():
    """20240131 is a date in the format %Y%m%d; formats that begin with the day would need the lost zeros."""
    for values in ([20240131, None], [20240131.0, None]):
        days = days_of({"date": values}, date_format="%Y%m%d")
        assert dates(days) == [datetime.date(2024, 1, 31), None]
    with pytest.raises(UsageError, match="leading zeros"):
        days_of({"date": [31012024]}, date_format="%d%m%Y")


@pytest.mark.parametrize("kind", [k for k in KINDS if "categories" not in k])
def test_truths_are_no_dates(kind):
    """A column of true and false where dates are expected is an error."""
    with pytest.raises(DataError, match="true and false"):
        days_of(KINDS[kind]({"date": [True, False]}))


STAMPS = [moment("2024-07-01T23:30"), moment("1969-12-31T00:01"), None]
STAMP_DATES = [datetime.date(2024, 7, 1), datetime.date(1969, 12, 31), None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_datetimes_of_any_unit_are_their_date(unit):
    """Datetimes are cut to their date, before 1970 too, in any unit of any library."""
    numpy = np.array(STAMPS, dtype=f"datetime64[{unit}]")
    frames = [{"date": numpy}, pd.DataFrame({"date": pd.Series(numpy)}), pa.table({"date": pa.array(numpy)})]
    frames += [pd.DataFrame({"date": pd.array(pa.array(numpy), dtype=pd.ArrowDtype(pa.timestamp(unit)))})]
    frames += [pl.DataFrame({"date": pl.Series(STAMPS, dtype=pl.Datetime(unit))})] if unit != "s" else []
    for frame in frames:
        assert dates(days_of(frame)) == STAMP_DATES
    assert dates(days_of({"date": STAMPS})) == STAMP_DATES
    assert dates(days_of({"date": pd.Series(STAMPS, dtype=object)})) == STAMP_DATES


def test_datetimes_with_a_time_zone_are_the_local_date():
    """23:30 in London is that day in London, though it is the same day in UTC only in winter."""
    utc = [moment("2024-07-01T23:30"), moment("2024-01-01T23:30"), None]
    local = [datetime.date(2024, 7, 2), datetime.date(2024, 1, 1), None]
    pandas = pd.Series(utc).dt.tz_localize("UTC").dt.tz_convert("Europe/London")
    frames = [pd.DataFrame({"date": pandas}), pd.DataFrame({"date": pandas.astype(object)})]
    frames += [pl.DataFrame({"date": pl.Series(utc, dtype=pl.Datetime("us", "Europe/London"))})]
    frames += [pa.table({"date": pa.array(utc, pa.timestamp("us", "Europe/London"))})]
    frames += [{"date": [None if pd.isna(v) else v.to_pydatetime() for v in pandas]}]
    for frame in frames:
        assert dates(days_of(frame)) == local


def test_dates_of_single_libraries_are_dates():
    """Arrow's 64-bit dates, numpy's days and weeks, and objects of numpy are dates too."""
    expected = [datetime.date(2024, 1, 4), None]
    frames = [
        pa.table({"date": pa.array([expected[0], None], pa.date64())}),
        {"date": np.array(["2024-01-04", "NaT"], dtype="datetime64[D]")},
        {"date": np.array(["2024-01-04", "NaT"], dtype="datetime64[W]")},
        {"date": [np.datetime64("2024-01-04T10"), None]},
        {"date": [pd.Timestamp("2024-01-04 10:00"), pd.NaT]},
        {"date": np.ma.array(np.array(["2024-01-04", "2024-01-05"], dtype="datetime64[s]"), mask=[False, True])},
    ]
    for frame in frames:
        assert dates(days_of(frame)) == expected


def test_dates_out_of_range_stand_for_nothing_or_for_ever():
    """Before 1900 is no date (databases write 1753 for none); after 2500 is later than all (9999 means no
    end).
    """
    given_dates = [datetime.date(1, 1, 1), datetime.date(1899, 12, 31), datetime.date(1900, 1, 1)]
    given_dates += [datetime.date(2500, 12, 31), datetime.date(9999, 12, 31)]
    last = datetime.date(2500, 12, 31)
    frames = [
        {"date": given_dates},
        {"date": [d.isoformat() for d in given_dates]},
        pl.DataFrame({"date": given_dates}),
    ]
    frames += [pd.DataFrame({"date": np.array(given_dates, dtype="datetime64[s]")}), pa.table({"date": given_dates})]
    for frame in frames:
        days = days_of(frame)
        assert dates(days) == [None, None, datetime.date(1900, 1, 1), last, last]
        assert (days.n_unreadable, days.n_too_early, days.n_too_late) == (2, 2, 1)
        assert not days.missing.any()


@pytest.mark.parametrize("kind", KINDS)
def test_births_may_be_months_or_years(kind):
    """With partial=True a month or a year alone is read as its first day, with its precision."""
    texts = ["1950-03-09", "1950-03", "1950", "1950-13", None, "195", "18991231"]
    days = days_of(KINDS[kind]({"date": texts}), partial=True)
    first = [datetime.date(1950, 3, 9), datetime.date(1950, 3, 1), datetime.date(1950, 1, 1), None, None, None]
    assert dates(days) == [*first, datetime.date(1899, 12, 31)]
    assert days.precision.tolist() == [3, 2, 1, 0, 0, 0, 3]
    assert days.n_unreadable == 2


def test_years_of_birth_may_be_numbers():
    """1950 is a year of birth as a number too, also as the float that a missing value beside it makes."""
    for values in ([1950, None, 2001], [1950.0, float("nan"), 2001.0]):
        for frame in ({"date": values}, pd.DataFrame({"date": values}), pl.DataFrame({"date": values})):
            for date_format in (None, "%d/%m/%Y"):
                days = days_of(frame, partial=True, date_format=date_format)
                assert dates(days) == [datetime.date(1950, 1, 1), None, datetime.date(2001, 1, 1)]
                assert days.precision.tolist() == [1, 0, 1]
    days = days_of({"date": [1950, 19560314, 1700]}, partial=True)
    assert days.n_unreadable == 2
    with pytest.raises(DataError, match="none of 1 distinct values is a date"):
        days_of({"date": [19560314]}, partial=True)


def test_births_in_a_format_may_still_be_years():
    """A format for full dates does not make a year or month of birth alone unreadable."""
    days = days_of({"date": ["09/03/1950", "1950", "1950-03"]}, partial=True, date_format="%d/%m/%Y")
    assert days.precision.tolist() == [3, 1, 2]
    month = days_of({"date": ["03/1950"]}, partial=True, date_format="%m/%Y")
    assert dates(month) == [datetime.date(1950, 3, 1)]
    assert month.precision.tolist() == [2]
    numpy = days_of({"date": np.array(["1950", "NaT"], dtype="datetime64[Y]")}, partial=True)
    assert numpy.precision.tolist() == [1, 0]
