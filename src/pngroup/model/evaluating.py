"""The numpy evaluator: a model's expressions for a block of people at once.

Truths are int8: 0 false, 1 unknown, 2 true, so that Kleene's and / or / not are minimum / maximum / 2 - x. Numbers are
int32 with an optional mask of where they are known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import birthday, fact_day, to_fact_day, window_start
from ..evidence.view import Measured, View, union
from .definition import LINE_CLASSES, Model, Score
from .episodes import Episodes, counting, find_episodes, happened_during
from .primitives import PRIMITIVES
from .tree import (
    And,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Measure,
    Node,
    Not,
    Number,
    Or,
    Text,
    calls,
    children,
)

Truth: TypeAlias = npt.NDArray[np.int8]
Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Days: TypeAlias = npt.NDArray[np.int32]

FALSE: Final = np.int8(0)
UNKNOWN: Final = np.int8(1)
TRUE: Final = np.int8(2)

_OPERATORS: Final[dict[str, Callable[..., Bools]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@frozen
class Numbers:
    """Whole numbers, one a person; where `known` is given and False the number means nothing."""

    values: npt.NDArray[np.int32] = field(eq=False)
    known: Bools | None = field(default=None, eq=False)


@frozen
class Words:
    """Words, one a person, as places in a vocabulary."""

    index: npt.NDArray[np.int8] = field(eq=False)
    vocabulary: tuple[str, ...]


Column: TypeAlias = Truth | Numbers | Words


@frozen
class PeopleBlock:
    """The people of a block: whole years of age, the birth day that earlier ages are reckoned from, sex."""

    age: npt.NDArray[np.int32] = field(eq=False)
    birth: Days = field(eq=False)
    sex: Words

    @property
    def n_people(self) -> int:
        return len(self.age)


class Evaluation:
    """A model evaluated for one block of people at one index date; every expression is worked out once."""

    def __init__(
        self,
        model: Model,
        people: PeopleBlock,
        view: View,
        *,
        as_at: int,
        feeds: frozenset[str],
        medicines: Measured,
        values: Measured,
        if_known: Evaluation | None = None,
    ) -> None:
        """With `if_known`, an evaluation of the same people, this one takes absent feeds as empty.

        It then works out anew only what depends on an absent feed.
        """
        self.model, self.people, self.view, self.as_at = model, people, view, as_at
        self.feeds, self.medicines, self.values = feeds, medicines, values
        self.if_known = if_known
        self.n = people.n_people
        self._known: dict[Node, Column] = {
            Measure("age"): Numbers(people.age),
            Measure("sex"): people.sex,
        }
        self._needs: dict[Node, bool] = {}
        self._ended: dict[str, Bools | None] = {}
        self._classes: dict[str, npt.NDArray[np.int8]] = {}
        self._episodes: dict[str, Episodes] = {}

    # -- expressions ------------------------------------------------------------------------------------------------

    def column(self, node: Node) -> Column:
        """The values of an expression."""
        known = self._known.get(node)
        if known is None:
            shared = self.if_known is not None and not self._needs_absent_feed(node)
            known = self.if_known.column(node) if shared and self.if_known else self._column(node)
            self._known[node] = known
        return known

    def _needs_absent_feed(self, node: Node) -> bool:
        needs = self._needs.get(node)
        if needs is None:
            match node:
                case Call():
                    needs = not self.model.feeds_of(node) <= self.feeds
                    needs = needs or any(map(self._needs_absent_feed, self.model.below(node)))
                case Measure(name) if name in self.model.measures:
                    needs = self._needs_absent_feed(self.model.measures[name])
                case Measure(name) if name in self.model.scores:
                    score = self.model.scores[name]
                    nodes = [item.when for item in score.items if item.when is not None]
                    needs = any(map(self._needs_absent_feed, [*nodes, *([score.known_if] if score.known_if else [])]))
                case _:
                    needs = any(map(self._needs_absent_feed, children(node)))
            self._needs[node] = needs
        return needs

    def truth(self, node: Node) -> Truth:
        """The values of a yes/no expression."""
        column = self.column(node)
        if not isinstance(column, np.ndarray):
            raise TypeError("a yes/no expression was expected")  # the check of the model makes sure of it
        return column

    def numbers(self, node: Node) -> Numbers:
        """The values of a number expression; a truth counts as 1 or 0."""
        column = self.column(node)
        if isinstance(column, np.ndarray):
            known = column != UNKNOWN
            return Numbers((column == TRUE).astype(np.int32), None if known.all() else known)
        if isinstance(column, Words):
            raise TypeError("a number was expected")  # the check of the model makes sure of it
        return column

    def _column(self, node: Node) -> Column:
        match node:
            case Number(value):
                return Numbers(np.full(self.n, value, np.int32))
            case Measure(name):
                return self._measure(name)
            case Call():
                return self._call(node)
            case And(items):
                return _fold(np.minimum, [self.truth(item) for item in items])
            case Or(items):
                return _fold(np.maximum, [self.truth(item) for item in items])
            case Not(item):
                return TRUE - self.truth(item)
            case Choose(Call(_, (feed,)), then, otherwise):
                return self.column(then if feed in self.feeds else otherwise)
            case Compare(left, sign, right):
                return self._compare(left, sign, right)
            case Arithmetic(left, sign, right):
                a, b = self.numbers(left), self.numbers(right)
                return Numbers(a.values + b.values if sign == "+" else a.values - b.values, _both(a.known, b.known))
            case _:
                raise TypeError(f"{node!r} has no values of its own")

    def _compare(self, left: Node, sign: str, right: Node) -> Truth:
        if isinstance(right, Text) or isinstance(left, Text):
            words, text = (left, right) if isinstance(right, Text) else (right, left)
            column = self.column(words)
            assert isinstance(column, Words)
            assert isinstance(text, Text)
            place = column.vocabulary.index(text.value) if text.value in column.vocabulary else -1
            return _truth(_OPERATORS[sign](column.index, place))
        a, b = self.numbers(left), self.numbers(right)
        return _truth(_OPERATORS[sign](a.values, b.values), _both(a.known, b.known))

    def _measure(self, name: str) -> Column:
        if name in self.model.measures:
            return self.column(self.model.measures[name])
        if name in self.model.scores:
            return self.score(self.model.scores[name])
        score = next(score for score in self.model.scores.values() if score.available == name)
        known = np.zeros(self.n, np.int32)
        for item in score.items:
            if item.when is not None:
                known += self.truth(item.when) != UNKNOWN
        return Numbers(known)

    def score(self, score: Score) -> Numbers:
        """The weighted sum; of items that exclude each other the highest weight only."""
        total = np.zeros(self.n, np.int32)
        highest: dict[str, npt.NDArray[np.int32]] = {}
        for item in score.items:
            if item.when is None:
                continue
            weights = (self.truth(item.when) == TRUE) * np.int32(item.weight)
            if item.highest_of:
                best = highest.get(item.highest_of, np.zeros(self.n, np.int32))
                highest[item.highest_of] = np.maximum(best, weights)
            else:
                total += weights
        for best in highest.values():
            total += best
        return Numbers(total, None if score.known_if is None else self.truth(score.known_if) == TRUE)

    # -- primitives -------------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> Column:
        if call.function == "given":
            return np.full(self.n, TRUE if call.names[0] in self.feeds else FALSE)
        if self.if_known is None and not self.model.feeds_of(call) <= self.feeds:
            if PRIMITIVES[call.function].answers == "truth":
                return np.full(self.n, UNKNOWN)
            return Numbers(np.zeros(self.n, np.int32), np.zeros(self.n, bool))
        column: Column = getattr(self, f"_{call.function}")(call)
        return column

    def _start(self, call: Call) -> int:
        """The fact day after which a record counts."""
        months, days = call.option("months"), call.option("days")
        if months is None and days is None:
            return 0
        return max(fact_day(window_start(self.as_at, months=months, days=days)), 0)

    def ended(self, condition: str) -> Bools | None:
        """Where a resolved code, later than the last record, has ended the condition; None for nowhere."""
        if condition not in self._ended:
            ended: Bools | None = None
            for resolution in self.model.endings_of(condition):
                last = self.view.last(resolution.condition)
                for other in resolution.also:
                    last = np.maximum(last, self.view.last(other))
                now = (self.view.last(resolution.by) > last) & (last > 0)
                ended = now if ended is None else ended | now
            self._ended[condition] = ended if ended is not None and ended.any() else None
        return self._ended[condition]

    def _last(self, condition: str) -> Days:
        last, ended = self.view.last(condition), self.ended(condition)
        return last if ended is None else np.where(ended, np.int32(0), last)

    def _records(self, call: Call, name: str | None = None) -> tuple[Ints, Days]:
        """Person and day of the records that a primitive counts, distinct and sorted."""
        parts = []
        for member in self.model.members(name or call.names[0]):
            person, day = self.view.records(member)
            ended = self.ended(member)
            keep = day > self._start(call)
            if ended is not None:
                keep &= ~ended[person]
            parts.append((person[keep], day[keep]))
        person, day = union(parts)
        least_age = call.option("min_age")
        if least_age is not None:
            old_enough = day >= to_fact_day(birthday(self.people.birth, least_age))[person]
            person, day = person[old_enough], day[old_enough]
        return person, day

    def _within(self, call: Call) -> Truth:
        if call.option("min_age") is not None:
            return _truth(np.bincount(self._records(call)[0], minlength=self.n) > 0)
        start = self._start(call)
        lasts = [self._last(member) > start for member in self.model.members(call.names[0])]
        return _truth(np.logical_or.reduce(lasts))

    _ever = _within

    def _on_dates(self, call: Call) -> Truth:
        person, day = self._records(call)
        count = np.bincount(person, minlength=self.n)
        first, last = self._first_and_last(person, day)
        enough = count >= (call.option("n") or 1)
        return _truth(enough & (last - first >= (call.option("gap_days") or 0)))

    def _first_and_last(self, person: Ints, day: Days) -> tuple[Days, Days]:
        first, last = np.full(self.n, 1 << 18, np.int32), np.zeros(self.n, np.int32)
        np.minimum.at(first, person, day)
        np.maximum.at(last, person, day)
        return first, last

    def _count_days(self, call: Call) -> Numbers:
        return Numbers(np.bincount(self._records(call)[0], minlength=self.n).astype(np.int32))

    def _latest_grade(self, call: Call) -> Numbers:
        start = self._start(call)
        best, grade = np.full(self.n, start, np.int32), np.zeros(self.n, np.int32)
        for number, name in enumerate(call.names, 1):
            last = np.maximum.reduce([self._last(member) for member in self.model.members(name)])
            # Not earlier than the best so far: of one day the later name, which is the worse grade, wins.
            newer = (last > start) & (last >= best)
            best, grade = np.where(newer, last, best), np.where(newer, np.int32(number), grade)
        return Numbers(grade)

    def _in_window(self, table: Measured, call: Call) -> tuple[Ints, Ints, Ints, Ints]:
        day = to_fact_day(table.day)
        keep = (day > self._start(call)) & (day <= fact_day(self.as_at))
        return table.person[keep], table.what[keep], day[keep], table.amount[keep]

    def _latest(self, call: Call) -> Numbers:
        person, what, day, amount = self._in_window(self.values, call)
        latest = np.zeros(self.n, np.int32)
        if call.names[0] in self.values.names:
            wanted = what == self.values.names.index(call.names[0])
            person, day, amount = person[wanted], day[wanted], amount[wanted]
            order = np.lexsort((amount, day, person))
            # The last of each person wins the assignment: the latest day, and its highest value.
            latest[person[order]] = amount[order]
        return Numbers(latest)

    def _count_distinct(self, call: Call) -> Numbers:
        person, what, _, _ = self._in_window(self.medicines, call)
        pairs = np.unique((person << 32) | what)
        return Numbers(np.bincount(pairs >> 32, minlength=self.n).astype(np.int32))

    # -- lines, tallies, episodes -------------------------------------------------------------------------------------

    def line_class(self, line_id: str) -> npt.NDArray[np.int8]:
        """0 for absent, then 1 other, 2 moderate, 3 major."""
        if line_id not in self._classes:
            best = np.zeros(self.n, np.int8)
            for name, node in self.model.lines[line_id].classes:
                number = np.int8(LINE_CLASSES.index(name) + 1)
                best = np.maximum(best, np.where(self.truth(node) == TRUE, number, np.int8(0)))
            self._classes[line_id] = best
        return self._classes[line_id]

    def _line(self, call: Call) -> Truth:
        return _truth(self.line_class(call.names[0]) > 0)

    def _count_lines(self, call: Call) -> Numbers:
        count = np.zeros(self.n, np.int32)
        number = LINE_CLASSES.index(call.names[0]) + 1 if call.names else None
        for line in self.model.lines:
            classes = self.line_class(line)
            count += (classes > 0) if number is None else (classes == number)
        return Numbers(count)

    def _count_systems(self, _: Call) -> Numbers:
        systems: dict[str, Bools] = {}
        for line in self.model.lines.values():
            present = self.line_class(line.id) > 0
            systems[line.system] = systems[line.system] | present if line.system in systems else present
        count = np.zeros(self.n, np.int32)
        for each in systems.values():
            count += each
        return Numbers(count)

    def _n(self, call: Call) -> Numbers:
        count = np.zeros(self.n, np.int32)
        for item, node in self.model.tallies[call.names[0]].items:
            if item != call.word("but_not"):
                count += self.truth(node) == TRUE
        return Numbers(count)

    def _span_days(self, call: Call) -> Numbers:
        parts = []
        for _, node in self.model.tallies[call.names[0]].items:
            present = self.truth(node) == TRUE
            for each in calls(node):
                person, day = self._records(each)
                counts = present[person] & (self.truth(each) == TRUE)[person]
                parts.append((person[counts], day[counts]))
        first, last = self._first_and_last(*union(parts))
        return Numbers(np.where(last > 0, last - first, np.int32(0)).astype(np.int32))

    def _all_records(self, name: str) -> tuple[Ints, Days]:
        return union(self.view.records(member) for member in self.model.members(name))

    def _present(self, name: str) -> Episodes:
        if name not in self._episodes:
            episode, as_at = self.model.episodes[name], fact_day(self.as_at)
            sets = (self._all_records(each) for each in (episode.opens, episode.delivers, episode.loses))
            self._episodes[name] = counting(episode, find_episodes(episode, *sets, as_at=as_at), as_at=as_at)
        return self._episodes[name]

    def _in_episode(self, call: Call) -> Truth:
        return _truth(np.bincount(self._present(call.names[0]).person, minlength=self.n) > 0)

    def _during(self, call: Call) -> Truth:
        name, condition = call.names
        person, day = self._records(call, condition)
        return _truth(happened_during(self.model.episodes[name], self._present(name), self.n, person, day))


def _fold(function: np.ufunc, truths: list[Truth]) -> Truth:
    folded: Truth = function.reduce(truths)
    return folded


def _truth(true: Bools, known: Bools | None = None) -> Truth:
    truth = np.where(true, TRUE, FALSE)
    return truth if known is None else np.where(known, truth, UNKNOWN)


def _both(first: Bools | None, second: Bools | None) -> Bools | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second
