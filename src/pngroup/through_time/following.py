"""The group of each person on each of her turning days, worked out for a block of people at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..answering import compiler_for, group_step
from ..dates import fact_day, to_fact_day
from ..evidence import PERSON_SHIFT, Evidence, Room, Scale, Visits, WalkingFacts, unfolding, unpack
from ..evidence.view import Measured
from ..model.plan import plan_for
from ..model.steps import Step
from ..model.viewing import EVER, Moment, PeopleBlock, View, Window, find_endings
from ..preparing import Prepared
from ..threads import for_each
from .practices import without_registration
from .registrations import Registrations
from .turning_days import (
    Turns,
    ages_asked,
    asks_from_birth,
    distinct,
    questions_of,
    turns_of_facts,
    turns_of_table,
)

Ints: TypeAlias = npt.NDArray[np.int64]


@frozen
class Followed:
    """What each person is from each of her days on, in order of person and day; the first of each is the first day.

    `person`: place in people; `day`: day number; `group`: 0 for none; `reason`: place in `REASONS`, -1 for none;
    `practice`: place among the practices, -1 for none.
    """

    person: Ints = field(eq=False, repr=False)
    day: Ints = field(eq=False, repr=False)
    group: npt.NDArray[np.int8] = field(eq=False, repr=False)
    reason: npt.NDArray[np.int8] = field(eq=False, repr=False)
    practice: npt.NDArray[np.int32] = field(eq=False, repr=False)


def follow(prepared: Prepared, first: int, last: int, registrations: Registrations | None) -> Followed:
    """Everybody from the day `first` to `last`; only days on which something differs from the day before."""
    walk = _Walk(prepared, first, last, registrations)
    parts = for_each(walk.block, range(prepared.inputs[-1].evidence.n_blocks))
    return Followed(*(np.concatenate([part[i] for part in parts]) for i in range(5)))


class _Walk:
    """All that is the same for each block."""

    def __init__(self, prepared: Prepared, first: int, last: int, registrations: Registrations | None) -> None:
        model, inputs = prepared.model, prepared.inputs[-1]
        self.prepared, self.inputs, self.evidence = prepared, inputs, inputs.evidence
        self.first, self.last = first, last
        self.registrations = registrations
        self.group = group_step(compiler_for(model, inputs))
        self.plan = plan_for([self.group] if isinstance(self.group, Step) else [])
        self.endings = find_endings(model, self.plan.planes | self.plan.dated, self.evidence.meanings)
        self.unfolding = unfolding(self.evidence, planes=self.plan.planes.union(self.endings.by), dated=self.plan.dated)
        self.questions = questions_of(model, self.plan, self.endings, self.evidence, first=first, last=last)
        self.ages, self.from_birth = ages_asked(model), asks_from_birth(model)
        self.starts = {window: self.questions.starts[window] for window in {*self.plan.windows, EVER}}
        self.scale = _scale(self.starts, fact_day(last))
        kind = self.scale.numbers.dtype
        self.least = {window: (each - self.scale.first + 1).astype(kind) for window, each in self.starts.items()}
        self.rooms = threading.local()

    def block(self, block: int) -> tuple[npt.NDArray[Any], ...]:
        """The parts of `Followed` for a block."""
        people = self.evidence.people_of_block(block)
        n, everybody = people.stop - people.start, np.arange(people.start, people.stop)
        keys = _sorted_keys(self.evidence, block)
        tables = {
            name: table.of_people(people.start, people.stop)
            for name, table in (("medicines", self.inputs.medicines), ("values", self.inputs.values))
        }
        turns = [(np.arange(n), np.full(n, fact_day(self.first))), *self._turns(keys, people, tables)]
        person, day = distinct(*(np.concatenate([each[i] for each in turns]) for i in range(2)))
        rows = everybody[person]
        as_at = (day - fact_day(0)).astype(np.int32)
        state = self.prepared.registry.on(rows, as_at)
        reason = state.reason
        practice = np.full(len(rows), -1, np.int32)
        if self.registrations is not None:
            practice = self.registrations.on(rows, as_at)
            if self.registrations.say_who_is_registered:
                reason = without_registration(reason, practice)
        group = np.zeros(len(rows), np.int8)
        here = np.flatnonzero(reason < 0)
        who = PeopleBlock(state.age[here], state.birth[here], self.inputs.people.sex[rows[here]])
        group[here] = self._groups(keys, person[here], day[here], who, n, tables)
        differs = np.ones(len(rows), bool)
        differs[1:] = person[1:] != person[:-1]
        for each in (group, reason, practice):
            differs[1:] |= each[1:] != each[:-1]
        return tuple(each[differs] for each in (rows, as_at.astype(np.int64), group, reason, practice))

    def _turns(self, keys: Ints, people: slice, tables: dict[str, Measured]) -> Iterator[Turns]:
        """Person (counted from the first of the block) and fact day of the turning days."""
        yield from turns_of_facts(self.questions, *unpack(keys))
        for name, table in tables.items():
            yield from turns_of_table(self.questions, name, table)
        person, day = self.prepared.registry.turning_days(
            np.arange(people.start, people.stop), self.first, self.last, ages=self.ages, from_birth=self.from_birth
        )
        yield person, to_fact_day(day)
        if self.registrations is not None:
            yield self.registrations.turning_days(people.start, people.stop, self.first, self.last)

    def _groups(
        self, keys: Ints, person: Ints, day: Ints, who: PeopleBlock, n_people: int, tables: dict[str, Measured]
    ) -> npt.NDArray[np.int8]:
        """The groups of people (counted from the first of the block) on fact days, sorted; `who`: one entry each."""
        if not isinstance(self.group, Step):
            return np.full(len(day), self.group, np.int8)
        visits = Visits.of(person, day, n_people)
        facts = WalkingFacts(
            keys,
            self.evidence,
            self.unfolding,
            visits,
            self.scale,
            since=fact_day(self.first),
            by=self.questions.by,
            asked=self.questions.ending,
            room=self.rooms.__dict__.setdefault("room", Room()),
        )
        ordered = {name: table.in_order(visits.order) for name, table in tables.items()}
        found = np.zeros(len(day), np.int8)
        for k in range(len(visits.n_left)):
            facts.step()
            rows = visits.rows(k)
            people = PeopleBlock(who.age[rows], who.birth[rows], who.sex[rows])
            now = {name: table.of_people(0, len(rows)) for name, table in ordered.items()}
            view = View(people, facts, self._moment(day[rows]), self.endings, **now)
            [found[rows]] = self.plan.run(view)
        return found

    def _moment(self, day: Ints) -> Moment:
        place = day - fact_day(self.first)
        starts, least = (
            {window: table.take(place) if window != EVER else 0 for window, table in tables.items()}
            for tables in (self.starts, self.least)
        )
        return Moment(day, starts, least, self.scale)


def _scale(starts: Mapping[Window, Ints], last: int) -> Scale:
    """The scale on which the days of all windows can be told apart on every day."""
    return Scale.of(min((int(each[0]) for window, each in starts.items() if window != EVER), default=last), last)


def _sorted_keys(evidence: Evidence, block: int) -> Ints:
    """The facts of a block, sorted, each once, of people counted from its first."""
    parts = [part.block(block) for part in evidence.parts]
    keys = np.sort(np.concatenate([np.zeros(0, np.int64), *parts]))
    keys -= evidence.people_of_block(block).start << PERSON_SHIFT
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
