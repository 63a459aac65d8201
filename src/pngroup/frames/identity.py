"""Persons' ids: one kind in all tables, matched exactly, and never shown in a message."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import DataError
from .columns import same_values
from .encoding import encode_plain
from .hashing import look_up
from .numbering_text import SharedNumberError, TextTable, number_text
from .plain import KIND_WORDS, Distinct, Flat, Index, Objects, Plain, Raw, Rows, objects
from .short_text import may_be_blank, short_text, texts_of, words_of
from .table import Table

#: What `match_ids` gives for an id that is not among the people, and for a row without id.
NOT_IN_PEOPLE: Final = -1
NO_ID: Final = -2

IdKind: TypeAlias = Literal["text", "integer", "empty"]
_ALLOWED: Final = "text or whole numbers, the same in all tables"
#: Whole numbers beyond this are not all exact as floats.
_EXACT: Final = 2.0**53


@frozen(eq=False, slots=False)
class Ids:
    """A column of ids.

    `index`: int32, each row's place in `values`, -1 without id. `first_row`: int64, the first row of each
    distinct id. The ids themselves are given as `numbers_or_text` or, where they are short texts, as `words`.
    """

    table: str
    where: str
    kind: IdKind
    numbers_or_text: Objects | npt.NDArray[Any] | None = field(repr=False)
    index: Index = field(repr=False)
    first_row: Rows = field(repr=False)
    words: TextTable | None = field(default=None, repr=False)

    @cached_property
    def values(self) -> Objects | npt.NDArray[Any]:
        """Distinct ids (object array of str, or int64, uint64 where needed), in order of their first row."""
        if self.numbers_or_text is not None:
            return self.numbers_or_text
        return objects(texts_of(self.words.words) if self.words is not None else [])

    @cached_property
    def text_table(self) -> TextTable | None:
        """The ids ready to be looked up as words; None where they are no text, or too long for it."""
        if self.words is not None:
            return self.words
        words = words_of(self.values.tolist()) if self.kind == "text" else None
        if words is None:
            return None
        table = TextTable(len(words))
        try:
            table.insert(words)
        except SharedNumberError:
            return None
        return table

    @property
    def n_missing(self) -> int:
        """Rows without an id: None, NaN, empty or blank text."""
        return int(np.count_nonzero(self.index < 0))


@frozen
class SameRows:
    """Rows of the same person: `n_repeated` identical ones after the first, `n_disagreeing` persons.

    `columns` are the caller's names of the columns in which rows of one person differ; `rows` the positions
    (from 0) of the first few such rows.
    """

    n_repeated: int
    n_disagreeing: int
    columns: tuple[str, ...]
    rows: tuple[int, ...]


def encode_ids(table: Table, column: str = "person_id", *, required: bool = False) -> Ids:
    """The ids of a table. With `required` a row without id is a `DataError`; otherwise it is counted.

    Text keeps its leading zeros and is not stripped. Floats that are whole numbers are taken as integers
    (pandas makes them of integers with missing values); any other kind is a `DataError`.
    """
    short = _short_ids(table, column)
    if short is not None:
        return short
    encoded = encode_plain(_plain_ids(table, column))
    values, index = encoded.values, encoded.index
    if encoded.is_text:
        blank = np.array([not value.strip() for value in values.tolist()] + [False])
        if blank.any():
            index = np.where(blank[index], np.int32(-1), index)
    ids = _in_order(table, column, values, index)
    if required and ids.n_missing:
        raise DataError(
            f"{ids.n_missing:,} of {table.n_rows:,} rows of {table.name} have no {table.label(column)}",
            where=f"{table.where(column)}, first in row {int(np.argmax(ids.index < 0)) + 1:,}",
            allowed="an id in every row",
            remedy="remove these rows or give them ids",
        )
    return ids


def _short_ids(table: Table, column: str) -> Ids | None:
    """Ids that are short texts, one in each row; None for any others."""
    raw = table.raw(column)
    text = short_text(raw.memory) if raw.kind == "text" and raw.memory is not None else None
    numbered = number_text(text) if text is not None else None
    if numbered is None:
        return None
    words, index = numbered
    if not len(index) or int(index.min()) < 0:
        return None
    if any(not each.strip() for each in texts_of(words.words[may_be_blank(words.words)])):
        return None
    first = np.empty(len(words.words), dtype=np.int64)
    # Written backwards, the first row of each id is the last to be written.
    first[index[::-1]] = np.arange(len(index) - 1, -1, -1)
    return Ids(table.name, table.where(column), "text", None, index, first, words)


def _plain_ids(table: Table, column: str) -> Plain:
    """Ids as text or whole numbers; a `DataError` for any other kind."""
    raw, plain = table.plain(column)
    if raw.kind not in ("text", "integer", "float", "empty") and not (plain is not None and _is_empty(plain)):
        raise DataError(
            f"ids of {table.name} are {KIND_WORDS[raw.kind]} ({raw.native})",
            where=table.where(column),
            allowed=_ALLOWED,
            remedy="convert the column to text (with its leading zeros) in every table",
        )
    if plain is None or _is_empty(plain):
        return Distinct(np.array([], dtype=object), np.full(table.n_rows, -1, dtype=np.int32))
    return _whole_ids(plain, table, column) if isinstance(plain, Flat) and raw.kind == "float" else plain


def find_people(people: Ids, table: Table, column: str = "person_id") -> Index:
    """For each row of a table the place of its id in `people.values`; -1 if it is not there, -2 without id.

    The same as `match_ids(people, encode_ids(table))`, without numbering the ids of the table first. Raises
    `DataError` for ids of another kind than those of people.
    """
    raw = table.raw(column)
    if people.kind == "text" and raw.dictionary is not None and raw.codes is not None:
        of_entries = _find_short(people, raw.dictionary)
        if of_entries is not None:
            return np.take(np.append(of_entries, np.int32(NO_ID)), raw.codes, mode="wrap")
    if raw.kind == "text" and raw.memory is not None and people.kind == "text":
        found = _find_short(people, raw)
        if found is not None:
            return found
        if raw.find is not None:
            return _without_blank(raw.find(people.values.tolist()), table, column)
    if raw.kind in ("integer", "float") and people.kind == "integer":
        plain = _plain_ids(table, column)
        numbers = people.values
        if isinstance(plain, Flat) and plain.values.dtype == numbers.dtype == np.int64:
            found = look_up(plain.values, numbers.view(np.int64))
            if plain.missing.any():
                found[plain.missing] = NO_ID
            return found
    return match_ids(people, encode_ids(table, column)).astype(np.int32)


def _find_short(people: Ids, raw: Raw) -> Index | None:
    """The same of a column of short texts; None of any other, and where the ids of people are long."""
    if raw.kind != "text" or raw.memory is None:
        return None
    known, text = people.text_table, short_text(raw.memory)
    return known.find_in(text, missing=NO_ID, blank=NO_ID) if known is not None and text is not None else None


def _without_blank(found: Index, table: Table, column: str) -> Index:
    """Ids that were not found and hold nothing but blanks are no ids."""
    rows = np.flatnonzero(found == NOT_IN_PEOPLE)
    if len(rows):
        blank = [not str(text).strip() for text in table.taken(column, rows).tolist()]
        found[rows[blank]] = NO_ID
    return found


def match_ids(people: Ids, other: Ids) -> Rows:
    """For each row of `other` the place of its id in `people.values`; -1 if it is not there, -2 without id.

    Raises `DataError` where one table has text and the other whole numbers.
    """
    if "empty" not in (people.kind, other.kind) and people.kind != other.kind:
        raise DataError(
            f"ids in {people.table} are {KIND_WORDS[people.kind]}, in {other.table} {KIND_WORDS[other.kind]}",
            where=f"{people.where} and {other.where}",
            allowed=_ALLOWED,
            remedy="convert both to text with the same leading zeros, or both to whole numbers",
        )
    place = np.full(len(other.values) + 1, NOT_IN_PEOPLE, dtype=np.int64)
    place[-1] = NO_ID
    if people.kind == other.kind == "integer":
        found = look_up(other.values.view(np.int64), people.values.view(np.int64)).astype(np.int64)
        if people.values.dtype != other.values.dtype:
            # The same 64 bits mean different numbers in int64 and uint64 where the highest bit is set.
            found[other.values.view(np.int64) < 0] = NOT_IN_PEOPLE
        place[:-1] = found
    elif people.kind == other.kind == "text":
        known = {value: at for at, value in enumerate(people.values.tolist())}
        place[:-1] = np.fromiter(
            (known.get(v, NOT_IN_PEOPLE) for v in other.values.tolist()), np.int64, len(other.values)
        )
    return place[other.index]


def same_rows(table: Table, ids: Ids) -> SameRows:
    """Which persons have several rows, and whether these say the same, in the caller's other columns too."""
    rows = np.flatnonzero(ids.index >= 0)
    first = ids.first_row[ids.index[rows]]
    rows, first = rows[rows != first], first[rows != first]
    differs = np.zeros(len(rows), dtype=bool)
    columns = []
    if len(rows):
        for label in [*table.labels.values(), *(table.other_columns if table.keep is not None else ())]:
            different = ~same_values(table.native_column(label), first, rows)
            if different.any():
                columns.append(label)
                differs |= different
    persons = np.unique(ids.index[rows[differs]])
    return SameRows(
        n_repeated=int(np.count_nonzero(~differs)),
        n_disagreeing=len(persons),
        columns=tuple(columns),
        rows=tuple(rows[differs][:3].tolist()),
    )


def first_rows(table: Table, ids: Ids) -> Rows:
    """The first row of each person, in order; `DataError` where rows of one person are not the same.

    Source: section 2 of the need-group specification (identical rows collapse, disagreement is an error).
    """
    same = same_rows(table, ids)
    if same.n_disagreeing:
        raise DataError(
            f"{same.n_disagreeing:,} persons have several rows that disagree",
            where=f"{table.name}, columns {', '.join(map(repr, same.columns[:5]))}, row {same.rows[0] + 1:,}",
            allowed="one row a person; rows that are the same in every column count once",
            remedy="keep the row that is right, or leave out the column in which they differ",
        )
    return ids.first_row


def _is_empty(plain: Plain) -> bool:
    return bool(plain.missing.all()) if isinstance(plain, Flat) else not len(plain.values)


def _whole_ids(plain: Flat, table: Table, column: str) -> Flat:
    present = plain.values[~plain.missing]
    fractions = int(np.count_nonzero(~(np.abs(present) <= _EXACT) | (present != np.floor(present))))
    if fractions:
        raise DataError(
            f"{fractions:,} ids of {table.name} are not exact whole numbers but floating-point numbers",
            where=table.where(column),
            allowed=_ALLOWED,
            remedy="read the ids as text; a spreadsheet or a missing value may have changed them",
        )
    return Flat(np.where(plain.missing, 0, plain.values).astype(np.int64), plain.missing)


def _in_order(table: Table, column: str, values: npt.NDArray[Any], index: Index) -> Ids:
    """Ids numbered by their first row, those that are blank left out."""
    rows = np.arange(len(index), dtype=np.int64)
    first = np.full(len(values) + 1, len(index), dtype=np.int64)
    # Written backwards, the first row of each id is the last to be written.
    first[index[::-1]] = rows[::-1]
    first[-1] = len(index)
    order = np.argsort(first[:-1], kind="stable")
    order = order[first[order] < len(index)]
    number = np.full(len(values) + 1, -1, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    kind: IdKind = "empty" if not len(order) else "text" if values.dtype == object else "integer"
    where = table.where(column)
    return Ids(table.name, where, kind, values[order], number[index], first[order])
