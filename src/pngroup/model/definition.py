"""What a model is: lines, tallies, episodes, scores, measures, rules in order of precedence, flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from attrs import field, frozen

from ..dates import window_start
from ..vocabulary import CodeSystem
from .primitives import ANY_CONTACT, ANY_MEDICINE, CONTACT_PREFIX
from .tree import Call, Node, calls

#: Classes of long-term condition lines, lowest first. 0 stands for absent.
LINE_CLASSES: Final = ("other", "moderate", "major")

#: Columns that every result has, and `criterion_1` and so on: no output and no flag of a model may be called so.
RESULT_COLUMNS: Final = (
    "person_id",
    "need_group",
    "need_group_name",
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
    """An episode that one set of codes opens and others close (pregnancy); spans in days, half-open."""

    id: str
    opens: str
    delivers: str
    loses: str
    longest_days: int
    counts_after_delivery_days: int
    complications_after_delivery_days: int
    no_opening_after_delivery_days: int
    no_opening_after_loss_days: int


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
    """The criterion of one group; `when` is None for the last, which takes everybody left."""

    group: int
    when: Node | None


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

    `kinds` and `ancestors` are what the catalogue says of each condition.
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
    flags: tuple[Flag, ...] = field(repr=False)
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

    def members(self, name: str) -> tuple[str, ...]:
        """The conditions of a set, or the condition itself."""
        return self.sets.get(name, (name,))

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
        yield from (rule.when for rule in self.rules if rule.when is not None)
        yield from (flag.when for flag in self.flags)

    def calls(self) -> Iterator[Call]:
        """Every evidence primitive of the model."""
        for node in self.expressions():
            yield from calls(node)

    def feed_of(self, name: str) -> str:
        """The feed that evidence for a condition comes from."""
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
            case _:
                return ()

    def endings_of(self, condition: str) -> tuple[Resolution, ...]:
        """The resolutions that can end a condition: its own, and those of what it is nested in."""
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
            used.update((episode.opens, episode.delivers, episode.loses))
        return frozenset(used)

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
            for name in (episode.opens, episode.delivers, episode.loses):
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
