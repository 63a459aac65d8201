"""Reading files to Arrow tables. In CSV and TSV every column is text, so that leading zeros of ids and codes stay.

There are two readers of text: pyarrow for what is regular, and Python's own strict reader for the rest, which says in
which line a file is wrong. pyarrow alone would take an unclosed quotation mark for a cell that holds the rest of the
file, and its messages hold whole rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from ..errors import DataError, UsageError
from .formats import arrow, format_of, place_of

_ROWS_AT_ONCE: Final = 50_000
_LONGEST_CELL: Final = 2**31 - 1
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: First bytes of what is often given in place of text.
_KNOWN: Final = (
    (b"PAR1", "a Parquet file", "give it the ending .parquet"),
    (b"\x1f\x8b", "packed with gzip", "give it the ending .gz"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet", "save the sheet as CSV (UTF-8)"),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8 text"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8 text"),
)
_NEWLINES: Final = (10, 13)
_QUOTE: Final = 34
_WORTH_THREADS: Final = 1 << 26


def read_table(path: Path, *, option: str) -> Any:
    """The table in a file as a pyarrow Table.

    CSV and TSV: UTF-8 with a header, all columns text, empty cells missing. Parquet: the types of the file. Raises
    `UsageError` for a path that is no readable file or has another ending, `DataError` for what is in the file.
    """
    format_ = format_of(path, option=option)
    where = place_of(path, option)
    data = _bytes_of(path, where=where, is_gzip=format_.is_gzip)
    if not data:
        raise DataError(
            "the file is empty", where=where, allowed="a table with its header", remedy="check how the file was made"
        )
    if format_.separator is None:
        return _read_parquet(data, where)
    return read_text(data, format_.separator, where)


def _bytes_of(path: Path, *, where: str, is_gzip: bool) -> bytes:
    if path.is_dir():
        raise UsageError(
            "this is a folder", where=where, allowed="one file", remedy="name the file; join the parts of a table first"
        )
    try:
        with gzip.open(path) if is_gzip else path.open("rb") as file:
            return file.read()
    except FileNotFoundError:
        raise UsageError(
            "there is no such file", where=where, allowed="a file that exists", remedy="check the path"
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(
            "the file is not whole or not packed with gzip",
            where=where,
            allowed="a whole gzip file",
            remedy="copy the file again, or leave .gz out of its name if it is not packed",
        ) from None
    except OSError as error:
        raise UsageError(
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            where=where,
            allowed="a file that may be read",
            remedy="check the path and the permissions",
        ) from None


def _read_parquet(data: bytes, where: str) -> Any:
    pa, parquet = arrow(), arrow("pyarrow.parquet")
    try:
        # As a file and not as a data set: folders named key=value must not become columns.
        return parquet.ParquetFile(pa.BufferReader(data)).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"the file is not a readable Parquet file ({type(error).__name__})",
            where=where,
            allowed="a whole Parquet file",
            remedy="check how it was made and copied; text wants the ending .csv or .tsv",
        ) from None


def read_text(data: bytes, separator: str, where: str) -> Any:
    r"""The table in the bytes of a CSV or TSV file.

    >>> read_text(b"person_id,age\n007,80\n", ",", "an example").to_pylist()
    [{'person_id': '007', 'age': '80'}]
    """
    _refuse_other_kinds(data, where)
    data = data.removeprefix(_BYTE_ORDER_MARK)
    names = _header(data, separator, where)
    if _has_regular_quotes(data, separator):
        table = _read_fast(data, separator, names)
        if table is not None:
            return table
    return _read_strictly(data, separator, names, where)


def _refuse_other_kinds(data: bytes, where: str) -> None:
    found = next(((what, remedy) for start, what, remedy in _KNOWN if data.startswith(start)), None)
    if found is None and b"\0" in data:
        found = "a binary file", "export the table as CSV (UTF-8)"
    if found is not None:
        raise DataError(f"the file is {found[0]}, not UTF-8 text", where=where, allowed="UTF-8 text", remedy=found[1])


def _header(data: bytes, separator: str, where: str) -> list[str]:
    names = next(_rows(data, separator, where), (1, []))[1]
    if not names:
        raise DataError(
            "the file has no header", where=f"{where}, line 1", allowed="names of columns in the first line",
            remedy="give the table a header",
        )  # fmt: skip
    other = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
    if len(names) == 1:
        for sign, name in other.items():
            if sign != separator and sign in names[0]:
                raise DataError(
                    f"the header has no {other[separator]} but a {name} between the names",
                    where=f"{where}, line 1",
                    allowed=f"a {other[separator]} between cells",
                    remedy="give the file the ending .tsv"
                    if sign == "\t"
                    else "save it with the separator of its ending",
                )
    return names


def _has_regular_quotes(data: bytes, separator: str) -> bool:
    """Whether each quotation mark opens or closes a whole cell or is doubled inside one (RFC 4180)."""
    signs = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(signs == _QUOTE)
    if len(places) % 2:
        return False
    ends = (ord(separator), *_NEWLINES)
    opening, closing = places[0::2], places[1::2]
    # Doubled inside a cell: the mark before closes and this one opens again.
    doubled = opening[1:] == closing[:-1] + 1
    starts_cell = np.isin(signs[np.maximum(opening - 1, 0)], ends) | (opening == 0)
    ends_cell = np.isin(signs[np.minimum(closing + 1, len(signs) - 1)], ends) | (closing == len(signs) - 1)
    starts_cell[1:] |= doubled
    ends_cell[:-1] |= doubled
    return bool(starts_cell.all() and ends_cell.all())


def _read_fast(data: bytes, separator: str, names: list[str]) -> Any | None:
    """The table by pyarrow; None where it refuses, so that the strict reader can say why."""
    pa, pa_csv = arrow(), arrow("pyarrow.csv")
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            # Threads gain little on small files, and may still run when the program ends with an error.
            read_options=pa_csv.ReadOptions(use_threads=len(data) > _WORTH_THREADS),
            # Empty lines are no rows, except where a row is one cell.
            parse_options=pa_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=len(names) > 1
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    is_text = all(pa.types.is_string(kind) for kind in table.schema.types)
    return table if is_text and table.column_names == names else None


def _read_strictly(data: bytes, separator: str, names: list[str], where: str) -> Any:
    pa = arrow()
    schema = pa.schema([pa.field(f"{place}", pa.string()) for place in range(len(names))])
    batches: list[Any] = []
    waiting: list[list[str]] = []

    def pack() -> None:
        columns = [pa.array([cell or None for cell in column], pa.string()) for column in zip(*waiting, strict=True)]
        batches.append(pa.record_batch(columns, schema=schema))
        waiting.clear()

    rows = _rows(data, separator, where)
    next(rows)
    for line, found in rows:
        if not found and len(names) > 1:
            continue
        cells = found or [""]
        if len(cells) != len(names):
            raise DataError(
                f"the row has {len(cells)} cells and the header {len(names)}",
                where=f"{where}, line {line:,}",
                allowed="a cell for each column in every row",
                remedy="put cells that hold the separator in quotation marks",
            )
        waiting.append(cells)
        if len(waiting) == _ROWS_AT_ONCE:
            pack()
    if waiting:
        pack()
    return pa.Table.from_batches(batches, schema).rename_columns(names)


def _rows(data: bytes, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line, by Python's strict reader."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(
        io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""), delimiter=separator, strict=True
    )
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        text = (
            "a quotation mark is not closed"
            if "unexpected end" in str(error)
            else "a quotation mark stands inside a cell"
        )
        raise DataError(
            f"{text}, so the cells cannot be told apart",
            where=f"{where}, line {line:,}",
            allowed="quotation marks around whole cells, doubled inside them",
            remedy="correct the row, or export the table again",
        ) from None
    except UnicodeDecodeError:
        _refuse_encoding(data, where)


def _refuse_encoding(data: bytes, where: str) -> NoReturn:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"the text is not UTF-8 (byte {error.start + 1:,} of the file)",
            where=f"{where}, line {line:,}",
            allowed="UTF-8 text",
            remedy="save the file as UTF-8 (in a spreadsheet: CSV UTF-8)",
        ) from None
    raise AssertionError("the whole can be decoded where a part cannot")
