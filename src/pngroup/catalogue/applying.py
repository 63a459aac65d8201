"""Carrying out an overlay: a base catalogue and a site's changes make a new catalogue with a fingerprint of its own.

Each change has to change something: one that does not shows that somebody was mistaken about the base.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from attrs import evolve

from ..editions import current_editions
from ..resources import Row
from .applying_codes import Sheets
from .definition import Catalogue, Condition, Redirect, Source
from .overlay import ConditionChange, Overlay
from .tables import check_condition, check_id, known_condition, known_sources, read_sources


def apply_overlay(base: Catalogue, overlay: Overlay) -> Catalogue:
    """The catalogue that a base and an overlay make; `ModelError` names the change that cannot be carried out."""
    if not (overlay.conditions or overlay.codes):
        raise Row(overlay.file, 1, {}).wrong(
            "the overlay changes nothing",
            allowed="changes to codes or conditions, [[codes]] or [[conditions]]",
            remedy="add one, or name the base itself",
        )
    made = evolve(
        base,
        name=overlay.name,
        edition=overlay.edition,
        sources=_sources(base, overlay),
        fingerprint=hashlib.sha256(f"{base.fingerprint}\noverlay {overlay.fingerprint}".encode()).hexdigest(),
    )
    for change in overlay.conditions:
        _check_sources(change.row, change.source, made)
        made = _add(made, change) if change.action == "add" else _redirect(made, change)
    sheets = Sheets(made)
    for code in overlay.codes:
        _check_sources(code.row, code.source, made)
        sheets.apply(code)
    return sheets.finished()


def _sources(base: Catalogue, overlay: Overlay) -> dict[str, Source]:
    """The base's sources, those of the overlay, and the overlay itself: a source for changes that name none."""
    title, licence = f"Overlay {overlay.name}", "The site's own"
    own = Source(overlay.name, title, overlay.edition, licence, "", overlay.file, "No: the site's own choice")
    added = read_sources(overlay.sources)
    for row in overlay.sources:
        if row["id"] in base.sources or row["id"] == overlay.name:
            raise row.wrong(f"the source {row['id']!r} exists already", allowed="an id of its own", remedy="rename it")
    if overlay.name in {base.name, *current_editions()["catalogues"]}:
        raise Row(overlay.file, 1, {}).wrong(
            f"an overlay may not be called {overlay.name!r}: its answers would pass for those of that catalogue",
            allowed="a name of its own",
            remedy="rename the overlay, for example after your organisation",
        )
    if overlay.name in base.sources:
        raise Row(overlay.file, 1, {}).wrong(
            f"the overlay's name {overlay.name!r} is the id of a source, whose word its changes would then seem to be",
            allowed="a name of its own",
            remedy="rename the overlay",
        )
    return {**base.sources, **added, own.id: own}


def _check_sources(row: Row, source: tuple[str, ...], catalogue: Catalogue) -> None:
    known_sources(evolve(row, cells={**row.cells, "source": " ".join(source)}), catalogue.sources)


def _add(catalogue: Catalogue, change: ConditionChange) -> Catalogue:
    row = change.row
    check_id(row, {*catalogue.conditions, *catalogue.score_names, *catalogue.register_items})
    systems = sorted({each.body_system for each in catalogue.conditions.values() if each.body_system})
    if row["body_system"] and row["body_system"] not in systems:
        raise row.wrong(
            f"there is no body system {row['body_system']!r}", allowed=", ".join(systems), remedy="correct the cell"
        )
    parents = row.words("parents")
    for parent in parents:
        _known(row, parent, catalogue)
    # A model has its own lines: a condition that is new to it counts through its parents or not at all.
    lines = [catalogue.conditions[parent].line for parent in parents]
    line = next(filter(None, lines), "")
    why_not = change.because if row["kind"] == "chronic" and not line else ""
    check_condition(evolve(row, cells={**row.cells, "line": line, "not_counted_because": why_not}), catalogue.topics)
    above = [each for parent in parents for each in (parent, *catalogue.conditions[parent].ancestors)]
    condition = Condition(
        id=change.id,
        name=row["name"],
        kind=row["kind"],
        body_system=row["body_system"],
        parents=parents,
        ancestors=tuple(dict.fromkeys(above)),
        restricted=row["restricted"],
        line=line,
        not_counted_because=why_not,
        source=change.source,
        note=change.because,
        place=row.where,
    )
    return evolve(catalogue, conditions={**catalogue.conditions, change.id: condition})


def _redirect(catalogue: Catalogue, change: ConditionChange) -> Catalogue:
    """All that is evidence of a condition becomes evidence of another, or (removed) of nothing; the id stays known.

    It stays because models name conditions: one without evidence is never met. Rows of codes stay as they are and are
    told with the redirection, and what a SNOMED CT release finds below a root later is redirected too.
    """
    _known(change.row, change.id, catalogue)
    if change.to:
        _known(change.row, change.to, catalogue)
        if change.to == change.id:
            raise change.row.wrong(
                f"{change.to!r} is {change.id!r} itself", allowed="another condition", remedy="correct `to`"
            )

    def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
        found = (change.to if name == change.id else name for name in names)
        return tuple(dict.fromkeys(name for name in found if name))

    parents = {id_: tuple(p for p in renamed(c.parents) if p != id_) for id_, c in catalogue.conditions.items()}
    conditions = {
        id_: evolve(condition, parents=parents[id_], ancestors=_ancestors(id_, parents))
        for id_, condition in catalogue.conditions.items()
    }
    redirect = Redirect(change.to, change.because, change.row.where)
    return evolve(catalogue, conditions=conditions, redirects={**catalogue.redirects, change.id: redirect})


def _known(row: Row, condition: str, catalogue: Catalogue) -> None:
    known_condition(row, condition, catalogue.conditions)
    if condition in catalogue.redirects:
        raise row.wrong(
            f"the condition {condition!r} has no evidence any more, by {catalogue.redirects[condition].place}",
            allowed="conditions that are neither removed nor redirected",
            remedy="name another, or remove one of the changes",
        )


def _ancestors(condition: str, parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(parents[condition])
    while waiting:
        parent = waiting.pop(0)
        if parent not in found and parent != condition:
            found[parent] = None
            waiting.extend(parents[parent])
    return tuple(found)
