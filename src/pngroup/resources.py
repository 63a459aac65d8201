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

from attrs import frozen

from .errors import ModelError


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


def parse_cells(text: str, *, file: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row, checked as by `parse_rows`; for tables of many thousand rows."""
    allowed = f"the columns {','.join(columns)}"
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if line == 1 and tuple(cells) != columns:
                raise ModelError(
                    f"the header has {len(cells)} columns that are not the expected ones",
                    where=f"{file}, line 1",
                    allowed=allowed,
                    remedy="give the table this header",
                )
            if len(cells) != len(columns):
                raise ModelError(
                    f"the row has {len(cells)} cells in place of {len(columns)}",
                    where=f"{file}, line {line}",
                    allowed=allowed,
                    remedy="give each column one cell and put cells that hold a comma in quotes",
                )
            if line > 1:
                yield line, [cell.strip() for cell in cells]
            # A quoted cell may span lines: the next row begins after the line the reader has reached.
            line = reader.line_num + 1
    except csv.Error as error:
        raise ModelError(
            f"the table is not readable as CSV ({error})",
            where=f"{file}, line {line}",
            allowed="comma-separated text with quotes in pairs",
            remedy="correct the row",
        ) from error
    if line == 1:
        raise ModelError(
            "the table is empty", where=f"{file}, line 1", allowed=allowed, remedy="give the table a header"
        )


@lru_cache(maxsize=64)
def read_rows(path: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of a packaged CSV table, read once; `path` is relative to the folder `data`.

    >>> read_rows("codes/sexes.csv", ("alias", "sex", "source", "note"))[0].file
    'data/codes/sexes.csv'
    """
    return parse_rows(read_text(path), file=f"data/{path}", columns=columns)
