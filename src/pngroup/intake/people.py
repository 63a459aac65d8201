"""The people table: ages, sexes, registrations, and who has no group and why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..codes import is_no, read_sex
from ..dates import FIRST_DAY, LAST_DAY, age_of, age_on, calendar_of, months_before
from ..errors import DataError
from ..frames import Ids, Table, encode_ids, open_table, same_rows
from ..quality import FeedQuality
from ..vocabulary import Reason, Sex

Bools: TypeAlias = npt.NDArray[np.bool_]
DayNumbers: TypeAlias = npt.NDArray[np.int32]

SEXES: Final = tuple(sex.value for sex in Sex)
REASONS: Final = tuple(reason.value for reason in Reason)
_OPTIONAL: Final = (
    "birth_date",
    "age",
    "sex",
    "registered_from",
    "registered_to",
    "died_on",
    "excluded_reason",
)
_OLDEST: Final = 125
#: Days that stand for "no bound".
_ALWAYS: Final = LAST_DAY
_NEVER_BEFORE: Final = FIRST_DAY


@frozen
class People:
    """One entry a distinct person, in order of first appearance.

    `first_row`: row of the table. `age`: whole years on the index date (meaningless where `reason` is set).
    `birth`: the birth day that ages on earlier days are reckoned from. `earliest_birth` and `last_day` bound
    believable records. `reason`: place in `REASONS`, -1 for people who get a group. Days are days since 1970-01-01.
    """

    table: Table = field(repr=False)
    ids: Ids = field(repr=False)
    first_row: npt.NDArray[np.int64] = field(eq=False, repr=False)
    age: npt.NDArray[np.int32] = field(eq=False, repr=False)
    birth: DayNumbers = field(eq=False, repr=False)
    earliest_birth: DayNumbers = field(eq=False, repr=False)
    last_day: DayNumbers = field(eq=False, repr=False)
    sex: npt.NDArray[np.int8] = field(eq=False, repr=False)
    reason: npt.NDArray[np.int8] = field(eq=False, repr=False)
    age_imputed: Bools = field(eq=False, repr=False)
    exact_birth: Bools = field(eq=False, repr=False)
    short_history: Bools = field(eq=False, repr=False)
    quality: FeedQuality = field(repr=False)

    @property
    def n_people(self) -> int:
        return len(self.age)


@frozen
class Registry:
    """The people table as read, before any index date: what `at` makes `People` of.

    `births`: days, with precision and whether given; `ages`: whole years and whether believable, for people without a
    birth date. Days are (day, whether given).
    """

    table: Table = field(repr=False)
    ids: Ids = field(repr=False)
    births: _Births = field(repr=False)
    sex: npt.NDArray[np.int8] = field(eq=False, repr=False)
    registered_from: tuple[DayNumbers, Bools] = field(repr=False)
    registered_to: tuple[DayNumbers, Bools] = field(repr=False)
    died_on: tuple[DayNumbers, Bools] = field(repr=False)
    excluded: Bools = field(eq=False, repr=False)
    notes: Mapping[str, int] = field(repr=False)

    def at(self, as_at: int, *, short_history_months: int) -> People:
        """The people as they are at the end of an index date."""
        notes = dict(self.notes)
        birth = _births_at(self.births, as_at, notes)
        from_day, from_given = self.registered_from
        to_day, to_given = self.registered_to
        died_day, died = self.died_on
        applies: dict[Reason, Bools] = {
            Reason.EXCLUDED: self.excluded,
            Reason.NOT_BORN: birth.not_born,
            Reason.DIED: died & (died_day <= as_at),
            Reason.NOT_REGISTERED: (from_given & (from_day > as_at)) | (to_given & (to_day <= as_at)),
            Reason.AGE_UNKNOWN: ~birth.age_known,
        }
        reason = np.full(len(self.sex), -1, np.int8)
        for each in reversed(list(applies)):
            reason[applies[each]] = REASONS.index(each.value)
        notes["age_imputed"] = int(birth.imputed.sum())
        return People(
            table=self.table,
            ids=self.ids,
            first_row=self.ids.first_row,
            age=birth.age,
            birth=birth.day,
            earliest_birth=birth.earliest,
            last_day=np.where(died, died_day, np.int32(_ALWAYS)).astype(np.int32),
            sex=self.sex,
            reason=reason,
            age_imputed=birth.imputed,
            exact_birth=birth.exact,
            short_history=from_given & (from_day > months_before(as_at, short_history_months)),
            quality=_quality(self.table, len(self.sex), notes),
        )

    def of_person(self, place: int) -> Registry:
        """The same of one person, for `at`; table and ids stay those of all."""
        one = slice(place, place + 1)

        def days(given: tuple[DayNumbers, Bools]) -> tuple[DayNumbers, Bools]:
            return given[0][one], given[1][one]

        births = self.births
        return evolve(
            self,
            births=_Births(
                births.day[one], births.precision[one], births.given[one], births.years[one], births.uses_age[one]
            ),
            sex=self.sex[one],
            registered_from=days(self.registered_from),
            registered_to=days(self.registered_to),
            died_on=days(self.died_on),
            excluded=self.excluded[one],
        )


def read_people(
    native: object, *, columns: Mapping[str, str] | None, date_format: str | None, one_date: bool = True
) -> Registry:
    """The people of a table, each person once.

    Raises `DataError` for a row without person_id, rows of one person that disagree, a table with neither birth_date
    nor age, and, unless for `one_date`, for people of whom only an age is known: it is that of one day.
    """
    opened = open_table(native, name="people", required=("person_id",), optional=_OPTIONAL, columns=columns)
    # The result is built from this table later: it must not follow what the caller does to theirs in the meantime.
    table = opened.snapshot()
    if not (table.has("birth_date") or table.has("age")):
        raise DataError(
            "there is neither birth_date nor age",
            where="people",
            allowed="a column birth_date (date, YYYY-MM or year) or age (whole years)",
            remedy="add one, or name it with columns={'people': {'birth_date': ...}}",
        )
    ids = encode_ids(table, "person_id", required=True)
    repeated = same_rows(table, ids)
    if repeated.n_disagreeing:
        raise DataError(
            f"rows of the same person disagree ({repeated.n_disagreeing:,} people, "
            f"in {', '.join(repeated.columns[:5])})",
            where=f"people, for example rows {', '.join(str(row + 1) for row in repeated.rows)}",
            allowed="one row a person, or rows that are the same",
            remedy="decide which row is right and keep that one",
        )
    rows = ids.first_row
    notes = {"duplicate_people": repeated.n_repeated}
    births = _read_births(table, rows, date_format, notes)
    if not one_date and births.uses_age.any():
        raise DataError(
            f"of {int(births.uses_age.sum()):,} people only an age is known, which is that of one day",
            where=table.where("age"),
            allowed="birth_date for everybody where several index dates are asked for",
            remedy="give birth dates (a year will do), or group one date at a time with the ages of that date",
        )
    return Registry(
        table=table,
        ids=ids,
        births=births,
        sex=_sexes(table, rows, notes),
        registered_from=_day_column(table, "registered_from", rows, date_format, notes, "registration_unreadable"),
        registered_to=_day_column(table, "registered_to", rows, date_format, notes, "registration_unreadable"),
        died_on=_deaths(table, rows, date_format, notes),
        excluded=_is_filled(table, "excluded_reason", rows),
        notes=notes,
    )


@frozen(slots=False)
class _Births:
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


def _read_births(table: Table, rows: npt.NDArray[np.int64], date_format: str | None, notes: dict[str, int]) -> _Births:
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
        years = np.floor(np.clip(np.where(use, numbers.number[rows], 0.0), -1, 2 * _OLDEST)).astype(np.int64)
        uses_age = use & (years >= 0) & (years <= _OLDEST)
        notes["age_out_of_range"] = int((use & ~uses_age).sum())
    return _Births(day, precision, given, years, uses_age)


@frozen
class _BirthsAt:
    age: npt.NDArray[np.int32] = field(eq=False)
    age_known: Bools = field(eq=False)
    day: DayNumbers = field(eq=False)
    earliest: DayNumbers = field(eq=False)
    imputed: Bools = field(eq=False)
    exact: Bools = field(eq=False)
    not_born: Bools = field(eq=False)


def _births_at(births: _Births, as_at: int, notes: dict[str, int]) -> _BirthsAt:
    given, use = births.given, births.uses_age
    day, earliest, imputed, not_born = _imputed_births(births, as_at)
    imputed &= given
    not_born &= given
    earliest = np.where(given, earliest, np.int32(_NEVER_BEFORE))
    as_given = day is births.day and bool(given.all())
    day = np.where(given, day, np.int32(as_at))
    age = age_of(births.calendar, as_at) if as_given else age_on(day, as_at)
    if use.any():
        age = np.where(use, births.years, age).astype(np.int32)
        # The earliest day on which a person of that age can have been born is what earlier ages are reckoned from.
        first_births = np.array([months_before(as_at, 12 * (years + 1)) + 1 for years in range(_OLDEST + 1)], np.int32)
        born = first_births[np.clip(births.years, 0, _OLDEST)]
        day, earliest = np.where(use, born, day), np.where(use, born, earliest)
    out_of_range = given & ~not_born & (age > _OLDEST)
    notes["age_out_of_range"] = notes.get("age_out_of_range", 0) + int(out_of_range.sum())
    return _BirthsAt(
        age=age,
        age_known=(given | use) & ~out_of_range,
        day=day.astype(np.int32, copy=False),
        earliest=earliest.astype(np.int32, copy=False),
        imputed=imputed,
        exact=given & ~imputed,
        not_born=not_born,
    )


def _imputed_births(births: _Births, as_at: int) -> tuple[DayNumbers, DayNumbers, Bools, Bools]:
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
        day[rows] = np.where(not_born[rows], guessed, np.minimum(guessed, as_at))
    return day, first, imputed, not_born


def _sexes(table: Table, rows: npt.NDArray[np.int64], notes: dict[str, int]) -> npt.NDArray[np.int8]:
    unknown = SEXES.index(Sex.UNKNOWN.value)
    if not table.has("sex"):
        return np.full(len(rows), unknown, np.int8)
    encoded = table.encode("sex")
    words = [read_sex(value) for value in encoded.values]
    places = np.array([unknown if word is None else SEXES.index(word.value) for word in words] + [unknown], np.int8)
    not_read = np.array([word is None for word in words] + [False])
    index = encoded.index[rows]
    notes["sex_unknown_word"] = int(not_read[index].sum())
    return places[index]


def _day_column(
    table: Table,
    column: str,
    rows: npt.NDArray[np.int64],
    date_format: str | None,
    notes: dict[str, int],
    note: str,
) -> tuple[DayNumbers, Bools]:
    if not table.has(column):
        return np.zeros(len(rows), np.int32), np.zeros(len(rows), bool)
    days = table.days(column, date_format)
    notes[note] = notes.get(note, 0) + days.n_unreadable
    return days.day[rows], days.valid[rows]


def _deaths(
    table: Table, rows: npt.NDArray[np.int64], date_format: str | None, notes: dict[str, int]
) -> tuple[DayNumbers, Bools]:
    """Days of death; of a month or a year alone its last day, so that nobody is dead too early."""
    if not table.has("died_on"):
        return np.zeros(len(rows), np.int32), np.zeros(len(rows), bool)
    given = table.days("died_on", date_format, partial=True)
    notes["death_unreadable"] = given.n_unreadable
    day = given.day[rows]
    precision = given.precision[rows] if given.precision is not None else np.full(len(rows), 3, np.uint8)
    months = day.astype("datetime64[D]").astype("datetime64[M]")
    next_month = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int32)
    next_year = (months.astype("datetime64[Y]") + np.timedelta64(1, "Y")).astype("datetime64[D]").astype(np.int32)
    last = np.select([precision == 2, precision == 1], [next_month - 1, next_year - 1], day)
    return last.astype(np.int32), given.valid[rows]


def _is_filled(table: Table, column: str, rows: npt.NDArray[np.int64]) -> Bools:
    if not table.has(column):
        return np.zeros(len(rows), bool)
    encoded = table.encode(column, booleans=True)
    filled = [not is_no(value) for value in encoded.values.tolist()]
    return np.array([*filled, False])[encoded.index[rows]]


def _quality(table: Table, n_used: int, notes: Mapping[str, int]) -> FeedQuality:
    return FeedQuality(
        name="people",
        n_rows=table.n_rows,
        n_used=n_used,
        not_used={},
        notes={note: n for note, n in notes.items() if n},
        n_mapped={},
        n_unmapped={},
        unreadable={},
        columns_not_read=table.nearly,
    )
