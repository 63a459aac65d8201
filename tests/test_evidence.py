"""Evidence is a set: duplicates, order, chunks and blocks cannot matter, and merging is union."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pngroup import threads
from pngroup.dates import fact_day, from_fact_day
from pngroup.evidence import BlockFacts, Evidence, Meanings, Room, Scale, gather, merge, order, pack, planes, unfolding
from pngroup.evidence.facts import unpack

CONDITIONS = ("asthma", "copd", "stroke", "tia")
N_PEOPLE = 6
DAYS = st.integers(-20_000, 30_000)
ROW = st.tuples(st.integers(0, N_PEOPLE - 1), st.frozensets(st.sampled_from(CONDITIONS), min_size=1), DAYS)
ROWS = st.lists(ROW, max_size=40)
BITS = st.integers(0, 4)
Row = tuple[int, frozenset[str], int]


def evidence_of(rows: Sequence[Row], *, n_parts: int = 1) -> Evidence:
    meanings = Meanings()
    numbers = np.array([meanings.number(conditions) for _, conditions, _ in rows], np.int64)
    person = np.array([person for person, _, _ in rows], np.int64)
    day = np.array([day for _, _, day in rows], np.int64)
    parts = np.array_split(pack(person, numbers, day), n_parts)
    return gather([order(part, N_PEOPLE) for part in parts], meanings, N_PEOPLE)


def facts_of(evidence: Evidence) -> list[Row]:
    facts = zip(*unpack(evidence.sorted_keys()), strict=True)
    return [(int(p), evidence.meanings[m], from_fact_day(int(d))) for p, m, d in facts]


@given(ROWS, st.integers(1, 5), BITS)
def test_evidence_holds_the_facts_and_nothing_else(rows: list[Row], n_parts: int, bits: int) -> None:
    """What comes out is the set of what went in, in however many parts it came and blocks it lies."""
    evidence = evidence_of(rows, n_parts=n_parts).in_blocks(bits)
    found = facts_of(evidence)
    assert set(found) == set(rows)
    assert len(found) == len(set(rows))
    in_blocks = []
    for block in range(evidence.n_blocks):
        people = evidence.people_of_block(block)
        for person, meaning, day in zip(*evidence.block(block), strict=True):
            in_blocks.append((people.start + int(person), evidence.meanings[meaning], from_fact_day(int(day))))
            assert people.start <= in_blocks[-1][0] < people.stop
    assert Counter(in_blocks) == Counter(rows)
    people_of_blocks = [range(N_PEOPLE)[evidence.people_of_block(block)] for block in range(evidence.n_blocks)]
    assert [person for people in people_of_blocks for person in people] == list(range(N_PEOPLE))


@given(ROWS, ROWS)
def test_merging_is_union(first: list[Row], second: list[Row]) -> None:
    """Two evidences merged are the evidence of all rows, whatever numbers their meanings had."""
    merged = merge(evidence_of(first), evidence_of(second))
    assert set(facts_of(merged)) == set(first) | set(second)


def test_evidence_of_many_pieces_and_blocks_is_whole() -> None:
    """Facts of a million rows in shuffled parts, some of them empty, are in the blocks of their people."""
    rng = np.random.default_rng(5)
    meanings = Meanings()
    numbers = [meanings.number(frozenset({condition})) for condition in CONDITIONS]
    n_people, n = 300_000, 1_000_000
    facts = pack(rng.integers(0, n_people, n), rng.choice(numbers, n), rng.integers(0, 20_000, n))
    parts = [facts[:10], facts[10:10], facts[10:700_001], facts[700_001:]]
    for bits in (9, 15):
        evidence = gather([order(part, n_people) for part in parts], meanings, n_people).in_blocks(bits)
        assert (np.diff(evidence.keys >> (33 + bits)) >= 0).all()
        assert np.array_equal(np.sort(evidence.keys), np.sort(facts))
        for block in (0, 7, evidence.n_blocks - 1):
            person = evidence.block(block)[0]
            rows = evidence.people_of_block(block)
            assert len(person) == ((facts >> 33 >= rows.start) & (facts >> 33 < rows.stop)).sum()


@pytest.mark.parametrize("common", [0, 1 << 60], ids=["all common", "all rare"])
@given(
    rows=ROWS, bits=BITS, span=st.sampled_from([10, 300, 50_000, 66_000]), dates=st.lists(DAYS, min_size=1, max_size=4)
)
def test_a_plane_tells_of_the_last_record_up_to_each_index_date(common, rows, bits, span, dates):
    """For each condition, person and date, in any order of dates: whether the last record is after any day of the
    scale, and whether there is one at all.
    """
    evidence = evidence_of(rows).in_blocks(bits)
    with mock.patch.object(planes, "_COMMON", common):
        unfolds = unfolding(evidence, planes=CONDITIONS, dated=CONDITIONS[1:3])
    room, first = Room(), max(fact_day(max(dates)) - span, 1)
    scale = Scale.of(first, fact_day(max(dates)))
    for block in range(evidence.n_blocks):
        facts = BlockFacts(evidence, unfolds, block, room)
        person_0 = evidence.people_of_block(block).start
        for date in dates:
            found = facts.planes(scale, fact_day(date))
            for condition in CONDITIONS:
                for person in range(facts.n_people):
                    days = [day for p, of, day in rows if p == person_0 + person and condition in of and day <= date]
                    number = int(found[unfolds.plane_of[condition]][person])
                    assert (number > scale.least(0)) == bool(days)
                    for start in {first, (first + fact_day(date)) // 2, *map(fact_day, days)}:
                        if start >= first:
                            assert (number > scale.least(start)) == any(fact_day(day) > start for day in days)


@pytest.mark.parametrize("common", [0, 1 << 60], ids=["all common", "all rare"])
@given(rows=ROWS, bits=BITS, asked=st.sets(st.sampled_from(CONDITIONS[:3])))
def test_records_are_those_of_the_conditions_asked_for(common, rows, bits, asked):
    """The days of a set of conditions are the days of all rows whose code stands for one of them."""
    evidence = evidence_of(rows).in_blocks(bits)
    with mock.patch.object(planes, "_COMMON", common):
        unfolds = unfolding(evidence, planes=CONDITIONS[2:], dated=CONDITIONS[:3])
    for block in range(evidence.n_blocks):
        people = evidence.people_of_block(block)
        facts = BlockFacts(evidence, unfolds, block)
        found = {(int(p), from_fact_day(int(d))) for p, d in zip(*facts.records(asked), strict=True)}
        here = [(person - people.start, of, day) for person, of, day in rows if people.start <= person < people.stop]
        assert found == {(person, day) for person, of, day in here if of & asked}
        chosen = np.arange(facts.n_people) % 2 == 0
        of_people = [
            (int(p), evidence.meanings[m], from_fact_day(int(d)))
            for p, m, d in zip(*facts.of_people(chosen), strict=True)
        ]
        assert Counter(of_people) == Counter(row for row in here if row[0] % 2 == 0)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_pieces_of_work_come_back_in_order_and_errors_unchanged(n_threads):
    """Whether in threads or not, results are in the order of the pieces, and what the work raises is raised."""
    assert threads.for_each(lambda piece: piece * piece, range(40), n_threads=n_threads) == [i * i for i in range(40)]
    wrong = ValueError("the very one")

    def work(piece: int) -> int:
        if piece == 3:
            raise wrong
        return piece

    with pytest.raises(ValueError, match="the very one") as caught:
        threads.for_each(work, range(40), n_threads=n_threads)
    assert caught.value is wrong
