"""A person at the end of a day, and the person between two such days: some of what differs taken from the earlier.

A counterfactual is a reading of the model in which some of the differences are undone: a record left out or put back, a
window that still reaches back as far as it did, the earlier age. With all of them undone it is the earlier day itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from attrs import evolve, field, frozen

from ..intake import REASONS, People
from ..model.definition import Model
from ..model.reference import Fact, PersonFacts, Reading, Value
from ..model.tree import Call
from ..vocabulary import ChangeKind, CodeSystem
from .person import PersonRows

#: The unit and the length of a window.
Window: TypeAlias = tuple[str, int]


@frozen
class Row:
    """A row of a table as the model sees it. Rows that say the same are one: evidence is a set."""

    feed: str
    system: CodeSystem | None
    code: str | None
    date: datetime.date
    conditions: frozenset[str]
    medicine: str = ""
    value: tuple[str, int] | None = None


@frozen
class State:
    """What is known of a person at the end of a day; `reason` says why there is no group, None where there is one."""

    day: datetime.date
    reason: str | None
    rows: frozenset[Row] = field(repr=False)
    #: Everything but the rows.
    person: PersonFacts = field(repr=False)

    def facts(self, rows: Iterable[Row]) -> PersonFacts:
        """The person with these rows."""
        rows = list(rows)
        return evolve(
            self.person,
            facts=tuple(Fact(row.conditions, row.date) for row in rows),
            medicines=tuple((row.medicine, row.date) for row in rows if row.medicine),
            values=tuple((row.value[0], row.date, row.value[1]) for row in rows if row.value is not None),
        )


@frozen
class Difference:
    """One thing that differs between two states: a row, a row in a window that it has left, the age, an episode."""

    kind: ChangeKind
    row: Row | None = None
    window: Window | None = None
    episode: str = ""


def state_of(place: int, people: People, rows: PersonRows, day: datetime.date) -> State:
    """The state of the person at `place` of `people`, whose rows `rows` are, on the index date of both."""
    reason = int(people.reason[place])
    return State(
        day=day,
        reason=REASONS[reason] if reason >= 0 else None,
        rows=frozenset(_rows(rows)),
        person=evolve(rows.facts, facts=(), medicines=(), values=()),
    )


def _rows(rows: PersonRows) -> Iterator[Row]:
    medicines, values = iter(rows.facts.medicines), iter(rows.facts.values)
    for fact in rows.facts.facts:
        feed, pair, amount = rows.origins[fact.row]
        # Medicines and values stand in the order of the rows that they belong to.
        medicine = next(medicines)[0] if feed == "medicines" else ""
        value = None
        if amount is not None:
            name, _, number = next(values)
            value = (name, number)
        yield Row(feed, pair.system, pair.code, fact.date, fact.conditions, medicine, value)


def windows_moved(
    model: Model, earlier: State, later: State
) -> tuple[tuple[Window, datetime.date, datetime.date], ...]:
    """The different windows of a model, with the last day outside each on either day."""
    then, now = (Reading(model, state.facts(()), state.day) for state in (earlier, later))
    found = {window: call for call in model.calls() if (window := window_of(call)) is not None}
    return tuple(
        (window, then.window_start(found[window]), now.window_start(found[window])) for window in sorted(found)
    )


def window_of(call: Call) -> Window | None:
    """The window of a call; None for all time. Of days within a limit of months it is that of days."""
    months, days = call.option("months"), call.option("days")
    if days is not None:
        return "days", days
    return None if months is None else ("months", months)


@frozen
class Between(Reading):
    """A reading of the later day with some of the earlier day in it.

    `held`: for windows, readings of the earlier day for the rows that still count in them. `episodes_held`: for
    episodes, readings of the earlier day by whose clock they are judged.
    """

    held: Mapping[Window, Reading] = field(factory=dict, kw_only=True, eq=False, repr=False)
    episodes_held: Mapping[str, Reading] = field(factory=dict, kw_only=True, eq=False, repr=False)

    def dates(self, call: Call, name: str | None = None) -> list[datetime.date]:
        """The dates that count, those that are held among them unless a resolved code has ended them."""
        found = super().dates(call, name)
        held = self._held(call)
        if held is None:
            return found
        standing = self.alive(self.model.members(name or call.names[0]))
        return sorted({*found, *(date for date in held.dates(call, name) if date in standing)})

    def values_counted(self, call: Call) -> set[tuple[datetime.date, int]]:
        """The values that count, with those that are held."""
        found, held = super().values_counted(call), self._held(call)
        return found if held is None else found | held.values_counted(call)

    def medicines_counted(self, call: Call) -> set[str]:
        """The medicines that count, with those that are held."""
        found, held = super().medicines_counted(call), self._held(call)
        return found if held is None else found | held.medicines_counted(call)

    def _held(self, call: Call) -> Reading | None:
        window = window_of(call)
        return None if window is None else self.held.get(window)

    def _call(self, call: Call) -> Value:
        if call.function in ("in_episode", "during") and call.names[0] in self.episodes_held:
            return self.episodes_held[call.names[0]].value(call)
        return super()._call(call)


def group_by(reading: Reading) -> int:
    """The first group in precedence that a reading meets."""
    for rule in reading.model.rules:
        if rule.when is None or reading.truth(rule.when) is True:
            return rule.group
    raise AssertionError("the last rule takes everybody")  # the check of the model makes sure of it
