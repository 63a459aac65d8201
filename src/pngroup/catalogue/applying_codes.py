"""A site's changes to codes, carried out on the mapping rows of each code system.

A removal is a row that excludes, so that `pngroup codes` can say who took the code out and why. Indexes are made once,
after the last change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from attrs import evolve

from ..codes import read
from ..errors import ModelError
from ..vocabulary import CodeSystem
from .definition import Catalogue
from .dismissal import SHORTEST, Dismissals
from .index import PATTERNS, MappingRow, RowIndex, deciding, narrowed
from .mapping import ExactRules, Rules
from .overlay import CodeChange
from .tables import known_condition

_EXCLUDING: Final = {"prefix": "exclude", "exact": "exclude_exact", "like": "exclude_like"}
#: The beginnings of codes, canonical and in capitals.
_BEGINNINGS: Final = {
    CodeSystem.ICD10: re.compile(r"[A-Z](?:[0-9]{1,4})?"),
    CodeSystem.ICD10CM: re.compile(r"[A-Z](?:[0-9](?:[0-9AB][0-9A-Z]{0,4})?)?"),
    CodeSystem.OPCS4: re.compile(r"[A-Z](?:[0-9]{1,3})?"),
    CodeSystem.BNF: re.compile(r"[0-9]{2}[0-9A-Z]{0,13}"),
    CodeSystem.ATC: re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z]{1,2}(?:[0-9]{2})?)?)?"),
}
_WITH_FILLER: Final = frozenset({CodeSystem.ICD10, CodeSystem.ICD10CM})


class Sheets:
    """The rules and dismissals of a catalogue while changes to codes are carried out on them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._indexes: dict[CodeSystem, RowIndex] = {}
        self._dismissed: dict[CodeSystem, dict[tuple[str, str], tuple[str, str, str, int | str]]] = {}
        self._ids: dict[str, tuple[str, str, int]] | None = None
        self._own: dict[str, dict[str, MappingRow]] = {}
        self._decided = set(catalogue.decided)

    def apply(self, given: CodeChange) -> None:
        """Carry out one change; `ModelError` where it cannot be, or would change nothing."""
        change = evolve(given, code=_canonical(given))
        for condition in filter(None, (change.condition, change.to)):
            self._check(change, condition)
        if change.system is CodeSystem.SNOMED:
            self._decided.add(change.code)
        match change.action:
            case "add":
                self._add(change, change.condition)
            case "remove":
                self._remove(change, self._wanted(change))
            case "redirect":
                self._remove(change, [change.condition])
                self._add(change, change.to, may_be_there=True)
            case _:
                self._dismiss(change)

    def finished(self) -> Catalogue:
        """The catalogue with all changes."""
        rules = {system: Rules(tuple(index)) for system, index in self._indexes.items()}
        changed: dict[CodeSystem, Rules | ExactRules] = {**self.catalogue.rules, **rules}
        if self._ids is not None:
            changed[CodeSystem.SNOMED] = evolve(self._exact(), codes=self._ids, own=self._own)
        dismissals = dict(self.catalogue.dismissals)
        for system, rows in self._dismissed.items():
            old = dismissals.get(system) or Dismissals(system.value, "", {})
            dismissals[system] = evolve(old, rows=rows)
        return evolve(self.catalogue, rules=changed, dismissals=dismissals, decided=frozenset(self._decided))

    # -- what a change does -------------------------------------------------------------------------------------------

    def _add(self, change: CodeChange, condition: str, *, may_be_there: bool = False) -> None:
        row = _row(change, condition, change.match)
        if change.system is CodeSystem.SNOMED:
            there = condition in self._conditions_of(change.code)
            if there and not may_be_there:
                raise _nothing(change, f"{change.code} means {condition} already")
            if not there:
                self._set(change.code, [*self._conditions_of(change.code), condition], row)
            return
        index = self._index(change.system)
        at = [each for each in index.about(change.code) if each.condition == condition]
        below = [each for each in index.below(change.code) if each.condition == condition]
        if change.match == "exact":
            lifted = [each for each in at if each.match == "exclude_exact"]
        else:
            lifted = [each for each in (*at, *below) if each.excludes and each.code.startswith(change.code)]
            lifted = [each for each in lifted if each.match not in PATTERNS]
        counting, _ = deciding(at)
        whole = [each for each in counting if change.match == "exact" or each.match == "prefix"]
        if whole and not lifted:
            if may_be_there:
                return
            raise _nothing(change, f"{change.code} means {condition} already")
        for each in lifted:
            index.discard(each)
        index.add(row)

    def _remove(self, change: CodeChange, wanted: Iterable[str]) -> None:
        for condition in wanted:
            if change.system is CodeSystem.SNOMED:
                self._remove_id(change, condition)
                continue
            index = self._index(change.system)
            self._refuse_through(change, condition)
            rows = [row for row in _counting(index, change) if row.condition == condition]
            if not rows:
                raise _nothing(change, f"{change.code} is not mapped to {condition} by a row of its own")
            index.add(_row(change, condition, _EXCLUDING[change.match]))
            if change.match == "exact":
                continue
            # Of two rows the more specific wins: each finer row gets one that excludes as finely.
            for row in [each for each in index.below(change.code) if each.condition == condition and not each.excludes]:
                code = narrowed(row.code, change.code) if row.match in PATTERNS else row.code
                if code is not None:
                    index.add(evolve(_row(change, condition, _EXCLUDING[row.match]), code=code))

    def _remove_id(self, change: CodeChange, condition: str) -> None:
        have = self._conditions_of(change.code)
        if condition not in have:
            raise _nothing(change, f"{change.code} is not mapped to {condition} by a row of its own")
        left = [each for each in have if each != condition]
        through = [each for each in left if condition in self._ancestors(each)]
        if through:
            raise _through(change, condition, through)
        self._set(change.code, left, _row(change, condition, "exclude_exact"))

    def _dismiss(self, change: CodeChange) -> None:
        if change.reason not in self.catalogue.reasons:
            raise change.row.wrong(
                f"there is no reason {change.reason!r}",
                allowed=", ".join(self.catalogue.reasons),
                remedy="name one of these",
            )
        if len(change.code) < SHORTEST:
            raise change.row.wrong(
                "the code is too short to be dismissed", allowed=f"{SHORTEST} characters or more", remedy="be finer"
            )
        rows = self._dismissals(change.system)
        mapped = self._wanted(change, must_be=False)
        told = Dismissals(change.system.value, "", rows).dismissal(change.code)
        if not mapped and told is not None and told.reason == change.reason and told.match == change.match:
            raise _nothing(change, f"{change.code} is dismissed as {change.reason} already")
        self._remove(change, mapped)
        rows[change.match, change.code] = (
            change.reason, change.because, " ".join(change.source), change.row.where,
        )  # fmt: skip

    # -- what there is ------------------------------------------------------------------------------------------------

    def _wanted(self, change: CodeChange, *, must_be: bool = True) -> list[str]:
        """The conditions that a removal is about: the one named, or all to which rows of their own map the code."""
        if change.condition:
            return [change.condition]
        if change.system is CodeSystem.SNOMED:
            found = self._conditions_of(change.code)
        else:
            found = [row.condition for row in _counting(self._index(change.system), change)]
        found = list(dict.fromkeys(each for each in found if each in self.catalogue.conditions))
        if must_be and not found:
            raise _nothing(change, f"{change.code} is not mapped to any condition")
        return found

    def _refuse_through(self, change: CodeChange, condition: str) -> None:
        """A code that also means the condition through one nested in it would go on meaning it."""
        wanted = {condition} if change.condition else set(self._wanted(change))
        rows = _counting(self._index(change.system), change)
        through = {r.condition for r in rows if condition in self._ancestors(r.condition)} - wanted
        if through:
            raise _through(change, condition, through)

    def _ancestors(self, condition: str) -> tuple[str, ...]:
        known = self.catalogue.conditions.get(condition)
        return known.ancestors if known is not None else ()

    def _check(self, change: CodeChange, condition: str) -> None:
        known_condition(change.row, condition, self.catalogue.conditions)
        if condition in self.catalogue.redirects:
            raise change.row.wrong(
                f"{condition!r} has no evidence any more, by {self.catalogue.redirects[condition].place}",
                allowed="conditions that are neither removed nor redirected",
                remedy="name another, or remove one of the changes",
            )

    def _index(self, system: CodeSystem) -> RowIndex:
        if system not in self._indexes:
            rules = self.catalogue.rules.get(system)
            self._indexes[system] = RowIndex(rules.rows if isinstance(rules, Rules) else ())
        return self._indexes[system]

    def _dismissals(self, system: CodeSystem) -> dict[tuple[str, str], tuple[str, str, str, int | str]]:
        if system not in self._dismissed:
            old = self.catalogue.dismissals.get(system)
            self._dismissed[system] = dict(old.rows) if old is not None else {}
        return self._dismissed[system]

    def _exact(self) -> ExactRules:
        rules = self.catalogue.rules.get(CodeSystem.SNOMED)
        return rules if isinstance(rules, ExactRules) else ExactRules(CodeSystem.SNOMED.value, "no file", {})

    def _all_ids(self) -> dict[str, tuple[str, str, int]]:
        if self._ids is None:
            self._ids = dict(self._exact().codes)
            self._own = {code: dict(rows) for code, rows in self._exact().own.items()}
        return self._ids

    def _conditions_of(self, code: str) -> list[str]:
        return self._all_ids().get(code, ("", "", 0))[0].split()

    def _set(self, code: str, conditions: list[str], row: MappingRow) -> None:
        """Let an id mean these conditions; `row` says so of the one that came or went."""
        ids = self._all_ids()
        _, source, line = ids.pop(code, ("", "", 0))
        if conditions:
            ids[code] = (" ".join(conditions), " ".join(dict.fromkeys([*source.split(), *row.source])), line)
        self._own.setdefault(code, {})[row.condition] = row


def _counting(index: RowIndex, change: CodeChange) -> list[MappingRow]:
    """The rows by which the code of a change, or for a prefix any code below it, counts."""
    counting, _ = deciding(index.about(change.code))
    if change.match == "exact":
        return counting
    for row in index.below(change.code):
        if row.excludes:
            continue
        if row.match in PATTERNS:
            # What a pattern finds is asked of no single code; rows that exclude as finely have its form.
            same = (each for each in index.below(change.code) if each.excludes and each.condition == row.condition)
            if not any(each.code in (row.code, narrowed(row.code, change.code)) for each in same):
                counting.append(row)
        elif row in deciding(index.about(row.code))[0]:
            counting.append(row)
    return counting


def _canonical(change: CodeChange) -> str:
    text = change.code.strip().replace(".", "").upper()
    if change.match == "exact":
        canonical = read([text], change.system).code[0] or ""
    else:
        canonical = text.rstrip("X") if change.system in _WITH_FILLER else text
        if not _BEGINNINGS[change.system].fullmatch(canonical):
            canonical = ""
    if not canonical:
        allowed = f"a code of {change.system.value}" + ("" if change.match == "exact" else ", or the beginning of one")
        raise change.row.wrong(f"the code {change.code!r} cannot be read", allowed=allowed, remedy="correct it")
    return canonical


def _row(change: CodeChange, condition: str, match: str) -> MappingRow:
    return MappingRow(
        condition, change.system.value, match, change.code, change.source, change.because, change.row.where
    )


def _nothing(change: CodeChange, what: str) -> ModelError:
    return change.row.wrong(
        f"{what}, so the change changes nothing", allowed="changes that change something", remedy="remove or correct it"
    )


def _through(change: CodeChange, condition: str, through: Iterable[str]) -> ModelError:
    return change.row.wrong(
        f"{change.code} would still mean {condition}, through {', '.join(sorted(through))}",
        allowed="removals that take effect",
        remedy="remove it from these as well",
    )
