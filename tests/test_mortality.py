"""Mortality by group: deaths and time counted person by person, expected and standardised by the textbook."""

from __future__ import annotations

import datetime
import math

import numpy as np
import polars as pl
import pytest

import pngroup
from pngroup import synthetic
from pngroup.intake import SEXES
from pngroup.population import excess_mortality
from pngroup.population.strata import read_standard

AS_AT, UNTIL = datetime.date(2025, 3, 31), datetime.date(2026, 3, 30)


@pytest.fixture(scope="module")
def grouping():
    """A practice list in which many die and leave within the year, frail people more often."""
    practice = synthetic.practice(4000, seed=33)
    rng = np.random.default_rng(5)
    people = pl.DataFrame(practice.people).drop("died_on", "registered_to", strict=False)
    first = pngroup.group(people, practice.records, as_at=AS_AT)
    risk = np.where(first.answers.group == 11, 0.3, np.where(first.people.age > 60, 0.08, 0.01))

    def days(share):
        chosen = rng.random(people.height) < share
        offsets = rng.integers(-30, 420, people.height).tolist()
        return [AS_AT + datetime.timedelta(days=n) if here else None for n, here in zip(offsets, chosen, strict=True)]

    died, left = days(risk), days(0.1)
    # Of some the registration ends with the death, as practices record it.
    left = [d if d is not None and at % 3 == 0 else each for at, (each, d) in enumerate(zip(left, died, strict=True))]
    people = people.with_columns(pl.Series("died_on", died), pl.Series("registered_to", left))
    people = people.with_columns(day_of_death=pl.col("died_on"), day_of_leaving=pl.col("registered_to"))
    return pngroup.group(people, practice.records, as_at=AS_AT)


def followed(grouping):
    """Person by person in plain Python: group, age, sex, years at risk, whether it ended in death."""
    frame = grouping.to_frame()
    ages, sexes = grouping.people.age.tolist(), [SEXES[sex] for sex in grouping.people.sex]
    for age, sex, row in zip(ages, sexes, frame.iter_rows(named=True), strict=True):
        if row["need_group"] is None:
            continue
        died, left = row["day_of_death"], row["day_of_leaving"]
        in_time = died is not None and died <= UNTIL and (left is None or died <= left)
        end = died if in_time else min(UNTIL, left - datetime.timedelta(days=1)) if left is not None else UNTIL
        yield row["need_group"], age, sex, (end - AS_AT).days / 365.25, in_time


def band_of(age, starts):
    return max(start for start in starts if start <= age)


def byar(n):
    z = 1.959964
    lower = n * (1 - 1 / (9 * n) - z / (3 * math.sqrt(n))) ** 3 if n else 0.0
    return lower, (n + 1) * (1 - 1 / (9 * (n + 1)) + z / (3 * math.sqrt(n + 1))) ** 3


def by_group(found):
    return {row["group"]: row for row in found.to_frame().iter_rows(named=True)}


def test_deaths_and_time_are_those_of_each_person(grouping):
    """People, person-years, deaths and the rate with Byar's interval are what counting person by person gives."""
    found = excess_mortality(grouping, until=UNTIL)
    rows, people = by_group(found), list(followed(grouping))
    assert {row["group_name"] for row in rows.values()} >= {"everybody", "Frailty"}
    for group, row in rows.items():
        own = [each for each in people if group in (each[0], None)]
        deaths, years = sum(each[4] for each in own), sum(each[3] for each in own)
        assert (row["n_people"], row["deaths"]) == (len(own), deaths)
        assert row["person_years"] == pytest.approx(years)
        lower, upper = byar(deaths)
        if years:
            assert row["rate"] == pytest.approx(1000 * deaths / years)
            assert (row["rate_lower"], row["rate_upper"]) == pytest.approx((1000 * lower / years, 1000 * upper / years))
    assert rows[None]["deaths"] > 60
    assert found.n_left > 50
    assert found.n_died_after_leaving > 0


def test_expected_deaths_are_those_of_age_and_sex_alone(grouping):
    """Without reference rates the expected are those of all people followed of that age and sex, and add up."""
    starts = [0, 1, *range(5, 95, 5)]
    people = [(group, (band_of(age, starts), sex), years, died) for group, age, sex, years, died in followed(grouping)]
    rates = {}
    for _, stratum, years, died in people:
        total = rates.setdefault(stratum, [0, 0.0])
        total[0] += died
        total[1] += years
    rows = by_group(excess_mortality(grouping, until=UNTIL))
    for group, row in rows.items():
        own = [each for each in people if group in (each[0], None)]
        expected = sum(years * rates[s][0] / rates[s][1] for _, s, years, _ in own if years)
        observed = sum(each[3] for each in own)
        lower, upper = byar(observed)
        assert row["expected"] == pytest.approx(expected)
        assert row["excess"] == pytest.approx(observed - expected)
        assert (row["excess_lower"], row["excess_upper"]) == pytest.approx((lower - expected, upper - expected))
        if expected:
            assert row["ratio"] == pytest.approx(observed / expected)
            assert row["ratio_upper"] == pytest.approx(upper / expected)
    assert rows[None]["ratio"] == pytest.approx(1)
    assert rows[11]["ratio_lower"] > 1
    # A caller's table of the very same rates gives the same.
    table = {
        "age_from": [age for age, _ in rates],
        "sex": [sex for _, sex in rates],
        "rate": [1000 * deaths / years if years else 0 for deaths, years in rates.values()],
    }
    same = by_group(excess_mortality(grouping, until=UNTIL, rates=table))
    assert all(same[group]["expected"] == pytest.approx(row["expected"]) for group, row in rows.items())


def test_standardised_rates_weigh_ages_and_sexes_as_the_standard(grouping):
    """The weighted rate with Dobson's interval is that of the formula, stratum by stratum in plain Python."""
    ages, people = (0, 50, 70), (50, 30, 20)
    weights = {(age, sex): n / 200 for age, n in zip(ages, people, strict=True) for sex in ("female", "male")}
    standard = {
        "age_from": [age for age, _ in weights],
        "sex": [sex for _, sex in weights],
        "population": [200 * weight for weight in weights.values()],
    }
    found = excess_mortality(grouping, until=UNTIL, standard=standard)
    n_shown = 0
    for group, row in by_group(found).items():
        deaths, years = dict.fromkeys(weights, 0), dict.fromkeys(weights, 0.0)
        for of, age, sex, time, died in followed(grouping):
            stratum = band_of(age, (0, 50, 70)), sex
            if group in (of, None) and stratum in weights:
                deaths[stratum] += died
                years[stratum] += time
        covered = sum(weight for stratum, weight in weights.items() if years[stratum])
        assert row["standard_covered"] == pytest.approx(covered)
        total = sum(deaths.values())
        if total < 10:
            assert row["standardised_rate"] is None
            assert row["standardised_rate_upper"] is None
            continue
        n_shown += 1
        share = {stratum: weight / covered for stratum, weight in weights.items() if years[stratum]}
        rate = sum(share[s] * deaths[s] / years[s] for s in share)
        variance = sum(share[s] ** 2 * deaths[s] / years[s] ** 2 for s in share)
        lower, upper = byar(total)
        bounds = [rate + math.sqrt(variance / total) * (bound - total) for bound in (lower, upper)]
        assert row["standardised_rate"] == pytest.approx(1000 * rate)
        found_bounds = [row["standardised_rate_lower"], row["standardised_rate_upper"]]
        assert found_bounds == pytest.approx([1000 * bound for bound in bounds])
    assert n_shown >= 3
    assert by_group(found)[11]["standard_covered"] < 0.6


def test_a_standard_of_the_people_themselves_gives_the_crude_rate(grouping):
    """Weighed by its own person-years, everybody's standardised rate is everybody's rate."""
    years = {}
    for _, age, sex, time, _ in followed(grouping):
        if sex in ("female", "male"):
            key = band_of(age, range(0, 100, 10)), sex
            years[key] = years.get(key, 0) + time
    standard = {"age_from": [a for a, _ in years], "sex": [s for _, s in years], "population": list(years.values())}
    found = excess_mortality(grouping, until=UNTIL, standard=standard)
    counted = [each for each in followed(grouping) if each[2] in ("female", "male")]
    crude = 1000 * sum(each[4] for each in counted) / sum(each[3] for each in counted)
    assert found.standardised_rate[-1] == pytest.approx(crude)
    assert found.n_without_stratum == len(list(followed(grouping))) - len(counted)


def test_the_european_standard_population_is_one_hundred_thousand():
    """The packaged standard has the published total, and each sex alike."""
    standard = read_standard("european-2013")
    assert np.nansum(standard.values) == 200_000
    assert standard.age_from.tolist() == [0, 1, *range(5, 95, 5)]


def test_people_without_a_reference_rate_are_in_neither_side():
    """Who is of an age or sex that the rates leave out is counted, and neither observed nor expected."""
    people = {
        "person_id": list("abcd"),
        "birth_date": ["1940-01-01", "1940-01-01", "2020-01-01", "1940-01-01"],
        "sex": ["F", None, "F", "F"],
        "died_on": ["2025-04-30", "2025-05-31", "2025-06-30", "2025-03-01"],
    }
    records = {"person_id": ["a"], "code": ["J06.9"], "date": ["2025-01-01"]}
    grouping = pngroup.group(people, records, as_at=AS_AT, system="icd10")
    rates = {"age_from": [65], "sex": ["F"], "rate": [100.0]}
    found = excess_mortality(grouping, until=UNTIL, rates=rates)
    assert (found.deaths[-1], found.observed[-1], found.n_without_rate) == (3, 1, 2)
    assert found.expected[-1] == pytest.approx(30 / 365.25 * 0.1)
    assert found.n_without_group == {"died": 1}


def test_follow_up_ends_with_the_registrations_that_follow_each_other():
    """A move without a gap goes on; a gap ends it; a death on the last day is a death."""
    people = {
        "person_id": list("abc"),
        "birth_date": ["1940-01-01"] * 3,
        "died_on": ["2025-12-01", "2025-12-01", "2025-06-01"],
    }
    records = {"person_id": ["a"], "code": ["J06.9"], "date": ["2025-01-01"]}
    moves = {
        "person_id": ["a", "a", "b", "b", "c"],
        "practice": ["N", "S", "N", "S", "N"],
        "registered_from": [None, "2025-06-01", None, "2025-06-02", None],
        "registered_to": ["2025-06-01", None, "2025-06-01", None, "2025-06-01"],
    }
    dates = ["2025-02-28", AS_AT]
    found = pngroup.snapshots(people, records, as_at=dates, system="icd10", registrations=moves)
    one = excess_mortality(found, as_at=AS_AT, until=UNTIL, registrations=moves)
    assert one.deaths[-1] == 2
    ends = [datetime.date(2025, 12, 1), datetime.date(2025, 5, 31), datetime.date(2025, 6, 1)]
    days = [(end - AS_AT).days for end in ends]
    assert one.person_years[-1] == pytest.approx(sum(days) / 365.25)
    assert (one.n_left, one.n_died_after_leaving) == (1, 1)
    # Snapshots made with registrations know them; a later table may be given in their place.
    kept = excess_mortality(found, as_at=AS_AT, until=UNTIL)
    assert (kept.person_years[-1], kept.n_left, kept.deaths[-1]) == (one.person_years[-1], 1, 2)
    stays = {"person_id": list("abc"), "practice": ["N"] * 3, "registered_from": [None] * 3}
    later = excess_mortality(found, as_at=AS_AT, until=UNTIL, registrations=stays)
    assert (later.n_left, later.deaths[-1]) == (0, 3)
    with pytest.raises(pngroup.UsageError, match="several dates"):
        excess_mortality(found, until=UNTIL)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"until": AS_AT}, "not after the index date"),
        ({"as_at": "2020-01-01"}, "not of 2020-01-01"),
        ({"standard": "european-2031"}, "did you mean 'european-2013'"),
        ({"standard": {"age_from": [0, 0], "population": [1, 2]}}, "stands there twice"),
        ({"standard": {"age_from": [0], "population": [0]}}, "nobody is in the standard"),
        ({"rates": {"age_from": [0, None], "rate": [1, 2]}}, "have no age band or number"),
        ({"rates": {"age_from": [0], "sex": ["?"], "rate": [1]}}, "has no sex"),
        ({"rates": {"age_from": [0]}}, "no column 'rate'"),
        ({"confidence": 95}, "confidence is 95"),
        ({"of": 3}, "a int was given"),
    ],
)
def test_what_cannot_be_told_is_refused(grouping, options, words):
    """Dates in the wrong order and tables that are not right are errors that say what is allowed."""
    options = {"of": grouping, "until": UNTIL} | options
    with pytest.raises(pngroup.PngroupError, match=words):
        excess_mortality(options.pop("of"), **options)


def test_of_a_group_of_nobody_nothing_is_said():
    """A group in which nobody was followed has counts of 0, and neither rate, ratio nor excess."""
    people = {"person_id": ["a"], "birth_date": ["1940-01-01"], "sex": ["F"], "died_on": ["2025-04-30"]}
    records = {"person_id": ["a"], "code": ["J06.9"], "date": ["2025-01-01"]}
    grouping = pngroup.group(people, records, as_at=AS_AT, system="icd10")
    found = excess_mortality(grouping, until=UNTIL)
    empty = found.groups.index(11)
    assert (found.n_people[empty], found.deaths[empty], found.expected[empty]) == (0, 0, 0)
    for values in (found.rate, found.ratio, found.excess, found.standardised_rate):
        assert np.isnan(values[empty])
    for lower, upper in found.intervals.values():
        assert np.isnan([lower[empty], upper[empty]]).all()


def test_without_a_column_of_deaths_nothing_is_counted():
    """People without died_on are refused: nobody would seem to die."""
    people = {"person_id": ["a"], "birth_date": ["1940-01-01"]}
    records = {"person_id": ["a"], "code": ["J06.9"], "date": ["2025-01-01"]}
    with pytest.raises(pngroup.UsageError, match="no column 'died_on'"):
        excess_mortality(pngroup.group(people, records, as_at=AS_AT, system="icd10"), until=UNTIL)


def test_the_date_format_of_the_grouping_is_known():
    """Dates that were grouped with a `date_format` are read by it again, also those of registrations."""

    def found(write, *, with_table, **options):
        people = {
            "person_id": ["a", "b", "c"],
            "birth_date": [write(day) for day in ("1940-05-02", "1950-11-01", "1960-01-09")],
            "died_on": [write("2025-09-04"), None, write("2025-10-02")],
        }
        ends = [None, write("2025-06-03"), write("2025-07-08")]
        if not with_table:
            people["registered_to"] = ends
        records = {"person_id": ["a"], "code": ["I50.0"], "date": [write("2020-01-01")]}
        grouping = pngroup.group(people, records, as_at=AS_AT, system="icd10", **options)
        table = {"person_id": ["a", "b", "c"], "practice": ["X"] * 3, "registered_from": [None] * 3}
        table["registered_to"] = ends
        return excess_mortality(grouping, until=UNTIL, registrations=table if with_table else None)

    def british(day):
        return f"{day[8:]}/{day[5:7]}/{day[:4]}"

    for with_table in (False, True):
        iso = found(str, with_table=with_table)
        other = found(british, with_table=with_table, date_format="%d/%m/%Y")
        assert (iso.n_left, iso.n_died_after_leaving) == (2, 1)
        assert other.n_registrations_unreadable == 0
        assert (other.n_left, other.n_died_after_leaving) == (2, 1)
        assert other.person_years.tolist() == iso.person_years.tolist()
