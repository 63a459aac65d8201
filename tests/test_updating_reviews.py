"""Reviews that contradict themselves are told of."""

from __future__ import annotations

import pytest

from test_updating import april, begun


@pytest.mark.parametrize(
    ("agrees", "other", "reviewed", "n"),
    [
        (True, 9, None, 1),
        (True, 9, 3, 1),
        (True, 3, None, 0),
        (True, None, 3, 0),
        (False, 9, None, 0),
        (False, 9, 9, 1),
    ],
)
def test_a_review_that_contradicts_itself_is_counted(agrees, other, reviewed, n, tmp_path):
    """A yes beside another group than the one seen, or a no to the very group that is named, is counted as such."""
    review = {
        "person_id": ["p1"], "agrees": [agrees], "other_group": [other], "reviewed_group": [reviewed],
        "until": ["2026-12-31"],
    }  # fmt: skip
    assert april(begun(tmp_path / "s"), reviews=review).counts.reviews.n_contradictory == n
