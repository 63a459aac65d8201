"""The tables of a catalogue that say what its conditions, sources and score items are: read and checked row by row."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Iterable, Mapping
from typing import Final

from ..errors import did_you_mean
from ..resources import Row
from .definition import KINDS, Condition, Refset, Root, ScoreRow, Source
from .folder import FILES

SOURCE_COLUMNS: Final = ("id", "title", "edition", "licence", "date", "read_where", "checked")
CONDITION_COLUMNS: Final = (
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
)
SCORE_TABLE_COLUMNS: Final = ("id", "columns", "source")
#: What every score table has, beside one or more columns `weight...` and what a model may ask for.
SCORE_COLUMNS: Final = ("id", "name", "when", "source", "checked")
NAME_COLUMNS: Final = ("id", "name", "source")
REGISTER_COLUMNS: Final = ("id", "name", "source", "note")
ROLES: Final = ("root", "exclude")
#: In place of a condition in the table of roots: what stands below counts for nothing.
NEVER: Final = "never"
_ID: Final = re.compile(r"[a-z][a-z0-9_]*")
#: Models name what feeds hold by these: any record, any medicine, contact in a setting.
_RESERVED: Final = ("any_", "contact_", "icd10_record")


def read_sources(rows: Iterable[Row]) -> dict[str, Source]:
    """The sources by id."""
    found: dict[str, Source] = {}
    for row in rows:
        if row["id"] in found or not row["id"]:
            raise row.wrong(
                f"the source id {row['id']!r} is empty or repeated",
                allowed="an id of its own",
                remedy="rename it",
            )
        found[row["id"]] = Source(**{column: row[column] for column in SOURCE_COLUMNS})
    return found


def known_sources(row: Row, sources: Container[str]) -> tuple[str, ...]:
    """The sources that a row names; every row names one, and each must be known."""
    named = row.words("source")
    unknown = [source for source in named if source not in sources]
    if not named or unknown:
        what = f"there is no source {unknown[0]!r}" if unknown else "the row names no source"
        raise row.wrong(what, allowed="ids of sources.csv", remedy="give every row a source")
    return named


def known_condition(row: Row, name: str, conditions: Container[str]) -> str:
    """A condition that a row names."""
    if name not in conditions:
        near = did_you_mean(name, conditions) if isinstance(conditions, Iterable) else ""
        raise row.wrong(
            f"there is no condition {name!r}",
            allowed="ids of conditions.csv",
            remedy=f"correct the id: {near}" if near else "correct the id",
        )
    return name


def known_topic(row: Row, topic: str, topics: Mapping[str, str]) -> str:
    """A restricted topic that a row names."""
    if topic not in topics:
        allowed = ", ".join(topics)
        raise row.wrong(f"{topic!r} is no restricted topic", allowed=allowed, remedy="correct the cell")
    return topic


def read_names(rows: Iterable[Row], sources: Container[str], *, of: str) -> dict[str, str]:
    """A table of ids with words: reasons for dismissing a code, restricted topics."""
    found: dict[str, str] = {}
    for row in rows:
        if row["id"] in found or not _ID.fullmatch(row["id"]) or not row["name"]:
            raise row.wrong(
                f"the {of} {row['id']!r} is repeated, not a name, or has no words",
                allowed="small letters, digits and _, and some words",
                remedy="correct the row",
            )
        known_sources(row, sources)
        found[row["id"]] = row["name"]
    return found


def check_dismissal(row: Row, reasons: Mapping[str, str], sources: Container[str]) -> None:
    """What must be true of the cells of a dismissal by themselves."""
    if row["reason"] not in reasons:
        raise row.wrong(
            f"there is no reason {row['reason']!r}",
            allowed="ids of no_condition_reasons.csv",
            remedy="correct the cell",
        )
    known_sources(row, sources)


def read_score_tables(rows: Iterable[Row], sources: Container[str]) -> dict[str, tuple[str, ...]]:
    """The score tables of a catalogue, each a file of its own: id and columns."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        id_, columns = row["id"], row.words("columns")
        if id_ in found or id_ in FILES or not _ID.fullmatch(id_):
            raise row.wrong(
                f"the score table {id_!r} is repeated, has the name of another table, or none",
                allowed="a name of its own: small letters, digits and _",
                remedy="rename the table",
            )
        has_weight = any(column.startswith("weight") for column in columns)
        if len(set(columns)) < len(columns) or not has_weight or not {*SCORE_COLUMNS} <= {*columns}:
            raise row.wrong(
                f"the score table {id_!r} lacks a column that it needs, or repeats one",
                allowed=f"{', '.join(SCORE_COLUMNS)}, one or more weight..., and others, each once",
                remedy="correct the cell columns",
            )
        known_sources(row, sources)
        found[id_] = columns
    return found


def read_score_rows(rows: Iterable[Row], sources: Container[str]) -> tuple[ScoreRow, ...]:
    """The items of a score table."""
    found = []
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise row.wrong(f"the item {row['id']!r} is repeated", allowed="each item once", remedy="remove one")
        seen.add(row["id"])
        known_sources(row, sources)
        for column in row.cells:
            if column.startswith("weight"):
                row.number(column)
        found.append(ScoreRow(row["id"], row.cells, row.where))
    return tuple(found)


def read_registers(rows: Iterable[Row], taken: Container[str], sources: Container[str]) -> dict[str, str]:
    """The items that models make registers of, id and name; `taken` are ids that they may not have."""
    found: dict[str, str] = {}
    for row in rows:
        if row["id"] in found or row["id"] in taken or not _ID.fullmatch(row["id"]) or not row["name"]:
            raise row.wrong(
                f"the register item {row['id']!r} is repeated, has the id of another thing or no name",
                allowed="an id of its own (small letters, digits and _), and some words",
                remedy="correct the row",
            )
        known_sources(row, sources)
        found[row["id"]] = row["name"]
    return found


def read_roots(rows: Iterable[Row], conditions: Container[str], sources: Container[str]) -> tuple[Root, ...]:
    """The concepts to expand where somebody has a SNOMED CT release."""
    found = []
    for row in rows:
        if row["condition"] != NEVER:
            known_condition(row, row["condition"], conditions)
        if row["role"] not in ROLES:
            raise row.wrong(f"{row['role']!r} is no role", allowed=", ".join(ROLES), remedy="correct the cell")
        check_number(row, "code")
        found.append(
            Root(row["condition"], row["role"], row["code"], known_sources(row, sources), row["note"], row.where)
        )
    return tuple(found)


def read_refsets(rows: Iterable[Row], conditions: Container[str], sources: Container[str]) -> tuple[Refset, ...]:
    """The NHS clusters that answer to conditions."""
    found = []
    for row in rows:
        known_condition(row, row["condition"], conditions)
        if row["refset"]:
            check_number(row, "refset")
        found.append(Refset(row["condition"], row["cluster"], row["refset"], known_sources(row, sources), row.where))
    return tuple(found)


def check_number(row: Row, column: str) -> str:
    """A SNOMED CT id: digits only."""
    if not row[column].isdecimal():
        raise row.wrong(f"the {column} is no number", allowed="digits", remedy="correct the cell")
    return row[column]


def read_conditions(rows: Iterable[Row], sources: Container[str], topics: Mapping[str, str]) -> dict[str, Condition]:
    """The conditions by id, each with all that it is nested in."""
    by_id: dict[str, Row] = {}
    for row in rows:
        check_id(row, by_id)
        check_condition(row, topics)
        by_id[row["id"]] = row
    return {id_: _condition(row, by_id, sources) for id_, row in by_id.items()}


def check_id(row: Row, taken: Container[str]) -> None:
    """An id of a condition: a name, no other's, and not one that models give a meaning of their own."""
    id_ = row["id"]
    is_reserved = id_ == NEVER or id_.startswith(_RESERVED) or keyword.iskeyword(id_)
    if id_ in taken or not _ID.fullmatch(id_) or is_reserved:
        raise row.wrong(
            f"the condition id {id_!r} is repeated, reserved or not a name",
            allowed="small letters, digits and _; not never, any_... or contact_..., which models use",
            remedy="rename it",
        )


def check_condition(row: Row, topics: Mapping[str, str]) -> None:
    """What must be true of the cells of a condition by themselves."""
    if not row["name"]:
        raise row.wrong("the condition has no name", allowed="some words", remedy="fill the cell")
    if row["kind"] not in KINDS:
        raise row.wrong(f"{row['kind']!r} is no kind", allowed=", ".join(KINDS), remedy="correct the cell")
    if row["restricted"]:
        known_topic(row, row["restricted"], topics)
    if row["kind"] == "chronic" and bool(row["line"]) == bool(row["not_counted_because"]):
        raise row.wrong(
            f"the chronic condition {row['id']!r} has neither or both of a line and a reason",
            allowed="a line, or not_counted_because",
            remedy="fill exactly one of the two",
        )


def _condition(row: Row, by_id: Mapping[str, Row], sources: Container[str]) -> Condition:
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
        source=known_sources(row, sources),
        note=row["note"],
        place=row.where,
    )
