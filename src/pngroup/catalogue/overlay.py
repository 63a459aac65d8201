"""A site's own changes to a catalogue: a small TOML or CSV file, read and checked. `applying.py` carries them out."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from attrs import field, frozen

from ..codes import read_system
from ..errors import ModelError, UsageError, did_you_mean
from ..resources import Row
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem

#: What may be done with codes: the cells that each action needs besides `because`, and those that it may have.
CODE_ACTIONS: Final = {
    "add": (("system", "code", "condition"), ("match",)),
    "remove": (("system", "code"), ("match", "condition")),
    "redirect": (("system", "code", "condition", "to"), ("match",)),
    "dismiss": (("system", "code", "reason"), ("match",)),
}
#: The same for whole conditions.
CONDITION_ACTIONS: Final = {
    "add": (("id", "name", "kind"), ("body_system", "parents", "restricted")),
    "remove": (("id",), ()),
    "redirect": (("id", "to"), ()),
}
_ALWAYS: Final = ("action", "because", "source")
#: Systems in which a beginning of a code means nothing.
WHOLE_CODES: Final = frozenset({CodeSystem.SNOMED, CodeSystem.DMD})
_CODE_KEYS: Final = ("action", "system", "match", "code", "condition", "to", "reason", "because", "source")
_CONDITION_KEYS: Final = (
    "action", "id", "name", "kind", "body_system", "parents", "restricted", "to", "because", "source",
)  # fmt: skip
_SOURCE_KEYS: Final = ("id", "title", "edition", "licence", "date", "read_where", "checked")
_HEAD_KEYS: Final = ("name", "edition", "base")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")
_Made = TypeVar("_Made")


@frozen
class CodeChange:
    """One change to codes: `row` holds its cells and its place in the file."""

    action: str
    system: CodeSystem
    match: str
    code: str
    condition: str
    to: str
    reason: str
    because: str
    source: tuple[str, ...]
    row: Row = field(repr=False)


@frozen
class ConditionChange:
    """One change to a condition: add it, remove it (nothing is evidence of it any more), or redirect it to another."""

    action: str
    id: str
    to: str
    because: str
    source: tuple[str, ...]
    row: Row = field(repr=False)


@frozen
class Overlay:
    """A site's changes: a name and edition of its own, the base they apply to, and the changes with their reasons."""

    name: str
    edition: str
    base: str
    file: str
    sources: tuple[Row, ...] = field(repr=False)
    conditions: tuple[ConditionChange, ...] = field(repr=False)
    codes: tuple[CodeChange, ...] = field(repr=False)
    fingerprint: str


def read_overlay(path: Path) -> Overlay:
    """The overlay in a file: TOML, or CSV with changes to codes only (its name is the file's, its base is core).

    Raises `ModelError` that names the file and the place in it.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise _wrong(path.name, f"the file cannot be read ({type(error).__name__})", "a readable file") from None
    except UnicodeDecodeError as error:
        raise _wrong(path.name, f"the file is not UTF-8 text (byte {error.start + 1})", "text in UTF-8") from None
    fingerprint = hashlib.sha256(data).hexdigest()
    if path.suffix.lower() == ".csv":
        return _from_csv(path, text, fingerprint)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path.name, f"the file is not readable as TOML ({error})", "TOML") from None
    return _from_toml(path, content, fingerprint)


def _from_toml(path: Path, content: Mapping[str, Any], fingerprint: str) -> Overlay:
    _check_keys(path.name, content, ("overlay", "sources", "conditions", "codes"))
    head = content.get("overlay")
    if not isinstance(head, Mapping):
        raise _wrong(path.name, "there is no table [overlay]", "[overlay] with name, edition and base")
    where = f"{path.name}, overlay"
    _check_keys(where, head, _HEAD_KEYS)
    cells = {key: _text(where, key, head.get(key, "")) for key in _HEAD_KEYS}
    if not _NAME.fullmatch(cells["name"]) or not cells["edition"]:
        raise _wrong(where, "name or edition is missing or not a name", "small letters, digits, - and _; any edition")
    base = cells["base"] or "core"
    # A base beside this file is named as from this file, wherever the program runs.
    near = path.parent / base
    name = cells["name"]
    return Overlay(
        name=name,
        edition=cells["edition"],
        base=str(near) if near.exists() else base,
        file=path.name,
        sources=tuple(_rows(path.name, content, "sources", _SOURCE_KEYS)),
        conditions=_changes(
            _rows(path.name, content, "conditions", _CONDITION_KEYS), CONDITION_ACTIONS, name, _condition
        ),
        codes=_changes(_rows(path.name, content, "codes", _CODE_KEYS), CODE_ACTIONS, name, _code),
        fingerprint=fingerprint,
    )


def _from_csv(path: Path, text: str, fingerprint: str) -> Overlay:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = tuple(reader.fieldnames or ())
    except csv.Error as error:
        raise _wrong(f"{path.name}, line 1", f"not readable as CSV ({error})", "CSV") from None
    needed = ("action", "system", "code", "because")
    if not set(needed) <= set(header) <= set(_CODE_KEYS) or len(set(header)) != len(header):
        raise _wrong(
            f"{path.name}, line 1",
            "the header does not name the columns of changes to codes",
            f"the columns {','.join(_CODE_KEYS)}; needed are {', '.join(needed)}",
        )
    rows = []
    try:
        for cells in reader:
            where = f"{path.name}, line {reader.line_num}"
            if None in cells or None in cells.values():
                raise _wrong(where, "the row has too many or too few cells", f"{len(header)} cells")
            rows.append(Row(path.name, reader.line_num, {key: cells.get(key, "").strip() for key in _CODE_KEYS}))
    except csv.Error as error:
        raise _wrong(f"{path.name}, line {reader.line_num}", f"not readable as CSV ({error})", "CSV") from None
    name = re.sub(r"[^a-z0-9_-]+", "-", path.stem.lower()).strip("-") or "own"
    return Overlay(name, "own", "core", path.name, (), (), _changes(rows, CODE_ACTIONS, name, _code), fingerprint)


class _TomlRow(Row):
    """A table of a TOML file: its place is its name and number, because TOML tells no lines."""

    @property
    def where(self) -> str:
        """File and place, for the `where` of an error."""
        return self.file


def _rows(file: str, content: Mapping[str, Any], name: str, keys: Sequence[str]) -> list[Row]:
    tables = content.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise _wrong(file, f"{name} is not a list of tables", f"[[{name}]]")
    rows: list[Row] = []
    for number, table in enumerate(tables, 1):
        where = f"{file}, {name}[{number}]"
        _check_keys(where, table, (*keys, "codes") if name == "codes" else keys)
        several = table.get("codes", [table.get("code", "")])
        if "codes" in table and ("code" in table or not isinstance(several, list) or not several):
            raise _wrong(where, "codes is no list, or stands beside code", "code, or a list of codes")
        for one in several:
            cells = {key: _text(where, key, table.get(key, "")) for key in keys}
            if name == "codes":
                cells["code"] = _text(where, "code", one)
            rows.append(_TomlRow(where, number, cells))
    return rows


def _changes(
    rows: Sequence[Row],
    actions: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    name: str,
    make: Callable[[Row, str], _Made],
) -> tuple[_Made, ...]:
    made = []
    for row in rows:
        action = row["action"]
        if action not in actions:
            near = did_you_mean(action, actions)
            raise row.wrong(f"{action!r} is no action", allowed=", ".join(actions), remedy=near or "name one of these")
        needed, possible = actions[action]
        empty = [key for key in (*needed, "because") if not row[key]]
        if empty:
            raise row.wrong(
                f"{empty[0]} is empty",
                allowed=f"{action} needs {', '.join(needed)}, and a sentence that says why (because)",
                remedy="fill it in",
            )
        idle = [key for key, cell in row.cells.items() if cell and key not in (*_ALWAYS, *needed, *possible)]
        if idle:
            raise row.wrong(
                f"{action} has no use for {idle[0]}",
                allowed=f"for {action}: {', '.join((*needed, *possible))}, because, source",
                remedy="remove it, or name another action",
            )
        made.append(make(row, name))
    return tuple(made)


def _code(row: Row, name: str) -> CodeChange:
    system = read_system(row["system"])
    if system is None or system not in GROUPED_SYSTEMS:
        raise row.wrong(
            f"there is no code system {row['system']!r}, or it is not grouped",
            allowed=", ".join(each.value for each in GROUPED_SYSTEMS),
            remedy="name one of these",
        )
    match = row["match"] or ("exact" if system in WHOLE_CODES else "prefix")
    if match not in ("prefix", "exact"):
        raise row.wrong(f"{match!r} is no way to match", allowed="prefix, exact", remedy="correct the cell")
    if match == "prefix" and system in WHOLE_CODES:
        raise row.wrong(
            "an id of SNOMED CT or dm+d has no beginning that means something",
            allowed="match exact",
            remedy="name each id",
        )
    return CodeChange(
        action=row["action"],
        system=system,
        match=match,
        code=row["code"],
        condition=row["condition"],
        to=row["to"],
        reason=row["reason"],
        because=row["because"],
        source=row.words("source") or (name,),
        row=row,
    )


def _condition(row: Row, name: str) -> ConditionChange:
    return ConditionChange(row["action"], row["id"], row["to"], row["because"], row.words("source") or (name,), row)


def _check_keys(where: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key in table:
        if key not in allowed:
            near = did_you_mean(key, allowed)
            raise ModelError(
                f"{key!r} is not known here", where=where, allowed=", ".join(allowed), remedy=near or "remove it"
            )


def _text(where: str, key: str, value: object) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise _wrong(where, f"{key} is a {type(value).__name__}", "text, or a list of texts")
    return value.strip()


def _wrong(where: str, what: str, allowed: str) -> ModelError:
    return ModelError(what, where=where, allowed=allowed, remedy="correct the file")


def refuse_depth(depth: int, file: str) -> None:
    """An overlay over an overlay over ... that never ends is a circle."""
    if depth > _DEEPEST:
        raise UsageError(
            "overlays rest on each other in a circle, or too deep",
            where=file,
            allowed=f"{_DEEPEST} overlays, one upon the other",
            remedy="let the base be a catalogue",
        )


_DEEPEST: Final = 8
