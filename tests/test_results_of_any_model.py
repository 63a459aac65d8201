"""Every result about people through time and populations becomes a table, whatever model the groups are of."""

from __future__ import annotations

import datetime

import pytest

import pngroup
import routes
from generated import generate
from pngroup import population, through_time
from test_models import asked

NAMES = ("need-groups", "bridges-to-health", "invented")


@pytest.fixture(scope="module", params=NAMES)
def results(request):
    """Everything that can be asked of the people of one model, by name."""
    people = [row for row in generate(120, seed=5).people if row.get("age") is None]
    generated = generate(120, seed=5)
    table, records = routes.table("people", people), routes.table("records", generated.records)
    table["died_on"] = table.get("died_on", [None] * len(people))
    last = generated.as_at
    dates = [last - datetime.timedelta(days=days) for days in (360, 180, 0)]
    options = {"model": asked(request.param)}
    taken = pngroup.snapshots(table, records, as_at=dates, **options)
    spelt = through_time.spells(table, records, since=dates[0], until=last, **options)
    grouping = pngroup.group(table, records, as_at=dates[0], **options)
    rises = through_time.rising_risk(spelt, months=6, by="group")
    assert len(rises)
    places = ["tier", "rag"] if taken.scheme.tiers else []
    found = {
        "snapshots": taken,
        "spells": spelt,
        "rises": rises,
        "rises of snapshots": through_time.rising_risk(taken, months=6, by="group", with_unknown=True),
        "explained rises": through_time.explain_rises(rises, table, records, **options),
        "explained changes": through_time.explain_changes(table, records, between=(dates[0], last), **options),
        "projection": through_time.project(taken, {"step": [1], "n_people": [100]}, n_simulations=20),
        "cohort": population.cohort(table, records, as_at=last, where="age >= 18", **options),
        "cross table": population.cross_table(grouping, grouping),
        "mortality": population.excess_mortality(grouping, until=last),
    }
    for by in ("group", *places):
        found |= {
            f"transitions by {by}": through_time.transitions(taken, by=by),
            f"flows by {by}": through_time.flows(taken, by=by),
            f"dwell times by {by}": through_time.dwell_times(spelt, by=by),
            f"stability by {by}": through_time.stability(taken, by=by),
            f"progression by {by}": through_time.progression(spelt, by=by),
        }
    if places:
        found["movement"] = through_time.movement(taken)
        found["rises by tier"] = through_time.rising_risk(spelt, months=6, by="tier")
    return found


def test_every_result_becomes_a_table(results):
    """`to_frame()` of each result gives columns of one length, also for models whose groups are in no tiers."""
    for name, found in results.items():
        frame = found.to_frame()
        lengths = {len(frame[column]) for column in frame}
        assert len(lengths) == 1, name


def test_tiers_of_rises_stand_where_the_scheme_has_them(results):
    """A list of rises has columns of tiers only of a scheme with tiers."""
    rises = results["rises"]
    assert ("from_tier" in rises.to_frame()) == ("to_tier" in rises.to_frame()) == bool(rises.scheme.tiers)


def test_of_nobody_results_are_tables_without_a_row():
    """Spells and snapshots of no people give no rises, in days that are still known, and nothing fails."""
    people, records = {"person_id": [], "birth_date": []}, {"person_id": [], "code": [], "date": []}
    spelt = through_time.spells(people, records, since="2025-01-31", until="2025-12-31", system="icd10")
    taken = pngroup.snapshots(people, records, as_at=["2025-01-31", "2025-12-31"], system="icd10")
    for of in (spelt, taken):
        rises = through_time.rising_risk(of, months=2)
        assert (len(rises), rises.after, rises.as_at) == (0, datetime.date(2025, 10, 31), datetime.date(2025, 12, 31))
        assert len(of.to_frame()["person_id"]) == len(rises.to_frame()["person_id"]) == 0
        with pytest.raises(pngroup.UsageError, match="days from 2025-01-31 to 2025-12-31"):
            through_time.rising_risk(of, months=12)
