"""Columns as distinct values and as numbers: the same from every kind of frame, and never a guess."""

from __future__ import annotations

import datetime
import decimal
import enum

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from frame_kinds import KINDS
from pngroup import CodeSystem, DataError
from pngroup.frames import hashing, open_table
from pngroup.frames.hashing import look_up, number_integers

INT64 = st.integers(-(2**63), 2**63 - 1)
#: pandas keeps floats and text apart from None in ways of its own; these kinds hold any value as it is.
TEXTS = st.lists(st.none() | st.sampled_from(["I10", "i10", "", " ", "E11.9", "ß", "é", "0010", "NULL"]), max_size=40)


def table_of(native, name="records"):
    return open_table(native, name=name, required=["code"])


def decoded(encoded):
    """Rows again from distinct values, None where missing."""
    return [None if at < 0 else encoded.values[at] for at in encoded.index.tolist()]


def check_encoded(encoded, n_rows):
    """What holds of every encoded column."""
    assert encoded.index.dtype == np.int32
    assert len(encoded.index) == n_rows
    values = encoded.values.tolist()
    assert len(set(values)) == len(values)
    assert set(encoded.index.tolist()) - {-1} == set(range(len(values)))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(texts=TEXTS)
def test_text_comes_back_as_it_was(kind, texts):
    """Each row's text is found again through the distinct values, unstripped, missing where it was missing."""
    if "categories" in kind and not any(texts):
        return  # without a text there is nothing to make categories of
    encoded = table_of(KINDS[kind]({"code": texts})).encode("code")
    check_encoded(encoded, len(texts))
    assert decoded(encoded) == texts


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(numbers=st.lists(INT64, min_size=1, max_size=40))
def test_whole_numbers_come_back_as_they_were(kind, numbers):
    """Each row's number is found again exactly, over the whole range of 64 bits."""
    encoded = table_of(KINDS[kind]({"code": numbers})).encode("code")
    check_encoded(encoded, len(numbers))
    assert encoded.values.dtype == np.int64
    assert decoded(encoded) == numbers


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("pandas", "mapping of series", "pandas nullable")])
def test_whole_numbers_with_gaps_stay_whole(kind):
    """A missing number beside long ones does not turn these into floats (pandas itself would)."""
    numbers = [900000000000000123, None, 900000000000000124]
    if kind == "pandas arrow":
        frame = pd.DataFrame({"code": pd.array(numbers, dtype="int64[pyarrow]")})
    elif kind == "pandas categories":
        frame = pd.DataFrame({"code": pd.Categorical(pd.array(numbers, dtype="Int64"))})
    else:
        frame = KINDS[kind]({"code": numbers})
    assert decoded(table_of(frame).encode("code")) == numbers


def test_fractions_come_back_as_floats():
    """A float column gives its distinct floats; NaN is missing and minus zero is zero."""
    for frame in ({"code": np.array([1.5, np.nan, -0.0, 0.0])}, pd.DataFrame({"code": [1.5, None, -0.0, 0.0]})):
        encoded = table_of(frame).encode("code")
        check_encoded(encoded, 4)
        assert decoded(encoded) == [1.5, None, 0.0, 0.0]


def test_all_sorts_of_missing_are_missing():
    """None, NaN, NaT and NA in one column are all missing values."""
    missing = [None, float("nan"), np.nan, pd.NA, pd.NaT, np.datetime64("NaT", "D"), decimal.Decimal("NaN")]
    for frame in ({"code": [*missing, "I10"]}, pd.DataFrame({"code": pd.Series([*missing, "I10"], dtype=object)})):
        assert decoded(table_of(frame).encode("code")) == [None] * len(missing) + ["I10"]
    only = table_of({"code": missing})
    assert only.kind("code") == "empty"
    assert only.encode("code").n_missing == len(missing)


def test_text_and_whole_numbers_together_are_text():
    """A spreadsheet column with 250 and 'E11' is read as text; text '250' and number 250 are the same."""
    mixed = [250, "E11", "250", None, np.int64(7)]
    for frame in ({"code": mixed}, pd.DataFrame({"code": pd.Series(mixed, dtype=object)})):
        table = table_of(frame)
        assert table.kind("code") == "mixed"
        check_encoded(table.encode("code"), 5)
        assert decoded(table.encode("code")) == ["250", "E11", "250", None, "7"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([True, False], "true and false"),
        ([True, "I10"], "another type (bool, str)"),
        ([1, True], "another type (bool, int)"),
        ([1.5, "I10"], "another type (float, str)"),
        ([b"I10", b"E11"], "another type"),
        ([datetime.date(2024, 1, 1)] * 2, "dates"),
        ([datetime.datetime.fromisoformat("2024-01-01T12:00")] * 2, "dates with times"),
        ([datetime.timedelta(1)] * 2, "another type"),
        ([2**70, 1], "more than 64 bits"),
        ([1j, 2j], "another type"),
    ],
    ids=str,
)
def test_what_is_no_code_is_refused_by_its_kind(values, named):
    """Truths, dates, fractions mixed with text and other types where codes are expected are an error, not
    text.
    """
    frames = [{"code": values}, pd.DataFrame({"code": pd.Series(values, dtype=object)})]
    if not isinstance(values[0], int | float | complex) or isinstance(values[1], bool) != isinstance(values[0], bool):
        frames += [{"code": np.array([*values, None], dtype=object)[:-1]}]
    for frame in frames:
        with pytest.raises(DataError) as caught:
            table_of(frame).encode("code")
        assert named in str(caught.value)
        assert caught.value.where == "records, column 'code'"


def test_truths_are_taken_where_they_are_allowed():
    """A column that may be true or false (a reason for exclusion) gives truths."""
    for kind in KINDS:
        table = table_of(KINDS[kind]({"code": [True, False, True]}))
        encoded = table.encode("code", booleans=True)
        assert [bool(v) for v in decoded(encoded)] == [True, False, True]
        with pytest.raises(DataError):
            table.encode("code")


def test_members_of_text_enumerations_are_their_text():
    """An enumeration whose members are text counts as that text."""

    class System(str, enum.Enum):
        ICD = "icd10"

    assert decoded(table_of({"code": [System.ICD, "icd10", CodeSystem.ICD10]}).encode("code")) == ["icd10"] * 3


def test_unused_categories_are_no_values():
    """Categories that no row has are not among the values, whatever library holds them."""
    pandas = pd.DataFrame({"code": pd.Categorical(["b", None, "b"], categories=["a", "b", "c"])})
    polars = pl.DataFrame({"code": pl.Series(["b", None, "b"], dtype=pl.Enum(["a", "b", "c"]))})
    arrow = pa.table({"code": pa.DictionaryArray.from_arrays([1, None, 3], ["a", "b", None, "b"])})
    nothing = pd.DataFrame({"code": pd.Categorical([None, None, None])})
    for frame in (pandas, polars, arrow):
        encoded = table_of(frame).encode("code")
        assert encoded.values.tolist() == ["b"]
        assert encoded.index.tolist() == [0, -1, 0]
    assert table_of(nothing).encode("code").index.tolist() == [-1, -1, -1]


def test_types_that_only_one_library_has_are_read():
    """Decimals, 128-bit integers, string views, sparse and run-end encoded columns are read as what they
    mean.
    """
    whole = [
        pa.table({"code": pa.array([7, None, 7], pa.decimal128(10, 0))}),
        pl.DataFrame({"code": pl.Series([7, None, 7], dtype=pl.Decimal(10, 0))}),
        pl.DataFrame({"code": pl.Series([7, None, 7], dtype=pl.UInt8)}),
        {"code": [decimal.Decimal(7), None, decimal.Decimal("7.0")]},
        {"code": np.ma.array([7, 9, 7], mask=[False, True, False])},
        {"code": pl.Series([7, None, 7])},
        {"code": pa.array([7, None, 7])},
        duckdb.sql("select unnest([7, null, 7]::hugeint[]) as code"),
    ]
    for frame in whole:
        table = table_of(frame)
        assert table.kind("code") == "integer"
        assert decoded(table.encode("code")) == [7, None, 7]
    texts = [
        pa.table({"code": pa.array(["a", None, "a"], pa.large_string())}),
        pa.table({"code": pa.RunEndEncodedArray.from_arrays([1, 2, 3], ["a", None, "a"])}),
        pd.DataFrame({"code": pd.array(["a", None, "a"], dtype=pd.StringDtype("python"))}),
        pd.DataFrame({"code": pd.array(["a", None, "a"], dtype="string[pyarrow]")}),
        {"code": pd.Index(["a", None, "a"])},
        {"code": pl.Series(["a", None, "a"], dtype=pl.Object)},
    ]
    for frame in texts:
        assert decoded(table_of(frame).encode("code")) == ["a", None, "a"]
    assert decoded(table_of({"code": np.array(["a", "b"])}).encode("code")) == ["a", "b"]
    sparse = pd.DataFrame({"code": pd.arrays.SparseArray([0, 0, 7])})
    assert decoded(table_of(sparse).encode("code")) == [0, 0, 7]
    big = np.array([2**64 - 1, 5], dtype=np.uint64)
    for frame in ({"code": big}, {"code": [2**64 - 1, 5]}, pl.DataFrame({"code": big}), pa.table({"code": big})):
        assert decoded(table_of(frame).encode("code")) == [2**64 - 1, 5]
    with pytest.raises(DataError, match="more than 64 bits"):
        table_of(pa.table({"code": pa.array([10**30], pa.decimal128(38, 0))})).encode("code")


@pytest.mark.skipif(not hasattr(pl, "Int128"), reason="needs a polars with 128-bit integers")
def test_integers_of_128_bits_are_read_where_they_fit():
    """Integers of 128 bits are read as integers where all fit into 64, and refused otherwise."""
    fits = pl.DataFrame({"code": pl.Series([7, None, 7], dtype=pl.Int128)})
    assert decoded(table_of(fits).encode("code")) == [7, None, 7]
    with pytest.raises(DataError, match="more than 64 bits"):
        table_of(pl.DataFrame({"code": pl.Series([2**100, 1], dtype=pl.Int128)})).encode("code")


@pytest.mark.skipif(not hasattr(pa, "string_view"), reason="needs a pyarrow with string views")
def test_string_views_are_text():
    """Arrow's string views are text like any other."""
    views = pa.table({"code": pa.array(["a", None, "a"], pa.string_view())})
    assert decoded(table_of(views).encode("code")) == ["a", None, "a"]


@pytest.mark.parametrize("kind", KINDS)
def test_long_runs_change_nothing(kind):
    """Columns sorted by person go a shorter way and give what any other order gives."""
    rng = np.random.default_rng(3)
    rows = np.repeat(rng.permutation(3000), rng.integers(1, 40, 3000))
    texts = [None if row % 50 == 0 else f"p{row}" for row in rows.tolist()]
    encoded = table_of(KINDS[kind]({"code": texts})).encode("code")
    check_encoded(encoded, len(texts))
    assert decoded(encoded) == texts
    by_number = table_of(KINDS[kind]({"code": (rows * 10**9).tolist()})).encode("code")
    assert decoded(by_number) == (rows * 10**9).tolist()


@given(st.lists(INT64, max_size=200), st.lists(INT64, max_size=50, unique=True), st.booleans())
def test_numbering_and_looking_up_integers_agree_with_dictionaries(values, table, near):
    """Distinct integers and their places are those a dictionary gives, for narrow and wide ranges."""
    if near:
        values, table = [v % 100 for v in values], sorted({v % 100 for v in table})
    given_values = np.array(values, dtype=np.int64)
    distinct, index = number_integers(given_values)
    assert sorted(distinct.tolist()) == sorted(set(values))
    assert distinct[index].tolist() == values
    place = {value: at for at, value in enumerate(table)}
    assert look_up(given_values, np.array(table, dtype=np.int64)).tolist() == [place.get(v, -1) for v in values]


def test_numbering_integers_survives_growth_and_collisions():
    """Half a million different numbers, many of them falling together, are each found again."""
    rng = np.random.default_rng(11)
    few = np.arange(500_000, dtype=np.int64) << 44
    values = rng.permutation(np.concatenate([few, few, rng.integers(-(2**62), 2**62, 300_000)]))
    distinct, index = number_integers(values)
    assert len(np.unique(distinct)) == len(distinct) == len(np.unique(values))
    assert np.array_equal(distinct[index], values)
    assert np.array_equal(look_up(values, distinct), index)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_read_and_the_rest_is_counted(kind):
    """Text is a number only where it is a plain decimal; '<5' and 'high' are counted, blanks are missing."""
    texts = ["1.5", " 2 ", "-3e2", "<5", "high", "1,5", "", None, "0x10", "nan", "inf", "1_000", "٣"]
    number, absent, n_unreadable = table_of(KINDS[kind]({"code": texts})).numbers("code")
    assert number.dtype == np.float64
    assert number[~absent].tolist() == [1.5, 2.0, -300.0]
    assert np.flatnonzero(~absent).tolist() == [0, 1, 2]
    assert n_unreadable == 8


@pytest.mark.parametrize("kind", KINDS)
def test_number_columns_are_numbers(kind):
    """Numbers come as float64 with NaN where there is none."""
    number, absent, n_unreadable = table_of(KINDS[kind]({"code": [1.5, None, 3.0]})).numbers("code")
    assert (absent.tolist(), n_unreadable) == ([False, True, False], 0)
    assert number[~absent].tolist() == [1.5, 3.0]
    assert np.isnan(number[1])


def test_infinite_numbers_are_no_numbers():
    """Infinity is counted as unreadable, because no measurement is infinite."""
    numbers = table_of({"code": [1.0, float("inf"), None]}).numbers("code")
    assert numbers.n_unreadable == 1
    assert numbers.absent.tolist() == [False, True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_without_values_has_any_type(kind):
    """A column that is missing throughout can stand for codes, numbers and days, whatever type it was given."""
    table = table_of(KINDS[kind]({"code": [None, None]}))
    assert table.encode("code").n_missing == 2
    assert table.numbers("code").absent.all()
    assert table.days("code").missing.all()
    assert table.days("code", "%d/%m/%Y").missing.all()


@pytest.mark.parametrize("dtype", ["float64", "boolean", "datetime64[ns]", "Int64"])
def test_a_typed_column_without_values_is_no_fault(dtype):
    """pandas gives columns without values types of its own; they are taken as what is expected."""
    table = table_of(pd.DataFrame({"code": pd.Series([None, None], dtype=dtype)}))
    assert table.encode("code").n_missing == 2
    assert table.numbers("code").absent.all()
    assert table.days("code").missing.all()


def test_numbers_made_to_share_places_are_found_and_others_are_not():
    """Thousands of numbers that all want one place, and others that differ from them in the last bit behind it."""
    first = int(hashing.MULTIPLIER)
    second = first + hashing._NEXT & hashing._WORD | 1
    to_one_place = pow(first, -1, 1 << 64) * np.arange(1, 8001, dtype=object) % (1 << 64)
    near = [pow(second, -1, 1 << 64) * ((second * key & hashing._WORD) ^ 1) % (1 << 64) for key in to_one_place]
    keys, others = (np.array(list(each), np.uint64).view(np.int64) for each in (to_one_place, near))
    assert not np.isin(others, keys).any()
    assert np.array_equal(look_up(keys, keys), np.arange(8000))
    assert (look_up(others, keys) == -1).all()
