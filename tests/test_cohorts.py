"""Cohort queries: what the reference interpreter says of each person, for any condition of the catalogue."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

import pngroup
import routes
from generated import generate
from pngroup.explanation.person import rows_of_person
from pngroup.model import load_both
from pngroup.model.parsing import parse
from pngroup.model.reference import Reading

CATALOGUE, MODEL = load_both("need-groups")
#: Conditions that the model never asks about, among them some that generated people have on record.
UNUSED = sorted(set(MODEL.kinds) - MODEL.conditions_used)


def _codes() -> dict[str, tuple[str, str]]:
    """A code of each condition, from the rules of the catalogue."""
    found: dict[str, tuple[str, str]] = {}
    for system, rules in CATALOGUE.rules.items():
        for name in MODEL.kinds:
            for code in sorted(rules.codes_of(name))[:1]:
                if name in CATALOGUE.meaning(code, system):
                    found.setdefault(name, (code, system.value))
    return found


CODES = _codes()
#: Of conditions that the model never asks about, those that one code of a table stands for.
ASKABLE = [name for name in UNUSED if name in CODES and CATALOGUE.conditions[name].kind != "value"]

QUERIES = (
    "ever(diabetes) and not within(any_record, months=12)",
    "age >= 65 and sex == 'female' and (hfrs > 50 or ever(fragility_site_fracture, min_age=50))",
    "count_days(any_contact, months=6) >= 1 or within(antidepressants, months=24)",
    "not ever(bipolar_disorder) and on_dates(breast_cancer, n=2, gap_days=30)",
    "latest(clinical_frailty_scale, months=24) >= 6 or count_distinct(any_medicine, months=18) >= 2",
    "n_ltc >= 2 and not line(diabetes)",
    "latest_grade(angina, acute_kidney_injury, months=48) + n(psychiatric_items) > 0",
    "pregnant or during(pregnancy, hypertension)",
    "any_chance if given(contacts) else age < 18".replace("any_chance", "within(any_contact, days=200)"),
)


def asked(population, query, feeds=routes.FEEDS, **options):
    given = {name: routes.table(name, getattr(population, name)) for name in feeds}
    people, records = routes.table("people", population.people), routes.table("records", population.records)
    return pngroup.cohort(people, records, as_at=population.as_at, where=query, **given, **options)


@pytest.mark.parametrize("feeds", [routes.FEEDS, ()], ids=["all tables", "records only"])
def test_a_query_is_answered_as_the_reference_interpreter_answers_it(feeds):
    """For each person the answer, unknown among them, is that of the expression read for the person alone."""
    population = generate(160, seed=31 + len(feeds))
    grouping = routes.engine(population, feeds, keep_records=True)
    people = [
        rows_of_person(place, grouping.people, grouping.kept).facts if grouping.people.reason[place] < 0 else None
        for place in range(len(grouping))
    ]
    conditions = [f"ever({name}) and not within({name}, months=9)" for name in UNUSED[::9]]
    n_members = 0
    for query in (*QUERIES, *conditions):
        found = asked(population, query, feeds, show_restricted=True)
        node = parse(query, where="test")
        truths = [None if each is None else Reading(MODEL, each, population.as_at).truth(node) for each in people]
        expected = [each is not None and truth is True for each, truth in zip(people, truths, strict=True)]
        unknown = [each is not None and truth is None for each, truth in zip(people, truths, strict=True)]
        assert found.is_member.tolist() == expected, query
        assert found.is_unknown.tolist() == unknown, query
        n_members += found.n
    assert n_members > 100


@pytest.mark.parametrize("name", ASKABLE[::4])
def test_every_condition_of_the_catalogue_can_be_asked_for(name):
    """A code of a condition that the model does not use makes its person a member of the cohort that asks for it."""
    assert len(ASKABLE) > len(UNUSED) * 0.8
    table = "medicines" if CATALOGUE.conditions[name].kind == "medicine" else "records"
    code, system = CODES[name]
    rows = {"person_id": ["a"], "code": [code], "system": [system], "date": ["2026-01-01"]}
    none = {"person_id": [], "code": [], "system": [], "date": []}
    people = {"person_id": ["a", "b"], "birth_date": ["1990-01-01"] * 2, "sex": ["F"] * 2}
    tables = {"records": rows} if table == "records" else {"records": none, "medicines": rows}
    found = pngroup.cohort(people, as_at="2026-03-31", where=f"ever({name})", show_restricted=True, **tables)
    assert found.is_member.tolist() == [True, False]


PEOPLE = {
    "person_id": ["a", "b", "c", "d"],
    "birth_date": ["1940-05-02", "1990-01-01", "1980-01-01", "1970-01-01"],
    "died_on": [None, None, None, "2026-01-01"],
    "ward": ["X", "Y", None, "X"],
    "carer": [True, False, False, True],
}
RECORDS = {
    "person_id": ["a", "b", "c", "d"],
    "code": ["I50.0", "J06.9", "I10", "I50.0"],
    "date": ["2026-01-10", "2026-02-01", "2026-02-01", "2020-01-01"],
}


def members(**query):
    found = pngroup.cohort(PEOPLE, RECORDS, as_at="2026-03-31", system="icd10", **query)
    return list(found.to_frame()["person_id"]), found


def test_groups_tiers_and_traits_narrow_a_cohort():
    """All that is asked must hold; a missing trait is unknown, and the dead are members of nothing."""
    assert members()[0] == ["a", "b", "c"]
    assert members(groups=[9, 3])[0] == ["a", "b"]
    assert members(tiers=["low"])[0] == ["b", "c"]
    assert members(tiers=["low"], groups=[3], where="age < 40")[0] == ["b"]
    found, cohort = members(traits={"ward": ["X"]})
    assert (found, cohort.n_unknown, cohort.n_without_group) == (["a"], 1, {"died": 1})
    assert members(traits={"ward": {"X", None}})[0] == ["a", "c"]
    assert members(traits={"carer": False, "ward": "Y"})[0] == ["b"]
    # What is surely not so elsewhere is not unknown.
    assert members(traits={"ward": ["X"]}, groups=[9])[1].n_unknown == 0
    assert cohort.n_asked == 3
    assert cohort.as_at == datetime.date(2026, 3, 31)
    assert np.array_equal(cohort.group, [9, 3, 4, 0])


def test_a_query_may_name_a_filter_of_the_model():
    """Without a filter all records count, with one those that pass it; a name that is no filter is refused."""
    people = {"person_id": list("abc"), "birth_date": ["1960-01-01"] * 3}
    records = {
        "person_id": list("abc"),
        "code": ["E11.9"] * 3,
        "date": ["2024-01-01"] * 3,
        "setting": ["inpatient", "primary_care", "emergency"],
    }

    def of(where):
        found = pngroup.cohort(
            people, records, as_at="2026-03-31", where=where, model="bridges-to-health", system="icd10"
        )
        return list(found.to_frame()["person_id"])

    assert of("ever(diabetes)") == ["a", "b", "c"]
    assert of("ever(diabetes, where='hospital')") == ["a", "c"]
    assert of("ever(diabetes) and not ever(diabetes, where='hospital')") == ["b"]
    with pytest.raises(pngroup.UsageError, match="did you mean 'hospital'"):
        of("ever(diabetes, where='hospitel')")


def test_a_query_never_changes_the_groups():
    """Asking for a condition that the model does not use leaves every group as it is."""
    population = generate(200, seed=77)
    plain = routes.engine(population)
    found = asked(
        population, " or ".join(f"count_days({name}, months=60) > 1" for name in UNUSED[:40]), show_restricted=True
    )
    assert np.array_equal(found.group, np.where(plain.people.reason < 0, plain.answers.group, 0))
    assert found.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"where": "ever(diabetis)"}, "did you mean 'diabetes'"),
        ({"where": "age"}, "yes/no expression is needed"),
        ({"where": "age >= "}, "not well formed"),
        ({"where": 3}, "where is a int"),
        ({"where": "ever(hiv)"}, "restricted topic"),
        ({"where": "line(hiv)"}, "restricted topic"),
        ({"where": "stillbirth_in_this_pregnancy"}, "restricted topic"),
        ({"groups": [12]}, "no group 12"),
        ({"tiers": ["lo"]}, "no tier 'lo'"),
        ({"traits": {"wart": "X"}}, "did you mean 'ward'"),
        ({"traits": {"died_on": "X"}}, "no column 'died_on'"),
        ({"as_at": ["2026-03-31", "2026-02-28"]}, "several dates"),
    ],
)
def test_what_cannot_be_asked_is_refused(query, words):
    """A wrong expression, group, tier or column is an error with a hint, and never a cohort of nobody."""
    with pytest.raises(pngroup.UsageError, match=words):
        pngroup.cohort(PEOPLE, RECORDS, **({"as_at": "2026-03-31", "system": "icd10"} | query))


def test_a_hint_names_each_condition_once():
    """A name that is nearly that of a condition brings up each near name one time."""
    with pytest.raises(pngroup.UsageError, match="did you mean") as raised:
        members(where="ever(diabets)")
    offered = raised.value.what.partition("did you mean ")[2].split("'")[1::2]
    assert "diabetes" in offered
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"ward": 1}, "'ward' of people holds text, and traits ask for numbers"),
        ({"ward": [1, None]}, "holds text"),
        ({"floor": "1"}, "'floor' of people holds numbers or true and false, and traits ask for text"),
        ({"carer": "yes"}, "holds numbers or true and false"),
        ({"ward": datetime.date(2020, 1, 1)}, "ask for a date"),
    ],
)
def test_a_trait_of_another_kind_than_its_column_is_refused(traits, words):
    """Text is never sought among numbers, nor numbers among text: that would be a cohort of nobody without a word."""
    people = PEOPLE | {"floor": [1, 2, None, 1]}
    with pytest.raises(pngroup.UsageError, match=words):
        pngroup.cohort(people, RECORDS, as_at="2026-03-31", system="icd10", traits=traits)


def test_a_trait_of_the_same_kind_is_answered():
    """Numbers are equal however they are written, a missing value may be asked for, and an empty column is unknown."""
    people = PEOPLE | {"floor": [1, 2, None, 1], "empty": [None] * 4}

    def of(**traits):
        found = pngroup.cohort(people, RECORDS, as_at="2026-03-31", system="icd10", traits=traits)
        return list(found.to_frame()["person_id"]), found.n_unknown

    assert of(floor=1.0) == of(floor=np.int64(1)) == (["a"], 1)
    assert of(floor=["x", 2]) == (["b"], 1)
    assert of(carer=np.True_) == (["a"], 0)
    assert of(ward=None) == (["c"], 0)
    assert of(empty="x") == ([], 3)


def test_no_restricted_condition_is_told_by_what_holds_it():
    """A condition with a restricted one nested in it is asked for only with show_restricted: subtraction would tell."""
    restricted = [name for name in CATALOGUE.conditions if CATALOGUE.is_restricted([name])]
    over = {above for name in restricted for above in CATALOGUE.conditions[name].ancestors}
    assert over.difference(restricted)
    for name in (*restricted, *over):
        with pytest.raises(pngroup.UsageError, match="restricted topic"):
            members(where=f"age > 200 or not within({name}, months=3)")
        assert members(where=f"ever({name})", show_restricted=True)[0] == []


def test_no_restricted_code_is_told_by_an_item_of_a_register():
    """An item that any restricted code stands for is asked for only with show_restricted."""
    people = {"person_id": ["a"], "birth_date": ["1960-01-01"]}
    records = {"person_id": ["a"], "code": ["B24"], "date": ["2020-01-01"]}
    asked = {"as_at": "2026-03-31", "system": "icd10", "model": "bridges-to-health"}
    for where in ("ever(b2h_immunocompromised)", "register(immunocompromised)"):
        with pytest.raises(pngroup.UsageError, match="restricted topic"):
            pngroup.cohort(people, records, where=where, **asked)
        assert pngroup.cohort(people, records, where=where, show_restricted=True, **asked).n == 1
    assert pngroup.cohort(people, records, where="ever(b2h_copd)", **asked).n == 0


def test_a_filter_on_contacts_is_told_in_the_words_of_a_query():
    """A filter that is not there, or on what no filter applies to, is an error of the argument."""
    people, records = {"person_id": ["a"], "birth_date": ["1960-01-01"]}, {"person_id": [], "code": [], "date": []}
    for where in ("within(any_contact, months=3, where='hospital')", "ever(b2h_copd, where='hospitel')"):
        with pytest.raises(pngroup.UsageError, match="argument where"):
            pngroup.cohort(people, records, as_at="2026-03-31", system="icd10", model="bridges-to-health", where=where)
