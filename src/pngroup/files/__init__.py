"""Tables in files: CSV, TSV and Parquet, in one file or several, whole or in batches. Needs pyarrow."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .formats import ENDINGS, has_known_ending, place_of
from .reading import Files, open_files, read_table
from .sources import find_files, is_pattern

__all__ = ["Files", "find_files", "open_files", "opened", "read_table"]


def opened(
    native: Any, name: str, *, known: Collection[str] | None = None, names: object = None, whole: bool = False
) -> Any:
    """A table that a caller gave; where that is a path, what is in the file, the folder or the files of the pattern.

    `name` is the argument, for messages. A path to `people`, or with `whole`, becomes a pyarrow Table, any other a
    `Stream`, which is never in memory as a whole: of all columns, or of those that are `known`, under the names that
    the mapping `names` gives them. Raises `MissingExtraError` without pyarrow, `UsageError` and `DataError` as
    `read_table` does.

    >>> opened({"person_id": ["a"]}, "people")
    {'person_id': ['a']}
    """
    if not isinstance(native, str | os.PathLike):
        return native
    option = f"argument {name}"
    path = _path(native, option)
    try:
        source = find_files(path, option=option)
    except OSError as error:
        raise UsageError(
            f"the path cannot be looked at ({error.strerror or type(error).__name__})",
            where=place_of(path, option),
            allowed="a path that may be read",
            remedy="check the path and the permissions of its folders",
        ) from None
    files = open_files(source)
    if whole or name == "people":
        return files.read()
    labels = names if isinstance(names, Mapping) else {}
    return files.stream(files.names if known is None else [labels.get(ours, ours) for ours in known])


def _path(given: str | os.PathLike[str], option: str) -> Path:
    """The path; `UsageError` for text that is none, which is not shown: it may be an id, or the content of a file."""
    text = os.fspath(given)
    if isinstance(text, str) and text.strip() and text.isprintable():
        path = Path(text)
        try:
            if has_known_ending(path) or is_pattern(path) or path.exists():
                return path
        except OSError:
            pass  # too long for a name, or in a folder that may not be read
    raise UsageError(
        "the text given is not the path of a table",
        where=option,
        allowed=f"a table, or the path of a file, a folder or a pattern: {ENDINGS}",
        remedy="check the path; give a table in memory as it is",
    )
