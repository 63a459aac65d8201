"""What results say of themselves when they are printed: how many, and nobody's identifier."""

from __future__ import annotations

import pytest

import pngroup
from pngroup import through_time

PEOPLE = {"person_id": ["SECRET-1", "SECRET-2", "SECRET-3"], "birth_date": ["1940-05-02", "1990-01-01", "2026-01-01"]}
RECORDS = {"person_id": ["SECRET-1", "SECRET-2"], "code": ["I50.0", "J45.9"], "date": ["2025-09-10", "2020-01-01"]}
DATES = ["2025-08-31", "2025-12-31"]


def taken():
    return pngroup.snapshots(PEOPLE, RECORDS, as_at=DATES, system="icd10")


PRINTED = {
    "cohort": (
        lambda: pngroup.cohort(PEOPLE, RECORDS, as_at=DATES[1], where="age >= 65", system="icd10"),
        ["n=1", "n_asked=2", "n_unknown=0"],
    ),
    "spells": (
        lambda: pngroup.spells(PEOPLE, RECORDS, since=DATES[0], until=DATES[1], system="icd10"),
        ["n_people=3", "n_spells=4", "2025-08-31", "2025-12-31"],
    ),
    "snapshots": (taken, ["n_dates=2", "n_people=3", "n_with_group_last=2", "2025-12-31"]),
    "flows": (lambda: through_time.flows(taken(), suppress_below=2), ["n_pairs=1", "n_flows=2", "n_suppressed=2"]),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_says_how_many_and_names_nobody(name):
    """The repr of a result is one short line with its counts and dates, without an identifier."""
    make, words = PRINTED[name]
    printed = repr(make())
    assert all(word in printed for word in words), printed
    assert "SECRET" not in printed
    assert len(printed) < 200
