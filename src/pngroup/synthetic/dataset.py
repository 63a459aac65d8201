"""A synthetic practice as tables: in arrays, in dataframes, in files."""

from __future__ import annotations

import csv
import datetime
import math
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..errors import MissingExtraError, UsageError

Table = Mapping[str, npt.NDArray[Any]]

TABLES: Final = ("people", "records", "contacts", "medicines", "values")
_FRAMES: Final = {"pandas": "pandas", "polars": "polars", "pyarrow": "arrow"}
_FORMATS: Final = ("csv", "parquet")
_ROWS_AT_ONCE: Final = 100_000


@frozen(eq=False)
class Practice:
    """People, records, contacts, medicines and values of a synthetic practice, as at one day.

    Each table is a mapping of column name to a numpy array: text as objects (missing: None), dates as
    datetime64[D] (missing: NaT), numbers as float64 or int64. The tables bear the names of the arguments of
    `pngroup.group`, which takes them as they are.

    `truth` holds what the records were made from (person_id, condition, onset, resolved): everybody in it has
    a record. `dirt` counts the unusable records by kind.
    """

    people: Table
    records: Table
    contacts: Table
    medicines: Table
    values: Table
    as_at: datetime.date
    truth: Table
    dirt: Mapping[str, int]

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(next(iter(table.values())))} {name}" for name, table in self._tables().items())
        return f"Practice({sizes}, as at {self.as_at.isoformat()})"

    def to(self, frame: Literal["pandas", "polars", "pyarrow"] = "pandas") -> dict[str, Any]:
        """The five tables as dataframes by name, so that `group(**practice.to("polars"), as_at=...)` works.

        `MissingExtraError` when the library is not installed; it is imported only here.

        >>> from pngroup.synthetic import practice
        >>> frames = practice(50).to("polars")
        >>> list(frames)
        ['people', 'records', 'contacts', 'medicines', 'values']
        >>> frames["people"].height
        50
        """
        if frame not in _FRAMES:
            raise UsageError(
                f"{frame!r} is no kind of dataframe known here",
                where="argument frame",
                allowed=", ".join(_FRAMES),
                remedy="name one of them",
            )
        library = _import(frame, extra=_FRAMES[frame], where="Practice.to")
        return {name: _to_frame(library, frame, table) for name, table in self._tables().items()}

    def write(
        self,
        folder: str | os.PathLike[str],
        format: Literal["csv", "parquet"] = "csv",  # noqa: A002 - the word users know
    ) -> list[Path]:
        """Write each table to a file `people.csv` and so on, and return the paths.

        The folder is made if need be. Every file is written under a temporary name and renamed when all are
        complete: an interrupted run leaves no half file. Parquet needs pyarrow (`MissingExtraError`). A path
        that is no folder, or that cannot be written, is a `UsageError`.
        """
        if format not in _FORMATS:
            raise UsageError(
                f"{format!r} is no format known here",
                where="argument format",
                allowed=", ".join(_FORMATS),
                remedy="name one of them",
            )
        arrow = _import("pyarrow", extra="arrow", where="Practice.write") if format == "parquet" else None
        target = Path(folder)
        pending: dict[Path, Path] = {}
        try:
            target.mkdir(parents=True, exist_ok=True)
            for name, table in self._tables().items():
                handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=target)
                os.close(handle)
                pending[Path(temporary)] = target / f"{name}.{format}"
                if arrow is None:
                    _write_csv(Path(temporary), table)
                else:
                    import_module("pyarrow.parquet").write_table(_to_frame(arrow, "pyarrow", table), temporary)
            umask = os.umask(0)
            os.umask(umask)
            for part, final in pending.items():
                # mkstemp makes files that only their owner may read; a result file follows the user's own
                # setting.
                part.chmod(0o666 & ~umask)
                part.replace(final)
        except OSError as error:
            raise UsageError(
                f"the folder cannot be written ({error.strerror or type(error).__name__})",
                where="argument folder",
                allowed="a folder that may be written",
                remedy="check the path, the permissions and the space",
            ) from error
        finally:
            for part in pending:
                part.unlink(missing_ok=True)
        return list(pending.values())

    def _tables(self) -> dict[str, Table]:
        return {name: getattr(self, name) for name in TABLES}


def _import(name: str, *, extra: str, where: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{name} is not installed",
            where=where,
            allowed=", ".join(_FRAMES),
            remedy=f"install it with pip install 'pngroup[{extra}]'",
        ) from error


def _to_frame(library: Any, frame: str, table: Table) -> Any:
    if frame == "pandas":
        return library.DataFrame(dict(table))
    if frame == "polars":
        # Text goes in as lists: polars would keep an array of objects as objects.
        columns = {name: _listed(column) for name, column in table.items()}
        text = {name: library.String for name, column in table.items() if column.dtype == object}
        return library.DataFrame(columns, schema_overrides=text, nan_to_null=True)
    columns = {}
    for name, column in table.items():
        kind = library.string() if column.dtype == object else None
        columns[name] = library.array(column, type=kind, from_pandas=True)
    return library.table(columns)


def _listed(column: npt.NDArray[Any]) -> Any:
    return column.tolist() if column.dtype == object else column


def _write_csv(path: Path, table: Table) -> None:
    n = len(next(iter(table.values())))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        for start in range(0, n, _ROWS_AT_ONCE):
            columns = [_as_text(column[start : start + _ROWS_AT_ONCE]) for column in table.values()]
            writer.writerows(zip(*columns, strict=True))


def _as_text(column: npt.NDArray[Any]) -> list[Any]:
    """Cells as they are written: missing ones empty, whole numbers without a fraction."""
    found: list[Any] = column.tolist()
    if column.dtype.kind == "M":
        found = np.where(np.isnat(column), "", column.astype(str)).tolist()
    elif column.dtype.kind == "f":
        found = ["" if math.isnan(cell) else int(cell) if cell.is_integer() else cell for cell in found]
    return found
