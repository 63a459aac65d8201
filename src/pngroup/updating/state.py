"""The state: what a month leaves for the next, in a folder that is never half written.

A folder holds tables as Parquet and `state.json`, which names them with their sizes and sums. New tables are written
beside the old under names of their own, and the new `state.json` takes the place of the old when they are complete: up
to that moment the old state stands, whatever happens. It holds data of people.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from attrs import asdict, field, frozen

from ..errors import DataError, UsageError
from ..files.formats import arrow
from ..files.locking import locked, telling_of
from ..files.writing import Writer, json_writer, write_files
from .columns import COLUMNS, with_all_columns

FORMAT: Final = 1
#: What stands for a model, catalogue or scheme that no name or path can bring back.
OBJECT: Final = "(an object)"
_STATE: Final = "state.json"
_LOCK: Final = "lock"
#: The table of who was in people once, is no longer, and still has rows; there where there is somebody.
GONE: Final = "gone"
#: The tables of a state; `result` is what was answered.
TABLES: Final = (*COLUMNS, "result", GONE)
#: The files that a state is made of, under which names too while they are written.
_OURS: Final = re.compile(
    rf"\.?({_LOCK}|{re.escape(_STATE)}|({'|'.join(TABLES)})-\d{{6}}\.parquet)(\.\w+\.part)?", re.ASCII
)
_PIECE: Final = 1 << 20


@frozen
class Settings:
    """What is used again next month unless something else is named.

    `model`, `catalogue` and `scheme`: a name with edition or a path, `OBJECT` for one that was given as an object;
    `catalogue` None: the one that the model was written for; `scheme` None: the default one, or the model's own
    names. `practice_column`: the column of people with the practice. `settle_months`: 0 where groups are not
    settled.
    """

    model: str
    catalogue: str | None
    scheme: str | None
    practice_column: str | None
    settle_months: int = 0
    settle_upwards: bool = False


@frozen(eq=False)
class State:
    """Last month: its tables (Arrow, by name), its answer (`result`), and how that was made.

    `number` counts the months; `as_at`: ISO date of the answer; `model` is name and edition, `fingerprint` that of the
    answer, `manifest` that of the run.
    """

    number: int
    as_at: str
    model: str
    fingerprint: str
    settings: Settings
    tables: Mapping[str, Any] = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)


def read_state(folder: Path) -> State:
    """The state in a folder; `UsageError` where there is none, `DataError` where it is damaged or of another format."""
    where = _place(folder)
    if not (folder / _STATE).is_file():
        raise UsageError(
            "there is no state in the folder",
            where=where,
            allowed="a folder that an earlier run has written",
            remedy="begin with whole tables (pngroup.begin_updates, pngroup update --begin), or check the path",
        )
    with _refusals(folder), _held(folder, shared=True):
        about = _read_about(folder, where)
        tables = {name: _read_table(folder / file["name"], file, where) for name, file in about["tables"].items()}
    tables = {name: with_all_columns(table, name) if name in COLUMNS else table for name, table in tables.items()}
    return State(
        number=about["number"],
        as_at=about["as_at"],
        model=about["model"],
        fingerprint=about["fingerprint"],
        settings=Settings(**about["settings"]),
        tables=tables,
        manifest=about["manifest"],
    )


def write_state(
    state: State, folder: Path, *, after: State | None, beside: Mapping[Path, Writer] | None = None
) -> None:
    """Write a state into a folder: made where need be, empty, or that of the state that this one comes `after`.

    `beside` are other files that take their names just before the state does. Raises `UsageError` for a folder with
    other files in it, also where those would be, where another run has written since `after` was read, and where the
    disk refuses.
    """
    where = _place(folder)
    refuse_inside({f"file {path.name!r}": path for path in beside or {}}, folder)
    if folder.exists() and not folder.is_dir():
        raise UsageError("this is a file", where=where, allowed="a folder", remedy="name another folder")
    if not folder.resolve().parent.is_dir():
        raise UsageError(
            "the folder that the state's folder is to be made in does not exist",
            where=where,
            allowed="a place in a folder that exists",
            remedy="make that folder first",
        )
    with _refusals(folder):
        if folder.is_dir():
            _refuse_others(folder, where)
        is_new = not folder.exists()
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            with _held(folder, shared=False):
                _refuse_moved_on(folder, after, where)
                _write(state, folder, beside or {})
        except BaseException:
            if is_new:
                _remove_empty(folder)
            raise


def refuse_inside(files: Mapping[str, Path], folder: Path) -> None:
    """`UsageError` where one of some files (by what they are called) is to be in the folder of a state."""
    for name, path in files.items():
        if path.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                "the file is to be in the folder of the state, which holds a state and nothing else",
                where=name,
                allowed="a file in another folder",
                remedy="name a file in another folder",
            )


def _write(state: State, folder: Path, beside: Mapping[Path, Writer]) -> None:
    names = {name: f"{name}-{state.number:06d}.parquet" for name in state.tables}
    sums: dict[str, tuple[int, int]] = {}
    files: dict[Path, Writer] = {}
    for name, table in state.tables.items():
        files[folder / names[name]] = _table_writer(table, sums, name)

    def about(file: IO[bytes]) -> None:
        # Written last, when the sums of the tables are known.
        json_writer({
            "format": FORMAT, "number": state.number, "as_at": state.as_at, "model": state.model,
            "fingerprint": state.fingerprint, "settings": asdict(state.settings),
            "tables": {name: {"name": names[name], "n_bytes": sums[name][0], "crc32": sums[name][1]} for name in names},
            "manifest": state.manifest,
        })(file)  # fmt: skip

    _remove(folder, keep=set(_named(folder)))
    try:
        write_files({**files, **beside, folder / _STATE: about})
    finally:
        # Of an old state that was replaced, or of a new one that was not.
        _remove(folder, keep=set(_named(folder)))
    _settle_names(folder)


def _table_writer(table: Any, sums: dict[str, tuple[int, int]], name: str) -> Writer:
    def write(file: IO[bytes]) -> None:
        parquet = arrow("pyarrow.parquet")
        repeating = [each for each in table.column_names if each not in ("person_id", "record_id")]
        summed = _Summed(file)
        parquet.write_table(table, arrow().PythonFile(summed, "w"), use_dictionary=repeating, compression="zstd")
        sums[name] = (summed.n_bytes, summed.crc)

    return write


class _Summed:
    """A file that is written while size and CRC-32 of it are taken."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.n_bytes = self.crc = 0

    def write(self, data: Any) -> int:
        self.crc = zlib.crc32(data, self.crc)
        self.n_bytes += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self.n_bytes

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Left to whoever has opened the file."""


def _read_about(folder: Path, where: str) -> dict[str, Any]:
    try:
        about = json.loads((folder / _STATE).read_bytes())
        number = about["format"]
        if number == FORMAT:
            _refuse_lacking(about)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(_STATE, where) from None
    if number != FORMAT:
        raise DataError(
            f"the state is of format {number}",
            where=where,
            allowed=f"format {FORMAT}",
            remedy="use the version of pngroup that wrote it, or begin anew with whole tables",
        )
    found: dict[str, Any] = about
    return found


def _refuse_lacking(about: Mapping[str, Any]) -> None:
    """Raise what a missing key raises where something is not there that is read of `state.json`."""
    Settings(**about["settings"])
    for key in ("number", "as_at", "model", "fingerprint", "manifest"):
        about[key]
    for name in ("people", "result"):
        about["tables"][name]
    for file in about["tables"].values():
        for key in ("name", "n_bytes", "crc32"):
            file[key]


def _read_table(path: Path, expected: Mapping[str, Any], where: str) -> Any:
    crc = size = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                crc, size = zlib.crc32(piece, crc), size + len(piece)
    except FileNotFoundError:
        raise _damaged(path.name, where) from None
    if (size, crc) != (expected["n_bytes"], expected["crc32"]):
        raise _damaged(path.name, where)
    return arrow("pyarrow.parquet").ParquetFile(path).read()


def _damaged(name: str, where: str) -> DataError:
    return DataError(
        f"the state is damaged: {name!r} is not as it was written",
        where=where,
        allowed="the files that a run has written, unchanged",
        remedy="put the folder back from a copy, or begin anew with whole tables",
    )


def _named(folder: Path) -> Iterator[str]:
    """The files of the state that stands in the folder."""
    yield from (_LOCK, _STATE)
    if (folder / _STATE).is_file():
        yield from (each["name"] for each in _read_about(folder, _place(folder))["tables"].values())


def _remove(folder: Path, *, keep: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in keep and _OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _refuse_others(folder: Path, where: str) -> None:
    others = sorted(path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name))
    if others:
        more = f" and {len(others) - 1:,} more" if others[1:] else ""
        raise UsageError(
            f"the folder holds other files: {others[0]!r}{more}",
            where=where,
            allowed="a folder that does not exist, is empty, or holds a state and nothing else",
            remedy="move it, or name another folder",
        )


def _refuse_moved_on(folder: Path, after: State | None, where: str) -> None:
    """Two runs that begin at the same state would each lose what the other writes."""
    there = (folder / _STATE).is_file()
    if not there:
        return
    about = _read_about(folder, where)
    if after is None or about["number"] != after.number or about["manifest"] != after.manifest:
        raise UsageError(
            "the folder holds a state already"
            if after is None
            else "the folder holds another state than the one that was read: another run has written it",
            where=where,
            allowed="a folder without a state, or with the one that this run began at",
            remedy="name another folder, or remove the old state" if after is None else "run the update again",
        )


def _held(folder: Path, *, shared: bool) -> contextlib.AbstractContextManager[None]:
    return locked(folder / _LOCK, where=_place(folder), remedy="wait for it", shared=shared)


def _settle_names(folder: Path) -> None:
    """Have the names of a folder on the disk, whatever happens to the machine next."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _place(folder: Path) -> str:
    return f"folder {folder.resolve().name!r}"


def _refusals(folder: Path) -> contextlib.AbstractContextManager[None]:
    return telling_of(
        "the folder of the state",
        where=_place(folder),
        allowed="a place that may be read and written, with enough space",
        remedy="check the folder, its permissions and the space left",
    )
