"""Wrong questions: to `to_frame`, `explain`, `items`, `lookup` and the mappers, each told in one sentence."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pngroup
from faults import AS_AT, IDS, NUMBERS, PEOPLE, RECORDS, changed, check, fault, group
from pngroup import DataError, UsageError

SYSTEMS = ("icd10", "icd10cm", "snomed", "opcs4", "bnf", "dmd", "atc")
MAPPING = ("people", "records", "contacts", "medicines", "values", "our column names to yours")


def told(name, call, *, kind=UsageError, what, where, allowed, remedy):
    return fault(name, call, kind, what=what, where=where, allowed=allowed, remedy=remedy)


def kept():
    return group(keep_records=True)


NO_PERSON = {
    "what": "no such person",
    "where": "argument person",
    "allowed": "a person_id of people",
    "remedy": "zeros",
}
RESULTS = [
    *(
        told(
            f"criteria is {value!r}",
            lambda value=value: group().to_frame(criteria=value),
            what=f"criteria is {value!r}",
            where="argument criteria",
            allowed="'integer' or 'columns'",
            remedy="choose one",
        )
        for value in ("both", "column", None, 1, ["columns"])
    ),
    told(
        "explain without kept records",
        lambda: group().explain(IDS[0]),
        what="the records were not kept",
        where="Grouping.explain",
        allowed="keep_records=True",
        remedy=("keep_records=True", "pngroup.explain(person, people, records"),
    ),
    *(
        told(f"explain {name}", lambda value=value: kept().explain(value), kind=DataError, **NO_PERSON)
        for name, value in {
            "an unknown person": "ZZTOP-000123-unknown",
            "a person by number": NUMBERS[0],
            "nobody": None,
            "several people": IDS,
            "a person whose id is not a number": float("nan"),
        }.items()
    ),
    *(
        told(
            f"pngroup.explain {name}",
            lambda value=value: pngroup.explain(value, PEOPLE, RECORDS, as_at=AS_AT),
            kind=DataError,
            **NO_PERSON,
        )
        for name, value in {"an unknown person": "ZZTOP-000123-unknown", "nobody": None, "several people": IDS}.items()
    ),
    told(
        "pngroup.explain a person by number where ids are text",
        lambda: pngroup.explain(NUMBERS[0], PEOPLE, RECORDS, as_at=AS_AT),
        kind=DataError,
        what="ids of people are text, and the person is given as whole numbers",
        where="people, column 'person_id'",
        allowed="the same in all tables and for the person",
        remedy="leading zeros",
    ),
    told(
        "pngroup.explain where records have ids of the other kind",
        lambda: pngroup.explain(IDS[0], PEOPLE, changed(RECORDS, person_id=NUMBERS), as_at=AS_AT),
        kind=DataError,
        what="ids of records are whole numbers, and the person is given as text",
        where="records, column 'person_id'",
        allowed="the same in all tables",
        remedy="leading zeros",
    ),
    told(
        "pngroup.explain with columns= that are none",
        lambda: pngroup.explain(IDS[0], PEOPLE, RECORDS, as_at=AS_AT, columns=["people"]),
        what="columns is a list",
        where="argument columns",
        allowed=MAPPING,
        remedy="write it as",
    ),
    told(
        "items of an unknown score",
        lambda: group().items("charlso"),
        what=("no score 'charlso'", "did you mean 'charlson'"),
        where="argument score",
        allowed=("charlson", "hfrs", "efi"),
        remedy="name one of these",
    ),
    told(
        "items of a list of scores",
        lambda: group().items(["cms"]),
        what="no score ['cms']",
        where="argument score",
        allowed="cms",
        remedy="name one of these",
    ),
    told(
        "a report on a table that was not given",
        lambda: group().quality.feed("contacts"),
        what="no report on 'contacts'",
        where="argument name",
        allowed="people, records",
        remedy="name a table that was given",
    ),
]

LOOKUP = [
    *(
        told(
            f"lookup in system {value!r}",
            lambda value=value: pngroup.lookup(["I10"], system=value),
            what=words,
            where="argument system",
            allowed=SYSTEMS,
            remedy="name one of these",
        )
        for value, words in (
            ("icd11", "'icd11' is unknown or not grouped"),
            ("read2", "'read2' is unknown or not grouped"),
            (None, "system is a NoneType"),
            (["icd10"], "system is a list"),
        )
    ),
    *(
        told(
            f"lookup of {name}",
            lambda value=value: pngroup.lookup(value),
            what=words,
            where="argument codes",
            allowed=("a list", "Series"),
            remedy=remedy,
        )
        for name, value, words, remedy in (
            ("None", None, "codes is a NoneType", "into a list"),
            ("a fraction", 3.5, "codes is a float", "into a list"),
            ("a dictionary", {"a": "I10"}, "codes is a dict", "into a list"),
            ("a set", {"I10"}, "codes is a set", "into a list"),
            ("a frame", pd.DataFrame({"code": ["I10"]}), "codes is a DataFrame", "into a list"),
            ("lists in a list", [["I10"], ["E11"]], "codes is a list that holds lists", "out of the inner lists"),
            ("an array of two dimensions", np.array([["I10"]]), "codes is a ndarray that holds lists", "out of the"),
        )
    ),
    told(
        "lookup of mangled ids",
        lambda: pngroup.lookup(["9.99E+17"], system="snomed"),
        kind=DataError,
        what=("cannot be read", "digits were lost"),
        where="argument codes",
        allowed="codes of the system",
        remedy="correct them",
    ),
    told(
        "lookup of unreadable codes under strict",
        lambda: pngroup.lookup(["I10", IDS[0]], strict=True),
        kind=DataError,
        what="1: the value does not have the form of a code",
        where="argument codes",
        allowed="codes of the system",
        remedy="correct them",
    ),
    told(
        "lookup in an unknown catalogue",
        lambda: pngroup.lookup(["I10"], catalogue="coer"),
        what="no catalogue 'coer'",
        where="argument catalogue",
        allowed="core",
        remedy="correct the name",
    ),
]

NO_GROUP = ("whole numbers 1 to 11", "missing")
VALUES_OF_MAPPERS = {
    "0": (0, "1 of 1 values are no need group: 0", "correct these values"),
    "12": (12, "1 of 1 values are no need group: 12", "correct these values"),
    "-1": (-1, "-1", "correct these values"),
    "3.5": (3.5, "3.5", "correct these values"),
    "a decimal fraction": (Decimal("3.5"), "1 of 1", "correct these values"),
    "infinity": (float("inf"), "inf", "correct these values"),
    "text": ("5", "'5'", "convert text to whole numbers"),
    "empty text": ("", "''", "convert text to whole numbers"),
    "a truth": (True, "True", "correct these values"),
    "a truth of numpy": (np.bool_(True), "True", "correct these values"),
    "a number of numpy": (np.int64(12), "12", "correct these values"),
    "a list of faults": (
        [5, 0, 12, 3.5, "5", True, None],
        "5 of 7 values are no need group: 0, 12, 3.5, '5', True",
        "co",
    ),
    "many faults": (list(range(12, 60)), "48 of 48 values are no need group: 12, 13, 14, 15, 16 and others", "correct"),
    "a list in a list": ([[1, 2]], "1 of 1", "correct these values"),
    "an array": (np.array([[1, 5], [0, 11]]), "1 of 4 values are no need group: 0", "correct these values"),
    "an array of text": (np.array(["5"]), "'5'", "convert text"),
    "an array of truths": (np.array([True]), "True", "correct these values"),
    "a pandas Series of text": (pd.Series(["5", None]), "'5'", "convert text"),
    "a pandas Series": (pd.Series([0, 12]), "2 of 2 values are no need group: 0, 12", "correct these values"),
    "a polars Series": (pl.Series([1.5, None]), "1 of 2 values are no need group: 1.5", "correct these values"),
    "an arrow array": (pa.array([12]), "12", "correct these values"),
    "dates": (pd.to_datetime(["2026-03-31"]), "1 of 1", "correct these values"),
    "an id": (IDS[0], "aaaaa-999999", "convert text"),
    "ids": (pd.Series(NUMBERS), "9999999999", "correct these values"),
    "ids as floats": ([float(NUMBERS[0])], "9999999999", "correct these values"),
}
NO_VALUES = {
    "a frame": pd.DataFrame({"need_group": [5]}),
    "a polars frame": pl.DataFrame({"need_group": [5]}),
    "an arrow table": pa.table({"need_group": [5]}),
    "a dictionary": {"need_group": [5]},
    "a set": {5},
    "a date": datetime.date(2026, 3, 31),
    "a generator": iter([5]),
    "a path": Path("groups.csv"),
    "a complex number": 1j,
}
MAPPERS = [
    *(
        told(
            f"need_tier of {name}",
            lambda value=value: pngroup.need_tier(value),
            kind=DataError,
            what=words,
            where="need_tier, argument values",
            allowed=NO_GROUP,
            remedy=remedy,
        )
        for name, (value, words, remedy) in VALUES_OF_MAPPERS.items()
    ),
    *(
        told(
            f"rag of {name}",
            lambda value=value: pngroup.rag(value),
            what=f"rag was given a {type(value).__name__}",
            where="rag, argument values",
            allowed=("one group number", "a list", "Series"),
            remedy="pass the group numbers alone",
        )
        for name, value in NO_VALUES.items()
    ),
    told(
        "group_name of 0",
        lambda: pngroup.group_name([0]),
        kind=DataError,
        what="no need group: 0",
        where="group_name, argument values",
        allowed=NO_GROUP,
        remedy="correct",
    ),
    told(
        "rag in an unknown scheme",
        lambda: pngroup.rag(5, scheme="traffic"),
        what="no scheme 'traffic'",
        where="argument scheme",
        allowed="default",
        remedy="name one of these",
    ),
]


@pytest.mark.parametrize("wrong", [*RESULTS, *LOOKUP, *MAPPERS])
def test_wrong_questions_are_told_in_one_sentence(wrong):
    """What cannot be answered is refused in one sentence that names the argument, what is allowed, and a way out."""
    check(wrong)


def test_all_errors_can_be_caught_at_once():
    """Every error of the library is a PngroupError and a ValueError, whatever is wrong."""
    for wrong in (lambda: group(None), lambda: pngroup.need_tier(0), lambda: group(model=Path(__file__))):
        with pytest.raises(pngroup.PngroupError) as caught:
            wrong()
        assert isinstance(caught.value, ValueError)


def test_messages_are_one_line_whatever_they_quote():
    """Line breaks in what an error quotes do not break its line, and a question ends in one question mark."""
    error = pngroup.DataError("a\nb", where="line\r\n 1", allowed="x\u2028y", remedy="did you mean 'z'?")
    assert str(error) == "a b (in line 1; allowed: x y); did you mean 'z'?"
    assert str(pngroup.DataError("a", where="b", allowed="c", remedy="d.")) == "a (in b; allowed: c); d."
