"""Opening a table: whatever frame a caller has is taken, and what is wrong with it is said in one sentence."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from frame_kinds import KINDS
from pngroup import DataError, UsageError
from pngroup.frames import open_table

TABLE = {"person_id": ["a", "b", "c"], "code": ["I10", None, "I10"], "ward": ["x", "y", None]}


def open_records(native, **options):
    return open_table(native, name="records", required=["person_id", "code"], optional=["date"], **options)


def refused(error, native, **options):
    """The error of opening a table, after checking that its four parts are there and fit one sentence."""
    with pytest.raises(error) as caught:
        open_records(native, **options)
    fault = caught.value
    assert all(part.strip() for part in (fault.what, fault.where, fault.allowed, fault.remedy))
    assert "\n" not in str(fault)
    return fault


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_is_taken(kind):
    """A table opens the same whatever library holds it."""
    table = open_records(KINDS[kind](TABLE))
    assert (table.n_rows, table.other_columns) == (3, ("ward",))
    assert table.has("code")
    assert not table.has("date")
    encoded = table.encode("code")
    assert encoded.values.tolist() == ["I10"]
    assert encoded.index.tolist() == [0, -1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_may_have_other_names(kind):
    """`columns` maps our names to the caller's, and messages use the caller's."""
    given = {"nhs_no": TABLE["person_id"], "icd": TABLE["code"]}
    table = open_records(KINDS[kind](given), columns={"person_id": "nhs_no", "code": "icd"})
    assert table.label("person_id") == "nhs_no"
    assert table.where("code") == "records, column 'icd'"
    assert table.encode("code").values.tolist() == ["I10"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_table_is_a_table(kind):
    """A table without rows has columns without values, not a fault."""
    empty = {name: [] for name in TABLE}
    table = open_records(KINDS[kind](empty) if "categories" not in kind else KINDS["pandas"](empty))
    assert table.n_rows == 0
    assert len(table.encode("code").values) == 0


@pytest.mark.parametrize(
    "thing",
    [
        "people.csv",
        Path(),
        None,
        3,
        b"\x00",
        [{"person_id": 1}],
        [[1, 2]],
        {1, 2},
        pd.DataFrame,
        object(),
        iter("ab"),
        pd.Series([1]),
        pl.Series([1]),
        pa.array([1]),
        np.array([1]),
        pl.col("a"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_no_table_is_named_by_its_type(thing):
    """A path, None, a list of rows or a single column is refused by its type, never by its content."""
    fault = refused(UsageError, thing)
    assert type(thing).__name__ in fault.what
    assert fault.where == "argument records"


def test_a_path_is_answered_with_how_to_read_it():
    """Who passes a path is told to read the file first."""
    assert "read the file first" in refused(UsageError, "data/people.parquet").remedy


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_column_is_named_with_what_was_expected(kind):
    """A missing column is named, with the columns that are known and how to map one."""
    fault = refused(DataError, KINDS[kind]({"person_id": ["a"], "Code ": ["I10"]}))
    assert fault.what == "records has no column 'code'"
    assert "person_id, code, date" in fault.allowed
    assert "did you mean 'Code '?" in fault.remedy
    assert "columns={'records': {'code': 'your column'}}" in fault.remedy


def test_a_column_in_the_index_is_found_there():
    """Who has the ids in the pandas index is told to reset it."""
    fault = refused(DataError, pd.DataFrame(TABLE).set_index("person_id"))
    assert "reset_index()" in fault.remedy


def test_a_mapped_column_that_is_absent_is_named_as_given():
    """A name in `columns` that the table lacks is shown with near names, for optional columns too."""
    fault = refused(DataError, TABLE | {"event_date": [1, 2, 3]}, columns={"date": "event_dat"})
    assert "'event_dat'" in fault.what
    assert "'event_date'" in fault.remedy


def test_wrong_names_in_columns_are_refused():
    """`columns` must name our columns, each with a column of its own, as text."""
    assert "did you mean 'person_id'?" in refused(UsageError, TABLE, columns={"personid": "nhs"}).remedy
    twice = refused(UsageError, TABLE, columns={"person_id": "code", "code": "code"})
    assert "person_id and code the same column 'code'" in twice.what
    for wrong in (["code"], "code", {"code": 3}, {"code": None}):
        assert "argument columns" in refused(UsageError, TABLE, columns=wrong).where


def test_repeated_columns_are_refused_where_they_matter():
    """Two columns of one name are an error if the name is read or passed through, and harmless otherwise."""
    repeated = pd.DataFrame([["a", "I10", 1, 2]], columns=["person_id", "code", "note", "note"])
    assert "2 columns named 'note'" in refused(DataError, repeated).what
    assert open_records(repeated, pass_through=False).n_rows == 1
    read = pd.DataFrame([["a", "I10", "E11"]], columns=["person_id", "code", "code"])
    assert "'code'" in refused(DataError, read, pass_through=False).what
    arrow = pa.Table.from_arrays([pa.array(["a"])] * 3, names=["person_id", "code", "code"])
    assert "'code'" in refused(DataError, arrow).what


def test_columns_of_a_mapping_must_be_columns_of_one_length():
    """Single values and columns of different length in a mapping are named by their column."""
    for value in ("I10", 3, None, {"a": 1}, (x for x in "abc")):
        assert "column 'code'" in refused(DataError, {"person_id": ["a"], "code": value}).what
    fault = refused(DataError, {"person_id": ["a", "b"], "code": ["I10"]})
    assert "2 values in 'person_id', 1 in 'code'" in fault.what


def test_columns_of_lists_are_refused_when_they_are_read():
    """Lists, structs and matrices where codes are expected are refused with the type they have."""
    nested = [["I10"], ["E11", "I10"]]
    frames = [
        {"person_id": ["a", "b"], "code": nested},
        {"person_id": ["a", "b"], "code": np.array([["I10", "E11"], ["I10", "E11"]])},
        pd.DataFrame({"person_id": ["a", "b"], "code": nested}),
        pl.DataFrame({"person_id": ["a", "b"], "code": nested}),
        pl.DataFrame({"person_id": ["a", "b"], "code": [{"x": 1}, {"x": 2}]}),
        pa.table({"person_id": ["a", "b"], "code": nested}),
        pd.DataFrame({"person_id": ["a", "b"], "code": nested}).convert_dtypes(dtype_backend="pyarrow"),
    ]
    for frame in frames:
        with pytest.raises(DataError, match="holds lists or records"):
            open_records(frame).encode("code")


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table, dict])
def test_a_hundred_thousand_columns_cost_seconds_at_most(make):
    """A table of 100,000 columns is opened, and a missing column in it is told, in little time."""
    wide = {f"x{i}": [0] for i in range(100_000)}
    frame = make({**wide, "person_id": ["a"], "code": ["I10"]})
    without = make({**wide, "person_id": ["a"]})
    start = time.perf_counter()
    assert open_records(frame, pass_through=False).encode("code").values.tolist() == ["I10"]
    refused(DataError, without)
    assert time.perf_counter() - start < 20


def test_a_lazy_table_is_read_once_and_only_where_it_is_needed():
    """Columns that nobody asked for are not collected from a lazy table."""
    seen = []

    def watch(column, name):
        seen.append(name)
        return column

    lazy = pl.LazyFrame(TABLE).with_columns(
        pl.col(name).map_batches(lambda c, name=name: watch(c, name), return_dtype=pl.String) for name in TABLE
    )
    table = open_records(lazy, pass_through=False)
    table.encode("code"), table.encode("code"), table.encode("person_id")
    assert sorted(seen) == ["code", "person_id"]
