"""Bridges to Health, and people through time, on data that nobody on the project made."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

import pngroup
from pngroup.explanation.person import rows_of_person
from pngroup.model.reference import interpret
from shared_groupings import OPTIONS, data_set

pytestmark = pytest.mark.shared

MODEL = "bridges-to-health"


@pytest.fixture(params=OPTIONS, scope="module")
def name(request):
    return request.param


@pytest.fixture(scope="module")
def segmented(name):
    return pngroup.group(**data_set(name).tables(), **OPTIONS[name], model=MODEL, keep_records=True)


def test_everybody_has_a_segment_or_a_reason(name, segmented):
    """People without a segment are those without a need group, and the same rows are used or not used."""
    other = pngroup.group(**data_set(name).tables(), **OPTIONS[name])
    assert segmented.quality.n_without_group == other.quality.n_without_group
    for feed in segmented.quality.feeds:
        assert (feed.n_rows, feed.not_used) == (other.quality.feed(feed.name).n_rows, dict(feed.not_used))
        if feed.name == "records":
            assert feed.n_used == other.quality.feed("records").n_used
    assert sum(segmented.counts().values()) == segmented.quality.n_grouped


def test_the_engine_is_the_reference_interpreter_on_real_records(segmented):
    """Of a hundred people the slow interpreter finds the segment, criteria and registers that the engine finds."""
    answers = segmented.answers
    grouped = np.flatnonzero(segmented.people.reason < 0)
    for place in np.random.default_rng(1).permutation(grouped)[:100].tolist():
        facts = rows_of_person(place, segmented.people, segmented.kept).facts
        found = interpret(segmented.model, facts, segmented.as_at)
        assert found.group == answers.group[place]
        assert sum(1 << (group - 1) for group, met in found.criteria.items() if met) == answers.criteria[place]
        registers = {
            register: bool(has[place]) if known[place] else None for register, (has, known) in answers.registers.items()
        }
        assert registers == found.registers


def test_segments_follow_from_registers(segmented):
    """Every segment above the first has a register of it, every person on one is in it or in a higher one."""
    model, answers = segmented.model, segmented.answers
    grouped = segmented.people.reason < 0
    lists = ("incurable_cancer", "organ_failure", "frailty_dementia", "disability", "long_term_conditions")
    higher = np.zeros(len(segmented), bool)
    for group, wanted in zip((6, 5, 4, 3, 2), lists, strict=True):
        here = np.logical_or.reduce([answers.registers[each][0] for each in model.registers_of(wanted)])
        assert np.array_equal((answers.group == group)[grouped], (here & ~higher)[grouped])
        higher |= here


@pytest.mark.parametrize("model", ["need-groups", MODEL])
def test_snapshots_of_real_data_are_groupings_of_each_day(name, model):
    """Snapshots at four quarters are what `group()` says of each."""
    data = data_set(name)
    last = datetime.date.fromisoformat(data.as_at)
    dates = [(last - datetime.timedelta(days=91 * quarter)).isoformat() for quarter in (3, 2, 1, 0)]
    tables = {key: value for key, value in data.tables().items() if key != "as_at"}
    if all(not row.get("birth_date") for row in data.people):
        with pytest.raises(pngroup.DataError, match="only an age is known"):
            pngroup.snapshots(**tables, as_at=dates, **OPTIONS[name], model=model)
        return
    taken = pngroup.snapshots(**tables, as_at=dates, **OPTIONS[name], model=model)
    for place, day in enumerate(dates):
        alone = pngroup.group(**tables, as_at=day, **OPTIONS[name], model=model)
        nobody = alone.people.reason >= 0
        assert np.array_equal(taken.group[place], np.where(nobody, 0, alone.answers.group))


@pytest.mark.parametrize("model", ["need-groups", MODEL])
def test_spells_of_real_data_show_each_snapshot(name, model):
    """The spell that covers a day has the group of that day's snapshot, and spells cover every day."""
    data = data_set(name)
    last = datetime.date.fromisoformat(data.as_at)
    dates = [last - datetime.timedelta(days=days) for days in (180, 91, 17, 0)]
    tables = {key: value for key, value in data.tables().items() if key != "as_at"}
    if all(not row.get("birth_date") for row in data.people):
        with pytest.raises(pngroup.DataError, match="only an age is known"):
            pngroup.spells(**tables, since=dates[0], until=dates[-1], **OPTIONS[name], model=model)
        return
    taken = pngroup.snapshots(**tables, as_at=dates, **OPTIONS[name], model=model)
    found = pngroup.spells(**tables, since=dates[0], until=dates[-1], **OPTIONS[name], model=model)
    n_days = np.bincount(found.person, weights=found.last_day - found.first_day + 1, minlength=taken.n_people)
    assert (n_days == (dates[-1] - dates[0]).days + 1).all()
    for place, day in enumerate(dates):
        number = (day - datetime.date(1970, 1, 1)).days
        here = (found.first_day <= number) & (number <= found.last_day)
        assert np.array_equal(found.person[here], np.arange(taken.n_people))
        assert np.array_equal(found.group[here], taken.group[place])


@pytest.mark.parametrize("model", ["need-groups", MODEL])
def test_the_monthly_run_of_real_data_is_a_full_run(name, model, tmp_path):
    """A state begun a quarter before and taken on without new rows answers as `group()` does on all of them."""
    data = data_set(name)
    tables = {key: value for key, value in data.tables().items() if key != "as_at"}
    before = datetime.date.fromisoformat(data.as_at) - datetime.timedelta(days=91)
    options = {**OPTIONS[name], "model": model}
    if "birth_date" not in tables["people"]:
        # An age alone is that of one day, and a state is for many.
        with pytest.raises(pngroup.DataError, match="birth_date"):
            pngroup.begin_updates(**tables, as_at=before, **options)
        return
    pngroup.begin_updates(**tables, as_at=before, **options).write(tmp_path / "state")
    updated = pngroup.update(tmp_path / "state", as_at=data.as_at).to_frame()
    alone = pngroup.group(**tables, as_at=data.as_at, **options)
    frame, result = alone.to_frame(), alone.model.result
    found = dict(zip(updated["person_id"].to_pylist(), updated[result].to_pylist(), strict=True))
    assert found == dict(zip(frame["person_id"], frame[result], strict=True))
