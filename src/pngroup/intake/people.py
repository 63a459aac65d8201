"""The people table: ages, sexes, registrations, and who has no group and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..codes import is_missing, read_sex
from ..dates import FIRST_DAY, LAST_DAY, age_on, months_before
from ..errors import DataError
from ..frames import Days, Ids, Table, encode_ids, open_table, same_rows
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


def read_people(
    native: object,
    *,
    as_at: int,
    columns: Mapping[str, str] | None,
    date_format: str | None,
    short_history_months: int,
) -> People:
    """The people of a table, each person once.

    Raises `DataError` for a row without person_id, rows of one person that disagree, and a table with neither
    birth_date nor age.
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
    birth = _births(table, rows, as_at, date_format, notes)
    sex = _sexes(table, rows, notes)
    registered_from = _day_column(table, "registered_from", rows, date_format, notes, "registration_unreadable")
    registered_to = _day_column(table, "registered_to", rows, date_format, notes, "registration_unreadable")
    died_on = _deaths(table, rows, date_format, notes)
    excluded = _is_filled(table, "excluded_reason", rows)

    reason = np.full(len(rows), -1, np.int8)
    from_day, from_given = registered_from
    to_day, to_given = registered_to
    applies: dict[Reason, Bools] = {
        Reason.EXCLUDED: excluded,
        Reason.NOT_BORN: birth.not_born,
        Reason.DIED: died_on[1] & (died_on[0] <= as_at),
        Reason.NOT_REGISTERED: (from_given & (from_day > as_at)) | (to_given & (to_day <= as_at)),
        Reason.AGE_UNKNOWN: ~birth.age_known,
    }
    for each in reversed(list(applies)):
        reason[applies[each]] = REASONS.index(each.value)
    notes["age_imputed"] = int(birth.imputed.sum())
    return People(
        table=table,
        ids=ids,
        first_row=rows,
        age=birth.age,
        birth=birth.day,
        earliest_birth=birth.earliest,
        last_day=np.where(died_on[1], died_on[0], np.int32(_ALWAYS)).astype(np.int32),
        sex=sex,
        reason=reason,
        age_imputed=birth.imputed,
        exact_birth=birth.exact,
        short_history=from_given & (from_day > months_before(as_at, short_history_months)),
        quality=_quality(table, len(rows), notes),
    )


@frozen
class _Births:
    age: npt.NDArray[np.int32]
    age_known: Bools
    day: DayNumbers
    earliest: DayNumbers
    imputed: Bools
    exact: Bools
    not_born: Bools


def _births(
    table: Table, rows: npt.NDArray[np.int64], as_at: int, date_format: str | None, notes: dict[str, int]
) -> _Births:
    n = len(rows)
    day = np.full(n, as_at, np.int32)
    earliest = np.full(n, _NEVER_BEFORE, np.int32)
    has_birth, imputed, not_born = np.zeros(n, bool), np.zeros(n, bool), np.zeros(n, bool)
    if table.has("birth_date"):
        given = table.days("birth_date", date_format, partial=True)
        has_birth = given.valid[rows]
        notes["birth_date_unreadable"] = given.n_unreadable
        day, earliest, imputed, not_born = _imputed_births(given, rows, as_at)
        imputed &= has_birth
        not_born &= has_birth
        earliest = np.where(has_birth, earliest, np.int32(_NEVER_BEFORE))
    age = age_on(np.where(has_birth, day, np.int32(as_at)), as_at)
    age_known = has_birth.copy()
    if table.has("age"):
        numbers = table.numbers("age")
        notes["age_unreadable"] = numbers.n_unreadable
        use = ~has_birth & ~numbers.absent[rows]
        whole = np.floor(np.clip(np.where(use, numbers.number[rows], 0.0), -1, 2 * _OLDEST)).astype(np.int64)
        believable = (whole >= 0) & (whole <= _OLDEST)
        notes["age_out_of_range"] = int((use & ~believable).sum())
        use &= believable
        age = np.where(use, whole, age).astype(np.int32)
        age_known |= use
        # The earliest day on which a person of that age can have been born is what earlier ages are reckoned from.
        first_births = np.array([months_before(as_at, 12 * (years + 1)) + 1 for years in range(_OLDEST + 1)], np.int32)
        born = first_births[np.clip(whole, 0, _OLDEST)]
        day, earliest = np.where(use, born, day), np.where(use, born, earliest)
    out_of_range = has_birth & ~not_born & (age > _OLDEST)
    notes["age_out_of_range"] = notes.get("age_out_of_range", 0) + int(out_of_range.sum())
    return _Births(
        age=age,
        age_known=age_known & ~out_of_range,
        day=day.astype(np.int32),
        earliest=earliest.astype(np.int32),
        imputed=imputed,
        exact=has_birth & ~imputed,
        not_born=not_born,
    )


def _imputed_births(
    given: Days, rows: npt.NDArray[np.int64], as_at: int
) -> tuple[DayNumbers, DayNumbers, Bools, Bools]:
    """Birth day, earliest possible birth day, whether imputed, and whether wholly after the index date.

    A month alone means the 15th, a year alone 1 July, never later than the index date.
    """
    first = given.day[rows]
    precision = given.precision[rows] if given.precision is not None else np.full(len(rows), 3, np.uint8)
    months = first.astype("datetime64[D]").astype("datetime64[M]")
    july = months.astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(6, "M")
    first_of_july = july.astype("datetime64[D]").astype(np.int32)
    middle = months.astype("datetime64[D]").astype(np.int32) + 14
    day = np.select([precision == 2, precision == 1], [middle, first_of_july], first).astype(np.int32)
    imputed, not_born = precision < 3, first > as_at
    day = np.where(imputed & ~not_born, np.minimum(day, as_at), day).astype(np.int32)
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
    # A text counts unless it is blank or a word for nothing (NULL, N/A); a number counts unless it is 0.
    filled = [not is_missing(value) and value not in (0, False) for value in encoded.values.tolist()]
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
