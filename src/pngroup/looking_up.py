"""What codes mean, for a list of them: `lookup`."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .catalogue import Catalogue, load_catalogue
from .codes import CodeProblem, explain_problem, read, read_system
from .errors import DataError, UsageError
from .frames import listed
from .vocabulary import GROUPED_SYSTEMS, CodeSystem


class UnreadableCodesWarning(UserWarning):
    """Some of the codes looked up could not be read; the message counts them by problem."""


def lookup(
    codes: Any,
    system: str | CodeSystem = "icd10",
    *,
    catalogue: str | os.PathLike[str] | Catalogue = "core",
    strict: bool = False,
) -> list[tuple[str, ...]]:
    """For each code, the ids of the conditions it is evidence of, parents included, sorted.

    `codes`: a sequence, array or Series of codes of one `system` as they come (any case, with or without dots). One
    text is taken as one code. Returns a list of tuples of the same length; empty where no condition knows the code.
    Unreadable codes give an empty tuple and a warning that counts them, under `strict` a `DataError`; ids mangled by a
    spreadsheet are always a `DataError`.

    >>> written, canonical, no_condition = lookup(["e11.9", "E119", "Z00.0"])
    >>> written == canonical, len(written), no_condition
    (True, 2, ())

    Source: each answer rests on rows of the catalogue, each with its source (`pngroup codes E119` prints them).
    """
    known = read_system(system)
    if known is None or known not in GROUPED_SYSTEMS:
        raise UsageError(
            f"the code system {system!r} is unknown or not grouped"
            if isinstance(system, str | int | float)
            else f"system is a {type(system).__name__}",
            where="argument system",
            allowed=", ".join(each.value for each in GROUPED_SYSTEMS),
            remedy="name one of these",
        )
    values: Sequence[object] = [codes] if isinstance(codes, str | int) else listed(codes, argument="codes")
    used = load_catalogue(catalogue)
    answer = read(values, known)
    problems = Counter(problem for problem in answer.problem if problem is not None)
    if problems:
        _report(problems, strict=strict)
    # No rule knows the empty text, which stands for what could not be read.
    meanings = used.meanings((code or "" for code in answer.code), known)
    return [tuple(sorted(c for c in meaning if c in used.conditions)) for meaning in meanings]


def _report(problems: Counter[CodeProblem], *, strict: bool) -> None:
    counted = "; ".join(f"{n:,}: {explain_problem(problem)}" for problem, n in problems.most_common())
    if strict or CodeProblem.MANGLED in problems:
        raise DataError(
            f"codes cannot be read ({counted})",
            where="argument codes",
            allowed="codes of the system given",
            remedy="correct them",
        )
    warnings.warn(f"codes that cannot be read have no condition ({counted})", UnreadableCodesWarning, stacklevel=3)
