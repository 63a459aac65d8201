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
from .definition import KINDS, RESTRICTED_TOPICS, Catalogue, Condition, ScoreRow, Source
from .mapping import MATCHES, ExactRules, MappingRow, Rules

_ID: Final = re.compile(r"[a-z][a-z0-9_]*")
_CODE: Final = re.compile(r"[A-Z0-9]+")
_SOURCE_COLUMNS: Final = ["id", "title", "edition", "licence", "date", "read_where", "checked"]
_CONDITION_COLUMNS: Final = [
    "id",
    "name",
    "kind",
    "body_system",
    "parents",
    "restricted",
    "line",
    "not_counted_because",
    "source",
    "note",
]
_CODE_COLUMNS: Final = ["condition", "match", "code", "source", "note"]
_SCORE_TABLES: Final = {
    "cambridge": "id,name,weight,core,when,when_with_medicines,source,checked",
    "efi": "id,name,weight,when,source,checked",
    "bateman": "id,name,weight,highest_of,when,source,checked",
    "charlson": "id,name,weight_1987,weight_2011,when,source,checked",
    "hfrs": "id,name,weight,when,source,checked",
}


def read_catalogue(folder: Path | Traversable, *, name: str, edition: str) -> Catalogue:
    """The catalogue in a folder; `ModelError` names file and line of the first thing that is wrong.

    The folder `snomed` may be missing (SNOMED CT content can be removed); everything else must be there.
    """
    digest = hashlib.sha256()
    label = f"{name}@{edition}"

    def read(file: str) -> str:
        data = _bytes(folder.joinpath(*file.split("/")), f"{label}/{file}")
        digest.update(file.encode() + b"\0" + data + b"\0")
        return _text(data, f"{label}/{file}")

    def rows(file: str, columns: Iterable[str]) -> tuple[Row, ...]:
        return parse_rows(read(file), file=f"{label}/{file}", columns=tuple(columns))

    def cells(file: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
        return parse_cells(read(file), file=f"{label}/{file}", columns=columns)

    has_snomed = folder.joinpath("snomed").is_dir()
    listed = rows("sources.csv", _SOURCE_COLUMNS)
    sources = _sources([*listed, *(rows("snomed/sources.csv", _SOURCE_COLUMNS) if has_snomed else ())])
    conditions = _conditions(rows("conditions.csv", _CONDITION_COLUMNS), sources)
    scores = {
        table: _score_rows(rows(f"{table}.csv", cols.split(",")), sources) for table, cols in _SCORE_TABLES.items()
    }
    score_names = {row.id: row.cells["name"] for table in scores.values() for row in table}
    known = {**dict.fromkeys(conditions), **dict.fromkeys(score_names)}

    collected: dict[CodeSystem, list[MappingRow]] = {}

    def add(system: CodeSystem, row: Row, condition: str, match: str, note: str) -> None:
        if condition not in known:
            raise row.wrong(
                f"there is no condition {condition!r}",
                allowed="ids of conditions.csv",
                remedy="correct the id",
            )
        if match not in MATCHES:
            raise row.wrong(f"{match!r} is no way to match", allowed=", ".join(MATCHES), remedy="correct the cell")
        if not _CODE.fullmatch(row["code"]):
            raise row.wrong(
                "the code is empty or not in its canonical form",
                allowed="capital letters and digits, without dots and blanks",
                remedy="correct the cell",
            )
        source = _known_sources(row, sources)
        collected.setdefault(system, []).append(
            MappingRow(condition, system.value, match, row["code"], source, note, row.where)
        )

    for file, system in (
        ("icd10", CodeSystem.ICD10),
        ("icd10cm", CodeSystem.ICD10CM),
        ("opcs4", CodeSystem.OPCS4),
    ):
        for row in rows(f"{file}.csv", _CODE_COLUMNS):
            add(system, row, row["condition"], row["match"], row["note"])
    for row in rows("medicines.csv", ["system", *_CODE_COLUMNS]):
        add(_system(row), row, row["condition"], row["match"], row["note"])
    for row in rows("score_codes.csv", ["item", "system", "match", "code", "source"]):
        add(_system(row), row, row["item"], row["match"], "")
    rules: dict[CodeSystem, Rules | ExactRules] = {system: Rules(tuple(found)) for system, found in collected.items()}
    if has_snomed:
        codes = cells("snomed/ids.csv", ("code", "conditions", "source"))
        rules[CodeSystem.SNOMED] = _exact_rules(codes, f"{label}/snomed/ids.csv", known, sources)

    return Catalogue(
        name=name,
        edition=edition,
        conditions=conditions,
        rules=rules,
        scores=scores,
        score_names=score_names,
        sources=sources,
        fingerprint=digest.hexdigest(),
    )


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


def _text(data: bytes, label: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            f"the file is not UTF-8 text (byte {error.start + 1})",
            where=label,
            allowed="text in UTF-8",
            remedy="save the file as UTF-8",
        ) from None


def _exact_rules(
    rows: Iterable[tuple[int, list[str]]], file: str, conditions: Container[str], sources: Container[str]
) -> ExactRules:
    """Rules of a long list; cells repeat, so each distinct one is checked once."""
    codes: dict[str, tuple[str, str, int]] = {}
    checked: set[tuple[str, str]] = set()
    for line, (code, named, source) in rows:
        if not code.isdigit() or code in codes:
            raise ModelError(
                "the code is no number or repeated",
                where=f"{file}, line {line}",
                allowed="each code once",
                remedy="correct the row",
            )
        if (named, source) not in checked:
            row = Row(file, line, {"code": code, "conditions": named, "source": source})
            unknown = [condition for condition in named.split() if condition not in conditions]
            if unknown or not named:
                raise row.wrong(
                    f"there is no condition {' '.join(unknown)!r}",
                    allowed="ids of conditions.csv",
                    remedy="correct the id",
                )
            _known_sources(row, sources)
            checked.add((named, source))
        codes[code] = (named, source, line)
    return ExactRules(CodeSystem.SNOMED.value, file, codes)


def _system(row: Row) -> CodeSystem:
    try:
        return CodeSystem(row["system"])
    except ValueError:
        allowed = ", ".join(system.value for system in CodeSystem)
        raise row.wrong(
            f"there is no code system {row['system']!r}", allowed=allowed, remedy="correct the cell"
        ) from None


def _sources(rows: Iterable[Row]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for row in rows:
        if row["id"] in found or not row["id"]:
            raise row.wrong(
                f"the source id {row['id']!r} is empty or repeated",
                allowed="an id of its own",
                remedy="rename it",
            )
        found[row["id"]] = Source(**{column: row[column] for column in _SOURCE_COLUMNS})
    return found


def _known_sources(row: Row, sources: Container[str]) -> tuple[str, ...]:
    named = row.words("source")
    unknown = [source for source in named if source not in sources]
    if not named or unknown:
        what = f"there is no source {unknown[0]!r}" if unknown else "the row names no source"
        raise row.wrong(what, allowed="ids of sources.csv", remedy="give every row a source")
    return named


def _score_rows(rows: Iterable[Row], sources: Mapping[str, Source]) -> tuple[ScoreRow, ...]:
    found = []
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise row.wrong(f"the item {row['id']!r} is repeated", allowed="each item once", remedy="remove one")
        seen.add(row["id"])
        _known_sources(row, sources)
        for column in row.cells:
            if column.startswith("weight"):
                row.number(column)
        found.append(ScoreRow(row["id"], row.cells, row.where))
    return tuple(found)


def _conditions(rows: Iterable[Row], sources: Mapping[str, Source]) -> dict[str, Condition]:
    by_id: dict[str, Row] = {}
    for row in rows:
        if row["id"] in by_id or not _ID.fullmatch(row["id"]):
            raise row.wrong(
                f"the condition id {row['id']!r} is repeated or not a name",
                allowed="small letters, digits and _",
                remedy="rename it",
            )
        if not row["name"]:
            raise row.wrong("the condition has no name", allowed="some words", remedy="fill the cell")
        if row["kind"] not in KINDS:
            raise row.wrong(f"{row['kind']!r} is no kind", allowed=", ".join(KINDS), remedy="correct the cell")
        if row["restricted"] and row["restricted"] not in RESTRICTED_TOPICS:
            raise row.wrong(
                f"{row['restricted']!r} is no restricted topic",
                allowed=", ".join(RESTRICTED_TOPICS),
                remedy="correct the cell",
            )
        if row["kind"] == "chronic" and bool(row["line"]) == bool(row["not_counted_because"]):
            raise row.wrong(
                f"the chronic condition {row['id']!r} has neither or both of a line and a reason",
                allowed="a line, or not_counted_because",
                remedy="fill exactly one of the two",
            )
        by_id[row["id"]] = row
    return {id_: _condition(row, by_id, sources) for id_, row in by_id.items()}


def _condition(row: Row, by_id: Mapping[str, Row], sources: Mapping[str, Source]) -> Condition:
    ancestors: list[str] = []
    waiting = list(row.words("parents"))
    while waiting:
        parent = waiting.pop(0)
        if parent not in by_id:
            raise row.wrong(f"there is no parent {parent!r}", allowed="ids of conditions.csv", remedy="correct the id")
        if parent == row["id"]:
            raise row.wrong(f"{parent!r} is nested in itself", allowed="a tree", remedy="remove one of the parents")
        if parent not in ancestors:
            ancestors.append(parent)
            waiting.extend(by_id[parent].words("parents"))
    return Condition(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        body_system=row["body_system"],
        parents=row.words("parents"),
        ancestors=tuple(ancestors),
        restricted=row["restricted"],
        line=row["line"],
        not_counted_because=row["not_counted_because"],
        source=_known_sources(row, sources),
        note=row["note"],
        place=row.where,
    )
