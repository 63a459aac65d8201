"""Text in columns of dates: a form that no value has is an error of the whole table, and no part can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..frames import Days, Part, Stream, open_table

#: The columns of days of each table, and whether a month or a year alone is one.
DAYS: Final[Mapping[str, Mapping[str, bool]]] = {
    "people": {"birth_date": True, "registered_from": False, "registered_to": False, "died_on": True},
    **{name: {"date": False} for name in ("records", "contacts", "medicines", "values")},
}
_ROWS: Final = 1 << 16


def refuse_unreadable_dates(
    tables: Mapping[str, Any], columns: Mapping[str, Mapping[str, str]], date_format: str | None
) -> None:
    """Raise the `DataError` that `group()` raises where no value of a column of days can be read.

    Reads of each column, in batches, until a day is found: mostly no more than the first rows.
    """
    for name, table in tables.items():
        for ours, partial in DAYS[name].items():
            label = columns.get(name, {}).get(ours, ours)
            if label in (table.names if isinstance(table, Stream) else table.column_names):
                _refuse(_batches(table), DateColumn(name, ours, label, partial, date_format))


class DateColumn:
    """A column of days and how it is read: a table of ours, our name and the caller's, and the arguments of days."""

    def __init__(self, table: str, ours: str, label: str, partial: bool, date_format: str | None) -> None:
        self.table, self.ours, self.label, self.partial, self.date_format = table, ours, label, partial, date_format

    def days(self, rows: Any, *, is_part: bool) -> Days:
        """The days of an Arrow table that has this column; in a part, a column without any day is no error."""
        only = rows.select([self.label])
        table = open_table(
            Part(only) if is_part else only,
            name=self.table,
            required=(self.ours,),
            columns={self.ours: self.label},
            pass_through=False,
        )
        return table.days(self.ours, self.date_format, partial=self.partial)


def _refuse(batches: Iterable[Any], column: DateColumn) -> None:
    unread = None
    for batch in batches:
        days = column.days(batch, is_part=True)
        if days.valid.any() or days.n_too_early:
            return
        if days.n_unreadable and unread is None:
            unread = batch
    if unread is not None:
        column.days(unread, is_part=False)


def _batches(table: Any) -> Iterable[Any]:
    import pyarrow as pa

    rows = table.batches() if isinstance(table, Stream) else table.to_batches(max_chunksize=_ROWS)
    return (each if isinstance(each, pa.Table) else pa.Table.from_batches([each]) for each in rows)
