"""Reading the parts of a model file that name people and records: filters, registers, combinations, groups, orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from ..errors import UsageError, did_you_mean
from ..vocabulary import CodeSystem, NeedGroup, Setting
from .definition import Rule
from .registers import Choices, Combination, RecordFilter, Register
from .sections import File, Section
from .tree import Node

#: Groups with names of their own may have numbers up to this: a criterion is one bit of 64.
_MOST: Final = 62
_SETTINGS: Final = tuple(setting.value for setting in Setting)
_SYSTEMS: Final = tuple(system.value for system in CodeSystem)


def read_filters(file: File) -> dict[str, RecordFilter]:
    """The filters by id."""
    return {key: _filter(key, section) for key, section in file.tables("filters")}


def _filter(key: str, section: Section) -> RecordFilter:
    section.check(("name", "settings", "systems", "main_only", "unknown"), ("name",))
    if key == "any" or not key.isidentifier():
        raise section.error(f"a filter is called {key!r}", "a name of its own; any stands for no filter", None)
    settings = section.words_of("settings", _SETTINGS)
    main_only = section.truth("main_only", default=False)
    if (settings or main_only) and "unknown" not in section.values:
        raise section.error(
            "the filter does not say whether records pass of which it is not known", "unknown = true or false", None
        )
    return RecordFilter(
        id=key,
        name=section.text("name"),
        settings=tuple(map(Setting, settings)),
        systems=tuple(map(CodeSystem, section.words_of("systems", _SYSTEMS))),
        main_only=main_only,
        unknown=section.truth("unknown", default=True),
    )


def read_registers(
    file: File, choices: Choices, default_edition: str
) -> tuple[dict[str, Register], dict[str, Node], dict[str, tuple[str, ...]]]:
    """The registers of the edition chosen, the expression of each, by id, and the lists of all editions."""
    found: dict[str, Register] = {}
    rules: dict[str, Node] = {}
    editions: set[str] = set()
    every = [key for key, _ in file.tables("registers")]
    for key, section in file.tables("registers"):
        register = _register(key, section)
        editions.update(register.editions)
        found[key], rules[key] = register, section.expression("when")
    edition = choices.registers or default_edition
    if edition and edition not in editions:
        raise UsageError(
            f"there is no edition {edition!r} of the registers of this model",
            where="argument registers",
            allowed=", ".join(sorted(editions)) or "the model's registers have no editions",
            remedy="name one of these",
        )
    for name in choices.without:
        if name not in every:
            hint = did_you_mean(name, every)
            raise UsageError(
                f"the model has no register {name!r}" + (f", {hint}" if hint else ""),
                where="argument without (registers)",
                allowed=f"{len(every)} registers of the model" if every else "the model has no registers",
                remedy="correct the name",
            )
    kept = {
        key: register
        for key, register in found.items()
        if key not in choices.without and (not edition or not register.editions or edition in register.editions)
    }
    # What was left out is nobody's family.
    heads = {register.counts_as for register in kept.values()} - kept.keys()
    for head in heads & found.keys():
        first = next(register.id for register in kept.values() if register.counts_as == head)
        kept = {
            key: evolve(register, counts_as=first) if register.counts_as == head else register
            for key, register in kept.items()
        }
    names = dict.fromkeys(name for register in found.values() for name in register.lists)
    lists = {name: tuple(key for key, register in found.items() if name in register.lists) for name in names}
    return kept, {key: rules[key] for key in kept}, lists


def _register(key: str, section: Section) -> Register:
    allowed = ("name", "code", "dataset_name", "lists", "counts_as", "editions", "source", "when")
    section.check(allowed, ("name", "lists", "when"))
    return Register(
        id=key,
        name=section.text("name"),
        code=section.text("code", key),
        dataset_name=section.text("dataset_name", key),
        lists=section.words("lists"),
        counts_as=section.text("counts_as", key),
        editions=section.words("editions"),
        source=section.text("source", ""),
    )


def read_combinations(file: File) -> tuple[Combination, ...]:
    """The combinations, in the order of the file."""
    return tuple(_combination(key, section) for key, section in file.tables("combinations"))


def _combination(key: str, section: Section) -> Combination:
    section.check(("name", "registers", "flags", "none", "id_column", "table", "with_group", "breakdown", "lookup"))
    flags = section.values.get("flags", {})
    is_mapping = isinstance(flags, Mapping) and all(isinstance(text, str) for text in flags.values())
    if not is_mapping or bool(flags) == ("registers" in section.values):
        raise section.error(
            "a combination is neither of registers nor of flags",
            "registers = 'list', or flags = { flag = 'code' }",
            "flags",
        )
    return Combination(
        id=key,
        name=section.text("name", key),
        registers=section.text("registers", ""),
        flags=dict(flags),
        none=section.text("none", "none"),
        id_column=section.text("id_column", f"{key}_id"),
        table=section.text("table", f"dim_{key}"),
        with_group=section.truth("with_group", default=False),
        breakdown=section.text("breakdown", ""),
        lookup=section.text("lookup", ""),
    )


def read_groups(file: File, choices: Choices) -> tuple[tuple[Rule, ...], tuple[Rule, ...], dict[str, tuple[int, ...]]]:
    """The rules in the order chosen, the criteria that do not decide, and all orders by name."""
    rules = tuple(_rule(row) for row in file.rows("groups"))
    orders = _orders(file, [rule.group for rule in rules])
    named = choices.order or file.section("model").text("order", "") or next(iter(orders), "")
    if named and named not in orders:
        hint = did_you_mean(named, orders)
        raise UsageError(
            f"the model has no order {named!r}" + (f", {hint}" if hint else ""),
            where="argument order",
            allowed=", ".join(orders) or "the model has one order only",
            remedy="name one of these",
        )
    if not named:
        return rules, (), orders
    of_group = {rule.group: rule for rule in rules}
    ordered = tuple(of_group[group] for group in orders[named])
    return ordered, tuple(rule for rule in rules if rule.group not in orders[named]), orders


def _orders(file: File, groups: list[int]) -> dict[str, tuple[int, ...]]:
    section = file.section("orders")
    found: dict[str, tuple[int, ...]] = {}
    for name, order in section.values.items():
        good = isinstance(order, list) and all(type(each) is int and each in groups for each in order)
        if not good or not order or len(set(order)) < len(order):
            raise section.error(
                f"the order {name!r} is not a list of different groups", ", ".join(map(str, groups)), name
            )
        found[name] = tuple(order)
    return found


def _rule(section: Section) -> Rule:
    section.check(("number", "id", "name", "when", "otherwise"), ("number",))
    otherwise = section.values.get("otherwise", False)
    if not isinstance(otherwise, bool) or ("when" in section.values) == otherwise:
        raise section.error("a group has either `when` or `otherwise = true`", "when, or otherwise = true", "number")
    has_name = "name" in section.values
    # Without a name of its own a group is one of those that a scheme names.
    number = section.number("number", least=1, most=_MOST if has_name else max(NeedGroup))
    return Rule(
        number,
        section.expression("when") if "when" in section.values else None,
        section.text("name", ""),
        section.text("id", ""),
    )
