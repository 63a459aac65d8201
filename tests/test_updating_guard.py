"""The guard: what it counts, and of whom, when a feed breaks."""

from __future__ import annotations

import numpy as np
import pytest

from pngroup.updating.guarding import Guard, refusals
from pngroup.updating.restating import RowCounts
from test_updating import PEOPLE, april, begun, rows


@pytest.mark.parametrize("of", [10, 100, 300, 700])
def test_a_share_that_is_exactly_the_limit_passes(of):
    """What is at most the limit is never refused for the rounding of a product, and one more always is."""
    for n in range(of):
        guard = Guard(most_changed=n / of, most_fewer_rows=n / of)
        had, practice = np.ones(of, bool), np.full(of, "North", object)
        for more in (0, 1):
            changed = np.arange(of) < n + more
            rows = {"records": RowCounts(n_before=of, n_after=of - n - more)}
            found = refusals(guard, changed, had, [practice, practice], rows)
            assert [each.what for each in found] == ["people", "practice", "rows"] * more


@pytest.mark.parametrize("practice", [None, "East"], ids=["blank", "another"])
def test_people_whose_practice_is_lost_count_in_that_of_last_month(practice, tmp_path):
    """A feed that blanks or changes the practice of those whom it changes does not get them past the guard."""
    folder = begun(tmp_path / "s")
    moved = ["p21", "p22"]
    people = {
        "change": ["changed"] * 2, "person_id": moved, "birth_date": ["1950-03-01"] * 2, "sex": ["female"] * 2,
        "gp": [practice] * 2,
    }  # fmt: skip
    changes = {"people": people, "records": rows("new", moved, ids=[900, 901])}
    found = {each.name: (each.n, each.of) for each in april(folder, **changes).refused}
    assert found == {"South": (2, 20)} | ({} if practice is None else {"East": (2, 2)})
    # Who moves and keeps their group is of both practices, and has not changed in either.
    assert april(folder, people=people).refused == ()


@pytest.mark.parametrize(
    "was",
    [{"died_on": "2026-01-01"}, {"registered_to": "2026-01-01"}, {"excluded_reason": "true"}],
    ids=lambda was: next(iter(was)),
)
def test_people_who_come_back_count(was, tmp_path):
    """Three who were dead, away or excluded and have a group again stop the run, where three new people do not."""
    [[column, value]] = was.items()
    folder = begun(tmp_path / "s", people={**PEOPLE, column: [value] * 3 + [None] * 37})
    back = {name: values[:3] for name, values in PEOPLE.items()} | {column: [None] * 3, "change": ["changed"] * 3}
    update = april(folder, people=back)
    assert str(update.refused[0]) == "3 of 40 people (7.5 %, at most 5.0 %) would change"
    assert update.counts.n_came_back == update.counts.to_dict()["n_came_back"] == 3
    assert "of these were dead, not registered or excluded: 3" in str(update.counts)
