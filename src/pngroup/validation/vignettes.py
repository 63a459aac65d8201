"""Vignettes: short patient stories with the expected answer, read from TOML and held against the model."""

from __future__ import annotations

import datetime
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from ..catalogue import Catalogue
from ..editions import data
from ..errors import ModelError, PngroupError, UsageError, did_you_mean
from ..grouping import group
from ..model import Model
from ..result import Grouping
from ..schemes import Scheme

_TABLES: Final = {
    "records": ("code", "system", "date", "status", "setting"),
    "contacts": ("date", "setting"),
    "medicines": ("code", "system", "date"),
    "values": ("code", "system", "date", "value", "unit"),
}
_PERSON: Final = (
    "birth_date", "age", "sex", "registered_from", "registered_to", "died_on", "excluded_reason",
)  # fmt: skip
_KEYS: Final = ("id", "story", "tests", "as_at", "person", *_TABLES, "expect")
_KIND_WORDS: Final = {int: "numbers", str: "texts"}


@frozen
class Vignette:
    """One story: who, what is recorded, on which day, and what is expected. `place` is file and line."""

    id: str
    story: str
    tests: str
    as_at: datetime.date
    person: Mapping[str, Any] = field(repr=False)
    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    expect: Mapping[str, Any] = field(repr=False)
    place: str


@frozen
class VignetteResult:
    """What came of a vignette: nothing in `differences` when it is as expected."""

    vignette: Vignette
    differences: tuple[str, ...]


def read_vignettes(path: str | os.PathLike[str] | None = None) -> list[Vignette]:
    """The vignettes of a TOML file or of all TOML files of a folder; without a path those that ship.

    Raises `UsageError` for what is no path and for a path without vignette files, `ModelError` (file and line) for a
    file that is not right.
    """
    vignettes = [vignette for file in _files(path) for vignette in _read(file)]
    seen: dict[str, Vignette] = {}
    for vignette in vignettes:
        if vignette.id in seen:
            raise _wrong(f"the id {vignette.id!r} is repeated", vignette.place, "each id once")
        seen[vignette.id] = vignette
    return vignettes


def _files(path: str | os.PathLike[str] | None) -> list[Traversable | Path]:
    if path is not None and not isinstance(path, str | os.PathLike):
        raise UsageError(
            f"path is a {type(path).__name__}",
            where="argument path",
            allowed="the path of a vignette file or of a folder of them",
            remedy="give a path, or nothing for the vignettes that ship",
        )
    place: Traversable | Path = data("vignettes") if path is None else Path(path)
    if place.is_file():
        return [place]
    found = [f for f in place.iterdir() if f.name.endswith(".toml")] if place.is_dir() else []
    if not found:
        raise UsageError(
            f"there is no vignette file at {place.name!r}",
            where="argument path",
            allowed="a TOML file that exists, or a folder that holds some",
            remedy="check the path",
        )
    return sorted(found, key=lambda f: f.name)


def check_vignettes(
    vignettes: Iterable[Vignette],
    *,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
) -> list[VignetteResult]:
    """Each vignette grouped and compared with what it expects, in the order given.

    Raises `ModelError` where a vignette expects something that the model does not answer.
    """
    together: dict[tuple[datetime.date, tuple[str, ...]], list[Vignette]] = {}
    vignettes = list(vignettes)
    for vignette in vignettes:
        together.setdefault((vignette.as_at, tuple(vignette.tables)), []).append(vignette)
    found: dict[str, VignetteResult] = {}
    for (as_at, feeds), members in together.items():
        tables = {name: _table(name, members) for name in feeds}
        people = {column: [_text(v.person.get(column)) for v in members] for column in _PERSON}
        grouping = group(
            {"person_id": [v.id for v in members], **people},
            tables["records"],
            as_at=as_at,
            contacts=tables.get("contacts"),
            medicines=tables.get("medicines"),
            values=tables.get("values"),
            model=model,
            catalogue=catalogue,
            scheme=scheme,
        )
        for vignette, answer in zip(members, _answers(grouping), strict=True):
            _known(vignette.expect, answer, f"{vignette.place}, expect")
            found[vignette.id] = VignetteResult(vignette, tuple(_differences(vignette.expect, answer)))
    return [found[vignette.id] for vignette in vignettes]


def _table(name: str, members: Iterable[Vignette]) -> dict[str, list[Any]]:
    rows = [(v.id, row) for v in members for row in v.tables[name]]
    columns: dict[str, list[Any]] = {"person_id": [person for person, _ in rows]}
    for column in _TABLES[name]:
        columns[column] = [_text(row.get(column)) for _, row in rows]
    return columns


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _answers(grouping: Grouping) -> Iterator[dict[str, Any]]:
    frame = grouping.to_frame()
    flags = grouping.flags()
    for i in range(len(grouping)):
        answer = {name: values[i] for name, values in frame.items()}
        met = answer["criteria"]
        left_open = int(grouping.answers.left_open[i])
        answer["criteria"] = None if met is None else _numbers(grouping.model.groups, int(met))
        answer["flags"] = sorted(name for name, values in flags.items() if values[i] and name != "not_knowable")
        answer["not_knowable"] = [] if met is None else _numbers(grouping.model.groups, left_open)
        yield answer


def _numbers(groups: Iterable[int], bits: int) -> list[int]:
    return [number for number in groups if bits >> (number - 1) & 1]


def _differences(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    for name, expected in expect.items():
        found = answer.get(name)
        wanted = expected
        if name == "flags":
            wanted = sorted(flag for flag in expected if flag != "not_knowable")
        if name == "not_knowable" and isinstance(expected, bool):
            found = bool(found)
        if found != wanted:
            yield f"{name}: expected {wanted!r}, found {found!r}"


def _read(file: Traversable | Path) -> Iterator[Vignette]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _wrong(f"the file is not UTF-8 text (byte {error.start + 1})", file.name, "TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        what, _, at = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", at)
        place = f"{file.name}, line {line[1] if line else len(text.splitlines())}"
        raise _wrong(f"bad TOML: {what}", place, "TOML 1.0") from None
    rows = values.get("vignette")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _wrong("there is no [[vignette]]", file.name, "a list of [[vignette]]")
    lines = [i for i, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*vignette\s*\]\]", line)]
    for i, row in enumerate(rows):
        # Written as one list, vignettes have no line of their own.
        yield _vignette(row, f"{file.name}, line {lines[i]}" if i < len(lines) else f"{file.name}, vignette {i + 1}")


def _vignette(row: Mapping[str, Any], place: str) -> Vignette:
    _known(row, _KEYS, place)
    for key in ("id", "story", "as_at", "person", "expect"):
        if key not in row:
            raise _wrong(f"the key {key!r} is missing", place, ", ".join(_KEYS))
    if type(row["as_at"]) is not datetime.date:
        raise _wrong("as_at is not a date", place, "a date such as 2026-03-31, without quotation marks")
    for key in ("id", "story", "tests"):
        if not isinstance(row.get(key, ""), str):
            raise _wrong(f"{key} is not a text", place, "text in quotation marks")
    for key in ("person", "expect"):
        if not isinstance(row[key], dict):
            raise _wrong(f"{key} is not a table", place, f"{key} = {{ key = value }}")
    _known(row["person"], _PERSON, place)
    tables: dict[str, tuple[Mapping[str, Any], ...]] = {"records": ()}
    for name in _TABLES:
        found = row.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise _wrong(f"{name} is not a list of tables", place, f"{name} = [{{ date = 2026-01-31 }}]")
        for each in found:
            _known(each, _TABLES[name], place)
        if name in row:
            tables[name] = tuple(found)
    if not {"need_group", "reason"} & row["expect"].keys():
        raise _wrong("nothing is expected", place, "need_group or reason")
    for key, kind in (("criteria", int), ("flags", str)):
        found = row["expect"].get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, kind) for each in found):
            raise _wrong(f"{key} is not a list of {_KIND_WORDS[kind]}", place, f"a list of {_KIND_WORDS[kind]}")
    return Vignette(
        row["id"],
        row["story"],
        row.get("tests", ""),
        row["as_at"],
        row["person"],
        tables,
        row["expect"],
        place,
    )


def _known(row: Mapping[str, Any], allowed: Iterable[str], place: str) -> None:
    allowed = list(allowed)
    for key in row:
        if key not in allowed:
            hint = did_you_mean(key, allowed)
            raise _wrong(f"there is no key {key!r}" + (f", {hint}" if hint else ""), place, ", ".join(allowed))


def _wrong(what: str, where: str, allowed: str) -> PngroupError:
    return ModelError(what, where=where, allowed=allowed, remedy="correct the vignette file")
