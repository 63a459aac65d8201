"""Grouping in parts: however many parts and batches there are, the answers and counts are those of one piece."""

from __future__ import annotations

import datetime
import errno
import itertools
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from generated import TABLES, generate
from pngroup.engines import files
from pngroup.engines.files import group_in_parts
from pngroup.engines.splitting import part_of, part_path
from pngroup.errors import DataError, UsageError
from pngroup.frames import Stream
from routes import table

POPULATION = generate(80, seed=11)
# Rows of nobody, of somebody who is not there, and of a code that no condition knows.
STRAY = [
    {"person_id": person_id, "code": code, "system": "icd10", "date": POPULATION.as_at}
    for person_id, code in ((None, "I10"), (" ", "I10"), ("nobody", "I10"), ("000003", "Z99.8"), ("000004", "Z99.8"))
]


def with_text(values):
    """A column of text, also where no value of it is given."""
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def arrow_tables():
    rows = {name: getattr(POPULATION, name) for name in ("people", *TABLES)}
    rows["people"] = [*rows["people"], rows["people"][0]]
    rows["records"] = [*rows["records"], *STRAY]
    made = {
        name: pa.table({column: with_text(cells) for column, cells in table(name, each).items()})
        for name, each in rows.items()
    }
    n_people = made["people"].num_rows
    # A column of the caller's, the same in both rows of the person who is there twice.
    made["people"] = made["people"].append_column("ward", pa.array([i % (n_people - 1) for i in range(n_people)]))
    return made


GIVEN = arrow_tables()


@cache
def whole():
    """The answer of `group()` in one piece."""
    return pngroup.group(**GIVEN, as_at=POPULATION.as_at)


def stream_of(rows, n_rows):
    return Stream(
        names=tuple(rows.column_names),
        batches=lambda: iter([rows.slice(start, n_rows) for start in range(0, rows.num_rows, n_rows)]),
    )


def in_parts(work, *, n_parts, n_rows=500, given=GIVEN, **options):
    streams = {name: stream_of(rows, n_rows) for name, rows in given.items() if name != "people"}
    return group_in_parts(
        given["people"], streams, n_parts=n_parts, work=work, inputs="test", as_at=POPULATION.as_at, **options
    )


def joined(grouping, n_people=50):
    return pa.concat_tables(grouping.frames(n_people))


@settings(max_examples=3, deadline=None)
@given(
    n_parts=st.integers(1, 9),
    n_rows=st.integers(1, 2000),
    n_people=st.integers(1, 200),
    criteria=st.sampled_from(["integer", "columns"]),
)
def test_parts_give_the_rows_order_and_counts_of_one_piece(n_parts, n_rows, n_people, criteria, tmp_path_factory):
    """Any number of parts and any size of batches give the rows, order, types and quality counts of `group()`."""
    work = tmp_path_factory.mktemp("parts") / "work"
    grouping = in_parts(work, n_parts=n_parts, n_rows=n_rows, criteria=criteria)
    expected = whole()
    pieces = list(grouping.frames(n_people))
    assert [piece.num_rows for piece in pieces[:-1]] == [n_people] * (len(pieces) - 1)
    assert pa.concat_tables(pieces).equals(expected.to_frame(criteria=criteria))
    assert grouping.quality == expected.quality
    assert grouping.manifest == expected.manifest
    assert grouping.fingerprint == expected.fingerprint
    grouping.remove_work()
    assert not work.exists()


IDS = st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=30)


@given(ids=IDS, n_parts=st.integers(1, 512), start=st.integers(0, 5))
def test_an_id_of_text_is_in_one_part_in_whichever_type(ids, n_parts, start):
    """Text, large text, dictionaries and slices of columns send the same id to the same part; no id goes to part 0."""
    parts = part_of(pa.array(ids, pa.string()), n_parts)
    assert parts.max(initial=0) < n_parts
    assert all(part == 0 for part, each in zip(parts, ids, strict=True) if each is None)
    others = [
        pa.array(ids, pa.large_string()),
        pa.array(ids, pa.string()).dictionary_encode(),
        pa.array(["", "x"] * start + ids, pa.string())[2 * start :],
        pa.chunked_array([pa.array(ids[:start], pa.string()), pa.array(ids[start:], pa.string())]),
    ]
    assert all(part_of(other, n_parts).tolist() == parts.tolist() for other in others)


NUMBERS = st.one_of(st.none(), st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1))


@given(ids=st.lists(NUMBERS, max_size=30), n_parts=st.integers(1, 512))
def test_an_id_of_digits_is_in_one_part_in_whichever_type(ids, n_parts):
    """Whole numbers of any width, and floats that are whole numbers, send the same id to the same part."""
    parts = part_of(pa.array(ids, pa.int64()), n_parts)
    kinds = {pa.int32(): 31, pa.uint64(): 63, pa.float64(): 53, pa.decimal128(19): 63}
    for kind, n_bits in kinds.items():
        held = [each for each in ids if each is None or each < 2**n_bits]
        expected = [part for part, each in zip(parts.tolist(), ids, strict=True) if each is None or each < 2**n_bits]
        assert part_of(pa.array(held, pa.int64()).cast(kind), n_parts).tolist() == expected


def test_ids_are_spread_evenly():
    """Ids that follow one another fill parts evenly, as numbers and as text."""
    numbers = np.arange(9_000_000_000, 9_000_080_000)
    for ids in (pa.array(numbers), pa.array(numbers.astype(str))):
        n = np.bincount(part_of(ids, 64), minlength=64)
        assert abs(n - 1250).max() < 250


class StopError(Exception):
    """What ends a run early in a test."""


def stopping_at(part):
    def tell(n_done):
        if n_done == part:
            raise StopError

    return tell


def parts_grouped(monkeypatch):
    """A list to which each part that is grouped is added."""
    done = []
    real = files._group
    monkeypatch.setattr(files, "_group", lambda *given: done.append(given[3]) or real(*given))
    return done


def test_a_restart_continues_from_finished_parts(tmp_path, monkeypatch):
    """After an interruption a run with the same inputs groups only what is not finished, and gives the same result."""
    done = parts_grouped(monkeypatch)
    with pytest.raises(StopError):
        in_parts(tmp_path / "work", n_parts=6, tell=stopping_at(4))
    told = []
    grouping = in_parts(tmp_path / "work", n_parts=6, tell=told.append)
    assert done == [0, 1, 2, 3, 4, 5]
    assert told == [4, 5, 6]
    assert joined(grouping).equals(whole().to_frame())
    assert grouping.quality == whole().quality


def test_other_inputs_or_options_start_anew(tmp_path, monkeypatch):
    """Work on other inputs, and work with other options, is never taken for finished."""
    done = parts_grouped(monkeypatch)
    with in_parts(tmp_path / "work", n_parts=3):
        pass
    for change in ({"criteria": "columns"}, {"n_parts": 4}, {"columns": {"people": {"sex": "ward"}}}):
        done.clear()
        n_parts = change.get("n_parts", 3)
        with in_parts(tmp_path / "work", **{"n_parts": 3, **change}):
            pass
        assert done == list(range(n_parts))


@pytest.mark.parametrize("what", ["result", "records", "note", "gone"])
def test_a_damaged_part_is_done_again(what, tmp_path, monkeypatch):
    """A file of the work that was damaged or removed is made again, and the result is as if it had not been."""
    work = tmp_path / "work"
    with pytest.raises(StopError):
        in_parts(work, n_parts=4, tell=stopping_at(3))
    table = "records" if what == "records" else "result"
    damaged = work / "result-0001.json" if what == "note" else part_path(work, table, 1)
    if what == "gone":
        damaged.unlink()
    else:
        data = bytearray(damaged.read_bytes())
        data[len(data) // 2] ^= 255
        damaged.write_bytes(bytes(data[: len(data) // 2]) if what == "note" else data)
    done = parts_grouped(monkeypatch)
    grouping = in_parts(work, n_parts=4)
    assert done == ([3] if what == "records" else [1, 3])
    assert joined(grouping).equals(whole().to_frame())


def test_a_folder_with_other_files_is_refused(tmp_path):
    """A folder that holds something else is neither used nor emptied."""
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="other files"):
        in_parts(tmp_path, n_parts=2)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_two_runs_do_not_work_in_one_folder(tmp_path):
    """Until a run has read its result from a folder another one there is refused, and the first goes on."""
    pytest.importorskip("fcntl")

    def again(_n_done=0):
        with pytest.raises(UsageError, match="another run"):
            in_parts(tmp_path / "work", n_parts=2)

    with in_parts(tmp_path / "work", n_parts=2, tell=again) as grouping:
        pieces = grouping.frames(50)
        first = next(pieces)
        again()
        assert pa.concat_tables([first, *pieces]).equals(whole().to_frame())
        grouping.remove_work()
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("state", [b"", bytes(40), b'{"of": "'], ids=str)
def test_a_damaged_state_starts_anew(state, tmp_path):
    """After a power cut that left the state of the work empty or cut off, the folder is ours, and all is done again."""
    work = tmp_path / "work"
    with in_parts(work, n_parts=2):
        pass
    (work / "state.json").write_bytes(state)
    told = []
    with in_parts(work, n_parts=2, tell=told.append) as grouping:
        assert told == [0, 1, 2]
        assert joined(grouping).equals(whole().to_frame())


@pytest.mark.parametrize("state", ["", "{}", '{"of": 1, "more": 2}'])
def test_a_state_of_another_program_is_not_ours(state, tmp_path):
    """A folder in which another program keeps a file of the same name is neither used nor emptied."""
    (tmp_path / "state.json").write_text(state)
    (tmp_path / "config.json").write_text("x")
    with pytest.raises(UsageError, match="other files"):
        in_parts(tmp_path, n_parts=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "state.json"]


@pytest.mark.parametrize("n_files", [0, 2 * (len(GIVEN) - 1)], ids=["dividing", "grouping"])
def test_a_full_disk_is_one_sentence_and_can_be_continued(n_files, tmp_path, monkeypatch):
    """A disk that is full, while tables are divided or a part is written, is said so, without whole paths."""
    begun = itertools.count()

    def full(*given, **named):
        if next(begun) < n_files:
            return writer(*given, **named)
        raise OSError(errno.ENOSPC, f"error writing {tmp_path}")

    with monkeypatch.context() as patch:
        writer = pq.ParquetWriter
        patch.setattr(pq, "ParquetWriter", full)
        with pytest.raises(UsageError, match="No space left") as caught:
            in_parts(tmp_path / "work", n_parts=2)
    assert str(tmp_path) not in str(caught.value)
    with in_parts(tmp_path / "work", n_parts=2) as grouping:
        assert joined(grouping).equals(whole().to_frame())


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    """A file, and a place in a folder that does not exist, are refused; nothing is made."""
    (tmp_path / "file").write_text("x")
    for work, match in ((tmp_path / "file", "a file"), (tmp_path / "not" / "there", "does not exist")):
        with pytest.raises(UsageError, match=match):
            in_parts(work, n_parts=2)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def changed(name, **columns):
    rows = GIVEN[name]
    for column, cells in columns.items():
        rows = rows.set_column(rows.column_names.index(column), column, cells)
    return {**GIVEN, name: rows}


N_RECORDS = GIVEN["records"].num_rows
N_PEOPLE = GIVEN["people"].num_rows
WRONG = {
    "dates of another form": changed("records", date=pa.array(["31/12/2020"] * N_RECORDS)),
    "deaths of another form": changed("people", died_on=pa.array([None] * 20 + ["soon"] * (N_PEOPLE - 20))),
    "ids of another kind": changed("records", person_id=pa.array(range(N_RECORDS))),
    "people without id": changed("people", person_id=pa.array([None, *range(N_PEOPLE - 1)]).cast(pa.string())),
    "rows that disagree": changed("people", person_id=pa.array(["a"] * N_PEOPLE)),
    "a late fault of people": changed("people", ward=pa.array([*range(N_PEOPLE - 1), -1])),
    "no code": {**GIVEN, "records": GIVEN["records"].drop_columns("code")},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_one_piece_refuses_parts_refuse_in_the_same_words(case, tmp_path):
    """Data that `group()` refuses are refused in parts too, with the rows and numbers of the whole table."""
    given = WRONG[case]
    with pytest.raises(DataError) as expected:
        pngroup.group(**given, as_at=POPULATION.as_at)
    with pytest.raises(DataError) as caught:
        in_parts(tmp_path / "work", n_parts=7, given=given)
    # How a column of dates was written is shown by the first rows that were looked at.
    assert caught.value.where == expected.value.where
    assert caught.value.what.split(";")[0] == expected.value.what.split(";")[0]


def test_counts_of_one_part_are_called_so(tmp_path):
    """A fault that only a part can find is told with the numbers of that part, and says so."""
    last = N_RECORDS - 1
    given = changed(
        "records",
        code=pa.array([*GIVEN["records"]["code"].to_pylist()[:last], "1.23457E+17"]),
        system=pa.array([*GIVEN["records"]["system"].to_pylist()[:last], "snomed"]),
    )
    with pytest.raises(DataError, match="mangled") as caught:
        in_parts(tmp_path / "work", n_parts=2, n_rows=10, given=given)
    assert caught.value.where.endswith("as counted in a part of the rows")


def test_strict_counts_all_parts(tmp_path):
    """`strict` refuses with the counts of the whole, not with those of a part."""
    with pytest.raises(DataError) as expected:
        pngroup.group(**GIVEN, as_at=POPULATION.as_at, strict=True)
    with pytest.raises(DataError) as caught:
        in_parts(tmp_path / "work", n_parts=5, strict=True)
    assert str(caught.value) == str(expected.value)


def test_dates_that_few_can_be_read_are_counted_in_parts(tmp_path):
    """One readable date makes the others of its column counted rows, also in parts that have none."""
    given = changed("records", date=pa.array([*["31/12/2020"] * (N_RECORDS - 1), POPULATION.as_at.isoformat()]))
    expected = pngroup.group(**given, as_at=POPULATION.as_at)
    assert in_parts(tmp_path / "work", n_parts=4, given=given).quality == expected.quality


def test_an_empty_population_has_an_empty_result(tmp_path):
    """Nobody and no rows are no fault."""
    given = {name: rows.slice(0, 0) for name, rows in GIVEN.items()}
    grouping = in_parts(tmp_path / "work", n_parts=3, given=given)
    assert joined(grouping).num_rows == 0
    assert grouping.quality == pngroup.group(**given, as_at=POPULATION.as_at).quality


@pytest.mark.parametrize("n_parts", [0, 513])
def test_a_number_of_parts_that_cannot_be_is_refused(n_parts, tmp_path):
    """No part, and more parts than files can be open, are wrong usage."""
    with pytest.raises(UsageError, match="parts"):
        in_parts(tmp_path / "work", n_parts=n_parts)


def test_index_dates_are_taken_as_group_takes_them(tmp_path):
    """The index date may be a date or text."""
    streams = {"records": stream_of(GIVEN["records"], 500)}
    for as_at in (POPULATION.as_at, POPULATION.as_at.isoformat()):
        options = {"n_parts": 1, "work": tmp_path / "work", "inputs": "test", "as_at": as_at}
        with group_in_parts(GIVEN["people"], streams, **options) as made:
            assert datetime.date.fromisoformat(made.manifest["as_at"]) == POPULATION.as_at
