"""Transitions and what is read from them: flows, stability, net movement."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

import pngroup
from generated_moves import GROUPS, PRACTICES, courses, month_ends, snapshots_of
from pngroup import through_time
from pngroup.intake import REASONS

MODEL, SCHEME = pngroup.load_model("need-groups"), pngroup.load_scheme("default")
TIERS = [tier.word for tier in reversed(SCHEME.tiers)]


def word_of(taken, place, person, by="group"):
    group, reason = int(taken.group[place, person]), int(taken.reason[place, person])
    if reason >= 0:
        return REASONS[reason]
    return SCHEME.group_name(group) if by == "group" else SCHEME.tier_word(group)


@settings(max_examples=60, deadline=None)
@given(courses(practices=True), st.sampled_from(["group", "tier"]), st.booleans())
def test_transitions_count_each_person_once_for_each_pair(taken, by, by_practice):
    """Each pair of dates counts every person once, in the cell of their two states and in one practice."""
    expected = Counter()
    for (a, b), person in product(pairwise(range(len(taken))), range(taken.n_people)):
        at = taken.practice[a, person] if taken.practice[a, person] >= 0 else taken.practice[b, person]
        place = (PRACTICES[at] if at >= 0 else None) if by_practice else "any"
        expected[taken.as_at[b], place, word_of(taken, a, person, by), word_of(taken, b, person, by)] += 1
    found = pngroup.transitions(taken, each=True, by=by, by_practice=by_practice)
    frame = found.to_frame()
    places = frame["practice"] if by_practice else ["any"] * len(frame["n"])
    days = frame["to_as_at"].astype("datetime64[D]").tolist()
    rows = zip(days, places, frame["from"], frame["to"], frame["n"], strict=True)
    assert {tuple(row[:4]): row[4] for row in rows} == expected
    assert found.counts.sum(axis=(1, 2, 3)).tolist() == [taken.n_people] * (len(taken) - 1)
    n_with_group = (taken.group > 0).sum(axis=1)
    inside = found.between.sum(axis=(1, 2, 3))
    assert (inside + found.exits.sum(axis=(1, 2, 3))).tolist() == n_with_group[:-1].tolist()
    assert (inside + found.entries.sum(axis=(1, 2, 3))).tolist() == n_with_group[1:].tolist()


def test_shares_are_of_those_who_were_there():
    """A share is of all who were in the group before, those who left included; kinds tell what became of them."""
    taken = snapshots_of([[4, 4, 4, 0, 9], [4, 9, 0, 4, 9]])
    frame = pngroup.transitions(taken).to_frame()
    rows = list(zip(frame["from"], frame["to"], frame["kind"], frame["n"], frame["share"], strict=True))
    major, low = SCHEME.group_name(9), SCHEME.group_name(4)
    assert rows == [
        (major, major, "stayed", 1, 1.0),
        (low, major, "moved", 1, pytest.approx(1 / 3)),
        (low, low, "stayed", 1, pytest.approx(1 / 3)),
        (low, "not_registered", "left", 1, pytest.approx(1 / 3)),
        ("not_registered", low, "entered", 1, None),
    ]
    assert np.isnan(pngroup.transitions(taken).shares[0, 0, 0]).all()


@settings(max_examples=40, deadline=None)
@given(courses(), st.sampled_from(["group", "tier", "rag"]), st.integers(0, 4))
def test_flows_are_the_transitions_and_small_ones_are_hidden(taken, by, suppress_below):
    """Flows hold everybody who was there on either date; numbers under the bound are missing, and say so."""
    found = through_time.flows(taken, by=by, suppress_below=suppress_below)
    there = (taken.group[:-1] > 0) | (taken.group[1:] > 0)
    assert found.n.sum() == there.sum()
    frame = found.to_frame()
    assert [n is None for n in frame["n"].tolist()] == (found.n < suppress_below).tolist()
    assert frame["suppressed"].tolist() == (found.n < suppress_below).tolist()
    for end in ("from", "to"):
        assert [found.states[place - 1] for place in frame[f"{end}_order"].tolist()] == frame[end].tolist()
    for as_at, following in zip(frame["as_at"].tolist(), frame["next_as_at"].tolist(), strict=True):
        assert (as_at, following) in set(pairwise(taken.as_at))


def test_colours_stand_in_the_order_of_tiers():
    """By colour the states are the colours of the scheme, highest need first, then the reasons."""
    taken = snapshots_of([[4, 10], [9, 11]])
    assert through_time.flows(taken, by="rag").states == ("red", "amber", "green", *REASONS)
    assert pngroup.transitions(taken, by="tier").states[:3] == tuple(TIERS)
    assert pngroup.transitions(taken).states[0] == SCHEME.group_name(MODEL.groups[0])


@settings(max_examples=60, deadline=None)
@given(courses(), st.sampled_from(["group", "tier"]), st.sampled_from([None, (), (1, 4)]))
def test_movement_sorts_everybody_with_two_groups_into_five(taken, by, unknown):
    """Up, down, same, out of and into unknown need: each person with a group on both dates is one of these."""
    found = through_time.movement(taken, by=by, unknown=unknown)
    apart = {1} if unknown is None else set(unknown)
    tier = {word: place for place, word in enumerate(TIERS)}
    for place in range(len(taken) - 1):
        counted = Counter()
        for person in range(taken.n_people):
            a, b = int(taken.group[place, person]), int(taken.group[place + 1, person])
            if not (a and b):
                continue
            if (a in apart) or (b in apart):
                counted["n_same" if {a, b} <= apart else "n_out_of_unknown" if a in apart else "n_into_unknown"] += 1
                continue
            first, second = (
                (MODEL.groups.index(each) if by == "group" else tier[SCHEME.tier_word(each)]) for each in (a, b)
            )
            counted["n_same" if first == second else "n_up" if second < first else "n_down"] += 1
        for name in ("n_same", "n_up", "n_down", "n_out_of_unknown", "n_into_unknown"):
            assert getattr(found, name)[place] == counted[name]
        assert found.n[place] == sum(counted.values())
        assert found.n_net[place] == counted["n_up"] - counted["n_down"]


def kappa_of_pairs(table, weights):
    """Kappa from everybody's own disagreement against that of everybody with everybody: no margins, no weights."""
    rows, columns = np.nonzero(table)
    n = table[rows, columns].astype(float)
    power = {"linear": 1, "quadratic": 2}[weights]
    own = (n * np.abs(rows - columns) ** power).sum() / n.sum()
    strangers = np.outer(n, n) * np.abs(np.subtract.outer(rows, columns)) ** power
    return 1 - own / (strangers.sum() / n.sum() ** 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1), st.sampled_from(["linear", "quadratic"]))
def test_kappa_and_its_interval_are_those_of_the_delta_method(size, seed, weights):
    """Weighted kappa is that of all pairs of people, and its variance that of its numeric gradient."""
    random = np.random.default_rng(seed)
    table = random.integers(0, 30, (size, size)) + 40 * np.eye(size, dtype=int)
    kappa, lower, upper = through_time.weighted_kappa(table, weights)
    assert kappa == pytest.approx(kappa_of_pairs(table, weights))
    share, step = table / table.sum(), 1e-6
    gradient = np.zeros_like(share)
    for cell in np.ndindex(share.shape):
        more, less = share.copy(), share.copy()
        more[cell] += step
        less[cell] -= step * (share[cell] > 0)
        ends = [kappa_of_pairs(each / each.sum(), weights) for each in (more, less)]
        gradient[cell] = (ends[0] - ends[1]) / (step * (2 if share[cell] > 0 else 1))
    variance = ((share * gradient**2).sum() - (share * gradient).sum() ** 2) / table.sum()
    assert (kappa - lower) / 1.959964 == pytest.approx(np.sqrt(max(variance, 0)), rel=1e-3, abs=1e-5)
    assert upper == pytest.approx(min(2 * kappa - lower, 1))


def test_stability_is_in_the_order_of_precedence():
    """Places are those of the model's precedence: a move between neighbours there costs less than one across."""
    order = MODEL.groups
    near, far = order.index(8) - order.index(9), order.index(4) - order.index(11)
    assert near == 1
    assert far > 4
    stay = [group for group in GROUPS if group] * 3
    one = through_time.stability(snapshots_of([[*stay, 9], [*stay, 8]]))
    other = through_time.stability(snapshots_of([[*stay, 11], [*stay, 4]]))
    assert one.unchanged[0, 0] == other.unchanged[0, 0] == 18 / 19
    assert one.kappa_linear[0, 0] > other.kappa_linear[0, 0]
    assert one.kappa_quadratic[0, 0] > other.kappa_quadratic[0, 0]


def test_stability_says_nothing_where_nothing_can_be_said():
    """Of nobody there is no share, and of a single group no kappa: the values are missing."""
    none = through_time.stability(snapshots_of([[4, 0], [0, 9]])).to_frame()
    assert none["share_unchanged"].tolist() == [None]
    alone = through_time.stability(snapshots_of([[4, 4], [4, 4]])).to_frame()
    assert alone["share_unchanged"].tolist() == [1.0]
    assert alone["kappa_linear"].tolist() == alone["kappa_quadratic_upper"].tolist() == [None]


def native(kind, taken):
    """The same snapshots, of a table of another library."""
    table = {"person_id": [f"p{k}" for k in range(taken.n_people)], "birth_date": ["1950-01-01"] * taken.n_people}
    nothing = {"person_id": [], "code": [], "date": []}
    whole = kind(table)
    again = pngroup.snapshots(whole, nothing, as_at=list(taken.as_at), system="icd10", columns=None)
    return evolve(taken, people=again.people)


@pytest.mark.parametrize(
    ("kind", "made"), [(pd.DataFrame, pd.DataFrame), (pl.DataFrame, pl.DataFrame), (pa.table, pa.Table)]
)
def test_every_table_is_of_the_library_of_people(kind, made):
    """Each result gives its table in the library that people came in, with the values of its arrays."""
    taken = native(kind, snapshots_of([[4, 4, 1, 0], [4, 9, 9, 4], [9, 9, 11, 4]]))
    results = [
        pngroup.transitions(taken, each=True),
        through_time.flows(taken, by="tier", suppress_below=2),
        through_time.stability(taken),
        through_time.movement(taken),
        through_time.dwell_times(taken),
        through_time.progression(taken, by_sex=True, age_bands=[18, 65]),
        through_time.rising_risk(taken, months=1, with_unknown=True),
        through_time.project(taken, {"step": [1, 2], "n_people": [4, 4]}),
    ]
    for result in results:
        frame = result.to_frame()
        assert type(frame) is made
        assert frame.shape[0] > 0
    flows = results[1].to_frame()
    rows = (
        flows.to_pylist()
        if made is pa.Table
        else flows.to_dict("records")
        if made is pd.DataFrame
        else flows.to_dicts()
    )
    assert [row["suppressed"] for row in rows] == results[1].suppressed.tolist()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda taken: pngroup.transitions(taken, "2024-02-29", "2024-01-31"), "from_ and to"),
        (lambda taken: pngroup.transitions(taken, "2024-02-28"), "no snapshot as at"),
        (lambda taken: pngroup.transitions(taken, by="colour"), "group, tier, rag"),
        (lambda taken: pngroup.transitions(taken, by_practice=True), "hold no practices"),
        (lambda taken: pngroup.transitions(evolve(taken, as_at=taken.as_at[:1])), "one index date"),
        (lambda taken: through_time.flows(taken, suppress_below=-1), "suppress_below"),
        (lambda taken: through_time.movement(taken, unknown=[99]), "no group 99"),
        (lambda taken: through_time.movement(evolve(taken, scheme=evolve(taken.scheme, tiers=()))), "in no tiers"),
        (lambda taken: through_time.weighted_kappa(taken.group), "square"),
        (lambda taken: through_time.stability(taken, confidence=95), "between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, words):
    """Dates, levels and bounds that make no sense are errors that say what is allowed."""
    with pytest.raises(pngroup.PngroupError, match=words):
        call(snapshots_of([[4, 9], [9, 9], [9, 9]], days=month_ends(3)))


@pytest.mark.parametrize("name", ["transitions", "flows", "stability", "movement", "project"])
def test_spells_in_the_place_of_snapshots_are_refused_in_a_sentence(name):
    """Who gives spells to what compares index dates is told that, and which functions take spells."""
    people = {"person_id": ["a"], "birth_date": ["1940-05-02"]}
    records = {"person_id": ["a"], "code": ["I10"], "date": ["2020-01-01"]}
    spells = pngroup.spells(people, records, since="2025-01-01", until="2025-12-31", system="icd10")
    with pytest.raises(pngroup.UsageError, match="argument snapshots") as raised:
        getattr(through_time, name)(spells, *([{"step": [1], "n_people": [1]}] if name == "project" else []))
    for word in ("Spells", "dwell_times", "progression", "rising_risk", "snapshots"):
        assert word in str(raised.value)
    with pytest.raises(pngroup.UsageError, match="NoneType"):
        through_time.dwell_times(None)
