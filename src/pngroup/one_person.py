"""`explain` on its own: one person's rows are read, the rest is left alone."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .catalogue import Catalogue
from .errors import DataError
from .explanation import Explanation
from .files import opened
from .files.formats import arrow
from .frames import Part, Stream, rows_of
from .grouping import group
from .model import Model
from .preparing import check_columns
from .schemes import Scheme
from .vocabulary import CodeSystem


def explain(
    person: object,
    people: Any,
    records: Any,
    *,
    as_at: str | datetime.date | np.datetime64,
    contacts: Any = None,
    medicines: Any = None,
    values: Any = None,
    system: str | CodeSystem | None = None,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    show_restricted: bool = False,
) -> Explanation:
    """Why one person is in their group, reading that person's rows of the tables only.

    `person` is a person_id of `people`; the other arguments are those of `group`, paths too. `show_restricted` names
    the restricted topics of the catalogue, which are otherwise called "a restricted record". Returns an `Explanation`:
    `str()` for staff, `.patient_text` for the person.

    Raises `DataError` where `people` has no such person (the id is not repeated), and what `group` raises.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
    >>> explain("a", people, records, as_at="2026-03-31", system="icd10").need_group
    9
    """
    check_columns(columns)
    names = columns or {}
    tables = {
        "people": people,
        "records": records,
        "contacts": contacts,
        "medicines": medicines,
        "values": values,
    }
    own: dict[str, Part | None] = {}
    for name, table in tables.items():
        column = names.get(name, {}).get("person_id", "person_id")
        own[name] = None if table is None else Part(_rows(table, name, column, person))
    grouping = group(
        own["people"],
        own["records"],
        as_at=as_at,
        contacts=own["contacts"],
        medicines=own["medicines"],
        values=own["values"],
        system=system,
        model=model,
        catalogue=catalogue,
        scheme=scheme,
        columns=columns,
        date_format=date_format,
        keep_records=True,
    )
    if len(grouping) == 0:
        raise DataError(
            "people has no such person",
            where="argument person",
            allowed="a person_id of people, of the same type (text or whole number)",
            remedy="check the id and its type; leading zeros count",
        )
    return grouping.explain(person, show_restricted=show_restricted)


def _rows(table: Any, name: str, column: str, person: object) -> Any:
    """The person's rows; files are read batch by batch."""
    table = opened(table, name)
    if not isinstance(table, Stream):
        return rows_of(table, name=name, column=column, value=person, same_kind=True)
    pa = arrow()
    parts = [
        rows_of(
            pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch,
            name=name,
            column=column,
            value=person,
            same_kind=True,
        )
        for batch in table.batches()
    ]
    # Of two files one may hold text as a dictionary and the other not.
    found = [_without_dictionaries(part) for part in parts if part.num_rows] or parts[:1]
    return (
        pa.concat_tables(found, promote_options="default")
        if found
        else pa.table({each: pa.array([], pa.string()) for each in table.names})
    )


def _without_dictionaries(table: Any) -> Any:
    types = arrow().types
    for place, field in enumerate(table.schema):
        if types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table
