"""Package data: text and tables that ship with the library, found relative to the package's own name.

The package name is never written out, so that a copy of the folder under another name reads its own files
and not those of an installed one. Every table is a CSV file (UTF-8, header, comma) and every row remembers
its file and line, so that an error about a row can say where an expert has to look.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from attrs import frozen

from .errors import ModelError

#: Where one of these stands in a table, a cell may be quoted or have blanks around it that have to go.
_NOT_PLAIN: Final = ('"', "\r", "\t", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", " ,", ", ", " \n", "\n ", "\n\n")


@frozen
class Row:
    r"""One row of a table: its cells by column name, and where it stands.

    >>> row = parse_rows("alias,sex\nF,female\n", file="sexes.csv", columns=("alias", "sex"))[0]
    >>> row["sex"], row.where
    ('female', 'sexes.csv, line 2')
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def where(self) -> str:
        """File and line, for the `where` of an error."""
        return f"{self.file}, line {self.line}"

    def words(self, column: str) -> tuple[str, ...]:
        """The blank-separated words of a cell."""
        return tuple(self.cells[column].split())

    def number(self, column: str) -> int:
        """A whole number; `ModelError` for anything else."""
        try:
            return int(self.cells[column])
        except ValueError:
            raise self.wrong(
                f"{column} is {self.cells[column]!r}", allowed="a whole number", remedy="correct the cell"
            ) from None

    def wrong(self, what: str, *, allowed: str, remedy: str) -> ModelError:
        """An error about this row, to be raised."""
        return ModelError(what, where=self.where, allowed=allowed, remedy=remedy)


def read_text(path: str) -> str:
    """The text of a packaged file, without a byte order mark; `path` is relative to the folder `data`.

    Raises `ModelError` when the file is absent or is not UTF-8.
    """
    file = f"data/{path}"
    if __package__ is None:
        raise ImportError("the resources module was loaded outside of its package")
    place = files(__package__).joinpath(*file.split("/"))
    try:
        return place.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ModelError(
            "a file that ships with the library cannot be read",
            where=file,
            allowed="the files of the installed package",
            remedy="install the package again",
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(
            f"the file is not UTF-8 text (byte {error.start + 1})",
            where=file,
            allowed="text in UTF-8",
            remedy="save the file as UTF-8",
        ) from error


def parse_rows(text: str, *, file: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of a CSV text whose header is exactly `columns`; cells lose the blanks around them.

    Raises `ModelError` naming `file` and line for another header, a row with too few or too many cells, an
    empty row, or broken quotes.
    """
    return tuple(
        Row(file, line, dict(zip(columns, cells, strict=True)))
        for line, cells in parse_cells(text, file=file, columns=columns)
    )


def parse_cells(
    text: str, *, file: str, columns: tuple[str, ...], first_line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row, checked as by `parse_rows`; for tables of many thousand rows.

    `first_line` is the number of the header's line, where the text is a part of a file.
    """
    allowed = f"the columns {','.join(columns)}"
    line, n_columns, before = 1, len(columns), first_line - 1
    try:
        for line, cells in _plain_rows(text) or _quoted_rows(text):
            if line == 1 and tuple(cells) != columns:
                raise ModelError(
                    f"the header has {len(cells)} columns that are not the expected ones",
                    where=f"{file}, line 1",
                    allowed=allowed,
                    remedy="give the table this header",
                )
            if len(cells) != n_columns:
                raise ModelError(
                    f"the row has {len(cells)} cells in place of {n_columns}",
                    where=f"{file}, line {line + before}",
                    allowed=allowed,
                    remedy="give each column one cell and put cells that hold a comma in quotes",
                )
            if line > 1:
                yield line + before, cells
    except csv.Error as error:
        raise ModelError(
            f"the table is not readable as CSV ({error})",
            where=f"{file}, line {line + 1 + before}",
            allowed="comma-separated text with quotes in pairs",
            remedy="correct the row",
        ) from error
    if not text:
        raise ModelError(
            "the table is empty", where=f"{file}, line 1", allowed=allowed, remedy="give the table a header"
        )


def _plain_rows(text: str) -> Iterator[tuple[int, list[str]]] | None:
    """The rows of a text in which commas and line ends are all there is to CSV: most tables, several times as fast."""
    if not text.isascii() or text.startswith((" ", "\n")) or any(each in text for each in _NOT_PLAIN):
        return None
    lines = text.removesuffix("\n").split("\n") if text else []
    return enumerate([line.split(",") for line in lines], 1)


def _quoted_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    for cells in reader:
        yield line, [cell.strip() for cell in cells]
        # A quoted cell may span lines: the next row begins after the line the reader has reached.
        line = reader.line_num + 1


@lru_cache(maxsize=64)
def read_rows(path: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of a packaged CSV table, read once; `path` is relative to the folder `data`.

    >>> read_rows("codes/sexes.csv", ("alias", "sex", "source", "note"))[0].file
    'data/codes/sexes.csv'
    """
    return parse_rows(read_text(path), file=f"data/{path}", columns=columns)
