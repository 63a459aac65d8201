"""A model as columns: each thing that it names becomes a column, on a level above the columns that it reads.

Level 0 are the answers to the questions of the evidence. Lines, items and scores come next, then measures, criteria and
the group. With a table that is not given there can be two columns of one thing: what is known of it, and
(ending in _if_empty) what would be if the table were empty, which tells what a given table has left open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, field, frozen

from ..model.definition import LINE_CLASSES, Line, Model, Score
from ..model.primitives import PRIMITIVES
from ..model.tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number, Or, Text, calls
from .dialects import Dialect
from .expressions import (
    FALSE,
    NO_NUMBER,
    OPEN,
    UNKNOWN,
    Sql,
    as_number,
    column,
    comparison,
    conjunction,
    disjunction,
    first_of,
    known_where,
    negation,
    number,
    sum_of,
    truth_of,
)
from .questions import DuringQuestion, Question, Questions, ValueQuestion, wording

_IF_EMPTY: Final = "_if_empty"


@frozen
class Column:
    """A column: its expression over columns of lower levels."""

    name: str
    text: str
    needs: frozenset[str]
    level: int


@frozen
class Span:
    """Days from the first to the last record of what is present: (condition, ending of the columns of days) pairs."""

    name: str
    parts: tuple[tuple[Sql, str], ...]
    level: int


@define
class Columns:
    """The columns of a model: made when something first asks for them."""

    model: Model
    dialect: Dialect
    questions: Questions
    columns: dict[str, Column] = field(factory=dict)
    spans: dict[str, Span] = field(factory=dict)
    _known: dict[tuple[str, str, bool], Sql] = field(factory=dict)
    _same: dict[tuple[str, str], Sql] = field(factory=dict)

    def level(self, needs: frozenset[str]) -> int:
        """The level of a column that reads these; answers to questions are level 0."""
        return 1 + max((self.columns[name].level for name in needs if name in self.columns), default=0)

    def keep(self, wish: str, sql: Sql) -> Sql:
        """An expression as a column of its own; what is known already needs none."""
        if sql.value is not OPEN:
            return sql
        stored = as_number(sql)
        same = self._same.get((wish.removesuffix(_IF_EMPTY), stored.text))
        if same is not None:
            return same
        name = self.questions.names.new(wish)
        self.columns[name] = Column(name, stored.text, stored.needs, self.level(stored.needs))
        made = column(name, is_truth=sql.is_truth, is_nullable=sql.is_nullable)
        self._same[wish.removesuffix(_IF_EMPTY), stored.text] = made
        return made

    def truth(self, node: Node, *, if_empty: bool = False) -> Sql:
        """A yes/no expression."""
        return self.value(node, if_empty)

    def value(self, node: Node, if_empty: bool) -> Sql:
        """An expression."""
        match node:
            case Number(value):
                return number(value)
            case Text(value):
                return Sql(self.dialect.literal(value), is_truth=False)
            case Measure(name):
                return self._once("measure", name, if_empty, self._measure)
            case Call():
                return self._call(node, if_empty)
            case And(items):
                return conjunction(self.value(item, if_empty) for item in items)
            case Or(items):
                return disjunction(self.value(item, if_empty) for item in items)
            case Not(item):
                return negation(self.value(item, if_empty))
            case Choose(Call(_, (feed,)), then, otherwise):
                return self.value(then if feed in self.questions.feeds else otherwise, if_empty)
            case Compare(left, sign, right):
                return comparison(as_number(self.value(left, if_empty)), sign, as_number(self.value(right, if_empty)))
            case Arithmetic(left, sign, right):
                a, b = self.value(left, if_empty), self.value(right, if_empty)
                return sum_of([a, b]) if sign == "+" else sum_of([a], minus=[b])
            case _:
                raise TypeError(f"{node!r} has no SQL of its own")

    def _once(self, kind: str, name: str, if_empty: bool, make: Callable[[str, bool], Sql]) -> Sql:
        key = (kind, name, if_empty)
        if key not in self._known:
            if if_empty:
                # First what is known: where nothing differs, the column is the same.
                self._once(kind, name, False, make)
            self._known[key] = make(name, if_empty)
        return self._known[key]

    # -- measures and scores ------------------------------------------------------------------------------------------

    def _measure(self, name: str, if_empty: bool) -> Sql:
        model, end = self.model, _IF_EMPTY if if_empty else ""
        if name == "age":
            return column("age", is_truth=False, is_nullable=False)
        if name == "sex":
            return column("sex", is_truth=False, is_nullable=False)
        if name in model.measures:
            return self.keep(f"measure_{name}{end}", self.value(model.measures[name], if_empty))
        if name in model.scores:
            return self.keep(f"score_{name}{end}", self._score(model.scores[name], if_empty))
        score = next(score for score in model.scores.values() if score.available == name)
        return self.keep(f"score_{name}{end}", self._available(score, if_empty))

    def _score(self, score: Score, if_empty: bool) -> Sql:
        items = [(item, self.value(item.when, if_empty)) for item in score.items if item.when is not None]
        parts = [first_of([(sql, item.weight)], otherwise=0) for item, sql in items if not item.highest_of]
        for group in dict.fromkeys(item.highest_of for item, _ in items if item.highest_of):
            exclusive = [(sql, item.weight) for item, sql in items if item.highest_of == group]
            parts.append(first_of(sorted(exclusive, key=lambda each: -each[1]), otherwise=0))
        total = sum_of(parts)
        return total if score.known_if is None else known_where(self.value(score.known_if, if_empty), total)

    def _available(self, score: Score, if_empty: bool) -> Sql:
        """How many items are known, whether present or not."""
        parts = []
        for item in score.items:
            if item.when is None:
                continue
            sql = self.value(item.when, if_empty)
            if sql.value is OPEN and sql.is_nullable:
                parts.append(first_of([(sql, 1), (negation(sql), 1)], otherwise=0))
            else:
                parts.append(number(0 if sql.value is None else 1))
        return sum_of(parts)

    # -- questions to the evidence ------------------------------------------------------------------------------------

    def _call(self, call: Call, if_empty: bool) -> Sql:
        if call.function == "given":
            return truth_of(value=call.names[0] in self.questions.feeds)
        if not if_empty and not self.model.feeds_of(call) <= self.questions.feeds:
            return UNKNOWN if PRIMITIVES[call.function].answers == "truth" else NO_NUMBER
        sql: Sql = getattr(self, f"_{call.function}")(call, if_empty)
        return sql

    def _ask(self, question: Question, wish: str) -> Sql:
        if not self.questions.can_be_answered(question):
            return FALSE
        return column(self.questions.ask(question, wish), is_truth=True, is_nullable=False)

    def _ever(self, call: Call, _if_empty: bool) -> Sql:
        return self._ask(self.questions.about(call), f"has_{wording(call)}")

    _within = _ever

    def _day_columns(self, question: Question, wish: str) -> tuple[Sql, Sql, Sql] | None:
        """Number of days, first day, last day; None where nothing can answer."""
        if not self.questions.can_be_answered(question):
            return None
        name = self.questions.ask_days(question, wish)
        n, first, last = (
            column(f"{what}_{name}", is_truth=False, is_nullable=what != "n") for what in ("n", "first", "last")
        )
        return n, first, last

    def _on_dates(self, call: Call, _if_empty: bool) -> Sql:
        found = self._day_columns(self.questions.about(call), wording(call))
        if found is None:
            return FALSE
        n, first, last = found
        enough = comparison(n, ">=", number(call.option("n") or 1))
        gap = call.option("gap_days")
        if not gap:
            return enough
        # Without any day there is no first and no last: the number of days is asked first, and is never unknown.
        apart = Sql(
            f"{self.dialect.days_between(first.text, last.text)} >= {gap}",
            is_truth=True,
            needs=first.needs | last.needs,
        )
        return conjunction([enough, apart])

    def _count_days(self, call: Call, _if_empty: bool) -> Sql:
        found = self._day_columns(self.questions.about(call), wording(call))
        return number(0) if found is None else found[0]

    def _latest_grade(self, call: Call, _if_empty: bool) -> Sql:
        lasts = [
            None if found is None else found[2]
            for found in (
                self._day_columns(self.questions.about(call, name), wording(call, name)) for name in call.names
            )
        ]
        choices = []
        # From the worst grade down, so that of one day the worst counts.
        for grade in range(len(lasts), 0, -1):
            last = lasts[grade - 1]
            if last is None:
                continue
            others = [other for other in lasts if other is not None and other is not last]
            text = " AND ".join(
                [f"{last.text} IS NOT NULL", *(f"({o.text} IS NULL OR {o.text} <= {last.text})" for o in others)]
            )
            needs = last.needs.union(*(other.needs for other in others))
            choices.append((Sql(text, is_truth=True, needs=needs), grade))
        return first_of(choices, otherwise=0)

    def _latest(self, call: Call, _if_empty: bool) -> Sql:
        if "values" not in self.questions.feeds:
            return number(0)
        question = ValueQuestion(call.names[0], self.questions.start(call))
        return column(self.questions.ask_amount(question, f"latest_{wording(call)}"), is_truth=False, is_nullable=False)

    def _count_distinct(self, call: Call, _if_empty: bool) -> Sql:
        if "medicines" not in self.questions.feeds:
            return number(0)
        question = ValueQuestion(None, self.questions.start(call))
        name = self.questions.ask_amount(question, f"different_{wording(call)}")
        return column(name, is_truth=False, is_nullable=False)

    # -- lines, tallies, episodes -------------------------------------------------------------------------------------

    def _class(self, name: str, if_empty: bool) -> Sql:
        def make(name: str, if_empty: bool) -> Sql:
            classes = dict(self.model.lines[name].classes)
            choices = [
                (self.value(classes[each], if_empty), place)
                for place, each in reversed(list(enumerate(LINE_CLASSES, 1)))
                if each in classes
            ]
            return self.keep(f"line_{name}{_IF_EMPTY if if_empty else ''}", first_of(choices, otherwise=0))

        return self._once("line", name, if_empty, make)

    def _line(self, call: Call, if_empty: bool) -> Sql:
        return comparison(self._class(call.names[0], if_empty), ">", number(0))

    def _count_lines(self, call: Call, if_empty: bool) -> Sql:
        sign, of = ("=", number(LINE_CLASSES.index(call.names[0]) + 1)) if call.names else (">", number(0))
        sign = "==" if sign == "=" else sign
        return sum_of(comparison(self._class(line, if_empty), sign, of) for line in self.model.lines)

    def _count_systems(self, _call: Call, if_empty: bool) -> Sql:
        systems: dict[str, list[Line]] = {}
        for line in self.model.lines.values():
            systems.setdefault(line.system, []).append(line)
        return sum_of(
            disjunction(comparison(self._class(line.id, if_empty), ">", number(0)) for line in lines)
            for lines in systems.values()
        )

    def _items(self, tally: str, if_empty: bool) -> list[tuple[str, Node, Sql]]:
        nodes = dict(self.model.tallies[tally].items)

        def make(name: str, if_empty: bool) -> Sql:
            item = name.removeprefix(f"{tally}.")
            wish = f"item_{item}{_IF_EMPTY if if_empty else ''}"
            return self.keep(wish, self.value(nodes[item], if_empty))

        return [(item, node, self._once("item", f"{tally}.{item}", if_empty, make)) for item, node in nodes.items()]

    # -- registers ----------------------------------------------------------------------------------------------------

    def register(self, name: str, *, if_empty: bool = False) -> Sql:
        """Who is on a register."""

        def make(name: str, if_empty: bool) -> Sql:
            end = _IF_EMPTY if if_empty else ""
            return self.keep(f"register_{name}{end}", self.value(self.model.register_rules[name], if_empty))

        return self._once("register", name, if_empty, make)

    def _register(self, call: Call, if_empty: bool) -> Sql:
        return self.register(call.names[0], if_empty=if_empty)

    def _any_register(self, call: Call, if_empty: bool) -> Sql:
        return disjunction(self.register(name, if_empty=if_empty) for name in self.model.registers_of(call.names[0]))

    def _count_registers(self, call: Call, if_empty: bool) -> Sql:
        families = self.model.families_of(call.names[0])
        return sum_of(
            first_of([(disjunction(self.register(name, if_empty=if_empty) for name in family), 1)], otherwise=0)
            for family in families
        )

    def _n(self, call: Call, if_empty: bool) -> Sql:
        items = self._items(call.names[0], if_empty)
        return sum_of(first_of([(sql, 1)], otherwise=0) for item, _, sql in items if item != call.word("but_not"))

    def _span_days(self, call: Call, if_empty: bool) -> Sql:
        def make(tally: str, if_empty: bool) -> Sql:
            parts: list[tuple[Sql, str]] = []
            for _, node, present in self._items(tally, if_empty):
                for each in calls(node):
                    found = self._day_columns(self.questions.about(each), wording(each))
                    counts = conjunction([present, self.value(each, if_empty)])
                    if found is not None and counts.value is not False and counts.value is not None:
                        parts.append((counts, self.questions.ask_days(self.questions.about(each), wording(each))))
            if not parts:
                return number(0)
            needs = frozenset[str]().union(*(sql.needs for sql, _ in parts))
            known = next((span for span in self.spans.values() if span.parts == tuple(parts)), None)
            name = known.name if known else self.questions.names.new(f"span_{tally}{_IF_EMPTY if if_empty else ''}")
            self.spans[name] = Span(name, tuple(parts), self.level(needs))
            self.columns[name] = Column(name, f"COALESCE({name}.n_days, 0)", frozenset(), self.level(needs))
            return column(name, is_truth=False, is_nullable=False)

        return self._once("span", call.names[0], if_empty, make)

    def _in_episode(self, call: Call, _if_empty: bool) -> Sql:
        name = call.names[0]
        return column(self.questions.ask(name, f"in_{name}"), is_truth=True, is_nullable=False)

    def _during(self, call: Call, _if_empty: bool) -> Sql:
        episode, condition = call.names
        days = self.questions.about(call, condition)
        if not self.questions.can_be_answered(days):
            return FALSE
        self.questions.ask_days(days, condition)
        question = DuringQuestion(episode, days)
        return column(self.questions.ask(question, f"{condition}_in_{episode}"), is_truth=True, is_nullable=False)
