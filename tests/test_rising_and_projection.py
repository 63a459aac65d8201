"""Who rose within the last months, and what counts of groups would become."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

import pngroup
from generated_moves import GROUPS, courses, month_ends, snapshots_of
from pngroup import through_time
from pngroup.through_time.future import next_days
from pngroup.through_time.projecting import _simulate

MODEL, SCHEME = pngroup.load_model("need-groups"), pngroup.load_scheme("default")
TIERS = [tier.word for tier in reversed(SCHEME.tiers)]

# --- rising risk ---


def level_of(group, by):
    return MODEL.groups.index(group) if by == "group" else TIERS.index(SCHEME.tier_word(group))


@settings(max_examples=80, deadline=None)
@given(courses(least_dates=3, practices=True), st.sampled_from(["group", "tier"]), st.booleans(), st.integers(1, 2))
def test_rises_are_those_between_two_dates_that_follow(taken, by, with_unknown, months):
    """A rise is a move to a higher group or tier from one date to the next; out of unknown need it is marked."""
    until = (taken.as_at[-1] - date(1970, 1, 1)).days
    after = through_time.rising._months_before(until, months)
    assume(after >= (taken.as_at[0] - date(1970, 1, 1)).days)
    expected = []
    for person in range(taken.n_people):
        for k in range(len(taken) - 1):
            a, b = int(taken.group[k, person]), int(taken.group[k + 1, person])
            day = (taken.as_at[k + 1] - date(1970, 1, 1)).days
            if not (a and b and a != b and after < day):
                continue
            unknown = a == 1
            if (unknown and with_unknown) or (not unknown and level_of(b, by) < level_of(a, by)):
                now = int(taken.group[-1, person])
                still = bool(now) and level_of(now, by) <= level_of(b, by)
                expected.append((person, a, b, taken.as_at[k], taken.as_at[k + 1], unknown, still))
    found = through_time.rising_risk(taken, months=months, by=by, with_unknown=with_unknown)
    days = [day.astype("datetime64[D]").tolist() for day in (found.last_before, found.first_after)]
    arrays = (found.person, found.from_group, found.to_group)
    flags = (found.from_unknown.tolist(), found.still_raised.tolist())
    assert list(zip(*map(np.ndarray.tolist, arrays), *days, *flags, strict=True)) == expected
    frame = found.to_frame()
    assert list(frame["person_id"]) == [f"p{row[0]}" for row in expected]
    assert list(frame["to_tier"]) == [SCHEME.tier_word(row[2]) for row in expected]


def test_the_order_is_that_of_the_model_and_not_of_numbers():
    """From group 8 to 9 is up because the model puts 9 first, and so is 9 to 7, whose number is smaller."""
    found = through_time.rising_risk(snapshots_of([[8, 9, 7, 9], [9, 7, 9, 8]]), months=1)
    assert found.person.tolist() == [0, 1]


def test_nobody_rises_from_having_no_group_and_none_from_unknown_need_by_default():
    """Who was not there did not rise; who was a non-user became known, unless the caller decides otherwise."""
    taken = snapshots_of([[0, 1, 4], [11, 9, 9]])
    assert through_time.rising_risk(taken, months=1).person.tolist() == [2]
    assert through_time.rising_risk(taken, months=1, with_unknown=True).person.tolist() == [1, 2]
    everybody = through_time.rising_risk(taken, months=1, unknown=())
    assert everybody.person.tolist() == [1, 2]
    assert not everybody.from_unknown.any()


def test_months_before_a_month_end_run_from_month_end_to_month_end():
    """A month before the end of February is the end of January, so that twelve month ends hold eleven months."""
    days = month_ends(3)
    taken = snapshots_of([[4, 4], [9, 4], [9, 9]], days=days)
    assert through_time.rising_risk(taken, months=1, as_at=days[1]).after == days[0]
    assert through_time.rising_risk(taken, months=1).person.tolist() == [1]
    assert through_time.rising_risk(taken, months=2).person.tolist() == [0, 1]
    with pytest.raises(pngroup.UsageError, match="ask for fewer months"):
        through_time.rising_risk(taken, months=3)
    with pytest.raises(pngroup.UsageError, match="months is 0"):
        through_time.rising_risk(taken, months=0)


# --- projection ---


def expected_by_hand(taken, totals, entries=None):
    """Expected counts, one share and one group at a time."""
    order, now = MODEL.groups, dict.fromkeys(MODEL.groups, 0.0)
    moved, there, entered = {}, dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    for k in range(len(taken) - 1):
        for a, b in zip(taken.group[k].tolist(), taken.group[k + 1].tolist(), strict=True):
            if a:
                there[a] += 1
                moved[a, b] = moved.get((a, b), 0) + 1
            elif b:
                entered[b] += 1
    for group in taken.group[-1].tolist():
        now[group] = now.get(group, 0.0) + 1
    now.pop(0, None)
    weights = entries or (entered if any(entered.values()) else dict(now))
    courses_ = []
    for total in totals:
        then = dict.fromkeys(order, 0.0)
        for a, n in now.items():
            for b in order:
                then[b] += n * (moved.get((a, b), 0) / there[a] if there[a] else float(a == b))
        missing = total - sum(then.values())
        for group in order:
            if missing >= 0:
                then[group] += missing * weights.get(group, 0) / sum(weights.values())
            else:
                then[group] *= total / (total - missing)
        now = then
        courses_.append([now[group] for group in order])
    return courses_


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 40), min_size=1, max_size=4),
    st.sampled_from([None, {9: 1.0}, {4: 2, 11: 0.5}]),
)
def test_expected_counts_are_those_worked_out_by_hand(seed, totals, entries):
    """Each step moves people by the pooled shares, and fills up or cuts down to the total that was given."""
    random = np.random.default_rng(seed)
    # Of some courses groups are never seen, but entered later on.
    groups = random.choice([*GROUPS, 0][-random.integers(2, 8) :], (4, 15))
    groups[:, 0] = 9
    taken = snapshots_of(groups)
    table = {"step": list(range(1, len(totals) + 1)), "n_people": totals}
    found = through_time.project(taken, table, entries=entries, n_simulations=20)
    assert found.n_expected == pytest.approx(np.array(expected_by_hand(taken, totals, entries)), abs=1e-9)
    assert found.n_expected.sum(axis=1) == pytest.approx(totals, abs=1e-9)
    assert (found.lower <= found.upper).all()


def population_of(n_people, n_dates, random, matrix):
    """Snapshots of people who follow a matrix over groups 11, 9 and 4."""
    names = np.array([11, 9, 4])
    state = random.choice(3, n_people, p=[0.2, 0.3, 0.5])
    rows = [names[state]]
    for _ in range(n_dates - 1):
        edges = matrix.cumsum(axis=1)[state]
        state = (random.random(n_people)[:, None] > edges).sum(axis=1)
        rows.append(names[state])
    return np.array(rows)


def test_intervals_hold_what_they_say():
    """Of populations that do follow a matrix, nine in ten later counts are in intervals of 90 per cent."""
    random = np.random.default_rng(11)
    matrix = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.02, 0.08, 0.9]])
    inside, n = 0, 0
    for _ in range(80):
        whole = population_of(300, 9, random, matrix)
        taken = snapshots_of(whole[:6])
        table = {"step": [1, 2, 3], "n_people": [300] * 3}
        found = through_time.project(taken, table, confidence=0.9, n_simulations=200)
        places = [MODEL.groups.index(group) for group in (11, 9, 4)]
        true = np.array([[(row == group).sum() for group in (11, 9, 4)] for row in whole[6:]])
        inside += int(((true >= found.lower[:, places]) & (true <= found.upper[:, places])).sum())
        n += true.size
    # 720 counts that hang together in threes, within courses: four standard errors of 240 free ones.
    assert 0.9 - 4 * np.sqrt(0.09 / 240) < inside / n < 0.9 + 4 * np.sqrt(0.09 / 240)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.integers(0, 1000))
def test_each_simulated_course_has_the_totals_given(totals, seed):
    """In every course people add up to the caller's total, none is negative, and who never moves stays."""
    now, moves = np.array([5, 20, 10]), np.array([[4, 1, 0, 1], [2, 30, 3, 2], [0, 0, 9, 0]])
    drawn = _simulate(now, moves, np.array([0, 3, 1]), np.array(totals), 50, seed, fixed_mix=False)
    assert (drawn.sum(axis=2) == np.array(totals)[:, None]).all()
    assert (drawn >= 0).all()
    again = _simulate(now, moves, np.array([0, 3, 1]), np.array(totals), 50, seed, fixed_mix=False)
    assert np.array_equal(drawn, again)


def test_simulated_courses_lie_around_the_expected_one():
    """With many people the mean of courses is the expected course, entries, exits and forced exits included."""
    groups = np.tile([[11, 9, 4, 4, 0, 9], [11, 11, 4, 9, 4, 0], [11, 9, 4, 9, 4, 0]], 400)
    taken = snapshots_of(groups)
    table = {"step": [1, 2, 3], "n_people": [2400, 2600, 1200]}
    found = through_time.project(taken, table, n_simulations=400, confidence=0.999)
    shares = found.matrix * 4000
    drawn = _simulate(
        found.n_now, shares, found.entry_shares * 400, np.array([2400, 2600, 1200]), 2000, 3, fixed_mix=False
    )
    assert drawn.mean(axis=1) == pytest.approx(found.n_expected, rel=0.02, abs=2)


def test_a_projection_says_what_it_assumes_and_repeats():
    """The same seed gives the same intervals, another one others; what was not seen is said in words."""
    taken = snapshots_of([[9, 9, 4, 4, 4], [9, 4, 4, 9, 4]])
    table = {"n_people": [6, 7], "as_at": ["2024-04-30", "2024-03-31"]}
    found = through_time.project(taken, table, seed=4)
    assert found.as_at == (date(2024, 3, 31), date(2024, 4, 30))
    assert found.n_expected.sum(axis=1).tolist() == pytest.approx([7, 6])
    assert np.array_equal(found.upper, through_time.project(taken, table, seed=4).upper)
    text = " ".join(found.assumptions)
    for words in ("Markov", "one step", "nobody entered", "Nobody was in Frailty", "95%", "seed 4", "not in them"):
        assert words in text
    assert found.n_now.sum() == 5
    frame = found.to_frame()
    assert len(frame["n_expected"]) == 2 * len(MODEL.groups)


@pytest.mark.parametrize(
    ("days", "following"),
    [
        (month_ends(3), ["2024-04-30", "2024-05-31"]),
        (month_ends(3, 3), ["2024-10-31", "2025-01-31"]),
        ([date(2024, 1, 15), date(2024, 2, 15), date(2024, 3, 15)], ["2024-04-15", "2024-05-15"]),
        ([date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)], ["2024-04-01", "2024-05-01"]),
        ([date(2024, 1, 1) + timedelta(days=7 * k) for k in range(3)], ["2024-01-22", "2024-01-29"]),
        ([date(2023, 12, 31), date(2024, 12, 31)], ["2025-12-31", "2026-12-31"]),
    ],
)
def test_dates_to_come_are_at_the_spacing_of_the_past(days, following):
    """Months are followed by months, weeks by weeks, years by years."""
    after = next_days([(day - date(1970, 1, 1)).days for day in days])
    assert [str(date(1970, 1, 1) + timedelta(days=after(step))) for step in (1, 2)] == following


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ({"step": [1, 3], "n_people": [5, 5]}, {}, "2 steps that follow, 2024-03-31 to 2024-04-30"),
        ({"as_at": ["2024-03-30"], "n_people": [5]}, {}, "each once"),
        ({"step": [1], "n_people": [5.5]}, {}, "no whole number"),
        ({"step": [1], "n_people": [None]}, {}, "missing"),
        ({"step": [], "n_people": []}, {}, "no row"),
        ({"n_people": [5]}, {}, "neither step nor as_at"),
        ({"step": [1], "as_at": ["2024-03-31"], "n_people": [5]}, {}, "both of step and as_at"),
        ({"step": [1], "n_people": [5]}, {"entries": {99: 1}}, "group 99"),
        ({"step": [1], "n_people": [5]}, {"entries": {9: -1}}, "weights of 0 or more"),
        ({"step": [1], "n_people": [5]}, {"entries": {9: 0}}, "weight above 0"),
        ({"step": [1], "n_people": [5]}, {"n_simulations": 0}, "n_simulations"),
        ({"step": [1], "n_people": [5]}, {"confidence": 1}, "between 0 and 1"),
    ],
)
def test_a_future_that_cannot_be_is_refused(table, options, words):
    """Steps with a gap, totals that are no counts and weights that are none are errors that say what is allowed."""
    with pytest.raises(pngroup.PngroupError, match=words):
        through_time.project(snapshots_of([[9, 4], [9, 9]]), table, **options)


def test_a_past_that_tells_nothing_is_refused():
    """Steps of different length make no matrix, and of nobody nothing can be projected; the error says which."""
    days = [date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 20)]
    with pytest.raises(pngroup.UsageError, match="7, 12 days apart"):
        through_time.project(snapshots_of([[9], [9], [9]], days=days), {"step": [1], "n_people": [1]})
    with pytest.raises(pngroup.UsageError, match="nobody has a group"):
        through_time.project(snapshots_of([[9], [0]]), {"step": [1], "n_people": [1]})
    chosen = through_time.project(snapshots_of([[9], [9], [9]], days=days), {"step": [1], "n_people": [1]}, to=days[1])
    assert chosen.as_at == (date(2024, 1, 15),)
