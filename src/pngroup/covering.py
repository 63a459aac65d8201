"""What becomes of the codes in a table of one's own: mapped, decided to be no condition, unknown, or malformed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from attrs import evolve, field, frozen

from .catalogue import Catalogue, load_catalogue
from .codes import CodeProblem, explain_problem
from .errors import shape_of
from .files import opened
from .frames import Column, Table, build, open_table
from .intake import Pair, Pairs
from .vocabulary import GROUPED_SYSTEMS, CodeSystem

STATUSES: Final = ("mapped", "no_condition", "unknown", "malformed")
_COLUMNS: Final = ("system", "code", "n", "status", "conditions", "reason")
#: Systems whose codes have been decided one by one; of the others only what is mapped is known.
_DECIDED: Final = frozenset({CodeSystem.ICD10, CodeSystem.ICD10CM, CodeSystem.SNOMED})
_MOST_SHOWN: Final = 20


@frozen
class CodeStatus:
    """One code of a table: how many rows have it, and what became of it.

    `system` is empty where it is missing or unknown. `code` is canonical; a code that cannot be read, or is of a system
    that is not grouped, is shown by its shape (digits as 9, letters as a), because it may be anything. `conditions`
    are ids, parents included, sorted. `reason` says why it is no condition, unknown or malformed.
    """

    system: str
    code: str
    n: int
    status: str
    conditions: tuple[str, ...]
    reason: str


@frozen
class Coverage:
    """What became of the codes of a table: `codes`, the most frequent first. Made by `coverage()`."""

    catalogue: str
    n_rows: int
    codes: tuple[CodeStatus, ...] = field(repr=False)
    table: Table = field(repr=False, eq=False)

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows by system and status; a system that is missing or unknown is the empty text."""
        found: dict[str, Counter[str]] = {}
        for code in self.codes:
            found.setdefault(code.system, Counter())[code.status] += code.n
        return {system: {status: n[status] for status in STATUSES} for system, n in sorted(found.items())}

    def to_frame(self) -> Any:
        """One row a code, in the frame type of the records: system, code, n, status, conditions, reason."""
        rows = self.codes
        text = {
            "system": [row.system for row in rows],
            "code": [row.code for row in rows],
            "status": [row.status for row in rows],
            "conditions": [" ".join(row.conditions) for row in rows],
            "reason": [row.reason for row in rows],
        }
        columns = {name: _text_column(values) for name, values in text.items()}
        columns["n"] = Column("integer", np.array([row.n for row in rows], np.int64), np.zeros(len(rows), bool))
        return build(self.table, {name: columns[name] for name in _COLUMNS}, pass_through=False)

    def __str__(self) -> str:
        head = f"{self.n_rows:,} rows, {len(self.codes):,} different codes; catalogue {self.catalogue}"
        names = "".join(f"{name.replace('_', ' '):>22}" for name in STATUSES)
        lines = [head, "", f"{'system':<10}{names}"]
        for system, n in self.counts().items():
            total = sum(n.values())
            cells = "".join(f"{n[s]:>13,} ({100 * n[s] / total:5.1f}%)" for s in STATUSES)
            lines.append(f"{system or 'none':<10}{cells}")
        open_ = [code for code in self.codes if code.status in ("unknown", "malformed")]
        if open_:
            lines += ["", "Unknown and malformed codes, the most frequent first"]
            shown = open_[:_MOST_SHOWN]
            lines += [f"{row.n:>12,}  {row.system or 'none':<8}  {_shown(row.code):<20}  {row.reason}" for row in shown]
        if len(open_) > _MOST_SHOWN:
            lines.append(f"{'':>12}  and {len(open_) - _MOST_SHOWN:,} more")
        return "\n".join(lines)


def coverage(
    records: Any,
    *,
    system: str | CodeSystem | None = None,
    catalogue: str | os.PathLike[str] | Catalogue = "core",
    columns: Mapping[str, str] | None = None,
    as_found: bool = False,
) -> Coverage:
    """How much of the codes of a table the catalogue knows, code by code.

    `records`: a table or a path as for `group()`; only `code` and `system` are read (or one `system` for all rows).
    `columns` maps our two names to the caller's. `as_found` also shows codes that cannot be read, and those of systems
    that are not grouped, as they stand in the table, where they are otherwise shown by their shape.

    Each row of the table is counted once, under one of four statuses: `mapped` (evidence of a condition),
    `no_condition` (decided to be none, with the reason), `unknown` (nobody has decided, or the system is missing,
    unknown or not grouped) and `malformed` (not a code of its system).

    Raises `UsageError` and `DataError` as `group()` does for its records; no code is an error here.

    >>> records = {"code": ["I50.0", "Z86.4", "I50.0", "?"], "system": ["icd10", "icd10", "icd10", "icd10"]}
    >>> [(code.code, code.n, code.status) for code in coverage(records).codes]
    [('I500', 2, 'mapped'), ('?', 1, 'malformed'), ('Z864', 1, 'no_condition')]

    Source: each answer rests on a row of the catalogue (`pngroup codes Z864` prints it with its sources).
    """
    given = opened(records, "records", known=("code", "system"), names=columns)
    table = open_table(
        given, name="records", required=("code",), optional=("system",), columns=columns, pass_through=False
    )
    used = load_catalogue(catalogue)
    pairs = Pairs(system)
    n_rows = np.zeros(0, np.int64)
    for piece in table.pieces():
        found_here = np.bincount(pairs.add(piece), minlength=len(pairs.pairs))
        n_rows = found_here + np.concatenate([n_rows, np.zeros(len(pairs.pairs) - len(n_rows), np.int64)])
    found: dict[tuple[str, str, str, str], CodeStatus] = {}
    for pair, n in zip(pairs.pairs, n_rows.tolist(), strict=True):
        code = _status(pair, n, used, as_found=as_found)
        key = (code.system, code.code, code.status, code.reason)
        found[key] = evolve(code, n=code.n + found[key].n) if key in found else code
    order = sorted(found.values(), key=lambda code: (-code.n, code.system, code.code, code.reason))
    return Coverage(f"{used.name}@{used.edition}", int(n_rows.sum()), tuple(order), table)


def _status(pair: Pair, n: int, catalogue: Catalogue, *, as_found: bool) -> CodeStatus:
    system = pair.system.value if pair.system is not None else ""
    shown = "" if pair.given is None else str(pair.given) if as_found else shape_of(pair.given)
    if pair.system is None:
        reason = "no code system" if pair.problem is CodeProblem.MISSING else "unknown code system"
        return CodeStatus(system, shown, n, "unknown", (), reason)
    if pair.code is None:
        assert pair.problem is not None
        return CodeStatus(system, shown, n, "malformed", (), explain_problem(pair.problem))
    if pair.system not in GROUPED_SYSTEMS:
        return CodeStatus(system, shown, n, "unknown", (), "a system that is reported and never mapped")
    decision = catalogue.decision(pair.code, pair.system)
    conditions: tuple[str, ...] = ()
    reason = ""
    if decision == "mapped":
        known = catalogue.meaning(pair.code, pair.system)
        conditions = tuple(sorted(condition for condition in known if condition in catalogue.conditions))
    elif decision == "no_condition":
        reason = why_dismissed(pair.code, pair.system, catalogue)
    else:
        reason = "not decided" if pair.system in _DECIDED else "not mapped; nothing else is decided in this system"
    return CodeStatus(system, pair.code, n, decision, conditions, reason)


def why_dismissed(code: str, system: CodeSystem, catalogue: Catalogue) -> str:
    """Why a code is no condition: the id of the reason, then the sentence of its own or else the reason in words."""
    dismissal = catalogue.dismissal(code, system)
    if dismissal is None:
        return ""
    return f"{dismissal.reason}: {dismissal.because or catalogue.reasons[dismissal.reason]}"


def _shown(code: str) -> str:
    """A code for the screen: it may hold line ends and escapes."""
    return code if code.isprintable() else repr(code)


def _text_column(values: list[str]) -> Column:
    words = tuple(dict.fromkeys(values))
    place = {word: at for at, word in enumerate(words)}
    return Column("text", np.array([place[value] for value in values], np.int64), np.zeros(len(values), bool), words)
