"""A caller's table under our names: its columns as numbers, text and days, faults named with their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from attrs import evolve, field, frozen

from ..errors import DataError
from .columns import look, shares_many, take_column
from .days import Days, read_days
from .encoding import Encoded, Numbers, encode_plain, read_numbers
from .plain import KIND_WORDS, Distinct, Divisible, Flat, Frame, Kind, Objects, Plain, Raw, Rows, objects
from .stream import StreamFrame


@runtime_checkable
class _Changeable(Protocol):
    """A frame whose columns its owner can change in place."""

    def snapshot(self) -> Frame: ...


#: Rows of a part of a divided table.
PART: Final = 1 << 20
_LONG_DICTIONARY: Final = 1 << 16
_READABLE: Final = ("text", "integer", "float", "boolean", "date", "datetime", "mixed", "empty")


class UnlikePartsError(Exception):
    """The parts of a table hold different kinds of values, so that it has to be read as a whole."""


@frozen(eq=False)
class Table:
    """A caller's table, opened by `open_table`.

    `name` is what messages call it; `other_columns` are the caller's columns that we have no name for;
    `labels` maps our names to the caller's for the columns that are there. `is_part`: these are rows of a larger table.
    """

    name: str
    frame: Frame = field(repr=False)
    labels: Mapping[str, str] = field(repr=False)
    other_columns: tuple[str, ...] = field(repr=False)
    nearly: tuple[str, ...] = field(repr=False)
    keep: tuple[int, ...] | None = field(repr=False)
    is_part: bool = False
    is_divided: bool = False
    _raws: dict[str, Raw] = field(factory=dict, repr=False, init=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.frame.n_rows

    @property
    def implementation(self) -> str:
        """The library of the table: 'pandas', 'polars', 'polars (lazy)', 'pyarrow', 'mapping', 'duckdb'..."""
        return self.frame.implementation

    def snapshot(self) -> Table:
        """This table as it is now, whatever the caller does to theirs; Arrow never changes in place."""
        made = self.frame.snapshot() if isinstance(self.frame, _Changeable) else self.frame
        return evolve(self, frame=made)

    def pieces(self) -> Iterator[Table]:
        """The rows as tables in memory: this one, or the batches of a stream, each to be let go before the next.

        A table that is `divided` comes in parts; `UnlikePartsError` where one holds another kind of values.
        """
        if isinstance(self.frame, StreamFrame):
            for frame in self.frame.batches():
                yield evolve(self, frame=frame, is_part=True)
        elif self.is_divided and isinstance(self.frame, Divisible):
            known: dict[str, Kind] = {}
            for start in range(0, self.n_rows, PART):
                rows = self.frame.part(start, min(start + PART, self.n_rows))
                assert rows is not None  # `divided` has asked
                part = evolve(self, frame=rows, is_part=True)
                # Where a part has no value in a column, its rows are missing whatever the others hold.
                kinds = {column: kind for column in self.labels if (kind := part.kind(column)) != "empty"}
                if any(known.setdefault(column, kind) != kind for column, kind in kinds.items()):
                    raise UnlikePartsError
                yield part
        else:
            yield self

    def divided(self) -> Table | None:
        """This table, read in parts so that what is made on the way need not be as long as all of it.

        None for a table that is short, or whose rows cannot be taken apart without copying; and where a column is a
        long dictionary, as of ids, or of objects that many rows share: each part would have to look through them.
        """
        if isinstance(self.frame, StreamFrame) or not isinstance(self.frame, Divisible) or self.n_rows <= 2 * PART:
            return None
        row = self.frame.part(0, 1)
        if row is None:
            return None
        first = evolve(self, frame=row)
        dictionaries = [raw.dictionary for raw in map(first.raw, self.labels) if raw.dictionary is not None]
        if any(each.memory is None or len(each.memory) > _LONG_DICTIONARY for each in dictionaries):
            return None
        if any(map(shares_many, map(self.native_column, self.labels))):
            return None
        return evolve(self, is_divided=True)

    def whole(self) -> Table:
        """These rows judged as a whole table, though they are a piece of one."""
        return evolve(self, is_part=False)

    def has(self, column: str) -> bool:
        """Whether the caller's table has this column of ours."""
        return column in self.labels

    def label(self, column: str) -> str:
        """The caller's name of our column, for messages."""
        return self.labels.get(column, column)

    def where(self, column: str) -> str:
        """The place of a column for a message: "records, column 'date'"."""
        return f"{self.name}, column {self.label(column)!r}"

    def kind(self, column: str) -> Kind:
        """What the column holds, by its type; a column of Python objects is looked through."""
        return self._raw(column).kind

    def encode(self, column: str, *, booleans: bool = False) -> Encoded:
        """The distinct values of a column of text or numbers and each row's place among them.

        Text is not stripped, and empty text is a value: only None, NaN and NA are missing. Text and whole
        numbers in one column of objects are read as text. With `booleans`, True and False are values too (a
        bool array). Raises `DataError` for other booleans, dates, lists and other types.
        """
        kinds: tuple[Kind, ...] = ("text", "integer", "float", "mixed")
        plain = self._read(
            column,
            (*kinds, "boolean") if booleans else kinds,
            allowed="text or whole numbers" + (", or true and false" if booleans else ""),
            remedy="convert the column to text before the call",
        )
        return encode_plain(plain)

    def numbers(self, column: str) -> Numbers:
        """The column as float64. Text is read where it is a decimal number and counted where it is not."""
        plain = self._read(
            column,
            ("integer", "float", "text", "mixed"),
            allowed="numbers, or text that is a decimal number",
            remedy="convert the column to numbers before the call",
        )
        return read_numbers(plain)

    def days(
        self,
        column: str,
        date_format: str | None = None,
        *,
        partial: bool = False,
        first_year: int | None = None,
    ) -> Days:
        """The column as days since 1970-01-01.

        Dates; datetimes of any unit, with a time zone as the local date; text in ISO 8601 (`2024-01-31`, with
        or without a time, or `20240131`), or in `date_format` (as of `datetime.strptime`). Day and month in
        another order are never guessed, and numbers are no dates unless a format says so. `partial` (for
        dates of birth) also takes a month (`1950-03`) or a year (1950 as text or number), gives its first day
        and says so in `precision`. Days before `first_year` (1900; 1800 when partial) are not valid, those
        after 2500 stand at its end.

        Raises `DataError` when no value of the column can be read, `UsageError` for a wrong format.
        """
        raw = self._raw(column)
        by_number = date_format is not None or partial
        kinds: tuple[Kind, ...] = ("date", "datetime", "text")
        plain = self._read(
            column,
            (*kinds, "integer", "float", "mixed") if by_number else kinds,
            allowed="dates, datetimes, or text such as '2024-01-31'",
            remedy="convert it to dates; for whole numbers such as 20240131 give date_format='%Y%m%d'"
            if raw.kind in ("integer", "float")
            else "convert the column to dates before the call",
        )
        is_calendar = raw.kind in ("date", "datetime")
        return read_days(
            plain,
            is_calendar=is_calendar,
            date_format=date_format,
            partial=partial,
            first_year=first_year if first_year is not None else 1800 if partial else 1900,
            is_part=self.is_part,
            where=self.where(column),
        )

    def native_column(self, column: str) -> Any:
        """The column as the caller's library holds it, by our name or by the caller's."""
        return self.frame.native_column(self.label(column))

    def taken(self, column: str, rows: Rows) -> Objects:
        """Rows of a column, by our name or by the caller's, as an object array of plain Python values."""
        raw = look(take_column(self.native_column(column), rows))
        return objects(raw.listed() if raw is not None else [])

    def plain(self, column: str) -> tuple[Raw, Plain | None]:
        """A column by our name or the caller's: its kind, and its plain form where it has one."""
        raw = self._raw(column)
        return raw, raw.read() if raw.kind in _READABLE else None

    def raw(self, column: str) -> Raw:
        """A column by our name or the caller's, before it is read."""
        return self._raw(column)

    def _raw(self, column: str) -> Raw:
        if column not in self._raws:
            raw = look(self.native_column(column))
            if raw is None:
                raise TypeError(f"{self.where(column)} is not a column")  # open_table lets none through
            self._raws[column] = raw
        return self._raws[column]

    def _read(self, column: str, kinds: tuple[Kind, ...], *, allowed: str, remedy: str) -> Plain:
        raw = self._raw(column)
        if raw.kind in kinds:
            return raw.read()
        if raw.kind in _READABLE:
            plain = raw.read()
            # A column without a single value has no type that matters: pandas, for one, makes it float.
            if plain.missing.all() if isinstance(plain, Flat) else not len(plain.values):
                return Distinct(objects([]), np.full(self.n_rows, -1, dtype=np.int32))
        raise DataError(
            f"{self.name} holds {KIND_WORDS[raw.kind]} ({raw.native}) in column {self.label(column)!r}",
            where=self.where(column),
            allowed=allowed,
            remedy=remedy,
        )
