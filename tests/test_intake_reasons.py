"""Which of several faults of a row is reported, and what the report says of rows that are used."""

from __future__ import annotations

import numpy as np
import pytest

import pngroup

PEOPLE = {"person_id": ["a"], "birth_date": ["1950-01-01"]}


def report(strict=False, **columns):
    records = {"person_id": ["a"] * len(columns["code"]), **columns}
    return pngroup.group(PEOPLE, records, as_at="2025-03-31", system="icd10", strict=strict).quality.feed("records")


def test_a_row_entered_in_error_has_no_other_fault():
    """A row that says of itself that it does not count is no fault of the data, whatever its code and date are."""
    feed = report(
        code=["I10", "nonsense", None, "I10", "I10"],
        date=["2025-01-01", "2025-01-01", "2025-01-01", "2099-01-01", None],
        status=["active", *["entered-in-error"] * 4],
        strict=True,
    )
    assert feed.not_used == {"entered_in_error": 4}
    assert not feed.faults


def test_a_code_of_a_score_alone_is_mapped_to_no_condition():
    """The filler R69 and R50 are items of the HFRS and evidence of no condition: the report counts them so."""
    feed = report(code=["R69X", "R50.9", "I10"], date=["2025-01-01"] * 3)
    assert (feed.n_mapped, feed.n_unmapped) == ({"icd10": 1}, {"icd10": 2})
    assert [each.code for each in feed.most_frequent_unmapped] == ["R509", "R69"]
    assert pngroup.lookup(["R69", "R509"]) == [(), ()]


@pytest.mark.parametrize("column", ["status", "setting"])
def test_unknown_words_are_counted_in_rows_that_are_used(column):
    """An unknown status or setting is remarked where the row counts, and not where it does not count anyway."""
    feed = report(
        code=["I10", "I10", "I10"], date=["2025-01-01", "2099-01-01", "2025-01-02"], **{column: ["?!", "?!", None]}
    )
    assert feed.notes == {f"{column}_unknown": 1}
    with pytest.raises(pngroup.DataError, match=f"unknown {column}"):
        report(code=["I10"], date=["2025-01-01"], strict=True, **{column: ["?!"]})


KIDNEY = "1011481000000105"
RECORDS = {"person_id": ["a"], "code": ["I10"], "system": ["icd10"], "date": ["2026-01-01"]}


@pytest.mark.parametrize(
    ("value", "unit", "used"),
    [
        (58.3, "mL/min/1.73m2", True),
        (58.3, "ml/min/1.73m²", True),
        (61, None, True),
        (300.1, "mL/min/1.73m2", False),
        (-1, "mL/min/1.73m2", False),
        (59.73333333, "mL/min/1.73m2", True),
        (np.float32(59.7), "mL/min/1.73m2", True),
        (58.3, "umol/L", False),
    ],
)
def test_a_value_has_a_range_decimals_and_units(value, unit, used):
    """Kidney function is read with its decimals where number and unit are believable, and else counted."""
    values = {"person_id": ["a"], "code": [KIDNEY], "system": ["snomed"], "date": ["2026-01-01"], "value": [value]}
    grouping = pngroup.group(PEOPLE, RECORDS, values={**values, "unit": [unit]}, as_at="2026-03-31")
    feed = grouping.quality.feed("values")
    assert (feed.n_used, feed.not_used.get("value_out_of_range", 0)) == ((1, 0) if used else (0, 1))


def test_a_value_is_shown_as_it_was_given_and_decides_nothing():
    """The explanation shows a measured kidney function with its decimals; group and measures do not depend on it."""
    values = {
        "person_id": ["a", "a"], "code": [KIDNEY, KIDNEY], "system": ["snomed", "snomed"],
        "date": ["2026-01-01", "2025-06-01"], "value": [18.25, 19.0], "unit": ["mL/min/1.73m2", ""],
    }  # fmt: skip
    plain = pngroup.group(PEOPLE, RECORDS, as_at="2026-03-31", values={name: [] for name in values})
    measured = pngroup.group(PEOPLE, RECORDS, as_at="2026-03-31", values=values, keep_records=True)
    assert measured.counts() == plain.counts()
    [shown] = [c for c in measured.explain("a").conditions if c.condition == "estimated_glomerular_filtration_rate"]
    assert [record.value for record in shown.records] == ["18.25", "19"]
    assert not shown.counted


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_frailty_index_is_a_fraction(kind):
    """An electronic frailty index is deficits out of 36: every such fraction is read, however it was stored."""
    index = (np.arange(37) / 36).astype(kind)
    values = {
        "person_id": ["a"] * 37, "code": ["713636003"] * 37, "system": ["snomed"] * 37, "date": ["2026-01-01"] * 37,
        "value": index, "unit": [None] * 37,
    }  # fmt: skip
    feed = pngroup.group(PEOPLE, RECORDS, values=values, as_at="2026-03-31").quality.feed("values")
    assert (feed.n_used, feed.not_used) == (37, {})
