"""Writing files: complete under a temporary name, then renamed, so that a half file is never seen.

All files of one call are complete before the first takes its name.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from ..errors import UsageError

Writer = Callable[[IO[bytes]], None]


def write_files(files: Mapping[Path, Writer]) -> None:
    """Write each file under a temporary name in its folder, then give all of them their names, in order.

    Whatever ends this early, an error, an interruption or a request to end the program, removes the temporary files.
    """
    for target in files:
        refuse_no_file(target, f"file {target.name!r}")
    pending: dict[Path, Path] = {}
    try:
        for target, write in files.items():
            part = _temporary(target)
            pending[part] = target
            with part.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        for part, target in pending.items():
            part.replace(target)
    except OSError as error:
        raise UsageError(
            f"the file cannot be written ({error.strerror or type(error).__name__})",
            where=f"file {target.name!r}",
            allowed="a place that may be written, with enough space",
            remedy="check the folder, its permissions and the space left",
        ) from None
    finally:
        for part in pending:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def refuse_no_file(path: Path, where: str) -> None:
    """`UsageError` where a path is that of something else than a file."""
    # Writing renames a new file onto it: what was a device or a pipe would be no more.
    if path.exists() and not path.is_file():
        raise UsageError(
            "this is no regular file (a device, a pipe, a socket or a folder)",
            where=where,
            allowed="the name of a file, new or to be replaced",
            remedy="write a file, and pass that on",
        )


def _temporary(target: Path) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    # A file made here may be read by its owner only. The result keeps the permissions of what it replaces, or has those
    # of any new file of this user.
    if target.exists():
        mode = target.stat().st_mode & 0o777
    else:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    part.chmod(mode)
    return part


def json_writer(content: Mapping[str, Any]) -> Writer:
    """Writes JSON."""

    def write(file: IO[bytes]) -> None:
        text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
        file.write(text.encode() + b"\n")

    return write


def text_writer(text: str) -> Writer:
    """Writes text as UTF-8."""

    def write(file: IO[bytes]) -> None:
        file.write(text.encode() + b"\n")

    return write
