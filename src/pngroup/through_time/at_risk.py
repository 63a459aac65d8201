"""Time at risk: periods cut at the birthdays on which people come into another band of age."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import birthday
from ..errors import UsageError
from .spans import Periods

Ints: TypeAlias = npt.NDArray[np.integer[Any]]


@frozen
class AtRisk:
    """Pieces of time with a group, each of one person, group, band of age and practice.

    `next_group` is the group that follows the last day directly: 0 where none does, or where the group goes on.
    """

    person: Ints = field(eq=False, repr=False)
    group: Ints = field(eq=False, repr=False)
    next_group: Ints = field(eq=False, repr=False)
    n_days: Ints = field(eq=False, repr=False)
    age_band: Ints = field(eq=False, repr=False)
    practice: Ints | None = field(eq=False, repr=False)


def at_risk(observed: Periods, age_bands: Sequence[int] | None) -> AtRisk:
    """The time of periods with a group, cut into bands of age where these are given (Lexis expansion).

    Raises `UsageError` for age bands that are not whole years in rising order.
    """
    following = observed.after(observed.group, 0)
    following = np.where(following == observed.group, 0, following)
    rows = np.flatnonzero(observed.group > 0)
    first, last, following = observed.first_day[rows], observed.last_day[rows], following[rows]
    birth = observed.people.birth
    for age in _edges(age_bands):
        turns = birthday(birth, age)[observed.person[rows]]
        cut = np.flatnonzero((first < turns) & (turns <= last))
        rows = np.concatenate([rows, rows[cut]])
        # The part from the birthday on keeps what follows; the part before it ends in nothing but the birthday.
        first, last = np.concatenate([first, turns[cut]]), np.concatenate([last, last[cut]])
        following = np.concatenate([following, following[cut]])
        last[cut] = turns[cut] - 1
        following[cut] = 0
    band = np.zeros(len(rows), np.int64)
    for age in _edges(age_bands):
        band += birthday(birth, age)[observed.person[rows]] <= first
    return AtRisk(
        person=observed.person[rows],
        group=observed.group[rows],
        next_group=following,
        n_days=last - first + 1,
        age_band=band,
        practice=None if observed.practice is None else observed.practice[rows],
    )


def age_band_words(age_bands: Sequence[int]) -> tuple[str, ...]:
    """The words of bands, lowest first; a band from 0 is added where it is not named.

    >>> age_band_words([18, 65])
    ('0-17', '18-64', '65 and over')
    """
    starts = [0, *_edges(age_bands)]
    inner = [f"{a}-{b - 1}" for a, b in itertools.pairwise(starts)]
    return (*inner, f"{starts[-1]} and over")


def _edges(age_bands: Sequence[int] | None) -> list[int]:
    """The ages at which a band ends and another begins."""
    edges = [int(age) for age in age_bands or ()]
    if any(age < 0 for age in edges) or any(a >= b for a, b in itertools.pairwise(edges)):
        raise UsageError(
            f"age_bands are {edges}",
            where="argument age_bands",
            allowed="the first age of each band, in rising order",
            remedy="say [0, 18, 65], for example",
        )
    return [age for age in edges if age > 0]
