"""One person's rows of a table, which may be files read batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..files import opened
from ..files.formats import arrow
from ..frames import Part, Stream, rows_of


def rows_of_one(
    tables: Mapping[str, Any], columns: Mapping[str, Mapping[str, str]], person: object
) -> dict[str, Part | None]:
    """The person's rows of each table, by name; None for a table that was not given.

    `columns` maps our column names to the caller's, a table each. Raises what `rows_of` raises.
    """
    return {
        name: None
        if table is None
        else Part(_rows(table, name, columns.get(name, {}).get("person_id", "person_id"), person))
        for name, table in tables.items()
    }


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
