"""The quality report: what it shows, and that reports of parts of a population add up to the report of the whole."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest

import pngroup
from generated import TABLES, generate
from pngroup.frames import Part
from pngroup.quality import combine, from_counts, to_counts
from routes import FEEDS, table

N_PEOPLE = 600
#: Rows of people who are in no part, and rows without person.
STRANGERS = ("not in people", "nor this one", "", " ", None)


def dirty(seed: int) -> tuple[dict[str, list], object]:
    """Generated people with rows of nobody, unknown words, and many codes that no condition knows."""
    population = generate(N_PEOPLE, seed)
    rng = np.random.default_rng(seed)
    rows = {"people": list(population.people), **{name: list(getattr(population, name)) for name in TABLES}}
    for name in TABLES:
        few = rng.choice(len(rows[name]), size=min(60, len(rows[name])), replace=False)
        rows[name] += [{**rows[name][i], "person_id": STRANGERS[i % len(STRANGERS)]} for i in few]
    for i in rng.choice(len(rows["records"]), size=200):
        rows["records"].append(
            {**rows["records"][i], "code": f"R{10 + i % 60}", "system": ("icd10", "icd-10", "martian", None)[i % 4]}
        )
    rows["people"] += [dict(row) for row in rows["people"][:7]]
    rows["people"][20] = {**rows["people"][20], "sex": "seldom", "died_on": "no date"}
    return rows, population.as_at


def quality(rows: dict[str, list], as_at: object, feeds=FEEDS, *, is_part=dict) -> pngroup.Quality:
    tables = {name: is_part(table(name, rows[name])) for name in ("people", "records", *feeds)}
    return pngroup.group(tables.pop("people"), tables.pop("records"), as_at=as_at, **tables).quality


def split(rows: dict[str, list], n_parts: int, seed: int) -> list[dict[str, list]]:
    """The rows in parts by person at random; each part has all rows of its persons, and rows of nobody are in one."""
    rng = np.random.default_rng(seed)
    part_of: defaultdict[object, int] = defaultdict(lambda: int(rng.integers(n_parts)))
    parts = [{name: [] for name in rows} for _ in range(n_parts)]
    for name, each in rows.items():
        for row in each:
            parts[part_of[row["person_id"]]][name].append(row)
    return parts


@pytest.mark.parametrize("feeds", [FEEDS, (), ("medicines",)], ids=["all", "records", "medicines"])
@pytest.mark.parametrize("n_parts", [1, 2, 7, 40])
def test_reports_of_parts_add_up_to_the_report_of_the_whole(feeds, n_parts):
    """However people are split, the reports of the parts together are the report of all, field by field."""
    rows, as_at = dirty(seed=n_parts)
    whole = quality(rows, as_at, feeds)
    assert len(whole.feed("records").unmapped) > 20
    parts = [quality(part, as_at, feeds, is_part=Part) for part in split(rows, n_parts, seed=1)]
    together = combine(parts)
    for ours, theirs in zip(together.feeds, whole.feeds, strict=True):
        for field in COUNTED:
            assert getattr(ours, field) == getattr(theirs, field), f"{theirs.name}: {field}"
        assert ours.faults == theirs.faults
    assert together == whole
    assert str(together) == str(whole)
    assert together.to_dict() == whole.to_dict()


COUNTED = [field.name for field in pngroup.FeedQuality.__attrs_attrs__]


def test_rows_of_nobody_are_counted_once():
    """A row whose person is in no part's people, and a row without person, stand in one part and count once."""
    rows, as_at = dirty(seed=3)
    together = combine(quality(part, as_at, is_part=Part) for part in split(rows, 5, seed=3))
    for name in TABLES:
        strangers = [row["person_id"] for row in rows[name] if row["person_id"] in STRANGERS]
        n_missing = sum(not (person or "").strip() for person in strangers)
        reasons = together.feed(name).not_used
        assert reasons["person_missing"] == n_missing
        assert reasons["person_unknown"] == len(strangers) - n_missing


def test_columns_not_read_are_named_once_however_many_parts_there_are():
    """Each part has the same columns, so a column called almost as one of ours is one fault and not one a part."""
    people = {"person_id": ["a"], "age": [50], "Died_On": ["2020-01-01"], "SEX": ["F"]}
    none = {"person_id": [], "code": [], "date": []}
    part = pngroup.group(people, none, as_at="2024-03-31", system="icd10").quality
    together = combine([part] * 3)
    assert together.feed("people").columns_not_read == ("Died_On", "SEX")
    assert together.feed("people").faults == {"columns_not_read": 2}
    assert together.n_people == 3


def test_a_report_is_its_numbers():
    """A report taken apart into numbers, in any order, and put together again is the same report."""
    rows, as_at = dirty(seed=8)
    whole = quality(rows, as_at)
    numbers = to_counts(whole)
    assert all(type(n) is int for n in numbers.values())
    assert from_counts(dict(reversed(numbers.items()))) == whole


def test_the_report_names_the_twenty_most_frequent_codes_and_keeps_all():
    """The twenty most frequent codes without a condition are shown, ties in order of system and code; all are kept."""
    codes = [f"R{number}" for number in range(10, 60) for _ in range(1 + number % 4)]
    people = {"person_id": ["a"], "age": [50]}
    records = {"person_id": ["a"] * len(codes), "code": codes, "date": ["2024-01-01"] * len(codes)}
    report = pngroup.group(people, records, as_at="2024-03-31", system="icd10").quality
    feed = report.feed("records")
    counts = sorted(feed.unmapped.items(), key=lambda item: (-item[1], item[0]))
    assert [((each.system, each.code), each.n_rows) for each in feed.most_frequent_unmapped] == counts[:20]
    assert len(counts) > 40
    assert sum(feed.unmapped.values()) == feed.n_unmapped["icd10"]
    shown = report.to_dict()["feeds"][1]
    assert len(shown["most_frequent_unmapped"]) == 20
    assert "unmapped" not in shown
    assert counts[-1][0][1] not in str(report) + repr(report) + json.dumps(report.to_dict())


@pytest.mark.parametrize("feeds", [[], [(), ("medicines",)]], ids=["none", "different tables"])
def test_reports_that_are_no_parts_of_one_whole_are_refused(feeds):
    """No report, or reports of different tables, are a usage error and not a wrong sum."""
    rows, as_at = dirty(seed=1)
    with pytest.raises(pngroup.UsageError, match="report"):
        combine([quality(rows, as_at, each) for each in feeds])
