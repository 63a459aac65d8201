"""From a model to steps: its expressions walked once, before anybody is looked at.

Two things are known by then: which tables were given, and which conditions the evidence holds at all. What is decided
by these costs nothing later, and most of a large model is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from . import questions
from .definition import LINE_CLASSES, Model, Score, Tally
from .primitives import FEEDS, PRIMITIVES
from .steps import Bit, Number, Step, Steps, Truth, smallest_kind
from .tree import And, Arithmetic, Call, Choose, Compare, Measure, Node, Not, Number as Whole, Or, Text, calls
from .viewing import View, Window

UNKNOWN: Final = Truth(surely=False, possibly=True)
_ANY: Final = 1 << 30
_MOST_DAYS: Final = 1 << 18
_DAYS_OF_MONTH: Final = 31
_SOME: Final = frozenset({(">=", 1), (">", 0), ("!=", 0)})
_NONE: Final = frozenset({("<", 1), ("<=", 0), ("==", 0)})
_MIRRORED: Final = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}


@frozen
class Words:
    """Words, one a person, as places in a vocabulary."""

    index: Step
    vocabulary: tuple[str, ...]


@frozen
class Compiler:
    """Expressions of a model to steps, for the tables given and the conditions that the evidence holds.

    With `absent_feeds_are_empty` what a table that was not given would tell is not unknown but nothing.
    """

    model: Model
    feeds: frozenset[str]
    present: frozenset[str]
    sexes: tuple[str, ...]
    steps: Steps = field(factory=Steps, eq=False)
    absent_feeds_are_empty: bool = False
    _known: dict[str, Any] = field(factory=dict, init=False, eq=False)

    def if_absent_were_empty(self) -> Compiler:
        """A compiler that takes absent feeds as empty; what does not depend on them it makes of the same steps."""
        if self.feeds >= frozenset(FEEDS):
            return self
        return Compiler(self.model, self.feeds, self.present, self.sexes, steps=self.steps, absent_feeds_are_empty=True)

    # -- expressions ------------------------------------------------------------------------------------------------

    def value(self, node: Node) -> Truth | Number | Words:
        """The steps of an expression."""
        match node:
            case Whole(whole):
                return Number(whole, whole, whole)
            case Measure(name):
                value: Truth | Number | Words = self._once(f"measure {name}", self._measure, name)
                return value
            case Call():
                return self._call(node)
            case And(items):
                truths = [self.truth(item) for item in items]
                return Truth(
                    self.steps.all_of(truth.surely for truth in truths),
                    self.steps.all_of(truth.possibly for truth in truths),
                )
            case Or(items):
                truths = [self.truth(item) for item in items]
                return Truth(
                    self.steps.any_of(truth.surely for truth in truths),
                    self.steps.any_of(truth.possibly for truth in truths),
                )
            case Not(item):
                truth = self.truth(item)
                return Truth(self.steps.opposite(truth.possibly), self.steps.opposite(truth.surely))
            case Choose(Call(_, (feed,)), then, otherwise):
                return self.value(then if feed in self.feeds else otherwise)
            case Compare(left, sign, right):
                if (same := _whether_any(node)) is not None:
                    return self.truth(same)
                if isinstance(left, Text) or isinstance(right, Text):
                    return self._compare_words(left, sign, right)
                return self.steps.compared(self.number(left), sign, self.number(right))
            case Arithmetic(left, sign, right):
                return self.steps.sum_or_difference(self.number(left), sign, self.number(right))
            case _:
                raise TypeError(f"{node!r} has no values of its own")

    def truth(self, node: Node) -> Truth:
        """The steps of a yes/no expression."""
        value = self.value(node)
        if isinstance(value, Truth):
            return value
        raise TypeError("a yes/no expression was expected")  # the check of the model makes sure of it

    def number(self, node: Node) -> Number:
        """The steps of a number expression; a truth counts as 1 or 0."""
        value = self.value(node)
        if isinstance(value, Number):
            return value
        if isinstance(value, Words):
            raise TypeError("a number was expected")  # the check of the model makes sure of it
        one_or_none = self.steps.total([(value.surely, 1)])
        known = self.steps.any_of((value.surely, self.steps.opposite(value.possibly)))
        return Number(one_or_none.values, one_or_none.least, one_or_none.most, known)

    def _once(self, name: str, make: Callable[..., Any], *arguments: object) -> Any:
        if name not in self._known:
            self._known[name] = make(*arguments)
        return self._known[name]

    def _compare_words(self, left: Node, sign: str, right: Node) -> Truth:
        words, text = (left, right) if isinstance(right, Text) else (right, left)
        column = self.value(words)
        if not isinstance(column, Words) or not isinstance(text, Text):
            raise TypeError("a word was expected")  # the check of the model makes sure of it
        place = column.vocabulary.index(text.value) if text.value in column.vocabulary else -1
        index = Number(column.index, -1, len(column.vocabulary) - 1)
        return self.steps.compared(index, sign, Number(place, place, place))

    def _measure(self, name: str) -> Truth | Number | Words:
        if name == "age":
            return Number(self.steps.make("age", _age, dtype=np.dtype(np.int32)), -_ANY, _ANY)
        if name == "sex":
            return Words(self.steps.make("sex", _sex, dtype=np.dtype(np.int8)), self.sexes)
        if name in self.model.measures:
            return self.value(self.model.measures[name])
        if name in self.model.scores:
            return self._score(self.model.scores[name])
        score = next(score for score in self.model.scores.values() if score.available == name)
        truths = [self.truth(item.when) for item in score.items if item.when is not None]
        return self.steps.total(
            (self.steps.any_of((truth.surely, self.steps.opposite(truth.possibly))), 1) for truth in truths
        )

    def _score(self, score: Score) -> Number:
        """The weighted sum; of items that exclude each other the highest weight only."""
        weighted: list[tuple[Bit, int]] = []
        exclusive: dict[str, list[tuple[int, Bit]]] = {}
        for item in score.items:
            if item.when is not None:
                holds = self.truth(item.when).surely
                if item.highest_of:
                    exclusive.setdefault(item.highest_of, []).append((item.weight, holds))
                else:
                    weighted.append((holds, item.weight))
        for items in exclusive.values():
            weighted += self._highest(items)
        total = self.steps.total(weighted)
        known = True if score.known_if is None else self.truth(score.known_if).surely
        return Number(total.values, total.least, total.most, known)

    def _highest(self, weighted: Iterable[tuple[int, Bit]]) -> list[tuple[Bit, int]]:
        """Each bit where no bit of a higher weight holds."""
        found: list[tuple[Bit, int]] = []
        above: list[Bit] = []
        for weight, holds in sorted(weighted, key=lambda each: -each[0]):
            found.append((self.steps.all_of((holds, self.steps.opposite(self.steps.any_of(above)))), weight))
            above.append(holds)
        return found

    # -- primitives -------------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> Truth | Number:
        if call.function == "given":
            return _certain(call.names[0] in self.feeds)
        if not self.absent_feeds_are_empty and not self.model.feeds_of(call) <= self.feeds:
            return UNKNOWN if PRIMITIVES[call.function].answers == "truth" else Number(0, 0, 0, known=False)
        found: Truth | Number = getattr(self, f"_{call.function}")(call)
        return found

    def _members(self, name: str) -> tuple[str, ...]:
        """Those conditions of a name that the evidence holds."""
        return tuple(member for member in self.model.members(name) if member in self.present)

    def _ask(self, question: Callable[..., Any], **parameters: Any) -> Step:
        """A step that asks the view about days."""
        conditions, window = parameters["conditions"], parameters["window"]
        return self.steps.make(
            question.__name__,
            partial(question, **parameters),
            *parameters.items(),
            dtype=parameters.get("kind", np.dtype(bool)),
            dated=conditions,
            windows=(window,),
        )

    def _within(self, call: Call) -> Truth:
        window, least_age, members = _window(call), call.option("min_age"), self._members(call.names[0])
        if least_age is not None and members:
            return _certain(
                self._ask(questions.within_from_age, conditions=members, window=window, least_age=least_age)
            )
        return _certain(self.steps.any_of(self._within_plane(member, window) for member in members))

    _ever = _within

    def _within_plane(self, condition: str, window: Window) -> Step:
        run = partial(questions.within, condition=condition, window=window)
        return self.steps.make("within", run, condition, window, planes=(condition,), windows=(window,))

    def _on_dates(self, call: Call) -> Truth:
        members = self._members(call.names[0])
        n, gap_days = call.option("n") or 1, call.option("gap_days") or 0
        if not members:
            # Of nobody nothing is on record; only with n=0 that would be enough, and it is read as n=1.
            return _certain(False)
        return _certain(self._ask(questions.on_dates, conditions=members, window=_window(call), n=n, gap_days=gap_days))

    def _count_days(self, call: Call) -> Number:
        members, most = self._members(call.names[0]), _most_days(call)
        if not members:
            return Number(0, 0, 0)
        kind = smallest_kind(0, most)
        return Number(self._ask(questions.count_days, conditions=members, window=_window(call), kind=kind), 0, most)

    def _latest_grade(self, call: Call) -> Number:
        names = tuple(self._members(name) for name in call.names)
        if not any(names):
            return Number(0, 0, 0)
        step = self.steps.make(
            "latest_grade",
            partial(questions.latest_grade, names=names, window=_window(call)),
            names,
            _window(call),
            dtype=np.dtype(np.uint8),
            dated=tuple(member for members in names for member in members),
            windows=(_window(call),),
        )
        return Number(step, 0, len(names))

    def _latest(self, call: Call) -> Number:
        allowed = self.model.values[call.names[0]]
        least, most = (bound * 10**allowed.decimals for bound in (allowed.least, allowed.most))
        least, most = min(least, 0), max(most, 0)
        kind = smallest_kind(least, most)
        run = partial(questions.latest, value=call.names[0], window=_window(call), kind=kind)
        step = self.steps.make(
            "latest", run, call.names[0], _window(call), dtype=kind, tables=("values",), windows=(_window(call),)
        )
        return Number(step, least, most)

    def _count_distinct(self, call: Call) -> Number:
        kind = smallest_kind(0, _ANY)
        run = partial(questions.count_distinct, window=_window(call), kind=kind)
        step = self.steps.make(
            "count_distinct", run, _window(call), dtype=kind, tables=("medicines",), windows=(_window(call),)
        )
        return Number(step, 0, _ANY)

    # -- lines, tallies, episodes -------------------------------------------------------------------------------------

    def _classes(self, line_id: str) -> tuple[Bit, ...]:
        """For each class, lowest first, where it is the highest that holds."""
        return self._once(f"line {line_id}", self._find_classes, line_id)  # type: ignore[no-any-return]

    def _find_classes(self, line_id: str) -> tuple[Bit, ...]:
        of_class: dict[str, list[Bit]] = {name: [] for name in LINE_CLASSES}
        for name, node in self.model.lines[line_id].classes:
            of_class[name].append(self.truth(node).surely)
        holds = [self.steps.any_of(of_class[name]) for name in LINE_CLASSES]
        return tuple(
            self.steps.all_of((each, self.steps.opposite(self.steps.any_of(holds[place + 1 :]))))
            for place, each in enumerate(holds)
        )

    def _has_line(self, line_id: str) -> Bit:
        nodes = [node for _, node in self.model.lines[line_id].classes]
        bit: Bit = self._once(
            f"has line {line_id}", lambda: self.steps.any_of([self.truth(node).surely for node in nodes])
        )
        return bit

    def _line(self, call: Call) -> Truth:
        return _certain(self._has_line(call.names[0]))

    def _count_lines(self, call: Call) -> Number:
        if not call.names:
            return self.steps.total((self._has_line(line), 1) for line in self.model.lines)
        place = LINE_CLASSES.index(call.names[0])
        return self.steps.total((self._classes(line)[place], 1) for line in self.model.lines)

    def _count_systems(self, _: Call) -> Number:
        lines: dict[str, list[str]] = {}
        for line in self.model.lines.values():
            lines.setdefault(line.system, []).append(line.id)
        return self.steps.total((self.steps.any_of(map(self._has_line, each)), 1) for each in lines.values())

    def _items(self, tally: Tally) -> dict[str, Bit]:
        found: dict[str, Bit] = self._once(
            f"tally {tally.id}", lambda: {item: self.truth(node).surely for item, node in tally.items}
        )
        return found

    def _n(self, call: Call) -> Number:
        items = self._items(self.model.tallies[call.names[0]])
        return self.steps.total((bit, 1) for item, bit in items.items() if item != call.word("but_not"))

    def register(self, name: str) -> Truth:
        """Who is on a register."""
        truth: Truth = self._once(f"register {name}", lambda: self.truth(self.model.register_rules[name]))
        return truth

    def _register(self, call: Call) -> Truth:
        return self.register(call.names[0])

    def _any_register(self, call: Call) -> Truth:
        truths = [self.register(each) for each in self.model.registers_of(call.names[0])]
        return Truth(
            self.steps.any_of(truth.surely for truth in truths), self.steps.any_of(truth.possibly for truth in truths)
        )

    def _count_registers(self, call: Call) -> Number:
        families = self.model.families_of(call.names[0])
        return self.steps.total(
            (self.steps.any_of(self.register(each).surely for each in family), 1) for family in families
        )

    def _span_days(self, call: Call) -> Number:
        tally = self.model.tallies[call.names[0]]
        bits, asked = dict[Step, int](), []
        most = 0
        for item, node in tally.items:
            for each in calls(node):
                present = self.steps.all_of((self._items(tally)[item], self._holds(each)))
                members = self._members(each.names[0]) if each.names else ()
                if present is False or not members:
                    continue
                place = bits.setdefault(present, len(bits)) if isinstance(present, Step) else None
                asked.append((place, members, _window(each), each.option("min_age")))
                most = max(most, _most_days(each))
        if not asked:
            return Number(0, 0, 0)
        kind = smallest_kind(0, most)
        step = self.steps.make(
            "span_days",
            partial(questions.span_days, asked=tuple(asked), kind=kind),
            tuple(asked),
            inputs=bits,
            dtype=kind,
            dated=tuple(member for _, members, _, _ in asked for member in members),
            windows=tuple(window for _, _, window, _ in asked),
        )
        return Number(step, 0, most)

    def _holds(self, call: Call) -> Bit:
        """Where a question is answered by yes, or by a number other than 0."""
        value = self._call(call)
        if isinstance(value, Truth):
            return value.surely
        return self.steps.compared(value, "!=", Number(0, 0, 0)).surely

    def _present(self, name: str) -> Step | None:
        """The present episodes, which are no column but an input of other steps; None where there can be none."""
        episode = self.model.episodes[name]
        named = (episode.opens, episode.delivers, episode.loses, episode.discharges)
        sets = tuple(self._members(each) if each else () for each in named)
        if not any(sets[:2]):
            return None
        run = partial(questions.present_episodes, episode=episode, sets=sets)
        return self.steps.make("episodes", run, name, dated=tuple(member for each in sets for member in each))

    def _in_episode(self, call: Call) -> Truth:
        present = self._present(call.names[0])
        if present is None:
            return _certain(False)
        return _certain(self.steps.make("in_episode", questions.in_episode, inputs=(present,)))

    def _during(self, call: Call) -> Truth:
        name, condition = call.names
        present, members = self._present(name), self._members(condition)
        if present is None or not members:
            return _certain(False)
        run = partial(questions.during, episode=self.model.episodes[name], conditions=members)
        return _certain(self.steps.make("during", run, members, inputs=(present,), dated=members))


def _whether_any(node: Compare) -> Node | None:
    """The question whether there is a record, where days are counted only to tell none from some.

    Planes answer that, and whoever follows people through time need not look at every record.
    """
    match node:
        case Compare(Call("count_days", names, options), sign, Whole(number)):
            pass
        case Compare(Whole(number), sign, Call("count_days", names, options)):
            sign = _MIRRORED.get(sign, sign)
        case _:
            return None
    within = Call("within", names, options)
    if (sign, number) in _SOME:
        return within
    return Not(within) if (sign, number) in _NONE else None


def _certain(bit: Bit) -> Truth:
    return Truth(bit, bit)


def _window(call: Call) -> Window:
    return call.option("months"), call.option("days")


def _most_days(call: Call) -> int:
    months, days = _window(call)
    of_months = months * _DAYS_OF_MONTH if months is not None else _MOST_DAYS
    return min(of_months, days if days is not None else _MOST_DAYS, _MOST_DAYS)


def _age(view: View) -> Any:
    return view.people.age


def _sex(view: View) -> Any:
    return view.people.sex
