"""On which days between two dates a person's group turned."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from ..dates import to_date
from ..intake import REASONS, Registry
from ..model.definition import Model
from ..vocabulary import ChangeKind
from .causes import find_causes, group_in, group_without
from .changes import turning_days
from .states import Difference, Row, State

_Days: TypeAlias = npt.NDArray[np.int32]
_Given: TypeAlias = npt.NDArray[np.bool_]

#: A registry without what has ended a group.
_ENDLESS: Final[Mapping[ChangeKind, Callable[[Registry], Registry]]] = {
    ChangeKind.DEATH: lambda registry: evolve(registry, died_on=_never(registry.died_on)),
    ChangeKind.REGISTRATION: lambda registry: evolve(registry, registered_to=_never(registry.registered_to)),
}


@frozen
class Turn:
    """A day on which the group became another; `reason` says why there is none, where there is none."""

    day: datetime.date
    need_group: int | None
    reason: str | None


def find_turns(
    model: Model,
    registry: Registry,
    later: State,
    after: datetime.date,
    until: datetime.date,
    *,
    is_hidden: Callable[[Row], bool],
) -> tuple[Turn, ...]:
    """The days after `after`, up to `until`, on which the group of a person turned, by the rows of the later state.

    `registry` is that of the person alone. A turn that rests on a row that `is_hidden` is left out: its day would tell
    the row's.
    """
    was = state_on(model, registry, later, after)
    group, hides = group_in(model, was), any(is_hidden(row) for row in later.rows)
    turns = []
    for day in sorted({day for day in _days(model, registry, later, after, until) if after < day <= until}):
        state = state_on(model, registry, later, day)
        then = _turn(model, state)
        if then.need_group != group and not (hides and _rests_on(model, registry, state, is_hidden)):
            turns.append(then)
        group = then.need_group
    return tuple(turns)


def _rests_on(model: Model, registry: Registry, state: State, is_hidden: Callable[[Row], bool]) -> bool:
    """Whether the turn to a state rests on a row that is hidden; of an episode that ran out any such row may have."""
    eve = state_on(model, registry, state, state.day - datetime.timedelta(days=1))
    causes = find_causes(model, eve, state).causes
    return any(is_hidden(each.row) if each.row is not None else bool(each.episode) for each in causes)


def _days(
    model: Model, registry: Registry, later: State, after: datetime.date, until: datetime.date
) -> Iterator[datetime.date]:
    """Days on which the group can turn."""
    # A birthday is one also where the day of birth is only the middle of the month or year that is known.
    person = evolve(later.facts(later.rows), has_exact_birth=True)
    yield from turning_days(model, person, after, until)
    yield from (row.date for row in later.rows)
    births = registry.births
    if births.given[0]:
        # Of a month or a year its first day is the first on which somebody can have been born; until the day that
        # stands for it has come, the birth is taken to be on the day that is asked about.
        first = to_date(int(births.day[0]))
        yield first
        if model.asks_from_birth:
            yield from (first + datetime.timedelta(days=n) for n in range(1, (person.birth - first).days + 1))
    for day, given in (registry.registered_from, registry.registered_to, registry.died_on):
        if given[0]:
            yield to_date(int(day[0]))


def _turn(model: Model, state: State) -> Turn:
    return Turn(state.day, group_in(model, state), state.reason)


def state_on(model: Model, registry: Registry, later: State, day: datetime.date) -> State:
    """The state of the person of `registry` at the end of a day, by the rows of the later state."""
    people = registry.at((day - datetime.date(1970, 1, 1)).days, short_history_months=model.short_history_months)
    reason = int(people.reason[0])
    return State(
        day=day,
        reason=REASONS[reason] if reason >= 0 else None,
        rows=frozenset(row for row in later.rows if row.date <= day),
        person=evolve(later.person, age=int(people.age[0]), birth=to_date(int(people.birth[0]))),
    )


def group_undone(model: Model, registry: Registry, earlier: State, later: State, cause: Difference) -> Turn:
    """The group on the later day had this one cause of the change not come about, or the reason for none."""
    if earlier.reason is not None:
        return Turn(later.day, None, earlier.reason)
    if later.reason is None or cause.kind is ChangeKind.BIRTHDAY:
        return Turn(later.day, group_without(model, earlier, later, (cause,)), None)
    return _turn(model, state_on(model, _ENDLESS[cause.kind](registry), later, later.day))


def _never(days: tuple[_Days, _Given]) -> tuple[_Days, _Given]:
    day, given = days
    return day, np.zeros_like(given)
