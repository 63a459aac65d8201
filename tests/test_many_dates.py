"""Several index dates in one call: each date's answers are those of a call of its own."""

from __future__ import annotations

import datetime
import json

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

import pngroup
import routes
from command_line import AS_AT, GROUPS, practice, read_rows, run
from frame_kinds import KINDS
from generated import generate, people_strategy
from pngroup.frames import Stream, is_missing
from routes import FEEDS


def dated(population, days):
    """Generated people who can be grouped on several dates: those known by an age alone are left out."""
    return evolve(population, people=[each for each in population.people if each["age"] is None], as_at=days)


def days_around(day, shifts):
    return [day + datetime.timedelta(days=shift) for shift in shifts]


def comparable(grouping):
    """All that a grouping says: rows, quality, manifest."""
    frame = {name: list(values) for name, values in grouping.to_frame().items()}
    return frame, grouping.quality.to_dict(), grouping.manifest


@pytest.mark.parametrize("feeds", [FEEDS, ()], ids=["all feeds", "records only"])
@settings(max_examples=12)
@given(population=people_strategy(), shifts=st.lists(st.integers(-900, 200), min_size=1, max_size=3, unique=True))
def test_each_date_is_as_if_asked_alone(feeds, population, shifts):
    """Rows, quality counts and manifest of each of several dates are those of a call with that date alone."""
    days = days_around(population.as_at, shifts)
    together = routes.engine(dated(population, days), feeds)
    assert together.as_at == tuple(sorted(days))
    for day in days:
        alone = routes.engine(dated(population, day), feeds)
        assert comparable(together[day]) == comparable(alone)


def test_many_people_on_twelve_month_ends_are_as_if_asked_alone():
    """The same for three thousand people and the ends of twelve months, explanations included."""
    population = generate(3000, seed=8)
    days = [datetime.date(2024, month, 1) - datetime.timedelta(days=1) for month in range(1, 13)]
    together = routes.engine(dated(population, days), keep_records=True)
    for day in days[::5]:
        alone = routes.engine(dated(population, day), keep_records=True)
        assert comparable(together[day]) == comparable(alone)
        for person in together[day].people.ids.values[:40].tolist():
            if together[day].people.reason[together[day].people.ids.values.tolist().index(person)] < 0:
                assert str(together[day].explain(person)) == str(alone.explain(person))


@pytest.mark.parametrize("criteria", ["integer", "columns"])
def test_the_long_frame_is_ordered_by_date_then_person(criteria):
    """`to_frame()` of several dates has the rows of each date's frame below each other, the date in front."""
    people = pl.DataFrame(
        {"person_id": ["b", "a", "b"], "birth_date": ["1950-01-01", "2007-02-28", "1950-01-01"], "ward": [1, 2, 1]}
    )
    records = pl.DataFrame({"person_id": ["b", "b"], "code": ["I50.0", "F03"], "date": ["2024-01-15", "2024-02-20"]})
    days = ["2024-02-29", "2023-12-31", "2024-01-31"]
    groupings = pngroup.group(people, records, as_at=days, system="icd10")
    long = groupings.to_frame(criteria=criteria)
    expected = pl.concat(
        [each.to_frame(criteria=criteria).select(pl.lit(each.as_at).alias("as_at"), pl.all()) for each in groupings]
    )
    assert long.equals(expected)
    assert long["as_at"].to_list() == [datetime.date.fromisoformat(day) for day in sorted(days) for _ in range(2)]
    assert long["ward"].to_list() == [1, 2] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_long_frame_is_that_of_the_callers_library(kind):
    """Whatever the library of people, the long frame holds the rows of each date's frame, and the caller's columns."""
    people = KINDS[kind]({"person_id": ["b", "a"], "birth_date": ["1950-01-01", "2007-02-28"], "ward": [1, 2]})
    records = {"person_id": ["b", "b"], "code": ["I50.0", "F03"], "date": ["2024-01-15", "2024-02-20"]}
    groupings = pngroup.group(people, records, as_at=["2023-12-31", "2024-01-31"], system="icd10")
    long, *parts = (as_lists(frame) for frame in (groupings.to_frame(), *(each.to_frame() for each in groupings)))
    assert list(long) == ["as_at", *parts[0]]
    for name in parts[0]:
        assert long[name] == parts[0][name] + parts[1][name]


def as_lists(frame):
    """Any frame as a dictionary of lists, missing values as None."""
    if isinstance(frame, dict):
        return {name: [None if is_missing(value) else value for value in values] for name, values in frame.items()}
    frame = nw.from_native(frame, pass_through=True)
    frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return {name: frame.to_arrow().column(name).to_pylist() for name in frame.columns}


def test_people_known_by_an_age_alone_are_refused_on_several_dates():
    """An age is that of one day: with several index dates it says too little, and nothing is guessed."""
    people = {"person_id": ["a", "b"], "birth_date": ["1950", None], "age": [None, 40]}
    records = {"person_id": ["a"], "code": ["I10"], "date": ["2020-01-01"]}
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(people, records, as_at=["2024-01-31", "2024-02-29"], system="icd10")
    assert caught.value.what == "of 1 people only an age is known, which is that of one day"


@pytest.mark.parametrize(
    ("as_at", "what"),
    [([], "as_at names no date"), (["2024-01-31", datetime.date(2024, 1, 31)], "as_at names a date twice")],
)
def test_wrong_lists_of_dates_are_refused(as_at, what):
    """No date at all, or one twice, is a mistake of the caller."""
    with pytest.raises(pngroup.UsageError) as caught:
        pngroup.group({"person_id": ["a"], "age": [40]}, {"person_id": [], "code": [], "date": []}, as_at=as_at)
    assert caught.value.what == what


def test_strict_judges_several_dates_at_the_last():
    """A row after the first date and before the last is no fault of the data; one after the last is."""
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"]}
    records = {"person_id": ["a", "a"], "code": ["I50.0", "J06.9"], "date": ["2024-01-15", "2024-02-15"]}
    ask = {"system": "icd10", "strict": True}
    assert len(pngroup.group(people, records, as_at=["2024-01-31", "2024-02-29"], **ask)) == 2
    with pytest.raises(pngroup.DataError, match="dated after as_at"):
        pngroup.group(people, records, as_at=["2023-12-31", "2024-01-31"], **ask)


def test_dates_may_be_an_array():
    """Arrays of numpy and columns of dataframe libraries are lists of dates."""
    people = {"person_id": ["a"], "birth_date": ["1950-01-01"]}
    records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2024-01-15"]}
    days = np.array(["2023-12-31", "2024-01-31"], "datetime64[D]")
    groups = [list(each.counts().values()) for each in pngroup.group(people, records, as_at=days, system="icd10")]
    for same in (pd.DatetimeIndex(days), pd.Series(days), pl.Series(days)):
        assert pngroup.group(people, records, as_at=same, system="icd10").as_at == tuple(days.tolist())
    alone = [pngroup.group(people, records, as_at=day, system="icd10").counts() for day in days]
    assert groups == [list(each.values()) for each in alone]


@pytest.mark.parametrize("batch", [1, 7, 10_000])
def test_a_stream_gives_what_the_table_gives(batch):
    """Event tables that arrive in batches of any size give rows and counts of the whole table."""
    population = generate(300, seed=4)
    tables = {name: arrow(routes.table(name, getattr(population, name))) for name in ("records", *FEEDS)}
    people = routes.table("people", population.people)
    whole = pngroup.group(people, **tables, as_at=population.as_at)
    streams = {
        name: Stream(tuple(table.column_names), lambda table=table: iter(table.to_batches(max_chunksize=batch)))
        for name, table in tables.items()
    }
    if batch == 1:
        streams = {
            name: Stream(each.names, lambda name=name: iter(tables[name].slice(0, 60).to_batches(max_chunksize=1)))
            for name, each in streams.items()
        }
        whole = pngroup.group(
            people, **{name: table.slice(0, 60) for name, table in tables.items()}, as_at=population.as_at
        )
    parts = pngroup.group(people, **streams, as_at=population.as_at)
    assert comparable(parts) == comparable(whole)


def arrow(columns):
    """A mapping as an Arrow table of text, as files of text are read."""
    return pa.table(
        {
            name: pa.array([None if v is None else str(v) for v in values], pa.string())
            for name, values in columns.items()
        }
    )


def test_a_stream_whose_dates_cannot_be_read_is_refused_as_the_table_is():
    """A wrong date format is an error of the whole stream, not of the first batch."""
    table = arrow({"person_id": ["a"] * 4, "code": ["I10"] * 4, "date": ["31/01/2024"] * 4})
    stream = Stream(tuple(table.column_names), lambda: iter(table.to_batches(max_chunksize=2)))
    people = {"person_id": ["a"], "birth_date": ["1950"]}
    messages = []
    for records in (table, stream):
        with pytest.raises(pngroup.DataError) as caught:
            pngroup.group(people, records, as_at="2024-03-31", system="icd10")
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_the_command_takes_several_dates(tmp_path):
    """`--as-at` repeated gives the long frame, and quality report and manifest by date; parts are refused."""
    given = [*practice(tmp_path), "--as-at", "2025-06-30"]
    files = [tmp_path / name for name in ("g.csv", "q.json", "m.json")]
    done = run("group", *given, "--out", files[0], "--quality", files[1], "--manifest", files[2])
    assert done.exit_code == 0, done.stderr
    rows = read_rows(files[0])
    assert [row["as_at"] for row in rows] == ["2025-06-30"] * 4 + [AS_AT] * 4
    assert [int(row["need_group"]) for row in rows[4:]] == GROUPS
    alone = run("group", *practice(tmp_path), "--out", tmp_path / "a.csv", "--quality", tmp_path / "a.json")
    assert alone.exit_code == 0
    assert json.loads(files[1].read_text())[AS_AT] == json.loads((tmp_path / "a.json").read_text())
    assert list(json.loads(files[2].read_text())) == ["2025-06-30", AS_AT]
    refused = run("group", *given, "--out", tmp_path / "p.csv", "--partitions", 2)
    assert refused.exit_code == 2
    assert "2 index dates and 2 parts are asked for" in refused.stderr
    assert not (tmp_path / "p.csv").exists()


def test_frames_are_the_frame_in_parts():
    """`frames(n)` gives `to_frame()` in consecutive parts of n people."""
    population = generate(101, seed=3)
    people = pl.DataFrame(routes.table("people", population.people), infer_schema_length=None)
    grouping = pngroup.group(people, routes.table("records", population.records), as_at=population.as_at)
    assert pl.concat(list(grouping.frames(10))).equals(grouping.to_frame())
    assert [part.height for part in grouping.frames(50)] == [50, 50, 1]
    dated_people = people.filter(pl.col("age").is_null())
    days = [population.as_at, population.as_at - datetime.timedelta(days=90)]
    several = pngroup.group(dated_people, routes.table("records", population.records), as_at=days)
    assert pl.concat(list(several.frames(10))).equals(several.to_frame())
