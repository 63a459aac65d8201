"""The people table: ages, sexes, registrations, and who has no group and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..codes import is_no, read_sex
from ..dates import LAST_DAY, age_on, birthday, months_before
from ..errors import DataError
from ..frames import Ids, Table, encode_ids, open_table, same_rows
from ..quality import FeedQuality
from ..vocabulary import Reason, Sex
from .births import OLDEST, Births, BirthsAt, births_at, imputed_births, read_births

Bools: TypeAlias = npt.NDArray[np.bool_]

DayNumbers: TypeAlias = npt.NDArray[np.int32]
Reasons: TypeAlias = npt.NDArray[np.int8]

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
#: Days that stand for "no bound".
_ALWAYS: Final = LAST_DAY


@frozen
class People:
    """One entry a distinct person, in order of first appearance.

    `first_row`: row of the table. `age`: whole years on the index date (meaningless where `reason` is set).
    `birth`: the birth day that ages on earlier days are reckoned from. `earliest_birth` and `last_day` bound
    believable records. `reason`: place in `REASONS`, -1 for people who get a group. Days are days since 1970-01-01.
    `date_format`: that of text dates of the table, for columns of it that are read later; None for ISO.
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
    date_format: str | None = field(default=None, repr=False)

    @property
    def n_people(self) -> int:
        return len(self.age)


@frozen
class OnDays:
    """Age, birth day and reason as in `People`, one entry for a person on a day."""

    age: npt.NDArray[np.int32] = field(eq=False, repr=False)
    birth: DayNumbers = field(eq=False, repr=False)
    reason: Reasons = field(eq=False, repr=False)


@frozen
class Registry:
    """The people table as read, before any index date: what `at` makes `People` of.

    `births`: days, with precision and whether given; `ages`: whole years and whether believable, for people without a
    birth date. Days are (day, whether given).
    """

    table: Table = field(repr=False)
    ids: Ids = field(repr=False)
    births: Births = field(repr=False)
    sex: npt.NDArray[np.int8] = field(eq=False, repr=False)
    registered_from: tuple[DayNumbers, Bools] = field(repr=False)
    registered_to: tuple[DayNumbers, Bools] = field(repr=False)
    died_on: tuple[DayNumbers, Bools] = field(repr=False)
    excluded: Bools = field(eq=False, repr=False)
    notes: Mapping[str, int] = field(repr=False)
    date_format: str | None = field(default=None, repr=False)

    def at(self, as_at: int, *, short_history_months: int) -> People:
        """The people as they are at the end of an index date."""
        notes = dict(self.notes)
        birth = births_at(self.births, as_at, notes)
        from_day, from_given = self.registered_from
        died_day, died = self.died_on
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
            reason=self._reason(birth, as_at, slice(None)),
            age_imputed=birth.imputed,
            exact_birth=birth.exact,
            short_history=from_given & (from_day > months_before(as_at, short_history_months)),
            quality=_quality(self.table, len(self.sex), notes),
            date_format=self.date_format,
        )

    def _reason(self, birth: BirthsAt, as_at: int | DayNumbers, rows: slice | npt.NDArray[np.int64]) -> Reasons:
        """The place of the first reason that applies, -1 for none, of some rows on an index date, or one for each."""
        from_day, from_given = _of_rows(self.registered_from, rows)
        to_day, to_given = _of_rows(self.registered_to, rows)
        died_day, died = _of_rows(self.died_on, rows)
        applies: dict[Reason, Bools] = {
            Reason.EXCLUDED: self.excluded[rows],
            Reason.NOT_BORN: birth.not_born,
            Reason.DIED: died & (died_day <= as_at),
            Reason.NOT_REGISTERED: (from_given & (from_day > as_at)) | (to_given & (to_day <= as_at)),
            Reason.AGE_UNKNOWN: ~birth.age_known,
        }
        reason = np.full(len(birth.age), -1, np.int8)
        for each in reversed(list(applies)):
            reason[applies[each]] = REASONS.index(each.value)
        return reason

    def on(self, person: npt.NDArray[np.int64], day: DayNumbers) -> OnDays:
        """What depends on the day, of some people (places in the registry) each on a day: as `at` has it."""
        birth = births_at(self.births.of(person), day, {})
        return OnDays(birth.age, birth.day, self._reason(birth, day, person))

    def turning_days(
        self,
        person: npt.NDArray[np.int64],
        first: int,
        last: int,
        *,
        ages: Collection[int] | None,
        from_birth: bool,
    ) -> tuple[npt.NDArray[np.int64], DayNumbers]:
        """Place in `person` and day, for the days after `first`, up to `last`, on which something of `on` changes.

        Of ages those that are asked for count, None for all of them, and the one that is too old for any group.
        `from_birth`: the birth day itself counts, which is the index date until an imputed one has come.
        """
        births = self.births.of(person)
        born, *_ = imputed_births(births, _ALWAYS)
        days = [
            (births.given, births.day),
        ]
        for column in (self.died_on, self.registered_from, self.registered_to):
            day, there = _of_rows(column, person)
            days.append((there, day))
        was, will_be = age_on(born, first), age_on(born, last)
        for more in range(1, int((will_be - was).max(initial=0)) + 1):
            years = was + np.int32(more)
            there = births.given & (years <= will_be)
            if ages is not None:
                there &= np.isin(years, [*ages, OLDEST + 1])
            days.append((there, birthday(born, years)))
        moving = births.given & (births.day <= last) & (born > first)
        longest = int((born - births.day)[moving].max(initial=0)) if from_birth else 0
        days += [(moving & (births.day + more <= born), births.day + np.int32(more)) for more in range(1, longest + 1)]
        found = [np.flatnonzero(there & (day > first) & (day <= last)) for there, day in days]
        return (
            np.concatenate(found).astype(np.int64),
            np.concatenate([day[rows] for rows, (_, day) in zip(found, days, strict=True)]).astype(np.int32),
        )

    def of_person(self, place: int) -> Registry:
        """The same of one person, for `at`; table and ids stay those of all."""
        one = slice(place, place + 1)
        return evolve(
            self,
            births=self.births.of(one),
            sex=self.sex[one],
            registered_from=_of_rows(self.registered_from, one),
            registered_to=_of_rows(self.registered_to, one),
            died_on=_of_rows(self.died_on, one),
            excluded=self.excluded[one],
        )


def _of_rows(column: tuple[DayNumbers, Bools], rows: slice | npt.NDArray[np.int64]) -> tuple[DayNumbers, Bools]:
    day, given = column
    return day[rows], given[rows]


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
    births = read_births(table, rows, date_format, notes)
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
        date_format=date_format,
    )


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
