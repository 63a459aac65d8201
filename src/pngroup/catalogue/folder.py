"""The files of a catalogue: read as tables, and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from ..errors import ModelError
from ..resources import Row, parse_cells, parse_rows

FILES: Final = (
    "sources", "topics", "conditions", "score_tables", "icd10", "icd10cm", "opcs4", "medicines", "score_codes",
    "registers", "register_codes", "restricted", "no_condition_reasons", "no_condition",
)  # fmt: skip
#: What a catalogue may be without: only models with registers need it.
_OPTIONAL: Final = ("registers.csv", "register_codes.csv")
SNOMED_FILES: Final = ("sources", "ids", "restricted", "no_condition", "roots", "refsets")


class Folder:
    """The files of a catalogue, as they were when it was opened; all of them go into the fingerprint.

    `FILES` say which score tables there are: those are opened by `open` as soon as they are known. A file that may be
    missing and is has no rows.
    """

    def __init__(self, folder: Path | Traversable, label: str) -> None:
        self.label = label
        self.has_snomed = folder.joinpath("snomed").is_dir()
        names = [
            *(f"{name}.csv" for name in FILES),
            *(f"snomed/{name}.csv" for name in SNOMED_FILES if self.has_snomed),
        ]
        self._folder = folder
        self._data: dict[str, bytes] = {}
        self.open(names)

    def open(self, names: Iterable[str]) -> None:
        """Read further files of the folder."""
        for name in names:
            if name in _OPTIONAL and not self._folder.joinpath(name).is_file():
                continue
            self._data[name] = _bytes(self._folder.joinpath(*name.split("/")), f"{self.label}/{name}")

    @property
    def fingerprint(self) -> str:
        """A hash over all files."""
        digest = hashlib.sha256()
        for name, data in self._data.items():
            digest.update(name.encode() + b"\0" + data + b"\0")
        return digest.hexdigest()

    def rows(self, file: str, columns: Iterable[str]) -> tuple[Row, ...]:
        """The rows of a table that has exactly these columns."""
        if self._is_missing(file):
            return ()
        return parse_rows(self._text(file), file=f"{self.label}/{file}", columns=tuple(columns))

    def cells(self, file: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
        """Line and cells of each row: for tables of many thousand rows."""
        if self._is_missing(file):
            return iter(())
        return parse_cells(self._text(file), file=f"{self.label}/{file}", columns=columns)

    def lines(self, file: str, columns: tuple[str, ...]) -> list[str]:
        """The lines below the header of a table that has one row a line."""
        text = self._text(file)
        header, _, body = text.partition("\n")
        if header.rstrip("\r") != ",".join(columns) or "\r" in body:
            # Read as any other table, which tells what is wrong; only line ends may differ.
            list(parse_cells(text, file=f"{self.label}/{file}", columns=columns))
        return body.replace("\r\n", "\n").removesuffix("\n").split("\n") if body else []

    def snomed_rows(self, file: str, columns: Iterable[str]) -> tuple[Row, ...]:
        """The rows of a table in the folder with SNOMED CT content; none where that was removed."""
        return self.rows(f"snomed/{file}", columns) if self.has_snomed else ()

    def _is_missing(self, file: str) -> bool:
        return file in _OPTIONAL and file not in self._data

    def _text(self, file: str) -> str:
        return _decoded(self._data[file], f"{self.label}/{file}")


def _bytes(path: Path | Traversable, label: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the file cannot be read ({type(error).__name__})",
            where=label,
            allowed="a readable CSV file",
            remedy="check that it exists and may be read",
        ) from None


def _decoded(data: bytes, label: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            f"the file is not UTF-8 text (byte {error.start + 1})",
            where=label,
            allowed="text in UTF-8",
            remedy="save the file as UTF-8",
        ) from None
