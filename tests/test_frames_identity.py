"""Ids: matched exactly, of one kind in all tables, and in no message."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from frame_kinds import KINDS, rows_of_frame
from pngroup import DataError
from pngroup.frames import (
    NO_ID,
    NOT_IN_PEOPLE,
    encode_ids,
    find_id,
    find_people,
    first_rows,
    match_ids,
    open_table,
    rows_of,
    same_rows,
)

TEXT_IDS = st.sampled_from(["9434765919", "09434765919", "a", "A", " a", "a ", "0", "00", "é"])
NUMBER_IDS = st.sampled_from([0, 1, -1, 9434765919, 2**53 + 1, 2**63 - 1, -(2**63)])


def ids_of(native, name="records", *, required=False):
    return encode_ids(open_table(native, name=name, required=["person_id"]), required=required)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(data=st.data())
def test_each_record_finds_its_person(kind, data):
    """A record belongs to the person whose id it has, exactly: case, blanks and leading zeros count."""
    ids = data.draw(st.sampled_from([TEXT_IDS, NUMBER_IDS]))
    people = data.draw(st.lists(ids, min_size=1, max_size=8))
    records = data.draw(st.lists(ids, min_size=1, max_size=20))
    matched = match_ids(
        ids_of(KINDS[kind]({"person_id": people}), "people"), ids_of(KINDS[kind]({"person_id": records}))
    )
    distinct = list(dict.fromkeys(people))
    assert matched.dtype == np.int64
    assert matched.tolist() == [distinct.index(i) if i in distinct else NOT_IN_PEOPLE for i in records]


LONG_IDS = st.sampled_from(["0123456789ab", "0123456789abc", "0123456789abd", "é" * 6, "é" * 7, " " * 13, "", "\u2003"])


def outcome(work):
    """What comes out, or the error in words."""
    try:
        return work().tolist()
    except DataError as error:
        return str(error)


@pytest.mark.parametrize("other", KINDS)
@pytest.mark.parametrize("kind", ["lists", "polars"])
@settings(max_examples=15)
@given(data=st.data())
def test_persons_are_found_as_if_the_ids_of_both_tables_were_numbered(kind, other, data):
    """Looking each row's id up at once gives what numbering and matching give, whatever the libraries of the two."""
    ids = data.draw(st.sampled_from([TEXT_IDS, TEXT_IDS | LONG_IDS, NUMBER_IDS]))
    given = data.draw(st.lists(ids.filter(lambda i: not isinstance(i, str) or i.strip()), min_size=1, max_size=8))
    rows = data.draw(st.lists(ids | st.none(), min_size=1, max_size=20).filter(lambda each: set(each) != {None}))
    people = ids_of(KINDS[kind]({"person_id": given}), "people")
    table = open_table(KINDS[other]({"person_id": rows}), name="records", required=["person_id"])
    expected = outcome(lambda: match_ids(people, encode_ids(table)))
    assert outcome(lambda: find_people(people, table)) == expected


@pytest.mark.parametrize("sorted_", [False, True], ids=["in any order", "in runs"])
@pytest.mark.parametrize("kind", ["pandas objects", "arrow", "polars", "arrays"])
@pytest.mark.parametrize("make", [str, "p{:09d}".format, lambda i: i * 10**9], ids=["text", "fixed text", "numbers"])
def test_many_persons_are_found_in_any_order(kind, make, sorted_):
    """A hundred thousand rows of ten thousand persons, some unknown, some without id: each finds its own."""
    random = np.random.default_rng(5)
    rows = random.integers(0, 12_000, 100_000)
    rows = np.sort(rows) if sorted_ else rows
    people = ids_of(KINDS[kind]({"person_id": [make(i) for i in range(10_000)]}), "people")
    texts = [None if row % 1000 == 7 else make(row) for row in rows.tolist()]
    table = open_table(KINDS[kind]({"person_id": texts}), name="records", required=["person_id"])
    expected = np.where(rows % 1000 == 7, NO_ID, np.where(rows < 10_000, rows, NOT_IN_PEOPLE))
    assert find_people(people, table).tolist() == expected.tolist()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(people=st.lists(TEXT_IDS, min_size=1, max_size=12))
def test_ids_are_numbered_by_their_first_row(kind, people):
    """Distinct ids are in order of their first row."""
    ids = ids_of(KINDS[kind]({"person_id": people}), "people", required=True)
    assert ids.values.tolist() == list(dict.fromkeys(people))
    assert ids.values[ids.index].tolist() == people
    assert ids.first_row.tolist() == [people.index(i) for i in ids.values.tolist()]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_an_id_are_counted_or_refused(kind):
    """None and blank ids are counted for records and an error for people, which says how many and where."""
    table = {"person_id": ["7d2", None, " ", "", "7d2"]}
    records = ids_of(KINDS[kind](table))
    assert records.n_missing == 3
    people = ids_of(KINDS[kind]({"person_id": ["7d2"]}), "people")
    assert match_ids(people, records).tolist() == [0, NO_ID, NO_ID, NO_ID, 0]
    with pytest.raises(DataError) as caught:
        ids_of(KINDS[kind](table), "people", required=True)
    assert "3 of 5 rows of people have no person_id" in str(caught.value)
    assert "row 2" in caught.value.where
    assert "7d2" not in str(caught.value)


def test_whole_floats_are_whole_numbers():
    """pandas makes floats of whole numbers beside a missing one; they match the whole numbers they were."""
    people = ids_of({"person_id": np.array([11, 12])}, "people")
    records = ids_of(pd.DataFrame({"person_id": [12, None, 13]}))
    assert match_ids(people, records).tolist() == [1, NO_ID, NOT_IN_PEOPLE]


@pytest.mark.parametrize("values", [[1.5, 2.0], [1e300, 1.0], [float("inf"), 1.0], [2.0**60, 1.0]])
def test_other_floats_are_refused(values):
    """Fractions, and floats too large to be exact, are no ids."""
    with pytest.raises(DataError) as caught:
        ids_of({"person_id": values})
    assert "1 ids of records are not exact whole numbers" in caught.value.what
    assert "read the ids as text" in caught.value.remedy


@pytest.mark.parametrize(
    "values",
    [
        [True, False],
        [datetime.date(2024, 1, 1)],
        [datetime.datetime.fromisoformat("2024-01-01T12:00")],
        [["7d2"]],
        [b"7d2"],
        [uuid.UUID(int=5)],
        [943, "7d2"],
        [2**80, 943],
        [Decimal("943.5"), "7d2"],
    ],
    ids=str,
)
def test_ids_are_text_or_whole_numbers(values):
    """Truths, dates, lists, bytes and mixtures of text and numbers are no ids, and the message shows none."""
    for frame in ({"person_id": values}, pd.DataFrame({"person_id": pd.Series(values, dtype=object)})):
        with pytest.raises(DataError) as caught:
            ids_of(frame)
        assert caught.value.where == "records, column 'person_id'"
        assert not any(str(value).strip("[]b'") in str(caught.value) for value in values if value is not True)


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_numbers_never_match(kind):
    """Text ids in one table and numbers in the other are an error that names both tables, both kinds and no
    id.
    """
    people = ids_of(KINDS[kind]({"person_id": ["9434765919"]}), "people")
    records = ids_of(KINDS[kind]({"person_id": [9434765919]}), "records")
    for one, other in ((people, records), (records, people)):
        with pytest.raises(DataError) as caught:
            match_ids(one, other)
        for part in ("people", "records", "text", "whole numbers"):
            assert part in caught.value.what
        assert "943" not in str(caught.value)
    empty = ids_of(KINDS["pandas"]({"person_id": []}))
    assert match_ids(people, empty).tolist() == []


def test_ids_of_64_bits_without_sign_match_exactly():
    """Hashes as unsigned numbers match each other and never a negative number of the same bits."""
    big = 2**64 - 5
    people = ids_of(pl.DataFrame({"person_id": pl.Series([big, 7], dtype=pl.UInt64)}), "people")
    same = ids_of(pa.table({"person_id": pa.array([7, big, 8], pa.uint64())}))
    signed = ids_of({"person_id": np.array([7, -5, 8])})
    assert match_ids(people, same).tolist() == [1, 0, NOT_IN_PEOPLE]
    assert match_ids(people, signed).tolist() == [1, NOT_IN_PEOPLE, NOT_IN_PEOPLE]
    assert match_ids(signed, people).tolist() == [NOT_IN_PEOPLE, 0]


BORN = datetime.date(1950, 1, 1)
PEOPLE = {
    "person_id": ["p1", "p2", "p1", "p3", "p1"],
    "birth_date": [BORN, datetime.date(1960, 1, 1), BORN, None, BORN],
    "ward": ["x", None, "x", "y", "x"],
    "score": [1.5, None, 1.5, 2.0, 1.5],
}


def people_table(native):
    return open_table(native, name="people", required=["person_id"], optional=["birth_date"])


@pytest.mark.parametrize("kind", KINDS)
def test_identical_rows_of_a_person_are_one(kind):
    """A person whose rows are the same in every column counts once, at the first row."""
    table = people_table(KINDS[kind](PEOPLE))
    ids = encode_ids(table)
    assert same_rows(table, ids).n_repeated == 2
    assert first_rows(table, ids).tolist() == [0, 1, 3]


@pytest.mark.parametrize("column", ["birth_date", "ward", "score"])
@pytest.mark.parametrize("to_missing", [True, False], ids=["missing", "another"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_person_that_disagree_are_refused(kind, column, to_missing):
    """One other value in any column, a column that only passes through included, is an error without ids."""
    other = {"birth_date": datetime.date(1950, 1, 2), "ward": "z", "score": 1.25}[column]
    values = [*PEOPLE[column][:-1], None if to_missing else other]
    table = people_table(KINDS[kind](PEOPLE | {column: values}))
    found = same_rows(table, encode_ids(table))
    assert (found.n_disagreeing, found.columns, found.rows) == (1, (column,), (4,))
    with pytest.raises(DataError) as caught:
        first_rows(table, encode_ids(table))
    assert "1 persons have several rows that disagree" in caught.value.what
    assert f"columns '{column}', row 5" in caught.value.where
    assert "p1" not in str(caught.value)


def test_columns_of_lists_and_times_are_compared_whole():
    """Lists and times of day in other columns decide too whether rows of a person are the same."""
    ids = ["a", "a", "b", "b"]
    times = [datetime.datetime.fromisoformat(f"2024-01-01T{hour:02}:00") for hour in (9, 9, 9, 10)]
    lists = [[1], [1], [1], [1, 2]]
    for name, values in (("times", times), ("lists", lists)):
        for make in (dict, pd.DataFrame, pl.DataFrame, pa.table):
            table = people_table(make({"person_id": ids, name: values}))
            assert same_rows(table, encode_ids(table)).rows == (3,)


@pytest.mark.parametrize("kind", KINDS)
def test_one_persons_rows_are_found(kind):
    """The rows of one id come in the caller's frame type and names; an id of the other kind finds none."""
    table = {"nhs": ["01", "2", "01"], "code": ["I10", "E11", None], "on": [datetime.date(2024, 1, 1)] * 3}
    make = KINDS[kind]
    rows = rows_of(make(table), name="records", column="nhs", value="01")
    assert {name: list(map(str, values)) for name, values in rows_of_frame(rows).items()} == {
        "nhs": ["01", "01"],
        "code": ["I10", "None"],
        "on": ["2024-01-01"] * 2,
    }
    none = rows_of(make(table), name="records", column="nhs", value=1)
    assert [len(values) for values in rows_of_frame(none).values()] == [0, 0, 0]
    ids = encode_ids(open_table(make(table), name="records", required=["person_id"], columns={"person_id": "nhs"}))
    assert (find_id(ids, "2"), find_id(ids, "02"), find_id(ids, 2), find_id(ids, True)) == (1, None, None, None)
