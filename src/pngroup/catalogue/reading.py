"""Reading an edition of the catalogue from its folder, and checking it while reading."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from ..errors import ModelError
from ..resources import Row, parse_cells, parse_rows
from ..vocabulary import CodeSystem
from .definition import RESTRICTED_PREFIX, Catalogue
from .dismissal import SHORTEST, Dismissals
from .mapping import MATCHES, ExactRules, MappingRow, Rules
from .tables import (
    CONDITION_COLUMNS,
    SCORE_TABLES,
    SOURCE_COLUMNS,
    check_number,
    known_condition,
    known_sources,
    known_topic,
    read_conditions,
    read_reasons,
    read_refsets,
    read_roots,
    read_score_rows,
    read_sources,
)

_CODE: Final = re.compile(r"[A-Z0-9]+")
_PATTERN: Final = re.compile(r"[A-Z0-9?]+")
_CODE_COLUMNS: Final = ("condition", "match", "code", "source", "note")
_NO_CONDITION_COLUMNS: Final = ("systems", "match", "code", "reason", "because", "source")
_NO_CONDITION_MATCHES: Final = ("prefix", "exact")


class _Folder:
    """The files of a catalogue; what was read goes into the fingerprint."""

    def __init__(self, folder: Path | Traversable, label: str) -> None:
        self.folder = folder
        self.label = label
        self.digest = hashlib.sha256()
        self.has_snomed = folder.joinpath("snomed").is_dir()

    def rows(self, file: str, columns: Iterable[str]) -> tuple[Row, ...]:
        return parse_rows(self._text(file), file=f"{self.label}/{file}", columns=tuple(columns))

    def cells(self, file: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
        return parse_cells(self._text(file), file=f"{self.label}/{file}", columns=columns)

    def snomed_rows(self, file: str, columns: Iterable[str]) -> tuple[Row, ...]:
        return self.rows(f"snomed/{file}", columns) if self.has_snomed else ()

    def _text(self, file: str) -> str:
        data = _bytes(self.folder.joinpath(*file.split("/")), f"{self.label}/{file}")
        self.digest.update(file.encode() + b"\0" + data + b"\0")
        return _decoded(data, f"{self.label}/{file}")


def read_catalogue(folder: Path | Traversable, *, name: str, edition: str) -> Catalogue:
    """The catalogue in a folder; `ModelError` names file and line of the first thing that is wrong.

    The folder `snomed` may be missing (SNOMED CT content can be removed); everything else must be there.
    """
    files = _Folder(folder, f"{name}@{edition}")
    sources = read_sources(
        [*files.rows("sources.csv", SOURCE_COLUMNS), *files.snomed_rows("sources.csv", SOURCE_COLUMNS)]
    )
    conditions = read_conditions(files.rows("conditions.csv", CONDITION_COLUMNS), sources)
    scores = {
        table: read_score_rows(files.rows(f"{table}.csv", columns.split(",")), sources)
        for table, columns in SCORE_TABLES.items()
    }
    score_names = {row.id: row.cells["name"] for table in scores.values() for row in table}
    rules = _read_rules(files, {**dict.fromkeys(conditions), **dict.fromkeys(score_names)}, sources)
    reasons = read_reasons(files.rows("no_condition_reasons.csv", ("id", "name", "source")), sources)
    dismissals = _read_dismissals(files, reasons, sources)
    if files.has_snomed:
        rules[CodeSystem.SNOMED] = _exact_rules(files, conditions, sources)
        dismissals[CodeSystem.SNOMED] = _snomed_dismissals(files, reasons, sources)
    catalogue = Catalogue(
        name=name,
        edition=edition,
        conditions=conditions,
        rules=rules,
        dismissals=dismissals,
        reasons=reasons,
        scores=scores,
        score_names=score_names,
        sources=sources,
        roots=read_roots(
            files.snomed_rows("roots.csv", ("condition", "role", "code", "source", "note")), conditions, sources
        ),
        refsets=read_refsets(
            files.snomed_rows("refsets.csv", ("condition", "cluster", "refset", "source")), conditions, sources
        ),
        fingerprint=files.digest.hexdigest(),
    )
    _refuse_contradictions(catalogue)
    return catalogue


def _read_rules(files: _Folder, known: Container[str], sources: Container[str]) -> dict[CodeSystem, Rules | ExactRules]:
    collected: dict[CodeSystem, dict[tuple[str, str, str], MappingRow]] = {}

    def add(system: CodeSystem, row: Row, condition: str, note: str) -> None:
        match, code = row["match"], row["code"]
        if match not in MATCHES:
            raise row.wrong(f"{match!r} is no way to match", allowed=", ".join(MATCHES), remedy="correct the cell")
        if not (_PATTERN if match.endswith("like") else _CODE).fullmatch(code):
            raise row.wrong(
                "the code is empty or not in its canonical form",
                allowed="capital letters and digits, without dots and blanks (and ? where the match is like)",
                remedy="correct the cell",
            )
        rows = collected.setdefault(system, {})
        if (condition, match, code) in rows:
            raise row.wrong(
                f"the row repeats {rows[condition, match, code].place}", allowed="each row once", remedy="remove one"
            )
        rows[condition, match, code] = MappingRow(
            condition, system.value, match, code, known_sources(row, sources), note, row.where
        )

    for file, system in (
        ("icd10", CodeSystem.ICD10),
        ("icd10cm", CodeSystem.ICD10CM),
        ("opcs4", CodeSystem.OPCS4),
    ):
        for row in files.rows(f"{file}.csv", _CODE_COLUMNS):
            add(system, row, known_condition(row, row["condition"], known), row["note"])
    for row in files.rows("medicines.csv", ("system", *_CODE_COLUMNS)):
        add(_system(row, row["system"]), row, known_condition(row, row["condition"], known), row["note"])
    for row in files.rows("score_codes.csv", ("item", "system", "match", "code", "source")):
        add(_system(row, row["system"]), row, known_condition(row, row["item"], known), "")
    for row in files.rows("restricted.csv", ("system", "match", "code", "topic", "source")):
        add(_system(row, row["system"]), row, RESTRICTED_PREFIX + known_topic(row), "")
    return {system: Rules(tuple(found.values())) for system, found in collected.items()}


def _exact_rules(files: _Folder, conditions: Container[str], sources: Container[str]) -> ExactRules:
    """Rules of a long list; cells repeat, so each distinct one is checked once."""
    file = f"{files.label}/snomed/ids.csv"
    rows = files.cells("snomed/ids.csv", ("code", "conditions", "source"))
    codes: dict[str, tuple[str, str, int]] = {}
    checked: set[tuple[str, str]] = set()
    for line, (code, named, source) in rows:
        _refuse_number(code, codes, file, line)
        if (named, source) not in checked:
            row = Row(file, line, {"code": code, "conditions": named, "source": source})
            for condition in named.split() or [""]:
                known_condition(row, condition, conditions)
            known_sources(row, sources)
            checked.add((named, source))
        codes[code] = (named, source, line)
    notes: dict[str, str] = {}
    for row in files.snomed_rows("restricted.csv", ("code", "topic", "source")):
        named, source, line = codes.get(check_number(row, "code"), ("", "", 0))
        sources_too = [*source.split(), *known_sources(row, sources)]
        named = f"{named} {RESTRICTED_PREFIX}{known_topic(row)}".strip()
        codes[row["code"]] = (named, " ".join(dict.fromkeys(sources_too)), line)
        notes[row["code"]] = f"reveals a restricted topic: {row.where}"
    return ExactRules(CodeSystem.SNOMED.value, file, codes, notes)


def _read_dismissals(
    files: _Folder, reasons: Mapping[str, str], sources: Container[str]
) -> dict[CodeSystem, Dismissals]:
    found: dict[CodeSystem, dict[tuple[str, str], tuple[str, str, str, int | str]]] = {}
    for row in files.rows("no_condition.csv", _NO_CONDITION_COLUMNS):
        match, code = row["match"], row["code"]
        if match not in _NO_CONDITION_MATCHES:
            allowed = ", ".join(_NO_CONDITION_MATCHES)
            raise row.wrong(f"{match!r} is no way to match", allowed=allowed, remedy="correct the cell")
        if len(code) < SHORTEST or not _CODE.fullmatch(code):
            raise row.wrong(
                "the code is too short or not in its canonical form",
                allowed=f"{SHORTEST} characters or more, capital letters and digits: no whole chapter",
                remedy="correct the cell",
            )
        _check_dismissal(row, reasons, sources)
        for word in row.words("systems") or ("",):
            rows = found.setdefault(_system(row, word), {})
            if (match, code) in rows:
                raise row.wrong(
                    f"the code is dismissed on line {rows[match, code][3]} too", allowed="each code once",
                    remedy="remove one",
                )  # fmt: skip
            rows[match, code] = (row["reason"], row["because"], row["source"], row.line)
    file = f"{files.label}/no_condition.csv"
    return {system: Dismissals(system.value, file, rows) for system, rows in found.items()}


def _snomed_dismissals(files: _Folder, reasons: Mapping[str, str], sources: Container[str]) -> Dismissals:
    file = f"{files.label}/snomed/no_condition.csv"
    columns = ("code", "reason", "because", "source")
    codes: dict[str, None] = {}
    rows: dict[tuple[str, str], tuple[str, str, str, int | str]] = {}
    checked: set[tuple[str, str]] = set()
    for line, (code, reason, because, source) in files.cells("snomed/no_condition.csv", columns):
        _refuse_number(code, codes, file, line)
        if (reason, source) not in checked:
            _check_dismissal(Row(file, line, {"reason": reason, "source": source}), reasons, sources)
            checked.add((reason, source))
        codes[code] = None
        rows["exact", code] = (reason, because, source, line)
    return Dismissals(CodeSystem.SNOMED.value, file, rows)


def _check_dismissal(row: Row, reasons: Mapping[str, str], sources: Container[str]) -> None:
    if row["reason"] not in reasons:
        raise row.wrong(
            f"there is no reason {row['reason']!r}",
            allowed="ids of no_condition_reasons.csv",
            remedy="correct the cell",
        )
    known_sources(row, sources)


def _refuse_contradictions(catalogue: Catalogue) -> None:
    """A dismissal that no code could ever meet, because a mapping row already knows them all, is a contradiction."""
    for system, dismissals in catalogue.dismissals.items():
        rules = catalogue.rules.get(system)
        for (match, code), cells in dismissals.rows.items():
            rows = [row for row in catalogue.rows_for(code, system) if row.condition in catalogue.conditions]
            if match == "prefix":
                rows = [row for row in rows if row.match == "prefix"]
            if rows and isinstance(rules, Rules):
                finer = {row.condition for row in rules.excluding_below(code)} if match == "prefix" else set()
                rows = [row for row in rows if row.condition not in finer]
            if rows:
                raise ModelError(
                    f"the code {code} is dismissed here and mapped to {rows[0].condition} in {rows[0].place}",
                    where=f"{dismissals.file}, line {cells[3]}",
                    allowed="one of the two",
                    remedy="remove one of the rows",
                )


def _refuse_number(code: str, seen: Container[str], file: str, line: int) -> None:
    if not code.isdecimal() or code in seen:
        raise ModelError(
            "the code is no number or repeated",
            where=f"{file}, line {line}",
            allowed="each code once",
            remedy="correct the row",
        )


def _system(row: Row, name: str) -> CodeSystem:
    try:
        return CodeSystem(name)
    except ValueError:
        allowed = ", ".join(system.value for system in CodeSystem)
        raise row.wrong(f"there is no code system {name!r}", allowed=allowed, remedy="correct the cell") from None


def _bytes(path: Path | Traversable, label: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the file cannot be read ({type(error).__name__})",
            where=label,
            allowed="a readable CSV file",
            remedy="check that it exists and may be read",
        ) from None


def _decoded(data: bytes, label: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            f"the file is not UTF-8 text (byte {error.start + 1})",
            where=label,
            allowed="text in UTF-8",
            remedy="save the file as UTF-8",
        ) from None
