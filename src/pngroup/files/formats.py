"""File formats by the ending of the file name: CSV, TSV and Parquet, each also with `.gz`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from ..errors import MissingExtraError, UsageError

_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}
_PARQUET: Final = ".parquet"
ENDINGS: Final = ".csv, .tsv, .parquet, or one of these with .gz"


@frozen
class Format:
    """How a file is written: `separator` of the cells (None: Parquet), and whether it is packed with gzip."""

    separator: str | None
    is_gzip: bool


def place_of(path: Path, option: str) -> str:
    """How messages name a file: by the option (or argument) that gave it, and its name without folders.

    >>> place_of(Path("lists/people.csv"), "--people")
    "option --people, file 'people.csv'"
    """
    return f"{'option ' if option.startswith('-') else ''}{option}, file {path.name!r}"


def has_known_ending(path: Path) -> bool:
    """Whether the name of a file ends like one that is read or written.

    >>> has_known_ending(Path("people.csv.gz")), has_known_ending(Path("9434765919"))
    (True, False)
    """
    return _ending(path)[0] in (*_SEPARATORS, _PARQUET)


def format_of(path: Path, *, option: str) -> Format:
    r"""The format that the ending of a file name says, in any case; `UsageError` for another ending.

    >>> format_of(Path("people.TSV.gz"), option="--people")
    Format(separator='\t', is_gzip=True)
    """
    # `.` and `..` have no name of their own to speak of.
    path = path if path.name else path.resolve()
    ending, is_gzip = _ending(path)
    if ending in _SEPARATORS:
        return Format(_SEPARATORS[ending], is_gzip)
    if ending == _PARQUET:
        return Format(None, is_gzip)
    raise UsageError(
        f"the ending {ending!r} is none that is read or written" if ending else "the file name has no ending",
        where=place_of(path, option),
        allowed=ENDINGS,
        remedy="use CSV (UTF-8) in place of a spreadsheet"
        if ending.startswith(".xls")
        else "give the file the ending of what it holds",
    )


def _ending(path: Path) -> tuple[str, bool]:
    """The ending that says what is in a file, and whether it is packed."""
    endings = [ending.lower() for ending in path.suffixes]
    is_gzip = endings[-1:] == [".gz"]
    return endings[-2 if is_gzip else -1] if len(endings) > is_gzip else "", is_gzip


def arrow(module: str = "pyarrow") -> Any:
    """The package pyarrow or a module of it; `MissingExtraError` where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            "pyarrow is not installed, and files are read and written with it",
            where="reading and writing files",
            allowed="an installation with pyarrow, which the extra cli brings",
            remedy='run: pip install "pngroup[cli]"',
        ) from error
