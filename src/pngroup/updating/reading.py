"""A table of this month as the caller gives it: rows in the columns of a state, and what became of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..codes import read_change, read_system
from ..errors import DataError, UsageError, shapes_of
from ..files import opened
from ..files.formats import arrow
from ..frames import Table, is_missing, open_table
from ..intake import system_fits
from ..intake.columns import required_and_optional
from ..intake.date_check import DateCheck
from ..vocabulary import GROUPED_SYSTEMS, Change, CodeSystem
from .columns import (
    COLUMNS,
    DATES,
    NUMBERS,
    PARTIAL_DATES,
    PERSON_ID,
    PRACTICE,
    RECORD_ID,
    dates_of,
    ids_of,
    in_one_piece,
    numbers_of,
    texts_of,
    type_of,
)

CHANGE: Final = "change"
CHANGES: Final = tuple(Change)
NEW, CHANGED, DELETED = (np.int8(CHANGES.index(each)) for each in (Change.NEW, Change.CHANGED, Change.DELETED))
_SYSTEMS: Final = ", ".join(system.value for system in GROUPED_SYSTEMS)


@frozen
class Reading:
    """How this month's tables are read.

    `columns`: our names of columns to the caller's, by table; `practice`: the caller's column of people with the
    practice; `change_words`: the caller's words to ours, beside those of the packaged table.
    """

    columns: Mapping[str, Mapping[str, str]]
    date_format: str | None
    system: str | CodeSystem | None
    practice: str | None
    change_words: Mapping[str, str]


@frozen(eq=False)
class Given:
    """A table as given: `rows` in one Arrow table, and what became of each (place in `CHANGES`; None: a whole table).

    `columns_not_read`: the caller's columns that are called almost as one of ours.
    """

    name: str
    rows: Any = field(repr=False)
    change: npt.NDArray[np.int8] | None = field(repr=False)
    columns_not_read: tuple[str, ...] = ()


def read_given(
    native: Any, name: str, reading: Reading, *, whole: bool, id_type: Any = None, held: Collection[str] = ()
) -> Given:
    """One of this month's tables. `id_type`: the Arrow type of the ids of persons, where it is known already; `held`:
    columns that hold values in the state.

    Raises what `open_table` raises, `UsageError` where it is not said whether the table is whole or holds changes, and
    `DataError` for unknown words of change, ids of another kind, people of whom an age alone is known, and columns of
    `held` that are not there. Rows that are all deleted need none but what they are found by.
    """
    ours = COLUMNS[name]
    labels = dict(reading.columns.get(name, {}))
    if name == "people" and reading.practice is not None:
        labels[PRACTICE] = reading.practice
    optional = (*ours, *(("age",) if name == "people" else ()), CHANGE)
    if name == "people" and reading.practice is None:
        # A column that happens to be called so is no practice unless it is named.
        optional = tuple(each for each in optional if each != PRACTICE)
    native = opened(native, name, known=optional, names=labels)
    there = open_table(native, name=name, required=(), pass_through=False).other_columns
    named = {column: label for column, label in labels.items() if str(label) in there}
    table = open_table(native, name=name, required=(), optional=optional, columns=named, pass_through=False)
    _refuse_unclear(table, whole=whole)
    system = _system_for(table, reading)
    dates = DateCheck(table, reading.date_format)
    pieces: list[Any] = []
    changes: list[npt.NDArray[np.int8]] = []
    for piece in table.pieces():
        change = None if whole else _changes(piece, reading.change_words)
        stays = np.ones(piece.n_rows, bool) if change is None else change != DELETED
        if stays.any() or whole:
            _require(native, table, name, labels, reading, optional)
            _refuse_emptied(table, reading, held)
        arrays = []
        for column in ours:
            array = _column(piece, column, reading, dates, system)
            if column == PERSON_ID:
                id_type = _one_kind(array, id_type, piece)
            wanted = type_of(column, id_type if id_type is not None else arrow().large_string())
            if array.type != wanted:
                array = arrow().nulls(len(array), wanted) if array.null_count == len(array) else array.cast(wanted)
            arrays.append(array)
        if name == "people":
            _refuse_age_alone(piece, stays, reading.date_format)
        pieces.append(arrow().Table.from_arrays(arrays, names=list(ours)))
        changes.append(np.zeros(0, np.int8) if change is None else change)
    dates.end()
    if not pieces:
        types = [type_of(column, id_type if id_type is not None else arrow().large_string()) for column in ours]
        pieces = [arrow().schema(list(zip(ours, types, strict=True))).empty_table()]
    return Given(
        name=name,
        rows=in_one_piece(pieces),
        change=None if whole else np.concatenate([np.zeros(0, np.int8), *changes]),
        columns_not_read=table.nearly,
    )


def _refuse_unclear(table: Table, *, whole: bool) -> None:
    if table.has(CHANGE) == whole:
        label = table.label(CHANGE)
        raise UsageError(
            f"{table.name} is given as a whole table and has a column {label!r}"
            if whole
            else f"{table.name} has no column {label!r}, so that it is not known what became of its rows",
            where=f"argument full, table {table.name}",
            allowed=f"a column {label!r} (new, changed, deleted), or full={table.name!r} for a whole table without it",
            remedy="drop the column, or leave the table out of full" if whole else "add it, or name the table in full",
        )


def _changes(piece: Table, own: Mapping[str, str]) -> npt.NDArray[np.int8]:
    encoded = piece.encode(CHANGE)
    given = encoded.values.tolist()
    words = [read_change(own.get(str(value).strip(), value)) for value in given]
    unknown = np.array([*(word is None for word in words), True])[encoded.index]
    if unknown.any():
        shown = shapes_of(value for value, word in zip(given, words, strict=True) if word is None)
        raise DataError(
            f"{int(unknown.sum()):,} rows do not say what became of them"
            + (f"; the words have the shape {shown}" if shown else ""),
            where=piece.where(CHANGE),
            allowed=", ".join(CHANGES) + ", or a usual word for these",
            remedy="correct the rows, or say what your words mean with change_words={'your word': 'new'}",
        )
    places = np.array([*(CHANGES.index(word) for word in words if word is not None), 0], np.int8)
    return np.asarray(places[encoded.index], np.int8)


def _require(
    native: Any, table: Table, name: str, labels: Mapping[str, str], reading: Reading, optional: tuple[str, ...]
) -> None:
    """Raise what `open_table` raises for columns that rows need unless they are deleted."""
    required = ("birth_date",) if name == "people" else required_and_optional(name)[0]
    # Whatever is named has to be there, also the practice.
    required = tuple(dict.fromkeys((PERSON_ID, *required, *labels)))
    if not all(table.has(each) and table.label(each) == labels.get(each, each) for each in required):
        rest = [each for each in optional if each not in required]
        open_table(native, name=name, required=required, optional=rest, columns=labels, pass_through=False)
    if "code" in COLUMNS[name] and not table.has("system") and _system_for(table, reading) is None:
        raise UsageError(
            "no code system is given",
            where=name,
            allowed=_SYSTEMS,
            remedy="add a column system, name it with columns=, or give one value for all rows with system=",
        )


def _refuse_emptied(table: Table, reading: Reading, held: Collection[str]) -> None:
    """A column that a feed loses would empty the cells that it had filled: of deaths, and the dead would come back."""
    lost = [each for each in held if not table.has(each) and not (each == "system" and _system_for(table, reading))]
    if lost:
        raise DataError(
            f"{table.name} has no column {lost[0]!r}, which holds values in the state",
            where=table.name,
            allowed=f"every column that the state has values of, here {', '.join(held)}",
            remedy="add the column, empty where nothing is known, or name yours with "
            f"columns={{{table.name!r}: {{{lost[0]!r}: 'your column'}}}}",
        )


def _system_for(table: Table, reading: Reading) -> str | None:
    """The one system of all rows of a table, where that is how it is given."""
    if reading.system is None or "code" not in COLUMNS.get(table.name, ()):
        return None
    known = read_system(reading.system)
    if known is None:
        raise UsageError(
            f"system is a {type(reading.system).__name__} that names no code system",
            where="argument system",
            allowed=_SYSTEMS,
            remedy="name one of these",
        )
    if table.name == "records" and table.has("system"):
        raise UsageError(
            "the code system is given twice",
            where=f"argument system and column {table.label('system')!r} of records",
            allowed="one of the two",
            remedy="leave out system=, or drop the column",
        )
    return known.value if system_fits(table.name, known) else None


def _column(piece: Table, column: str, reading: Reading, dates: DateCheck, system: str | None) -> Any:
    pa = arrow()
    if column == "system" and not piece.has("system") and system is not None:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(piece.n_rows, np.int32)), pa.array([system]))
    if not piece.has(column):
        return pa.nulls(piece.n_rows)
    if column in (PERSON_ID, RECORD_ID):
        return ids_of(piece, column, required=piece.name == "people")
    if column == "date":
        return dates_of(dates.read(piece))
    if column in DATES or piece.kind(column) in ("date", "datetime"):
        return dates_of(piece.days(column, reading.date_format, partial=column in PARTIAL_DATES))
    return numbers_of(piece, column) if column in NUMBERS else texts_of(piece, column)


def _one_kind(ids: Any, known: Any, piece: Table) -> Any:
    """The type of ids so far; `DataError` where some are text and others whole numbers."""
    pa = arrow()
    if pa.types.is_null(ids.type):
        return known
    if known is not None and ids.type != known:
        words = {True: "text", False: "whole numbers"}
        is_text = not pa.types.is_integer(ids.type)
        raise DataError(
            f"ids in {piece.name} are {words[is_text]}, in people and the state {words[not is_text]}",
            where=piece.where(PERSON_ID),
            allowed="text or whole numbers, the same in all tables and months",
            remedy="convert the column, with the leading zeros that ids had before",
        )
    return ids.type


def _refuse_age_alone(piece: Table, stays: npt.NDArray[np.bool_], date_format: str | None) -> None:
    if not piece.has("age"):
        return
    born = np.zeros(piece.n_rows, bool)
    if piece.has("birth_date"):
        born = piece.days("birth_date", date_format, partial=True).valid
    alone = stays & ~born & ~piece.numbers("age").absent
    if alone.any():
        raise DataError(
            f"of {int(alone.sum()):,} people only an age is known, which is that of one day",
            where=piece.where("age"),
            allowed="birth_date for everybody, since a state is used for months",
            remedy="give birth dates (a year will do)",
        )


def read_change_words(words: Mapping[str, str] | None) -> dict[str, str]:
    """The caller's own words for what became of a row; `UsageError` where one is given another meaning than ours."""
    if words is None:
        return {}
    wrong = not isinstance(words, Mapping) or any(is_missing(word) or word not in CHANGES for word in words.values())
    if wrong:
        raise UsageError(
            "change_words does not say which of our words yours mean",
            where="argument change_words",
            allowed="a mapping of your words to " + ", ".join(CHANGES),
            remedy="write it as {'your word': 'new'}",
        )
    return {str(theirs).strip(): ours for theirs, ours in words.items()}
