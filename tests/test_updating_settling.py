"""Settling through what is rare: groups that an edition drops, and the month in which settling is left off."""

from __future__ import annotations

import pytest
from attrs import evolve

import pngroup
from histories import by_person
from test_updating import RECORDS, april, begun, rows

MODEL = "bridges-to-health"
#: Its group of the highest number, and a code that leads there.
HIGHEST, CODE = 6, "C78.0"


@pytest.mark.parametrize("settle", [0, 3])
def test_a_group_that_an_edition_drops_is_given_up_at_once(settle, tmp_path):
    """Who was in the group, and who was held back in it, is in a group that there is, computed and settled."""
    records = {name: [*values] for name, values in RECORDS.items()}
    records["code"][40:42] = [CODE, CODE]
    model = pngroup.load_model(MODEL)
    begun(tmp_path / "s", records=records, model=model, settle=settle)
    later = april(tmp_path / "s", model=model, records=rows("changed", ["p1"], code="J06.9", ids=[41]))
    assert later.counts.n_held_back == bool(settle)
    later.write(accept=True)
    rules = tuple(rule for rule in model.rules if rule.group != HIGHEST)
    edition = evolve(model, edition="next", rules=rules)
    update = april(tmp_path / "s", as_at="2026-05-31", model=edition)
    everybody = by_person(update.to_frame())
    assert {everybody[person]["segment"] for person in ("p0", "p1")} <= set(edition.groups)
    if settle:
        assert {everybody[person]["settled_segment"] for person in ("p0", "p1")} <= set(edition.groups)
    told = {person: row["because"] for person, row in by_person(update.changed).items()}
    assert told == {"p0": "edition"} | ({"p1": "settled"} if settle else {})


def test_who_was_held_back_is_told_of_when_settling_is_left_off(tmp_path):
    """The group shown jumps in that month, so they are in the list, because of settling."""
    folder = begun(tmp_path / "s", settle=3)
    held = april(folder, records=rows("changed", ["p1"], code="I10", ids=[41]))
    assert held.counts.n_held_back == 1
    held.write()
    off = april(folder, as_at="2026-05-31", settle=0)
    assert {person: row["because"] for person, row in by_person(off.changed).items()} == {"p1": "settled"}
    off.write(accept=True)
    assert april(folder, as_at="2026-06-30").counts.n_changed == 0
