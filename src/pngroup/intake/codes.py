"""The code columns of a table: every distinct pair of system and code is read and looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..codes import CodeProblem, explain_problem, is_missing, read, read_system
from ..errors import DataError, UsageError
from ..frames import Encoded, Table
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem
from .rows import REASON_WORDS, Rows

Ints: TypeAlias = npt.NDArray[np.int64]

_UNREADABLE: Final = REASON_WORDS.index("code_unreadable")
_SYSTEM_NAMES: Final = ", ".join(system.value for system in GROUPED_SYSTEMS)


@frozen
class Pair:
    """A distinct code of a table: its system and canonical form (None where unreadable).

    `given` is what stands in the table, which may be anything: no message shows it.
    """

    system: CodeSystem | None
    code: str | None
    problem: CodeProblem | None = None
    rewritten: bool = False
    filler: bool = False
    given: object = field(default=None, eq=False, repr=False)


@frozen
class CodedRows:
    """For each row the place of its pair in `pairs`."""

    pairs: tuple[Pair, ...]
    index: npt.NDArray[np.int32] = field(eq=False, repr=False)


def read_codes(rows: Rows, system: str | CodeSystem | None) -> CodedRows:
    """Read the codes of a table and drop the rows whose code is unreadable.

    Raises as `pair_codes`, and `DataError` for SNOMED CT ids that a spreadsheet or a float column has mangled: they
    may be any number of ids, and a wrong match must never happen.
    """
    coded = pair_codes(rows.table, system)
    _refuse_mangled(rows, coded)
    problem = np.array([_reason(pair) for pair in coded.pairs], np.int8)[coded.index] if coded.pairs else np.zeros(0)
    for number, reason in enumerate(_REASONS, 1):
        rows.drop(problem == number, reason)
    return coded


def pair_codes(table: Table, system: str | CodeSystem | None) -> CodedRows:
    """The columns `code` and `system` of a table (or one `system` for all rows), each distinct pair read once.

    Raises `UsageError` where no system is given, or an unknown one.
    """
    codes = table.encode("code")
    systems, system_index, n_systems = _systems(table, system)
    key = system_index.astype(np.int64) * (len(codes.values) + 1) + np.where(
        codes.index < 0, len(codes.values), codes.index
    )
    present = np.zeros(n_systems * (len(codes.values) + 1), bool)
    present[key] = True
    numbers = np.flatnonzero(present)
    place = np.zeros(len(present), np.int32)
    place[numbers] = np.arange(len(numbers), dtype=np.int32)
    return CodedRows(_pairs(numbers, systems, codes), place[key])


_REASONS: Final = (
    "system_missing",
    "system_unknown",
    "code_missing",
    "code_unreadable",
)


def _reason(pair: Pair) -> int:
    if pair.system is None:
        return 2 if pair.problem is CodeProblem.MALFORMED else 1
    if pair.problem is CodeProblem.MISSING:
        return 3
    return 4 if pair.problem is not None else 0


def _systems(
    table: Table, system: str | CodeSystem | None
) -> tuple[list[tuple[CodeSystem | None, bool]], npt.NDArray[np.integer], int]:
    """The systems met, as (system, whether something was given), a place for each row, and how many there are."""
    if system is not None:
        known = read_system(system)
        if known is None:
            raise UsageError(
                f"unknown code system {system!r}"
                if isinstance(system, str | int | float)
                else f"system is a {type(system).__name__}",
                where="argument system",
                allowed=_SYSTEM_NAMES,
                remedy="name one of these",
            )
        if table.has("system"):
            raise UsageError(
                "the code system is given twice",
                where=f"argument system and column {table.label('system')!r} of {table.name}",
                allowed="one of the two",
                remedy="leave out system=, or drop the column",
            )
        return [(known, True)], np.zeros(table.n_rows, np.int8), 1
    if not table.has("system"):
        raise UsageError(
            "no code system is given",
            where=table.name,
            allowed=_SYSTEM_NAMES,
            remedy="add a column system, name it with columns=, or give one value for all rows with system=",
        )
    encoded = table.encode("system")
    words = [
        (None if is_missing(value) else read_system(value), not is_missing(value)) for value in encoded.values.tolist()
    ]
    # However many words there are, they stand for few systems.
    found = list(dict.fromkeys([*words, (None, False)]))
    place = np.array([found.index(word) for word in [*words, (None, False)]], np.int64)
    return found, place[encoded.index], len(found)


def _pairs(numbers: Ints, systems: list[tuple[CodeSystem | None, bool]], codes: Encoded) -> tuple[Pair, ...]:
    values = [*codes.values.tolist(), None]
    by_system, by_code = np.divmod(numbers, len(values))
    pairs: list[Pair | None] = [None] * len(numbers)
    for number, (system, was_given) in enumerate(systems):
        places = np.flatnonzero(by_system == number)
        if system is None:
            problem = CodeProblem.MALFORMED if was_given else CodeProblem.MISSING
            for place in places:
                pairs[place] = Pair(None, None, problem, given=values[by_code[place]])
            continue
        given = [values[by_code[place]] for place in places]
        answer = read(given, system)
        for i, place in enumerate(places):
            pairs[place] = Pair(
                system, answer.code[i], answer.problem[i], bool(answer.rewritten[i]), bool(answer.filler[i]), given[i]
            )
    return tuple(pair for pair in pairs if pair is not None)


def _refuse_mangled(rows: Rows, coded: CodedRows) -> None:
    mangled = np.array([pair.problem is CodeProblem.MANGLED for pair in coded.pairs], bool)
    if not mangled.any():
        return
    n_rows = int(mangled[coded.index].sum())
    raise DataError(
        f"{n_rows:,} rows hold codes that were mangled: {explain_problem(CodeProblem.MANGLED)}",
        where=f"column {rows.table.label('code')!r} of {rows.table.name}",
        allowed="codes as text, or SNOMED CT ids as whole numbers",
        remedy="read the column as text from its source, before any spreadsheet",
    )


def report_codes(rows: Rows, coded: CodedRows, is_mapped: Sequence[bool]) -> dict[str, Any]:
    """What a quality report says of codes; `is_mapped` tells of each pair whether a condition knows it."""
    used = rows.used
    n_used = np.bincount(coded.index[used], minlength=len(coded.pairs))
    n_all = np.bincount(coded.index[rows.why == _UNREADABLE], minlength=len(coded.pairs))
    mapped: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    unreadable: dict[str, int] = {}
    without: dict[tuple[str, str], int] = {}
    for place, pair in enumerate(coded.pairs):
        if pair.problem is not None and n_all[place]:
            clause = explain_problem(pair.problem)
            unreadable[clause] = unreadable.get(clause, 0) + int(n_all[place])
        n = int(n_used[place])
        if not n or pair.system is None or pair.code is None:
            continue
        rows.note("system_not_grouped", n if pair.system not in GROUPED_SYSTEMS else 0)
        rows.note("rewritten", n if pair.rewritten else 0)
        rows.note("filler", n if pair.filler else 0)
        counts = mapped if is_mapped[place] else unmapped
        counts[pair.system.value] = counts.get(pair.system.value, 0) + n
        # What stands in the columns of systems without a form of their own may be anything, and is not shown.
        if counts is unmapped and pair.system in GROUPED_SYSTEMS:
            key = (pair.system.value, pair.code)
            without[key] = without.get(key, 0) + n
    return {
        "n_mapped": mapped,
        "n_unmapped": unmapped,
        "unreadable": unreadable,
        "unmapped": without,
    }
