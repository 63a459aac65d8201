"""Days from dates, datetimes and text: ISO 8601 or a stated format; day and month are never guessed.

Text is read once for each distinct value, and ISO text by arithmetic on its characters. A value that cannot
be read is counted; a column in which nothing can be read is an error, because then the format is wrong and
not the data.
"""

from __future__ import annotations

import datetime
import re
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..errors import DataError, UsageError, shapes_of
from .encoding import encode_plain
from .plain import Bools, Distinct, Flat, Objects, Plain

#: De-identified data are shifted as far as 2201 (MIMIC-IV); no index date of use is later than this year.
LAST_YEAR: Final = 2500
_DAY, _MONTH, _YEAR = 3, 2, 1
_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
#: Longer than any ISO date with time, fraction and offset.
_TOO_LONG: Final = 40
_CHUNK: Final = 1 << 20
#: Characters of a year and of a year and month.
_PARTIAL: Final = (4, 7)
_TIME: Final = re.compile(
    r"[Tt ]\s?(([01]\d|2[0-3])(:?[0-5]\d(:?([0-5]\d|60)([.,]\d+)?)?)?|24:?00(:?00([.,]0+)?)?)"
    r"(\s?([Zz]|[+-]\d\d(:?\d\d)?))?",
    re.ASCII,
)


DayNumbers: TypeAlias = npt.NDArray[np.int64]
Precisions: TypeAlias = npt.NDArray[np.uint8]


@frozen(eq=False)
class Days:
    """A column as days, one entry a row.

    `day`: int32, days since 1970-01-01, meaning nothing where not `valid`; the first day of a month or year
    that is known alone. `missing`: no value, or blank text. `precision`: uint8, 3 day, 2 month, 1 year, 0 not
    valid; None unless partial dates were asked for. `n_unreadable` counts rows with a value that is not a
    valid date, and `shapes` shows some of them, without their digits.

    Dates before the first year allowed are not valid: they stand for nothing (1753-01-01 and 0001-01-01 are
    what databases write for no date). `n_too_early` counts them, and they are among `n_unreadable`. Dates
    after 2500 are valid and stand at 2500-12-31, later than everything (9999-12-31 means no end);
    `n_too_late` counts them.
    """

    day: npt.NDArray[np.int32]
    valid: Bools
    missing: Bools
    precision: npt.NDArray[np.uint8] | None
    n_unreadable: int
    n_too_early: int
    n_too_late: int
    shapes: str


def read_days(
    plain: Plain,
    *,
    is_calendar: bool,
    date_format: str | None,
    partial: bool,
    first_year: int,
    where: str,
    is_part: bool = False,
) -> Days:
    """Days from a plain column. `is_calendar`: its numbers are days, not years or dates in digits.

    In rows that are a part of a table (`is_part`) a column without any date is data like any other.
    """
    shapes = ""
    if isinstance(plain, Flat) and is_calendar:
        missing = plain.missing
        if not partial and not missing.any():
            simple = _within_bounds(plain.values, missing, first_year)
            if simple is not None:
                return simple
        day = plain.values
        precision = np.where(missing, 0, _DAY).astype(np.uint8)
    else:
        texts, index = _as_texts(plain)
        stripped = [text.strip() for text in texts.tolist()]
        day, precision = _read_texts(stripped, date_format, partial=partial, numbers=isinstance(plain, Flat))
        unread = [text for text, read in zip(stripped, precision.tolist(), strict=True) if text and not read]
        shapes = shapes_of(unread)
        if unread and not precision.any() and not is_part:
            raise _nothing_read(unread, shapes, date_format, partial=partial, where=where)
        blank = np.array([not text for text in stripped] + [True])
        day, precision = np.append(day, 0)[index], np.append(precision, np.uint8(0))[index]
        missing = blank[index]
    first, last = _first_day(first_year), _first_day(LAST_YEAR + 1) - 1
    readable = precision > 0
    valid = readable & (day >= first)
    return Days(
        day=np.clip(day, first, last).astype(np.int32),
        valid=valid,
        missing=missing,
        precision=np.where(valid, precision, 0).astype(np.uint8) if partial else None,
        n_unreadable=int(np.count_nonzero(~valid & ~missing)),
        n_too_early=int(np.count_nonzero(readable & ~valid)),
        n_too_late=int(np.count_nonzero(valid & (day > last))),
        shapes=shapes,
    )


def _within_bounds(day: npt.NDArray[np.integer], missing: Bools, first_year: int) -> Days | None:
    """Days of a calendar column without gaps, all inside the bounds: nothing is left to be judged row by row."""
    if len(day) and (int(day.min()) < _first_day(first_year) or int(day.max()) >= _first_day(LAST_YEAR + 1)):
        return None
    return Days(day.astype(np.int32, copy=False), np.ones(len(day), dtype=bool), missing, None, 0, 0, 0, "")


def _read_texts(
    texts: list[str], date_format: str | None, *, partial: bool, numbers: bool
) -> tuple[DayNumbers, Precisions]:
    """ISO text or text in the format; a year or month of birth alone is read whatever the format is.

    A number can be a year of birth, but which other number is a date is not ours to guess.
    """
    if not texts:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    if date_format is None and not numbers:
        return parse_iso(texts, partial=partial)
    day, precision = parse_iso([t if len(t) in _PARTIAL else "" for t in texts], partial=partial)
    if date_format is not None and not (numbers and partial and not date_format.startswith("%Y")):
        by_format, precision_by_format = parse_format(texts, date_format, partial=partial, numbers=numbers)
        read = precision_by_format > 0
        day, precision = np.where(read, by_format, day), np.where(read, precision_by_format, precision)
    return day, precision


def _first_day(year: int) -> int:
    return datetime.date(year, 1, 1).toordinal() - _EPOCH


def _as_texts(plain: Plain) -> tuple[Objects, npt.NDArray[np.integer]]:
    """Distinct text, and rows' places; whole numbers (years, or 20240131 with a format) as their digits."""
    if isinstance(plain, Distinct):
        return plain.values, plain.index
    encoded = encode_plain(plain)
    texts = [str(int(v)) if np.isfinite(v) and v == int(v) else str(v) for v in encoded.values.tolist()]
    return np.array(texts, dtype=object), encoded.index


def parse_iso(texts: list[str], *, partial: bool = False) -> tuple[DayNumbers, Precisions]:
    """Days and precisions (0: not a date) of ISO 8601 text: `2024-01-31`, `20240131`, with a time or not.

    With `partial` also `2024-01` and `2024`, by their first day. A time zone is not applied: the date as it
    is written is the local one.

    >>> day, precision = parse_iso(["1970-01-02T23:59Z", "02/01/1970"])
    >>> day[0], precision.tolist()
    (np.int64(1), [3, 0])
    """
    chunks = [_parse_iso(texts[at : at + _CHUNK], partial) for at in range(0, max(len(texts), 1), _CHUNK)]
    return np.concatenate([day for day, _ in chunks]), np.concatenate([precision for _, precision in chunks])


def _parse_iso(texts: list[str], partial: bool) -> tuple[DayNumbers, Precisions]:
    characters = np.array(texts, dtype="U10").view(np.uint32).reshape(len(texts), 10)
    length = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    digit = np.where((characters >= 48) & (characters <= 57), characters.astype(np.int64) - 48, -1)
    hyphen = characters == ord("-")

    def number(*places: int) -> npt.NDArray[np.int64]:
        value = np.zeros(len(texts), dtype=np.int64)
        good = np.ones(len(texts), dtype=bool)
        for place in places:
            value = value * 10 + digit[:, place]
            good &= digit[:, place] >= 0
        return np.where(good, value, -1)

    extended = hyphen[:, 4] & hyphen[:, 7] & _ends(texts, length, 10)
    basic = (number(4, 5, 6, 7) >= 0) & _ends(texts, length, 8)
    year = number(0, 1, 2, 3)
    month = np.where(extended, number(5, 6), np.where(basic, number(4, 5), -1))
    day = np.where(extended, number(8, 9), np.where(basic, number(6, 7), -1))
    precision = np.where(extended | basic, _DAY, 0)
    if partial:
        month_alone = hyphen[:, 4] & (length == 7)
        year_alone = length == 4
        month = np.where(month_alone, number(5, 6), np.where(year_alone, 1, month))
        day = np.where(month_alone | year_alone, 1, day)
        precision = np.where(month_alone, _MONTH, np.where(year_alone, _YEAR, precision))
    return _day_of(year, month, day, precision)


def _ends(texts: list[str], length: npt.NDArray[np.integer], at: int) -> Bools:
    """Whether a date of `at` characters is followed by nothing, or by a time."""
    ends: Bools = length == at
    timed = np.flatnonzero((length > at) & (length < _TOO_LONG))
    # Distinct times are few when distinct datetimes are many.
    is_time: dict[str, bool] = {}
    for row in timed.tolist():
        tail = texts[row][at:]
        if tail not in is_time:
            is_time[tail] = _TIME.fullmatch(tail) is not None
        ends[row] = is_time[tail]
    return ends


def _day_of(
    year: npt.NDArray[np.int64],
    month: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    precision: npt.NDArray[np.integer],
) -> tuple[DayNumbers, Precisions]:
    good = (precision > 0) & (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    next_first = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)
    good &= day <= next_first - first
    return np.where(good, first + day - 1, 0), np.where(good, precision, 0).astype(np.uint8)


def parse_format(
    texts: list[str], date_format: str, *, partial: bool = False, numbers: bool = False
) -> tuple[DayNumbers, Precisions]:
    """Days and precisions of text in a format of `datetime.strptime`. `numbers`: the texts were numbers.

    >>> day, precision = parse_format(["02/01/1970", "1970-01-02"], "%d/%m/%Y")
    >>> day[0], precision.tolist()
    (np.int64(1), [3, 0])
    """
    precision = _precision_of(date_format, partial=partial)
    if numbers and not date_format.startswith("%Y"):
        raise UsageError(
            f"date_format {date_format!r} is for a column of numbers, which have lost their leading zeros",
            where="argument date_format",
            allowed="for numbers a format that begins with the year, for example '%Y%m%d'; for text any",
            remedy="convert the column to text with its zeros, or to dates",
        )
    days = np.zeros(len(texts), dtype=np.int64)
    precisions = np.zeros(len(texts), dtype=np.uint8)
    for at, text in enumerate(texts):
        try:
            # The date as it is written is the local one, whatever the time zone.
            date = datetime.datetime.strptime(text, date_format).date()  # noqa: DTZ007
        except ValueError:
            continue  # counted by the caller: its precision stays 0
        days[at] = date.toordinal() - _EPOCH
        precisions[at] = precision
    return days, precisions


def _precision_of(date_format: str, *, partial: bool) -> int:
    _refuse_bad_format(date_format)
    directives = set(re.findall(r"%(.)", date_format.replace("%%", "")))
    has_year = bool(directives & set("Ycx")) or ("y" in directives and not partial)
    has_month = bool(directives & set("mbBcxj"))
    has_day = bool(directives & set("dcxj"))
    precision = (_DAY if has_day else _MONTH if has_month else _YEAR) if has_year else 0
    if precision == _DAY and not has_month:
        precision = 0
    if not precision or (precision != _DAY and not partial):
        raise UsageError(
            f"date_format {date_format!r} does not name a {'date' if partial else 'day'}",
            where="argument date_format",
            allowed="a format of datetime.strptime with year, month and day, for example '%d/%m/%Y'"
            + (" (for dates of birth a four-digit year, and month and day may be left out)" if partial else ""),
            remedy="add what is missing",
        )
    return precision


def _refuse_bad_format(date_format: object) -> None:
    """Refuse what is no format; Python tells a wrong format from a wrong date by its message only."""
    fault: Exception | None = None
    # Newer Pythons warn of a day without a year, which is refused just below with a sentence of its own.
    no_year = isinstance(date_format, str) and not re.search("%[YyGcx]", date_format)
    try:
        datetime.datetime.strptime("", f"%Y {date_format}" if no_year else date_format)  # type: ignore[arg-type]  # noqa: DTZ007
    except (TypeError, re.error) as error:
        fault = error
    except ValueError as error:
        fault = error if "directive" in str(error) or "stray" in str(error) else None
    if fault is not None:
        raise UsageError(
            f"date_format {date_format!r} is no date format",
            where="argument date_format",
            allowed="a format of datetime.strptime, for example '%d/%m/%Y'",
            remedy="correct the format",
        ) from fault


def _nothing_read(unread: list[str], shapes: str, date_format: str | None, *, partial: bool, where: str) -> DataError:
    slashed = any(re.fullmatch(r"\d{1,2}([/.-])\d{1,2}\1\d{4}.*", text) for text in unread[:100])
    if date_format is not None:
        allowed, remedy = f"text in the format {date_format!r}", "correct date_format, 9 stands for any digit"
    else:
        allowed = "text such as '2024-01-31'" + (", '2024-01' or '2024'" if partial else "")
        example = "'%d/%m/%Y' or '%m/%d/%Y', whichever it is" if slashed else "'%d/%m/%Y' for 31/01/2024"
        remedy = f"give date_format={example}, or convert the column to dates"
    return DataError(
        f"none of {len(unread):,} distinct values is a date; they look like {shapes}",
        where=where,
        allowed=allowed,
        remedy=remedy,
    )
