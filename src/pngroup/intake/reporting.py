"""What a quality report says of one event table at an index date, from the counts of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import explain_problem
from ..vocabulary import GROUPED_SYSTEMS
from .codes import Pair
from .rows import Ints


def pair_notes(pairs: Sequence[Pair], n_used: Ints, also: Mapping[str, npt.NDArray[np.bool_]]) -> dict[str, int]:
    """Remarks on rows used, by their pairs; `also` says by the name of a note which pairs it is about."""
    about = {
        "system_not_grouped": [pair.code is not None and pair.system not in GROUPED_SYSTEMS for pair in pairs],
        "rewritten": [pair.rewritten for pair in pairs],
        "filler": [pair.filler for pair in pairs],
    }
    found = {name: int(n_used[np.array(which, bool)].sum()) for name, which in (*also.items(), *about.items())}
    return {name: n for name, n in found.items() if n}


def code_counts(
    pairs: Sequence[Pair], is_mapped: npt.NDArray[np.bool_], n_used: Ints, n_unreadable: Ints
) -> dict[str, Any]:
    """Rows by code system and whether a condition knows the code, and those that cannot be read, by problem."""
    mapped: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    unreadable: dict[str, int] = {}
    without: dict[tuple[str, str], int] = {}
    for place in np.flatnonzero(n_unreadable).tolist():
        problem = pairs[place].problem
        if problem is not None:
            clause = explain_problem(problem)
            unreadable[clause] = unreadable.get(clause, 0) + int(n_unreadable[place])
    for place in np.flatnonzero(n_used).tolist():
        pair, n = pairs[place], int(n_used[place])
        if pair.system is None or pair.code is None:
            continue
        counts = mapped if is_mapped[place] else unmapped
        counts[pair.system.value] = counts.get(pair.system.value, 0) + n
        # What stands in the columns of systems without a form of their own may be anything, and is not shown.
        if counts is unmapped and pair.system in GROUPED_SYSTEMS:
            key = (pair.system.value, pair.code)
            without[key] = without.get(key, 0) + n
    return {
        "n_mapped": mapped,
        "n_unmapped": unmapped,
        "unreadable": unreadable,
        "unmapped": without,
    }
