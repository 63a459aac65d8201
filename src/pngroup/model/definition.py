"""What a model is: lines, tallies, episodes, scores, measures, rules in order of precedence, flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from attrs import field, frozen

from ..dates import window_start
from ..vocabulary import CodeSystem
from .primitives import ANY_CONTACT, ANY_MEDICINE, CONTACT_PREFIX
from .registers import FILTERED, Choices, Combination, RecordFilter, Register, base_of, filter_of
from .tree import Call, Node, calls

#: Classes of long-term condition lines, lowest first. 0 stands for absent.
LINE_CLASSES: Final = ("other", "moderate", "major")

#: What the column with the group is called unless the model says otherwise.
NEED_GROUP: Final = "need_group"
#: Columns that every result has beside the group, and `criterion_1` and so on: of a model nothing may be called so.
RESULT_COLUMNS: Final = (
    "person_id",
    "need_tier",
    "rag",
    "reason",
    "criteria",
    "short_history",
    "age_imputed",
    "not_knowable",
)


@frozen
class Line:
    """A long-term condition line: one body system, and for each class the expression that gives it that class."""

    id: str
    system: str
    classes: tuple[tuple[str, Node], ...]
    source: str


@frozen
class Tally:
    """Things that are counted together: an expression for each item."""

    id: str
    items: tuple[tuple[str, Node], ...]


@frozen
class Episode:
    """An episode that one set of codes opens and others close; spans in days, half-open.

    Without anything that closes it an episode runs `longest_days`. One that a code of `discharges` closes may have run
    `longest_days_to_discharge`, and counts until the end of that day.
    """

    id: str
    opens: str
    delivers: str
    loses: str
    longest_days: int
    counts_after_delivery_days: int
    complications_after_delivery_days: int
    no_opening_after_delivery_days: int
    no_opening_after_loss_days: int
    discharges: str = ""
    longest_days_to_discharge: int = 0

    @property
    def conditions(self) -> tuple[str, ...]:
        """What opens and closes it."""
        return tuple(name for name in (self.opens, self.delivers, self.loses, self.discharges) if name)


@frozen
class ScoreItem:
    """An item of a score; `when` is None where our codes cannot tell. Of items that share `highest_of`, one counts."""

    id: str
    name: str
    weight: int
    when: Node | None
    highest_of: str
    source: str
    place: str


@frozen
class Score:
    """A weighted sum of items. Unknown unless `known_if` is true; `available` names the count of knowable items."""

    id: str
    name: str
    unit: str
    items: tuple[ScoreItem, ...]
    known_if: Node | None
    available: str | None


@frozen
class Resolution:
    """`by`, recorded later than the last `condition` (and `also`), ends it and what is nested in it but `keeps`."""

    condition: str
    by: str
    also: tuple[str, ...]
    keeps: tuple[str, ...]


@frozen
class Rule:
    """The criterion of one group; `when` is None for the last, which takes everybody left.

    `name` and `id` are empty where a scheme names the groups.
    """

    group: int
    when: Node | None
    name: str = ""
    id: str = ""


@frozen
class Flag:
    """A flag beside the group, only for `groups` where some are named."""

    id: str
    when: Node
    groups: tuple[int, ...]


@frozen
class ValueRange:
    """Which numbers and units (lower case) a value may have; anything else is counted and not used.

    A value is rounded to `decimals` places (without any, only whole numbers are allowed); inside it is a whole number
    in units of the last of them.
    """

    least: int
    most: int
    units: tuple[str, ...]
    decimals: int = 0


@frozen
class Model:
    """A model as read and checked. Mappings keep the order of the file.

    `kinds` and `ancestors` are what the catalogue says of each condition. `rules` decide the group, in order of
    precedence; the criteria of `beside` are told and never decide. `result` is the name of the column with the group.
    `facts`: flags that stand in the facts of a star schema, by their columns there.
    `unknown`: groups of people of whom too little is known to say that they need little.
    `register_rules` has the expression of each register,
    `lists` has the registers of each list, those of all editions and left out ones among them.
    """

    name: str
    edition: str
    title: str
    catalogue: str
    texts: str
    outputs: tuple[str, ...]
    administrative: Mapping[CodeSystem, frozenset[str]] = field(repr=False)
    resolutions: tuple[Resolution, ...] = field(repr=False)
    sets: Mapping[str, tuple[str, ...]] = field(repr=False)
    lines: Mapping[str, Line] = field(repr=False)
    tallies: Mapping[str, Tally] = field(repr=False)
    episodes: Mapping[str, Episode] = field(repr=False)
    scores: Mapping[str, Score] = field(repr=False)
    measures: Mapping[str, Node] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    beside: tuple[Rule, ...] = field(repr=False)
    flags: tuple[Flag, ...] = field(repr=False)
    registers: Mapping[str, Register] = field(repr=False)
    lists: Mapping[str, tuple[str, ...]] = field(repr=False)
    register_rules: Mapping[str, Node] = field(repr=False)
    combinations: tuple[Combination, ...] = field(repr=False)
    facts: Mapping[str, str] = field(repr=False)
    filters: Mapping[str, RecordFilter] = field(repr=False)
    orders: Mapping[str, tuple[int, ...]] = field(repr=False)
    choices: Choices = field(repr=False)
    result: str
    unknown: tuple[int, ...]
    values: Mapping[str, ValueRange] = field(repr=False)
    short_history_months: int
    kinds: Mapping[str, str] = field(repr=False)
    ancestors: Mapping[str, tuple[str, ...]] = field(repr=False)
    fingerprint: str
    place: str

    @property
    def groups(self) -> tuple[int, ...]:
        """Group numbers in order of precedence."""
        return tuple(rule.group for rule in self.rules)

    @property
    def criteria(self) -> tuple[Rule, ...]:
        """Every criterion, those that decide first."""
        return (*self.rules, *self.beside)

    @property
    def group_names(self) -> dict[int, str]:
        """The model's own names of its groups, by number; empty where a scheme names them."""
        return {rule.group: rule.name for rule in self.criteria if rule.name}

    def members(self, name: str) -> tuple[str, ...]:
        """The conditions of a set, or the condition itself; of a filtered set its conditions, filtered."""
        base, at, chosen = name.partition(FILTERED)
        if not at:
            return self.sets.get(name, (name,))
        found = self.sets.get(base, (base,))
        return tuple(each + at + chosen if self.feed_of(each) == "records" else each for each in found)

    def registers_of(self, name: str) -> tuple[str, ...]:
        """The registers of a list, in the order of the file."""
        return tuple(register.id for register in self.registers.values() if name in register.lists)

    def families_of(self, name: str) -> tuple[tuple[str, ...], ...]:
        """The registers of a list, those together that count once."""
        families: dict[str, list[str]] = {}
        for register in self.registers_of(name):
            families.setdefault(self.registers[register].counts_as, []).append(register)
        return tuple(map(tuple, families.values()))

    def expressions(self) -> Iterator[Node]:
        """Every expression of the model."""
        for line in self.lines.values():
            yield from (node for _, node in line.classes)
        for tally in self.tallies.values():
            yield from (node for _, node in tally.items)
        for score in self.scores.values():
            yield from (item.when for item in score.items if item.when is not None)
            if score.known_if is not None:
                yield score.known_if
        yield from self.measures.values()
        yield from self.register_rules.values()
        yield from (rule.when for rule in self.criteria if rule.when is not None)
        yield from (flag.when for flag in self.flags)

    def calls(self) -> Iterator[Call]:
        """Every evidence primitive of the model."""
        for node in self.expressions():
            yield from calls(node)

    @property
    def asks_from_birth(self) -> bool:
        """Whether something counts from the birth day itself on."""
        return any(call.option("min_age") == 0 for call in self.calls())

    def feed_of(self, name: str) -> str:
        """The feed that evidence for a condition comes from."""
        name = base_of(name)
        if name == ANY_CONTACT or name.startswith(CONTACT_PREFIX):
            return "contacts"
        if name == ANY_MEDICINE or self.kinds.get(name) == "medicine":
            return "medicines"
        return "values" if self.kinds.get(name) == "value" else "records"

    def feeds_of(self, call: Call) -> frozenset[str]:
        """The feeds without which a primitive on conditions cannot be answered."""
        return frozenset(self.feed_of(member) for name in condition_names(call) for member in self.members(name))

    def below(self, call: Call) -> tuple[Node, ...]:
        """The expressions that a primitive on lines or tallies rests on."""
        match call.function:
            case "line":
                return tuple(node for _, node in self.lines[call.names[0]].classes)
            case "count_lines" | "count_systems":
                return tuple(node for line in self.lines.values() for _, node in line.classes)
            case "n" | "span_days":
                return tuple(node for _, node in self.tallies[call.names[0]].items)
            case "register":
                return (self.register_rules[call.names[0]],)
            case "any_register" | "count_registers":
                return tuple(self.register_rules[each] for each in self.registers_of(call.names[0]))
            case _:
                return ()

    def endings_of(self, condition: str) -> tuple[Resolution, ...]:
        """The resolutions that can end a condition: its own, and those of what it is nested in."""
        condition = base_of(condition)
        over = (condition, *self.ancestors.get(condition, ()))
        return tuple(r for r in self.resolutions if r.condition in over and condition not in r.keeps)

    @cached_property
    def conditions_used(self) -> frozenset[str]:
        """Every condition that any answer can depend on."""
        used: set[str] = set()
        for call in self.calls():
            for name in condition_names(call):
                used.update(self.members(name))
        for resolution in self.resolutions:
            used.update((resolution.condition, resolution.by, *resolution.also, *resolution.keeps))
        for episode in self.episodes.values():
            for name in episode.conditions:
                used.update(self.members(name))
        return frozenset(used)

    @cached_property
    def filters_used(self) -> dict[str, tuple[str, ...]]:
        """The conditions that are asked for through each filter, by filter."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.conditions_used):
            if filter_of(name):
                found.setdefault(filter_of(name), []).append(base_of(name))
        return {name: tuple(conditions) for name, conditions in found.items()}

    @cached_property
    def asked_for_days(self) -> frozenset[str]:
        """Conditions of which more is asked than the last day up to the index date."""
        asked: set[str] = set()
        in_tallies = [each for tally in self.tallies.values() for _, node in tally.items for each in calls(node)]
        for call in (*self.calls(), *in_tallies):
            is_last_day = call.function in ("ever", "within") and call.option("min_age") is None
            if not is_last_day or call in in_tallies:
                for name in condition_names(call):
                    asked.update(self.members(name))
        for episode in self.episodes.values():
            for name in episode.conditions:
                asked.update(self.members(name))
        return frozenset(asked)

    def earliest_counted(self, as_at: int) -> int:
        """The day after which medicines can count at an index date or later."""
        windows = [
            window_start(as_at, months=call.option("months"), days=call.option("days"))
            for call in self.calls()
            if call.function == "count_distinct"
        ]
        return min(windows, default=as_at)


def condition_names(call: Call) -> tuple[str, ...]:
    """Those names of a call that stand for conditions or sets of them."""
    match call.function:
        case "ever" | "within" | "on_dates" | "count_days" | "latest_grade" | "count_distinct" | "latest":
            return call.names
        case "during":
            return call.names[1:]
        case _:
            return ()
