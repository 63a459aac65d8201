"""Columns in which many rows hold the same object are read by their distinct objects, and say the same."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import pngroup
from pngroup.frames import Flat, addresses, look
from pngroup.frames.addresses import number_by_address, shares_many_objects, shares_objects

OBJECTS = {
    "text": ["E11", "I10", "", " ", "a text that is longer than twelve bytes", None, float("nan"), pd.NA],
    "text alone": ["E11", "I10", "i10.x", "e11"],
    "whole numbers": [10**6 + 1, 10**12, 10**6 + 3, None],
    "wide numbers": [2**63 + 5, 7, 10**6],
    "fractions": [1.5, 2.25, float("nan"), None],
    "mixed": ["E11", 250, "E11", None],
    "dates": [datetime.date(2020, 1, 1), datetime.date(1999, 12, 31), None],
    "dates with times": [pd.Timestamp("2020-01-01T05:00").to_pydatetime(), pd.NaT],
    "truths": [True, False, None],
    "decimals": [Decimal(10), Decimal(12)],
    "lists": [["E11"], ["I10"]],
    "nothing": [None, float("nan"), pd.NA],
    "several kinds": ["E11", datetime.date(2020, 1, 1), 5],
}


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    monkeypatch.setattr(addresses, "_SAMPLE", 64)


def shared(objects, n=2000):
    distinct = np.fromiter(objects, dtype=object, count=len(objects))
    return distinct[np.random.default_rng(3).integers(0, len(objects), n)]


def said(raw):
    """What a column says, row by row."""
    if raw.kind in ("nested", "other"):
        return raw.kind, raw.native
    plain = raw.read()
    if isinstance(plain, Flat):
        rows = [
            None if gone else value for value, gone in zip(plain.values.tolist(), plain.missing.tolist(), strict=True)
        ]
    else:
        rows = [None if at < 0 else plain.values[at] for at in plain.index.tolist()]
    return raw.kind, rows


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("container", [np.asarray, lambda v: pd.Series(v, dtype=object)], ids=["array", "pandas"])
def test_shared_objects_say_what_own_ones_say(name, container, monkeypatch):
    """Of every kind of object, with missing ones among them."""
    rows = shared(OBJECTS[name])
    assert shares_objects(rows)
    found = look(container(rows))
    monkeypatch.setattr(addresses, "_LEAST_SHARED", 10**9)
    assert not shares_objects(rows)
    expected = look(container(rows))
    assert said(found) == said(expected)
    assert list(map(str, found.listed())) == list(map(str, expected.listed()))


def test_rows_have_their_own_objects_again():
    """Each row's object is found by its number, also where different objects are equal."""
    rows = shared(["E11", str(b"E11", "ascii"), 1, 1.0, True, None])
    distinct, index = number_by_address(rows)
    assert all(given is found for given, found in zip(rows, distinct[index], strict=True))


def test_objects_of_their_own_are_not_taken_for_shared():
    """A text a row, a column of nothing, and rows that lie apart in memory are looked at as they are."""
    own = np.array([str(number) for number in range(10**6, 10**6 + 3000)], dtype=object)
    assert not shares_objects(own)
    assert not shares_objects(np.zeros(0, dtype=object))
    assert not shares_objects(np.arange(3000))
    assert not shares_objects(np.stack([shared(["a"]), shared(["a"])], axis=1)[:, 0])
    assert not shares_many_objects(shared(["a", "b"]))


@pytest.mark.parametrize("container", [np.asarray, lambda v: pd.Series(v, dtype=object)], ids=["array", "pandas"])
def test_grouping_of_shared_objects_is_that_of_others(container):
    """Ids, codes and dates that are the same objects in many rows."""
    people = {"person_id": [f"p{number}" for number in range(40)], "age": [50] * 40, "sex": ["F"] * 40}
    rows = {
        "person_id": shared([*people["person_id"], None, " ", "nobody"]),
        "code": shared(["I50", "E11", "J45", "C34", "?", None]),
        "date": shared([datetime.date(2023, month, 1) for month in range(1, 13)]),
    }
    found = pngroup.group(people, {k: container(v) for k, v in rows.items()}, as_at="2024-03-31", system="icd10")
    lists = {name: values.tolist() for name, values in rows.items()}
    expected = pngroup.group(people, lists, as_at="2024-03-31", system="icd10")
    assert found.quality == expected.quality
    assert np.array_equal(found.answers.group, expected.answers.group)
