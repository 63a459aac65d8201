"""The folder in which a grouping in parts works: what is finished there, whole, and of these inputs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from ..errors import UsageError
from ..files.locking import locked, telling_of
from ..model.primitives import FEEDS

_STATE: Final = "state.json"
_LOCK: Final = "lock"
#: The files that a run makes in its folder.
_OURS: Final = re.compile(
    rf"{_LOCK}|(state\.json|({'|'.join(FEEDS)})(\.json|-\d{{4}}\.parquet)|result-\d{{4}}\.(json|parquet))(\.part)?"
)
_PIECE: Final = 1 << 20


def check_folder(folder: Path) -> None:
    """`UsageError` unless work can be done in a folder: one that can be made, an empty one, or one of ours."""
    with _refusals(folder):
        if folder.is_dir():
            if not _is_ours(folder):
                raise UsageError(
                    "the folder for the work holds other files",
                    where=_place(folder),
                    allowed="a folder that does not exist, is empty, or was made by an earlier run",
                    remedy="name another folder",
                )
        elif folder.exists():
            raise UsageError(
                "this is a file, and the work needs a folder", where=_place(folder),
                allowed="a folder that does not exist, is empty, or was made by an earlier run",
                remedy="name another folder",
            )  # fmt: skip
        elif not folder.parent.is_dir():
            raise UsageError(
                "the folder that the folder for the work is to be made in does not exist",
                where=_place(folder),
                allowed="a place in a folder that exists",
                remedy="make that folder first",
            )


@frozen
class Work:
    """A folder of work on inputs with the fingerprint `of`.

    A step is finished when its note is there and every file that the note names has the size and sum it says; both
    are written whole under another name first. What is damaged or not finished is done again.
    """

    folder: Path
    of: str

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, or continue in it, alone; work on other inputs that was left there is removed.

        Raises what `check_folder` raises, and `UsageError` where another run is working in the folder.
        """
        check_folder(self.folder)
        with contextlib.ExitStack() as holding:
            with self.used():
                self.folder.mkdir(exist_ok=True)
                holding.enter_context(self._locked())
                if self._read(_STATE) != {"of": self.of}:
                    self._empty()
                    self._write(_STATE, {"of": self.of})
            yield

    def used(self) -> contextlib.AbstractContextManager[None]:
        """What the disk refuses in this block (space, permission, a file that is gone) is told as a `UsageError`."""
        return _refusals(self.folder)

    def remove(self) -> None:
        """Remove the folder and all in it, while it is held."""
        with self.used():
            self._empty()
            (self.folder / _LOCK).unlink(missing_ok=True)
            self.folder.rmdir()

    def _empty(self) -> None:
        """Remove all files, the state last, so that what is left after an interruption is known as ours."""
        for path in self.folder.iterdir():
            if path.name not in (_STATE, _LOCK):
                path.unlink()
        (self.folder / _STATE).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder: two runs would write the same files."""
        with locked(self.folder / _LOCK, where=_place(self.folder), remedy="wait for it, or name another folder"):
            yield

    def finished(self, step: str) -> Any:
        """What a finished step has noted, None where it is not finished or its files are damaged."""
        note = self._read(f"{step}.json")
        if note is None:
            return None
        whole = all(_sum(self.folder / name) == tuple(expected) for name, expected in note["files"].items())
        return note["note"] if whole else None

    def finish(self, step: str, files: Sequence[Path], note: Any) -> None:
        """Note that a step is finished, with the files that it has made in the folder, which are on the disk first."""
        for path in files:
            _settle(path)
        self._write(f"{step}.json", {"files": {path.name: _sum(path) for path in files}, "note": note})

    @contextlib.contextmanager
    def made(self, name: str) -> Iterator[Path]:
        """A path to write a file at; the file has its name when all of it is written."""
        part = self.folder / f"{name}.part"
        yield part
        part.replace(self.folder / name)

    def _read(self, name: str) -> Any:
        return _read(self.folder / name)

    def _write(self, name: str, content: Any) -> None:
        with self.made(name) as path:
            path.write_text(json.dumps(content), encoding="utf-8")
            _settle(path)
        if os.name == "posix":
            # Names are on the disk when their folder is.
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _place(folder: Path) -> str:
    return f"folder {folder.resolve().name!r}"


def _is_ours(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    if _STATE not in names:
        return names <= {_LOCK, f"{_STATE}.part"}
    state = _read(folder / _STATE)
    if state is None:
        # A power cut may leave it empty; a file of this name may also be somebody else's.
        return all(_OURS.fullmatch(name) for name in names)
    return isinstance(state, dict) and state.keys() == {"of"}


def _refusals(folder: Path) -> contextlib.AbstractContextManager[None]:
    return telling_of(
        "the folder for the work",
        where=_place(folder),
        allowed="a place that may be written, with about as much space as the tables take",
        remedy="check the folder, its permissions and the space left, or name another folder",
    )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        # Half a note is no note: the step is done again.
        return None


def _settle(path: Path) -> None:
    """Have a file on the disk, whatever happens to the machine next."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sum(path: Path) -> tuple[int, int] | None:
    """Size and CRC-32 of a file; None where it is not there."""
    total = size = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                total, size = zlib.crc32(piece, total), size + len(piece)
    except FileNotFoundError:
        return None
    return size, total
