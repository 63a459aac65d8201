"""Bad data: each fault is told in one sentence with what, where, allowed and remedy."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from faults import (
    AS_AT,
    CONTACTS,
    IDS,
    MEDICINES,
    NUMBERS,
    PEOPLE,
    RECORDS,
    VALUES,
    changed,
    check,
    fault,
    group,
)
from pngroup import DataError

DAY = datetime.date(2026, 1, 10)
COLUMNS_OF_PEOPLE = ("person_id", "birth_date", "age", "sex", "registered_from", "died_on")


def frame(table, make=pd.DataFrame):
    return make(dict(table))


def arrow(names, *columns):
    return pa.Table.from_arrays([pa.array(column) for column in columns], names=names)


MISSING = [
    fault(
        f"{table} without {column}",
        lambda table=table, column=column, rows=rows: group(**{table: changed(rows, without=column)}),
        DataError,
        what=f"{table} has no column '{column}'",
        where=f"{table}, {len(rows) - 1} columns",
        allowed=column,
        remedy=f"columns={{'{table}': {{'{column}': 'your column'}}}}",
    )
    for table, rows, columns in (
        ("people", PEOPLE, ["person_id"]),
        ("records", RECORDS, ["person_id", "code", "date"]),
        ("contacts", CONTACTS, ["person_id", "date"]),
        ("medicines", MEDICINES, ["person_id", "code", "date"]),
        ("values", VALUES, ["person_id", "code", "date", "value"]),
    )
    for column in columns
]

COLUMNS = [
    fault(
        "neither birth_date nor age",
        lambda: group(changed(PEOPLE, without="birth_date")),
        DataError,
        what=("neither birth_date nor age",),
        where="people",
        allowed=("birth_date", "YYYY-MM", "age"),
        remedy=("add one", "columns={'people': {'birth_date'"),
    ),
    fault(
        "a table without columns",
        lambda: group({}),
        DataError,
        what="no column 'person_id'",
        where="people, 0 columns",
        allowed=COLUMNS_OF_PEOPLE,
        remedy="columns=",
    ),
    fault(
        "a near column name: case and blank",
        lambda: group({"Person ID": IDS, "birth_date": PEOPLE["birth_date"]}),
        DataError,
        what="no column 'person_id'",
        where="people",
        allowed="person_id",
        remedy=("did you mean 'Person ID'?", "columns="),
    ),
    fault(
        "a near column name: plural",
        lambda: group(records={"codes" if name == "code" else name: v for name, v in RECORDS.items()}),
        DataError,
        what="no column 'code'",
        where="records, 4 columns",
        allowed=("code", "date", "system"),
        remedy="did you mean 'codes'?",
    ),
    fault(
        "the ids in the index of a pandas frame",
        lambda: group(frame(PEOPLE).set_index("person_id")),
        DataError,
        what="no column 'person_id'",
        where="people",
        allowed="person_id",
        remedy=("is the index", "reset_index()"),
    ),
    fault(
        "column labels in two levels",
        lambda: group(pd.DataFrame([["a", 1950]], columns=pd.MultiIndex.from_product([["x"], ["person_id", "age"]]))),
        DataError,
        what="no column 'person_id'",
        where="people, 2 columns",
        allowed="person_id",
        remedy="columns=",
    ),
    fault(
        "column labels that are numbers",
        lambda: group(records=pd.DataFrame([["a", "I10"]])),
        DataError,
        what="no column 'person_id'",
        where="records, 2 columns",
        allowed="person_id",
        remedy="columns=",
    ),
    fault(
        "a repeated column we read, pandas",
        lambda: group(
            records=pd.DataFrame([[IDS[0], "I10", "I10", AS_AT]], columns=["person_id", "code", "code", "date"])
        ),
        DataError,
        what="2 columns named 'code'",
        where="records, column 'code'",
        allowed="a name of its own",
        remedy="rename or drop",
    ),
    fault(
        "a repeated column we read, arrow",
        lambda: group(arrow(["person_id", "age", "age"], IDS, [1, 2], [1, 2])),
        DataError,
        what="2 columns named 'age'",
        where="people, column 'age'",
        allowed="a name of its own",
        remedy="rename or drop",
    ),
    fault(
        "a repeated column that passes through",
        lambda: group(pd.DataFrame([[IDS[0], 50, "x", "y"]], columns=["person_id", "age", "ward", "ward"])),
        DataError,
        what="2 columns named 'ward'",
        where="people, column 'ward'",
        allowed="a name of its own",
        remedy="rename or drop",
    ),
    fault(
        "a column with the name of a result",
        lambda: group(changed(PEOPLE, need_group=[3, 3])).to_frame(),
        DataError,
        what="already has a column 'need_group'",
        where="people, column 'need_group'",
        allowed="other columns under names that the result does not use",
        remedy="rename or drop 'need_group'",
    ),
    fault(
        "two columns with names of results, polars",
        lambda: group(frame(changed(PEOPLE, rag=[3, 3], cms=[0, 0]), pl.DataFrame)).to_frame(),
        DataError,
        what="already has a column 'rag'",
        where="people, column 'rag'",
        allowed="names that the result does not use",
        remedy="'rag' and 'cms'",
    ),
    fault(
        "a column with the name of a criterion",
        lambda: group(changed(PEOPLE, criterion_1=[3, 3])).to_frame(criteria="columns"),
        DataError,
        what="'criterion_1'",
        where="people, column 'criterion_1'",
        allowed="names",
        remedy="rename or drop",
    ),
    fault(
        "columns of unequal length",
        lambda: group(records=changed(RECORDS, code=["I10"])),
        DataError,
        what=("differ in length", "2 values in 'person_id'", "1 in 'code'"),
        where="records",
        allowed="one length",
        remedy="None where it is missing",
    ),
    fault(
        "a text in place of a column",
        lambda: group(records=changed(RECORDS, code="I10")),
        DataError,
        what=("'code'", "is a str and not a column"),
        where="records, column 'code'",
        allowed=("list", "array", "Series"),
        remedy="repeat a single value for each row",
    ),
    fault(
        "a number in place of a column",
        lambda: group(changed(PEOPLE, birth_date=1950)),
        DataError,
        what=("'birth_date'", "is a int"),
        where="people, column 'birth_date'",
        allowed="list",
        remedy="wrap it in a list",
    ),
    fault(
        "nothing in place of a column",
        lambda: group(contacts=changed(CONTACTS, date=None)),
        DataError,
        what=("'date'", "NoneType"),
        where="contacts, column 'date'",
        allowed="list",
        remedy="repeat",
    ),
    fault(
        "an array without a dimension",
        lambda: group(records=changed(RECORDS, code=np.array("I10"))),
        DataError,
        what=("'code'", "ndarray"),
        where="records, column 'code'",
        allowed="one value a row",
        remedy="wrap it in a list",
    ),
    fault(
        "a dictionary of dictionaries",
        lambda: group({"person_id": {0: "a"}, "age": {0: 50}}),
        DataError,
        what=("'person_id'", "dict"),
        where="people, column 'person_id'",
        allowed="a list",
        remedy="repeat",
    ),
]

NO_TABLE = "a pandas, polars or pyarrow table, any that narwhals takes, or a mapping of names to columns"


def kinds(column, words, table, *, kind, text=("text or whole numbers", "to text")):
    """Faults of a column that holds values of a wrong kind."""
    rows = {"people": PEOPLE, "records": RECORDS, "contacts": CONTACTS, "medicines": MEDICINES, "values": VALUES}
    return fault(
        f"{column} of {table}: {words}",
        lambda: group(**{table: changed(rows[table], **{column: kind})}),
        DataError,
        what=(words, f"column '{column}'") if column != "person_id" else (words, f"ids of {table}"),
        where=f"{table}, column '{column}'",
        allowed=text[0],
        remedy=text[1],
    )


DATES = ("dates, datetimes, or text such as '2024-01-31'", "dates")
NUMERIC = ("numbers, or text that is a decimal number", "to numbers")
KINDS = [
    kinds("code", "true and false", "records", kind=[True, False]),
    kinds("code", "lists or records (list)", "records", kind=[["I10"], ["E11"]]),
    kinds("code", "lists or records (dict)", "records", kind=[{"code": "I10"}, {"code": "E11"}]),
    kinds("code", "array of 2 dimensions", "records", kind=np.array([["I10", ""], ["E11", ""]])),
    kinds("code", "dates (date)", "records", kind=[DAY, DAY]),
    kinds("code", "values of another type (complex128)", "records", kind=np.array([1j, 2j])),
    kinds("code", "values of another type (object)", "medicines", kind=[object(), object()]),
    kinds("code", "lists or records (List(String))", "records", kind=pl.Series([["I10"], ["E11"]])),
    kinds("code", "lists or records", "records", kind=pa.array([["I10"], ["E11"]])),
    kinds("system", "true and false", "records", kind=[True, False]),
    kinds("system", "lists or records", "medicines", kind=[["bnf"], ["bnf"]]),
    kinds("status", "lists or records", "records", kind=[["final"], []]),
    kinds("status", "dates", "medicines", kind=[DAY, DAY]),
    kinds("setting", "true and false", "contacts", kind=[True, False]),
    kinds("setting", "dates", "records", kind=[DAY, DAY]),
    kinds("sex", "true and false", "people", kind=[True, False]),
    kinds("excluded_reason", "dates", "people", kind=[DAY, None]),
    kinds("excluded_reason", "lists or records", "people", kind=[["moved"], []]),
    kinds("unit", "lists or records", "values", kind=[["1"], []]),
    kinds("date", "true and false", "records", kind=[True, False], text=DATES),
    kinds("date", "lists or records", "contacts", kind=[["2026-01-01"], []], text=DATES),
    kinds("date", "values of another type (time)", "records", kind=[datetime.time(1), datetime.time(2)], text=DATES),
    kinds("date", "timedelta64", "records", kind=pd.Series(pd.to_timedelta([1, 2], unit="D")), text=DATES),
    kinds("date", "whole numbers", "records", kind=[20260131, 20260228], text=(DATES[0], "date_format='%Y%m%d'")),
    kinds("date", "numbers with a fraction", "values", kind=[46000.5, 46001.5], text=(DATES[0], "date_format=")),
    kinds("registered_from", "whole numbers", "people", kind=[20260131, 20260228], text=(DATES[0], "date_format=")),
    kinds("value", "true and false", "values", kind=[True, False], text=NUMERIC),
    kinds("value", "dates", "values", kind=[DAY, DAY], text=NUMERIC),
    kinds("age", "dates", "people", kind=[DAY, DAY], text=NUMERIC),
    kinds("age", "lists or records", "people", kind=[[1], [2]], text=NUMERIC),
    kinds("person_id", "true and false", "people", kind=[True, False]),
    kinds("person_id", "dates (date)", "people", kind=[DAY, DAY]),
    kinds("person_id", "lists or records", "records", kind=[[name] for name in IDS]),
    kinds("person_id", "text and whole numbers mixed", "people", kind=[IDS[0], NUMBERS[0]]),
    kinds("person_id", "text and whole numbers mixed", "records", kind=[IDS[0], NUMBERS[0]]),
    kinds("person_id", "values of another type (bytes)", "people", kind=[name.encode() for name in IDS]),
    kinds("person_id", "whole numbers of more than 64 bits", "people", kind=[NUMBERS[0] * 10**12, 1]),
]

SAME_IDS = "text or whole numbers, the same in all tables"
EXACT = ("read the ids as text", "spreadsheet")
IDENTITY = [
    *(
        fault(
            f"people with ids that are {name}",
            lambda ids=ids: group(changed(PEOPLE, person_id=ids)),
            DataError,
            what=("1 of 2 rows of people", "no person_id"),
            where=("people, column 'person_id'", "first in row 2"),
            allowed="an id in every row",
            remedy=("remove these rows", "give them ids"),
        )
        for name, ids in {
            "None": [IDS[0], None],
            "NaN": [IDS[0], float("nan")],
            "blank": [IDS[0], "  "],
            "empty": [IDS[0], ""],
            "whole numbers and NaN": np.array([NUMBERS[0], np.nan]),
            "pandas NA": pd.array([NUMBERS[0], None], dtype="Int64"),
            "polars null": pl.Series([IDS[0], None]),
            "arrow null": pa.array([IDS[0], None]),
        }.items()
    ),
    fault(
        "no person has an id",
        lambda: group(changed(PEOPLE, person_id=[None, None])),
        DataError,
        what="2 of 2 rows of people have no person_id",
        where="first in row 1",
        allowed="an id in every row",
        remedy="give them ids",
    ),
    *(
        fault(
            f"ids are text in people and whole numbers in {table}",
            lambda table=table, rows=rows: group(**{table: changed(rows, person_id=NUMBERS)}),
            DataError,
            what=("ids in people are text", f"in {table} whole numbers"),
            where=f"people, column 'person_id' and {table}, column 'person_id'",
            allowed=SAME_IDS,
            remedy=("convert both to text", "leading zeros"),
        )
        for table, rows in {
            "records": RECORDS,
            "contacts": CONTACTS,
            "medicines": MEDICINES,
            "values": VALUES,
        }.items()
    ),
    fault(
        "ids are whole numbers in people and text in records",
        lambda: group(changed(PEOPLE, person_id=NUMBERS)),
        DataError,
        what=("ids in people are whole numbers", "in records text"),
        where="people, column 'person_id' and records, column 'person_id'",
        allowed=SAME_IDS,
        remedy="convert both",
    ),
    *(
        fault(
            f"ids are floating-point numbers: {name}",
            lambda ids=ids: group(changed(PEOPLE, person_id=ids), changed(RECORDS, person_id=NUMBERS)),
            DataError,
            what=("ids of people are not exact whole numbers", "1 ids" if len({*map(str, ids)}) > 1 else "ids"),
            where="people, column 'person_id'",
            allowed=SAME_IDS,
            remedy=EXACT,
        )
        for name, ids in {
            "a fraction": [NUMBERS[0] + 0.5, float(NUMBERS[1])],
            "too large to be exact": [NUMBERS[0] * 1e9, float(NUMBERS[1])],
            "infinite": [float("inf"), float(NUMBERS[1])],
            "decimal fractions": [decimal.Decimal("1.5"), decimal.Decimal("1.5")],
        }.items()
    ),
    *(
        fault(
            f"rows of one person that disagree, {name}",
            lambda make=make, column=column, values=values: group(
                make({**{key: [*v, v[0]] for key, v in PEOPLE.items()}, column: values})
            ),
            DataError,
            what=("rows of the same person disagree", "1 people", column),
            where=("people", "rows 3"),
            allowed=("one row a person", "the same"),
            remedy=("decide which row is right", "keep that one"),
        )
        for name, make, column, values in (
            ("lists, birth_date", dict, "birth_date", ["1950-01-01", "1990-06-30", "1951-01-01"]),
            ("lists, sex", dict, "sex", ["F", "M", None]),
            ("pandas, another column", pd.DataFrame, "ward", ["a", "b", "c"]),
            ("polars, another column", pl.DataFrame, "ward", [["a"], ["b"], ["c"]]),
            ("arrow, age", pa.table, "age", [3, 4, 5]),
        )
    ),
]


@pytest.mark.parametrize("wrong", [*MISSING, *COLUMNS, *KINDS, *IDENTITY])
def test_bad_data_are_told_in_one_sentence(wrong):
    """Data that cannot be used are refused in one sentence that names the column, what is allowed, and a way out."""
    check(wrong)
