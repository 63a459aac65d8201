"""Explanations: true to the answer, complete, and silent about restricted topics and identifiers."""

from __future__ import annotations

import datetime
import re

import pytest

import pngroup

AS_AT = "2026-03-31"


def explained(rows: list[tuple[str, str]], *, born: str = "1950-05-05", sex: str = "F", **options):  # type: ignore[no-untyped-def]
    people = {"person_id": ["SECRET-77"], "birth_date": [born], "sex": [sex]}
    records = {
        "person_id": ["SECRET-77"] * len(rows),
        "code": [code for code, _ in rows],
        "date": [date for _, date in rows],
    }
    return pngroup.explain("SECRET-77", people, records, as_at=AS_AT, system="icd10", **options)


def test_an_explanation_shows_group_values_records_and_sources() -> None:
    """Staff see the group, each criterion with what was found, and the code, date, mapping row and source behind it."""
    text = str(explained([("I50.0", "2026-01-10"), ("E119", "2020-02-02")]))
    assert text.startswith("Group 9: Dominant major chronic condition (need moderate, amber)")
    assert "major conditions at least 1 (found: 1, namely heart failure)" in text
    assert re.search(r"10 Jan 2026  icd10 I500  by prefix I50 \(core@2026\.1/icd10\.csv, line \d+\); source \w", text)
    assert "As at 31 Mar 2026, by the model need-groups@2026.1." in text


def test_it_says_why_each_earlier_group_did_not_apply() -> None:
    """Every criterion is listed in order of precedence with met, not met, or not knowable."""
    found = explained([("I50.0", "2026-01-10")])
    assert [criterion.group for criterion in found.criteria] == [11, 10, 7, 6, 9, 8, 5, 4, 3, 2, 1]
    earlier = found.criteria[: [c.group for c in found.criteria].index(9)]
    assert all(criterion.met is not True and criterion.findings for criterion in earlier)


def test_the_nearest_changes_are_true_of_the_model() -> None:
    """What an explanation says would happen without some records, or with time, is what `group()` then answers."""
    rows = [("I50.0", "2026-01-10"), ("F33.2", "2021-06-15")]
    sentences = " ".join(explained(rows, born="1990-01-01").changes)
    assert "Without the records of Heart failure of any type: group 4" in sentences
    without = explained(rows[1:], born="1990-01-01")
    assert without.need_group == 4
    ahead = re.search(r"With nothing more recorded: group (\d+) \(.*?\) from (\d+ \w+ \d+)", " ".join(without.changes))
    assert ahead
    day = datetime.datetime.strptime(ahead[2], "%d %b %Y").replace(tzinfo=datetime.UTC).date()
    people = {"person_id": ["a"], "birth_date": ["1990-01-01"], "sex": ["F"]}
    records = {"person_id": ["a"], "code": ["F33.2"], "date": ["2021-06-15"]}
    for as_at, expected in ((day, int(ahead[1])), (day - datetime.timedelta(days=1), 4)):
        grouping = pngroup.group(people, records, as_at=as_at, system="icd10")
        assert grouping.to_frame()["need_group"].tolist() == [expected]


@pytest.mark.parametrize("code", ["B24", "Z21", "O04.9", "N98.1", "F64.0", "A51.0"])
def test_restricted_topics_stay_unnamed_unless_asked_for(code: str) -> None:
    """HIV, loss, assisted conception and gender are "a restricted record", without code, until the caller asks."""
    rows = [(code, "2026-01-10"), ("Z34.0", "2025-12-01")]
    plain, open_ = explained(rows, born="1994-01-01"), explained(rows, born="1994-01-01", show_restricted=True)
    name = pngroup.load_catalogue().name_of(pngroup.lookup([code])[0][-1])
    canonical = code.replace(".", "")
    assert "a restricted record" in str(plain)
    assert canonical not in str(plain)
    assert name not in str(plain)
    assert canonical in str(open_)
    assert plain.need_group == open_.need_group


def test_no_identifier_appears_in_an_explanation() -> None:
    """Text, repr and patient text of an explanation hold no person_id."""
    found = explained([("I50.0", "2026-01-10")])
    assert "SECRET" not in str(found) + repr(found) + found.patient_text


def test_a_person_without_a_group_is_told_why() -> None:
    """Where there is no group the explanation gives the reason in words."""
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"], "died_on": ["2026-01-01"]}
    records = {"person_id": ["a"], "code": ["I50"], "date": ["2025-01-01"]}
    found = pngroup.explain("a", people, records, as_at=AS_AT, system="icd10")
    assert found.need_group is None
    assert found.reason == "died"
    assert "died on or before the index date" in str(found)


def test_explaining_from_a_grouping_and_alone_say_the_same() -> None:
    """`Grouping.explain` and `pngroup.explain` give one explanation."""
    people = {"person_id": [1, 2], "birth_date": ["1950-01-01", "1940-01-01"]}
    records = {
        "person_id": [2, 1, 2],
        "code": ["I50", "J449", "R54"],
        "date": ["2025-01-01", "2025-02-01", "2025-03-01"],
    }
    grouping = pngroup.group(people, records, as_at=AS_AT, system="icd10", keep_records=True)
    for person in (1, 2):
        alone = pngroup.explain(person, people, records, as_at=AS_AT, system="icd10")
        assert str(grouping.explain(person)) == str(alone)
