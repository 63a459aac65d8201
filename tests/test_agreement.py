"""Three routes to an answer agree: the numpy engine, the reference interpreter, the specification in plain Python."""

from __future__ import annotations

import os

import pytest
import routes
from generated import coverage_table, generate, people_strategy
from hypothesis import given, settings

#: How many people; a person who wants to be sure says PNGROUP_PEOPLE=20000.
PEOPLE = int(os.environ.get("PNGROUP_PEOPLE", "3000"))
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
    population = generate(max(PEOPLE // 8, 250), seed=23 + len(feeds))
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
    """Of 20,000 generated people each group has 1 % and each criterion is met and not met by 5 %; the table is printed."""
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
