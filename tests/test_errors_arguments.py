"""Wrong arguments of `group`: each is told in one sentence with what, where, allowed and remedy."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pngroup
from faults import IDS, PEOPLE, RECORDS, changed, check, fault, group
from pngroup import DataError, ModelError, UsageError

WITHOUT_SYSTEM = changed(RECORDS, without="system")
SYSTEMS = ("icd10", "icd10cm", "snomed", "opcs4", "bnf", "dmd", "atc")


def told(name, call, *, kind=UsageError, what, where, allowed, remedy):
    return fault(name, call, kind, what=what, where=where, allowed=allowed, remedy=remedy)


NO_TABLES = {
    "binary content": (bytes(range(256)), "bytes", "as one of these"),
    "a list": ([1, 2], "list", "make a table of the rows"),
    "a list of dictionaries": ([{"person_id": IDS[0]}], "list", "make a table of the rows"),
    "a tuple": (tuple(IDS), "tuple", "make a table of the rows"),
    "a number": (5, "int", "as one of these"),
    "a set": ({1}, "set", "as one of these"),
    "a generator": (iter(IDS), "iterator", "as one of these"),
    "a Series": (pd.Series(IDS), "Series", "as one of these"),
    "a polars Series": (pl.Series(IDS), "Series", "as one of these"),
    "an array": (np.array(IDS), "ndarray", "as one of these"),
    "the class of a frame": (pd.DataFrame, "type", "as one of these"),
    "a grouped frame": (pd.DataFrame({"a": IDS}).groupby("a"), "DataFrameGroupBy", "as one of these"),
    "a function": (len, "builtin_function", "as one of these"),
}
TABLES = [
    *(
        told(
            f"{table} is {name}",
            lambda table=table, value=value: group(**{table: value}),
            what=(f"{table} is not a table", kind),
            where=f"argument {table}",
            allowed=("pandas", "polars", "pyarrow", "mapping"),
            remedy=remedy,
        )
        for name, (value, kind, remedy) in NO_TABLES.items()
        for table in ("people", "records")
    ),
    *(
        told(
            f"{table} is {name}",
            lambda table=table, path=path: group(**{table: path}),
            what=what,
            where=f"argument {table}",
            allowed=allowed,
            remedy=remedy,
        )
        for table in ("people", "records", "contacts", "medicines", "values")
        for name, path, what, allowed, remedy in (
            ("a file that is not there", "people.csv", "there is no such file", "a file that exists", "check the path"),
            ("a path that is not there", Path("people.csv.gz"), "no such file", "a file that exists", "check the path"),
            *(
                (name, text, "not the path of a table", "a table, or the path", "check the path")
                for name, text in {
                    "the content of a file": f"person_id\n{IDS[0]}\n",
                    "a long text": "person_id,birth_date" * 1000,
                    "an id": IDS[0],
                    "nothing": "",
                    "blanks": " ",
                    "a path that no system has": "a\0.csv",
                }.items()
            ),
        )
    ),
    told(
        "people is None",
        lambda: group(None),
        what=("people is not a table", "NoneType"),
        where="argument people",
        allowed="mapping",
        remedy="as one of these",
    ),
    told(
        "records is None",
        lambda: group(records=None),
        what="records is None",
        where="argument records",
        allowed=("a table", "empty"),
        remedy="give the coded records",
    ),
    told(
        "contacts is False",
        lambda: group(contacts=False),
        what=("contacts is not a table", "bool"),
        where="argument contacts",
        allowed="mapping",
        remedy="give contacts",
    ),
]

SYSTEM = [
    told(
        f"system is {value!r}",
        lambda value=value: group(records=WITHOUT_SYSTEM, system=value),
        what=words,
        where="argument system",
        allowed=SYSTEMS,
        remedy="name one of these",
    )
    for value, words in (
        ("icd11", "unknown code system 'icd11'"),
        ("", "unknown code system ''"),
        (10, "unknown code system 10"),
        (10.0, "unknown code system 10.0"),
        (True, "unknown code system True"),
        (["icd10", "snomed"], "system is a list"),
        ({"records": "icd10"}, "system is a dict"),
        (pngroup.Setting.OTHER, "unknown code system"),
    )
]

OF_PEOPLE = ("person_id", "birth_date", "age", "sex")
MAPPING = ("people", "records", "contacts", "medicines", "values", "our column names to yours")
COLUMNS = [
    *(
        told(
            f"columns is {name}",
            lambda value=value: group(columns=value),
            what=words,
            where="argument columns",
            allowed=MAPPING,
            remedy="{'people': {'person_id': 'nhs_no'}}",
        )
        for name, value, words in (
            ("a list", [("people", {})], "columns is a list"),
            ("a text", "nhs_no", "columns is a str"),
            ("a near table name", {"poeple": {}}, "a table 'poeple', did you mean 'people'?"),
            ("a table that is no text", {3: {}}, "a table 3"),
            ("columns without tables", {"person_id": "nhs_no"}, "a table 'person_id'"),
            ("a text for a table", {"people": "nhs_no"}, "columns['people'] is a str"),
            ("None for a table", {"records": None}, "columns['records'] is a NoneType"),
        )
    ),
    told(
        "columns names a number",
        lambda: group(columns={"people": {"person_id": 3}}),
        what="does not map names to names",
        where=("argument columns", "table people"),
        allowed=("our column names", "both text"),
        remedy="columns={'people': {'person_id': 'your column'}}",
    ),
    told(
        "columns the wrong way round",
        lambda: group(columns={"people": {"nhs_no": "person_id"}}),
        what="names 'nhs_no', which is no column of people",
        where="argument columns, table people",
        allowed=OF_PEOPLE,
        remedy="our name comes first",
    ),
    told(
        "columns with a near name of ours",
        lambda: group(columns={"records": {"cod": "code"}}),
        what="names 'cod', which is no column of records",
        where="argument columns, table records",
        allowed=("code", "date"),
        remedy="did you mean 'code'",
    ),
    told(
        "columns gives two names one column",
        lambda: group(columns={"people": {"person_id": "sex", "sex": "sex"}}),
        what="person_id and sex the same column 'sex'",
        where="argument columns, table people",
        allowed="a column of its own",
        remedy="correct one of them",
    ),
    told(
        "columns names a column that is not there",
        lambda: group(columns={"people": {"person_id": "nhs_number"}}),
        kind=DataError,
        what="no column 'nhs_number'",
        where="people, 3 columns",
        allowed="person_id",
        remedy="check the spelling",
    ),
    told(
        "columns names an optional column that is not there",
        lambda: group(columns={"people": {"died_on": "birth_dat"}}),
        kind=DataError,
        what="no column 'birth_dat'",
        where="people",
        allowed="died_on",
        remedy="did you mean 'birth_date'?",
    ),
]

DATES = [
    *(
        told(
            f"as_at is {name}",
            lambda value=value: group(as_at=value),
            what=("as_at is not a date", kind),
            where="argument as_at",
            allowed=("a date", "'2026-03-31'"),
            remedy="year-month-day",
        )
        for name, value, kind in (
            ("None", None, "NoneType"),
            ("a word", "yesterday", "text like"),
            ("empty", "", "text like"),
            ("day, month, year", "31/03/2026", "text like"),
            ("a day that no month has", "2026-02-30", "text like"),
            ("a month", "2026-03", "text like"),
            ("a whole number", 20260331, "int"),
            ("a year with a fraction", 2026.25, "float"),
            ("a truth", True, "bool"),
            ("a list with a word", ["2026-03-31", "yesterday"], "text like"),
            ("a Series with a number", pd.Series([20260331]), "int"),
            ("a mapping", {20260331: 1}, "int"),
            ("a time", datetime.time(12), "time"),
            ("numpy's not a time", np.datetime64("NaT", "D"), "datetime64"),
            ("pandas' not a time", pd.NaT, "NaTType"),
            ("a month of numpy", np.datetime64("2026-03"), "datetime64"),
            ("a year of numpy", np.datetime64("2026"), "datetime64"),
            ("beyond Python's calendar", np.datetime64("10000-01-01"), "datetime64"),
        )
    ),
    *(
        told(
            f"as_at is out of range: {value}",
            lambda value=value: group(as_at=value),
            what=f"as_at {value} is out of range",
            where="argument as_at",
            allowed="1900-01-01 to 2617-09-21",
            remedy="check the year",
        )
        for value in ("1899-12-31", "0026-03-31", "9999-12-31")
    ),
    *(
        told(
            f"date_format is {value!r}",
            lambda value=value: group(records=changed(RECORDS, date=["31/01/2026", "13/02/2026"]), date_format=value),
            what=words,
            where="argument date_format",
            allowed=("datetime.strptime", "'%d/%m/%Y'"),
            remedy=remedy,
        )
        for value, words, remedy in (
            ("%Q", "is no date format", "correct the format"),
            ("%", "is no date format", "correct the format"),
            (5, "date_format 5 is no date format", "correct the format"),
            (["%d/%m/%Y"], "is no date format", "correct the format"),
            ("dd/mm/yyyy", "does not name a date", "add what is missing"),
            ("%d/%m", "does not name a date", "add what is missing"),
            ("", "does not name a date", "add what is missing"),
        )
    ),
    told(
        "date_format for numbers does not begin with the year",
        lambda: group(
            changed(PEOPLE, birth_date=[1950, 1990]), changed(RECORDS, date=[10012026, 1022026]), date_format="%d%m%Y"
        ),
        what=("'%d%m%Y'", "leading zeros"),
        where="argument date_format",
        allowed="'%Y%m%d'",
        remedy="convert the column",
    ),
]


def names(argument, known, *, path="a path"):
    """Faults of an argument that takes a name, a path or an object."""
    noun = argument

    def one(name, value, words, *, kind=UsageError, allowed=known, remedy):
        return told(
            f"{argument} is {name}",
            lambda: group(**{argument: value}),
            kind=kind,
            what=words,
            where=f"argument {argument}" if kind is UsageError else "",
            allowed=allowed,
            remedy=remedy,
        )

    return [
        one("an unknown name", "zzz", f"there is no {noun} 'zzz'", remedy="name"),
        one("an empty name", "", f"there is no {noun} ''", remedy="name"),
        one("an unknown edition", f"{known}@1999.9", "there is no edition '1999.9'", remedy="name an edition"),
        one(
            "a number", 5, f"{argument} is a int", allowed="a path" if argument != "catalogue" else "path", remedy="nam"
        ),
        one("a list", [known], f"{argument} is a list", allowed="path", remedy="nam"),
        one("bytes", known.encode(), f"{argument} is a bytes", allowed="path", remedy="nam"),
    ]


NAMES = [
    *names("model", "need-groups"),
    *names("catalogue", "core"),
    *names("scheme", "default"),
    told(
        "model is a near name",
        lambda: group(model="need-group"),
        what="there is no model 'need-group', did you mean 'need-groups'?",
        where="argument model",
        allowed="need-groups",
        remedy="correct the name",
    ),
    told(
        "catalogue is a near name",
        lambda: group(catalogue="coer"),
        what="there is no catalogue 'coer', did you mean 'core'?",
        where="argument catalogue",
        allowed="core",
        remedy="correct the name",
    ),
    told(
        "scheme is a near name",
        lambda: group(scheme="defualt"),
        what="there is no scheme 'defualt'",
        where="argument scheme",
        allowed=("default", "medium-orange"),
        remedy="did you mean 'default'",
    ),
    told(
        "model is None",
        lambda: group(model=None),
        what="model is a NoneType",
        where="argument model",
        allowed="a path",
        remedy="give the model's name",
    ),
    told(
        "scheme is a number",
        lambda: group(scheme=3),
        what="scheme is a int",
        where="argument scheme",
        allowed="default",
        remedy="name one of these",
    ),
    *(
        told(
            f"{argument} is a path that does not exist",
            lambda argument=argument, value=value: group(**{argument: value}),
            what=("there is no file or folder", "'nothing.toml'"),
            where=f"argument {argument}",
            allowed="a path that exists",
            remedy="check the path",
        )
        for argument in ("model", "catalogue")
        for value in ("nowhere/nothing.toml", Path("nowhere") / "nothing.toml")
    ),
    told(
        "scheme is a path that does not exist",
        lambda: group(scheme=Path("nowhere") / "nothing.toml"),
        kind=ModelError,
        what="the scheme cannot be read",
        where="nothing.toml",
        allowed="a TOML file that exists",
        remedy="check the path",
    ),
    told(
        "model is a folder",
        lambda: group(model=Path(__file__).parent),
        kind=ModelError,
        what="a folder was given",
        where="tests",
        allowed="a model file (TOML)",
        remedy="give the path of the file",
    ),
    told(
        "scheme is a folder",
        lambda: group(scheme=Path(__file__).parent),
        kind=ModelError,
        what="the scheme cannot be read",
        where="tests",
        allowed="a TOML file",
        remedy="check the path",
    ),
    told(
        "catalogue is a file",
        lambda: group(catalogue=Path(__file__)),
        kind=ModelError,
        what=f"{Path(__file__).name!r} is neither a folder nor an overlay",
        where="argument catalogue",
        allowed=("a folder", "overlay", ".toml"),
        remedy="give the path of one of these",
    ),
    told(
        "catalogue is a folder of something else",
        lambda: group(catalogue=Path(__file__).parent),
        kind=ModelError,
        what="the file cannot be read",
        where="sources.csv",
        allowed="a readable CSV file",
        remedy="check that it exists",
    ),
    told(
        "load_model with a catalogue that is none",
        lambda: pngroup.load_model("need-groups", 5),
        what="catalogue is a int",
        where="argument catalogue",
        allowed="path",
        remedy="name",
    ),
    told(
        "load_scheme of a number",
        lambda: pngroup.load_scheme(5),
        what="scheme is a int",
        where="argument scheme",
        allowed="default",
        remedy="name one of these",
    ),
]


@pytest.mark.parametrize("wrong", [*TABLES, *SYSTEM, *COLUMNS, *DATES, *NAMES])
def test_wrong_arguments_are_told_in_one_sentence(wrong):
    """A wrong argument is refused in one sentence that names it, what is allowed in its place, and a way out."""
    check(wrong)
