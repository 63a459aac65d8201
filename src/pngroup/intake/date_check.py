"""The date column of a table that arrives in pieces."""

from __future__ import annotations

from ..frames import Days, Table


class DateCheck:
    """Reads the date columns of the pieces of a table; a format that reads no date at all is an error of the whole."""

    def __init__(self, table: Table, date_format: str | None) -> None:
        self._is_part = table.is_part
        self._format = date_format
        self._unread: Table | None = None
        self._any_read = False

    def read(self, table: Table) -> Days:
        """The days of a piece."""
        days = table.days("date", self._format)
        self._any_read = self._any_read or days.n_too_early > 0 or bool(days.valid.any())
        if days.n_unreadable and self._unread is None:
            self._unread = table
        return days

    def end(self) -> None:
        """After the last piece: `DataError` where dates were given and none could be read."""
        if self._unread is not None and not self._any_read and not self._is_part:
            self._unread.whole().days("date", self._format)
