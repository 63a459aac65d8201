"""Tables in files: CSV, TSV and Parquet, in one file or several, whole or in batches. Needs pyarrow."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .formats import ENDINGS
from .reading import Files, open_files, read_table
from .sources import find_files

__all__ = ["Files", "find_files", "open_files", "opened", "read_table"]


def opened(native: Any, name: str, *, columns: Collection[str] | None = None) -> Any:
    """A table that a caller gave; where that is a path, what is in the file, the folder or the files of the pattern.

    `name` is the argument, for messages. A path to `people` becomes a pyarrow Table, any other a `Stream`, which is
    never in memory as a whole: of all columns, or of those that are named. Raises `MissingExtraError` without pyarrow,
    `UsageError` and `DataError` as `read_table` does.

    >>> opened({"person_id": ["a"]}, "people")
    {'person_id': ['a']}
    """
    if not isinstance(native, str | os.PathLike):
        return native
    option = f"argument {name}"
    if not _may_be_path(native):
        raise UsageError(
            "the text given is no path",
            where=option,
            allowed=f"a table, or the path of a file, a folder or a pattern: {ENDINGS}",
            remedy="check the path; for a table in memory give the table",
        )
    files = open_files(find_files(Path(native), option=option))
    return files.read() if name == "people" else files.stream(files.names if columns is None else columns)


def _may_be_path(text: str | os.PathLike[str]) -> bool:
    """Whether the system takes it for a path; it does not take the content of a file, which is too long for one."""
    try:
        os.stat(text)  # noqa: PTH116 - Path.stat takes no more, and a Path cannot be made of everything
    except ValueError:
        return False  # a character that no path has
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True
