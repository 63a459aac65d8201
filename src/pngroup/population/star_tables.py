"""A star schema of groupings: one row a person and month end, beside it the tables that say what its numbers mean.

Which combinations there are, and the names of their tables, columns and parts, are data of the model. The tables that
every star schema has bear the names under which public code uses those of the national segmentation dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import LAST_DAY, calendar_of, to_date
from ..errors import UsageError
from ..frames import Column, Taken, build
from ..intake import SEXES
from ..model.definition import Model
from ..model.registers import Combination
from ..result import Grouping, Groupings
from ..through_time.practices import read_practices

Ints: TypeAlias = npt.NDArray[np.int64]
Columns: TypeAlias = dict[str, Column | Taken]

#: The number of a combination with a group is that of the combination times this, plus the group.
GROUPS_OF_A_COMBINATION: Final = 64
_TEN: Final = 10


@frozen
class StarSchema:
    """Tables by name, in the caller's frame type. Made by `star_schema()`."""

    tables: Mapping[str, Any] = field(repr=False)

    def __getitem__(self, table: str) -> Any:
        if table not in self.tables:
            raise UsageError(
                f"there is no table {table!r}",
                where="StarSchema",
                allowed=", ".join(self.tables),
                remedy="name one of these",
            )
        return self.tables[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)


def star_schema(groupings: Grouping | Groupings, *, practice: str | None = None) -> StarSchema:
    """The star schema of groupings by a model with combinations.

    `practice` names the column of people with the code of the practice. The facts, `FACT_MODEL`, have a row for each
    index date and person with a group: `Date_Id` (yyyymmdd), `Person_Id`, `Age_Id` (whole years), `Gp_Id` (missing
    where the practice is), a number for each combination of the model, and its flags. Each combination has a table with
    a row for each one met: its number, code (parts joined by `+`), name, a column of 1 and 0 for each part, and how
    many registers there are, severe forms and their parents once; that of segments also the group of people with it.
    `DIM_PERSON`, `DIM_AGE`, `DIM_DATE` and `DIM_GP_PRACTICE` say what the other numbers are.

    The number of a combination is made of its parts in the order of the model file, a bit each, so that it is the same
    in each month and for each edition of the registers; with the group (where one combination can lead to several) it
    is that times 64, plus the group. `Gp_Id` numbers the practices of one call.

    Raises `UsageError` for a model without combinations and for a column that is not there.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"]}
    >>> records = {"person_id": ["a", "a"], "code": ["E11.9", "I10"], "date": ["2025-02-01"] * 2}
    >>> made = pngroup.group(people, records, as_at="2026-03-31", system="icd10", model="bridges-to-health")
    >>> star = star_schema(made)
    >>> star["FACT_MODEL"]["Date_Id"].tolist(), star["DIM_SUBSEGMENT_COMBINATIONS"]["CONDITION_COUNT"].tolist()
    ([20260331, 20260331], [0, 2])

    Source: table and column names as they are used in public code on the national segmentation dataset.
    """
    every = list(groupings) if isinstance(groupings, Groupings) else [groupings]
    first = every[0]
    if not first.model.combinations:
        raise UsageError(
            f"the model {first.model.name} has no combinations",
            where="star_schema",
            allowed="groupings by a model with combinations",
            remedy="group by such a model",
        )
    table, model = first.people.table, first.model
    rows = [np.flatnonzero(each.people.reason < 0) for each in every]
    person = np.concatenate(rows)
    practices, gp = _practices(first, practice)
    age = np.concatenate([each.people.age[at] for each, at in zip(every, rows, strict=True)]).astype(np.int64)
    day = np.repeat(np.array([each.inputs.as_at for each in every], np.int64), [len(at) for at in rows])
    facts: Columns = {
        "Date_Id": Column("integer", _date_ids(day)),
        "Person_Id": Taken("person_id"),
        "Age_Id": Column("integer", age),
        "Gp_Id": Column("integer", gp[person] + 1, gp[person] < 0),
    }
    tables: dict[str, Any] = {}
    for each in model.combinations:
        numbers = np.concatenate([_numbers(model, of, each)[at] for of, at in zip(every, rows, strict=True)])
        facts[each.id_column] = Column("integer", numbers)
        tables |= {name: _made(table, columns) for name, columns in _dimension(first, each, np.unique(numbers))}
    for column, flag in model.facts.items():
        met = [of.answers.flags[flag][at] for of, at in zip(every, rows, strict=True)]
        facts[column] = Column("integer", np.concatenate(met).astype(np.int64))
    tables["FACT_MODEL"] = build(table, facts, rows=first.people.first_row[person], pass_through=False, renumber=True)
    tables["DIM_PERSON"] = build(table, _people(first), rows=first.people.first_row, pass_through=False)
    tables["DIM_AGE"] = _made(table, _ages(np.unique(age)))
    tables["DIM_DATE"] = _made(table, _dates(np.unique(day)))
    tables["DIM_GP_PRACTICE"] = _made(
        table,
        {
            "Gp_Id": Column("integer", np.arange(len(practices)) + 1),
            "GP_ORG_CODE": Column("text", np.array(practices, object)),
        },
    )
    return StarSchema(tables)


def _made(table: Any, columns: Mapping[str, Column]) -> Any:
    return build(table, columns, pass_through=False)


@frozen
class _Part:
    """A part of a combination: its bit, which is its place among the parts of all editions, and what it is called."""

    bit: int
    id: str
    code: str
    column: str
    name: str


def _parts(model: Model, wanted: Combination) -> list[_Part]:
    if not wanted.registers:
        return [_Part(bit, id_, code, code, _blank(id_)) for bit, (id_, code) in enumerate(wanted.flags.items())]
    every = model.lists[wanted.registers]
    found = [model.registers[id_] for id_ in model.registers_of(wanted.registers)]
    return [_Part(every.index(each.id), each.id, each.code, each.dataset_name, each.name) for each in found]


def _blank(flag: str) -> str:
    return flag.replace("_", " ")


def _numbers(model: Model, grouping: Grouping, wanted: Combination) -> Ints:
    """The number of each person's combination."""
    number = np.zeros(len(grouping), np.int64)
    for part in _parts(model, wanted):
        here = grouping.answers.registers[part.id][0] if wanted.registers else grouping.answers.flags[part.id]
        number |= here.astype(np.int64) << part.bit
    return number * GROUPS_OF_A_COMBINATION + grouping.answers.group if wanted.with_group else number


def _dimension(grouping: Grouping, wanted: Combination, numbers: Ints) -> Iterator[tuple[str, dict[str, Column]]]:
    """The tables of a combination, by name."""
    model, parts = grouping.model, _parts(grouping.model, wanted)
    ids = np.array([part.bit + 1 for part in parts], np.int64)
    bits = numbers // GROUPS_OF_A_COMBINATION if wanted.with_group else numbers
    present = (bits[:, None] >> (ids - 1)) & 1 == 1

    def joined(words: list[str]) -> npt.NDArray[np.object_]:
        texts = ["+".join(words[at] for at in np.flatnonzero(row).tolist()) or wanted.none for row in present]
        return np.array(texts, object)

    columns = {
        "COMBINATION_ID": Column("integer", numbers),
        "COMBINATION_CODE": Column("text", joined([part.code for part in parts])),
        "COMBINATION_NAME": Column("text", joined([part.name for part in parts])),
    }
    columns |= {part.column: Column("integer", present[:, at].astype(np.int64)) for at, part in enumerate(parts)}
    if wanted.registers:
        columns["CONDITION_COUNT"] = Column("integer", _counts(model, wanted.registers, present))
    if wanted.with_group:
        columns |= _groups(grouping, numbers % GROUPS_OF_A_COMBINATION)
    yield wanted.table, columns
    if wanted.breakdown:
        row, at = np.nonzero(present)
        yield wanted.breakdown, {"COMBINATION_ID": Column("integer", numbers[row]), "ID": Column("integer", ids[at])}
    if wanted.lookup:
        yield (
            wanted.lookup,
            {
                "ID": Column("integer", ids),
                "CODE": _texts(part.code for part in parts),
                "NAME": _texts(part.column for part in parts),
                "DESCRIPTION": _texts(part.name for part in parts),
            },
        )


def _groups(grouping: Grouping, group: Ints) -> dict[str, Column]:
    ids = {rule.group: rule.id or str(rule.group) for rule in grouping.model.criteria}
    return {
        "HIGHEST_ACUITY_SEGMENT_CODE": Column("integer", group),
        "HIGHEST_ACUITY_SEGMENT_NAME": _texts(ids[each] for each in group.tolist()),
        "HIGHEST_ACUITY_SEGMENT_DESCRIPTION": _texts(grouping.scheme.group_name(each) for each in group.tolist()),
    }


def _texts(texts: Iterable[str]) -> Column:
    return Column("text", np.array(list(texts), object))


def _counts(model: Model, registers: str, present: npt.NDArray[np.bool_]) -> Ints:
    """How many registers of the list each combination has, those of one family once."""
    place = {name: at for at, name in enumerate(model.registers_of(registers))}
    count = np.zeros(len(present), np.int64)
    for family in model.families_of(registers):
        count += present[:, [place[name] for name in family]].any(axis=1)
    return count


def _practices(grouping: Grouping, practice: str | None) -> tuple[tuple[str, ...], Ints]:
    """The practices, and for each person the place of theirs, -1 for none."""
    found = read_practices(grouping.people, None, practice, None, {})
    if found is None:
        return (), np.full(len(grouping), -1, np.int64)
    return found.practices, found.at(grouping.inputs.as_at, len(grouping)).astype(np.int64)


def _people(grouping: Grouping) -> Columns:
    people = grouping.people
    died = people.last_day.astype(np.int64)
    return {
        "Person_Id": Taken("person_id"),
        "Date_Of_Birth": Column("date", people.birth.astype(np.int64), ~people.exact_birth),
        "Date_Of_Death": Column("date", died, died >= LAST_DAY),
        "Gender_Description": Column("text", people.sex, None, SEXES),
    }


def _ages(ages: Ints) -> dict[str, Column]:
    bands = [f"{age // _TEN * _TEN}-{age // _TEN * _TEN + _TEN - 1}" for age in ages.tolist()]
    return {"Age_Id": Column("integer", ages), "Ten_Year_Band": Column("text", np.array(bands, object))}


def _date_ids(days: Ints) -> Ints:
    years, month_days = calendar_of(days.astype(np.int32))
    return years.astype(np.int64) * 10_000 + month_days


def _dates(days: Ints) -> dict[str, Column]:
    """Dates with their financial year (April to March) and the share of it that their month is."""
    dates = [to_date(day) for day in days.tolist()]
    starts = [date.year if date.month >= 4 else date.year - 1 for date in dates]
    ends = [np.datetime64(f"{start + 1}-03-31") for start in starts]
    lengths = [
        int((end - np.datetime64(f"{start}-04-01")).astype(int)) + 1 for start, end in zip(starts, ends, strict=True)
    ]
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    in_month = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    return {
        "Date_Id": Column("integer", _date_ids(days)),
        "Date": Column("date", days),
        "Financial_Year": Column("text", np.array([f"{start}/{(start + 1) % 100:02d}" for start in starts], object)),
        "Last_Day_Of_Financial_Year": Column("date", np.array(ends, "datetime64[D]").astype(np.int64)),
        "Month_Financial_Year_Fraction": Column("float", in_month / np.array(lengths, float)),
    }
