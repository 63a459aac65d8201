"""The index of pandas frames: the caller's where a row answers a row, one of its own everywhere else."""

from __future__ import annotations

import narwhals as nw
import pandas as pd
import pytest

import pngroup
from pngroup.population import star_schema
from pngroup.through_time import explain_changes, rising_risk

PEOPLE = pd.DataFrame(
    {"person_id": ["a", "b", "c"], "birth_date": ["1940-05-02", "1990-01-01", "1980-01-01"], "sex": ["F", "M", "F"]},
    index=["x", "y", "z"],
)
RECORDS = {
    "person_id": ["a", "b", "b", "c", "c"],
    "code": ["I10", "I10", "I50.0", "J45.9", "E11.9"],
    "date": ["2020-01-01", "2020-01-01", "2025-09-10", "2020-01-01", "2025-10-01"],
}
GIVEN = {"system": "icd10"}
DATES = ["2025-08-31", "2025-12-31"]
LONG = {
    "snapshots": lambda people: pngroup.snapshots(people, RECORDS, as_at=DATES, **GIVEN).to_frame(),
    "spells": lambda people: pngroup.spells(people, RECORDS, since=DATES[0], until=DATES[1], **GIVEN).to_frame(),
    "groupings": lambda people: pngroup.group(people, RECORDS, as_at=DATES, **GIVEN).to_frame(),
    "causes": lambda people: explain_changes(people, RECORDS, between=tuple(DATES), **GIVEN).to_frame(),
    "cohort": lambda people: pngroup.cohort(
        people, RECORDS, as_at=DATES[1], where="sex == 'female'", **GIVEN
    ).to_frame(),
    "rises": lambda people: rising_risk(
        pngroup.snapshots(people, RECORDS, as_at=DATES, **GIVEN), months=4, by="group"
    ).to_frame(),
    "registers": lambda people: pngroup.group(
        people, RECORDS, as_at=DATES[1], model="bridges-to-health", **GIVEN
    ).registers("long"),
    "facts": lambda people: star_schema(
        pngroup.group(people, RECORDS, as_at=DATES, model="bridges-to-health", **GIVEN)
    )["FACT_MODEL"],
}


@pytest.mark.parametrize("name", LONG)
def test_a_table_that_repeats_or_picks_people_has_an_index_of_its_own(name):
    """The rows of a long or picked table are numbered from 0, so that no label repeats and none is missing."""
    frame = LONG[name](PEOPLE)
    assert len(frame) >= 2
    pd.testing.assert_index_equal(frame.index, pd.RangeIndex(len(frame)))
    wrapped = LONG[name](nw.from_native(PEOPLE)).to_native()
    pd.testing.assert_frame_equal(frame, wrapped)
    assert PEOPLE.index.tolist() == ["x", "y", "z"]


def test_the_group_of_each_row_of_people_stands_under_the_index_of_that_row():
    """The table with one row for each person keeps the caller's index, so that it can be assigned beside theirs."""
    found = pngroup.group(PEOPLE, RECORDS, as_at=DATES[1], **GIVEN)
    assert found.to_frame().index.tolist() == ["x", "y", "z"]
