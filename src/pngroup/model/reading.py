"""Reading a model file (TOML) into a `Model`; every error names file, place and what was allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from ..catalogue import Catalogue
from ..errors import UsageError
from ..vocabulary import CodeSystem
from .definition import (
    LINE_CLASSES,
    NEED_GROUP,
    Episode,
    Flag,
    Line,
    Model,
    Resolution,
    Score,
    ScoreItem,
    Tally,
    ValueRange,
)
from .filtering import with_filters, with_history_of
from .parsing import MOST_MONTHS, parse
from .reading_registers import read_combinations, read_filters, read_groups, read_registers
from .registers import Choices
from .sections import File, Section
from .tree import Call, Choose

AS_IN_THE_FILE: Final = Choices()

_TOP: Final = (
    "model",
    "administrative",
    "resolved",
    "values",
    "sets",
    "lines",
    "tallies",
    "episodes",
    "filters",
    "registers",
    "combinations",
    "facts",
    "orders",
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


_HEAD: Final = (
    "name",
    "edition",
    "title",
    "catalogue",
    "texts",
    "sources",
    "outputs",
    "result",
    "unknown",
    "where",
    "history_months",
    "order",
    "registers",
)


def read_model(data: bytes, *, label: str, catalogue: Catalogue, choices: Choices = AS_IN_THE_FILE) -> Model:
    """The model in the bytes of a TOML file, with what was chosen of it; `label` names the file in messages."""
    file = File(data, label)
    Section(file.values, "", file).check(_TOP, ("model", "groups"))
    head = file.section("model")
    head.check(_HEAD, ("name", "edition", "catalogue"))
    choices = _differing(choices, head, file)
    history_months = _history_months(head, choices)
    rules, beside, orders = read_groups(file, choices)
    registers, register_rules, lists = read_registers(file, choices, head.text("registers", ""))
    score_filters = {key: section.text("where", "") for key, section in file.tables("scores")}
    episode_filters = {key: section.text("where", "") for key, section in file.tables("episodes")}
    flags, short_history_months = _flags(file)
    model = Model(
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
        rules=rules,
        beside=beside,
        flags=flags,
        registers=registers,
        lists=lists,
        register_rules=register_rules,
        combinations=read_combinations(file),
        facts={key: file.section("facts").text(key) for key in file.section("facts").values},
        filters=read_filters(file),
        orders=orders,
        choices=choices,
        result=head.text("result", NEED_GROUP),
        # Nothing is recorded that meets any criterion of the group of all others: that is no sign of health.
        unknown=head.numbers("unknown") if "unknown" in head.values else tuple(rule.group for rule in rules[-1:]),
        values={key: _value_range(section) for key, section in file.tables("values")},
        short_history_months=short_history_months,
        kinds={id_: condition.kind for id_, condition in catalogue.conditions.items()},
        ancestors={id_: condition.ancestors for id_, condition in catalogue.conditions.items()},
        fingerprint=_fingerprint(data, choices),
        place=label,
    )
    model = with_filters(model, head.text("where", ""), score_filters, episode_filters)
    return model if history_months is None else with_history_of(model, history_months)


def _differing(choices: Choices, head: Section, file: File) -> Choices:
    """The choices that differ from those of the file: whoever names these has chosen nothing."""
    order = head.text("order", "") or next(iter(file.section("orders").values), "")
    return Choices(
        "" if choices.order == order else choices.order,
        "" if choices.registers == head.text("registers", "") else choices.registers,
        choices.without,
        None if choices.history_months == head.values.get("history_months") else choices.history_months,
    )


def _fingerprint(data: bytes, choices: Choices) -> str:
    chosen = "".join(f"\n{name}={text}" for name, text in choices.texts().items())
    return hashlib.sha256(data + chosen.encode()).hexdigest()


def _history_months(head: Section, choices: Choices) -> int | None:
    if choices.history_months is None:
        return head.number("history_months", least=1, most=MOST_MONTHS) if "history_months" in head.values else None
    if type(choices.history_months) is not int or not 1 <= choices.history_months <= MOST_MONTHS:
        raise UsageError(
            f"history_months is {choices.history_months!r}",
            where="argument history_months",
            allowed=f"whole numbers from 1 to {MOST_MONTHS}",
            remedy="give the number of months that records count",
        )
    return choices.history_months


def _administrative(file: File) -> dict[CodeSystem, frozenset[str]]:
    section = file.section("administrative")
    section.check([system.value for system in CodeSystem])
    return {CodeSystem(key): frozenset(section.words(key)) for key in section.values}


def _value_range(section: Section) -> ValueRange:
    section.check(("least", "most", "units", "decimals"), ("least", "most", "units"))
    return ValueRange(
        section.number("least"),
        section.number("most"),
        section.words("units"),
        section.number("decimals") if "decimals" in section.values else 0,
    )


def _resolution(section: Section) -> Resolution:
    section.check(("condition", "by", "also", "keeps"), ("condition", "by"))
    return Resolution(section.text("condition"), section.text("by"), section.words("also"), section.words("keeps"))


def _line(key: str, section: Section) -> Line:
    section.check(("system", "source", *LINE_CLASSES), ("system", "source"))
    classes = tuple((name, section.expression(name)) for name in LINE_CLASSES if name in section.values)
    if not classes:
        raise section.error("the line has no class", ", ".join(LINE_CLASSES), None)
    return Line(key, section.text("system"), classes, section.text("source"))


def _tally(key: str, section: Section) -> Tally:
    return Tally(key, tuple((item, section.expression(item)) for item in section.values))


def _episode(key: str, section: Section) -> Episode:
    codes = ("opens", "delivers", "loses")
    both = ("discharges", "longest_days_to_discharge")
    section.check((*codes, *_EPISODE_DAYS, *both, "where"), (*codes, *_EPISODE_DAYS))
    if (both[0] in section.values) != (both[1] in section.values):
        raise section.error(f"{both[0]} and {both[1]} belong together", "both, or neither", None)
    days = {name: section.number(name, least=0) for name in _EPISODE_DAYS}
    to_discharge = section.number(both[1], least=days["longest_days"]) if both[1] in section.values else 0
    return Episode(
        id=key,
        opens=section.text("opens"),
        delivers=section.text("delivers"),
        loses=section.text("loses"),
        **days,
        discharges=section.text("discharges", ""),
        longest_days_to_discharge=to_discharge,
    )


def _score(key: str, section: Section, catalogue: Catalogue) -> Score:
    section.check(
        ("table", "name", "unit", "only", "weight", "with_medicines", "known_if", "available", "where"),
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


def _check_columns(section: Section, table: str, cells: Mapping[str, str], columns: Sequence[str]) -> None:
    for column in columns:
        if column and column not in cells:
            raise section.error(f"{table} has no column {column!r}", ", ".join(cells), None)
    if not columns[0].startswith("weight"):
        weights = ", ".join(column for column in cells if column.startswith("weight"))
        raise section.error(f"the column {columns[0]!r} holds no weights", weights, "weight")


def _flags(file: File) -> tuple[tuple[Flag, ...], int]:
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
