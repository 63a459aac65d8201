"""On which days between two dates a person's group turned."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from attrs import evolve, frozen

from ..dates import to_date
from ..intake import REASONS, Registry
from ..model.definition import Model
from ..model.reference import Reading
from .changes import turning_days
from .states import State, group_by


@frozen
class Turn:
    """A day on which the group became another; `reason` says why there is none, where there is none."""

    day: datetime.date
    need_group: int | None
    reason: str | None


def find_turns(
    model: Model, registry: Registry, later: State, after: datetime.date, until: datetime.date
) -> tuple[Turn, ...]:
    """The days after `after`, up to `until`, on which the group of a person turned, by the rows of the later state.

    `registry` is that of the person alone.
    """
    now = _on(model, registry, later, after)
    turns = []
    for day in sorted({day for day in _days(model, registry, later, after, until) if after < day <= until}):
        then = _on(model, registry, later, day)
        if then.need_group != now.need_group:
            turns.append(then)
        now = then
    return tuple(turns)


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


def _on(model: Model, registry: Registry, later: State, day: datetime.date) -> Turn:
    people = registry.at((day - datetime.date(1970, 1, 1)).days, short_history_months=model.short_history_months)
    reason = int(people.reason[0])
    if reason >= 0:
        return Turn(day, None, REASONS[reason])
    person = later.facts(row for row in later.rows if row.date <= day)
    person = evolve(person, age=int(people.age[0]), birth=to_date(int(people.birth[0])))
    return Turn(day, group_by(Reading(model, person, day)), None)
