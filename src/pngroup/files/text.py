"""CSV and TSV in blocks: every column is text, so that leading zeros of ids and codes stay.

There are two readers of a block: pyarrow for what is regular, and Python's own strict reader for the rest, which says
in which line a file is wrong. pyarrow alone would take an unclosed quotation mark for a cell that holds the rest of the
file, and its messages hold whole rows. A block ends where a row ends; a row may be longer than a block.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

import numpy as np

from ..errors import DataError
from .formats import arrow

#: Bytes that are read at a time. Measured on 20 million rows: 4 to 16 MiB take the same time, 32 MiB a third more.
BLOCK: Final = 1 << 23
_LONGEST_CELL: Final = 1 << 28
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
_MARK: Final = b'"'
_QUOTE: Final = ord(_MARK)
_MOST_FIRST: Final = max(len(start) for start, *_ in _KNOWN)
_LINES_AT_ONCE: Final = 1 << 16
_SEPARATORS: Final = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}


class DelimitedTable:
    """A table in a CSV or TSV file: `names` of its columns, and its rows by `batches`, once.

    `file` is open for reading bytes. Raises `DataError` for what is no such table, with the line of the whole file.
    """

    def __init__(self, file: IO[bytes], separator: str, where: str, *, block: int = BLOCK) -> None:
        self._text = _Text(file, where, block)
        self._separator = separator
        self._where = where
        self.names = self._header()

    def batches(self, wanted: Sequence[int] | None = None) -> Iterator[Any]:
        """The rows as pyarrow Tables, each of the columns at the places `wanted` (None: all), empty cells missing."""
        places = list(range(len(self.names))) if wanted is None else list(wanted)
        names = [self.names[place] for place in places]
        text = self._text
        while text.fill():
            size = text.whole_rows()
            table = _read_fast(text.data[:size], self._separator, len(self.names), places) if size else None
            if table is not None:
                text.drop(size)
            else:
                table = self._read_strictly(size or len(text.data), places)
            yield table.rename_columns(names)

    def _header(self) -> list[str]:
        names = next(self._rows(1), (1, []))[1]
        if not names:
            raise DataError(
                "the file has no header", where=f"{self._where}, line 1",
                allowed="names of columns in the first line", remedy="give the table a header",
            )  # fmt: skip
        if len(names) == 1:
            for sign, name in _SEPARATORS.items():
                if sign != self._separator and sign in names[0]:
                    raise DataError(
                        f"the header has no {_SEPARATORS[self._separator]} but a {name} between the names",
                        where=f"{self._where}, line 1",
                        allowed=f"a {_SEPARATORS[self._separator]} between cells",
                        remedy="give the file the ending .tsv"
                        if sign == "\t"
                        else "save it with the separator of its ending",
                    )
        return names

    def _read_strictly(self, size: int, places: Sequence[int]) -> Any:
        """The rows that begin in the next `size` bytes; the last of them may end after these."""
        pa = arrow()
        columns: list[list[str | None]] = [[] for _ in places]
        n_names = len(self.names)
        for line, found in self._rows(size):
            if not found and n_names > 1:
                continue
            cells = found or [""]
            if len(cells) != n_names:
                raise DataError(
                    f"the row has {len(cells)} cells and the header {n_names}",
                    where=f"{self._where}, line {line:,}",
                    allowed="a cell for each column in every row",
                    remedy="put cells that hold the separator in quotation marks",
                )
            for column, place in zip(columns, places, strict=True):
                column.append(cells[place] or None)
        return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], [str(at) for at in places])

    def _rows(self, size: int) -> Iterator[tuple[int, list[str]]]:
        """Each row that begins in the next `size` bytes, with the number of its first line, by Python's strict reader.

        What was read of the text is gone from it afterwards, row by row.
        """
        csv.field_size_limit(_LONGEST_CELL)
        end = self._text.n_bytes + size
        reader = csv.reader(self._text.lines(), delimiter=self._separator, strict=True)
        line = self._text.n_lines + 1
        try:
            while self._text.n_bytes < end:
                cells = next(reader, None)
                if cells is None:
                    return
                yield line, cells
                line = self._text.n_lines + 1
        except csv.Error as error:
            raise DataError(
                f"{_fault_of(error)}, so the cells cannot be told apart",
                where=f"{self._where}, line {line:,}",
                allowed="quotation marks around whole cells, doubled inside them",
                remedy="correct the row, or export the table again",
            ) from None


def read_text(data: bytes, separator: str, where: str, *, block: int = BLOCK) -> Any:
    r"""The table in the bytes of a CSV or TSV file.

    >>> read_text(b"person_id,age\n007,80\n", ",", "an example").to_pylist()
    [{'person_id': '007', 'age': '80'}]
    """
    table = DelimitedTable(io.BytesIO(data), separator, where, block=block)
    return _joined(table.batches(), table.names)


def _joined(batches: Iterator[Any], names: Sequence[str]) -> Any:
    """All batches of a text as one table, also where there are none."""
    pa = arrow()
    tables = list(batches)
    if not tables:
        return pa.Table.from_arrays([pa.array([], pa.string())] * len(names), names=list(names))
    return pa.concat_tables(tables)


class _Text:
    """What of a file is not read yet: `data` of it in memory, after `n_bytes` and `n_lines`."""

    def __init__(self, file: IO[bytes], where: str, block: int) -> None:
        self._file = file
        self._where = where
        self._block = block
        self._is_end = False
        self._at = 0
        self.data = b""
        self.n_bytes = 0
        self.n_lines = 0
        # The first bytes of other kinds of file are seen whole.
        self._more(max(block, _MOST_FIRST))
        found = next(((what, remedy) for start, what, remedy in _KNOWN if self.data.startswith(start)), None)
        if found is not None:
            self._refuse(*found)
        self._refuse_binary(self.data)
        if self.data.startswith(_BYTE_ORDER_MARK):
            self.data = self.data[len(_BYTE_ORDER_MARK) :]
            self.n_bytes = len(_BYTE_ORDER_MARK)

    def fill(self) -> bool:
        """Have a block of the text in `data`; whether there is any left."""
        self.data, self._at = self.data[self._at :], 0
        while not self._is_end and len(self.data) < self._block:
            self._refuse_binary(self._more(self._block))
        return bool(self.data)

    def whole_rows(self) -> int:
        """How many bytes of `data` are whole rows, if their quotation marks are regular; 0 where none is."""
        return len(self.data) if self._is_end else _last_row_end(self.data)

    def drop(self, size: int) -> None:
        """Take bytes from the text that somebody else has read."""
        taken = self.data[:size]
        self._at = size
        self.n_bytes += size
        self.n_lines += taken.count(b"\n")
        if b"\r" in taken:
            self.n_lines += taken.count(b"\r") - taken.count(b"\r\n")

    def lines(self) -> Iterator[str]:
        """Each line with its end, taken from the text when it is given."""
        size = _LINES_AT_ONCE
        while True:
            window = self.data[self._at : self._at + size]
            is_last = self._is_end and self._at + size >= len(self.data)
            found = window.splitlines(keepends=True)
            # The last one may go on, and a carriage return may be half a line end.
            if found and not is_last and (not found[-1].endswith(b"\n")):
                found.pop()
            for line in found:
                self._at += len(line)
                self.n_bytes += len(line)
                text = self._decoded(line)
                self.n_lines += 1
                yield text
            if is_last:
                return
            if not found:
                size *= 2
                if size > _LONGEST_CELL:
                    self._refuse_line()
            if not self._is_end and len(self.data) - self._at < size:
                self.data, self._at = self.data[self._at :], 0
                self._refuse_binary(self._more(max(size, self._block)))

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"the text is not UTF-8 (byte {self.n_bytes - len(line) + error.start + 1:,} of the file)",
                where=f"{self._where}, line {self.n_lines + 1:,}",
                allowed="UTF-8 text",
                remedy="save the file as UTF-8 (in a spreadsheet: CSV UTF-8)",
            ) from None

    def _more(self, size: int) -> bytes:
        piece = self._file.read(size)
        self._is_end = not piece
        self.data += piece
        return piece

    def _refuse_binary(self, piece: bytes) -> None:
        if b"\0" in piece:
            self._refuse("a binary file", "export the table as CSV (UTF-8)")

    def _refuse(self, what: str, remedy: str) -> None:
        raise DataError(f"the file is {what}, not UTF-8 text", where=self._where, allowed="UTF-8 text", remedy=remedy)

    def _refuse_line(self) -> None:
        raise DataError(
            f"a line is longer than {_LONGEST_CELL:,} bytes",
            where=f"{self._where}, line {self.n_lines + 1:,}",
            allowed="a line end after each row",
            remedy="check how the file was made",
        )


def _last_row_end(data: bytes) -> int:
    """Where the last row ends that is known to be whole: after a line end outside of quotation marks; 0 if nowhere."""
    end = _after_newline(data, len(data))
    if _MARK not in data:
        return end
    marks = np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE)
    while end:
        n_before = int(np.searchsorted(marks, end))
        if n_before % 2 == 0:
            break
        end = _after_newline(data, int(marks[n_before - 1]))
    return end


def _after_newline(data: bytes, stop: int) -> int:
    end = max(data.rfind(b"\n", 0, stop), data.rfind(b"\r", 0, stop)) + 1
    # A carriage return that is last may be half a line end.
    if end == len(data) and data.endswith(b"\r"):
        return _after_newline(data, end - 1)
    return end


def _has_regular_quotes(data: bytes, separator: str) -> bool:
    """Whether each quotation mark opens or closes a whole cell or is doubled inside one (RFC 4180)."""
    if _MARK not in data:
        return True
    signs = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(signs == _QUOTE)
    if len(places) % 2:
        return False
    ends = np.zeros(256, bool)
    ends[[ord(separator), *_NEWLINES]] = True
    opening, closing = places[0::2], places[1::2]
    # Doubled inside a cell: the mark before closes and this one opens again.
    doubled = opening[1:] == closing[:-1] + 1
    starts_cell = ends[signs[np.maximum(opening - 1, 0)]] | (opening == 0)
    ends_cell = ends[signs[np.minimum(closing + 1, len(signs) - 1)]] | (closing == len(signs) - 1)
    starts_cell[1:] |= doubled
    ends_cell[:-1] |= doubled
    return bool(starts_cell.all() and ends_cell.all())


def _read_fast(data: bytes, separator: str, n_names: int, places: Sequence[int]) -> Any | None:
    """The table by pyarrow; None where it may refuse or misread, so that the strict reader can say why."""
    if not _has_regular_quotes(data, separator) or not _is_utf8(data):
        return None
    pa, pa_csv = arrow(), arrow("pyarrow.csv")
    names = [str(place) for place in range(n_names)]
    try:
        return pa_csv.read_csv(
            pa.BufferReader(data),
            # Threads gain nothing on a block, and may still run when the program ends with an error.
            read_options=pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data)),
            # Empty lines are no rows, except where a row is one cell.
            parse_options=pa_csv.ParseOptions(
                delimiter=separator, newlines_in_values=_MARK in data, ignore_empty_lines=n_names > 1
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[place] for place in places],
                strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _is_utf8(data: bytes) -> bool:
    # Also of columns that nobody asks for: half a file in another encoding is no table to trust.
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fault_of(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quotation mark is not closed"
    if "field limit" in text:
        return f"a cell is longer than {_LONGEST_CELL:,} characters, as behind a quotation mark that is not closed"
    return "a quotation mark stands inside a cell"
