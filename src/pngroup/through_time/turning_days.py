"""The days on which the group of a person can change: when records come, and when they leave a window.

Between two of them nothing that a model asks changes. Too many such days cost time, one too few would be an error; so
of a question whether there is a record, only those that come to none and those that leave none are taken, and of any
other question all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import asdict, field, frozen

from ..dates import fact_day, to_fact_day, window_starts
from ..evidence import DAY_BITS, BlockFacts, Coming, Evidence, Scale
from ..evidence.view import Measured
from ..model import Model
from ..model.plan import Plan
from ..model.tree import Compare, Measure, Node, Number, children, walk
from ..model.viewing import EVER, Endings, Window

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
#: Person and fact day of some turning days, in any order and perhaps more than once.
Turns: TypeAlias = tuple[Ints, Ints]

_NEVER: Final = 0
_LATE: Final = 1 << DAY_BITS
_DAY_MASK: Final = (1 << DAY_BITS) - 1


@frozen
class Questions:
    """What a plan asks about records from the fact day `first` to `last`.

    `starts`: where each window begins on each of the days. `lasting`: of each condition of which it is asked whether
    there is a record, in which windows. `dated`: by window, the conditions of which every record matters. `tables`: the
    windows of medicines and values. `ending`: the meanings whose facts matter to people who have one of `by`, which end
    something.
    """

    first: int
    last: int
    starts: Mapping[Window, Ints] = field(repr=False)
    lasting: Mapping[str, frozenset[Window]] = field(repr=False)
    dated: Mapping[Window, frozenset[str]] = field(repr=False)
    tables: Mapping[str, frozenset[Window]] = field(repr=False)
    ending: Bools = field(repr=False, eq=False)
    by: Bools = field(repr=False, eq=False)


def questions_of(model: Model, plan: Plan, endings: Endings, evidence: Evidence, *, first: int, last: int) -> Questions:
    """The questions of a plan about an evidence, for the days (day numbers) from `first` to `last`."""
    asked: dict[str, dict[str, set[Window]]] = {"planes": {}, "dated": {}, "tables": {}}
    windows: dict[Window, set[str]] = {EVER: set()}
    for kind, name, window in (*plan.asked, *_spans(model, plan)):
        asked[kind].setdefault(name, set()).add(window)
        windows.setdefault(window, set())
        if kind == "dated":
            windows[window].add(name)
    meanings = evidence.meanings
    return Questions(
        first=fact_day(first),
        last=fact_day(last),
        starts={window: _starts(first, last, window) for window in windows},
        lasting={name: frozenset(each) for name, each in asked["planes"].items()},
        dated={window: frozenset(names) for window, names in windows.items() if names},
        tables={name: frozenset(each) for name, each in asked["tables"].items()},
        ending=np.logical_or.reduce([np.zeros(len(meanings), bool), *endings.has.values()]),
        by=np.array([not meaning.isdisjoint(endings.by) for meaning in meanings], bool),
    )


def _spans(model: Model, plan: Plan) -> Iterator[tuple[str, str, Window]]:
    """Every span of days of an episode, as a window: whatever of it counts from a record, it ends so much later."""
    for episode in model.episodes.values():
        values = asdict(episode, recurse=False).values()
        # Of a day that counts by itself, such as that of a discharge, the next is another.
        spans = {1, *(value for value in values if isinstance(value, int))}
        members = {member for name in episode.conditions for member in model.members(name)}
        for name in members & plan.dated:
            yield from (("dated", name, (None, days)) for days in spans)


def _starts(first: int, last: int, window: Window) -> Ints:
    months, days = window
    if window == EVER:
        return np.zeros(last - first + 1, np.int64)
    starts = window_starts(first, last, months=months, days=days)
    return np.maximum(to_fact_day(starts), 0)


def ages_asked(model: Model) -> frozenset[int] | None:
    """The ages at which an answer can change; None for any age."""
    ages: set[int] = set()
    for node in model.expressions():
        if not _find_ages(node, ages):
            return None
    return frozenset(ages)


def _find_ages(node: Node, ages: set[int]) -> bool:
    """Collect the ages that are compared with whole numbers; whether that is all that is done with an age."""
    age = Measure("age")
    for each in walk(node):
        match each:
            case Compare(left, _, Number(years)) | Compare(Number(years), _, left) if left == age:
                ages |= {years, years + 1}
            case _ if age in children(each) or (each is node and node == age):
                return False
    return True


def facts_that_end(questions: Questions, facts: BlockFacts) -> tuple[Ints, Ints, Ints]:
    """Person, meaning and day of the facts that resolutions rest on, of people who have a resolved code."""
    had = np.zeros(facts.n_people, bool)
    had[facts.person[questions.by.take(facts.meaning)]] = True
    rows = np.flatnonzero(questions.ending.take(facts.meaning))
    rows = rows[had.take(facts.person.take(rows))]
    return facts.person.take(rows), facts.meaning.take(rows), facts.day.take(rows)


def turns_of_planes(
    questions: Questions, plane_of: Mapping[str, int], planes: npt.NDArray[Any], scale: Scale, coming: Coming
) -> Iterator[Turns]:
    """The turning days of questions whether there is a record of a condition in a window.

    `planes` are those of the first day, and `coming` all that comes after it.
    """
    n = planes.shape[1]
    cell, days = distinct(coming.plane * n + coming.person.take(coming.which), coming.day.take(coming.which))
    befores, afters, firsts = _neighbours(cell, days)
    bounds = np.searchsorted(cell, np.arange(len(planes) + 1) * n)
    for name, windows in questions.lasting.items():
        plane = planes[plane_of[name]]
        part = slice(*bounds[plane_of[name] : plane_of[name] + 2])
        person, day, before, after = cell[part] - plane_of[name] * n, days[part], befores[part], afters[part]
        is_first = firsts[part]
        before[is_first] = _days_of(plane.take(person[is_first]), scale)
        next_day = np.full(n, _LATE) if windows != {EVER} else np.zeros(0, np.int64)
        for window in windows:
            starts = questions.starts[window]
            yield from _coming(questions, person, day, before, starts)
            if window != EVER:
                yield from _leaving(questions, person, day, after, starts)
                next_day[person[is_first]] = day[is_first]
                # What is so long ago that it shares its number with other days left the window before the first day.
                who = np.flatnonzero((plane > scale.least(int(starts[0]))) & (plane <= scale.least(int(starts[-1]))))
                yield from _leaving(questions, who, _days_of(plane.take(who), scale), next_day.take(who), starts)


def _days_of(numbers: npt.NDArray[Any], scale: Scale) -> Ints:
    return np.where(numbers > 0, numbers + np.int64(scale.first - 1), _NEVER)


def turns_of_days(questions: Questions, facts: BlockFacts) -> Iterator[Turns]:
    """The turning days of questions to which every record matters."""
    for window, conditions in questions.dated.items():
        yield from _every(questions, *facts.records(conditions), window)


def turns_of_endings(questions: Questions, person: Ints, day: Ints) -> Iterator[Turns]:
    """The days on which something can be ended or begin anew: those of `facts_that_end`."""
    yield from _every(questions, person, day, EVER)


def turns_of_table(questions: Questions, name: str, table: Measured) -> Iterator[Turns]:
    """The turning days that the medicines or values of a block make."""
    windows, day = questions.tables.get(name, frozenset[Window]()), to_fact_day(table.day)
    if name != "medicines":
        for window in windows:
            yield from _every(questions, table.person, day, window)
    elif windows:
        # A medicine counts once, however often it is in the window.
        n_people = int(table.person.max(initial=0)) + 1
        who, day = distinct(table.what * n_people + table.person, day)
        before, after, _ = _neighbours(who, day)
        new = np.flatnonzero(day > questions.first)
        for window in windows:
            starts = questions.starts[window]
            yield from _coming(questions, who[new] % n_people, day[new], before[new], starts)
            yield from _leaving(questions, who % n_people, day, after, starts)


def distinct(who: Ints, day: Ints) -> Turns:
    """Each pair of them once, sorted."""
    key = np.sort((who << DAY_BITS) | day)
    key = key[np.append(True, key[1:] != key[:-1])] if len(key) else key
    return key >> DAY_BITS, key & _DAY_MASK


def _neighbours(who: Ints, day: Ints) -> tuple[Ints, Ints, Bools]:
    """Of sorted days the one before and the one after of the same, and which are the first."""
    same = np.flatnonzero(who[1:] == who[:-1])
    before, after = np.full(len(day), _NEVER), np.full(len(day), _LATE)
    before[same + 1], after[same] = day[same], day[same + 1]
    return before, after, before == _NEVER


def _every(questions: Questions, person: Ints, day: Ints, window: Window) -> Iterator[Turns]:
    new = np.flatnonzero((day > questions.first) & (day <= questions.last))
    yield person[new], day[new]
    yield from _leaving(questions, person, day, np.full(len(day), _LATE), questions.starts[window])


def _coming(questions: Questions, person: Ints, day: Ints, before: Ints, starts: Ints) -> Iterator[Turns]:
    """Records after the first day that come when none was in the window; `before`: the day of the one before."""
    comes = (day <= questions.last) & (before <= starts.take(day - 1 - questions.first, mode="clip"))
    yield person[comes], day[comes]


def _leaving(questions: Questions, person: Ints, day: Ints, after: Ints, starts: Ints) -> Iterator[Turns]:
    """The days on which records have left the window with none in it; `after`: the day of the next."""
    rows = np.flatnonzero((day > starts[0]) & (day <= starts[-1]))
    out = questions.first + np.searchsorted(starts, day[rows], side="left")
    leaves = after[rows] > out
    yield person[rows][leaves], out[leaves]
