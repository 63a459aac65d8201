"""Errors: one sentence each, in four parts (what, where, allowed, remedy).

Every exception of this library is a `PngroupError`, so that a caller can catch them all at once. None ever
carries a person's identifier: values that could be one are shown by their shape (see `shape_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable


class PngroupError(Exception):
    """Something the library cannot do with what it was given.

    `what` went wrong, `where` (argument, table and column, or file and line), what was `allowed` there, and the
    `remedy`. `str()` joins the four into one sentence.

    >>> print(PngroupError("no column 'code'", where="records", allowed="code", remedy="name it with columns="))
    no column 'code' (in records; allowed: code); name it with columns=.
    """

    def __init__(self, what: str, *, where: str, allowed: str, remedy: str) -> None:
        # Parts may quote what a parser or the caller wrote, over several lines.
        self.what = _one_line(what)
        self.where = _one_line(where)
        self.allowed = _one_line(allowed)
        self.remedy = _one_line(remedy).rstrip(".")
        super().__init__(self.what, self.where, self.allowed, self.remedy)

    def __str__(self) -> str:
        end = "" if self.remedy.endswith("?") else "."
        return f"{self.what} (in {self.where}; allowed: {self.allowed}); {self.remedy}{end}"


def _one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]\s*", " ", text).strip()


class UsageError(PngroupError, ValueError):
    """An argument is wrong: an unknown name, a wrong type, two arguments that exclude each other."""


class DataError(PngroupError, ValueError):
    """The caller's data cannot be used, or `strict` was asked for and something in them was not usable."""


class ModelError(PngroupError, ValueError):
    """A model, catalogue, scheme, text or vignette file is wrong; `where` names file and line."""


class GuardError(PngroupError):
    """A guard stopped a write: more would change than was allowed. Nothing was written."""


class MissingExtraError(PngroupError, ImportError):
    """An optional package is needed for what was asked and is not installed."""


def shape_of(value: object) -> str:
    """The shape of a value: digits as 9, letters as a, so that no identifier reaches a message.

    >>> shape_of("NHS 943/476-5919")
    'aaa 999/999-9999'
    """
    text = re.sub(r"\d", "9", str(value))
    text = re.sub(r"[^\W\d_]", "a", text)
    return text if len(text) <= 30 else text[:27] + "..."


def shapes_of(values: Iterable[object], *, most: int = 3) -> str:
    """The distinct shapes among values, at most `most` of them, for a message.

    >>> shapes_of(["3/4/2024", "5/6/2023", "April"])
    "'9/9/9999', 'aaaaa'"
    """
    seen: dict[str, None] = {}
    for value in values:
        seen.setdefault(shape_of(value))
        if len(seen) == most:
            break
    return ", ".join(f"'{shape}'" for shape in seen)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Names close to `name` as a clause for a message; empty where none is close.

    >>> did_you_mean("need-group", ["need-groups", "bridges-to-health"])
    "did you mean 'need-groups'?"
    """
    # Imported here: difflib costs a few milliseconds that only an error should pay.
    import difflib

    # A name may be known in several ways, as a condition and as a set of them, and is offered once.
    close = difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
