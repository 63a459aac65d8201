"""The sentences that staff and patients read."""

from __future__ import annotations

import re

import pytest

import pngroup
from pngroup.explanation.texts import Texts, load_texts

TEXTS = load_texts("need-groups-2026.1")
BRIDGES = load_texts("bridges-to-health-2026.1")
EVERY = [(TEXTS, group) for group in range(1, 12)] + [(BRIDGES, group) for group in range(1, 9)]


def syllables(word: str) -> int:
    """Vowel groups, a silent e at the end left out: close enough for a readability formula."""
    found = len(re.findall(r"[aeiouy]+", word.lower()))
    if word.lower().endswith("e") and not word.lower().endswith("le") and found > 1:
        found -= 1
    return max(found, 1)


def reading_grade(text: str) -> float:
    """The Flesch-Kincaid grade (Kincaid 1975): 5 is a reading age of about 10."""
    sentences = [s for s in re.split(r"[.!?]+", text) if s.strip()]
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize(("texts", "group"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_each_group_has_a_sentence_for_staff_and_one_that_a_child_of_eleven_can_read(texts: Texts, group: int) -> None:
    """Every group has both texts, and the patient's has a reading age of 11 at most."""
    assert texts.groups[group]["staff"]
    patient = f"{texts.groups[group]['patient']} {texts.patient_note}"
    assert reading_grade(patient) <= 6.5, round(reading_grade(patient), 1)
    assert texts.criteria[group]


@pytest.mark.parametrize("texts", [TEXTS, BRIDGES], ids=lambda texts: texts.name)
def test_group_one_is_unknown_need_and_never_health(texts: Texts) -> None:
    """Every text of group 1 says that the need is not known, and none says that the person is healthy."""
    staff, patient = texts.groups[1]["staff"], texts.groups[1]["patient"]
    assert "unknown" in staff
    assert "not mean healthy" in staff
    assert "do not know" in patient
    assert not re.search(r"you are (well|healthy)", patient)


def test_no_text_says_well_managed() -> None:
    """Nobody with palliative care or metastatic cancer is told that all is well managed, in any text."""
    everything = " ".join([*(t for texts in TEXTS.groups.values() for t in texts.values()), TEXTS.patient_note])
    assert "well managed" not in everything
    assert "Palliative care" in TEXTS.additions["palliative_care"]["staff"]


def test_every_text_says_that_it_is_not_for_decisions_about_one_patient() -> None:
    """Staff and patients are told in each explanation what the group is for."""
    people = {"person_id": ["a"], "birth_date": ["1990-01-01"]}
    records = {"person_id": ["a"], "code": ["J06.9"], "date": ["2026-01-01"]}
    explanation = pngroup.explain("a", people, records, as_at="2026-03-31", system="icd10")
    assert "Not for decisions about one patient" in str(explanation)
    assert "does not decide your own care" in explanation.patient_text


@pytest.mark.parametrize("texts", [TEXTS, BRIDGES], ids=lambda texts: texts.name)
def test_no_contact_is_told_as_far_as_the_tables_show(texts: Texts) -> None:
    """Staff never read that somebody had no contact, only that the tables given show none: some may not be given."""
    told = [texts.additions["no_recent_contact"]["staff"], *(each["staff"] for each in texts.groups.values())]
    about = [sentence for sentence in told if re.search(r"\bcontact\b", sentence)]
    assert about
    for sentence in about:
        assert re.search(r"as far as the tables given show", sentence, re.IGNORECASE), sentence
