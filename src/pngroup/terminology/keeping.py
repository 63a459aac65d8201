"""A release kept as one file of arrays, in a folder that the caller names, so that it is read faster next time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .assembling import Content
from .graph import Hierarchy, Links
from .report import COUNTED, FileReport, ReleaseReport

#: Changes with the layout of the file and with anything that makes other arrays from the same release.
FORMAT: Final = 1


def kept_file(cache: str | os.PathLike[str], release: Path) -> Path:
    """Where the release at a path is kept in a folder; `UsageError` where this is no folder."""
    folder = Path(cache)
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder.name!r}",
            where="argument cache",
            allowed="a folder that exists and may be written",
            remedy="make the folder first, or use no cache",
        )
    name = hashlib.sha256(os.fspath(release.resolve()).encode()).hexdigest()[:16]
    return folder / f"release-{name}.npz"


def read_kept(file: Path, key: str) -> tuple[Content, ReleaseReport] | str:
    """The release kept in a file, or in words why it has to be made anew."""
    if not file.exists():
        return "made now"
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            about = json.loads(bytes(arrays["about"]).decode())
            if about["format"] != FORMAT:
                return "made anew: the file was of another version"
            if about["key"] != key:
                return "made anew: the release has changed"
            return _unpacked(arrays, about)
    except OSError as error:
        return f"made anew: the file could not be read ({error.strerror or type(error).__name__})"
    except Exception:  # noqa: BLE001 - whatever a damaged file raises: the release itself is read then, and the report says so
        return "made anew: the file was damaged"


def keep(file: Path, key: str, content: Content, report: ReleaseReport) -> None:
    """Write a release under a temporary name, then rename it: an interruption leaves no half file of that name.

    Raises `UsageError` where the folder cannot be written.
    """
    about = {
        "format": FORMAT,
        "key": key,
        "date": content.date,
        "fingerprint": content.fingerprint,
        "files": [[each.place, each.kind, each.n_rows, each.n_unreadable] for each in report.files],
        "counts": dict(report.counts),
    }
    hierarchy = content.hierarchy
    refset, source, target = content.associations
    arrays: dict[str, npt.NDArray[Any]] = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "ids": content.ids,
        "active": content.active,
        "parent_starts": hierarchy.parents.starts,
        "parent_targets": hierarchy.parents.targets,
        "child_starts": hierarchy.children.starts,
        "child_targets": hierarchy.children.targets,
        "levels": hierarchy.levels,
        "refsets": content.refsets,
        "member_starts": content.members.starts,
        "member_targets": content.members.targets,
        "association_refset": refset,
        "association_source": source,
        "association_target": target,
    }
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.stem}.", suffix=".part", dir=file.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        part.replace(file)
    except OSError as error:
        raise UsageError(
            f"the file of the cache cannot be written ({error.strerror or type(error).__name__})",
            where="argument cache",
            allowed="a folder that may be written, with enough space",
            remedy="check the folder, or use no cache",
        ) from None
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def _unpacked(arrays: Any, about: dict[str, Any]) -> tuple[Content, ReleaseReport]:
    hierarchy = Hierarchy(
        Links(arrays["parent_starts"], arrays["parent_targets"]),
        Links(arrays["child_starts"], arrays["child_targets"]),
        arrays["levels"],
    )
    content = Content(
        ids=arrays["ids"],
        active=arrays["active"],
        hierarchy=hierarchy,
        refsets=arrays["refsets"],
        members=Links(arrays["member_starts"], arrays["member_targets"]),
        associations=(arrays["association_refset"], arrays["association_source"], arrays["association_target"]),
        date=str(about["date"]),
        fingerprint=str(about["fingerprint"]),
    )
    report = ReleaseReport(
        files=tuple(FileReport(*each) for each in about["files"]),
        counts={key: int(about["counts"][key]) for key in COUNTED},
        cache="read from the cache",
    )
    return content, report
