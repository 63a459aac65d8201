"""Folders that a run works in: held, so that two runs do not meet there, and told of where they fail."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import UsageError


@contextlib.contextmanager
def locked(lock: Path, *, where: str, remedy: str, shared: bool = False) -> Iterator[None]:
    """Hold a file (made where need be) alone, or with `shared` beside others who only read.

    Raises `UsageError` where another run holds it.
    """
    try:
        import fcntl
    except ImportError:
        # Only POSIX has it. Elsewhere a file that is open cannot be replaced, which is an error too.
        yield
        return
    with lock.open("wb") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "another run is working in the folder", where=where, allowed="one run at a time", remedy=remedy
            ) from None
        yield


@contextlib.contextmanager
def telling_of(folder: str, *, where: str, allowed: str, remedy: str) -> Iterator[None]:
    """Errors of the system while a folder is used, as `UsageError`; `folder` says what it is for, in words."""
    try:
        yield
    except OSError as error:
        # The text of an error of pyarrow holds whole paths.
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise UsageError(f"{folder} cannot be used ({reason})", where=where, allowed=allowed, remedy=remedy) from None
