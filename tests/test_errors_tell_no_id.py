"""A scan: nothing that the library says of good or spoilt input holds an id from it."""

from __future__ import annotations

import datetime
import json
import logging
import warnings
from decimal import Decimal

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from faults import (
    AS_AT,
    CONTACTS,
    IDS,
    MEDICINES,
    NUMBERS,
    PEOPLE,
    RECORDS,
    VALUES,
    causes,
    changed,
    check_error,
    leaks,
)

TABLES_OF = {"people": PEOPLE, "records": RECORDS, "contacts": CONTACTS, "medicines": MEDICINES, "values": VALUES}
#: What a cell or a column can be replaced with; ids among it, because they stand in the wrong column most often.
NONSENSE = [
    None, "", " ", "&", "NULL", "?", IDS[0], IDS[1], NUMBERS[0], str(NUMBERS[0]), f"={NUMBERS[0]}", float(NUMBERS[1]),
    -1, 0, 3.5, 10**20, float("nan"), float("inf"), True, False, "31/12/2025", "2026-02-30", "1800-01-01",
    "9999-12-31", "2027-01-01", "2025-06-01", datetime.date(2025, 6, 1),
    datetime.datetime(2025, 6, 1, tzinfo=datetime.UTC),
    "icd10", "icd11", "read2", "snomed", "bnf", "I10", "9.99E+17", "925831000000107000.0", b"I10", [IDS[0]],
    {"id": IDS[0]}, Decimal("1.5"), "refuted", "x" * 5000, "line\nbreak",
]  # fmt: skip
OPTIONS = {
    "strict": [True, False],
    "system": [None, "icd10", "icd11"],
    "as_at": [AS_AT, "1960-01-01", "31/03/2026", IDS[0]],
    "columns": [None, {"people": {"person_id": "nhs_no"}}, {"people": {"sex": "person_id"}}],
    "date_format": [None, "%d/%m/%Y", "%d/%m"],
    "keep_records": [True],
}


@st.composite
def faulty_calls(draw):
    """Tables with some cells, rows or columns spoilt, in one of several containers, and options."""
    tables = {}
    for name, good in TABLES_OF.items():
        if name in ("contacts", "medicines", "values") and draw(st.booleans()):
            continue
        table = {column: list(values) for column, values in good.items()}
        for column in draw(st.lists(st.sampled_from([*table, "extra"]), max_size=2, unique=True)):
            spoil = draw(st.sampled_from(["cell", "column", "drop", "shorten", "ids"]))
            if spoil == "cell" and column in table:
                table[column][draw(st.integers(0, 1))] = draw(st.sampled_from(NONSENSE))
            elif spoil == "column":
                table[column] = [draw(st.sampled_from(NONSENSE))] * 2
            elif spoil == "ids":
                table[column] = list(draw(st.sampled_from([IDS, NUMBERS, [float(n) for n in NUMBERS]])))
            elif spoil == "drop":
                table.pop(column, None)
            elif column in table:
                table[column] = table[column][:1]
        tables[name] = table
    options = {name: draw(st.sampled_from(values)) for name, values in OPTIONS.items() if draw(st.integers(0, 3)) == 0}
    return tables, options, draw(st.sampled_from(["lists", "pandas", "polars"]))


def in_container(table, container):
    """The table in a library's frame; as lists where the library itself cannot take it."""
    try:
        if container == "pandas":
            return pd.DataFrame(table)
        return pl.DataFrame(table, strict=False) if container == "polars" else table
    except Exception:  # noqa: BLE001 - which tables a library refuses is its own business
        return table


def everything_said(grouping, caplog, capsys):
    """All that a run says beside the result frame, where the ids belong."""
    said = [
        str(grouping.quality), repr(grouping.quality), json.dumps(grouping.quality.to_dict()), repr(grouping),
        str(grouping), json.dumps(grouping.manifest), grouping.fingerprint, repr(grouping.people),
        repr(grouping.answers), caplog.text, *capsys.readouterr(),
    ]  # fmt: skip
    return "\n".join(said)


@settings(max_examples=400)
@given(call=faulty_calls())
def test_no_id_is_ever_told(call):
    """Whatever is wrong with the input, no error, warning, report, log or explanation holds an id from it."""
    tables, options, container = call
    given_tables = {name: in_container(table, container) for name, table in tables.items()}
    said = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            grouping = pngroup.group(**given_tables, **{"as_at": AS_AT, "keep_records": True, **options})
            said += [str(grouping.quality), repr(grouping), json.dumps(grouping.manifest), repr(grouping.quality)]
            said += [json.dumps(grouping.quality.to_dict())]
            grouping.to_frame()
        except pngroup.PngroupError as error:
            check_error(error)
            said += [f"{each!r} {each}" for each in causes(error)]
    said += [str(warning.message) for warning in warned]
    assert not [text for text in said if leaks(text)]


@pytest.mark.parametrize("ids", [IDS, NUMBERS], ids=["text", "numbers"])
def test_reports_explanations_and_logs_hold_no_id(ids, caplog, capsys):
    """Report, manifest, repr, explanation and everything logged, printed or warned of a good run hold no id."""
    caplog.set_level(logging.DEBUG)
    tables = {name: changed(table, person_id=ids) for name, table in TABLES_OF.items()}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        grouping = pngroup.group(**tables, as_at=AS_AT, keep_records=True)
        explanations = [grouping.explain(person, show_restricted=True) for person in ids]
        explanations += [pngroup.explain(person, **tables, as_at=AS_AT) for person in ids]
        said = everything_said(grouping, caplog, capsys)
    for each in explanations:
        said += f"\n{each}\n{each!r}\n{each.patient_text}\n{each.staff_text}"
    said += "\n".join(str(warning.message) for warning in warned)
    assert len(said) > 2000
    assert not leaks(said)
