"""Spark: the same answers and the same report as `group()`, however rows are spread over partitions."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

import pngroup
from faults import check_error, leaks
from generated import TABLES, generate
from local_spark import TIME_ZONE, spark_table
from pngroup.engines import spark as on_spark
from pngroup.engines.spark.kernel import Kernel, software, whole_keys
from routes import COLUMNS, FEEDS, table

pytestmark = [
    pytest.mark.spark,
    # Said at each call where pandas 3 is installed; no pandas frame is made here.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]
AS_AT = "2026-03-31"
LONDON = ZoneInfo(TIME_ZONE)
TYPES = {"age": "int", "value": "double"}
STRANGERS = ("not in people", "", None)


def dirty(n: int, seed: int) -> tuple[dict[str, dict[str, list]], datetime.date]:
    """Generated tables with rows of nobody, repeated rows, and one person who has most of the records."""
    population = generate(n, seed)
    rng = np.random.default_rng(seed)
    rows = {"people": list(population.people), **{name: list(getattr(population, name)) for name in TABLES}}
    for name in TABLES:
        few = rng.choice(len(rows[name]), size=min(40, len(rows[name])), replace=False)
        rows[name] += [{**rows[name][i], "person_id": STRANGERS[i % len(STRANGERS)]} for i in few]
    busy = rows["people"][3]["person_id"]
    rows["records"] += [{**rows["records"][i % 50], "person_id": busy} for i in range(len(rows["records"]))]
    rows["records"] += [{**rows["records"][0], "system": "martian"}, {**rows["records"][1], "date": "31/31/2020"}]
    rows["people"] += [dict(row) for row in rows["people"][:3]]
    tables = {name: table(name, each) for name, each in rows.items()}
    tables["people"]["ward"] = [f"ward {row['person_id'][-1]}" for row in rows["people"]]
    return tables, population.as_at


def arrow_tables(tables: Mapping[str, Mapping[str, list]]) -> dict[str, pa.Table]:
    kinds = {"age": pa.int32(), "value": pa.float64()}
    return {
        name: pa.table({column: pa.array(each, kinds.get(column, pa.string())) for column, each in columns.items()})
        for name, columns in tables.items()
    }


def spark_tables(session: Any, tables: Mapping[str, Mapping[str, list]]) -> dict[str, Any]:
    found = {}
    for name, columns in tables.items():
        given = {label: list(map(as_float, each)) if label == "value" else each for label, each in columns.items()}
        found[name] = spark_table(session, given, TYPES).repartition(3)
    return found


def as_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """The rows of a Spark or Arrow table in the order of their persons."""
    rows = frame.to_pylist() if isinstance(frame, pa.Table) else [row.asDict() for row in frame.collect()]
    return sorted(rows, key=lambda row: (row.get("as_at") or datetime.date.min, row["person_id"]))


def in_small_pieces(monkeypatch: pytest.MonkeyPatch, rows_at_a_time: int) -> None:
    monkeypatch.setattr(on_spark.grouping, "Kernel", partial(Kernel, rows_at_a_time=rows_at_a_time))


@pytest.mark.parametrize("feeds", [FEEDS, ()], ids=["all tables", "records alone"])
def test_spark_gives_the_answers_and_the_report_of_group(spark_session, feeds, monkeypatch):
    """Each row, each number of the report and the manifest are those of `group()`, whoever has most of the rows."""
    tables, as_at = dirty(500, seed=len(feeds))
    given = {name: tables[name] for name in ("people", "records", *feeds)}
    in_arrow, in_spark = arrow_tables(given), spark_tables(spark_session, given)
    expected = pngroup.group(in_arrow.pop("people"), in_arrow.pop("records"), as_at=as_at, **in_arrow)
    in_small_pieces(monkeypatch, 700)
    grouping = on_spark.group(in_spark.pop("people"), in_spark.pop("records"), as_at=as_at, **in_spark)
    frame = grouping.frame
    assert frame.columns == expected.to_frame().column_names
    assert rows_of(frame) == rows_of(expected.to_frame())
    assert grouping.quality() == expected.quality
    assert str(grouping.quality()) == str(expected.quality)
    assert grouping.manifest() == expected.manifest
    assert grouping.fingerprint == expected.fingerprint
    assert json.loads(json.dumps(grouping.manifest())) == expected.manifest


def test_columns_keep_their_types(spark_session):
    """Ids of any width match; dates and timestamps are read; the caller's other columns come back as they were."""
    people = spark_table(
        spark_session,
        {
            "nhs_no": [1, 2, 3],
            "Person_ID": ["x", "y", "z"],
            "birth_date": [datetime.date(1940, 5, 2), datetime.date(1990, 1, 1), None],
            "a.b": [[1, 2], None, []],
            "share": [Decimal("0.10"), None, Decimal("9.99")],
            "seen": [datetime.datetime(2026, 7, 1, 0, 30, tzinfo=LONDON), None, None],
            "more": [{"k": 1}, None, {}],
        },
        {
            "nhs_no": "int",
            "birth_date": "date",
            "a.b": "array<int>",
            "share": "decimal(3,2)",
            "seen": "timestamp",
            "more": "map<string,int>",
        },
    )
    records = spark_table(
        spark_session,
        {
            "person_id": [1, 1, 2],
            "code": [84114007, 195967001, 195967001],
            "date": [
                datetime.datetime(2026, 3, 31, 23, 30, tzinfo=LONDON),
                datetime.datetime(2026, 4, 1, 0, 30, tzinfo=LONDON),
                None,
            ],
            "free text": ["a", "b", "c"],
        },
        {"person_id": "bigint", "code": "bigint", "date": "timestamp"},
    )
    columns = {"people": {"person_id": "nhs_no"}}
    with pytest.raises(pngroup.DataError, match="person_id"):
        on_spark.group(people.withColumnRenamed("nhs_no", "person_id"), records.drop("person_id"), as_at=AS_AT)
    grouping = on_spark.group(people, records, as_at=AS_AT, system="snomed", columns=columns)
    frame = grouping.frame
    assert dict(frame.dtypes) == {
        "person_id": "int",
        **dict.fromkeys(frame.columns[1:], "bigint"),
        **dict.fromkeys(("need_group_name", "need_tier", "rag", "reason", "Person_ID"), "string"),
        **{name: kind for name, kind in frame.dtypes if kind == "boolean"},
        **{name: kind for name, kind in people.dtypes if name in ("a.b", "share", "seen", "more")},
    }
    assert [name for name, kind in frame.dtypes if kind == "boolean"] == list(FLAGS)
    found = {row[0]: row for row in frame.collect()}
    given = {row[0]: row for row in people.collect()}
    assert {person: row["need_group"] for person, row in found.items()} == {1: 9, 2: 1, 3: None}
    assert found[3]["reason"] == "age_unknown"
    for name in ("Person_ID", "a.b", "share", "seen", "more"):
        assert {person: row[name] for person, row in found.items()} == {p: row[name] for p, row in given.items()}
    report = grouping.quality().feed("records")
    assert dict(report.not_used) == {"date_missing": 1, "after_as_at": 1}
    assert grouping.quality().feed("people").columns_not_read == ()


def test_several_dates_are_one_block_each(spark_session):
    """A list of dates gives each person's row of each date, and a report and a manifest for each."""
    tables, as_at = dirty(80, seed=4)
    given = {name: tables[name] for name in ("people", "records", "values")}
    # On several dates nobody can be known by an age alone.
    given["people"]["age"] = [None] * len(given["people"]["age"])
    days = [as_at, as_at - datetime.timedelta(days=200)]
    in_arrow, in_spark = arrow_tables(given), spark_tables(spark_session, given)
    expected = pngroup.group(in_arrow["people"], in_arrow["records"], values=in_arrow["values"], as_at=days)
    grouping = on_spark.group(in_spark["people"], in_spark["records"], values=in_spark["values"], as_at=days)
    assert grouping.frame.columns == expected.to_frame().column_names
    assert rows_of(grouping.frame) == rows_of(expected.to_frame())
    for each in expected:
        assert grouping.quality(each.as_at) == each.quality
        assert grouping.manifest(each.as_at.isoformat()) == each.manifest
    for day, words in ((None, "several"), ("1999-12-31", "1999-12-31")):
        with pytest.raises(pngroup.UsageError, match=words) as found:
            grouping.quality(day)
        check_error(found.value)


PEOPLE = {"person_id": ["ZZTOP-000123", "ZZTOP-000124"], "birth_date": ["1950-01-01", "1990-06-30"], "sex": ["F", "M"]}
RECORDS = {
    "person_id": ["ZZTOP-000123", "ZZTOP-000124"],
    "code": ["I10", "E119"],
    "system": ["icd10", "icd10"],
    "date": ["2026-01-10", "2026-02-01"],
}
FLAGS = tuple(pngroup.group(PEOPLE, RECORDS, as_at=AS_AT).flags())


def changed(given: Mapping[str, list], without: str = "", **columns: list) -> dict[str, list]:
    return {name: values for name, values in {**given, **columns}.items() if name != without}


AT_ONCE = {
    "no such column": (PEOPLE, changed(RECORDS, without="code"), {}),
    "a name of the result": (changed(PEOPLE, rag=["x", "y"]), RECORDS, {}),
    "neither birth date nor age": (changed(PEOPLE, without="birth_date"), RECORDS, {}),
    "system given twice": (PEOPLE, RECORDS, {"system": "icd10"}),
    "no system": (PEOPLE, changed(RECORDS, without="system"), {}),
    "unknown system": (PEOPLE, changed(RECORDS, without="system"), {"system": "icd12"}),
    "no such model": (PEOPLE, RECORDS, {"model": "need-group"}),
    "no date": (PEOPLE, RECORDS, {"as_at": "31/03/2026"}),
    "columns of no table": (PEOPLE, RECORDS, {"columns": {"record": {}}}),
    "no record has a date": (PEOPLE, changed(RECORDS, date=["10/01/2026", "01/02/2026"]), {}),
    "no birth date is one": (changed(PEOPLE, birth_date=["02.05.50", ""]), RECORDS, {}),
    "no death is a date": (changed(PEOPLE, died_on=[None, "02/05/1999"]), RECORDS, {}),
    "another format": (PEOPLE, RECORDS, {"date_format": "%d/%m/%Y"}),
    "no format": (PEOPLE, RECORDS, {"date_format": "%Q"}),
}


@pytest.mark.parametrize("case", AT_ONCE)
def test_what_can_be_seen_at_once_is_an_error_at_once(spark_session, case):
    """Wrong arguments, columns and formats are the errors of `group()`, word for word, before anything is grouped."""
    people, records, options = AT_ONCE[case]
    options = {"as_at": AS_AT, **options}
    with pytest.raises(pngroup.PngroupError) as expected:
        pngroup.group(pa.table(people), pa.table(records), **options).to_frame()
    with pytest.raises(type(expected.value)) as found:
        on_spark.group(spark_table(spark_session, people), spark_table(spark_session, records), **options)
    assert str(found.value) == str(expected.value)
    check_error(found.value)


def test_ids_of_two_kinds_are_an_error_at_once(spark_session):
    """Text here and numbers there never match: that is the error of `group()` and no silent lack of records."""
    numbers = changed(RECORDS, person_id=[1, 2])
    with pytest.raises(pngroup.DataError) as expected:
        pngroup.group(pa.table(PEOPLE), pa.table(numbers), as_at=AS_AT)
    with pytest.raises(pngroup.DataError) as found:
        on_spark.group(
            spark_table(spark_session, PEOPLE),
            spark_table(spark_session, numbers, {"person_id": "bigint"}),
            as_at=AS_AT,
        )
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize(
    ("name", "value"), [("people", PEOPLE), ("records", None), ("contacts", pa.table(PEOPLE)), ("n_partitions", 0)]
)
def test_what_is_no_spark_table_is_refused(spark_session, name, value):
    """A table of another library, or none, and a number of partitions that is none, are usage errors."""
    given = {"people": spark_table(spark_session, PEOPLE), "records": spark_table(spark_session, RECORDS), name: value}
    with pytest.raises(pngroup.UsageError, match=name) as found:
        on_spark.group(given.pop("people"), given.pop("records"), as_at=AS_AT, **given)
    check_error(found.value)


def test_one_date_among_text_is_enough(spark_session):
    """A column is an error only where no value at all is a date, be the readable one behind a thousand others."""
    n = 1_500
    records = {
        "person_id": ["ZZTOP-000123"] * n,
        "code": ["I10"] * n,
        "date": [*(f"{i % 28 + 1}/1/2026" for i in range(n - 1)), "2026-01-10"],
    }
    grouping = on_spark.group(
        spark_table(spark_session, PEOPLE), spark_table(spark_session, records).coalesce(1), as_at=AS_AT, system="icd10"
    )
    report = grouping.quality().feed("records")
    assert (report.n_used, dict(report.not_used)) == (1, {"date_unreadable": n - 1})


def test_strict_counts_over_all_partitions(spark_session):
    """`strict` refuses at once, in the words of `group()`, with the counts of the whole."""
    tables, as_at = dirty(120, seed=5)
    given = {name: tables[name] for name in ("people", "records")}
    given["people"]["Died_On"] = [None] * len(given["people"]["person_id"])
    with pytest.raises(pngroup.DataError) as expected:
        pngroup.group(*arrow_tables(given).values(), as_at=as_at, strict=True)
    with pytest.raises(pngroup.DataError) as found:
        on_spark.group(*spark_tables(spark_session, given).values(), as_at=as_at, strict=True, n_partitions=7)
    assert str(found.value) == str(expected.value)
    grouping = on_spark.group(
        spark_table(spark_session, PEOPLE), spark_table(spark_session, RECORDS), as_at=AS_AT, strict=True
    )
    assert grouping.manifest()["strict"] is True


IN_ROWS = {
    "mangled": (PEOPLE, changed(RECORDS, code=["1.26952E+16", "38341003"], system=["snomed"] * 2), "were mangled"),
    "disagreeing": (changed(PEOPLE, person_id=["ZZTOP-000123"] * 2), RECORDS, "rows of the same person disagree"),
    "without id": (changed(PEOPLE, person_id=["ZZTOP-000123", None]), RECORDS, "1 of "),
}


@pytest.mark.parametrize("case", IN_ROWS)
def test_what_is_an_error_of_rows_is_an_error_of_the_report(spark_session, case):
    """What `group()` refuses for single rows is the same error here, which says that its counts are of a part."""
    people, records, words = IN_ROWS[case]
    with pytest.raises(pngroup.DataError, match=words) as expected:
        pngroup.group(pa.table(people), pa.table(records), as_at=AS_AT)
    grouping = on_spark.group(
        spark_table(spark_session, people), spark_table(spark_session, records), as_at=AS_AT, n_partitions=2
    )
    with pytest.raises(pngroup.DataError, match=words) as found:
        grouping.quality()
    assert found.value.remedy == expected.value.remedy
    assert found.value.where.endswith(", as counted in a part of the rows")
    check_error(found.value)


def test_no_answer_comes_from_data_that_group_refuses(spark_session):
    """A job on the answers ends with the sentence of the error, and the report over kept rows is that error."""
    from pyspark.errors import PySparkException

    people, records, words = IN_ROWS["mangled"]
    grouping = on_spark.group(spark_table(spark_session, people), spark_table(spark_session, records), as_at=AS_AT)
    with pytest.raises(PySparkException, match=words) as ended:
        grouping.frame.collect()
    assert not leaks(str(ended.value))
    with pytest.raises(pngroup.DataError, match=words) as found:
        grouping.keep(lambda rows: rows.persist()).quality()
    check_error(found.value)


def test_answers_and_report_can_be_computed_once(spark_session):
    """Over kept rows the answers and the report are the same and come from what was stored."""
    tables, as_at = dirty(60, seed=2)
    given = {name: tables[name] for name in ("people", "records")}
    grouping = on_spark.group(*spark_tables(spark_session, given).values(), as_at=as_at)

    def store(rows: Any) -> Any:
        rows.write.format("parquet").saveAsTable("kept")
        return spark_session.table("kept")

    kept = grouping.keep(store)
    assert rows_of(kept.frame) == rows_of(pngroup.group(*arrow_tables(given).values(), as_at=as_at).to_frame())
    assert kept.quality() == pngroup.group(*arrow_tables(given).values(), as_at=as_at).quality
    spark_session.sql("drop table kept")
    with pytest.raises(Exception, match="kept"):
        kept.frame.collect()


def test_a_catalogue_of_ones_own_goes_to_the_workers(spark_session, tmp_path):
    """An overlay, a model and a scheme given as files are read here and used there."""
    overlay = tmp_path / "ours.toml"
    overlay.write_text(OVERLAY, encoding="utf-8")
    records = changed(RECORDS, code=["Z99.8", "J06.9"])
    expected = pngroup.group(
        pa.table(PEOPLE), pa.table(records), as_at=AS_AT, catalogue=overlay, scheme="medium-orange"
    )
    grouping = on_spark.group(
        spark_table(spark_session, PEOPLE), spark_table(spark_session, records), as_at=AS_AT, catalogue=overlay,
        scheme="medium-orange",
    )  # fmt: skip
    assert rows_of(grouping.frame) == rows_of(expected.to_frame())
    assert expected.to_frame()["n_ltc"].to_pylist() == [1, 0]
    assert grouping.fingerprint == expected.fingerprint


OVERLAY = """
[overlay]
name = "ours"
edition = "2026-04"
base = "core"

[[codes]]
action = "add"
system = "icd10"
code = "Z99.8"
condition = "heart_failure"
because = "Our hospitals write it so."
"""


def test_tables_without_rows_are_tables(spark_session):
    """No people, or no records, is an answer and a report, and given tables count as given."""
    none = {name: {column: [] for column in columns} for name, columns in COLUMNS.items()}
    in_spark = {name: spark_table(spark_session, columns, TYPES) for name, columns in none.items()}
    grouping = on_spark.group(in_spark["people"], in_spark["records"], as_at=AS_AT, contacts=in_spark["contacts"])
    assert grouping.frame.collect() == []
    report = grouping.quality()
    assert (report.n_people, [feed.name for feed in report.feeds]) == (0, ["people", "records", "contacts"])
    people = spark_table(spark_session, PEOPLE)
    grouping = on_spark.group(people, in_spark["records"], as_at=AS_AT, contacts=in_spark["contacts"])
    assert [row["need_group"] for row in rows_of(grouping.frame)] == [1, 1]


# --- without Spark ---


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=8), st.integers(1, 30))
def test_no_person_is_cut_in_two(batches, n_rows):
    """Whatever the sizes of batches and persons, the pieces hold all rows in order, and each person stands in one."""
    keys = iter(sorted(key for batch in batches for key in batch))
    ordered = [[next(keys) for _ in batch] for batch in batches]
    given = [pa.RecordBatch.from_arrays([pa.array(each, pa.int64())], names=["key"]) for each in ordered]
    pieces = [[key for batch in piece for key in batch.column(0).to_pylist()] for piece in whole_keys(given, n_rows)]
    assert [key for piece in pieces for key in piece] == [key for batch in ordered for key in batch]
    assert sum(len(set(piece)) for piece in pieces) == len({key for piece in pieces for key in piece})
    assert all(pieces)


def test_workers_with_another_pngroup_are_refused():
    """Driver and workers of different versions could answer differently: that is an error and no answer."""
    batch = pa.RecordBatch.from_pylist([{"key": 1, "people": {"c0": "a"}, "records": None}])
    kernel = Kernel(labels={"people": ("person_id",), "records": ("person_id",)}, options=b"", software="pngroup 1999")
    with pytest.raises(pngroup.UsageError, match="pngroup 1999") as found:
        list(kernel.answers([batch]))
    assert software() in found.value.what
    check_error(found.value)
