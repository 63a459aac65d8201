"""A long table is read in parts: answers, counts and errors are those of a table read as a whole."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from frame_kinds import KINDS
from generated import TABLES, generate
from pngroup.frames import table as tables
from pngroup.frames.with_mapping import MappingFrame
from routes import table

POPULATION = generate(60, seed=12)
GIVEN = {name: table(name, getattr(POPULATION, name)) for name in ("people", *TABLES)}
SMALL = {"people": {"person_id": ["a", "b"], "birth_date": ["1950-01-01", "1960-01-01"], "sex": ["F", "M"]}}


#: Kinds whose rows cannot be taken apart without copying.
UNDIVIDED = ("lists",)


def reads(monkeypatch):
    """Each reading of a table, in order: its name, and whether it was read in parts."""
    found = []
    pieces = tables.Table.pieces

    def told(table):
        found.append((table.name, table.is_divided))
        return pieces(table)

    monkeypatch.setattr(tables.Table, "pieces", told)
    return found


def in_parts(monkeypatch, size):
    monkeypatch.setattr(tables, "PART", size)


def grouped(kind, **options):
    given = {name: KINDS[kind](columns) for name, columns in GIVEN.items()}
    return pngroup.group(**given, as_at=POPULATION.as_at, **options)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("polars lazy", "duckdb")])
def test_parts_give_the_answers_and_counts_of_the_whole(kind, monkeypatch):
    """In every kind of frame, with all feeds and a year of dates, rows kept or not."""
    whole = grouped(kind, keep_records=True)
    in_parts(monkeypatch, 37)
    found = reads(monkeypatch)
    parts = grouped(kind, keep_records=True)
    # Read again as a whole, it would say the same: each table is read once, and those that are long in parts.
    long = {name: len(GIVEN[name]["person_id"]) > 2 * 37 and kind not in UNDIVIDED for name in TABLES}
    assert sorted(found) == sorted(long.items())
    assert any(long.values()) or kind in UNDIVIDED
    assert json.dumps(parts.quality.to_dict()) == json.dumps(whole.quality.to_dict())
    assert parts.quality == whole.quality
    for name, column in whole.answers.measures.items():
        assert all(map(np.array_equal, parts.answers.measures[name], column))
    for name, flags in whole.answers.flags.items():
        assert np.array_equal(parts.answers.flags[name], flags)
    assert np.array_equal(parts.answers.group, whole.answers.group)
    person = whole.people.ids.values[7]
    assert parts.explain(person) == whole.explain(person)


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 400))
def test_any_size_of_parts_gives_the_same(size):
    """However long the parts are."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        whole = grouped("polars")
        in_parts(monkeypatch, size)
        parts = grouped("polars")
    assert parts.quality == whole.quality
    assert parts.to_frame().equals(whole.to_frame())


MIXED = {
    "codes as numbers first": ([250, 401, 428, 250, 401, 428], "icd9cm"),
    "codes as text later": ([250, 401, 428, "E11", "I50", "I10"], "icd9cm"),
    "fractions later": ([250, 401, 428, 250.5, 401.0, 428.0], "icd9cm"),
    "no code in a part": (["E11", "I10", None, None, "I50", None], "icd10"),
    "numbers beyond 63 bits later": ([1, 2, 3, 2**63, 2**63 + 1, 4], "snomed"),
    "codes not readable": (["E11", "I10", "?!", "", " ", "i10.x"], "icd10"),
    "mangled codes later": ([73211009, 73211009, 1, 10939881000119100, 10939881000119100, 1], "snomed"),
    "mangled codes as text": (["73211009", "1", "2", "1.09E+16", "1.09E+16", "3"], "snomed"),
    "fractions of ids": (["E11", "I10", "I50", 1.5, 2.5, None], "icd10"),
    "long texts later": (["E11", "I10", "I50", "a code that is far too long", "E11", "I10"], "icd10"),
}


@pytest.mark.parametrize("case", MIXED)
@pytest.mark.parametrize("kind", ["arrays", "pandas objects", "pandas"])
def test_columns_that_change_in_the_middle_are_read_as_a_whole(case, kind, monkeypatch):
    """What a column holds is judged by all of it: the outcome is the same answer or the same error."""
    codes, system = MIXED[case]
    rows = {
        "person_id": ["a", "b", "a", "b", "a", "b"],
        "code": codes,
        "date": [datetime.date(2024, 1, day + 1) for day in range(6)],
    }

    def outcome():
        try:
            found = pngroup.group(SMALL["people"], KINDS[kind](rows), as_at="2024-03-31", system=system)
        except pngroup.DataError as error:
            return str(error)
        return found.quality, found.answers.group.tolist(), found.answers.criteria.tolist()

    whole = outcome()
    for size in (1, 2):
        in_parts(monkeypatch, size)
        assert outcome() == whole


@pytest.mark.parametrize(
    "dates",
    [
        ["31/01/2024", "01/02/2024", "2024-01-31", "x", "", None],
        ["31/01/2024", "01/02/2024", "31/01/2024", "x", "", None],
        [None, None, None, None, "2024-01-31", None],
        [20240131, 20240131, 20240131, "2024-01-31", "2024-01-31", "2024-01-31"],
    ],
)
@pytest.mark.parametrize("ids", [["a", "b", "a", "b", None, " "], ["a", "b", 1, 2, 3, 4], [1, 2, 3, 4, 5, 6]])
def test_dates_and_ids_are_judged_by_the_whole_column(dates, ids, monkeypatch):
    """A date format that fits no row, and ids of another kind, are told of the table and not of a part of it."""
    rows = pd.DataFrame({"person_id": ids, "code": ["E11"] * 6, "date": pd.Series(dates, dtype=object)})

    def outcome():
        try:
            found = pngroup.group(SMALL["people"], rows, as_at="2024-03-31", system="icd10")
        except pngroup.DataError as error:
            return str(error)
        return found.quality, found.answers.group.tolist(), found.answers.criteria.tolist()

    whole = outcome()
    in_parts(monkeypatch, 2)
    assert outcome() == whole


def test_a_part_is_no_copy():
    """Rows of a mapping of arrays are views of them, and a mapping of lists is left whole."""
    column = np.arange(10)
    assert np.shares_memory(MappingFrame({"a": column}, 10).part(2, 5).native_column("a"), column)
    assert MappingFrame({"a": [1, 2]}, 2).part(0, 1) is None
