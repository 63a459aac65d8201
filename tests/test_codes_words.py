"""Names of systems and words for settings, sexes and statuses: what is known, and that nothing is guessed."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pngroup import codes
from pngroup.codes import RecordStatus
from pngroup.vocabulary import Change, CodeSystem, Setting, Sex

TABLES = {
    "systems": ("system", codes.read_system, CodeSystem),
    "settings": ("setting", codes.read_setting, Setting),
    "sexes": ("sex", codes.read_sex, Sex),
    "statuses": ("status", codes.read_status, RecordStatus),
    "changes": ("change", codes.read_change, Change),
}


def rows_of(repository, name):
    with (repository / f"src/pngroup/data/codes/{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("name", list(TABLES))
def test_each_row_of_a_table_works_in_any_spelling(name, repository):
    """Each alias means what its row says, in any case and with other punctuation between words."""
    column, read, vocabulary = TABLES[name]
    rows = rows_of(repository, name)
    for row in rows:
        meaning = vocabulary(row[column])
        alias = row["alias"]
        spellings = {
            alias,
            alias.upper(),
            alias.lower(),
            f"  {alias}\u00a0",
            alias.replace(" ", "_"),
            alias.replace(" ", "-"),
        }
        assert {read(spelling) for spelling in spellings} == {meaning}, alias
    assert {vocabulary(row[column]) for row in rows} == set(vocabulary)


@pytest.mark.parametrize("name", list(TABLES))
def test_each_row_has_a_source(name, repository):
    """Each row names a source of the table of sources, and no source is there for nothing."""
    known = {row["id"] for row in rows_of(repository, "sources")}
    assert {row["source"] for row in rows_of(repository, name)} <= known
    used = {row["source"] for table in TABLES for row in rows_of(repository, table)}
    assert used == known


@pytest.mark.parametrize("name", list(TABLES))
def test_our_own_words_mean_themselves(name):
    """Each word of a vocabulary, as text or as member, means itself."""
    _, read, vocabulary = TABLES[name]
    for word in vocabulary:
        assert read(word) is word
        assert read(word.value) is word
        assert read(f" {word.value.upper().replace('_', ' ')} ") is word


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("http://snomed.info/sct", "snomed"),
        ("http://snomed.info/sct|20240501", "snomed"),
        ("http://snomed.info/sct/83821000000107/version/20240410", "snomed"),
        ("http://hl7.org/fhir/sid/icd-10", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-uk", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "icd10cm"),
        ("https://fhir.hl7.org.uk/Id/opcs-4", "opcs4"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.3", "icd10"),
        ("urn:oid:2.16.840.1.113883.6.90", "icd10cm"),
        ("http://read.info/readv2", "read2"),
        ("http://read.info/ctv3", "ctv3"),
        ("https://dmd.nhs.uk", "dmd"),
        ("http://www.whocc.no/atc", "atc"),
        ("SNOMED", "snomed"),
        ("SNOMED CT", "snomed"),
        ("SCT", "snomed"),
        ("ICD10", "icd10"),
        ("ICD-10", "icd10"),
        ("icd 10", "icd10"),
        ("ICD10CM", "icd10cm"),
        ("ICD10-CM", "icd10cm"),
        ("ICD9CM", "icd9cm"),
        ("OPCS4", "opcs4"),
        ("OPCS-4.10", "opcs4"),
        ("ATC", "atc"),
        ("dm+d", "dmd"),
        ("Read v2", "read2"),
        ("CTV3", "ctv3"),
    ],
)
def test_names_of_code_systems(name, system):
    """FHIR URIs (with versions), OIDs, OMOP vocabularies and plain names are known."""
    assert codes.read_system(name) is CodeSystem(system)


@pytest.mark.parametrize(
    "name",
    [
        9,
        10,
        "9",
        "10",
        10.0,
        "10.0",
        "",
        None,
        "ICD",
        "ICD-10-GM",
        "ICD10PCS",
        "ICD-11",
        "RxNorm",
        "LOINC",
        "2.16.840.1.113883.63",
        True,
    ],
)
def test_other_systems_are_not_guessed(name):
    """Bare version numbers, other countries' versions and other systems are unknown, not the nearest one."""
    assert codes.read_system(name) is None


SETTINGS = {
    "primary_care": ["GP", "GP surgery", "wellness"],
    "community": ["District Nurse", "HH", "home"],
    "mental_health": ["CAMHS", "IAPT", "talking therapies"],
    "outpatient": ["OP", "AMB", "Outpatient", "ambulatory"],
    "emergency_admission": ["emergency admission", "Unplanned admission"],
    "inpatient": [
        "APC",
        "elective",
        "Non-Elective",
        "IMP",
        "ACUTE",
        "NONAC",
        "SS",
        "OBSENC",
    ],
    "emergency": ["A&E", "A & E", "AE", "ED", "EMER", "FLD", "ambulance"],
    "urgent": ["111", 111, "walk-in centre", "UTC", "urgentcare"],
    "pharmacy": ["community pharmacy"],
    "social_care": ["care home"],
    "other": ["VR", "virtual"],
}
SEXES = {
    "male": [1, "1", 1.0, np.int64(1), "M", "MALE", 8507],
    "female": [2, "2.0", 2.0, np.float64(2.0), "f", "Female", 8532],
    "indeterminate": [9, "9", "other", "I"],
    "unknown": [0, "unknown", "U", "X", None, "", float("nan")],
}
STATUSES = {
    "counts": [
        "confirmed",
        "active",
        "resolved",
        "inactive",
        "remission",
        "completed",
        "final",
        None,
        "",
        float("nan"),
    ],
    "entered_in_error": ["entered-in-error", "Entered in Error"],
    "refuted": ["refuted"],
    "suspected": ["unconfirmed", "provisional", "differential"],
    "not_done": ["not-done", "cancelled", "DNA", "did not attend"],
}


def pairs(table):
    return [(word, meaning) for meaning, words in table.items() for word in words]


@pytest.mark.parametrize(("word", "setting"), pairs(SETTINGS))
def test_words_for_settings(word, setting):
    """NHS words, FHIR classes and Synthea's words are known; an emergency admission has a word of its own."""
    assert codes.read_setting(word) is Setting(setting)


@pytest.mark.parametrize(("word", "sex"), pairs(SEXES))
def test_words_for_sexes(word, sex):
    """NHS codes (text, integers, floats), FHIR words, letters and OMOP ids are known; nothing is unknown."""
    assert codes.read_sex(word) is Sex(sex)


@pytest.mark.parametrize("word", ["5", 7, 1.5, "12", "mail", "femal", True, False, "M F"])
def test_other_sexes_are_not_guessed(word):
    """A number, letter or misspelling that means nothing is None, so that it can be counted."""
    assert codes.read_sex(word) is None


@pytest.mark.parametrize(("word", "status"), pairs(STATUSES))
def test_words_for_statuses(word, status):
    """FHIR's words decide: resolved and inactive records are evidence, suspected and refuted are not."""
    assert codes.read_status(word) is RecordStatus(status)


@given(st.text(max_size=12))
def test_any_word_has_a_meaning_or_none(word):
    """Any text is answered without an exception: a word of the vocabulary, or None."""
    for _, read, vocabulary in TABLES.values():
        assert read(word) is None or isinstance(read(word), vocabulary)


@given(st.sampled_from(["setting", "system"]), st.from_regex(r"\Aqz[a-z]{1,8}\Z"))
def test_unknown_words_are_none(kind, word):
    """A word that nobody uses is None."""
    assert getattr(codes, f"read_{kind}")(word) is None
    assert codes.read_status(word) is None
    assert codes.read_sex(word) is None


@pytest.mark.shared
def test_the_classes_and_systems_of_fhir_samples_are_known(shared):
    """The encounter classes of a Synthea bulk export and the systems of GP Connect bundles are known."""
    import gzip

    found = {"class": set(), "system": set()}
    for file in (shared / "testdata").glob("fhir-*/*.gz"):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            text = lines.read()
        found["class"] |= set(re.findall(r'"class": ?\{[^}]*"code": ?"(\w+)"', text))
        found["system"] |= set(re.findall(r'"(http://(?:snomed\.info|read\.info|hl7\.org/fhir/sid/icd)[^"]*)"', text))
    systems = {each for each in found["system"] if not each.startswith("http://snomed.info/sct/")}
    assert found["class"]
    assert None not in {codes.read_setting(each) for each in found["class"]}
    assert None not in {codes.read_system(each) for each in systems}
