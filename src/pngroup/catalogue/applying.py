"""Carrying out an overlay: a base catalogue and a site's changes make a new catalogue with a fingerprint of its own.

A removal is a row that excludes, so that `pngroup codes` can say who took the code out and why. A change that changes
nothing is an error: it shows that somebody was mistaken about the base.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from attrs import evolve

from ..codes import read, read_system
from ..errors import ModelError
from ..resources import Row
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem
from .definition import Catalogue, Condition, Source
from .dismissal import SHORTEST, Dismissals
from .mapping import ExactRules, MappingRow, Rules
from .overlay import CodeChange, ConditionChange, Overlay
from .tables import check_condition, known_condition, known_sources, read_sources

_EXCLUDING: Final = {"prefix": "exclude", "exact": "exclude_exact"}


def apply_overlay(base: Catalogue, overlay: Overlay) -> Catalogue:
    """The catalogue that a base and an overlay make; `ModelError` names the change that cannot be carried out."""
    own = Source(
        overlay.name, f"Overlay {overlay.name}", overlay.edition, "the site's own", "", overlay.file, "own choice"
    )
    added = read_sources(overlay.sources)
    repeated = [row for row in overlay.sources if row["id"] in base.sources or row["id"] == overlay.name]
    if repeated:
        raise repeated[0].wrong(
            f"the source {repeated[0]['id']!r} exists already", allowed="an id of its own", remedy="rename it"
        )
    made = evolve(
        base,
        name=overlay.name,
        edition=overlay.edition,
        sources={**base.sources, **added, own.id: base.sources.get(own.id, own)},
        fingerprint=hashlib.sha256(f"{base.fingerprint}\noverlay {overlay.fingerprint}".encode()).hexdigest(),
    )
    for condition in overlay.conditions:
        known_sources(_with_source(condition.row, condition.source), made.sources)
        made = _CONDITION[condition.action](made, condition)
    for code in overlay.codes:
        known_sources(_with_source(code.row, code.source), made.sources)
        made = _CODE[code.action](made, _checked(made, code))
    return made


def _with_source(row: Row, source: tuple[str, ...]) -> Row:
    return Row(row.file, row.line, {**row.cells, "source": " ".join(source)})


# -- conditions -------------------------------------------------------------------------------------------------------


def _add_condition(catalogue: Catalogue, change: ConditionChange) -> Catalogue:
    row = change.row
    if change.id in catalogue.conditions or not change.id.isidentifier() or change.id != change.id.lower():
        raise row.wrong(
            f"the condition id {change.id!r} exists already or is not a name",
            allowed="small letters, digits and _",
            remedy="rename it",
        )
    parents = row.words("parents")
    for parent in parents:
        known_condition(row, parent, catalogue.conditions)
    # A model has its own lines: a condition that is new to it counts through its parents or not at all.
    why_not = change.because if row["kind"] == "chronic" else ""
    check_condition(Row(row.file, row.line, {**row.cells, "line": "", "not_counted_because": why_not}))
    lines = [catalogue.conditions[parent].line for parent in parents]
    above = [a for parent in parents for a in (parent, *catalogue.conditions[parent].ancestors)]
    condition = Condition(
        id=change.id,
        name=row["name"],
        kind=row["kind"],
        body_system=row["body_system"],
        parents=parents,
        ancestors=tuple(dict.fromkeys(above)),
        restricted=row["restricted"],
        line=next((line for line in lines if line), ""),
        not_counted_because="" if any(lines) else why_not,
        source=change.source,
        note=change.because,
        place=row.where,
    )
    return evolve(catalogue, conditions={**catalogue.conditions, change.id: condition})


def _remove_condition(catalogue: Catalogue, change: ConditionChange) -> Catalogue:
    _known(change.row, change.id, catalogue)
    return _rename(catalogue, change, "")


def _redirect_condition(catalogue: Catalogue, change: ConditionChange) -> Catalogue:
    _known(change.row, change.id, catalogue)
    _known(change.row, change.to, catalogue)
    if change.to == change.id or change.id in catalogue.conditions[change.to].ancestors:
        raise change.row.wrong(
            f"{change.to!r} is or lies in {change.id!r} itself", allowed="another condition", remedy="correct `to`"
        )
    return _rename(catalogue, change, change.to)


def _rename(catalogue: Catalogue, change: ConditionChange, to: str) -> Catalogue:
    """Every mapping row and parent that names a condition names another, or is gone; the id stays, without evidence.

    The id stays known because models name conditions: one without evidence is never met.
    """

    def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for name in names for n in ([to] if name == change.id else [name]) if n))

    rules: dict[CodeSystem, Rules | ExactRules] = {}
    for system, old in catalogue.rules.items():
        if isinstance(old, ExactRules):
            codes = {}
            for code, (named, source, line) in old.codes.items():
                left = " ".join(renamed(tuple(named.split())))
                if left:
                    codes[code] = (left, source, line)
            rules[system] = evolve(old, codes=codes)
        else:
            rows: dict[tuple[str, str, str], MappingRow] = {}
            for row in old.rows:
                for name in renamed((row.condition,)):
                    rows.setdefault((name, row.match, row.code), evolve(row, condition=name))
            rules[system] = Rules(tuple(rows.values()))
    direct = {id_: renamed(c.parents) if id_ != change.id else () for id_, c in catalogue.conditions.items()}
    conditions = {
        id_: evolve(condition, parents=direct[id_], ancestors=_ancestors(id_, direct))
        for id_, condition in catalogue.conditions.items()
    }
    verb = f"redirected to {to}" if to else "removed"
    conditions[change.id] = evolve(conditions[change.id], note=f"{verb} by {change.row.where}: {change.because}")
    return evolve(catalogue, rules=rules, conditions=conditions)


def _ancestors(condition: str, parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(parents[condition])
    while waiting:
        parent = waiting.pop(0)
        if parent not in found and parent != condition:
            found[parent] = None
            waiting.extend(parents[parent])
    return tuple(found)


# -- codes ------------------------------------------------------------------------------------------------------------


def _add_code(catalogue: Catalogue, change: CodeChange) -> Catalogue:
    system = CodeSystem(change.system)
    _known(change.row, change.condition, catalogue)
    if any(
        row.condition == change.condition and change.match in (row.match, "exact")
        for row in catalogue.rows_for(change.code, system)
    ):
        raise _nothing(change, f"{change.code} means {change.condition} already")
    return _with_rows(catalogue, system, [_row(change, change.condition, change.match)])


def _remove_code(catalogue: Catalogue, change: CodeChange) -> Catalogue:
    system = CodeSystem(change.system)
    if change.condition:
        _known(change.row, change.condition, catalogue)
    mapped = _conditions_below(catalogue, change)
    wanted = [change.condition] if change.condition else mapped
    if not wanted or any(condition not in mapped for condition in wanted):
        raise _nothing(
            change, f"{change.code} is not mapped to {change.condition or 'any condition'} by a row of its own"
        )
    rows = [_row(change, condition, _EXCLUDING[change.match]) for condition in wanted]
    made = _with_rows(catalogue, system, [*rows, *_finer(catalogue, change, wanted)])
    still = made.meaning(change.code, system)
    for condition in wanted:
        if condition in still:
            through = [c for c in still if c in made.conditions and condition in made.conditions[c].ancestors]
            raise change.row.wrong(
                f"{change.code} still means {condition}, through {', '.join(sorted(through))}",
                allowed="removals that take effect",
                remedy="remove it from these as well",
            )
    return made


def _redirect_code(catalogue: Catalogue, change: CodeChange) -> Catalogue:
    return _add_code(_remove_code(catalogue, change), evolve(change, condition=change.to))


def _dismiss_code(catalogue: Catalogue, change: CodeChange) -> Catalogue:
    system = CodeSystem(change.system)
    if change.reason not in catalogue.reasons:
        raise change.row.wrong(
            f"there is no reason {change.reason!r}", allowed=", ".join(catalogue.reasons), remedy="name one of these"
        )
    if len(change.code) < SHORTEST:
        raise change.row.wrong(
            "the code is too short to be dismissed", allowed=f"{SHORTEST} characters or more", remedy="be finer"
        )
    if _conditions_below(catalogue, change):
        catalogue = _remove_code(catalogue, evolve(change, condition=""))
    old = catalogue.dismissals.get(system) or Dismissals(system.value, change.row.file, {})
    rows = {
        **old.rows,
        (change.match, change.code): (change.reason, change.because, " ".join(change.source), change.row.where),
    }
    return evolve(catalogue, dismissals={**catalogue.dismissals, system: evolve(old, rows=rows)})


def _conditions_below(catalogue: Catalogue, change: CodeChange) -> list[str]:
    """The conditions that rows of their own map the code (or for a prefix, any code below it) to."""
    rules = catalogue.rules.get(CodeSystem(change.system))
    if rules is None:
        return []
    rows = list(rules.rows_for(change.code))
    if change.match == "prefix" and isinstance(rules, Rules):
        below = [row for row in rules.rows if row.code.startswith(change.code) and row.match in ("prefix", "exact")]
        rows += [row for each in below for row in rules.rows_for(each.code)]
    return list(dict.fromkeys(row.condition for row in rows if row.condition in catalogue.conditions))


def _finer(catalogue: Catalogue, change: CodeChange, wanted: list[str]) -> list[MappingRow]:
    """A row that excludes for each finer row below a prefix that is taken out: of two rows the more specific wins."""
    rules = catalogue.rules.get(CodeSystem(change.system))
    if change.match != "prefix" or not isinstance(rules, Rules):
        return []
    return [
        evolve(_row(change, row.condition, _EXCLUDING[row.match]), code=row.code)
        for row in rules.rows
        if row.match in _EXCLUDING
        and row.condition in wanted
        and row.code.startswith(change.code)
        and row.code != change.code
    ]


def _checked(catalogue: Catalogue, change: CodeChange) -> CodeChange:
    """The change with its code in canonical form."""
    system = read_system(change.system)
    if system is None or system not in GROUPED_SYSTEMS:
        raise change.row.wrong(
            f"there is no code system {change.system!r}, or it is not grouped",
            allowed=", ".join(each.value for each in GROUPED_SYSTEMS),
            remedy="name one of these",
        )
    if system is CodeSystem.SNOMED and change.match != "exact":
        raise change.row.wrong(
            "a SNOMED CT id has no beginning that means something", allowed="match exact", remedy="name each id"
        )
    text = change.code.replace(".", "").upper()
    canonical = read([text], system).code[0] if change.match == "exact" else text
    if not canonical or not canonical.isalnum():
        raise change.row.wrong("the code cannot be read", allowed=f"a code of {system.value}", remedy="correct it")
    return evolve(change, code=canonical, system=system.value)


def _row(change: CodeChange, condition: str, match: str) -> MappingRow:
    return MappingRow(condition, change.system, match, change.code, change.source, change.because, change.row.where)


def _with_rows(catalogue: Catalogue, system: CodeSystem, rows: list[MappingRow]) -> Catalogue:
    old = catalogue.rules.get(system)
    if system is not CodeSystem.SNOMED:
        before = old.rows if isinstance(old, Rules) else ()
        kept = [row for row in before if not any(_is_overruled(row, by) for by in rows)]
        return evolve(catalogue, rules={**catalogue.rules, system: Rules((*kept, *rows))})
    if not isinstance(old, ExactRules):
        old = ExactRules(system.value, "no file", {})
    codes, notes = dict(old.codes), dict(old.notes)
    for row in rows:
        conditions, source, line = codes.get(row.code, ("", "", 0))
        named = [c for c in conditions.split() if c != row.condition]
        named += [] if row.excludes else [row.condition]
        codes[row.code] = (" ".join(named), " ".join(dict.fromkeys([*source.split(), *row.source])), line)
        notes[row.code] = f"{row.place}: {row.note}"
        if not named:
            del codes[row.code]
    return evolve(catalogue, rules={**catalogue.rules, system: evolve(old, codes=codes, notes=notes)})


def _is_overruled(row: MappingRow, by: MappingRow) -> bool:
    """Whether a change that adds a code takes the place of a row that excluded that very code."""
    return row.condition == by.condition and row.excludes and not by.excludes and row.code == by.code


def _known(row: Row, condition: str, catalogue: Catalogue) -> None:
    known_condition(row, condition, catalogue.conditions)


def _nothing(change: CodeChange, what: str) -> ModelError:
    return change.row.wrong(f"{what}, so the change changes nothing", allowed="changes", remedy="remove or correct it")


_CODE: Final[Mapping[str, Callable[[Catalogue, CodeChange], Catalogue]]] = {
    "add": _add_code,
    "remove": _remove_code,
    "redirect": _redirect_code,
    "dismiss": _dismiss_code,
}
_CONDITION: Final[Mapping[str, Callable[[Catalogue, ConditionChange], Catalogue]]] = {
    "add": _add_condition,
    "remove": _remove_condition,
    "redirect": _redirect_condition,
}
