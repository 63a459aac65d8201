"""Three routes to an answer agree: the numpy engine, the reference interpreter, the specification in plain Python."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given, settings

import routes
from generated import INDEX_DATES, TABLES, Population, coverage_table, generate, people_strategy
from generated_edges import EDGES, write_edge
from oracle.specification import FLAGS

#: How many people; a person who wants to be sure says PNGROUP_PEOPLE=20000.
PEOPLE = int(os.environ.get("PNGROUP_PEOPLE", "3000"))
#: The reference interpreter is slow: on an ordinary day it is asked about fewer.
PEOPLE_OF_REFERENCE = PEOPLE if "PNGROUP_PEOPLE" in os.environ else 375
FEEDS = [routes.FEEDS, (), ("contacts",), ("medicines", "values")]
#: The plain-Python oracle does not write out the prescription rules of the Cambridge score.
NOT_IN_ORACLE = {"cms"}


def ignored(feeds):
    return NOT_IN_ORACLE if "medicines" in feeds else set()


@pytest.mark.parametrize("feeds", FEEDS, ids=lambda feeds: "+".join(feeds) or "records only")
def test_the_engine_agrees_with_the_specification_in_plain_python(feeds):
    """On generated people every field of `to_frame()` is what a plain reading of the specification says."""
    population = generate(PEOPLE, seed=11 + len(feeds))
    grouping = routes.engine(population, feeds)
    found = routes.differences(
        routes.engine_answers(grouping), routes.oracle_answers(population, feeds), ignore=ignored(feeds)
    )
    assert not found, found[:5]


@pytest.mark.parametrize("feeds", FEEDS, ids=lambda feeds: "+".join(feeds) or "records only")
def test_the_engine_agrees_with_the_reference_interpreter(feeds):
    """On generated people group, criteria, measures and flags are what the slow interpreter of the model says."""
    population = generate(PEOPLE_OF_REFERENCE, seed=23 + len(feeds))
    grouping = routes.engine(population, feeds, keep_records=True)
    found = routes.differences(routes.engine_answers(grouping), routes.reference_answers(grouping))
    assert not found, found[:5]


@settings(max_examples=60)
@given(people_strategy())
def test_all_three_agree_on_small_populations_at_the_edges(population):
    """On people drawn for the edges of windows, ages and episodes, the three routes give one answer."""
    grouping = routes.engine(population, keep_records=True)
    answers = routes.engine_answers(grouping)
    assert not routes.differences(answers, routes.oracle_answers(population), ignore=NOT_IN_ORACLE)
    assert not routes.differences(answers, routes.reference_answers(grouping))


def test_the_generated_people_reach_every_group_and_both_sides_of_every_criterion():
    """Of 20,000 people each group has 1 % and each criterion is met and not met by 5 %; the table is printed."""
    population = generate(20_000, seed=1)
    grouping = routes.engine(population)
    results = [
        {
            "need_group": answer["need_group"],
            "reason": answer["reason"],
            "criteria": {g for g in range(1, 12) if answer["criteria"] and answer["criteria"] >> (g - 1) & 1},
        }
        for answer in routes.engine_answers(grouping).values()
    ]
    print(coverage_table(results, population))
    grouped = [result for result in results if result["reason"] is None]
    for number in range(1, 12):
        assert sum(result["need_group"] == number for result in grouped) >= len(grouped) / 100, number
        met = sum(number in result["criteria"] for result in grouped)
        assert len(grouped) / 20 <= met <= 19 * len(grouped) / 20, number
    sides = set(population.edges.values())
    names = {side.rpartition(":")[0] for side in sides}
    assert sides == {f"{name}: {side}" for name in names for side in ("inside", "outside")}
    assert len(names) >= 120


def sides_of_edges(as_at):
    """Both sides of every edge, those with the same tables given together as one population."""
    together = {}
    for edge, inside in itertools.product(EDGES, (True, False)):
        draft = write_edge(edge, as_at, inside=inside, person_id=f"{edge.name}: {inside}")
        given_tables = {name for name, rows in draft.tables.items() if rows is not None}
        # An edge has the same tables on both sides.
        feeds = tuple(name for name in routes.FEEDS if name in given_tables)
        together.setdefault(feeds, []).append(draft)
    for feeds, drafts in together.items():
        tables = {name: [row for draft in drafts for row in getattr(draft, name)] for name in TABLES}
        yield feeds, Population(people=[draft.person for draft in drafts], **tables, as_at=as_at)


@pytest.mark.parametrize("as_at", INDEX_DATES, ids=str)
def test_every_edge_is_an_edge_for_the_engine_too(as_at):
    """On both days of every window, gap and birthday the engine says two things, and says what the oracle says."""
    answers = {}
    for feeds, population in sides_of_edges(as_at):
        grouping = routes.engine(population, feeds, keep_records=True)
        found = routes.engine_answers(grouping)
        assert not routes.differences(found, routes.oracle_answers(population, feeds), ignore=ignored(feeds))
        assert not routes.differences(found, routes.reference_answers(grouping))
        answers |= found
    for edge in EDGES:
        inside, outside = (answers[f"{edge.name}: {side}"] for side in (True, False))
        # The engine has no column for being pregnant or for all flags: it has criterion 6 and a column for each.
        fields = {"pregnant": ["criteria"], "flags": FLAGS}.get(edge.measure, [edge.measure])
        assert any(inside[field] != outside[field] for field in fields), edge.name
