"""The days on which the group of a person can change: when records come, and when they leave a window.

Between two of them nothing that a model asks changes. Too many such days cost time, one too few would be an error; so
of a question whether there is a record, only those that come to none and those that leave none are taken, and of any
other question all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import asdict, field, frozen

from ..dates import fact_day, to_fact_day, window_starts
from ..evidence import DAY_BITS, Evidence
from ..evidence.view import Measured
from ..model import Model
from ..model.plan import Plan
from ..model.tree import Compare, Measure, Node, Number, children, walk
from ..model.viewing import EVER, Endings, Window

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
#: Person and fact day of some turning days, in any order and perhaps more than once.
Turns: TypeAlias = tuple[Ints, Ints]

#: A condition of more meanings than this is looked at by itself; others with the meanings that hold them.
_FEW_MEANINGS: Final = 16
_NEVER: Final = 0
_LATE: Final = 1 << DAY_BITS


@frozen
class Questions:
    """What a plan asks about records from the fact day `first` to `last`, meaning by meaning.

    `starts`: where each window begins on each of the days. `lasting`: by window, of which meanings it is asked whether
    there is a record. `broad`: the same of single conditions: windows, and the meanings that hold it. `dated`: of which
    meanings every record matters. `ending` and `by`: meanings that resolutions rest on, and those that end something.
    """

    first: int
    last: int
    starts: Mapping[Window, Ints] = field(repr=False)
    lasting: Mapping[Window, Bools] = field(repr=False)
    broad: tuple[tuple[frozenset[Window], Bools], ...] = field(repr=False)
    dated: Mapping[Window, Bools] = field(repr=False)
    ending: Bools = field(repr=False, eq=False)
    by: Bools = field(repr=False, eq=False)
    tables: Mapping[str, frozenset[Window]] = field(repr=False)


def questions_of(model: Model, plan: Plan, endings: Endings, evidence: Evidence, *, first: int, last: int) -> Questions:
    """The questions of a plan about an evidence, for the days (day numbers) from `first` to `last`."""
    asked: dict[str, dict[Window, set[str]]] = {"planes": {}, "dated": {}, "tables": {}}
    for kind, name, window in plan.asked:
        asked[kind].setdefault(window, set()).add(name)
    for window, name in _spans(model, plan):
        asked["dated"].setdefault(window, set()).add(name)
    n_meanings = {name: sum(name in meaning for meaning in evidence.meanings) for name in plan.planes}
    broad = {name for name, n in n_meanings.items() if n > _FEW_MEANINGS}
    windows = {*asked["planes"], *asked["dated"], *asked["tables"], EVER}
    return Questions(
        first=fact_day(first),
        last=fact_day(last),
        starts={window: _starts(first, last, window) for window in windows},
        lasting={window: _holding(names - broad, evidence) for window, names in asked["planes"].items()},
        broad=tuple(
            (frozenset(w for w, names in asked["planes"].items() if name in names), _holding({name}, evidence))
            for name in sorted(broad)
        ),
        dated={window: _holding(names, evidence) for window, names in asked["dated"].items()},
        ending=np.logical_or.reduce([np.zeros(len(evidence.meanings), bool), *endings.has.values()]),
        by=_holding(set(endings.by), evidence),
        tables={
            table: frozenset(w for w, tables in asked["tables"].items() if table in tables)
            for table in ("medicines", "values")
        },
    )


def _spans(model: Model, plan: Plan) -> Iterator[tuple[Window, str]]:
    """Every span of days of an episode, as a window: whichever of them counts from a record, it ends so much later."""
    for episode in model.episodes.values():
        values = asdict(episode, recurse=False).values()
        members = {member for value in values if isinstance(value, str) for member in model.members(value)}
        for days in (value for value in values if isinstance(value, int)):
            for name in members & plan.dated:
                yield (None, days), name


def _holding(names: set[str], evidence: Evidence) -> Bools:
    return np.array([not names.isdisjoint(meaning) for meaning in evidence.meanings], bool)


def _starts(first: int, last: int, window: Window) -> Ints:
    months, days = window
    if window == EVER:
        return np.zeros(last - first + 1, np.int64)
    starts = window_starts(first, last, months=months, days=days).astype(np.int64)
    return np.maximum(starts + fact_day(0), 0)


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
            case Compare(left, _, Number(years)) if left == age:
                ages |= {years, years + 1}
            case Compare(Number(years), _, right) if right == age:
                ages |= {years, years + 1}
            case _ if age in children(each) or (each is node and node == age):
                return False
    return True


def asks_from_birth(model: Model) -> bool:
    """Whether something counts from the birth day itself on."""
    return any(call.option("min_age") == 0 for call in model.calls())


def turns_of_facts(questions: Questions, person: Ints, meaning: Ints, day: Ints) -> Iterator[Turns]:
    """The turning days that the facts of a block make, which are sorted and distinct."""
    new = np.flatnonzero(day > questions.first)
    before, after = _neighbours(day, (person[1:] == person[:-1]) & (meaning[1:] == meaning[:-1]))
    for window, holding in questions.lasting.items():
        starts = questions.starts[window]
        rows = new[holding[meaning[new]]]
        yield from _coming(questions, person[rows], day[rows], before[rows], starts)
        rows = np.flatnonzero((day > starts[0]) & (day <= starts[-1]))
        rows = rows[holding[meaning[rows]]]
        yield from _leaving(questions, person[rows], day[rows], after[rows], starts)
    for windows, holding in questions.broad:
        rows = np.flatnonzero(holding[meaning])
        yield from _lasting(questions, person[rows], day[rows], windows)
    for window, holding in questions.dated.items():
        rows = np.flatnonzero(holding[meaning])
        yield from _every(questions, person[rows], day[rows], window)
    if questions.by.any():
        has = np.zeros(int(person.max(initial=0)) + 1, bool)
        has[person[questions.by[meaning]]] = True
        rows = np.flatnonzero(has[person] & questions.ending[meaning])
        yield from _every(questions, person[rows], day[rows], EVER)


def turns_of_table(questions: Questions, name: str, table: Measured) -> Iterator[Turns]:
    """The turning days that the medicines or values of a block make."""
    windows, day = questions.tables[name], to_fact_day(table.day)
    if name == "medicines":
        # A medicine counts once, however often it is in the window.
        n_people = int(table.person.max(initial=0)) + 1
        for who, days in _lasting(questions, table.what * n_people + table.person, day, windows):
            yield who % n_people, days
    else:
        for window in windows:
            yield from _every(questions, table.person, day, window)


def _lasting(questions: Questions, who: Ints, day: Ints, windows: Iterable[Window]) -> Iterator[Turns]:
    """When it changes whether there is a record in the windows; `who` and the days come in any order."""
    who, day = distinct(who, day)
    before, after = _neighbours(day, who[1:] == who[:-1])
    new = np.flatnonzero(day > questions.first)
    for window in windows:
        starts = questions.starts[window]
        yield from _coming(questions, who[new], day[new], before[new], starts)
        yield from _leaving(questions, who, day, after, starts)


def distinct(who: Ints, day: Ints) -> Turns:
    """Each pair of them once, sorted."""
    key = np.sort((who << DAY_BITS) | day)
    key = key[np.append(True, key[1:] != key[:-1])] if len(key) else key
    return key >> DAY_BITS, key & ((1 << DAY_BITS) - 1)


def _neighbours(day: Ints, same: Bools) -> tuple[Ints, Ints]:
    """The days before and after, where they belong together."""
    before, after = np.full(len(day), _NEVER), np.full(len(day), _LATE)
    before[1:][same], after[:-1][same] = day[:-1][same], day[1:][same]
    return before, after


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
    place = np.searchsorted(starts, day, side="left")
    out = questions.first + place
    leaves = (place > 0) & (place < len(starts)) & (after > out)
    yield person[leaves], out[leaves]
