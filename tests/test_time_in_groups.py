"""Time in groups: periods, dwell times and rates, against counting day by day."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import groupby

import numpy as np
import pytest
from attrs import field, frozen
from hypothesis import given, settings, strategies as st

import pngroup
from generated_moves import BIRTHS, GROUPS, courses, each_day, month_ends, sex_of, snapshots_of
from oracle.dates import age_on
from pngroup import through_time

MODEL, SCHEME = pngroup.load_model("need-groups"), pngroup.load_scheme("default")
TIERS = [tier.word for tier in reversed(SCHEME.tiers)]
BANDS = [18, 59, 64, 74]


def level_of(group, by):
    """The place of a group from the highest, or -1."""
    if not group:
        return -1
    return MODEL.groups.index(group) if by == "group" else TIERS.index(SCHEME.tier_word(group))


@frozen
class OwnSpells:
    """Spells of somebody else's making: the arrays that are asked for, and no more."""

    model: object
    scheme: object
    catalogue: object
    since: object
    until: object
    people: object
    person: object = field(eq=False)
    group: object = field(eq=False)
    reason: object = field(eq=False)
    first_day: object = field(eq=False)
    last_day: object = field(eq=False)
    practice: object = field(eq=False)
    practices: object


@settings(max_examples=60, deadline=None)
@given(courses(practices=True))
def test_periods_are_runs_of_days(taken):
    """Periods cover each person's days without gap or overlap, one for each run of the same group and practice."""
    found = through_time.periods(taken)
    expected = []
    for person, story in each_day(taken):
        for what, days in groupby(story, key=lambda row: row[1:]):
            listed = list(days)
            expected.append((person, what[0], str(listed[0][0]), str(listed[-1][0])))
    ends = [day.astype("datetime64[D]").astype(str) for day in (found.first_day, found.last_day)]
    assert (
        list(zip(found.person.tolist(), found.group.tolist(), *map(np.ndarray.tolist, ends), strict=True)) == expected
    )


# --- dwell times ---


def kept_by_hand(stays):
    """The share that lasts longer than each day: the mass of who is cut off goes in equal parts to who lasts longer."""
    mass = {}
    order = sorted(range(len(stays)), key=lambda k: (stays[k][0], not stays[k][1]))
    left = [1 / len(stays)] * len(stays)
    for position, k in enumerate(order):
        days, ended = stays[k]
        later = order[position + 1 :]
        if ended or not later:
            mass[days] = mass.get(days, 0.0) + (left[k] if ended else 0.0)
            continue
        for other in later:
            left[other] += left[k] / len(later)
    return lambda day: 1 - sum(part for end, part in mass.items() if end <= day)


def stays_by_hand(taken, by, *, death_ends):
    """For each level the stays whose beginning was seen, as (days, whether ended), and counts of all by fate."""
    stays, fates = defaultdict(list), Counter()
    for _, story in each_day(taken):
        runs = [
            (what, len(list(days))) for what, days in groupby(story, key=lambda row: (level_of(row[1], by), row[2]))
        ]
        for k, ((level, _), days) in enumerate(runs):
            if level < 0:
                continue
            fates[level, "all"] += 1
            if k == 0 or (runs[k - 1][0][0] < 0 and runs[k - 1][0][1] != "not_born"):
                fates[level, "begun unseen"] += 1
                continue
            following = runs[k + 1][0] if k + 1 < len(runs) else (-1, None)
            fate = "moved" if following[0] >= 0 else "died" if following[1] == "died" else "cut off"
            fates[level, fate] += 1
            stays[level].append((days, fate == "moved" or (fate == "died" and death_ends)))
    return stays, fates


@settings(max_examples=80, deadline=None)
@given(courses(least_dates=4), st.sampled_from(["group", "tier"]), st.booleans(), st.integers(1, 150))
def test_dwell_times_are_those_counted_by_hand(taken, by, death_ends, within_days):
    """Median and restricted mean are those of stays counted day by day, and each stay has one fate."""
    found = through_time.dwell_times(taken, by=by, within_days=within_days, death_ends=death_ends)
    stays, fates = stays_by_hand(taken, by, death_ends=death_ends)
    for level in range(len(found.words)):
        names = {"all": found.n_stays, "begun unseen": found.n_begun_unseen, "moved": found.n_moved}
        names |= {"died": found.n_died, "cut off": found.n_cut_off}
        assert {name: int(counts[level]) for name, counts in names.items()} == {
            name: fates[level, name] for name in names
        }
        listed = stays[level]
        if not listed:
            assert math.isnan(found.median_days[level])
            assert math.isnan(found.restricted_mean_days[level])
            continue
        lasting, longest = kept_by_hand(listed), max(days for days, _ in listed)
        median = next((day for day in range(1, longest + 1) if lasting(day) <= 0.5 + 1e-9), math.nan)
        assert found.median_days[level] == pytest.approx(median, nan_ok=True)
        to = within_days if lasting(longest) < 1e-9 else min(within_days, longest)
        assert found.restricted_to_days[level] == to
        assert found.restricted_mean_days[level] == pytest.approx(sum(lasting(day) for day in range(to)))


def test_spells_of_another_making_give_the_same():
    """Anything with the dates and arrays of spells is taken; looking every day is the same as spells to the day."""
    random = np.random.default_rng(5)
    days = [date(2024, 1, 31) + timedelta(days=k) for k in range(40)]
    moves, fresh = random.random((40, 6)) < 0.1, random.choice([*GROUPS, 0], (40, 6))
    for k in range(1, 40):
        fresh[k] = np.where(moves[k], fresh[k], fresh[k - 1])
    taken = snapshots_of(fresh, days=days, practice=np.repeat(random.integers(-1, 2, (4, 6)), 10, axis=0))
    of_days = through_time.periods(taken)
    spells = OwnSpells(
        *(of_days.model, of_days.scheme, of_days.catalogue, days[0], days[-1], of_days.people, of_days.person),
        *(of_days.group, of_days.reason, of_days.first_day, of_days.last_day, of_days.practice, of_days.practices),
    )
    for call in (
        through_time.dwell_times,
        lambda of: through_time.progression(of, age_bands=BANDS, by_sex=True, by_practice=True),
        lambda of: through_time.rising_risk(of, months=1, with_unknown=True),
    ):
        one, other = call(taken).to_frame(), call(spells).to_frame()
        assert list(one) == list(other)
        assert all(list(one[name]) == list(other[name]) for name in one)


# --- rates ---


def band_of(person, day):
    birth = date.fromisoformat(BIRTHS[person % len(BIRTHS)])
    return sum(age_on(birth, day) >= edge for edge in BANDS)


@settings(max_examples=60, deadline=None)
@given(courses(practices=True), st.sampled_from(["group", "tier"]), st.sampled_from([None, ()]), st.booleans())
def test_rates_are_those_counted_day_by_day(taken, by, unknown, named):
    """Days at risk and moves are those of going through every day of every person, in each stratum."""
    start, end = ((9, 4, 1), (11, 10, 8)) if by == "group" else (("low", "moderate"), ("high",))
    found = through_time.progression(
        taken, by=by, from_=start if named else None, to=end if named else None,
        age_bands=BANDS, by_sex=True, by_practice=True, unknown=unknown,
    )  # fmt: skip
    names = [SCHEME.group_name(group) for group in MODEL.groups] if by == "group" else TIERS
    chosen = [[names[level_of(each, by)] if by == "group" else each for each in some] for some in (start, end)]
    joined = ", ".join(name for name in names if name in chosen[0])
    words = through_time.at_risk.age_band_words(BANDS)
    days, events = Counter(), Counter()
    for person, story in each_day(taken):
        for today, tomorrow in zip(story, [*story[1:], None], strict=True):
            level = level_of(today[1], by)
            if level < 0 or (unknown is None and today[1] == 1 and not (named and by == "group")):
                continue
            if (names[level] not in chosen[0]) if named else (level == 0):
                continue
            stratum = (
                joined if named else names[level],
                words[band_of(person, today[0])],
                sex_of(taken, person),
                today[3],
            )
            days[stratum] += 1
            later = level_of(tomorrow[1], by) if tomorrow else -1
            events[stratum] += later >= 0 and (names[later] in chosen[1] if named else later < level)
    keys = list(zip(*(found.strata[name] for name in ("from", "age_band", "sex", "practice")), strict=True))
    assert dict(zip(keys, (found.person_years * 365.25).round(6).tolist(), strict=True)) == dict(days)
    assert dict(zip(keys, found.n_events.tolist(), strict=True)) == {key: events[key] for key in days}
    assert found.rate.tolist() == pytest.approx([1000 * events[key] / (days[key] / 365.25) for key in keys])


def test_a_ratio_adds_up_the_rows_of_its_two_parts():
    """A rate ratio is of all events and years of the parts named, and NaN where one of them has no event."""
    groups = [[4, 4, 4, 4, 4, 4], [9, 4, 9, 4, 4, 4], [9, 9, 9, 9, 4, 11]]
    rates = through_time.progression(snapshots_of(groups), from_=4, to=[9, 11], by_sex=True, age_bands=[65])
    found = rates.ratio({"sex": "male"}, {"sex": "female"})
    # Persons 0, 2 and 4 are women: two moves in 29 + 29 + 61 days; men three moves (1, 3, 5) in 60 days each.
    assert found.n_events == (3, 2)
    assert found.person_years == pytest.approx((180 / 365.25, 119 / 365.25))
    assert found.ratio == pytest.approx((3 / 180) / (2 / 119))
    assert math.log(found.upper / found.ratio) == pytest.approx(1.959964 * math.sqrt(1 / 3 + 1 / 2))
    assert found.ratio / found.lower == pytest.approx(found.upper / found.ratio)
    nobody = through_time.progression(snapshots_of([[4, 4], [4, 9]]), from_=4, to=9, by_sex=True)
    assert math.isnan(nobody.ratio({"sex": "female"}, {"sex": "male"}).ratio)


# --- intervals ---


def poisson_tail(n, mean):
    """The chance of n events or more."""
    return 1 - sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(n))


def solve(function, low, high):
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return low


@pytest.mark.parametrize("n", [1, 5, 10, 40, 120])
def test_byar_is_close_to_the_exact_interval(n):
    """Byar's bounds are those of the Poisson distribution within 0.2 per cent from ten events on."""
    lower, upper = through_time.byar(n)
    exact_lower = solve(lambda mean: poisson_tail(n, mean) - 0.025, 1e-9, n)
    exact_upper = solve(lambda mean: poisson_tail(n + 1, mean) - 0.975, n, 4 * n + 20)
    assert upper == pytest.approx(exact_upper, rel=2e-3)
    assert lower == pytest.approx(exact_lower, rel=2e-3 if n >= 10 else 1)
    assert lower <= exact_lower * 1.0001


def test_no_event_has_a_rate_of_nothing_with_an_upper_bound():
    """Without an event the lower bound is 0, and the upper bound says what the time seen can exclude."""
    rates = through_time.progression(snapshots_of([[4, 4], [4, 4]]), from_=4, to=9)
    assert rates.rate.tolist() == rates.lower.tolist() == [0.0]
    assert rates.upper[0] == pytest.approx(1000 * 3.669 / (60 / 365.25), rel=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda taken: through_time.progression(taken, from_=4), "one of from_ and to"),
        (lambda taken: through_time.progression(taken, from_=[4, 9], to=9), "both from_ and to"),
        (lambda taken: through_time.progression(taken, from_=99, to=9), "no group 99"),
        (lambda taken: through_time.progression(taken, by="tier", from_="lo", to="high"), "did you mean 'low'"),
        (lambda taken: through_time.progression(taken, age_bands=[65, 18]), "rising order"),
        (lambda taken: through_time.progression(taken, by_practice=True), "nothing is known of practices"),
        (lambda taken: through_time.progression(taken).ratio({"sex": "male"}, {"sex": "female"}), "no sex 'male'"),
        (lambda taken: through_time.progression(taken, by_sex=True).ratio({}, {"sex": "female"}), "in common"),
        (lambda taken: through_time.dwell_times(taken, within_days=0), "within_days"),
    ],
)
def test_what_cannot_be_counted_is_refused(call, words):
    """Levels, bands and parts that do not exist are errors that say what is allowed."""
    with pytest.raises(pngroup.PngroupError, match=words):
        call(snapshots_of([[4, 9], [9, 9]], days=month_ends(2)))
