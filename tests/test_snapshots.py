"""Snapshots: what `group()` says at each date, with people who enter, leave, die and move."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

import pngroup
from pngroup import synthetic

DATES = ["2024-06-30", "2025-03-31", "2025-12-31"]


@pytest.fixture(scope="module")
def practice_list():
    return synthetic.practice(600, seed=8)


def test_a_snapshot_is_what_group_says_on_that_day(practice_list):
    """Each snapshot holds the groups and reasons that `group()` gives for its day alone."""
    found = pngroup.snapshots(practice_list.people, practice_list.records, as_at=DATES, contacts=practice_list.contacts)
    for place, day in enumerate(DATES):
        alone = pngroup.group(practice_list.people, practice_list.records, as_at=day, contacts=practice_list.contacts)
        grouped = alone.people.reason < 0
        assert np.array_equal(found.group[place], np.where(grouped, alone.answers.group, 0))
        assert np.array_equal(found.reason[place], alone.people.reason)
    frame = found.to_frame()
    assert len(frame["as_at"]) == 3 * found.n_people


PEOPLE = {"person_id": ["a", "b", "c"], "birth_date": ["1940-05-02", "1990-01-01", "2025-02-01"], "sex": ["F"] * 3}
RECORDS = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2024-02-10", "2024-01-01"]}
MOVES = {
    "person_id": ["a", "a", "b", "nobody"],
    "practice": ["North", "South", "North", "South"],
    "registered_from": ["2010-01-01", "2025-03-31", None, "2020-01-01"],
    "registered_to": ["2025-03-31", None, "2025-12-01", None],
}


def test_people_move_between_practices_and_leave():
    """The practice is that of the day; without a registration on it, or before birth, there is a reason."""
    found = pngroup.snapshots(PEOPLE, RECORDS, as_at=DATES, system="icd10", registrations=MOVES)
    names = [[None if at < 0 else found.practices[at] for at in row] for row in found.practice]
    assert names == [["North", "North", None], ["South", "North", None], ["South", None, None]]
    reasons = found.to_frame()["reason"].tolist()
    assert reasons == [None, None, "not_born", None, None, "not_registered", None, "not_registered", "not_registered"]
    assert found.place("2025-03-31") == 1
    assert found.as_at[1] == datetime.date(2025, 3, 31)


def test_of_the_reasons_the_first_that_applies_is_told():
    """Who has no registration is not registered, too old or not; who has died has died, and comes first."""
    people = {"person_id": ["a", "b", "c"], "birth_date": ["1890-01-01"] * 3, "died_on": [None, None, "2025-01-01"]}
    moves = {"person_id": ["b"], "practice": ["North"]}
    found = pngroup.snapshots(people, RECORDS, as_at=["2025-03-31"], system="icd10", registrations=moves)
    assert found.to_frame()["reason"].tolist() == ["not_registered", "age_unknown", "died"]


def test_a_column_of_people_can_name_the_practice():
    """Where nobody moves, `practice` names the column of people that holds it; a missing one is none."""
    people = {**PEOPLE, "gp": ["X", None, "Y"]}
    found = pngroup.snapshots(people, RECORDS, as_at=DATES, system="icd10", practice="gp")
    assert found.practices == ("X", "Y")
    assert found.practice[0].tolist() == [0, -1, 1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"practice": "gp"}, "no column 'gp'"),
        ({"practice": "gp", "registrations": MOVES}, "given twice"),
        ({"registrations": {**MOVES, "practice": ["North", None, "North", "South"]}}, "have no practice"),
        ({"registrations": {**MOVES, "registered_to": ["2001-01-01", None, None, None]}}, "end before they begin"),
        ({"registrations": MOVES, "strict": True}, "nobody in people"),
    ],
)
def test_what_cannot_be_told_is_refused(options, words):
    """A column that is not there, registrations given twice, or rows that cannot be right are errors."""
    with pytest.raises(pngroup.PngroupError, match=words):
        pngroup.snapshots(PEOPLE, RECORDS, as_at=DATES, system="icd10", **options)
