"""Results come back in the caller's own kind of frame, with the caller's other columns untouched."""

from __future__ import annotations

import datetime

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from frame_kinds import KINDS, rows_of_frame
from pngroup import DataError
from pngroup.frames import Column, Taken, build, column_like, open_table

PEOPLE = {"nhs": ["b", "a", "c"], "ward": ["x", None, "y"], "score": [1.5, None, 2.5], "n": [1, 2, 3]}
ROWS = np.array([2, 0])
GONE = np.array([False, True])
COMPUTED = {
    "person_id": Taken("person_id"),
    "need_group": Column("integer", np.array([11, 0]), GONE),
    "tier": Column("text", np.array([1, 0]), GONE, ("low", "high")),
    "reason": Column("text", np.array(["kept", "died"], dtype=object), ~GONE),
    "met": Column("boolean", np.array([True, False]), GONE),
    "flag": Column("boolean", np.array([True, False])),
    "count": Column("integer", np.array([5, 6])),
    "share": Column("float", np.array([0.5, 0.25]), GONE),
    "on": Column("date", np.array([0, 19000]), ~GONE),
}
EXPECTED = {
    "person_id": ["c", "b"],
    "need_group": [11, None],
    "tier": ["high", None],
    "reason": [None, "died"],
    "met": [True, None],
    "flag": [True, False],
    "count": [5, 6],
    "share": [0.5, None],
    "on": [None, datetime.date(2022, 1, 8)],
    "ward": ["y", "x"],
    "score": [2.5, 1.5],
    "n": [3, 1],
}
#: What kind of frame comes back for which; every other kind comes back as it is.
COMES_BACK = {"duckdb": pa.Table, "arrow stream": pa.Table, "lists": dict, "arrays": dict, "mapping of series": dict}


def people(native, **options):
    return open_table(native, name="people", required=["person_id"], columns={"person_id": "nhs"}, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_the_result_is_a_frame_of_the_callers_kind(kind):
    """Computed columns in their order, then the caller's other columns, all by row, in the caller's kind of
    frame.
    """
    native = KINDS[kind](PEOPLE)
    result = build(people(native), COMPUTED, rows=ROWS)
    assert isinstance(result, COMES_BACK.get(kind, type(native)))
    found = rows_of_frame(result)
    assert list(found) == list(EXPECTED)
    found["on"] = [v.date() if isinstance(v, datetime.datetime) else v for v in found["on"]]
    assert {name: list(values) for name, values in found.items()} == EXPECTED


@pytest.mark.parametrize("kind", KINDS)
def test_without_rows_everything_stays_in_order(kind):
    """Without `rows` the result has the caller's rows, and a table without rows gives one without rows."""
    count = {"count": Column("integer", np.array([5, 6, 7]), np.zeros(3, bool))}
    found = rows_of_frame(build(people(KINDS[kind](PEOPLE)), count))
    assert (list(found["count"]), list(found["ward"])) == ([5, 6, 7], ["x", None, "y"])
    if "categories" not in kind:
        empty = build(
            people(KINDS[kind]({name: [] for name in PEOPLE})), {"none": Column("text", np.array([], object))}
        )
        assert rows_of_frame(empty) == {"none": [], "ward": [], "score": [], "n": []}


def test_missing_values_have_types_that_can_be_missing():
    """A column that can have missing values has a nullable type, whether or not it has any; others a plain
    one.
    """
    one = {"nhs": ["a"]}
    none = np.array([False])
    columns = {
        "i": Column("integer", np.array([1]), none),
        "b": Column("boolean", np.array([True]), none),
        "plain": Column("integer", np.array([1])),
        "truth": Column("boolean", np.array([True])),
        "t": Column("text", np.array([0]), none, ("x",)),
    }
    dtypes = {name: str(dtype) for name, dtype in build(people(pd.DataFrame(one)), columns).dtypes.items()}
    assert dtypes.pop("t") in ("str", "string")
    assert dtypes == {"i": "Int64", "b": "boolean", "plain": "int64", "truth": "bool"}
    schema = build(people(pl.DataFrame(one)), columns).schema
    assert list(schema.values()) == [pl.Int64, pl.Boolean, pl.Int64, pl.Boolean, pl.String]
    arrow = build(people(pa.table(one)), columns).schema
    assert arrow.types == [pa.int64(), pa.bool_(), pa.int64(), pa.bool_(), pa.string()]
    arrays = build(people(one), columns)
    assert [arrays[name].dtype.kind for name in columns] == ["O", "O", "i", "b", "O"]


def test_other_columns_keep_their_type():
    """Columns that pass through keep their very type, category or nullable or zoned, and pandas keeps its
    index.
    """
    frame = pd.DataFrame(
        {
            "nhs": ["a", "b", "c"],
            "cat": pd.Categorical(["x", None, "y"], categories=["y", "x", "z"]),
            "null": pd.array([1, None, 3], dtype="Int8"),
            "zoned": pd.to_datetime(["2024-01-01"] * 3).tz_localize("Europe/London"),
            "small": np.array([1, 2, 3], dtype=np.float32),
            "lists": [[1], [], None],
            5: ["a label", "that is", "no text"],
        },
        index=[10, 20, 30],
    )
    result = build(people(frame), {"one": Column("integer", np.array([1, 1]))}, rows=ROWS)
    assert result.index.tolist() == [30, 10]
    expected = frame.iloc[ROWS].drop(columns="nhs")
    pd.testing.assert_frame_equal(result.drop(columns="one"), expected)
    table = pa.table(PEOPLE).cast(
        pa.schema([pa.field("nhs", pa.string()), pa.field("ward", pa.large_string(), metadata={"a": "b"})])
        .append(pa.field("score", pa.float32()))
        .append(pa.field("n", pa.int8()))
    )
    fields = build(people(table), {}, rows=ROWS).schema
    assert [fields.field(i).equals(table.schema.field(i + 1), check_metadata=True) for i in range(3)] == [True] * 3
    typed = pl.DataFrame(PEOPLE, schema_overrides={"ward": pl.Categorical, "n": pl.Int8})
    assert build(people(typed), {}, rows=ROWS).schema == typed.drop("nhs").schema


def test_columns_of_a_mapping_stay_what_they_were():
    """The caller's lists come back as lists, arrays as arrays of their type, Series as Series."""
    mapping = {"nhs": ["a", "b", "c"], "list": [1, 2, 3], "tuple": (1, 2, 3), "array": np.array([1, 2, 3], np.int8)}
    mapping |= {"series": pd.Series([1, 2, 3]), "polars": pl.Series([1, 2, 3]), "arrow": pa.array([1, 2, 3])}
    result = build(people(mapping), {}, rows=ROWS)
    for name, values in mapping.items():
        if name != "nhs":
            assert type(result[name]) is type(values)
            assert [int(str(v)) for v in result[name]] == [3, 1]
    assert result["array"].dtype == np.int8
    assert build(people(mapping), {})["list"] is mapping["list"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_the_callers_with_a_name_of_the_result_is_refused(kind):
    """Nothing is overwritten: a clash of names is an error that says which columns to rename."""
    table = people(KINDS[kind]({"nhs": ["a"], "need_group": [1], "rag": ["red"]}))
    columns = {name: Column("integer", np.array([1])) for name in ("need_group", "rag", "other")}
    with pytest.raises(DataError) as caught:
        build(table, columns)
    assert "already has a column 'need_group'" in caught.value.what
    assert "rename or drop 'need_group' and 'rag'" in caught.value.remedy
    assert list(rows_of_frame(build(table, columns, pass_through=False))) == ["need_group", "rag", "other"]


def test_a_column_like_another_is_of_its_kind():
    """A computed column takes the container, name and index of the column it answers."""
    column = Column("text", np.array([0, 1, 0]), np.array([False, False, True]), ("a", "b"))
    series = column_like(pd.Series([1, 2, 3], index=[7, 8, 9], name="g"), column)
    assert (series.index.tolist(), series.name, series[8]) == ([7, 8, 9], "g", "b")
    assert column_like(pl.Series("g", [1, 2, 3]), column).to_list() == ["a", "b", None]
    assert column_like(pl.Series("g", [1, 2, 3]), column).name == "g"
    chunked = column_like(pa.chunked_array([[1], [], [2, 3]]), column)
    assert [len(chunk) for chunk in chunked.chunks] == [1, 0, 2]
    assert chunked.to_pylist() == column_like(pa.array([1, 2, 3]), column).to_pylist() == ["a", "b", None]
    assert column_like([1, 2, 3], column) == ["a", "b", None]
    assert column_like((1, 2, 3), column) == ("a", "b", None)
    assert column_like(np.array([[1], [2], [3]]), column).tolist() == [["a"], ["b"], [None]]
    wrapped = column_like(nw.from_native(pl.Series("g", [1, 2, 3]), series_only=True), column)
    assert isinstance(wrapped, nw.Series)
    assert column_like(pd.Index([1, 2, 3], name="i"), column).name == "i"
