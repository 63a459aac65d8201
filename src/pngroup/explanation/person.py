"""One person's rows out of the tables as read: the facts that the reference interpreter needs."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from ..dates import to_date
from ..intake import SEXES, Feed, People
from ..intake.codes import Pair
from ..model.reference import Fact, PersonFacts


@frozen
class PersonRows:
    """The facts of one person, and for each fact's `row` the feed and the code behind it, and a value if it has one."""

    facts: PersonFacts = field(repr=False)
    origins: tuple[tuple[str, Pair, int | None], ...] = field(repr=False)


def rows_of_person(place: int, people: People, feeds: Mapping[str, Feed]) -> PersonRows:
    """What the feeds hold of the person at `place` of `people`."""
    facts: list[Fact] = []
    origins: list[tuple[str, Pair, int | None]] = []
    medicines: list[tuple[str, datetime.date]] = []
    values: list[tuple[str, datetime.date, int]] = []
    for name, feed in feeds.items():
        rows = np.flatnonzero(feed.person == place)
        # The table of values and medicines is sorted by day, rows of one day in the order of the caller's table.
        rows = rows[np.argsort(feed.day[rows], kind="stable")]
        table = feed.measured.of_people(place, place + 1) if feed.measured is not None else None
        for at, row in enumerate(rows):
            pair = feed.pairs[feed.pair[row]]
            meaning = feed.meanings_of_pairs[feed.variant[row]][feed.pair[row]]
            date = to_date(int(feed.day[row]))
            facts.append(Fact(meaning, date, len(origins)))
            amount = None
            if table is not None and name == "medicines":
                medicines.append((table.names[table.what[at]], date))
            elif table is not None:
                amount = int(table.amount[at])
                values.append((table.names[table.what[at]], date, amount))
            origins.append((name, pair, amount))
    return PersonRows(
        PersonFacts(
            age=int(people.age[place]),
            birth=to_date(int(people.birth[place])),
            sex=SEXES[people.sex[place]],
            facts=tuple(facts),
            medicines=tuple(medicines),
            values=tuple(values),
            feeds=frozenset(feeds),
            has_exact_birth=bool(people.exact_birth[place]),
        ),
        tuple(origins),
    )
