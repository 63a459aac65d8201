"""The star schema: facts by month end, and tables that say what each of their numbers means."""

from __future__ import annotations

import numpy as np
import pytest

import pngroup
from pngroup import synthetic
from pngroup.combining import combined
from pngroup.population import star_schema

DATES = ["2025-12-31", "2026-01-31", "2026-02-28"]


@pytest.fixture(scope="module")
def made():
    people = synthetic.practice(1500, seed=12)
    table = {**people.people, "practice": np.array(["A1", "B2", None] * 500, object)}
    groupings = pngroup.group(table, people.records, as_at=DATES, contacts=people.contacts, model="bridges-to-health")
    return groupings, star_schema(groupings, practice="practice")


def column_of(table, key, value):
    return dict(zip(table[key].tolist(), table[value].tolist(), strict=True))


def test_there_is_a_fact_for_each_month_end_and_person_with_a_segment(made):
    """A row for each index date and person with a segment, with age and practice, and none for anybody else."""
    groupings, star = made
    facts = star["FACT_MODEL"]
    assert len(facts["Person_Id"]) == sum(grouping.quality.n_grouped for grouping in groupings)
    assert sorted(set(facts["Date_Id"].tolist())) == [20251231, 20260131, 20260228]
    practices = column_of(star["DIM_GP_PRACTICE"], "Gp_Id", "GP_ORG_CODE")
    assert set(practices.values()) == {"A1", "B2"}
    ages = column_of(star["DIM_AGE"], "Age_Id", "Ten_Year_Band")
    assert set(facts["Age_Id"].tolist()) == set(ages)
    assert all(int(band.split("-")[0]) <= age <= int(band.split("-")[1]) for age, band in ages.items())


def test_the_numbers_of_combinations_lead_back_to_the_columns_of_the_result(made):
    """Looked up in their tables, the numbers of a fact give what `to_frame()` says."""
    groupings, star = made
    facts = star["FACT_MODEL"]
    frames = [grouping.to_frame() for grouping in groupings]
    has = [grouping.people.reason < 0 for grouping in groupings]

    def result(name):
        return np.concatenate([np.asarray(frame[name], object)[at] for frame, at in zip(frames, has, strict=True)])

    segments, conditions = star["DIM_SEGMENT_COMBINATIONS"], star["DIM_SUBSEGMENT_COMBINATIONS"]
    for column, table, key, name in (
        ("Segment_Combination_Id", segments, "COMBINATION_CODE", "segment_combination"),
        ("Segment_Combination_Id", segments, "HIGHEST_ACUITY_SEGMENT_CODE", "segment"),
        ("Subsegment_Combination_Id", conditions, "COMBINATION_CODE", "subsegment_combination"),
        ("Subsegment_Combination_Id", conditions, "CONDITION_COUNT", "condition_count"),
    ):
        meant = column_of(table, "COMBINATION_ID", key)
        assert [meant[each] for each in facts[column].tolist()] == result(name).tolist()
    assert facts["Maternal_Health_Flag"].tolist() == result("maternal_and_infant_health").astype(int).tolist()


def test_the_breakdown_is_the_long_form_of_the_combinations(made):
    """Each part of each combination has a row of its own, named in the look-up table."""
    _, star = made
    named = column_of(star["LOOKUP_SUBSEGMENTS"], "ID", "CODE")
    found: dict[int, list[str]] = {}
    rows = star["BREAKDOWN_SUBSEGMENT_COMBINATIONS"]
    for combination, part in zip(rows["COMBINATION_ID"].tolist(), rows["ID"].tolist(), strict=True):
        found.setdefault(combination, []).append(named[part])
    codes = column_of(star["DIM_SUBSEGMENT_COMBINATIONS"], "COMBINATION_ID", "COMBINATION_CODE")
    assert {number: "+".join(found.get(number, [])) or "HEALTHY_WELL" for number in codes} == codes
    columns = star["DIM_SUBSEGMENT_COMBINATIONS"]
    lookup = column_of(star["LOOKUP_SUBSEGMENTS"], "ID", "NAME")
    for row, number in enumerate(columns["COMBINATION_ID"].tolist()):
        present = [part for part, name in lookup.items() if columns[name][row] == 1]
        assert [named[part] for part in present] == found.get(number, [])


def test_the_number_of_a_combination_does_not_depend_on_who_else_is_there():
    """A person alone has the numbers that they have among others."""
    people = {"person_id": ["a", "b", "c"], "birth_date": ["1940-05-02", "1950-01-01", "1990-01-01"]}
    records = {"person_id": ["a", "a", "b"], "code": ["E11.9", "I10", "C78.0"], "date": ["2025-02-01"] * 3}

    def numbers(wanted):
        at = [place for place, name in enumerate(people["person_id"]) if name in wanted]
        some = {name: [values[place] for place in at] for name, values in people.items()}
        made = pngroup.group(some, records, as_at="2026-03-31", system="icd10", model="bridges-to-health")
        facts = star_schema(made)["FACT_MODEL"]
        return dict(zip(facts["Person_Id"], facts["Subsegment_Combination_Id"].tolist(), strict=True))

    together = numbers("abc")
    assert together == numbers("a") | numbers("b") | numbers("c")
    assert len(set(together.values())) == 3


def test_dates_tell_their_financial_year(made):
    """A month's share of its financial year, which begins on 1 April, is its days of the days of the year."""
    dates = made[1]["DIM_DATE"]
    assert dates["Financial_Year"].tolist() == ["2025/26"] * 3
    assert dates["Month_Financial_Year_Fraction"].tolist() == [31 / 365, 31 / 365, 28 / 365]
    assert [str(day) for day in dates["Last_Day_Of_Financial_Year"]] == ["2026-03-31"] * 3


def test_deaths_and_births_stand_in_the_table_of_people():
    """A death is told, also one after the index date; a birth that is known by its year alone is not made up."""
    people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1950"], "died_on": ["2026-05-01", None]}
    records = {"person_id": [], "code": [], "date": []}
    made = pngroup.group(people, records, as_at="2026-03-31", system="icd10", model="bridges-to-health")
    table = star_schema(made)["DIM_PERSON"]
    assert [str(day) for day in table["Date_Of_Death"]] == ["2026-05-01", "None"]
    assert [str(day) for day in table["Date_Of_Birth"]] == ["1940-05-02", "None"]


def test_what_cannot_be_made_is_refused(made):
    """A model without combinations, a column or a table that is not there: one sentence each."""
    groupings, star = made
    people = {"person_id": ["a"], "birth_date": ["1940-05-02"]}
    records = {"person_id": [], "code": [], "date": []}
    other = pngroup.group(people, records, as_at="2026-03-31", system="icd10")
    for call in (
        lambda: star_schema(other),
        lambda: star_schema(groupings, practice="gp"),
        lambda: star["FACTS"],
    ):
        with pytest.raises(pngroup.UsageError):
            call()


@pytest.mark.parametrize("n_parts", [1, 7, 8, 9, 62, 63, 64, 65, 130])
def test_combinations_are_listed_by_how_many_parts_they_have_and_in_the_order_of_the_parts(n_parts):
    """Each person's text holds the codes of what is theirs; texts are in order, each once, whatever their number."""
    rng = np.random.default_rng(n_parts)
    bits = [rng.random(300) < 0.05 for _ in range(n_parts)]
    codes = [f"c{part}" for part in range(n_parts)]
    place, texts = combined(bits, codes, "none", n_people=300)
    held = [[part for part in range(n_parts) if bits[part][person]] for person in range(300)]
    assert [texts[each] for each in place] == ["+".join(codes[part] for part in each) or "none" for each in held]
    different = sorted({tuple(each) for each in held}, key=lambda each: (len(each), each))
    assert list(texts) == ["+".join(codes[part] for part in each) or "none" for each in different]
