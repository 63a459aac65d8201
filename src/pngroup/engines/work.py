"""The folder in which a grouping in parts works: what is finished there, whole, and of these inputs."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from attrs import frozen

from ..errors import UsageError

_STATE: Final = "state.json"
_LOCK: Final = "lock"
_PIECE: Final = 1 << 20


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

        Raises `UsageError` where the folder holds something else, or another run is working in it.
        """
        if self.folder.exists():
            state = self._read(_STATE)
            if state is None and any(path.name != _LOCK for path in self.folder.iterdir()):
                raise UsageError(
                    "the folder for the work holds other files",
                    where=f"folder {self.folder.name!r}",
                    allowed="a folder that does not exist, is empty, or was made by an earlier run",
                    remedy="name another folder",
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("wb") as lock:
            self._lock(lock)
            if self._read(_STATE) != {"of": self.of}:
                self._empty()
                self._write(_STATE, {"of": self.of})
            yield

    def remove(self) -> None:
        """Remove the folder and all in it."""
        self._empty()
        (self.folder / _LOCK).unlink(missing_ok=True)
        self.folder.rmdir()

    def _empty(self) -> None:
        """Remove all files, the state last, so that what is left after an interruption is known as ours."""
        for path in self.folder.iterdir():
            if path.name not in (_STATE, _LOCK):
                path.unlink()
        (self.folder / _STATE).unlink(missing_ok=True)

    def _lock(self, file: IO[bytes]) -> None:
        """Hold the folder until the file is closed: two runs would write the same files."""
        try:
            import fcntl
        except ImportError:
            # Only POSIX has it. Elsewhere a file that is open cannot be replaced, which is an error too.
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "another run is working in the folder",
                where=f"folder {self.folder.name!r}",
                allowed="one run at a time",
                remedy="wait for it, or name another folder",
            ) from None

    def finished(self, step: str) -> Any:
        """What a finished step has noted, None where it is not finished or its files are damaged."""
        note = self._read(f"{step}.json")
        if note is None:
            return None
        whole = all(_sum(self.folder / name) == tuple(expected) for name, expected in note["files"].items())
        return note["note"] if whole else None

    def finish(self, step: str, files: Sequence[Path], note: Any) -> None:
        """Note that a step is finished, with the files that it has made in the folder."""
        self._write(f"{step}.json", {"files": {path.name: _sum(path) for path in files}, "note": note})

    @contextlib.contextmanager
    def made(self, name: str) -> Iterator[Path]:
        """A path to write a file at; the file has its name when all of it is written."""
        part = self.folder / f"{name}.part"
        yield part
        part.replace(self.folder / name)

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_bytes())
        except (FileNotFoundError, ValueError):
            # Half a note is no note: the step is done again.
            return None

    def _write(self, name: str, content: Any) -> None:
        with self.made(name) as path, path.open("w", encoding="utf-8") as file:
            json.dump(content, file)


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
