"""The tables of mapping rows and of dismissals, for all code systems but SNOMED CT.

Thousands of rows are read each time a process starts: a quick look passes what is right, and only what is not is
looked at cell by cell, for the sentence that says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Final

from ..resources import Row
from ..vocabulary import CodeSystem
from .definition import RESTRICTED_PREFIX
from .dismissal import SHORTEST, Dismissals
from .folder import Folder
from .later import no_collecting
from .mapping import MATCHES, ExactRules, MappingRow, Rules
from .tables import check_dismissal, known_condition, known_sources, known_topic

_CODE: Final = re.compile(r"[A-Z0-9]+")
_PATTERN: Final = re.compile(r"[A-Z0-9?]*[A-Z0-9]")
_SYSTEM_TABLES: Final = {
    "icd10": CodeSystem.ICD10, "icd10cm": CodeSystem.ICD10CM, "opcs4": CodeSystem.OPCS4,
}  # fmt: skip
#: Tables whose rows name their code system; the last three name an item of a score or of a register, or a topic.
_MIXED_TABLES: Final = {
    "medicines": ("system", "condition", "match", "code", "source", "note"),
    "score_codes": ("system", "item", "match", "code", "source"),
    "register_codes": ("system", "item", "match", "code", "source", "note", "confidence"),
    "restricted": ("system", "topic", "match", "code", "source"),
}
_COLUMNS: Final = ("condition", "match", "code", "source", "note")
_DISMISSAL_COLUMNS: Final = ("systems", "match", "code", "reason", "because", "source")
_DISMISSAL_MATCHES: Final = ("prefix", "exact")
_SYSTEMS: Final = {system.value: system for system in CodeSystem}


#: How sure it is that a code belongs to a register: two open lists agree, one says so, or it is an inference.
CONFIDENCES: Final = ("A", "B", "C")
#: The systems that have rules here.
SYSTEMS: Final = (*_SYSTEM_TABLES.values(), CodeSystem.BNF, CodeSystem.ATC, CodeSystem.DMD)


def read_rules_of(
    system: CodeSystem, files: Folder, known: Container[str], sources: Container[str], topics: Mapping[str, str]
) -> Rules:
    """The mapping rows of one system, where nobody has asked for the others yet."""
    with no_collecting():
        found = read_rules(files, known, sources, topics, only=system).get(system)
    return found if isinstance(found, Rules) else Rules(())


def read_rules(
    files: Folder,
    known: Container[str],
    sources: Container[str],
    topics: Mapping[str, str],
    *,
    only: CodeSystem | None = None,
) -> dict[CodeSystem, Rules | ExactRules]:
    """The mapping rows of each code system, or of one; `known`: conditions, and items of scores and registers."""
    collected: dict[str, dict[tuple[str, str, str], MappingRow]] = {}
    named: dict[str, tuple[str, ...]] = {}
    for columns, file, line, cells in _all_rows(files, only):
        system, what, match, code, source, *notes = cells
        topic = columns[1] == "topic"
        right = what in topics if topic else what in known
        if (
            not (right and source in named and system in _SYSTEMS)
            or match not in MATCHES
            or not (_PATTERN if match.endswith("like") else _CODE).fullmatch(code)
            or (len(notes) > 1 and notes[1] not in CONFIDENCES)
        ):
            row = Row(file, line, dict(zip(columns, cells, strict=True)))
            _check_row(row, what, known, topics if topic else None)
            named[source] = known_sources(row, sources)
        condition = RESTRICTED_PREFIX + what if topic else what
        rows = collected.setdefault(system, {})
        place = f"{file}, line {line}"
        if (condition, match, code) in rows:
            raise Row(file, line, {}).wrong(
                f"the row repeats {rows[condition, match, code].place}", allowed="each row once", remedy="remove one"
            )
        rows[condition, match, code] = MappingRow(condition, system, match, code, named[source], _note(*notes), place)
    return {_SYSTEMS[system]: Rules(tuple(found.values())) for system, found in collected.items()}


def _all_rows(files: Folder, only: CodeSystem | None) -> Iterator[tuple[tuple[str, ...], str, int, list[str]]]:
    """Columns, file, line and cells of every mapping row, the code system first, what it is about second."""
    for table, system in _SYSTEM_TABLES.items():
        if only not in (None, system):
            continue
        file = f"{files.label}/{table}.csv"
        for line, cells in files.cells(f"{table}.csv", _COLUMNS):
            yield ("system", *_COLUMNS), file, line, [system.value, *cells]
    for table, columns in _MIXED_TABLES.items():
        file = f"{files.label}/{table}.csv"
        for line, cells in files.cells(f"{table}.csv", columns):
            if only is None or cells[0] == only.value:
                yield columns, file, line, cells


def _note(note: str = "", confidence: str = "") -> str:
    return "; ".join(filter(None, (confidence and f"confidence {confidence}", note)))


def _check_row(row: Row, what: str, known: Container[str], topics: Mapping[str, str] | None) -> None:
    _system(row, row["system"])
    if topics is None:
        known_condition(row, what, known)
    else:
        known_topic(row, what, topics)
    match = row["match"]
    if match not in MATCHES:
        raise row.wrong(f"{match!r} is no way to match", allowed=", ".join(MATCHES), remedy="correct the cell")
    if not (_PATTERN if match.endswith("like") else _CODE).fullmatch(row["code"]):
        raise row.wrong(
            "the code is empty or not in its canonical form",
            allowed="capital letters and digits, without dots and blanks (with like also ?, but not at the end)",
            remedy="correct the cell",
        )
    if row.cells.get("confidence", "A") not in CONFIDENCES:
        allowed = ", ".join(CONFIDENCES)
        raise row.wrong(f"{row['confidence']!r} is no confidence", allowed=allowed, remedy="correct the cell")


def read_dismissals(files: Folder, reasons: Mapping[str, str], sources: Container[str]) -> dict[CodeSystem, Dismissals]:
    """The codes of each system that are decided to be no condition."""
    file = f"{files.label}/no_condition.csv"
    found: dict[CodeSystem, dict[tuple[str, str], tuple[str, str, str, int | str]]] = {}
    checked: set[tuple[str, str]] = set()
    for line, cells in files.cells("no_condition.csv", _DISMISSAL_COLUMNS):
        systems, match, code, reason, because, source = cells
        row = Row(file, line, dict(zip(_DISMISSAL_COLUMNS, cells, strict=True)))
        if match not in _DISMISSAL_MATCHES:
            allowed = ", ".join(_DISMISSAL_MATCHES)
            raise row.wrong(f"{match!r} is no way to match", allowed=allowed, remedy="correct the cell")
        if len(code) < SHORTEST or not _CODE.fullmatch(code):
            raise row.wrong(
                "the code is too short or not in its canonical form",
                allowed=f"{SHORTEST} characters or more, capital letters and digits: no whole chapter",
                remedy="correct the cell",
            )
        if (reason, source) not in checked:
            check_dismissal(row, reasons, sources)
            checked.add((reason, source))
        for word in systems.split() or ("",):
            rows = found.setdefault(_system(row, word), {})
            if (match, code) in rows:
                raise row.wrong(
                    f"the code is dismissed on line {rows[match, code][3]} too", allowed="each code once",
                    remedy="remove one",
                )  # fmt: skip
            rows[match, code] = (reason, because, source, line)
    return {system: Dismissals(system.value, file, rows) for system, rows in found.items()}


def _system(row: Row, name: str) -> CodeSystem:
    if name not in _SYSTEMS:
        raise row.wrong(
            f"there is no code system {name!r}", allowed=", ".join(_SYSTEMS), remedy="correct the cell"
        ) from None
    return _SYSTEMS[name]
