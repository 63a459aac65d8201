"""The synthetic practice in dataframes and files, and what it refuses."""

from __future__ import annotations

import csv
import sys

import pytest

import pngroup
from pngroup.errors import MissingExtraError, UsageError
from pngroup.synthetic import dataset, practice

TABLES = ("people", "records", "contacts", "medicines", "values")


@pytest.mark.parametrize("frame", ["pandas", "polars", "pyarrow"])
def test_frames_hold_the_same_data(frame):
    """Each kind of dataframe has the tables under the names that `group` takes, with the same people grouped alike."""
    pytest.importorskip(frame)
    small = practice(400, seed=5)
    frames = small.to(frame)
    assert list(frames) == list(TABLES)
    for name, one in frames.items():
        assert len(one) == len(getattr(small, name)["person_id"])
    arrays = {name: getattr(small, name) for name in TABLES}
    expected = pngroup.group(**arrays, as_at=small.as_at)
    got = pngroup.group(**frames, as_at=small.as_at)
    counts = {feed.name: (feed.n_rows, feed.n_used) for feed in expected.quality.feeds}
    assert {feed.name: (feed.n_rows, feed.n_used) for feed in got.quality.feeds} == counts
    groups = [
        [None if str(one) in {"nan", "<NA>", "None"} else int(str(one)) for one in grouping.to_frame()["need_group"]]
        for grouping in (expected, got)
    ]
    assert groups[0] == groups[1]
    assert len(set(groups[0])) > 5


def test_a_missing_library_is_said(monkeypatch, tmp_path):
    """Where a library is not installed, the error names it and how to install it."""
    for name in ("pandas", "polars", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingExtraError) as error:
            practice(5).to(name)
        assert name in error.value.what
        assert "pip install 'pngroup[" in error.value.remedy
    with pytest.raises(MissingExtraError):
        practice(5).write(tmp_path, "parquet")
    assert list(tmp_path.iterdir()) == []


def test_written_csv_holds_every_cell(tmp_path):
    """The CSV files hold every cell, missing ones empty, dates as ISO dates."""
    small = practice(300, seed=6, dirt=0.02)
    paths = small.write(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [f"{name}.csv" for name in TABLES]
    for path, name in zip(paths, TABLES, strict=True):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for column, cells in getattr(small, name).items():
            expected = ["" if one is None or str(one) == "nan" else str(one) for one in cells.tolist()]
            if cells.dtype.kind == "f":
                expected = [one.removesuffix(".0") for one in expected]
            assert [row[column] for row in rows] == expected


def test_written_parquet_holds_the_same(tmp_path):
    """Parquet files read back as the tables that pyarrow makes."""
    parquet = pytest.importorskip("pyarrow.parquet")
    small = practice(300, seed=6)
    for name, path in zip(TABLES, small.write(tmp_path, "parquet"), strict=True):
        assert parquet.read_table(path).equals(small.to("pyarrow")[name])


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    """A write that fails part way leaves no file behind and the files of an earlier write as they were."""
    small = practice(50)
    small.write(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real, calls = dataset._write_csv, []

    def full_disk(path, rows):
        calls.append(path)
        real(path, rows)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset, "_write_csv", full_disk)
    with pytest.raises(UsageError) as error:
        practice(60).write(tmp_path)
    assert "No space left on device" in error.value.what
    assert len(calls) == 3
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def interrupt(path, rows):
        real(path, rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(dataset, "_write_csv", interrupt)
    with pytest.raises(KeyboardInterrupt):
        practice(60).write(tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []


def test_a_file_is_no_folder(tmp_path):
    """Writing to where a file lies is one clear error, not a traceback of the operating system."""
    (tmp_path / "there").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError) as error:
        practice(5).write(tmp_path / "there")
    assert error.value.where == "argument folder"


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"n_people": 0}, "n_people"),
        ({"n_people": -5}, "n_people"),
        ({"n_people": 10.5}, "n_people"),
        ({"n_people": True}, "n_people"),
        ({"n_people": 10**9}, "n_people"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"years": 0}, "years"),
        ({"years": float("nan")}, "years"),
        ({"years": "ten"}, "years"),
        ({"dirt": 1}, "dirt"),
        ({"dirt": -0.1}, "dirt"),
        ({"dirt": None}, "dirt"),
        ({"as_at": "31/03/2026"}, "as_at"),
        ({"as_at": 2026}, "as_at"),
    ],
)
def test_bad_arguments_are_refused(arguments, where):
    """An argument out of range is an error that says which, what is allowed, and what to do."""
    with pytest.raises(UsageError) as error:
        practice(**{"n_people": 10, **arguments})
    assert error.value.where == f"argument {where}"
    assert error.value.allowed
    assert error.value.remedy


def test_unknown_kinds_are_refused(tmp_path):
    """An unknown kind of dataframe or format is refused with those that are known."""
    with pytest.raises(UsageError) as error:
        practice(5).to("excel")
    assert error.value.allowed == "pandas, polars, pyarrow"
    with pytest.raises(UsageError) as error:
        practice(5).write(tmp_path, "xlsx")
    assert error.value.allowed == "csv, parquet"
