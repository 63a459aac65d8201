"""The front door: what callers may rely on beyond the answer itself."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import pngroup
from pngroup.explanation.texts import load_texts

AS_AT = "2026-03-31"
TEXTS = load_texts("need-groups-2026.1")


def one(rows, *, born="1950-05-05", sex="F", **options):
    """One person with ICD-10 (code, date) rows."""
    people = {"person_id": ["a"], "birth_date": [born], "sex": [sex]}
    records = {"person_id": ["a"] * len(rows), "code": [c for c, _ in rows], "date": [d for _, d in rows]}
    return pngroup.group(people, records, as_at=AS_AT, system="icd10", keep_records=True, **options)


def test_a_result_does_not_follow_what_the_caller_does_to_the_table():
    """Sorting, changing or dropping columns of people after `group()` cannot put a group beside another person."""
    people = pd.DataFrame({"person_id": [10, 20], "birth_date": ["1950-01-01", "1990-01-01"], "ward": ["x", "y"]})
    records = {"person_id": [10], "code": ["I50"], "date": ["2026-01-01"]}
    grouping = pngroup.group(people, records, as_at=AS_AT, system="icd10")
    before = grouping.to_frame()
    people["person_id"] = [20, 10]
    del people["ward"]
    assert grouping.to_frame().equals(before)
    mapping = {"person_id": np.array([10, 20]), "age": [76, 36]}
    grouping = pngroup.group(mapping, records, as_at=AS_AT, system="icd10")
    mapping["person_id"][:] = [20, 10]
    mapping["age"].reverse()
    assert grouping.to_frame()["person_id"].tolist() == [10, 20]
    assert grouping.to_frame()["need_group"].tolist() == [9, 1]


def test_a_column_called_almost_as_one_of_ours_is_named_in_the_report():
    """`Died_On` is not read, and is named: a dead person must not be grouped in silence; strict refuses."""
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"], "Died_On": ["2020-01-01"]}
    records = {"person_id": ["a"], "code": ["I50"], "date": ["2019-01-01"], "Status": ["refuted"]}
    quality = pngroup.group(people, records, as_at=AS_AT, system="icd10").quality
    assert quality.feed("people").columns_not_read == ("Died_On",)
    assert quality.feed("records").columns_not_read == ("Status",)
    assert "Died_On" in str(quality)
    with pytest.raises(pngroup.DataError, match="called almost as one of ours"):
        pngroup.group(people, records, as_at=AS_AT, system="icd10", strict=True)


def test_diagnoses_in_the_table_of_medicines_are_no_diagnoses():
    """A medicines table gives medicines only: a diagnosis in it makes no condition, and is counted."""
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"]}
    records = {"person_id": ["a"], "code": ["J06.9"], "date": ["2026-01-01"], "system": ["icd10"]}
    medicines = {
        "person_id": ["a"] * 2,
        "code": ["44054006", "E11"],
        "system": ["snomed", "icd10"],
        "date": [AS_AT] * 2,
    }
    grouping = pngroup.group(people, records, as_at=AS_AT, medicines=medicines)
    assert grouping.to_frame()["need_group"].tolist() == [3]
    assert grouping.quality.feed("medicines").notes["not_a_medicine"] == 2


@pytest.mark.parametrize(
    ("died_on", "reason"),
    [
        ("2026-03-31", "died"),
        ("2026-04-01", None),
        ("2026-03", "died"),
        ("2026-04", None),
        ("2025", "died"),
        ("2026", None),
    ],
)
def test_a_month_or_year_of_death_counts_from_its_last_day(died_on, reason):
    """Somebody who died in a month or year is dead once all of it lies before the end of the index date."""
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"], "died_on": [died_on]}
    records = {"person_id": ["a"], "code": ["I50"], "date": ["2019-01-01"]}
    frame = pngroup.group(people, records, as_at=AS_AT, system="icd10").to_frame()
    assert frame["reason"].tolist() == [reason]


@pytest.mark.parametrize(
    ("value", "excluded"),
    [
        ("opted out", True),
        ("", False),
        (" ", False),
        ("NULL", False),
        (None, False),
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        ("0.0", False),
        ("False", False),
        ("no consent", True),
    ],
)
def test_who_is_excluded_has_a_reason(value, excluded):
    """A reason given excludes; blanks, words for nothing, 0 and false do not, as text of a file either."""
    people = {"person_id": ["a", "b"], "age": [50, 50], "excluded_reason": [value, value]}
    records = {"person_id": ["a"], "code": ["I50"], "date": ["2019-01-01"]}
    frame = pngroup.group(people, records, as_at=AS_AT, system="icd10").to_frame()
    assert frame["reason"].tolist() == ["excluded" if excluded else None] * 2


def test_codes_of_systems_that_are_not_grouped_are_counted_and_not_shown():
    """What stands in a Read or ICD-9 column may be anything: the report counts it and shows none of it."""
    people = {"person_id": ["a"], "age": [50]}
    records = {
        "person_id": ["a"] * 2,
        "code": ["John Smith", "9434765919"],
        "system": ["read2"] * 2,
        "date": [AS_AT] * 2,
    }
    grouping = pngroup.group(people, records, as_at=AS_AT)
    text = str(grouping.quality) + json.dumps(grouping.quality.to_dict())
    assert "Smith" not in text
    assert "9434765919" not in text
    assert grouping.quality.feed("records").notes["system_not_grouped"] == 2
    assert grouping.to_frame()["need_group"].tolist() == [3]


def test_after_a_stillbirth_the_text_names_neither_pregnancy_nor_baby():
    """Nobody whose baby has died is told that they have had a baby."""
    explanation = one([("Z34.9", "2025-11-01"), ("Z37.1", "2026-03-01")], born="1994-01-01").explain("a")
    assert explanation.need_group in (6, 7)
    assert not {"pregnant", "baby", "midwife"} & set(explanation.patient_text.lower().replace(".", " ").split())


def test_nobody_is_told_of_doing_better_after_a_relapse():
    """Remission softens the text only while nothing of the illness is recorded later."""
    people = {"person_id": ["a"], "birth_date": ["1970-01-01"]}
    for last, expected in (("2009-03-01", True), ("2026-03-01", False)):
        records = {
            "person_id": ["a"] * 3,
            "code": ["F20.0", "41836007", "F20.0"],
            "system": ["icd10", "snomed", "icd10"],
            "date": ["2000-01-01", "2010-01-01", last],
        }
        found = pngroup.explain("a", people, records, as_at=AS_AT)
        assert ("doing better" in found.patient_text) == expected
        assert found.need_group == 8


def test_palliative_care_replaces_words_about_check_ups():
    """Somebody in palliative care is not told of check-ups or of staying well."""
    explanation = one([("Z51.5", "2026-01-01"), ("E11.9", "2020-01-01")]).explain("a")
    assert "check-ups" not in explanation.patient_text


def test_what_a_restricted_record_does_is_not_told_by_elimination():
    """Neither the group without it, nor class, weight, date or code of a restricted record is shown."""
    text = str(one([("Z34.9", "2026-01-02"), ("O04.9", "2026-02-03")], born="1994-01-01").explain("a"))
    assert "Without the records of a restricted record" not in text
    assert "3 Feb 2026" not in text
    text = str(one([("B24", "2026-02-03"), ("Z34.9", "2025-12-02")], born="1994-01-01").explain("a"))
    assert "restricted record (" not in text
    assert "3 Feb 2026" not in text


def test_one_new_record_is_true_of_the_condition_that_is_named():
    """Nothing is promised that any record at all would do, and what is named is what was added."""
    sentences = " ".join(one([], born="1950-01-01").explain("a").changes)
    catalogue = pngroup.load_catalogue()
    assert "group 3" not in sentences
    named = [c for c in catalogue.conditions.values() if f"one new record of {c.name}" in sentences]
    assert named


def test_no_birthday_is_invented_for_people_whose_birth_date_is_not_known():
    """With an age alone no forecast rests on a birthday."""
    people = {"person_id": ["a"], "age": [64]}
    records = {"person_id": ["a"], "code": ["925861000000102"], "date": ["2026-03-01"]}
    found = pngroup.explain("a", people, records, as_at=AS_AT, system="snomed")
    assert "group 11" not in " ".join(found.changes)


def test_the_fingerprint_is_stable_and_the_manifest_is_json():
    """Two runs on different data share the fingerprint; the manifest says what was given and can be stored."""
    first, second = one([("I50", "2026-01-01")]), one([])
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 64
    manifest = json.loads(json.dumps(first.manifest))
    assert manifest["feeds"] == {"records": True, "contacts": False, "medicines": False, "values": False}
    assert one([], scheme="medium-orange").fingerprint != first.fingerprint


def test_a_resolved_kidney_disease_does_not_end_dependence_on_dialysis():
    """A child on dialysis in the last year stays in group 10 when "CKD resolved" is recorded; the kidney line ends."""
    people = {"person_id": ["a"], "birth_date": ["2012-06-01"]}
    records = {
        "person_id": ["a"] * 3,
        "code": ["T82.4", "Z99.2", "939211000000104"],
        "system": ["icd10", "icd10", "snomed"],
        "date": ["2024-03-23", "2025-07-05", "2025-11-24"],
    }
    frame = pngroup.group(people, records, as_at=AS_AT).to_frame()
    assert frame["need_group"].tolist() == [10]
    assert frame["n_ltc"].tolist() == [0]
