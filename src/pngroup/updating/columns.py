"""The columns of a state's tables, and a caller's columns in the forms in which a state holds them.

Nothing is judged here: codes, words and dates stay as they were given, in one form for every library and file. Ids are
text or whole numbers, dates ISO text (of births and deaths also a month or a year), values numbers, all else text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..dates import to_date
from ..errors import DataError
from ..files.formats import arrow
from ..frames import Days, Flat, Table, encode_ids
from ..intake import EVENT_COLUMNS

RECORD_ID: Final = "record_id"
PERSON_ID: Final = "person_id"
PRACTICE: Final = "practice"
#: What a state holds of each table, the id of a row first. Other columns of people are not kept.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "people": (
        PERSON_ID, "birth_date", "sex", "registered_from", "registered_to", "died_on", "excluded_reason", PRACTICE,
    ),
    **{name: (RECORD_ID, *columns) for name, columns in EVENT_COLUMNS.items()},
}  # fmt: skip
DATES: Final = frozenset({"birth_date", "registered_from", "registered_to", "died_on", "date"})
#: Of these a month or a year alone is a date.
PARTIAL_DATES: Final = frozenset({"birth_date", "died_on"})
NUMBERS: Final = frozenset({"value"})
#: What stands for a date that cannot be read: no date either, and counted as it was.
UNREADABLE: Final = "unreadable"
_YEAR, _MONTH = 1, 2
#: Whole numbers beyond this are not all exact as floats.
_EXACT: Final = 2**53


def ids_of(table: Table, column: str, *, required: bool = False) -> Any:
    """Ids as an Arrow array, `large_string` or `int64`, null where there is none; of type `null` without any."""
    pa = arrow()
    raw = table.raw(column)
    if raw.kind == "text" and raw.dictionary is None and hasattr(raw.memory, "__arrow_c_stream__") and not required:
        compute = arrow("pyarrow.compute")
        text = pa.chunked_array(raw.memory).cast(pa.large_string()).combine_chunks()
        blank = compute.equal(compute.utf8_trim_whitespace(text), "")
        return compute.if_else(blank, pa.scalar(None, pa.large_string()), text)
    if raw.kind == "integer" and raw.dictionary is None and not required:
        numbers = raw.read()
        if isinstance(numbers, Flat) and numbers.values.dtype == np.int64:
            return pa.array(numbers.values, mask=numbers.missing)
    ids = encode_ids(table, column, required=required)
    missing = ids.index < 0
    if ids.kind == "empty":
        return pa.nulls(table.n_rows)
    if ids.kind == "text":
        return pa.array(ids.values, pa.large_string()).take(pa.array(ids.index, mask=missing))
    if ids.values.dtype != np.int64:
        raise DataError(
            f"ids of {table.name} are whole numbers of more than 63 bits",
            where=table.where(column),
            allowed="text, or whole numbers below 2**63",
            remedy="convert the column to text in every table",
        )
    return pa.array(ids.values).take(pa.array(ids.index, mask=missing))


def texts_of(table: Table, column: str) -> Any:
    """Words, codes and the like as an Arrow dictionary of text, null where there is none."""
    encoded = table.encode(column, booleans=column == "excluded_reason")
    return _dictionary([_as_text(value) for value in encoded.values.tolist()], encoded.index)


def dates_of(days: Days) -> Any:
    """Days as an Arrow dictionary of ISO text, null where there is none."""
    precision = days.precision if days.precision is not None else np.full(len(days.day), 3, np.uint8)
    key = np.where(days.valid, days.day.astype(np.int64) * 4 + precision, np.iinfo(np.int64).max)
    distinct, index = numbered(key)
    return _dictionary([_day_text(each) for each in distinct.tolist()], np.where(days.missing, -1, index))


def numbers_of(table: Table, column: str) -> Any:
    """Numbers as an Arrow array of float64, null where there is none that can be used."""
    numbers = table.numbers(column)
    return arrow().array(numbers.number, mask=numbers.absent)


def type_of(column: str, id_type: Any) -> Any:
    """The Arrow type in which a state holds a column; `id_type`: that of the ids of persons."""
    pa = arrow()
    if column == PERSON_ID:
        return id_type
    if column == RECORD_ID:
        return pa.large_string()
    return pa.float64() if column in NUMBERS else pa.dictionary(pa.int32(), pa.string())


def with_all_columns(table: Any, name: str) -> Any:
    """A table of a state with every column that is known now: one that came later was given of no row."""
    pa, id_type = arrow(), table.schema.field(PERSON_ID).type
    for column in COLUMNS[name]:
        if column not in table.column_names:
            table = table.append_column(column, pa.nulls(table.num_rows, type_of(column, id_type)))
    return table.select(list(COLUMNS[name]))


def held_columns(table: Any) -> tuple[str, ...]:
    """The columns of a state's table (None: there is none) in which there are values."""
    if table is None:
        return ()
    return tuple(each for each in table.column_names if table.column(each).null_count < table.num_rows)


def kind_of_ids(tables: Iterable[Any]) -> Any:
    """The Arrow type of the ids of persons in some tables; None where there is no id in them."""
    columns = (table.column(PERSON_ID) for table in tables)
    return next((column.type for column in columns if column.null_count < len(column)), None)


def with_kind_of_ids(table: Any, kind: Any) -> Any:
    """A table in which ids of persons are of this type, where there is none in it; else as it is."""
    at, column = table.schema.get_field_index(PERSON_ID), table.column(PERSON_ID)
    if kind is None or column.type == kind or column.null_count < len(column):
        return table
    return table.set_column(at, PERSON_ID, arrow().nulls(len(column), kind))


def in_one_piece(tables: Sequence[Any]) -> Any:
    """Tables of the same columns below each other, as one piece of memory."""
    table = arrow().concat_tables(tables)
    return table.unify_dictionaries().combine_chunks()


def places_in(values: Any, among: Any) -> npt.NDArray[np.int64]:
    """For each of `values` its first place `among` others, -1 where it is not there or missing."""
    compute = arrow("pyarrow.compute")
    found = compute.index_in(values, value_set=among, skip_nulls=True)
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def rows_where(table: Any, mask: npt.NDArray[np.bool_]) -> Any:
    """The rows of a table at which the mask is true."""
    return table.filter(arrow().array(mask))


def row_keys(table: Any, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each row of a table in one piece: the same for rows that are the same in all these columns."""
    key = np.zeros(table.num_rows, np.int64)
    for name in columns:
        codes = words_of(table.column(name))[1] + 1
        key = key * (int(codes.max(initial=0)) + 1) + codes
        key = numbered(key)[1]
    return key


def numbered(values: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The distinct numbers and each one's place among them; by hashing, which is faster than numpy's sorting."""
    encoded = arrow().array(values).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy().astype(np.int64)


def words_of(column: Any) -> tuple[Any, npt.NDArray[np.int64]]:
    """The distinct values of a column, and each row's place among them, -1 where it is missing."""
    if not arrow().types.is_dictionary(column.type):
        column = column.dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    return array.dictionary, np.asarray(array.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _dictionary(words: list[str], index: npt.NDArray[np.integer]) -> Any:
    pa = arrow()
    places = pa.array(index.astype(np.int32), mask=index < 0)
    return pa.DictionaryArray.from_arrays(places, pa.array(words, pa.string()))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return str(int(value)) if is_whole and isinstance(value, float) else str(value)


def _day_text(key: int) -> str:
    if key == np.iinfo(np.int64).max:
        return UNREADABLE
    day, precision = divmod(key, 4)
    text = to_date(day).isoformat()
    return text[:4] if precision == _YEAR else text[:7] if precision == _MONTH else text
