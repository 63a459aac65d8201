"""The vignettes that ship: all as expected, many, different from one another, on every branch."""

from __future__ import annotations

import pytest

from pngroup.validation import check_vignettes, read_vignettes

VIGNETTES = read_vignettes()


@pytest.fixture(scope="module")
def results():
    return {result.vignette.id: result for result in check_vignettes(VIGNETTES)}


@pytest.mark.parametrize("vignette", VIGNETTES, ids=lambda vignette: vignette.id)
def test_each_vignette_is_as_its_author_expected(vignette, results):
    """Group, tier, colour and criteria are those written from the specification before the engine ran."""
    assert results[vignette.id].differences == ()


def test_there_are_enough_and_each_is_a_story_of_its_own():
    """At least 120 stories, each with an expectation of criteria or a reason, no story told twice."""
    assert len(VIGNETTES) >= 120
    assert len({" ".join(vignette.story.split()) for vignette in VIGNETTES}) == len(VIGNETTES)
    assert len({vignette.tests for vignette in VIGNETTES}) == len(VIGNETTES)
    for vignette in VIGNETTES:
        assert "criteria" in vignette.expect or "reason" in vignette.expect, vignette.id


def test_no_two_differ_only_in_a_number_or_a_name():
    """Two vignettes with the same codes expect different answers, or differ in the person, the feeds or the days."""
    seen = {}
    for vignette in VIGNETTES:
        codes = tuple(sorted((row.get("code"), str(row.get("date"))) for row in vignette.tables["records"]))
        key = (vignette.as_at, codes, tuple(sorted(vignette.person)), tuple(vignette.tables))
        same = seen.get(key)
        assert same is None or same.expect != vignette.expect or same.person != vignette.person, vignette.id
        seen[key] = vignette


@pytest.mark.parametrize("group", range(1, 12))
def test_every_group_is_expected_by_several_and_denied_by_several(group):
    """Each criterion is met in at least five vignettes and not met in at least five."""
    met = [group in vignette.expect.get("criteria", ()) for vignette in VIGNETTES]
    assert sum(met) >= 5
    assert len(met) - sum(met) >= 5


def test_betty_is_there_at_two_dates():
    """Betty, 87, widowed, housebound, moves from one group to another between two dates."""
    betty = [vignette for vignette in VIGNETTES if "betty" in vignette.id]
    assert len(betty) >= 2
    assert len({vignette.as_at for vignette in betty}) >= 2
    assert len({vignette.expect["need_group"] for vignette in betty}) >= 2
