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
from ..evidence import BlockFacts, Coming, Room, Scale, Visits, WalkingFacts, unfolding
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
    distinct,
    facts_that_end,
    questions_of,
    turns_of_days,
    turns_of_endings,
    turns_of_planes,
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
        self.ages, self.from_birth = ages_asked(model), model.asks_from_birth
        self.starts = {window: self.questions.starts[window] for window in {*self.plan.windows, EVER}}
        self.scale = _scale(self.starts, fact_day(last))
        kind = self.scale.numbers.dtype
        self.least = {window: (each - self.scale.first + 1).astype(kind) for window, each in self.starts.items()}
        self.rooms = threading.local()

    def block(self, block: int) -> tuple[npt.NDArray[Any], ...]:
        """The parts of `Followed` for a block."""
        rows = self.evidence.people_of_block(block)
        followed = _Block(self, block, rows)
        person, day = distinct(*(np.concatenate(each) for each in zip(*followed.turns(), strict=True)))
        who, as_at = person + rows.start, (day - fact_day(0)).astype(np.int32)
        state = self.prepared.registry.on(who, as_at)
        reason, practice = state.reason, np.full(len(who), -1, np.int32)
        if self.registrations is not None:
            practice = self.registrations.on(who, as_at)
            if self.registrations.say_who_is_registered:
                reason = without_registration(reason, practice)
        here = np.flatnonzero(reason < 0)
        people = PeopleBlock(state.age[here], state.birth[here], self.inputs.people.sex[who[here]])
        group = np.zeros(len(who), np.int8)
        group[here] = followed.groups(person[here], day[here], people)
        differs = np.ones(len(who), bool)
        differs[1:] = person[1:] != person[:-1]
        for each in (group, reason, practice):
            differs[1:] |= each[1:] != each[:-1]
        return tuple(each[differs] for each in (who, as_at.astype(np.int64), group, reason, practice))

    def moment(self, day: Ints) -> Moment:
        """The index dates of people, each on a fact day, and their windows."""
        place = day - fact_day(self.first)
        starts, least = (
            {window: table.take(place) if window != EVER else 0 for window, table in tables.items()}
            for tables in (self.starts, self.least)
        )
        return Moment(day, starts, least, self.scale)


class _Block:
    """A block of people, counted from its first."""

    def __init__(self, walk: _Walk, block: int, people: slice) -> None:
        self.walk, self.people = walk, people
        self.room = walk.rooms.__dict__.setdefault("room", Room())
        self.facts = BlockFacts(walk.evidence, walk.unfolding, block, self.room)
        self.planes = self.facts.planes(walk.scale, fact_day(walk.first))
        self.coming = Coming.of(self.facts, fact_day(walk.first))
        self.ending = facts_that_end(walk.questions, self.facts)
        self.tables = {
            name: table.of_people(people.start, people.stop)
            for name, table in (("medicines", walk.inputs.medicines), ("values", walk.inputs.values))
        }

    def turns(self) -> Iterator[Turns]:
        """Person and fact day of the turning days, the first day of everybody among them."""
        walk, people, n = self.walk, self.people, self.facts.n_people
        questions = walk.questions
        yield np.arange(n), np.full(n, fact_day(walk.first))
        yield from turns_of_planes(questions, walk.unfolding.plane_of, self.planes, walk.scale, self.coming)
        yield from turns_of_days(questions, self.facts)
        yield from turns_of_endings(questions, self.ending[0], self.ending[2])
        for name, table in self.tables.items():
            yield from turns_of_table(questions, name, table)
        person, day = walk.prepared.registry.turning_days(
            np.arange(people.start, people.stop), walk.first, walk.last, ages=walk.ages, from_birth=walk.from_birth
        )
        yield person, to_fact_day(day)
        if walk.registrations is not None:
            yield walk.registrations.turning_days(people.start, people.stop, walk.first, walk.last)

    def groups(self, person: Ints, day: Ints, who: PeopleBlock) -> npt.NDArray[np.int8]:
        """The groups of people on fact days, sorted; `who` has one entry for each."""
        walk = self.walk
        if not isinstance(walk.group, Step):
            return np.full(len(day), walk.group, np.int8)
        visits = Visits.of(person, day, self.facts.n_people)
        facts = WalkingFacts(self.facts, self.planes, self.coming, visits, walk.scale, few=self.ending, room=self.room)
        tables = {name: table.in_order(visits.order) for name, table in self.tables.items()}
        found = np.zeros(len(day), np.int8)
        for k in range(len(visits.n_left)):
            facts.step()
            rows = visits.rows(k)
            people = PeopleBlock(who.age[rows], who.birth[rows], who.sex[rows])
            now = {name: table.of_people(0, len(rows)) for name, table in tables.items()}
            view = View(people, facts, walk.moment(day[rows]), walk.endings, **now)
            [found[rows]] = walk.plan.run(view)
        return found


def _scale(starts: Mapping[Window, Ints], last: int) -> Scale:
    """The scale on which the days of all windows can be told apart on every day."""
    return Scale.of(min((int(each[0]) for window, each in starts.items() if window != EVER), default=last), last)
