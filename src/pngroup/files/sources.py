"""Which files an option names: one file, a folder of files, or a pattern. All of one table are of one kind."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from ..errors import DataError, UsageError
from .formats import ENDINGS, Format, format_of, place_of

#: Names that start so are no data: what programs leave beside the parts of a table (`_SUCCESS`, `.part.crc`).
_HIDDEN: Final = ("_", ".")
_PATTERN: Final = frozenset("*?[")


@frozen
class Source:
    """The files of one table, in the order of their names, and the `format` that all of them have."""

    option: str
    paths: tuple[Path, ...]
    format: Format

    @property
    def name(self) -> str:
        """What messages and progress call it: the name of the file, or how many there are."""
        return self.paths[0].name if len(self.paths) == 1 else f"{len(self.paths):,} files"

    @property
    def n_bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path in self.paths)

    def where(self, path: Path) -> str:
        """How messages name one of the files."""
        return place_of(path, self.option)


def is_pattern(path: Path) -> bool:
    """Whether a path holds a sign that stands for others.

    >>> is_pattern(Path("records/*.parquet"))
    True
    """
    return bool(_PATTERN & set(str(path)))


def find_files(path: Path, *, option: str) -> Source:
    """The files of a table: `path` is one file, a folder whose files are parts of the table, or a pattern.

    Files of a folder whose names begin with `_` or `.` are not read. Raises `UsageError` where there is no file, one
    has another ending, or they are of several kinds.
    """
    where = place_of(path, option)
    if path.is_dir():
        found = _in_folder(path, where)
    elif path.exists() or not is_pattern(path):
        found = [path]
    else:
        found = _of_pattern(path, where)
    if not found:
        raise UsageError(
            "the folder holds no files" if path.is_dir() else "no file has a name of this pattern",
            where=where,
            allowed="a file, a folder with the files of one table, or a pattern such as 'records/*.parquet'",
            remedy="check the path",
        )
    first = format_of(found[0], option=option)
    for other in found[1:]:
        if format_of(other, option=option) != first:
            raise UsageError(
                f"the files are of several kinds: {found[0].name!r} is the first, and this one is another",
                where=place_of(other, option),
                allowed=f"files of one kind: {ENDINGS}",
                remedy="name those of one kind by a pattern such as '*.parquet'",
            )
    return Source(option, tuple(found), first)


def _in_folder(path: Path, where: str) -> list[Path]:
    inside = sorted(each for each in path.iterdir() if not each.name.startswith(_HIDDEN))
    _refuse_folders(inside, "the folder holds folders", where)
    return inside


def _of_pattern(path: Path, where: str) -> list[Path]:
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    if "**" not in path.parts:
        _refuse_folders([each for each in found if not each.name.startswith(_HIDDEN)], "folders have such names", where)
    return [each for each in found if not each.is_dir()]


def _refuse_folders(found: Sequence[Path], what: str, where: str) -> None:
    folders = [each.name for each in found if each.is_dir()]
    if folders:
        # The names of folders may hold a column (`year=2024`), which nobody would miss.
        raise UsageError(
            f"{what}, the first {folders[0]!r}",
            where=where,
            allowed="a folder or a pattern with the files of one table, and no folders",
            remedy="name the files by a pattern such as 'records/*/*.parquet'; names of folders are not read",
        )


def refuse_other_columns(names: list[str], first: list[str], where: str, of: str) -> None:
    """Raise `DataError` unless a file has the columns of the first file of its table, in the same order."""
    if names == first:
        return
    missing = [name for name in first if name not in names]
    extra = [name for name in names if name not in first]
    if missing:
        what = f"the column {missing[0]!r} of the first file is not in this one"
    elif extra:
        what = f"the column {extra[0]!r} is not in the first file"
    else:
        what = "the columns are in another order than in the first file"
    raise DataError(
        what,
        where=where,
        allowed=f"the columns of {of!r}, in the same order, in every file of a table",
        remedy="write the files anew with the same columns, or name those that belong together by a pattern",
    )
