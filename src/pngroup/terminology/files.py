"""The snapshot files of a release: found by name in a folder, a zip, or a folder of several packages."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from attrs import frozen

from ..errors import DataError, UsageError
from .rf2 import NAMES, Kind

_ALLOWED = "a folder or zip with an RF2 Snapshot (files such as sct2_Concept_Snapshot_INT_20230731.txt)"


@frozen
class ReleaseFile:
    """One file of a release. `stamp` is its time of change, in a zip its checksum."""

    kind: Kind
    place: str
    date: str
    size: int
    stamp: int
    container: Path
    member: str

    @property
    def name(self) -> str:
        """The name without folders."""
        return PurePosixPath(self.place).name

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"release file {self.name!r}"

    def open(self) -> IO[bytes]:
        """The bytes of the file, unpacked."""
        if not self.member:
            return self.container.open("rb")
        with zipfile.ZipFile(self.container) as archive:
            # The member keeps the archive's file open for as long as it is read.
            return archive.open(self.member)


@frozen
class Found:
    """The files to read, in one order whatever the folder's, and how many others lie beside them."""

    files: tuple[ReleaseFile, ...]
    n_ignored: int

    @property
    def key(self) -> str:
        """Changes when any of the files does: a hash over names, sizes and times of change or checksums."""
        lines = (f"{file.place}\t{file.size}\t{file.stamp}" for file in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def find_files(path: str | os.PathLike[str]) -> Found:
    """The snapshot files at a path; `Full` and `Delta` files are left alone.

    Raises `UsageError` where nothing is at the path, `DataError` where there is no release, a zip is damaged, or
    one file is there in releases of two dates.
    """
    place = _checked(path)
    found: list[ReleaseFile] = []
    n_ignored = 0
    for file in _zipped(place, place.name) if place.is_file() else _in_folder(place):
        if file is None:
            n_ignored += 1
        else:
            found.append(file)
    for kind, words in (("concept", "concepts"), ("relationship", "relationships")):
        if not any(file.kind == kind for file in found):
            raise DataError(
                f"there is no snapshot file of {words} among {len(found) + n_ignored:,} files",
                where=f"release {place.name!r}",
                allowed=_ALLOWED,
                remedy="give the folder or zip as it was downloaded",
            )
    _refuse_two_dates(found, place.name)
    return Found(tuple(sorted(found, key=lambda file: (file.place, file.member))), n_ignored)


def _checked(path: object) -> Path:
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise UsageError(
            "the path is empty" if isinstance(path, str) else f"path is a {type(path).__name__}",
            where="release",
            allowed=_ALLOWED,
            remedy="give the path of the release",
        )
    place = Path(os.fspath(path))
    if not place.exists():
        raise UsageError(
            f"there is no file or folder {place.name!r} at the path given",
            where="release",
            allowed=_ALLOWED,
            remedy="check the path",
        )
    return place.resolve()


def _in_folder(folder: Path) -> Iterator[ReleaseFile | None]:
    for place in sorted(folder.rglob("*")):
        if not place.is_file():
            continue
        label = place.relative_to(folder).as_posix()
        if place.suffix.lower() == ".zip":
            yield from _zipped(place, label)
        else:
            stat = place.stat()
            yield _recognised(label, stat.st_size, stat.st_mtime_ns, place, "")


def _zipped(place: Path, label: str) -> Iterator[ReleaseFile | None]:
    try:
        with zipfile.ZipFile(place) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise DataError(
            f"the file is no whole zip ({type(error).__name__})",
            where=f"release file {place.name!r}",
            allowed=_ALLOWED,
            remedy="download it again",
        ) from None
    for member in members:
        yield _recognised(f"{label}/{member.filename}", member.file_size, member.CRC, place, member.filename)


def _recognised(label: str, size: int, stamp: int, container: Path, member: str) -> ReleaseFile | None:
    name = PurePosixPath(label).name
    for kind, pattern in NAMES.items():
        if match := pattern.fullmatch(name):
            return ReleaseFile(kind, label, match[1], size, stamp, container, member)
    return None


def _refuse_two_dates(files: Iterable[ReleaseFile], place: str) -> None:
    # Two downloads in one folder: the union would be a release that nobody has published.
    dates: dict[str, str] = {}
    for file in files:
        name = file.name.replace(file.date, "DATE").lower()
        if dates.setdefault(name, file.date) != file.date:
            older, newer = sorted((dates[name], file.date))
            raise DataError(
                f"the file {file.name.replace(file.date, '*')} is there in releases of {older} and {newer}",
                where=f"release {place!r}",
                allowed="one release of each package",
                remedy=f"give the folder of one release, or move that of {older} away",
            )
