"""Reading a model file (TOML) into a `Model`; every error names file, place and what was allowed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..catalogue import Catalogue
from ..errors import ModelError, did_you_mean
from ..vocabulary import CodeSystem, NeedGroup
from .definition import (
    LINE_CLASSES,
    Episode,
    Flag,
    Line,
    Model,
    Resolution,
    Rule,
    Score,
    ScoreItem,
    Tally,
    ValueRange,
)
from .parsing import MOST_DAYS, MOST_MONTHS, parse
from .places import where_in
from .tree import Call, Choose, Node

_TOP: Final = (
    "model",
    "administrative",
    "resolved",
    "values",
    "sets",
    "lines",
    "tallies",
    "episodes",
    "scores",
    "measures",
    "groups",
    "flags",
)
_EPISODE_DAYS: Final = (
    "longest_days",
    "counts_after_delivery_days",
    "complications_after_delivery_days",
    "no_opening_after_delivery_days",
    "no_opening_after_loss_days",
)


class _Section:
    """A table of the file with its place: typed access, and an error for every key that is not known."""

    def __init__(self, values: object, place: str, file: _File) -> None:
        if not isinstance(values, Mapping):
            raise ModelError(
                "a table is expected",
                where=file.where(place),
                allowed="a TOML table",
                remedy="correct the file",
            )
        self.values = values
        self.place = place
        self.file = file

    def check(self, allowed: Sequence[str], required: Sequence[str] = ()) -> None:
        for key in self.values:
            if key not in allowed:
                hint = did_you_mean(key, allowed)
                raise self.error(f"there is no key {key!r}" + (f", {hint}" if hint else ""), ", ".join(allowed), key)
        for key in required:
            if key not in self.values:
                raise self.error(f"the key {key!r} is missing", ", ".join(allowed), None)

    def error(self, what: str, allowed: str, near: str | None) -> ModelError:
        where = self.file.where(self.place, near)
        return ModelError(what, where=where, allowed=allowed, remedy="correct the model file")

    def _typed(self, key: str, kind: type, word: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise self.error(f"{key} is not {word}", word, key)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._typed(key, str, "a text", default))

    def number(self, key: str, *, least: int = -MOST_DAYS, most: int = MOST_DAYS) -> int:
        number = int(self._typed(key, int, "a whole number", None))
        if not least <= number <= most:
            raise self.error(f"{key} is {number}", f"{least} to {most}", key)
        return number

    def words(self, key: str) -> tuple[str, ...]:
        values = self._typed(key, list, "a list of texts", [])
        if not all(isinstance(value, str) for value in values):
            raise self.error(f"{key} is not a list of texts", "a list of texts", key)
        return tuple(values)

    def expression(self, key: str) -> Node:
        return parse(self.text(key), where=self.file.where(f"{self.place}.{key}", key))


class _File:
    """A model file: its label for messages, and the line on which something stands."""

    def __init__(self, data: bytes, label: str) -> None:
        self.label = label
        try:
            self.text = data.decode("utf-8-sig")
            self.values: dict[str, Any] = tomllib.loads(self.text)
        except UnicodeDecodeError as error:
            raise ModelError(
                f"the file is not UTF-8 text (byte {error.start + 1})",
                where=label,
                allowed="TOML in UTF-8",
                remedy="save it as UTF-8",
            ) from None
        except tomllib.TOMLDecodeError as error:
            what, _, at = str(error).partition(" (at ")
            line = re.match(r"line (\d+)", at)
            raise ModelError(
                f"bad TOML: {what}",
                where=f"{label}, line {line[1] if line else len(self.text.splitlines())}",
                allowed="TOML 1.0",
                remedy="correct that line",
            ) from None

    def where(self, place: str, near: str | None = None) -> str:
        """File, line where it can be told, and the dotted place."""
        return where_in(self.text, self.label, place, near)

    def section(self, name: str) -> _Section:
        return _Section(self.values.get(name, {}), name, self)

    def tables(self, name: str) -> list[tuple[str, _Section]]:
        section = self.section(name)
        return [(key, _Section(value, f"{name}.{key}", self)) for key, value in section.values.items()]

    def rows(self, name: str) -> list[_Section]:
        values = self.values.get(name, [])
        if not isinstance(values, list):
            raise ModelError(
                f"{name} is not a list of tables",
                where=self.where("", name),
                allowed=f"[[{name}]]",
                remedy="correct the file",
            )
        return [_Section(value, f"{name}[{i}]", self) for i, value in enumerate(values, 1)]


def read_model(data: bytes, *, label: str, catalogue: Catalogue) -> Model:
    """The model in the bytes of a TOML file; `label` names the file in messages."""
    file = _File(data, label)
    _Section(file.values, "", file).check(_TOP, ("model", "groups"))
    head = file.section("model")
    head.check(
        ("name", "edition", "title", "catalogue", "texts", "sources", "outputs"),
        ("name", "edition", "catalogue"),
    )
    flags, short_history_months = _flags(file)
    return Model(
        name=head.text("name"),
        edition=head.text("edition"),
        title=head.text("title", ""),
        catalogue=head.text("catalogue"),
        texts=head.text("texts", ""),
        outputs=head.words("outputs"),
        administrative=_administrative(file),
        resolutions=tuple(_resolution(row) for row in file.rows("resolved")),
        sets={key: file.section("sets").words(key) for key in file.section("sets").values},
        lines={key: _line(key, section) for key, section in file.tables("lines")},
        tallies={key: _tally(key, section) for key, section in file.tables("tallies")},
        episodes={key: _episode(key, section) for key, section in file.tables("episodes")},
        scores={key: _score(key, section, catalogue) for key, section in file.tables("scores")},
        measures={key: file.section("measures").expression(key) for key in file.section("measures").values},
        rules=tuple(_rule(row) for row in file.rows("groups")),
        flags=flags,
        values={key: _value_range(section) for key, section in file.tables("values")},
        short_history_months=short_history_months,
        kinds={id_: condition.kind for id_, condition in catalogue.conditions.items()},
        ancestors={id_: condition.ancestors for id_, condition in catalogue.conditions.items()},
        fingerprint=hashlib.sha256(data).hexdigest(),
        place=label,
    )


def _administrative(file: _File) -> dict[CodeSystem, frozenset[str]]:
    section = file.section("administrative")
    section.check([system.value for system in CodeSystem])
    return {CodeSystem(key): frozenset(section.words(key)) for key in section.values}


def _value_range(section: _Section) -> ValueRange:
    section.check(("least", "most", "units", "decimals"), ("least", "most", "units"))
    return ValueRange(
        section.number("least"),
        section.number("most"),
        section.words("units"),
        section.number("decimals") if "decimals" in section.values else 0,
    )


def _resolution(section: _Section) -> Resolution:
    section.check(("condition", "by", "also", "keeps"), ("condition", "by"))
    return Resolution(section.text("condition"), section.text("by"), section.words("also"), section.words("keeps"))


def _line(key: str, section: _Section) -> Line:
    section.check(("system", "source", *LINE_CLASSES), ("system", "source"))
    classes = tuple((name, section.expression(name)) for name in LINE_CLASSES if name in section.values)
    if not classes:
        raise section.error("the line has no class", ", ".join(LINE_CLASSES), None)
    return Line(key, section.text("system"), classes, section.text("source"))


def _tally(key: str, section: _Section) -> Tally:
    return Tally(key, tuple((item, section.expression(item)) for item in section.values))


def _episode(key: str, section: _Section) -> Episode:
    codes = ("opens", "delivers", "loses")
    section.check((*codes, *_EPISODE_DAYS), (*codes, *_EPISODE_DAYS))
    days = {name: section.number(name, least=0) for name in _EPISODE_DAYS}
    return Episode(id=key, **{name: section.text(name) for name in codes}, **days)  # type: ignore[arg-type]


def _score(key: str, section: _Section, catalogue: Catalogue) -> Score:
    section.check(
        ("table", "name", "unit", "only", "weight", "with_medicines", "known_if", "available"),
        ("table", "name", "unit"),
    )
    table = section.text("table")
    if table not in catalogue.scores:
        raise section.error(f"there is no score table {table!r}", ", ".join(catalogue.scores), "table")
    weight, with_medicines = section.text("weight", "weight"), section.text("with_medicines", "")
    only = section.values.get("only", {})
    if not isinstance(only, dict):
        raise section.error("only is not a table", "only = { column = 'cell' }", "only")
    items = []
    for row in catalogue.scores[table]:
        _check_columns(section, table, row.cells, (weight, with_medicines, *only))
        if any(row.cells[column] != value for column, value in only.items()):
            continue
        when = parse(row.cells["when"], where=f"{row.place}, column when") if row.cells["when"] else None
        if with_medicines and row.cells[with_medicines] and when is not None:
            prescribed = parse(row.cells[with_medicines], where=f"{row.place}, column {with_medicines}")
            when = Choose(Call("given", ("medicines",)), prescribed, when)
        items.append(
            ScoreItem(
                id=row.id,
                name=row.cells["name"],
                weight=int(row.cells[weight]),
                when=when,
                highest_of=row.cells.get("highest_of", ""),
                source=row.cells["source"],
                place=row.place,
            )
        )
    return Score(
        id=key,
        name=section.text("name"),
        unit=section.text("unit"),
        items=tuple(items),
        known_if=section.expression("known_if") if "known_if" in section.values else None,
        available=section.text("available") if "available" in section.values else None,
    )


def _check_columns(section: _Section, table: str, cells: Mapping[str, str], columns: Sequence[str]) -> None:
    for column in columns:
        if column and column not in cells:
            raise section.error(f"{table} has no column {column!r}", ", ".join(cells), None)
    if not columns[0].startswith("weight"):
        weights = ", ".join(column for column in cells if column.startswith("weight"))
        raise section.error(f"the column {columns[0]!r} holds no weights", weights, "weight")


def _rule(section: _Section) -> Rule:
    section.check(("number", "when", "otherwise"), ("number",))
    otherwise = section.values.get("otherwise", False)
    if not isinstance(otherwise, bool) or ("when" in section.values) == otherwise:
        raise section.error("a group has either `when` or `otherwise = true`", "when, or otherwise = true", "number")
    number = section.number("number", least=min(NeedGroup), most=max(NeedGroup))
    return Rule(number, section.expression("when") if "when" in section.values else None)


def _flags(file: _File) -> tuple[tuple[Flag, ...], int]:
    flags, months = [], 0
    for key, section in file.tables("flags"):
        if key == "short_history":
            section.check(("months",), ("months",))
            months = section.number("months", least=0, most=MOST_MONTHS)
            continue
        section.check(("when", "groups"), ("when",))
        groups = section.values.get("groups", [])
        if not isinstance(groups, list) or not all(type(group) is int for group in groups):
            raise section.error("groups is not a list of group numbers", "a list of numbers", "groups")
        flags.append(Flag(key, section.expression("when"), tuple(groups)))
    return tuple(flags), months
