"""The seven invariants of the specification, section 6, as properties of generated people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

import pngroup
from generated import INDEX_DATES, TABLES, Population, generate, people_strategy
from generated_codes import EVERY_CODE, MEDICINES, UNMAPPED
from generated_edges import Row
from generated_stories import edge_days
from oracle.dates import DAY, months_before
from pngroup import threads
from pngroup.answering import answer, answer_dates
from pngroup.evidence import merge, planes
from pngroup.model import load_model
from routes import FEEDS, differences, engine, engine_answers, meaning, table

CORE = pngroup.load_catalogue()
PRECEDENCE = pngroup.load_model("need-groups", CORE).groups
#: With all tables, with none but records, and with contacts alone: what makes a person known to services differs.
FEED_SETS = st.sampled_from([(), ("contacts",), ("medicines",), FEEDS])


def answers(population: Population, feeds: Iterable[str] = FEEDS) -> dict[str, dict[str, Any]]:
    return engine_answers(engine(population, feeds))


def assert_same(left: dict[str, dict[str, Any]], right: dict[str, dict[str, Any]]) -> None:
    """The same people with the same answer in every field."""
    assert left.keys() == right.keys()
    assert differences(left, right) == []


def with_rows(population: Population, **more: list[Row]) -> Population:
    """The population with more rows in some tables."""
    return evolve(population, **{name: [*getattr(population, name), *rows] for name, rows in more.items()})


def record(person: Row, coded: tuple[str, str], day: date) -> Row:
    code, system = coded
    return {"person_id": person["person_id"], "code": code, "system": system, "date": day, "status": None}


# --- 1: total ---


@settings(max_examples=60)
@given(people_strategy(), FEED_SETS)
def test_everybody_gets_a_group_or_a_reason(population, feeds):
    """1: each person has one row, and either one group from 1 to 11 or one reason for having none."""
    grouping = engine(population, feeds)
    found = engine_answers(grouping)
    assert list(found) == [person["person_id"] for person in population.people]
    for each in found.values():
        assert (each["need_group"] is None) == (each["reason"] is not None)
        assert each["reason"] in (None, *map(str, pngroup.Reason))
        if each["need_group"] is None:
            assert each["criteria"] is None
            assert each["rag"] is None
            continue
        met = [number for number in PRECEDENCE if int(each["criteria"]) >> (number - 1) & 1]
        assert each["need_group"] == met[0]
        assert (1 in met) == (met == [1])
        assert each["need_tier"] == pngroup.need_tier(int(each["need_group"]))
    assert sum(grouping.counts().values()) == sum(each["reason"] is None for each in found.values())


# --- 2: order, duplicates and chunks ---


@settings(max_examples=60)
@given(people_strategy(), FEED_SETS, st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(population, feeds, random):
    """2: rows and people in any order, some of them twice or thrice, give the answers of the rows once in theirs."""
    tables = {}
    for name in ("people", *TABLES):
        rows = list(getattr(population, name))
        rows += [dict(row) for row in rows if random.random() < 0.4 for _ in range(random.randint(1, 2))]
        random.shuffle(rows)
        tables[name] = rows
    assert_same(answers(population, feeds), {**answers(evolve(population, **tables), feeds)})


def assert_same_columns(left, right):
    """The same answers as arrays; a measure counts where it is known."""
    for name in ("group", "criteria", "left_open"):
        assert np.array_equal(getattr(left, name), getattr(right, name)), name
    for name, (values, known) in left.measures.items():
        other, other_known = right.measures[name]
        assert np.array_equal(known, other_known), name
        assert np.array_equal(values[known], other[known]), name
    for name, flag in left.flags.items():
        assert np.array_equal(flag, right.flags[name]), name


def in_blocks(inputs, bits):
    """The same inputs, the evidence in blocks of 2 ** bits people."""
    return evolve(inputs, evidence=inputs.evidence.in_blocks(bits))


@settings(max_examples=60)
@given(people_strategy(), FEED_SETS, st.integers(0, 2))
def test_the_size_of_a_block_changes_nothing(population, feeds, bits):
    """2: the number of people that are handled at a time never changes an answer."""
    grouping = engine(population, feeds)
    assert_same_columns(answer(grouping.model, in_blocks(grouping.inputs, bits)), grouping.answers)


@pytest.mark.parametrize(("bits", "n"), [(0, 100), (6, 1000), (9, 1024), (10, 1024), (20, 1000)])
def test_the_size_of_a_block_changes_nothing_for_many(bits, n):
    """2: nor does it for a thousand people, whether the last block is full or not."""
    grouping = engine(generate(n, 21))
    assert_same_columns(answer(grouping.model, in_blocks(grouping.inputs, bits)), grouping.answers)


@pytest.mark.parametrize("common", [0, 1 << 60], ids=["all common", "all rare"])
def test_neither_threads_nor_how_frequent_a_code_is_change_an_answer(common, monkeypatch):
    """2: nor does it matter how many cores work on it, and which way frequent and rare codes take."""
    grouping = engine(generate(1000, 22))
    monkeypatch.setattr(planes, "_COMMON", common)
    for n_cores in (1, 3):
        monkeypatch.setattr(threads, "n_cores", lambda n=n_cores: n)
        assert_same_columns(answer(grouping.model, in_blocks(grouping.inputs, 6)), grouping.answers)


@pytest.mark.parametrize("feeds", [(), FEEDS], ids=["records", "all"])
def test_many_dates_at_once_give_the_answers_of_each_alone(feeds):
    """2: several index dates asked of one evidence have the answers that each has by itself."""
    last = engine(generate(1000, 24), feeds).inputs
    inputs = [evolve(last, as_at=last.as_at - days) for days in (0, 31, 365, 4000)]
    model = load_model("need-groups")
    alone = [answer(model, each) for each in inputs]
    for one, together in zip(alone, answer_dates(model, inputs), strict=True):
        assert_same_columns(one, together)
    groups = [tuple(each.group.tolist()) for each in alone]
    assert len(set(groups)) == len(groups)


@settings(max_examples=60)
@given(people_strategy(), st.randoms(use_true_random=False))
def test_records_may_come_in_parts(population, random):
    """2: evidence of two parts of the records, overlapping or not, merged in any order, gives the whole's answers."""
    first = [row for row in population.records if random.random() < 0.6]
    second = [row for row in population.records if row not in first or random.random() < 0.3]
    whole = engine(population)
    parts = [engine(evolve(population, records=first)), engine(evolve(population, records=second), ())]
    one, other = (part.inputs.evidence for part in parts)
    for merged in (merge(one, other), merge(other, one), merge(merge(one, other), one)):
        again = answer(whole.model, evolve(whole.inputs, evidence=merged))
        assert_same_columns(again, whole.answers)


# --- 3: no person depends on another ---


def alone(population: Population) -> Iterable[Population]:
    for person, rows in population.each():
        yield Population(people=[person], **rows, as_at=population.as_at)


@settings(max_examples=40)
@given(people_strategy(), FEED_SETS)
def test_a_person_is_answered_alone_as_in_a_crowd(population, feeds):
    """3: the answer for a person by herself is her answer among others, in every field."""
    crowd = answers(population, feeds)
    found = {}
    for each in alone(population):
        found |= answers(each, feeds)
    assert_same(found, crowd)


def test_a_person_is_answered_alone_as_in_a_large_crowd():
    """3: and among three hundred people of all stories and edges."""
    population = generate(300, 31)
    crowd = answers(population)
    found = {}
    for each in alone(population):
        found |= answers(each)
    assert_same(found, crowd)


# --- 4: what comes later and what nobody knows ---


def rows_after(population: Population, rng: np.random.Generator) -> dict[str, list[Row]]:
    """Rows of every table for everybody, one to 500 days after the index date."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for person in population.people:
        for _ in range(3):
            later = population.as_at + timedelta(days=int(rng.integers(1, 500)))
            rows["records"].append(record(person, EVERY_CODE[rng.integers(len(EVERY_CODE))], later))
            rows["contacts"].append({"person_id": person["person_id"], "date": later, "setting": "emergency"})
            rows["medicines"].append(record(person, MEDICINES[rng.integers(len(MEDICINES))], later))
            value = {"value": int(rng.integers(1, 10)), "unit": None}
            rows["values"].append(record(person, ("763264000", "snomed"), later) | value)
        tomorrow = population.as_at + DAY
        rows["records"].append(record(person, ("C509", "icd10"), tomorrow))
    return rows


@settings(max_examples=40)
@given(people_strategy(), FEED_SETS, st.integers(0, 10**6))
def test_what_comes_after_the_index_date_changes_nothing(population, feeds, seed):
    """4: no row of any table dated after the index date changes any field of any answer."""
    later = with_rows(population, **rows_after(population, np.random.default_rng(seed)))
    assert_same(answers(later, feeds), answers(population, feeds))


def test_evidence_gathered_later_changes_nothing():
    """4: nor does evidence that already holds what was recorded in the months after the index date."""
    population = generate(1500, 43)
    # Who is known by an age alone was born on other days as seen from another index date.
    people = [person for person in population.people if person["age"] is None]
    population = evolve(population, people=people)
    now = engine(with_rows(population, **rows_after(population, np.random.default_rng(43))))
    # What is gathered for several dates holds what each of them needs.
    later = population.as_at + timedelta(days=400)
    both = evolve(
        with_rows(population, **rows_after(population, np.random.default_rng(43))), as_at=[population.as_at, later]
    )
    then = engine(both)[later]
    assert then.inputs.evidence.n_facts > now.inputs.evidence.n_facts + 1000
    assert_same_columns(answer(now.model, evolve(now.inputs, evidence=then.inputs.evidence)), now.answers)


@pytest.mark.parametrize("feeds", [(), FEEDS], ids=["records", "all"])
def test_what_comes_after_the_index_date_changes_nothing_for_many(feeds):
    """4: nor does it for two thousand people of all stories and edges."""
    population = generate(2000, 41)
    later = with_rows(population, **rows_after(population, np.random.default_rng(41)))
    assert_same(answers(later, feeds), answers(population, feeds))


_LOW = {"need_group", "need_group_name", "need_tier", "rag", "criteria", "no_recent_contact"}


def rows_unmapped(population: Population, before: dict[str, dict[str, Any]], rng: np.random.Generator) -> list[Row]:
    """For everybody two records that no condition and no score knows.

    A readable ICD-10 record makes the scores that are reckoned from ICD-10 known, whatever it says: that is their
    definition. So ICD-10 goes to people who have some already.
    """
    rows = []
    for person in population.people:
        of_person = before[person["person_id"]]
        has_icd10 = of_person["need_group"] is not None and of_person["hfrs"] is not None
        codes = [coded for coded in UNMAPPED if has_icd10 or not coded[1].startswith("icd10")]
        for _ in range(2):
            day = population.as_at - timedelta(days=int(rng.integers(0, 3000)))
            rows.append(record(person, codes[rng.integers(len(codes))], day))
    return rows


def assert_only_known_to_services(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> None:
    """Nothing differs but whether somebody is known to services: 1 against 2 or 3, and the flag that says so."""
    for person, field, was, now in differences(before, after):
        assert field in _LOW, field
        if field == "need_group":
            assert (was, now) in {(1, 2), (1, 3)}
        if field == "criteria":
            assert int(was) ^ int(now) in {0b011, 0b101, 0b010, 0b100}
            assert int(was) | 1 == int(now) ^ (int(now) & 0b110) | 1
        if field == "no_recent_contact":
            assert (was, now) == (True, False)
        assert before[person]["n_contacts"] == after[person]["n_contacts"]


@settings(max_examples=40)
@given(people_strategy(), FEED_SETS, st.integers(0, 10**6))
def test_unmapped_codes_only_make_known_to_services(population, feeds, seed):
    """4: a code that nothing knows tells 1 from 2 and 3, where no contacts are given, and changes nothing else."""
    before = answers(population, feeds)
    more = rows_unmapped(population, before, np.random.default_rng(seed))
    after = answers(with_rows(population, records=more), feeds)
    if "contacts" in feeds:
        assert_same(before, after)
    assert_only_known_to_services(before, after)


def test_unmapped_codes_only_make_known_to_services_for_many():
    """4: and so for three thousand people, among them many whom such a code makes known to services."""
    population = generate(3000, 42)
    before = answers(population, ())
    more = rows_unmapped(population, before, np.random.default_rng(42))
    after = answers(with_rows(population, records=more), ())
    assert_only_known_to_services(before, after)
    moved = [person for person in before if before[person]["need_group"] == 1 and after[person]["need_group"] != 1]
    assert len(moved) > 10


def test_the_unmapped_codes_are_unmapped():
    """4: the codes that the two tests above add are known to no condition and no score."""
    for code, system in UNMAPPED:
        assert not CORE.meaning(code, pngroup.CodeSystem(system))


# --- 5: a diagnosis more never moves a person later in precedence ---

#: What may move a person later: what opens and closes a pregnancy, what resolves, a milder grade of frailty.
_MAY_MOVE_LATER = {"pregnancy_ongoing", "pregnancy_delivery", "pregnancy_loss", "frailty_mild"} | {
    id_ for id_, condition in CORE.conditions.items() if condition.kind == "resolved"
}
_OF_THE_CATALOGUE = [
    (row.code, "icd10")
    for row in CORE.rules[pngroup.CodeSystem.ICD10].rows
    if row.match in ("prefix", "exact") and len(row.code) >= 3
]
DIAGNOSES = [
    coded for coded in dict.fromkeys([*EVERY_CODE, *_OF_THE_CATALOGUE]) if not meaning(*coded) & _MAY_MOVE_LATER
]


def days_that_matter(as_at: date) -> list[date]:
    """Days up to the index date on which windows open, close or just miss, and the birthdays of someone old."""
    return [day for day in edge_days(as_at, months_before(as_at, 12 * 70)) if day is not None and day <= as_at]


def ranks(found: dict[str, dict[str, Any]]) -> dict[str, int]:
    """The place of each person's group in precedence, people without a group left out."""
    return {
        person: PRECEDENCE.index(int(each["need_group"]))
        for person, each in found.items()
        if each["need_group"] is not None
    }


@pytest.mark.parametrize("seed", [51, 52, 53])
def test_a_diagnosis_more_never_moves_a_person_later(seed):
    """5: each of four thousand people with one more diagnosis, of every code there is, comes as early as before."""
    population = generate(4000, seed)
    rng = np.random.default_rng(seed)
    codes = [DIAGNOSES[i % len(DIAGNOSES)] for i in rng.permutation(len(population.people))]
    days = days_that_matter(population.as_at)
    own = {row["person_id"]: row["date"] for row in population.records if row["date"] is not None}
    rows = []
    for person, coded in zip(population.people, codes, strict=True):
        # On a day of a window's edge, on any day, or on that of another record.
        day = population.as_at - timedelta(days=int(rng.integers(0, 2500)))
        choices = (days[rng.integers(len(days))], day, own.get(person["person_id"], day))
        rows.append(record(person, coded, min(choices[rng.integers(3)], population.as_at)))
    assert set(codes) == set(DIAGNOSES)
    before, after = ranks(answers(population)), ranks(answers(with_rows(population, records=rows)))
    added = dict(zip((person["person_id"] for person in population.people), codes, strict=True))
    later = {person: added[person] for person, rank in before.items() if after[person] > rank}
    assert not later
    assert sum(after[person] < rank for person, rank in before.items()) > 400


@settings(max_examples=100)
@given(people_strategy(), st.data())
def test_a_diagnosis_more_never_moves_anybody_later(population, data):
    """5: whatever else is recorded, one more diagnosis on any day up to the index date moves nobody later."""
    days = st.sampled_from(days_that_matter(population.as_at))
    rows = [record(person, data.draw(st.sampled_from(DIAGNOSES)), data.draw(days)) for person in population.people]
    before, after = ranks(answers(population)), ranks(answers(with_rows(population, records=rows)))
    assert all(after[person] <= rank for person, rank in before.items())


# --- 6: explain() agrees with group() ---


@pytest.fixture(scope="module")
def explained():
    """Generated people, their grouping with the records kept, and a few people of each group and reason."""
    population = generate(2500, 61, as_at=INDEX_DATES[0])
    grouping = engine(population, keep_records=True)
    chosen: dict[Any, list[str]] = {}
    for person, each in engine_answers(grouping).items():
        chosen.setdefault(each["need_group"] or each["reason"], []).append(person)
    assert len(chosen) == 11 + 5
    return population, grouping, [person for people in chosen.values() for person in people[:2]]


def test_explain_agrees_with_group(explained):
    """6: an explanation has the group, words, criteria, measures and flags of the result, field by field."""
    _, grouping, people = explained
    found = engine_answers(grouping)
    for person in people:
        explanation, row = grouping.explain(person), found[person]
        assert explanation.need_group == row["need_group"]
        assert (explanation.name, explanation.need_tier, explanation.rag, explanation.reason) == (
            row["need_group_name"], row["need_tier"], row["rag"], row["reason"],
        )  # fmt: skip
        if row["need_group"] is None:
            assert explanation.answer is None
            continue
        met = {criterion.group: criterion.met is True for criterion in explanation.criteria}
        assert met == {number: bool(int(row["criteria"]) >> (number - 1) & 1) for number in PRECEDENCE}
        measures = {name: value for name, value in row.items() if name in grouping.model.outputs}
        assert dict(explanation.answer.measures) == measures
        assert dict(explanation.flags) == {name: bool(row[name]) for name in grouping.flags()}
        assert f"Group {row['need_group']}: {row['need_group_name']}" in str(explanation)


def test_explain_alone_agrees_with_explain_in_a_grouping(explained):
    """6: explain() on its own, reading one person's rows only, says word for word what the grouping's explain says."""
    population, grouping, people = explained
    tables = {name: table(name, getattr(population, name)) for name in ("people", "records", *FEEDS)}
    for person in people[::2]:
        alone_ = pngroup.explain(person, **tables, as_at=population.as_at)
        within = grouping.explain(person)
        assert str(alone_) == str(within)
        assert alone_.patient_text == within.patient_text


# --- 7: tiers and colours rise with the number ---

SCHEMES = sorted(
    place.name.removesuffix(".toml")
    for place in files("pngroup").joinpath("data", "schemes").iterdir()
    if place.name.endswith(".toml")
)
#: Colours that schemes use, from least need to most.
_COLOURS = ({"green"}, {"amber", "orange", "yellow"}, {"red"})


@pytest.mark.parametrize("name", SCHEMES)
def test_tier_and_colour_rise_with_the_group_number(name):
    """7: in every scheme that ships a higher group number never has a lower tier or a calmer colour."""
    scheme = pngroup.load_scheme(name)
    words = [tier.word for tier in scheme.tiers]
    tiers = [words.index(str(word)) for word in pngroup.need_tier(list(range(1, 12)), scheme)]
    colours = [
        next(i for i, names in enumerate(_COLOURS) if str(colour) in names)
        for colour in pngroup.rag(list(range(1, 12)), scheme)
    ]
    assert tiers == sorted(tiers)
    assert colours == sorted(colours)
    assert set(tiers) == set(range(len(words)))


@settings(max_examples=20)
@given(people_strategy(), st.sampled_from(SCHEMES))
def test_tier_and_colour_are_those_of_the_group(population, scheme):
    """7: the tier and colour of each row of a result are those that the mappers give its group in that scheme."""
    for row in engine_answers(engine(population, scheme=scheme)).values():
        number = None if row["need_group"] is None else int(row["need_group"])
        assert (row["need_tier"], row["rag"], row["need_group_name"]) == (
            pngroup.need_tier(number, scheme), pngroup.rag(number, scheme), pngroup.group_name(number, scheme),
        )  # fmt: skip
