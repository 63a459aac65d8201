"""The nearest changes that would move a person to another group: with time, with one more record, with one less.

For staff only. Each is found by asking the reference interpreter again, so it is true of the model and no guess; it
says nothing about what would be good for the person.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Set as AbstractSet
from typing import Final

from attrs import evolve, field, frozen

from ..model.definition import Model, condition_names
from ..model.primitives import ANY_CONTACT, ANY_MEDICINE, ANY_RECORD, ICD10_RECORD
from ..model.reference import Fact, PersonFacts, Reading, age_on, months_before
from ..model.registers import FILTERED, base_of
from ..model.tree import calls

#: How far ahead the passing of time is looked at.
_AHEAD_DAYS: Final = 5 * 366
_PSEUDO: Final = frozenset({ANY_RECORD, ICD10_RECORD, ANY_CONTACT, ANY_MEDICINE})


@frozen
class Changes:
    """What would move the person.

    `by_time`: the first later day on which the group changes with nothing more recorded, and the group then.
    `by_adding`: for each group that one more condition, recorded today, would lead to: the conditions that do it.
    `by_removing`: for each condition without whose records the group would be another: that group.
    """

    by_time: tuple[datetime.date, int] | None
    by_adding: tuple[tuple[int, tuple[str, ...]], ...] = field(repr=False)
    by_removing: tuple[tuple[str, int], ...] = field(repr=False)


def group_of(model: Model, person: PersonFacts, as_at: datetime.date) -> int:
    """The first group in precedence that is met."""
    reading = Reading(model, person, as_at)
    for rule in model.rules:
        if rule.when is None or reading.truth(rule.when) is True:
            return rule.group
    raise AssertionError("the last rule takes everybody")  # the check of the model makes sure of it


def find_changes(model: Model, person: PersonFacts, as_at: datetime.date) -> Changes:
    """All nearest changes of one person."""
    now = group_of(model, person, as_at)
    return Changes(
        _by_time(model, person, as_at, now),
        _by_adding(model, person, as_at, now),
        _by_removing(model, person, as_at, now),
    )


def _by_time(model: Model, person: PersonFacts, as_at: datetime.date, now: int) -> tuple[datetime.date, int] | None:
    # Beyond the age of 125 the model has no group, and nobody needs a forecast.
    until = as_at + datetime.timedelta(days=_AHEAD_DAYS)
    for day in sorted(set(turning_days(model, person, as_at, until))):
        # Without a birth date the age of today stands for all days.
        years = age_on(person.birth, day) - age_on(person.birth, as_at) if person.has_exact_birth else 0
        older = evolve(person, age=person.age + years)
        then = group_of(model, older, day)
        if then != now:
            return day, then
    return None


def turning_days(
    model: Model, person: PersonFacts, as_at: datetime.date, last: datetime.date
) -> Iterator[datetime.date]:
    """Days after `as_at`, up to `last`, on which an answer can change though nothing more is recorded.

    Birthdays, and days on which records leave a window or an episode's span; in no order, and some more than once.
    """
    # Without a birth date the day of a birthday would be invented.
    for year in range(as_at.year, last.year + 1) if person.has_exact_birth else ():
        birthday = birthday_in(person.birth, year)
        if as_at < birthday <= last:
            yield birthday
    months = {n_months for call in model.calls() if (n_months := call.option("months"))}
    days = {n_days for call in model.calls() if (n_days := call.option("days")) is not None}
    for episode in model.episodes.values():
        days |= {
            episode.longest_days,
            episode.counts_after_delivery_days,
            episode.complications_after_delivery_days,
        }
        # What a discharge has ended counts on that day only.
        days |= {1} if episode.discharges else set()
    dates = {fact.date for fact in person.facts} | {d for _, d in person.medicines} | {d for _, d, _ in person.values}
    for date in dates:
        for n in months:
            first = leaves_on(date, "months", n)
            if as_at < first <= last:
                yield first
        for n in days:
            later = leaves_on(date, "days", n)
            if as_at < later <= last:
                yield later


def leaves_on(date: datetime.date, unit: str, length: int) -> datetime.date:
    """The first day on which a record is no longer inside a window of so many "months" or "days".

    >>> leaves_on(datetime.date(2026, 2, 28), "months", 1)
    datetime.date(2026, 3, 28)
    """
    if unit == "days":
        return date + datetime.timedelta(days=length)
    # The first day whose start of the window has reached the record: around the same day so many months later, a few
    # days on either side where months differ in length.
    near = months_before(date, -length)
    days = (near + datetime.timedelta(days=k) for k in range(-3, 5))
    return next(day for day in days if months_before(day, length) >= date)


def birthday_in(birth: datetime.date, year: int) -> datetime.date:
    """The birthday in a year: 1 March for 29 February in common years."""
    leap = birth.month == 2 and birth.day == 29 and not _is_leap(year)
    return datetime.date(year, 3, 1) if leap else birth.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _candidates(model: Model) -> Iterator[str]:
    """The conditions that lines and tallies are made of: what a single new record could be."""
    nodes = [node for line in model.lines.values() for _, node in line.classes]
    nodes += [node for tally in model.tallies.values() for _, node in tally.items]
    nodes += model.register_rules.values()
    for node in nodes:
        for call in calls(node):
            for name in condition_names(call):
                yield base_of(model.members(name)[0])


def _by_adding(
    model: Model, person: PersonFacts, as_at: datetime.date, now: int
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    order = model.groups
    found: dict[int, list[str]] = {}
    for condition in dict.fromkeys(_candidates(model)):
        meaning = _as_recorded(model, frozenset({condition, *model.ancestors.get(condition, ())}))
        # What any record at all would do (a non-user becomes known) says nothing about the condition.
        by_itself = evolve(person, facts=(*person.facts, Fact(meaning, as_at)))
        if group_of(model, by_itself, as_at) == now:
            continue
        recorded = evolve(person, facts=(*person.facts, Fact(meaning | _as_recorded(model, {ANY_RECORD}), as_at)))
        then = group_of(model, recorded, as_at)
        if order.index(then) < order.index(now):
            found.setdefault(then, []).append(condition)
    nearest_first = sorted(found, key=lambda group: -order.index(group))
    return tuple((group, tuple(found[group])) for group in nearest_first)


def _as_recorded(model: Model, conditions: AbstractSet[str]) -> frozenset[str]:
    """Conditions as a record has them that passes every filter of the model."""
    return frozenset(conditions) | {f"{name}{FILTERED}{each}" for name in conditions for each in model.filters}


def _by_removing(model: Model, person: PersonFacts, as_at: datetime.date, now: int) -> tuple[tuple[str, int], ...]:
    found = []
    for condition in _leaves(model, person.facts):
        without = evolve(person, facts=tuple(f for f in person.facts if condition not in f.conditions))
        then = group_of(model, without, as_at)
        if then != now:
            found.append((condition, then))
    return tuple(found)


def _leaves(model: Model, facts: Iterable[Fact]) -> list[str]:
    """The conditions of the facts that the catalogue names, without the pseudo-conditions and items of scores."""
    present = {c for fact in facts for c in fact.conditions if c in model.kinds and c not in _PSEUDO}
    inner = {ancestor for condition in present for ancestor in model.ancestors.get(condition, ())}
    return sorted(present - inner)
