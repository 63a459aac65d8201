"""Bridges to Health: the registers of the file, and random people beside the same rules written as Python."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest

import pngroup
from oracle.bridges_to_health import CHEMOTHERAPY, CONDITIONS, EVER, RADIOTHERAPY, segment_person
from oracle.dates import months_before
from oracle.scores import HFRS
from pngroup.editions import data
from pngroup.errors import UsageError
from pngroup.model import load_model
from sql_engines import DuckDB, table as sql_table
from test_sql import assert_agrees

AS_AT = date(2026, 3, 31)
FILE = tomllib.loads(data("models", "bridges-to-health", "2026.1.toml").read_text(encoding="utf-8"))
SETTINGS = (
    "inpatient", "outpatient", "emergency", "emergency_admission", "primary_care", "community", "other", None,
    "unknown", "not known", "not specified",
)  # fmt: skip
#: Days on both sides of each window.
EDGES = [
    AS_AT - timedelta(days=days)
    for days in (0, 1, 29, 30, 55, 56, 200, 307, 308, 340, 399, 400, 800, 3000)
] + [
    months_before(AS_AT, months) + timedelta(days=days) for months in (12, 24, 48) for days in (0, 1)
]  # fmt: skip


def people(n_people, *, with_contacts):
    """People whose codes are drawn from the registers, the frailty score and elsewhere, on days around each edge."""
    draw = random.Random(f"bridges {with_contacts}")
    pools = [(list(codes["icd10"]), "icd10") for codes in EVER.values()]
    pools += [(list(codes["opcs4"]), "opcs4") for codes in EVER.values() if codes["opcs4"]]
    pools += [(list(CHEMOTHERAPY[system]), system) for system in CHEMOTHERAPY]
    pools += [(list(RADIOTHERAPY[system]), system) for system in RADIOTHERAPY]
    usual = [(["Z340", "O800", "Z392"], "icd10"), (list(HFRS), "icd10"), (["J069", "N181", "N184", "Z000"], "icd10")]
    found = []
    for i in range(n_people):
        born = AS_AT - timedelta(days=draw.randrange(100 * 365)) if i % 3 else AS_AT.replace(year=AS_AT.year - 65)
        sex = draw.choice(("female", "female", "male"))
        records = []
        for _ in range(draw.randrange(14)):
            codes, system = draw.choice(usual if draw.random() < 0.5 else pools)
            day = draw.choice(EDGES) if draw.random() < 0.6 else AS_AT - timedelta(days=draw.randrange(900))
            records.append(
                {"code": draw.choice(codes), "system": system, "date": day, "setting": draw.choice(SETTINGS)}
            )
        if i % 9 == 0:
            # A long stay with many of the codes that weigh most.
            codes = draw.sample(sorted(HFRS, key=HFRS.__getitem__)[-25:], 7)
            day = draw.choice(EDGES)
            records += [{"code": code, "system": "icd10", "date": day, "setting": "inpatient"} for code in codes]
        if i % 11 == 0:
            for code in ("C349", draw.choice(("Z510", "Z511"))):
                records.append({"code": code, "system": "icd10", "date": draw.choice(EDGES), "setting": "outpatient"})
        # Those who could have a severe form are rushed to a ward more often than others.
        n_rushes = draw.choice((0, 0, 3, 4, 5))
        rushes = [draw.choice(EDGES[:8] + EDGES[-6:-4]) for _ in range(n_rushes)]
        contacts = [{"date": day, "setting": "emergency_admission"} for day in rushes]
        contacts += [{"date": AS_AT - timedelta(days=draw.randrange(60)), "setting": "emergency"}] * (i % 7 == 0)
        if not with_contacts:
            records += [{"code": "R688", "system": "icd10", **contact} for contact in contacts]
        if i % 13 == 0:
            # Care after a birth elsewhere, and what may be the next pregnancy, on both sides of the span between them.
            after = AS_AT - timedelta(days=draw.randrange(57, 250))
            opens = after + timedelta(days=draw.choice((1, 55, 56)))
            for code, day in (("Z392", after), ("Z340", opens)):
                records.append({"code": code, "system": "icd10", "date": day, "setting": "outpatient"})
        # Nothing before birth is read.
        records = [row for row in records if row["date"] >= born]
        contacts = [row for row in contacts if row["date"] >= born]
        found.append((born, sex, records, contacts if with_contacts else None))
    return found


def table(rows, columns):
    """Rows of people (place, row) as columns."""
    return {
        "person_id": [i for i, _ in rows],
        **{name: [str(row[name]) if row[name] is not None else None for _, row in rows] for name in columns},
    }


@cache
def grouped(with_contacts, **choices):
    """People, and what the package says of them."""
    drawn = people(1500, with_contacts=with_contacts)
    persons = {
        "person_id": list(range(len(drawn))),
        "birth_date": [str(born) for born, *_ in drawn],
        "sex": [sex for _, sex, *_ in drawn],
    }
    records = [(i, row) for i, (_, _, rows, _) in enumerate(drawn) for row in rows]
    contacts = [(i, row) for i, (*_, rows) in enumerate(drawn) for row in rows or ()]
    grouping = pngroup.group(
        persons,
        table(records, ("code", "system", "date", "setting")),
        contacts=table(contacts, ("date", "setting")) if with_contacts else None,
        as_at=AS_AT,
        model=load_model("bridges-to-health", **choices),
    )
    return drawn, grouping


@pytest.mark.parametrize("with_contacts", [True, False], ids=["contacts", "records only"])
@pytest.mark.parametrize("order", ["dataset", "bnssg"])
def test_registers_and_segments_are_those_of_the_rules(order, with_contacts):
    """Every register, segment, count and score of 1,500 people, and what is unknown, is as the rules in Python say."""
    drawn, grouping = grouped(with_contacts, order=order)
    frame, registers = grouping.to_frame(), grouping.answers.registers
    reached, left_open = Counter(), Counter()
    for i, (born, sex, records, contacts) in enumerate(drawn):
        expected = segment_person(born, sex, records, contacts, AS_AT)
        found = {name for name, (has, _) in registers.items() if has[i]}
        assert found == expected.registers, drawn[i]
        unknown = {name for name, (_, known) in registers.items() if not known[i]}
        assert unknown == expected.unknown, drawn[i]
        reached.update(found)
        left_open.update(unknown)
        assert frame["segment"][i] == expected.segment[order], drawn[i]
        assert frame["condition_count"][i] == expected.condition_count
        assert frame["n_multimorbidity"][i] == expected.n_multimorbidity
        assert frame["n_emergency_admissions"][i] == expected.n_emergency_admissions
        assert frame["hfrs"][i] == expected.hfrs
        assert bool(frame["healthy_well"][i]) is (expected.condition_count == 0)
    assert reached.keys() == registers.keys()
    severe = {"end_stage_renal_failure", "severe_copd", "severe_heart_failure"}
    assert left_open.keys() == {"intermediate_frailty", "high_frailty", *(() if with_contacts else severe)}


@pytest.mark.parametrize("with_contacts", [True, False], ids=["contacts", "records only"])
@pytest.mark.parametrize("order", ["dataset", "bnssg"])
def test_engine_interpreter_and_sql_agree(order, with_contacts):
    """Of 200 people the engine, the slow interpreter and the SQL in DuckDB give the same segments, flags and counts."""
    drawn = [(str(i), *each) for i, each in enumerate(people(200, with_contacts=with_contacts))]
    loaded = {
        "people": sql_table("people", [{"person_id": i, "birth_date": born, "sex": sex} for i, born, sex, *_ in drawn]),
        "records": sql_table("records", [{"person_id": i} | row for i, _, _, rows, _ in drawn for row in rows]),
    }
    if with_contacts:
        loaded["contacts"] = sql_table("contacts", [{"person_id": i} | row for i, *_, rows in drawn for row in rows])
    assert_agrees(DuckDB(), loaded, AS_AT, model=load_model("bridges-to-health", order=order))


def test_the_registers_are_those_of_the_dataset():
    """There are 59 registers in lists of 28, 3, 3, 6, 1, 1 and 17; 41 of them are conditions, 35 multimorbidity."""
    registers = FILE["registers"]
    sizes = Counter(name for register in registers.values() for name in register["lists"])
    assert sizes == {
        "long_term_conditions": 28, "disability": 3, "frailty_dementia": 3, "organ_failure": 6, "incurable_cancer": 1,
        "maternal": 1, "additional_characteristics": 17, "conditions": 41, "multimorbidity": 35,
    }  # fmt: skip
    assert {name for name, register in registers.items() if "conditions" in register["lists"]} == CONDITIONS
    for key in ("code", "dataset_name"):
        assert len({register[key] for register in registers.values()}) == len(registers) == 59


def test_editions_differ_as_published():
    """Version 4.0 has no autism; the edition of 2021 has the 41 conditions and maternal; one can be left out."""
    assert set(load_model("bridges-to-health").registers) - set(
        load_model("bridges-to-health", registers="4.0").registers
    ) == {"autism"}
    assert set(load_model("bridges-to-health", registers="2021").registers) == {*CONDITIONS, "maternal"}
    without = load_model("bridges-to-health", without=("chronic_pain",))
    assert set(load_model("bridges-to-health").registers) - set(without.registers) == {"chronic_pain"}


@pytest.mark.parametrize("register", FILE["registers"])
def test_any_register_can_be_left_out(register):
    """The model stays whole without any one of its registers, and has a fingerprint of its own."""
    without = load_model("bridges-to-health", without=(register,))
    assert register not in without.registers
    assert without.fingerprint != load_model("bridges-to-health").fingerprint


def test_an_order_that_is_not_there_is_refused():
    """An unknown order of acuity is refused with those that there are."""
    with pytest.raises(UsageError) as caught:
        load_model("bridges-to-health", order="alphabetical")
    assert caught.value.allowed == "dataset, bnssg"


def test_history_of_four_years_forgets_what_is_older():
    """With 48 months of history nobody is on more registers than with all history, and some are on fewer."""
    _, all_of_it = grouped(with_contacts=True)
    _, four_years = grouped(with_contacts=True, history_months=48)
    fewer = 0
    for name, (has, _) in all_of_it.answers.registers.items():
        now = four_years.answers.registers[name][0]
        assert not (now & ~has).any(), name
        fewer += int((has & ~now).sum())
    assert fewer


def test_no_segment_is_called_healthy():
    """Who is on no register is said to have no recorded condition, to staff and to the person, and never to be well."""
    people = {"person_id": ["a"], "birth_date": ["1990-01-01"]}
    records = {"person_id": ["a"], "code": ["I10"], "date": ["2025-01-01"], "setting": ["GP"]}
    explanation = pngroup.explain("a", people, records, as_at=AS_AT, system="icd10", model="bridges-to-health")
    assert "No recorded condition" in str(explanation)
    assert "does not mean healthy" in str(explanation)
    assert "we do not know what you need" in explanation.patient_text
    assert "healthy" not in explanation.patient_text
