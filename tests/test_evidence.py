"""Evidence is a set: duplicates, order and chunks cannot matter, and merging is union."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from pngroup.dates import from_fact_day
from pngroup.evidence import Meanings, gather, merge, pack
from pngroup.evidence.view import View

CONDITIONS = ("asthma", "copd", "stroke", "tia")
ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.frozensets(st.sampled_from(CONDITIONS), min_size=1),
        st.integers(-20_000, 30_000),
    ),
    max_size=40,
)
N_PEOPLE = 6


def evidence_of(rows: list[tuple[int, frozenset[str], int]]):  # type: ignore[no-untyped-def]
    meanings = Meanings()
    numbers = np.array([meanings.number(conditions) for _, conditions, _ in rows], np.int64)
    person = np.array([person for person, _, _ in rows], np.int64)
    day = np.array([day for _, _, day in rows], np.int64)
    return gather([pack(person, numbers, day)], meanings, N_PEOPLE)


def facts_of(evidence) -> set[tuple[int, frozenset[str], int]]:  # type: ignore[no-untyped-def]
    person, meaning, day = evidence.of_people(0, N_PEOPLE)
    return {(int(p), evidence.meanings[m], from_fact_day(int(d))) for p, m, d in zip(person, meaning, day, strict=True)}


@given(ROWS)
def test_evidence_holds_each_fact_once_and_nothing_else(rows: list[tuple[int, frozenset[str], int]]) -> None:
    """What comes out is the set of what went in, for every person, meaning and day."""
    assert facts_of(evidence_of(rows)) == set(rows)


@given(ROWS, ROWS)
def test_merging_is_union(
    first: list[tuple[int, frozenset[str], int]], second: list[tuple[int, frozenset[str], int]]
) -> None:
    """Two evidences merged are the evidence of all rows, whatever numbers their meanings had."""
    merged = merge(evidence_of(first), evidence_of(second))
    assert facts_of(merged) == set(first) | set(second)
    assert (np.diff(merged.keys) > 0).all()


@given(ROWS, st.integers(-20_000, 30_000))
def test_a_view_knows_last_days_and_records_up_to_the_index_date(
    rows: list[tuple[int, frozenset[str], int]], as_at: int
) -> None:
    """The last day and the distinct days of a condition are those of the rows not later than the index date."""
    view = View(evidence_of(rows), {c: i for i, c in enumerate(CONDITIONS)}, first=0, end=N_PEOPLE, as_at=as_at)
    for condition in CONDITIONS:
        expected: dict[int, set[int]] = {person: set() for person in range(N_PEOPLE)}
        for person, conditions, day in rows:
            if condition in conditions and day <= as_at:
                expected[person].add(day)
        last = view.last(condition)
        found: dict[int, list[int]] = {person: [] for person in range(N_PEOPLE)}
        for person, day in zip(*view.records(condition), strict=True):
            found[int(person)].append(from_fact_day(int(day)))
        for person, days in expected.items():
            assert found[person] == sorted(days)
            assert (last[person] == 0) if not days else from_fact_day(int(last[person])) == max(days)
