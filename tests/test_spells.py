"""Spells: what `snapshots()` says on every single day, found without looking at every day."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import pngroup
import routes
from generated import generate, people_strategy
from own_model import SMALL_MODEL, edited, written
from pngroup.evidence import facts
from test_models import BREATHING, MODELS, population_of

#: Conditions of a single question each; one asks about every age through a measure.
TRUTHS = (
    "ever(asthma)",
    "ever(dialysis)",
    "ever(housebound)",
    "within(falls, months=1)",
    "within(any_record, days=1)",
    "within(any_record, days=30)",
    "within(lungs, months=12)",
    "within(any_record, months=24, min_age=65)",
    "ever(any_record, min_age=0)",
    "on_dates(any_record, n=2, gap_days=20, months=3)",
    "on_dates(any_record, n=3, days=60)",
    "count_days(any_record, months=2) >= 1",
    "0 == count_days(any_contact, days=45)",
    "age >= 65",
    "17 < age <= 40",
    "years == 12",
    "sex != 'male' and age + n_ltc >= 48",
    "in_episode(pregnancy)",
    "during(pregnancy, any_record)",
    "span_days(old) >= 14",
    "within(any_contact, months=3) if given(contacts) else within(any_medicine, months=1)",
    "hfrs > 30",
)
#: Numbers and how many of their values have a group of their own.
NUMBERS = (
    ("latest_grade(frailty_mild, frailty_moderate, frailty_severe, months=2)", 4),
    ("latest(clinical_frailty_scale, days=40)", 10),
    ("count_days(any_contact, months=3)", 10),
    ("count_days(lungs, months=12)", 6),
    ("count_distinct(any_medicine, months=3)", 10),
    ("n(old)", 3),
)

TALLY = """
[tallies.old]
falls = "within(falls, months=24) or within(pressure_ulcer, months=12)"
fracture = "within(fragility_site_fracture, months=24, min_age=65)"

"""
RESOLVED = """
[[resolved]]
condition = "dialysis"
by = "ckd_resolved"
also = ["chronic_kidney_disease"]

[[resolved]]
condition = "housebound"
by = "no_longer_housebound"

"""


def model_of(question, n_values=0):
    """The small model of the tests with groups by one question: whether it is so, or how many."""
    groups = [f"{question} == {number}" for number in range(n_values)] or [question]
    rules = "".join(
        f'[[groups]]\nnumber = {number}\nwhen = "{when}"\n\n' for number, when in enumerate(groups, 2 - bool(n_values))
    )
    rules += f"[[groups]]\nnumber = {len(groups) + 1 if n_values else 1}\notherwise = true\n\n"
    start, end = SMALL_MODEL.index("[[groups]]"), SMALL_MODEL.index("[flags]")
    return edited(
        SMALL_MODEL[:start] + rules + SMALL_MODEL[end:],
        ("[tallies.falls]", f"{TALLY}[tallies.falls]"),
        # With it every age is asked about.
        ("[measures]", '[measures]\nyears = "age"' if "years" in question else "[measures]"),
        ("[[resolved]]", f"{RESOLVED}[[resolved]]"),
    )


def tables_of(population, feeds, **more):
    """Generated people whose birth is known, and the tables of their rows."""
    people = [each for each in population.people if each["age"] is None]
    return {
        "people": routes.table("people", people) | more,
        "records": routes.table("records", population.records),
        **{name: routes.table(name, getattr(population, name)) for name in feeds},
    }


def assert_daily(tables, since, until, **options):
    """The spells are the snapshots of every day; returns the spells."""
    days = [since + datetime.timedelta(days=n) for n in range((until - since).days + 1)]
    found = pngroup.spells(**tables, since=since, until=until, **options)
    daily = pngroup.snapshots(**tables, as_at=days, **options)
    n_days = found.last_day - found.first_day + 1
    assert (n_days > 0).all()
    assert np.array_equal(np.bincount(found.person, n_days, found.n_people), np.full(found.n_people, len(days)))
    # Spells are in order of person and day, so that each repeated for its days they are all days of all people.
    for name in ("group", "reason", "practice"):
        spell, day = getattr(found, name), getattr(daily, name)
        assert (spell is None) == (day is None)
        if day is not None:
            assert np.array_equal(np.repeat(spell, n_days), day.T.reshape(-1)), name
    first = np.repeat(found.first_day - (n_days.cumsum() - n_days), n_days) + np.arange(n_days.sum())
    assert np.array_equal(first, np.tile(np.array(days, "M8[D]").astype(np.int64), found.n_people))
    what = [found.person, found.group, found.reason] + ([] if found.practice is None else [found.practice])
    differs = np.logical_or.reduce([each[1:] != each[:-1] for each in what])
    assert differs.all()
    return found


@pytest.mark.parametrize("feeds", [routes.FEEDS, ()], ids=["all feeds", "records only"])
@settings(max_examples=15)
@given(population=people_strategy(), before=st.integers(0, 40), after=st.integers(0, 40))
def test_spells_are_the_snapshots_of_every_day(feeds, population, before, after):
    """On each day of each spell group and reason are those of a snapshot of that day, by the model that ships."""
    as_at = population.as_at
    since, until = as_at - datetime.timedelta(days=before), as_at + datetime.timedelta(days=after)
    assert_daily(tables_of(population, feeds), since, until)


@pytest.mark.parametrize(("question", "n_values"), [(each, 0) for each in TRUTHS] + list(NUMBERS), ids=str)
def test_each_question_is_followed_to_the_day(question, n_values, tmp_path):
    """Whatever a model asks, its groups by spells are those of daily snapshots: no turning day is missed."""
    model = pngroup.load_model(written(tmp_path, model_of(question, n_values)))
    n_spells = 0
    for seed, before in ((21, 9), (22, 40), (23, 90)):
        population = generate(300, seed=seed)
        since = population.as_at - datetime.timedelta(days=before)
        found = assert_daily(
            tables_of(population, routes.FEEDS), since, population.as_at + datetime.timedelta(days=35), model=model
        )
        grouped = found.reason[1:] < 0
        grouped &= (found.reason[:-1] < 0) & (found.person[1:] == found.person[:-1])
        n_spells += int(grouped.sum())
    # Somebody goes from one group to another, so that the comparison says something.
    assert n_spells


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_followed(name):
    """Filters, registers, discharges that end an episode, a limited history: any model's spells are its snapshots."""
    model, choices = MODELS[name]
    model = pngroup.load_model(model, **choices)
    for seed in (31, 32):
        population = population_of(300, seed=seed)
        tables = tables_of(population, routes.FEEDS)
        tables["records"]["setting"] = [row["setting"] for row in population.records]
        since = population.as_at - datetime.timedelta(days=60)
        assert_daily(tables, since, population.as_at + datetime.timedelta(days=40), model=model)


def test_an_episode_counts_until_the_end_of_the_day_of_its_discharge():
    """A spell of pregnancy ends with the day of discharge, on which nothing else comes or goes."""
    records = {
        "person_id": ["a", "a"], "code": ["Z34", "D649"], "date": ["2025-11-01", "2026-02-10"], "setting": ["OP", "OP"],
    }  # fmt: skip
    tables = {"people": {"person_id": ["a"], "birth_date": ["1990-01-01"], "sex": ["F"]}, "records": records}
    days = datetime.date(2026, 1, 1), datetime.date(2026, 3, 31)
    found = assert_daily(tables, *days, system="icd10", model=pngroup.load_model(BREATHING))
    assert found.group.tolist() == [20, 10]
    assert str(found.to_frame()["end_date"][0])[:10] == "2026-02-10"


def test_two_years_of_many_people():
    """The same over two years with a leap day, in several blocks of people."""
    population = generate(500, seed=5, as_at=datetime.date(2024, 2, 29))
    tables = tables_of(population, routes.FEEDS)
    since, until = datetime.date(2023, 1, 31), datetime.date(2025, 1, 30)
    found = pngroup.spells(**tables, since=since, until=until)
    ends = [datetime.date(2023 + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1) for month in range(1, 24)]
    days = sorted({since, until, *ends, datetime.date(2024, 2, 28), datetime.date(2024, 3, 1)})
    daily = pngroup.snapshots(**tables, as_at=days)
    for place, day in enumerate(np.array(days, "M8[D]").astype(np.int64)):
        here = (found.first_day <= day) & (found.last_day >= day)
        assert np.array_equal(found.person[here], np.arange(found.n_people))
        assert np.array_equal(found.group[here], daily.group[place])
        assert np.array_equal(found.reason[here], daily.reason[place])


def test_blocks_of_people_do_not_matter(monkeypatch):
    """Many small blocks of people give the spells of a single one."""
    population = generate(200, seed=6)
    tables = tables_of(population, routes.FEEDS)
    ask = {"since": population.as_at - datetime.timedelta(days=200), "until": population.as_at}
    whole = pngroup.spells(**tables, **ask)
    monkeypatch.setattr(facts, "_BITS_OF_DATES", 4)
    parts = pngroup.spells(**tables, **ask)
    for name in ("person", "group", "reason", "first_day", "last_day"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


@settings(max_examples=15)
@given(data=st.data())
def test_moves_between_practices_begin_spells(data):
    """Practices are those of the day, also where registrations overlap, touch or last a day; without one there is a
    reason."""
    since = datetime.date(2024, 2, 20)
    days = st.one_of(st.none(), st.integers(-40, 25).map(lambda n: since + datetime.timedelta(days=n)))
    people = data.draw(st.sampled_from(("birth_date", "died_on")).flatmap(lambda name: _people(name, days, since)))
    rows = data.draw(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("XYZ"), days, days), max_size=9))
    rows = [row for row in rows if row[2] is None or row[3] is None or row[2] <= row[3]]
    names = ("person_id", "practice", "registered_from", "registered_to")
    moves = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    tables = {"people": people, "records": {"person_id": ["a"], "code": ["I50.0"], "date": [since]}}
    assert_daily(tables, since, since + datetime.timedelta(days=20), registrations=moves, system="icd10")


def _people(name, days, since):
    """Four people, one with a generated day of birth or death, and one too old for a group."""
    births = [*[datetime.date(1950, 3, 1)] * 3, datetime.date(1890, 1, 1)]
    people = {"person_id": list("abcd"), "birth_date": births, "died_on": [None] * 4}
    return days.map(lambda day: people | {name: [day or since, *people[name][1:]]})


def test_a_column_of_people_names_the_practice():
    """The practice of a column begins no spell and leaves nobody unregistered."""
    population = generate(60, seed=9)
    names = [(None, "X", "Y")[place % 3] for place in range(sum(each["age"] is None for each in population.people))]
    tables = tables_of(population, (), gp=names)
    found = assert_daily(tables, population.as_at - datetime.timedelta(days=9), population.as_at, practice="gp")
    assert found.practices == ("X", "Y")
    assert list(found.to_frame()["practice"][:1]) == [None]


@pytest.mark.parametrize(
    "question", ["17 < age <= 40", "age == 12 or 65 <= age", "age != 0 and 71 >= age", "sex == 'female'"]
)
def test_birthdays_that_a_model_asks_for(question, tmp_path):
    """Of people of every age, those change on a birthday whom the model asks about, and who becomes too old."""
    model = pngroup.load_model(written(tmp_path, model_of(question)))
    births = [f"{2023 - age}-03-{1 + age % 28:02d}" for age in range(126)]
    births += [f"{year}-02-29" for year in range(1900, 2021, 4) if year > 1900]
    people = {"person_id": list(range(len(births))), "birth_date": births}
    records = {"person_id": [0], "code": ["I50.0"], "date": ["2023-05-01"]}
    days = datetime.date(2023, 2, 20), datetime.date(2024, 4, 2)
    found = assert_daily({"people": people, "records": records}, *days, system="icd10", model=model)
    assert (found.reason[found.is_cut_at_end] >= 0).sum() == 1


BORN = ("2024-02", "2024", "2024-03-01", "1898-02-28", "1898-02", "1898", "2004-02-29", "2004", "1959-02-28")


@pytest.mark.parametrize("since", [datetime.date(2023, 12, 30), datetime.date(2024, 2, 15), datetime.date(2024, 6, 30)])
@pytest.mark.parametrize("question", ["ever(any_record, min_age=0)", "years == 20"])
def test_births_of_a_month_or_a_year_and_the_oldest(since, question, tmp_path):
    """Ages are those of the day where only month or year of birth are known, and after 125 there is no group."""
    people = {"person_id": list(range(len(BORN))), "birth_date": BORN}
    days = [f"2024-{month}-{day}" for month in ("02", "07") for day in (14, 15, 18)]
    records = {
        "person_id": [person for person in people["person_id"] for _ in days],
        "code": ["I50.0"] * len(days) * len(BORN),
        "date": days * len(BORN),
    }
    tables = {"people": people, "records": records}
    model = pngroup.load_model(written(tmp_path, model_of(question)))
    assert_daily(tables, since, datetime.date(2024, 8, 10), system="icd10", model=model)


PEOPLE = {
    "person_id": ["a", "b", "c"],
    "birth_date": ["1940-05-02", "1990-01-01", "2026-02-01"],
    "sex": ["F", "M", "F"],
}
RECORDS = {
    "person_id": ["a", "b", "b"],
    "code": ["I50.0", "J06.9", "J45.9"],
    "date": ["2026-02-10", "2025-03-01", "2026-03-31"],
}


def test_the_frame_has_a_row_for_each_spell():
    """Names, tier and colour stand beside the group, first and last days are inclusive, and what is cut says so."""
    frame = pngroup.spells(PEOPLE, RECORDS, since="2026-01-01", until="2026-03-31", system="icd10").to_frame()
    columns = {name: list(values) for name, values in frame.items()}
    assert columns["person_id"] == ["a", "a", "b", "b", "b", "c", "c"]
    assert columns["need_group"][:5] == [1, 9, 3, 1, 4]
    assert columns["reason"][5] == "not_born"
    assert columns["need_tier"][1] == pngroup.need_tier(9)
    assert [str(day)[:10] for day in columns["start_date"]] == [
        "2026-01-01", "2026-02-10", "2026-01-01", "2026-03-01", "2026-03-31", "2026-01-01", "2026-02-01",
    ]  # fmt: skip
    assert [str(day)[:10] for day in columns["end_date"]][:2] == ["2026-02-09", "2026-03-31"]
    assert columns["n_days"] == [40, 50, 59, 30, 1, 31, 59]
    assert columns["is_cut_at_start"] == [True, False, True, False, False, True, False]
    assert columns["is_cut_at_end"] == [False, True, False, False, True, False, True]


def test_a_single_day_and_nobody():
    """A single day is its snapshot, also where only an age is known; of no people there are no spells."""
    people = {"person_id": ["a", "b"], "birth_date": [None, None], "age": [70, None]}
    records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2026-02-10"]}
    day = datetime.date(2026, 3, 31)
    found = assert_daily({"people": people, "records": records}, day, day, system="icd10")
    assert found.group.tolist() == [9, 0]
    nobody = {name: [] for name in people}
    assert len(pngroup.spells(nobody, records, since=day, until="2026-04-30", system="icd10")) == 0


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"since": "2026-03-31", "until": "2026-03-30"}, r"until \(2026-03-30\) is before since \(2026-03-31\)"),
        ({"since": "soon", "until": "2026-03-30"}, "since is not a date"),
        ({"since": "2026-03-30", "until": None}, "until is not a date"),
        ({"since": "1899-12-31", "until": "2026-03-30"}, "since 1899-12-31 is out of range"),
    ],
)
def test_wrong_days_are_refused(days, words):
    """What is no day, and a last day before the first, are mistakes of the caller."""
    with pytest.raises(pngroup.UsageError, match=words):
        pngroup.spells(PEOPLE, RECORDS, **days, system="icd10")
