"""What a quality report says of one event table at an index date, from the counts of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import explain_problem
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem
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


def systems_of(pairs: Sequence[Pair]) -> list[tuple[str, bool]]:
    """Of each pair the name of its system (empty where its code was not read), and whether that system is grouped."""
    names = {system: system.value for system in CodeSystem}
    return [
        (
            names[pair.system] if pair.system is not None and pair.code is not None else "",
            pair.system in GROUPED_SYSTEMS,
        )
        for pair in pairs
    ]


def code_counts(
    pairs: Sequence[Pair],
    systems: Sequence[tuple[str, bool]],
    is_mapped: npt.NDArray[np.bool_],
    n_used: Ints,
    n_unreadable: Ints,
) -> dict[str, Any]:
    """Rows by code system and whether a condition knows the code, and those that cannot be read, by problem.

    `systems` is what `systems_of` says of the pairs.
    """
    mapped: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    unreadable: dict[str, int] = {}
    without: dict[tuple[str, str], int] = {}
    for place in np.flatnonzero(n_unreadable).tolist():
        problem = pairs[place].problem
        if problem is not None:
            clause = explain_problem(problem)
            unreadable[clause] = unreadable.get(clause, 0) + int(n_unreadable[place])
    places = np.flatnonzero(n_used)
    for place, n, known in zip(places.tolist(), n_used[places].tolist(), is_mapped[places].tolist(), strict=True):
        system, is_grouped = systems[place]
        if not system:
            continue
        counts = mapped if known else unmapped
        counts[system] = counts.get(system, 0) + n
        # What stands in the columns of systems without a form of their own may be anything, and is not shown.
        if not known and is_grouped:
            key = (system, str(pairs[place].code))
            without[key] = without.get(key, 0) + n
    return {
        # In an order of their own: that in which codes are met depends on how a table is read.
        "n_mapped": dict(sorted(mapped.items())),
        "n_unmapped": dict(sorted(unmapped.items())),
        "unreadable": dict(sorted(unreadable.items())),
        "unmapped": dict(sorted(without.items())),
    }
