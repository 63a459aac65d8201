"""The guard: what it counts, and of whom, when a feed breaks."""

from __future__ import annotations

import numpy as np
import pytest

from pngroup.updating.guarding import Guard, refusals
from pngroup.updating.restating import RowCounts


@pytest.mark.parametrize("of", [10, 100, 300, 700])
def test_a_share_that_is_exactly_the_limit_passes(of):
    """What is at most the limit is never refused for the rounding of a product, and one more always is."""
    for n in range(of):
        guard = Guard(most_changed=n / of, most_fewer_rows=n / of)
        had, practice = np.ones(of, bool), np.full(of, "North", object)
        for more in (0, 1):
            changed = np.arange(of) < n + more
            rows = {"records": RowCounts(n_before=of, n_after=of - n - more)}
            found = refusals(guard, changed, had, practice, rows)
            assert [each.what for each in found] == ["people", "practice", "rows"] * more
