"""Faulty rows are counted and reported, or refused under strict; empty, wide and single-person tables work."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pngroup
from faults import AS_AT, CONTACTS, IDS, MEDICINES, PEOPLE, RECORDS, VALUES, changed, check, fault, group
from pngroup import DataError

# What is wrong with single rows: the table, the change, the reason in `quality`, and the words of the report.
COUNTED = {
    "person_missing": ("records", {"person_id": [IDS[0], None]}, "no person_id"),
    "person_unknown": ("contacts", {"person_id": [IDS[0], "ZZTOP-000124-nobody"]}, "the person is not in people"),
    "system_missing": ("records", {"system": ["icd10", None]}, "no code system"),
    "system_unknown": ("records", {"system": ["icd10", "icd11"]}, "unknown code system"),
    "system_not_grouped": ("records", {"system": ["icd10", "ctv3"]}, "a code system that is not grouped"),
    "code_missing": ("records", {"code": ["I10", "-"]}, "no code"),
    "code_unreadable": ("records", {"code": ["I10", "I1O"]}, "unreadable code"),
    "value_missing": ("values", {"value": [5, None]}, "no number as value"),
    "value_out_of_range": ("values", {"value": [5, 10]}, "a value or unit outside what is allowed"),
    "date_missing": ("records", {"date": ["2026-01-10", None]}, "no date"),
    "date_unreadable": ("medicines", {"date": ["2026-01-10", "2026-02-30"]}, "unreadable date"),
    "after_as_at": ("records", {"date": ["2026-01-10", "2026-04-01"]}, "dated after as_at"),
    "before_birth": ("records", {"date": ["1949-12-31", "2026-02-01"]}, "dated before the earliest possible day"),
    "after_death": ("people", {"died_on": [None, "2026-01-31"]}, "dated after death"),
    "setting_unknown": ("contacts", {"setting": ["inpatient", "moon base"]}, "unknown setting"),
    "status_unknown": ("records", {"status": ["final", "perhaps not"]}, "unknown status"),
    "sex_unknown_word": ("people", {"sex": ["F", "?!"]}, "unknown word for sex"),
    "birth_date_unreadable": ("people", {"birth_date": ["1950-01-01", "30/06/1990"]}, "unreadable birth date"),
    "age_unreadable": ("people", {"birth_date": ["1950-01-01", None], "age": [None, "old"]}, "unreadable age"),
    "age_out_of_range": ("people", {"birth_date": ["1950-01-01", "1800-01-01"]}, "age below 0 or above 125"),
    "registration_unreadable": ("people", {"registered_from": ["2020-01-01", "soon"]}, "unreadable registration date"),
    "death_unreadable": ("people", {"died_on": ["2030-01-01", "never"]}, "unreadable date of death"),
    "duplicate_people": ("people", {name: [*v, v[0]] for name, v in PEOPLE.items()}, "identical duplicate rows"),
}
ALL = {"people": PEOPLE, "records": RECORDS, "contacts": CONTACTS, "medicines": MEDICINES, "values": VALUES}


def tables_with(table, columns):
    return {**ALL, table: changed(ALL[table], **columns)}


@pytest.mark.parametrize("fault_name", COUNTED)
def test_faults_of_rows_are_counted_and_strict_refuses_them(fault_name):
    """A faulty row is counted under its reason and named in the report; under strict it is an error that says so."""
    table, columns, words = COUNTED[fault_name]
    tables = tables_with(table, columns)
    quality = group(**tables).quality
    told = [report.name for report in quality.feeds if report.faults.get(fault_name)]
    assert told
    assert table in told or fault_name == "after_death"
    assert words in str(quality)
    check(
        fault(
            fault_name,
            lambda: group(**tables, strict=True),
            DataError,
            what=("strict was asked for", words, f"{told[0]}: "),
            where="the tables named",
            allowed="no such rows under strict",
            remedy=("correct the rows", "leave strict out"),
        ).values[0]
    )


def test_strict_refuses_no_row_that_says_itself_that_it_does_not_count():
    """Rows entered in error, refuted, suspected or not done, and values of nothing we ask, are no faults."""
    status = ["entered-in-error", "refuted", "provisional", "not-done"]
    records = {name: [*values, *values] for name, values in RECORDS.items()} | {"status": status}
    values = changed(VALUES, code=["763264000", "271649006"])
    grouping = group(records=records, values=values, strict=True)
    not_used = grouping.quality.feed("records").not_used
    assert {word: not_used[word] for word in ("entered_in_error", "refuted", "suspected", "not_done")} == {
        "entered_in_error": 1, "refuted": 1, "suspected": 1, "not_done": 1,
    }  # fmt: skip
    assert grouping.quality.feed("values").not_used == {"value_of_nothing": 1}


def test_strict_names_every_fault_at_once():
    """Under strict all kinds of faults are told together, with counts, so that one run finds them all."""
    tables = dict(ALL)
    for name in ("system_unknown", "setting_unknown", "value_out_of_range", "sex_unknown_word"):
        table, columns, _ = COUNTED[name]
        tables[table] = changed(tables[table], **columns)
    with pytest.raises(DataError) as caught:
        group(**tables, strict=True)
    for words in ("records: 1 ", "unknown code system", "contacts: 1 ", "values: 1 ", "people: 1 "):
        assert words in caught.value.what


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame], ids=["lists", "pandas", "polars"])
def test_a_column_of_truths_may_say_who_is_excluded(make):
    """excluded_reason may be true and false in place of a reason: true is left out, false and missing are not."""
    people = make({"person_id": [*IDS, "ZZTOP-000125"], "age": [50, 50, 50], "excluded_reason": [True, False, None]})
    assert group(people).answers.group[group(people).people.reason < 0].size == 2
    assert group(people).quality.n_without_group["excluded"] == 1


EMPTY = {
    "lists": lambda names: {name: [] for name in names},
    "arrays": lambda names: {name: np.array([]) for name in names},
    "pandas": lambda names: pd.DataFrame(columns=list(names)),
    "polars": lambda names: pl.DataFrame(schema=dict.fromkeys(names, pl.String)),
    "polars nulls": lambda names: pl.DataFrame(schema=dict.fromkeys(names, pl.Null)),
    "polars lazy": lambda names: pl.LazyFrame(schema=dict.fromkeys(names, pl.Int64)),
    "arrow": lambda names: pa.table({name: pa.array([], pa.string()) for name in names}),
}


@pytest.mark.parametrize("make", EMPTY.values(), ids=EMPTY)
def test_empty_tables_work(make):
    """A table without rows is a table, in each library: nobody to group, or nothing recorded of anybody."""
    nobody = group(make(PEOPLE), make(RECORDS))
    assert len(nobody) == 0
    assert nobody.quality.n_people == 0
    assert sum(nobody.counts().values()) == 0
    found = nobody.to_frame()
    found = found.collect() if isinstance(found, pl.LazyFrame) else found
    assert {len(found[name]) for name in ("person_id", "need_group", "rag", "reason")} == {0}

    empty = {name: make(table) for name, table in ALL.items() if name != "people"}
    grouping = group(PEOPLE, **empty)
    assert grouping.counts()[1] == 2
    assert [report.n_rows for report in grouping.quality.feeds] == [2, 0, 0, 0, 0]
    # Nobody in people, somebody in the other tables: each of their rows is counted.
    strangers = group(make(PEOPLE), RECORDS)
    assert strangers.quality.feed("records").not_used == {"person_unknown": 2}


def test_an_empty_table_of_contacts_is_a_table():
    """Without a contacts table a record makes a person known to services; with an empty one nothing does."""
    records = changed(RECORDS, code=["J00", "J00"])
    assert group(records=records).counts()[3] == 2
    assert group(records=records, contacts=EMPTY["lists"](CONTACTS)).counts()[1] == 2


def wide(table, make):
    more = {f"column {i}": [0, 1] for i in range(100_000)}
    return make({**more, **table})


@pytest.mark.parametrize(
    "make", [dict, pd.DataFrame, pl.DataFrame, pa.table], ids=["lists", "pandas", "polars", "arrow"]
)
def test_a_hundred_thousand_columns_work(make):
    """A table may be as wide as it likes: what nobody asked for passes through or is left alone, within seconds."""
    people, records = wide(PEOPLE, make), wide(RECORDS, make)
    start = time.perf_counter()
    grouping = group(people, records)
    assert grouping.counts() == group().counts()
    result = grouping.to_frame()
    assert len(result if isinstance(result, dict) else result.columns) > 100_000
    assert time.perf_counter() - start < 30


def test_a_hundred_thousand_columns_are_told_shortly():
    """A column missed among 100,000 is told in one short sentence and at once; the others are not listed."""
    rows = wide(changed(RECORDS, without="code"), dict)
    start = time.perf_counter()
    error = check(
        fault(
            "wide",
            lambda: group(records=rows),
            DataError,
            what="no column 'code'",
            where="records, 100,003 columns",
            allowed="code",
            remedy="columns=",
        ).values[0]
    )
    assert len(str(error)) < 400
    assert time.perf_counter() - start < 10


def test_one_person_is_explained_as_in_the_whole_table():
    """A value that a whole table only counts is counted for one person too: explain() says what group() says."""
    people = changed(PEOPLE, birth_date=["1950-01-01", "unknown"], sex=["F", "?!"])
    records = changed(RECORDS, date=["2026-01-10", "31/02/2026"])
    grouping = pngroup.group(people, records, as_at=AS_AT, keep_records=True)
    for person in IDS:
        alone = pngroup.explain(person, people, records, as_at=AS_AT)
        assert str(alone) == str(grouping.explain(person))
    assert grouping.explain(IDS[1]).reason == "age_unknown"
