"""Vignettes: short patient stories with the expected answer, read from TOML."""

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

from ..editions import data
from ..errors import ModelError, PngroupError, UsageError, did_you_mean

#: The tables that a vignette may have, with their columns.
TABLES: Final = {
    "records": ("code", "system", "date", "status", "setting", "position"),
    "contacts": ("date", "setting"),
    "medicines": ("code", "system", "date"),
    "values": ("code", "system", "date", "value", "unit"),
}
PERSON: Final = (
    "birth_date", "age", "sex", "registered_from", "registered_to", "died_on", "excluded_reason",
)  # fmt: skip
_KEYS: Final = ("id", "story", "tests", "options", "as_at", "person", *TABLES, "expect")
_OPTIONS: Final = ("order", "registers", "without", "history_months")
_ABOUT_FILE: Final = ("title", "model", "about")
_LISTS: Final = {"criteria": int, "flags": str, "registers": str}
_KIND_WORDS: Final = {int: "numbers", str: "texts"}
_DEFAULT_MODEL: Final = "need-groups"


@frozen
class Vignette:
    """One story: who, what is recorded, on which day, and what is expected. `place` is file and line.

    `model` is the one that its file was written for, `options` what was chosen of it (`order`, `registers`, ...).
    """

    id: str
    story: str
    tests: str
    as_at: datetime.date
    person: Mapping[str, Any] = field(repr=False)
    tables: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    expect: Mapping[str, Any] = field(repr=False)
    place: str
    model: str = _DEFAULT_MODEL
    options: Mapping[str, Any] = field(factory=dict, repr=False)


def read_vignettes(path: str | os.PathLike[str] | None = None) -> list[Vignette]:
    """The vignettes of a TOML file or of all TOML files of a folder; without a path those that ship.

    Raises `UsageError` for what is no path and for a path without vignette files, `ModelError` (file and line) for a
    file that is not right.
    """
    vignettes = [vignette for file in _files(path) for vignette in _read(file)]
    seen: dict[str, Vignette] = {}
    for vignette in vignettes:
        if vignette.id in seen:
            raise wrong(f"the id {vignette.id!r} is repeated", vignette.place, "each id once")
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


def _read(file: Traversable | Path) -> Iterator[Vignette]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise wrong(f"the file is not UTF-8 text (byte {error.start + 1})", file.name, "TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        what, _, at = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", at)
        place = f"{file.name}, line {line[1] if line else len(text.splitlines())}"
        raise wrong(f"bad TOML: {what}", place, "TOML 1.0") from None
    rows = values.get("vignette")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise wrong("there is no [[vignette]]", file.name, "a list of [[vignette]]")
    about = values.get("file", {})
    if not isinstance(about, dict) or not all(isinstance(value, str) for value in about.values()):
        raise wrong("file is not a table of texts", file.name, "[file] with title, model and about")
    known_keys(about, _ABOUT_FILE, f"{file.name}, file")
    lines = [i for i, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*vignette\s*\]\]", line)]
    for i, row in enumerate(rows):
        # Written as one list, vignettes have no line of their own.
        place = f"{file.name}, line {lines[i]}" if i < len(lines) else f"{file.name}, vignette {i + 1}"
        yield _vignette(row, place, about.get("model", _DEFAULT_MODEL))


def _vignette(row: Mapping[str, Any], place: str, model: str) -> Vignette:
    known_keys(row, _KEYS, place)
    for key in ("id", "story", "as_at", "person", "expect"):
        if key not in row:
            raise wrong(f"the key {key!r} is missing", place, ", ".join(_KEYS))
    if type(row["as_at"]) is not datetime.date:
        raise wrong("as_at is not a date", place, "a date such as 2026-03-31, without quotation marks")
    for key in ("id", "story", "tests"):
        if not isinstance(row.get(key, ""), str):
            raise wrong(f"{key} is not a text", place, "text in quotation marks")
    for key in ("person", "expect", "options"):
        if not isinstance(row.get(key, {}), dict):
            raise wrong(f"{key} is not a table", place, f"{key} = {{ key = value }}")
    known_keys(row["person"], PERSON, place)
    known_keys(row.get("options", {}), _OPTIONS, f"{place}, options")
    tables: dict[str, tuple[Mapping[str, Any], ...]] = {"records": ()}
    for name in TABLES:
        found = row.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise wrong(f"{name} is not a list of tables", place, f"{name} = [{{ date = 2026-01-31 }}]")
        for each in found:
            known_keys(each, TABLES[name], place)
        if name in row:
            tables[name] = tuple(found)
    for key, kind in _LISTS.items():
        found = row["expect"].get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, kind) for each in found):
            raise wrong(f"{key} is not a list of {_KIND_WORDS[kind]}", place, f"a list of {_KIND_WORDS[kind]}")
    return Vignette(
        row["id"],
        row["story"],
        row.get("tests", ""),
        row["as_at"],
        row["person"],
        tables,
        row["expect"],
        place,
        model,
        row.get("options", {}),
    )


def known_keys(row: Mapping[str, Any], allowed: Iterable[str], place: str) -> None:
    """Refuse a key that is not allowed."""
    allowed = list(allowed)
    for key in row:
        if key not in allowed:
            hint = did_you_mean(key, allowed)
            raise wrong(f"there is no key {key!r}" + (f", {hint}" if hint else ""), place, ", ".join(allowed))


def wrong(what: str, where: str, allowed: str) -> PngroupError:
    """The error of a vignette file that is not right."""
    return ModelError(what, where=where, allowed=allowed, remedy="correct the vignette file")
