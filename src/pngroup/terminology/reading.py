"""Reading a release: find the files, read and assemble them, or take them from the caller's cache."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from ..errors import UsageError
from .assembling import Content, assemble
from .files import Found, find_files
from .keeping import keep, kept_file, read_kept
from .release import Release
from .report import COUNTED, FileReport, ReleaseReport
from .rf2 import KINDS, Kind
from .tables import Rows, read_rows


def read_release(path: str | os.PathLike[str], *, cache: str | os.PathLike[str] | None = None) -> Release:
    """The SNOMED CT release at a path: an RF2 *Snapshot* in a folder or a zip, or a folder with several packages.

    The International Edition, a national extension beside it, or the UK Monolith. Concepts, inferred is-a
    relationships, historical associations and simple reference sets are read; of one component in several files the
    latest row counts. What was left out is counted in `report`. `cache` is a folder in which the arrays are kept as one
    file; a damaged or outdated one is made anew, and the report says so. Nothing is written without it.

    Raises `UsageError` for a path or cache that is not there; `DataError` for a release that cannot be trusted (no
    concepts, another header, a damaged file, two releases of one package, a circle of is-a); `MissingExtraError`
    without pyarrow.

    >>> read_release("no_such_release.zip")
    Traceback (most recent call last):
    pngroup.errors.UsageError: there is no file or folder 'no_such_release.zip' at the path given ...

    Source: SNOMED International, Release File Specification.
    """
    found = find_files(path)
    if cache is None:
        return Release(*_read(found, "not asked for"))
    if not isinstance(cache, str | os.PathLike):
        raise UsageError(
            f"cache is a {type(cache).__name__}",
            where="argument cache",
            allowed="the path of a folder, or None",
            remedy="give a path",
        )
    file = kept_file(cache, Path(path))
    kept = read_kept(file, found.key)
    if not isinstance(kept, str):
        return Release(*kept)
    content, report = _read(found, kept)
    keep(file, found.key, content, report)
    return Release(content, report)


def _read(found: Found, cache: str) -> tuple[Content, ReleaseReport]:
    tables: dict[Kind, list[Rows]] = {kind: [] for kind in KINDS}
    files = []
    counts = Counter(dict.fromkeys(COUNTED, 0))
    counts["ignored_files"] = found.n_ignored
    for file in found.files:
        rows = read_rows(file)
        tables[file.kind].append(rows)
        files.append(FileReport(file.place, file.kind, rows.n_rows, rows.n_unreadable))
        counts["unreadable"] += rows.n_unreadable
    content = assemble(tables, counts)
    return content, ReleaseReport(tuple(files), dict(counts), cache)
