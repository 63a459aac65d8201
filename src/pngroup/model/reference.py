"""The reference interpreter: one person, plain Python, slow and obvious.

It is the oracle that every fast route is held to, and it makes the explanations. It reads the same model as they do
and shares no arithmetic with them: dates are `datetime.date`, truths are True, False and None (unknown).
"""

from __future__ import annotations

import calendar
import datetime
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from attrs import field, frozen

from .definition import LINE_CLASSES, Model, Score
from .primitives import ANY_MEDICINE
from .reference_episodes import Span, spans_of
from .tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number, Or, Text, calls

Value: TypeAlias = bool | int | str | None

_OPERATORS: Final[dict[str, Callable[[int, int], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@frozen
class Fact:
    """One record of a person that is evidence: what it means, when, and which row of the input it was."""

    conditions: frozenset[str]
    date: datetime.date
    row: int = -1


@frozen
class PersonFacts:
    """Everything about one person that an answer can depend on.

    `birth` is the birth date that ages on earlier days are reckoned from. `medicines` are (medicine, date),
    `values` are (condition, date, value). `feeds` are the tables that were given.
    """

    age: int
    birth: datetime.date
    sex: str
    facts: tuple[Fact, ...] = ()
    medicines: tuple[tuple[str, datetime.date], ...] = ()
    values: tuple[tuple[str, datetime.date, int], ...] = ()
    feeds: frozenset[str] = frozenset({"records"})
    has_exact_birth: bool = True


@frozen
class Answer:
    """What the model says of one person: group, each criterion and register (None: not knowable), measures, flags."""

    group: int
    criteria: Mapping[int, bool | None]
    measures: Mapping[str, int | None]
    flags: Mapping[str, bool]
    not_knowable: tuple[int, ...]
    registers: Mapping[str, bool | None] = field(factory=dict)


def interpret(model: Model, person: PersonFacts, as_at: datetime.date) -> Answer:
    """The answer of the model for one person at the end of `as_at`."""
    reading = Reading(model, person, as_at)
    if_empty = Reading(model, person, as_at, absent_feeds_are_empty=True)
    criteria = {rule.group: reading.truth(rule.when) for rule in model.criteria if rule.when is not None}
    last = model.rules[-1].group
    group = next((rule.group for rule in model.rules if criteria.get(rule.group) is True), last)
    criteria[last] = group == last
    left_open = tuple(
        rule.group for rule in model.criteria if rule.when is not None and if_empty.truth(rule.when) is None
    )
    flags = {
        flag.id: reading.truth(flag.when) is True and (not flag.groups or group in flag.groups) for flag in model.flags
    }
    measures = {name: reading.number(Measure(name)) for name in model.outputs}
    registers = {name: reading.truth(node) for name, node in model.register_rules.items()}
    return Answer(group, criteria, measures, flags, left_open, registers)


def months_before(date: datetime.date, months: int) -> datetime.date:
    """`months` calendar months earlier (later where negative), clipped to the end of a shorter month."""
    year, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    month += 1
    return datetime.date(year, month, min(date.day, calendar.monthrange(year, month)[1]))


def age_on(birth: datetime.date, date: datetime.date) -> int:
    """Whole years."""
    return date.year - birth.year - ((date.month, date.day) < (birth.month, birth.day))


@frozen
class Reading:
    """A model read for one person on one day; `value` gives any expression its value."""

    model: Model
    person: PersonFacts
    as_at: datetime.date
    absent_feeds_are_empty: bool = False
    _known: dict[Node, Value] = field(factory=dict, init=False, eq=False, repr=False)
    _days: Mapping[str, set[datetime.date]] = field(init=False, eq=False, repr=False)

    @_days.default
    def _days_of_each_condition(self) -> Mapping[str, set[datetime.date]]:
        days: dict[str, set[datetime.date]] = {}
        for fact in self.person.facts:
            for condition in fact.conditions:
                days.setdefault(condition, set()).add(fact.date)
        return days

    # -- expressions ------------------------------------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """The value of an expression: a truth, a whole number, a word, or None for unknown."""
        if node not in self._known:
            self._known[node] = self._value(node)
        return self._known[node]

    def truth(self, node: Node) -> bool | None:
        """The value of a yes/no expression."""
        value = self.value(node)
        return None if value is None else bool(value)

    def number(self, node: Node) -> int | None:
        """The value of a number expression; a truth counts as 1 or 0."""
        value = self.value(node)
        return None if value is None or isinstance(value, str) else int(value)

    def _value(self, node: Node) -> Value:
        match node:
            case Number(value) | Text(value):
                return value
            case Measure(name):
                return self._measure(name)
            case Call():
                return self._call(node)
            case And(items):
                truths = [self.truth(item) for item in items]
                return False if False in truths else None if None in truths else True
            case Or(items):
                truths = [self.truth(item) for item in items]
                return True if True in truths else None if None in truths else False
            case Not(item):
                truth = self.truth(item)
                return None if truth is None else not truth
            case Choose(test, then, otherwise):
                return self.value(then if self.truth(test) else otherwise)
            case Compare(left, sign, right):
                return self._compare(self.value(left), sign, self.value(right))
            case Arithmetic(left, sign, right):
                first, second = self.number(left), self.number(right)
                if first is None or second is None:
                    return None
                return first + second if sign == "+" else first - second

    def _compare(self, left: Value, sign: str, right: Value) -> bool | None:
        if left is None or right is None:
            return None
        if isinstance(left, str) or isinstance(right, str):
            return (left == right) if sign == "==" else (left != right)
        return _OPERATORS[sign](int(left), int(right))

    def _measure(self, name: str) -> Value:
        if name == "age":
            return self.person.age
        if name == "sex":
            return self.person.sex
        if name in self.model.measures:
            return self.value(self.model.measures[name])
        if name in self.model.scores:
            return self.score(self.model.scores[name])
        score = next(score for score in self.model.scores.values() if score.available == name)
        return sum(1 for item in score.items if item.when is not None and self.truth(item.when) is not None)

    def score(self, score: Score) -> int | None:
        """The weighted sum; of items that exclude each other the highest weight only."""
        if score.known_if is not None and self.truth(score.known_if) is not True:
            return None
        present = [item for item in score.items if item.when is not None and self.truth(item.when) is True]
        total = sum(item.weight for item in present if not item.highest_of)
        for group in {item.highest_of for item in present if item.highest_of}:
            total += max(item.weight for item in present if item.highest_of == group)
        return total

    # -- primitives -------------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> Value:
        if call.function == "given":
            return call.names[0] in self.person.feeds
        if self._feed_is_absent(call):
            return None
        return getattr(self, f"_{call.function}")(call)  # type: ignore[no-any-return]

    def _feed_is_absent(self, call: Call) -> bool:
        return not self.absent_feeds_are_empty and not self.model.feeds_of(call) <= self.person.feeds

    def dates(self, call: Call, name: str | None = None) -> list[datetime.date]:
        """Sorted different dates of the records that the primitive counts, for its first name or `name`."""
        least_age = call.option("min_age")
        return sorted(
            date
            for date in self.alive(self.model.members(name or call.names[0]))
            if self.window_start(call) < date <= self.as_at
            and (least_age is None or age_on(self.person.birth, date) >= least_age)
        )

    def alive(self, names: Iterable[str]) -> set[datetime.date]:
        """The different days of records of those conditions that no resolved code has ended."""
        return {date for name in names if not self.ended(name) for date in self._days.get(name, ())}

    def ended(self, condition: str) -> bool:
        """Whether a resolved code, later than the last record, has ended the condition."""
        for resolution in self.model.endings_of(condition):
            last = self._last({resolution.condition, *resolution.also})
            by = self._last({resolution.by})
            if by is not None and last is not None and by > last:
                return True
        return False

    def _last(self, conditions: Iterable[str]) -> datetime.date | None:
        dates = [date for condition in conditions for date in self._days.get(condition, ()) if date <= self.as_at]
        return max(dates, default=None)

    def window_start(self, call: Call) -> datetime.date:
        """The last day outside the window of a primitive."""
        months, days = call.option("months"), call.option("days")
        of_months = months_before(self.as_at, months) if months is not None else datetime.date.min
        of_days = self.as_at - datetime.timedelta(days=days) if days is not None else datetime.date.min
        return max(of_months, of_days)

    def _ever(self, call: Call) -> bool:
        return bool(self.dates(call))

    def _within(self, call: Call) -> bool:
        return bool(self.dates(call))

    def _on_dates(self, call: Call) -> bool:
        dates = self.dates(call)
        if len(dates) < (call.option("n") or 1):
            return False
        return (dates[-1] - dates[0]).days >= (call.option("gap_days") or 0)

    def _count_days(self, call: Call) -> int:
        return len(self.dates(call))

    def _latest_grade(self, call: Call) -> int:
        lasts = [max(self.dates(call, name), default=None) for name in call.names]
        latest = max((last for last in lasts if last is not None), default=None)
        if latest is None:
            return 0
        return max(grade for grade, last in enumerate(lasts, 1) if last == latest)

    def _latest(self, call: Call) -> int | None:
        found = self.values_counted(call)
        # Without any value there is nothing to compare: 0 stands below every grade.
        return max(found)[1] if found else 0

    def values_counted(self, call: Call) -> set[tuple[datetime.date, int]]:
        """The values that the primitive counts, with their days."""
        start = self.window_start(call)
        return {
            (date, value)
            for name, date, value in self.person.values
            if name == call.names[0] and start < date <= self.as_at
        }

    def _count_distinct(self, call: Call) -> int:
        assert call.names == (ANY_MEDICINE,)  # the check of the model allows no other
        return len(self.medicines_counted(call))

    def medicines_counted(self, call: Call) -> set[str]:
        """The different medicines that the primitive counts."""
        start = self.window_start(call)
        return {name for name, date in self.person.medicines if start < date <= self.as_at}

    # -- lines, tallies, episodes -------------------------------------------------------------------------------------

    def line_class(self, line_id: str) -> int:
        """0 for absent, then 1 other, 2 moderate, 3 major."""
        line = self.model.lines[line_id]
        return max(
            (LINE_CLASSES.index(name) + 1 for name, node in line.classes if self.truth(node) is True),
            default=0,
        )

    def _line(self, call: Call) -> bool:
        return self.line_class(call.names[0]) > 0

    def _count_lines(self, call: Call) -> int:
        classes = [self.line_class(line) for line in self.model.lines]
        if not call.names:
            return sum(1 for each in classes if each)
        return classes.count(LINE_CLASSES.index(call.names[0]) + 1)

    def _count_systems(self, _: Call) -> int:
        return len({line.system for line in self.model.lines.values() if self.line_class(line.id)})

    def items_present(self, tally: str) -> list[tuple[str, Node]]:
        """The items of a tally that are true."""
        return [(item, node) for item, node in self.model.tallies[tally].items if self.truth(node) is True]

    def _n(self, call: Call) -> int:
        return sum(1 for item, _ in self.items_present(call.names[0]) if item != call.word("but_not"))

    def _span_days(self, call: Call) -> int:
        dates = [
            date
            for _, node in self.items_present(call.names[0])
            for each in calls(node)
            if self.truth(each) is True
            for date in self.dates(each)
        ]
        return (max(dates) - min(dates)).days if dates else 0

    def _register(self, call: Call) -> bool | None:
        return self.truth(self.model.register_rules[call.names[0]])

    def _any_register(self, call: Call) -> bool | None:
        return self.truth(Or(tuple(self.model.register_rules[each] for each in self.model.registers_of(call.names[0]))))

    def _count_registers(self, call: Call) -> int:
        rules = self.model.register_rules
        families = self.model.families_of(call.names[0])
        return sum(1 for family in families if any(self.truth(rules[register]) is True for register in family))

    def spans(self, name: str) -> list[Span]:
        """All spans of an episode up to the index date, those without an opening included."""
        episode = self.model.episodes[name]
        days: dict[datetime.date, set[str]] = {}
        for what in ("opens", "delivers", "loses", "discharges"):
            name = getattr(episode, what)
            for member in self.model.members(name) if name else ():
                for date in self._days.get(member, ()):
                    if date <= self.as_at:
                        days.setdefault(date, set()).add(what)
        return spans_of(episode, days)

    def _in_episode(self, call: Call) -> bool:
        episode = self.model.episodes[call.names[0]]
        return any(each.counts_on(self.as_at, episode) for each in self.spans(call.names[0]))

    def during_dates(self, call: Call) -> list[datetime.date]:
        """Dates of records of the condition in the present episode or shortly after its delivery."""
        episode = self.model.episodes[call.names[0]]
        now = [each for each in self.spans(call.names[0]) if each.counts_on(self.as_at, episode)]
        present = [each for each in now if each.is_open_on(self.as_at, episode)] or now
        dates = {date for date in self.alive(self.model.members(call.names[1])) if date <= self.as_at}
        return sorted(date for date in dates if any(each.includes(date, episode) for each in present))

    def _during(self, call: Call) -> bool:
        return bool(self.during_dates(call))
