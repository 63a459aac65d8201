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
