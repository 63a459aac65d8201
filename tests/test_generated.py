"""The generated people: the same for a seed, at every edge, in every group."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from generated import INDEX_DATES, coverage_table, generate, people_strategy
from generated_codes import EVERY_CODE, pool_meaning
from generated_edges import EDGES, write_edge
from oracle.specification import group_person


@pytest.mark.parametrize("as_at", INDEX_DATES, ids=str)
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)
def test_each_edge_is_an_edge(edge, as_at):
    """A day's difference at the edge of each window, gap and birthday changes the measure it is about."""
    sides = []
    for inside in (True, False):
        draft = write_edge(edge, as_at, inside=inside)
        answer = group_person(draft.person, draft.records, as_at, catalogue=pool_meaning, **draft.tables)
        sides.append(answer[edge.measure])
    assert sides[0] != sides[1]


def test_the_same_seed_gives_the_same_people():
    """A seed fixes everything: people, rows and their order."""
    assert generate(300, 5) == generate(300, 5)
    assert generate(300, 5) != generate(300, 6)


def test_every_code_and_edge_appears():
    """Among 20,000 people each code of the pool and both sides of each edge are there."""
    population = generate(20_000, 1)
    assert set(EVERY_CODE) <= {(row["code"], row["system"]) for row in population.records}
    sides = {f"{edge.name}: {side}" for edge in EDGES for side in ("inside", "outside")}
    assert set(population.edges.values()) == sides


@pytest.mark.parametrize("feeds", [(), ("contacts", "medicines", "values")], ids=["records", "all"])
def test_groups_and_criteria_are_covered(feeds):
    """Each group has 1 % of the people with a group; each criterion is met by 5 % and missed by 5 %."""
    population = generate(6_000, 2, as_at=date(2024, 2, 29))
    answers = [
        group_person(
            someone,
            rows["records"],
            population.as_at,
            catalogue=pool_meaning,
            **{feed: rows[feed] for feed in feeds},
        )
        for someone, rows in population.each()
    ]
    print(coverage_table(answers, population))
    eligible = [answer for answer in answers if answer["reason"] is None]
    least = 0.05 * len(eligible)
    for number in range(1, 12):
        assert sum(answer["need_group"] == number for answer in eligible) >= 0.01 * len(eligible)
        assert least <= sum(number in answer["criteria"] for answer in eligible) <= len(eligible) - least
    reasons = {answer["reason"] for answer in answers}
    assert reasons == {None, "excluded", "not_born", "died", "not_registered", "age_unknown"}


@settings(max_examples=60)
@given(people_strategy())
def test_the_oracle_holds_its_invariants(population):
    """Order, duplicates and rows that never count change no answer, and every eligible person has one."""
    for someone, rows in population.each():
        answer = group_person(someone, rows["records"], population.as_at, catalogue=pool_meaning)
        assert (answer["need_group"] is None) == (answer["reason"] is not None)
        future = [row | {"date": population.as_at + timedelta(days=1)} for row in rows["records"]]
        undated = [row | {"date": None} for row in rows["records"]]
        refuted = [row | {"status": "refuted"} for row in rows["records"]]
        more = [*reversed(rows["records"]), *rows["records"], *future, *undated, *refuted]
        assert group_person(someone, more, population.as_at, catalogue=pool_meaning) == answer
