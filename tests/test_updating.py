"""Monthly running: an update answers as a full run would, says who changed and why, and writes all or nothing."""

from __future__ import annotations

import datetime
import errno
import json
import random
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from attrs import evolve
from hypothesis import example, given, settings, strategies as st

import pngroup
from command_line import execute
from generated import generate, people_strategy
from histories import Feed, by_person, in_pieces, plain
from pngroup import synthetic
from pngroup.schemes import own_names
from pngroup.updating.guarding import refusals
from pngroup.updating.settling import heights_of
from routes import FEEDS

BREATHING = Path(__file__).with_name("models") / "breathing.toml"
TABLES = ("records", *FEEDS)
#: A catalogue to which high blood pressure is nothing.
OVERLAY = """
[overlay]
name = "mine"
edition = "1"
base = "core"

[[codes]]
action = "dismiss"
system = "icd10"
codes = ["I10"]
reason = "minor_or_local"
because = "For a test."
"""


def born(population):
    """The people of whom more than an age is known: an age is that of one day."""
    return {at: each for at, each in enumerate(population.people) if each["age"] is None}


def feeds_of(population, rng, has_ids):
    """The tables of a population as their senders hold them: of each about half of the rows for a start."""
    people = {at: each for at, each in born(population).items() if rng.random() < 0.8}
    feeds = {"people": Feed("people", people, has_ids=True)}
    for name in TABLES:
        rows = getattr(population, name)
        feeds[name] = Feed(name, {at: each for at, each in enumerate(rows) if rng.random() < 0.5}, has_ids)
    return feeds


def restate(feeds, population, rng):
    """A month passes: rows come, change and go, and people are born, register, leave and die."""
    for name in TABLES:
        feeds[name].restate(rng, getattr(population, name))
    people = feeds["people"]
    for key, person in born(population).items():
        fate = rng.random()
        if fate < 0.1:
            people.rows.pop(key, None)
        elif fate < 0.3:
            changed = rng.choice([{}, {"died_on": population.as_at}, {"registered_to": "2024-01-01"}, {"sex": "male"}])
            people.rows[key] = {**person, **changed}


def month(day, n):
    return day + datetime.timedelta(days=30 * n)


def assert_as_a_full_run(update, feeds, names):
    """All columns and all counts of quality are those of `group()` on the rows as they stand."""
    tables = {name: feeds[name].whole() for name in ("people", *names)}
    full = pngroup.group(
        **{n: {c: v for c, v in t.items() if c != "record_id"} for n, t in tables.items()}, as_at=update.as_at
    )
    expected, found = by_person(full.to_frame()), by_person(update.grouping.to_frame())
    assert found == {person: {**row, "practice": None} for person, row in expected.items()}
    assert update.grouping.quality.to_dict() == full.quality.to_dict()
    assert update.grouping.fingerprint == full.fingerprint


@pytest.mark.parametrize("has_ids", [True, False], ids=["with ids", "without"])
@settings(max_examples=10)
@given(population=people_strategy(), seed=st.integers(0, 1 << 30), in_text=st.booleans())
def test_updates_answer_as_a_full_run(has_ids, population, seed, in_text, tmp_path_factory):
    """After any history of new, changed and deleted rows an update says what `group()` says of the rows that stand.

    Whatever the order of the rows, the pieces they come in, and whether one is sent twice.
    """
    rng = random.Random(seed)
    feeds = feeds_of(population, rng, has_ids)
    folder = tmp_path_factory.mktemp("state") / "s"
    first = {name: feed.whole() for name, feed in feeds.items()}
    update = pngroup.begin_updates(**first, as_at=population.as_at)
    assert_as_a_full_run(update, feeds, TABLES)
    update.write(folder)
    for n in (1, 2):
        for feed in feeds.values():
            feed.send()
        before = by_person(update.grouping.to_frame())
        restate(feeds, population, rng)
        given_now = {name: feed.changes(rng) for name, feed in feeds.items()}
        if in_text:
            given_now |= {name: in_pieces(given_now[name], rng.randrange(1, 9)) for name in TABLES}
        update = pngroup.update(folder, as_at=month(population.as_at, n), **given_now)
        assert_as_a_full_run(update, feeds, TABLES)
        assert not any(counts.faults for counts in update.counts.rows.values())
        now = by_person(update.grouping.to_frame())
        told = by_person(update.changed)
        nobody = {"need_group": None}
        moved = {
            person
            for person in before.keys() | now.keys()
            if before.get(person, nobody)["need_group"] != now.get(person, nobody)["need_group"]
        }
        assert moved == told.keys()
        for person in moved:
            assert told[person]["previous_need_group"] == before.get(person, nobody)["need_group"]
            assert told[person]["need_group"] == now.get(person, nobody)["need_group"]
        update.write(accept=True)


def test_many_people_over_months_answer_as_a_full_run(tmp_path):
    """The same for sixty people of all kinds, whose tables come in text and in pieces."""
    population, rng = generate(60, seed=5), random.Random(5)
    feeds = feeds_of(population, rng, has_ids=True)
    pngroup.begin_updates(**{name: feed.whole() for name, feed in feeds.items()}, as_at=population.as_at).write(
        tmp_path / "s"
    )
    for n in (1, 2, 3):
        for feed in feeds.values():
            feed.send()
        restate(feeds, population, rng)
        changes = {name: feed.changes(rng) for name, feed in feeds.items()}
        update = pngroup.update(
            tmp_path / "s",
            as_at=month(population.as_at, n),
            **{name: table if name == "people" else in_pieces(table, 7) for name, table in changes.items()},
        )
        assert_as_a_full_run(update, feeds, TABLES)
        update.write(accept=True)


# --- a small list, for what is told of changes ---

PEOPLE = {
    "person_id": [f"p{at}" for at in range(40)],
    "birth_date": ["1950-03-01"] * 40,
    "sex": ["female"] * 40,
    "gp": ["North"] * 20 + ["South"] * 20,
}
#: Everybody has a cold; one in ten a high blood pressure.
RECORDS = {
    "record_id": list(range(80)),
    "person_id": PEOPLE["person_id"] * 2,
    "code": ["J06.9"] * 40 + (["I10"] + ["J06.9"] * 9) * 4,
    "date": ["2025-12-01"] * 40 + ["2020-05-05"] * 40,
}
MARCH, APRIL = "2026-03-31", "2026-04-30"


def begun(folder, people=PEOPLE, records=RECORDS, **options):
    options = {"practice_column": "gp", "system": "icd10", **options}
    pngroup.begin_updates(people, records, as_at=MARCH, **options).write(folder)
    return folder


def rows(change, persons, code="I50.0", ids=None, date="2026-04-10"):
    table = {
        "change": [change] * len(persons),
        "person_id": persons,
        "code": [code] * len(persons),
        "date": [date] * len(persons),
    }
    return table if ids is None else {**table, "record_id": ids}


def april(folder, as_at=APRIL, **options):
    return pngroup.update(folder, as_at=as_at, **{"system": "icd10", **options})


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}


def test_the_first_run_lists_everybody_as_new(tmp_path):
    """What begins a state has everybody with a group in the list, because of people, and the guard lets it pass."""
    first = pngroup.begin_updates(PEOPLE, RECORDS, as_at=MARCH, system="icd10")
    assert len(first.changed["person_id"]) == first.counts.n_with_group == 40
    assert set(first.changed["because"]) == {"people"}
    assert first.refused == ()
    assert first.previous_as_at is None
    with pytest.raises(pngroup.UsageError, match=r"no folder is named .*as in update\.write\('state'\)"):
        first.write()


def test_the_list_says_who_changed_from_what_to_what(tmp_path):
    """The list holds those who changed and nobody else, with group, tier and colour before and now."""
    update = april(begun(tmp_path / "s"), records=rows("new", ["p1"], ids=[900]))
    [[person, row]] = by_person(update.changed).items()
    assert (person, row["practice"]) == ("p1", "North")
    assert [row[f"previous_{name}"] for name in ("need_group", "need_tier", "rag")] == [3, "low", "green"]
    assert [row[name] for name in ("need_group", "need_tier", "rag")] == [9, "moderate", "amber"]
    assert (row["because"], row["also"], row["reason"]) == ("records", None, None)
    everybody = by_person(update.to_frame())
    assert [everybody[each]["since"] for each in ("p0", "p1")] == [
        datetime.date(2026, 3, 31),
        datetime.date(2026, 4, 30),
    ]
    assert update.manifest["safety"].startswith("For population health management")
    assert update.manifest["previous"]["as_at"] == MARCH


def about(person, change, **columns):
    """One row on a person."""
    row = {"person_id": person, "change": change, "gp": "North", "sex": "female", **columns}
    return {"people": {name: [value] for name, value in row.items()}}


@pytest.mark.parametrize(
    ("changes", "as_at", "person", "because"),
    [
        ({"records": rows("new", ["p1"], ids=[900])}, APRIL, "p1", "records"),
        ({"records": rows("deleted", ["p0"], ids=[40])}, APRIL, "p0", "records"),
        ({}, "2028-12-31", "p1", "time"),
        (about("p1", "changed", birth_date="1950", died_on="2026-04-02"), APRIL, "p1", "people"),
        (about("p1", "deleted"), APRIL, "p1", "people"),
        (about("p99", "new", birth_date="1990"), APRIL, "p99", "people"),
    ],
    ids=["new", "deleted", "time", "died", "gone", "come"],
)  # fmt: skip
def test_the_list_says_what_changed_somebody(changes, as_at, person, because, tmp_path):
    """A record that came or went, the index date alone, and what became of the person are told apart."""
    update = april(begun(tmp_path / "s"), as_at=as_at, **changes)
    assert by_person(update.changed)[person]["because"] == because
    gone = because == "people" and person == "p1"
    assert (by_person(update.changed)[person]["need_group"] is None) is gone
    assert update.counts.n_lost == gone


@settings(max_examples=10)
@given(population=people_strategy(), seed=st.integers(0, 1 << 30))
def test_nothing_but_what_is_different_is_named(population, seed, tmp_path_factory):
    """Where one thing alone is different, everybody in the list is there because of it."""
    rng = random.Random(seed)
    feeds = feeds_of(population, rng, has_ids=True)
    folder = tmp_path_factory.mktemp("state") / "s"
    pngroup.begin_updates(**{name: feed.whole() for name, feed in feeds.items()}, as_at=population.as_at).write(folder)
    later = pngroup.update(folder, as_at=month(population.as_at, 24))
    for feed in feeds.values():
        feed.send()
    restate(feeds, population, rng)
    changes = {name: feed.changes(rng) for name, feed in feeds.items()}
    of_people = pngroup.update(folder, as_at=population.as_at, people=changes.pop("people"))
    of_records = pngroup.update(folder, as_at=population.as_at, **changes)
    for update, because in ((later, "time"), (of_people, "people"), (of_records, "records")):
        assert set(plain(update.changed)["because"]) <= {because}
        assert not any(plain(update.changed)["also"])


def test_another_edition_is_told_from_records(tmp_path):
    """Where the catalogue is another one, who changed because of it and who because of records is said of each."""
    overlay = tmp_path / "mine.toml"
    overlay.write_text(OVERLAY)
    update = april(begun(tmp_path / "s"), catalogue=overlay, records=rows("new", ["p1", "p0"], ids=[900, 901]))
    told = {
        person: (row["because"], row["also"], row["need_group"]) for person, row in by_person(update.changed).items()
    }
    assert told["p10"] == told["p20"] == told["p30"] == ("edition", None, 3)
    assert told["p1"] == ("records", None, 9)
    assert told["p0"] == ("records", "edition", 9)
    assert update.counts.because == {"edition": 3, "time": 0, "people": 0, "records": 2, "settled": 0}
    assert update.manifest["previous"]["fingerprint"] != update.manifest["fingerprint"]
    update.write(accept=True)
    # From now on the edition is the one of the state, unless another is named.
    assert april(tmp_path / "s", as_at="2026-05-31").counts.n_changed == 0


# --- the guard ---


def test_the_guard_stops_a_write_by_which_too_many_would_change(tmp_path):
    """Where too many would change nothing is written, the message says how many, and accepting is recorded."""
    folder = begun(tmp_path / "s")
    before = contents(folder)
    update = april(folder, records=rows("new", ["p1", "p21", "p22"], ids=[900, 901, 902]))
    assert [str(each) for each in update.refused] == [
        "3 of 40 people (7.5 %, at most 5.0 %) would change",
        "2 of 20 people of practice 'South' (10.0 %, at most 5.0 %) would change",
    ]
    with pytest.raises(pngroup.GuardError, match="stay as they were: 3 of 40 people") as caught:
        update.write()
    assert "p1" not in str(caught.value)
    assert contents(folder) == before
    update.write(accept=True)
    again = april(folder, as_at="2026-05-31")
    assert again._after.manifest["guard"]["accepted"] is True
    assert again.counts.n_changed == 0


def test_the_guard_holds_each_practice_to_the_share(tmp_path):
    """Few of all people are still too many of one practice; `few` lets so many pass."""
    folder = begun(tmp_path / "s")
    changes = rows("new", ["p21", "p22"], ids=[900, 901])
    [refused] = april(folder, records=changes).refused
    assert (refused.what, refused.name, refused.n, refused.of) == ("practice", "South", 2, 20)
    assert april(folder, records=changes, guard=pngroup.Guard(few=2)).refused == ()
    assert april(folder, records=changes, guard=pngroup.Guard(most_changed=0.1)).refused == ()


def test_the_new_do_not_count_and_the_lost_do(tmp_path):
    """People who come are no change for the guard, people who lose their group are."""
    folder = begun(tmp_path / "s")
    come = {
        "person_id": [f"n{at}" for at in range(30)],
        "birth_date": ["1990"] * 30,
        "change": ["new"] * 30,
        "sex": ["female"] * 30,
        "gp": ["South"] * 30,
    }
    assert april(folder, people=come).refused == ()
    gone = {"person_id": ["p1", "p2", "p3"], "change": ["deleted"] * 3, "gp": [None] * 3}
    [all_people, north, fewer] = april(folder, people=gone).refused
    assert (all_people.what, all_people.n) == ("people", 3)
    assert (north.name, north.n, north.of) == ("North", 3, 20)
    assert (fewer.what, fewer.name, fewer.n, fewer.of) == ("rows", "people", 3, 40)


def test_the_guard_stops_a_feed_that_falls(tmp_path):
    """A whole table with far fewer rows than before is no month but a broken feed."""
    folder = begun(tmp_path / "s")
    short = {name: values[:70] for name, values in RECORDS.items()}
    refused = april(folder, records=short, full="records").refused
    assert [str(each) for each in refused if each.what == "rows"] == [
        "10 of 80 rows of records (12.5 %, at most 5.0 %) would be gone"
    ]
    assert not [
        each
        for each in april(folder, records=short, full=["records"], guard=pngroup.Guard(most_fewer_rows=0.2)).refused
        if each.what == "rows"
    ]


@settings(max_examples=300)
@given(of=st.integers(1, 100_000), at=st.floats(0, 1), hundredths=st.integers(0, 100))
@example(of=238, at=12 / 238, hundredths=5)
@example(of=99_999, at=5_000 / 99_999, hundredths=5)
def test_a_share_that_is_too_much_is_shown_as_more(of, at, hundredths):
    """The guard stops exactly what is above its limit, and what it says tells the two shares apart."""
    n = round(at * of)
    changed = np.arange(of) < n
    nowhere = np.full(of, None, object)
    guard = pngroup.Guard(most_changed=float(f"0.{hundredths:02}") if hundredths < 100 else 1.0)
    found = refusals(guard, changed, np.ones(of, bool), [nowhere, nowhere], {})
    assert bool(found) is (100 * n > hundredths * of)
    for each in found:
        share, most = map(Decimal, re.findall(r"([\d.]+) %", str(each)))
        assert share > most


def test_a_share_that_is_allowed_is_not_stopped():
    """Just so many as are allowed may change, of whatever share."""
    assert (
        refusals(
            pngroup.Guard(most_changed=0.29),
            np.arange(100) < 29,
            np.ones(100, bool),
            [np.full(100, "N", object)] * 2,
            {},
        )
        == ()
    )


@pytest.mark.parametrize(
    "wrong", [{"most_changed": 5}, {"most_fewer_rows": -0.1}, {"few": 1.5}, {"most_changed": "5%"}]
)
def test_limits_that_are_none_are_refused(wrong):
    """A share is from 0 to 1, a number of people a whole one."""
    with pytest.raises(pngroup.UsageError):
        pngroup.Guard(**wrong)


# --- settling ---


def months_of(folder, *groups, settle, records=None):
    """The settled groups of one person month by month, whose computed groups are made to be these."""
    ends = ["2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30"]
    code = {3: "J06.9", 4: "I10", 9: "I50.0"}
    found = []
    for day, group in zip(ends, groups, strict=False):
        changed = rows("changed", ["p1"], code=code[group], ids=[41], date="2020-05-05")
        update = april(folder, as_at=day, records=changed, settle=settle)
        row = by_person(update.to_frame())["p1"]
        assert row["need_group"] == group
        found.append(row["settled_need_group"])
        listed = by_person(update.changed).get("p1")
        assert (listed is not None) == (update.counts.n_changed == 1)
        update.write(accept=True)
    return found


@pytest.mark.parametrize(
    ("settle", "groups", "settled"),
    [
        # Up at once, down after two months.
        (2, [9, 9, 3, 3, 3, 3], [9, 9, 9, 9, 3, 3]),
        # The same tier waits; a group that does not stand is never shown.
        (2, [4, 3, 4, 4, 4, 4], [3, 3, 3, 3, 4, 4]),
        (pngroup.Settle(2, upwards=True), [9, 9, 9, 9, 3, 3], [3, 3, 9, 9, 9, 9]),
        (1, [4, 4, 3, 4, 3, 3], [3, 4, 4, 4, 4, 3]),
    ],
)
def test_a_group_settles_when_it_has_stood(settle, groups, settled, tmp_path):
    """A new group is held back until it has stood for so many months; a move to a higher tier is not, unless asked."""
    folder = begun(tmp_path / "s")
    assert months_of(folder, *groups, settle=settle) == settled


def test_a_group_that_settles_is_in_the_list(tmp_path):
    """Whose settled group follows the computed one is in the list, because of that; who is gone has none at once.

    From the settled group that there was before one can tell them from those who are held back.
    """
    folder = begun(tmp_path / "s", settle=1)
    april(folder, records=rows("changed", ["p1"], code="I10", ids=[41])).write()
    held = april(folder, as_at="2026-05-15")
    assert held.counts.n_held_back == 1
    assert held.counts.n_changed == 0
    both = april(folder, as_at="2026-05-30", records=rows("changed", ["p2"], code="I10", ids=[42]))
    told = {
        person: (row["because"], row["previous_settled_need_group"], row["settled_need_group"])
        for person, row in by_person(both.changed).items()
    }
    assert told == {"p1": ("settled", 3, 4), "p2": ("records", 3, 3)}
    settled = april(folder, as_at="2026-05-30")
    assert {person: row["because"] for person, row in by_person(settled.changed).items()} == {"p1": "settled"}
    assert settled.counts.n_held_back == 0
    died = {"person_id": ["p1"], "birth_date": ["1950"], "died_on": ["2026-05-01"], "change": ["changed"], "gp": [None]}
    died["sex"] = ["female"]
    assert by_person(april(folder, as_at="2026-05-15", people=died).to_frame())["p1"]["settled_need_group"] is None
    assert "settled_need_group" not in plain(april(folder, settle=0).to_frame())


# --- reviews ---

REVIEWS = {
    "person_id": ["p0", "p1", "p2", "p3", "p4", "nobody"],
    "agrees": [True, False, None, True, True, True],
    "other_group": [None, None, 9, None, None, None],
    "reviewed_group": [None, None, None, 9, None, None],
    "reason": ["seen", "seen", "has heart failure", None, None, None],
    "reviewed_by": ["GP", "nurse", "GP", "GP", "GP", "GP"],
    "until": ["2026-12-31"] * 4 + ["2026-04-29", "2026-12-31"],
}


def test_reviews_stand_beside_the_group(tmp_path):
    """What is reviewed is shown beside the computed group and changes nothing; what holds no more is counted."""
    update = april(begun(tmp_path / "s"), reviews=REVIEWS)
    found = by_person(update.to_frame())
    assert {person: row["need_group"] for person, row in found.items()} == {
        person: row["need_group"] for person, row in by_person(april(tmp_path / "s").to_frame()).items()
    }
    shown = {person: row for person, row in found.items() if row["review_agrees"] is not None}
    assert {person: (bool(row["review_agrees"]), row["review_group"]) for person, row in shown.items()} == {
        "p0": (True, None), "p1": (False, None), "p2": (False, 9),
    }  # fmt: skip
    assert shown["p2"]["review_reason"] == "has heart failure"
    assert shown["p2"]["reviewed_by"] == "GP"
    assert shown["p2"]["review_until"] == datetime.date(2026, 12, 31)
    counts = update.counts.reviews
    assert (counts.n_given, counts.n_shown, counts.n_expired, counts.n_unknown) == (6, 3, 1, 1)
    # Somebody agreed with a group that is no longer the computed one.
    assert counts.n_of_another_group == 1
    assert plain(update.review_disagreement) == {
        "practice": ["North", "North"],
        "need_group": [3, 4],
        "n_reviewed": [2, 1],
        "n_agreeing": [0, 1],
        "n_disagreeing": [2, 0],
    }


@pytest.mark.parametrize("agrees", [True, False, None])
@pytest.mark.parametrize("other", [None, 3, 4, 9])
@pytest.mark.parametrize("reviewed", [None, 3, 4])
def test_a_no_is_agreement_only_where_the_named_group_is_the_computed_one(agrees, other, reviewed, tmp_path):
    """What is shown of a review is what its reviewer said, or whether the group that they named is the computed one.

    A no to the very group that is named stays a no. What contradicts itself has a number of its own.
    """
    if agrees is None and other is None:
        return
    review = {
        "person_id": ["p1"], "agrees": [agrees], "other_group": [other], "reviewed_group": [reviewed],
        "until": ["2026-12-31"],
    }  # fmt: skip
    update = april(begun(tmp_path / "s"), reviews=review)
    row, counts = by_person(update.to_frame())["p1"], update.counts.reviews
    assert row["need_group"] == 3
    no_to_named = agrees is False and other is not None and other == reviewed
    if other is None and reviewed == 4:
        assert (row["review_agrees"], counts.n_shown, counts.n_of_another_group) == (None, 0, 1)
        return
    assert row["review_agrees"] == (agrees if other is None else other == 3 and not no_to_named)
    assert counts.n_now_as_named == (agrees is False and row["review_agrees"])
    seen = 3 if reviewed is None else reviewed
    yes_to_another = agrees is True and other is not None and other != seen
    assert counts.n_contradictory == (no_to_named or yes_to_another)
    assert f"{counts.n_contradictory} contradictory" in str(update.counts)
    assert ("said no, and the group they named is the computed one now: 1" in str(update.counts)) == bool(
        counts.n_now_as_named
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"until": ["2026-12-31"] * 5 + [None]}, "1 reviews have no date until which they hold"),
        ({"agrees": [None] * 6}, "5 reviews neither agree nor disagree"),
        ({"agrees": ["perhaps"] * 6}, "6 reviews hold another word than true or false"),
        ({"other_group": [12] * 6}, "6 reviews name a group that the model does not have"),
        ({"person_id": ["p0"] * 6}, "of 1 people several reviews hold"),
    ],
)
def test_reviews_that_cannot_be_read_are_refused(wrong, words, tmp_path):
    """A review without end, without a statement, with an unknown group, or beside another is an error."""
    with pytest.raises(pngroup.DataError, match=words) as caught:
        april(begun(tmp_path / "s"), reviews={**REVIEWS, **wrong})
    assert "p0" not in str(caught.value)


# --- rows that do not fit ---


def test_changes_that_do_not_fit_are_counted(tmp_path):
    """What is to be changed or deleted and is not there, or new and there, is counted, and a fault under strict."""
    folder = begun(tmp_path / "s")
    changes = {
        "change": ["changed", "deleted", "new", "new", "deleted"],
        "record_id": [900, 901, 40, 41, None],
        "person_id": ["p1", "p1", "p0", "p1", "p2"],
        "code": ["I50.0", "I50.0", "I10", "I10", "Z99"],
        "date": ["2026-04-01", "2026-04-01", "2020-05-05", "2026-04-01", "2026-04-01"],
    }
    update = april(folder, records=changes)
    counts = update.counts.rows["records"]
    assert counts.faults == {
        "new, but there already with other content": 1,
        "changed, but not there": 1,
        "deleted, but not there": 2,
    }
    assert (counts.n_before, counts.n_after, counts.n_sent_again) == (80, 81, 1)
    assert by_person(update.changed)["p1"]["need_group"] == 9
    with pytest.raises(pngroup.DataError, match="changed, but not there") as caught:
        april(folder, records=changes, strict=True)
    assert "900" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        (
            rows("perhaps", ["p1"], ids=[900]),
            pngroup.DataError,
            "1 rows do not say what became of them; the words have",
        ),
        (rows(None, ["p1"], ids=[900]), pngroup.DataError, "1 rows do not say what became of them"),
        (rows("changed", ["p1"], ids=[None]), pngroup.DataError, "1 changed rows have no record_id"),
        (
            rows("new", ["p1", "p2"], ids=[900, 900]),
            pngroup.DataError,
            "1 ids have several rows that do not say the same",
        ),
        (rows("new", [1, 2], ids=[900, 901]), pngroup.DataError, "ids in records are whole numbers, in people"),
        ({"person_id": ["p1"], "code": ["I10"], "date": [MARCH]}, pngroup.UsageError, "records has no column 'change'"),
        ({"change": ["new"], "person_id": ["p1"], "date": [MARCH]}, pngroup.DataError, "records has no column 'code'"),
    ],
)
def test_changes_that_cannot_be_understood_are_refused(changes, error, words, tmp_path):
    """An unknown word, a changed row without id, one id for different rows, ids of another kind: nothing is guessed."""
    with pytest.raises(error, match=words) as caught:
        april(begun(tmp_path / "s"), records=changes)
    assert not {"p1", "p2", "900"} & set(re.findall(r"\w+", str(caught.value)))


def test_an_id_in_a_wrong_column_is_not_shown(tmp_path):
    """What stands where a word, a practice or a date should be may be an id, and is told by its shape or its number."""
    folder = begun(tmp_path / "s")
    for column in ("change", "code", "date", "record_id"):
        changes = rows("new", ["p1"], ids=[900]) | {column: ["943-476-5919"]}
        try:
            told = str(april(folder, records=changes, strict=True).counts)
        except pngroup.PngroupError as error:
            told = str(error)
        assert "476" not in told
    mixed_up = {**PEOPLE, "gp": PEOPLE["person_id"]}
    update = april(begun(tmp_path / "t", people=mixed_up), records=rows("new", ["p1"], ids=[900]))
    assert str(update.refused[0]) == "1 of 1 people of a practice (100.0 %, at most 5.0 %) would change"


def test_a_whole_table_and_changes_are_told_apart(tmp_path):
    """A table is whole because the caller says so; one with a column of changes is not, and none begins a state."""
    folder = begun(tmp_path / "s")
    with pytest.raises(pngroup.UsageError, match="given as a whole table and has a column 'change'"):
        april(folder, records=rows("new", ["p1"], ids=[900]), full="records")
    with pytest.raises(pngroup.UsageError, match="full names 'contacts', which is not given"):
        april(folder, full="contacts")
    with pytest.raises(pngroup.UsageError, match="given as a whole table and has a column 'change'"):
        pngroup.begin_updates(PEOPLE, rows("new", ["p1"]), as_at=MARCH, system="icd10")


def test_words_of_ones_own_say_what_became_of_a_row(tmp_path):
    """The packaged words are known in any spelling, others by `change_words`; columns may bear other names."""
    folder = begun(tmp_path / "s")
    changes = {"op": ["RETRACT"], "event": [40], "person_id": ["p0"]}
    names = {"records": {"change": "op", "record_id": "event"}}
    update = april(folder, records=changes, columns=names, change_words={"RETRACT": "deleted"})
    assert by_person(update.changed)["p0"]["need_group"] == 3
    with pytest.raises(pngroup.UsageError, match="change_words"):
        april(folder, records=changes, columns=names, change_words={"RETRACT": "gone"})


def test_people_known_by_an_age_alone_are_refused():
    """An age is that of one day, and a state is used for months."""
    people = {"person_id": ["a", "b"], "birth_date": ["1950", None], "age": [None, 40]}
    with pytest.raises(pngroup.DataError, match="of 1 people only an age is known"):
        pngroup.begin_updates(people, {"person_id": [], "code": [], "date": []}, as_at=MARCH, system="icd10")


def test_a_row_without_id_is_deleted_once(tmp_path):
    """Of rows that say the same one goes for each that is deleted."""
    twice = {"person_id": ["p1"] * 2, "code": ["I10"] * 2, "date": ["2025-01-01"] * 2}
    folder = begun(tmp_path / "s", records=twice)
    once = april(folder, records=rows("deleted", ["p1"], code="I10", date="2025-01-01"))
    assert once.counts.rows["records"].n_after == 1
    assert once.counts.n_changed == 0
    both = april(folder, records=rows("deleted", ["p1"] * 3, code="I10", date="2025-01-01"))
    assert both.counts.rows["records"].n_after == 0
    assert both.counts.rows["records"].n_deleted_not_there == 1
    assert both.counts.n_changed == 1


# --- the folder ---


def test_a_write_that_ends_early_leaves_the_old_state(tmp_path, monkeypatch):
    """Whatever file could not be written, and whatever rename failed, the old state stands whole and is taken on."""
    folder = begun(tmp_path / "s")
    before = contents(folder)
    update = april(folder, records=rows("new", ["p1"], ids=[900]))
    replace, n_files = Path.replace, len(before)
    for n_done in range(n_files):
        done = iter(range(n_done))

        def fail(path, target, done=done):
            if next(done, None) is None:
                raise OSError(errno.ENOSPC, "full")
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(pngroup.UsageError, match="cannot be written"):
            update.write()
        monkeypatch.undo()
        assert contents(folder) == before
    update.write()
    assert contents(folder).keys() != before.keys()
    assert april(folder, as_at="2026-05-31").counts.n_changed == 0


def test_a_run_that_is_killed_leaves_the_old_state(tmp_path):
    """A process that ends while it writes leaves a state that is read, and what it left is removed by the next."""
    folder = begun(tmp_path / "s")
    program = (
        "import os, pngroup; from pathlib import Path; replace = Path.replace; n = iter(range(3))\n"
        "def die(path, target):\n"
        "    if next(n, None) is None: os._exit(9)\n"
        "    return replace(path, target)\n"
        "Path.replace = die\n"
        f"pngroup.update({str(folder)!r}, as_at='2026-04-30').write()\n"
    )
    assert execute(cwd=tmp_path, program=program).returncode == 9
    left = set(contents(folder))
    assert any(name.endswith(".part") for name in left)
    update = april(folder, records=rows("new", ["p1"], ids=[900]))
    assert update.previous_as_at == datetime.date(2026, 3, 31)
    update.write()
    assert not any(name.endswith(".part") for name in contents(folder))
    assert len(contents(folder)) == 4


def test_two_runs_from_one_state_do_not_overwrite_each_other(tmp_path):
    """The second of two runs that began at the same state is refused: it knows nothing of what the first wrote."""
    folder = begun(tmp_path / "s")
    one, two = april(folder, records=rows("new", ["p1"], ids=[900])), april(folder)
    one.write()
    with pytest.raises(pngroup.UsageError, match="another run has written it"):
        two.write()
    with pytest.raises(pngroup.UsageError, match="holds a state already"):
        begun(folder)
    elsewhere = two.write(tmp_path / "other")
    assert april(elsewhere).previous_as_at == datetime.date(2026, 4, 30)


def test_a_folder_that_is_written_is_held(tmp_path):
    """While one run writes, another is refused."""
    fcntl = pytest.importorskip("fcntl")
    folder = begun(tmp_path / "s")
    update = april(folder)
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for call in (update.write, lambda: april(folder)):
            with pytest.raises(pngroup.UsageError, match="another run is working"):
                call()


@pytest.mark.parametrize("file", ["state.json", "records-000001.parquet", "result-000001.parquet"])
def test_a_damaged_state_is_refused(file, tmp_path):
    """A file that is not as it was written, or gone, is an error and never half of the people."""
    folder = begun(tmp_path / "s")
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[:-40])
    with pytest.raises(pngroup.DataError, match="the state is damaged"):
        april(folder)
    if file != "state.json":
        (folder / file).unlink()
        with pytest.raises(pngroup.DataError, match="the state is damaged"):
            april(folder)


def test_folders_that_hold_no_state_are_refused(tmp_path):
    """A folder without state, one with other files, and one of a later format are told apart."""
    with pytest.raises(pngroup.UsageError, match="there is no state in the folder"):
        april(tmp_path)
    (tmp_path / "letters.txt").touch()
    with pytest.raises(pngroup.UsageError, match="the folder holds other files"):
        begun(tmp_path)
    folder = begun(tmp_path / "s")
    about = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(pngroup.DataError, match="the state is of format 99"):
        april(folder)


def test_a_state_is_taken_on_in_time_and_with_its_own_model(tmp_path):
    """An index date before that of the state, and another model, are refused."""
    folder = begun(tmp_path / "s")
    with pytest.raises(pngroup.UsageError, match="before that of the state"):
        april(folder, as_at="2026-02-28")
    model = pngroup.load_model("need-groups")
    with pytest.raises(pngroup.UsageError, match="the state is of the model 'need-groups'"):
        april(folder, model=evolve(model, name="another"))
    april(folder, model=model).write()
    with pytest.raises(pngroup.UsageError, match="last month's model was given as an object"):
        april(folder)


def test_a_state_keeps_the_editions_that_it_began_with(tmp_path):
    """Model and scheme are named with their editions, also where none was named."""
    for model, scheme in (("need-groups", r"default@\d.+"), ("bridges-to-health", "None")):
        begun(tmp_path / model, model=model)
        kept = json.loads((tmp_path / model / "state.json").read_text())["settings"]
        assert re.fullmatch(scheme, str(kept["scheme"]))
        assert re.fullmatch(rf"{model}@\d.+", kept["model"])


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "mapping"])
def test_results_are_of_the_library_of_the_tables(kind, tmp_path):
    """The list and everybody come in the frame type of the tables given."""
    make = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table, "mapping": dict}[kind]
    numbers = {**PEOPLE, "person_id": list(range(40))}
    records = {**RECORDS, "person_id": list(range(40)) * 2}
    begun(tmp_path / "s", people=make(numbers), records=make(records))
    update = april(tmp_path / "s", records=make(rows("new", [1], ids=[900])))
    for frame, n in ((update.changed, 1), (update.to_frame(), 40)):
        assert type(frame) is type(make({"a": [1]}))
        assert len(frame["person_id"]) == n
    assert list(update.changed["need_group"]) == [9] or update.changed["need_group"].to_pylist() == [9]


@pytest.mark.parametrize("name", ["bridges-to-health", BREATHING], ids=["packaged", "invented"])
def test_a_model_with_names_of_its_own_is_taken_on_too(name, tmp_path):
    """A state of another model keeps its own column names, and the month after answers as a full run does."""
    practice = synthetic.practice(150, seed=4)
    begun = pngroup.begin_updates(practice.people, practice.records, as_at="2026-02-28", model=name)
    begun.write(tmp_path / "state")
    updated = pngroup.update(tmp_path / "state", as_at="2026-03-31")
    alone = pngroup.group(practice.people, practice.records, as_at="2026-03-31", model=name)
    result = alone.model.result
    found = {row["person_id"]: row[result] for row in updated.to_frame().to_pylist()}
    frame = alone.to_frame()
    assert found == dict(zip(frame["person_id"], frame[result], strict=True))
    assert f"previous_{result}" in updated.changed.column_names


def test_without_tiers_a_move_up_in_precedence_is_shown_at_once():
    """Where groups are in no tiers, what comes earlier in the model's order is higher; only moves down settle."""
    model = pngroup.load_model("bridges-to-health")
    heights = heights_of(model, own_names(model.name, model.edition, model.group_names))
    assert heights[0] == 0
    assert [int(heights[group]) for group in model.groups] == [6, 5, 4, 3, 2, 1]
