"""The probability of each condition by age, sex and deprivation, scaled so that each target is met.

A shape says how the prevalence at one age compares with that at another. The one free number, the height, is
solved on the expected population (not on the people drawn), so that a drawn practice differs from the target
by chance alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from .definitions import ConditionParameters, Floats, at_age
from .people import AGES, DECILES, cell_shares
from .tables import parameters


@cache
def prevalence() -> Mapping[str, Floats]:
    """For each condition, its probability in each cell of `cell_shares`.

    A condition that has `given` conditions has its probability among the people with one of those.
    """
    found: dict[str, Floats] = {}
    for condition in parameters().conditions:
        relative = _relative(condition)
        if condition.given:
            among = 1 - np.prod([1 - found[parent] for parent in condition.given], axis=0)
        else:
            among = np.ones_like(relative)
        base = cell_shares() * among * (_ages() >= condition.target_age_from)
        found[condition.id] = _solve(relative, base, condition.target / 100)
    return found


def ever(condition: ConditionParameters) -> Floats:
    """The probability of having had the condition at all, those in whom it has resolved included."""
    return prevalence()[condition.id] / (1 - condition.resolved_share)


def _ages() -> Floats:
    found: Floats = np.repeat(np.arange(AGES), 2 * DECILES).astype(np.float64)
    return found


def _relative(condition: ConditionParameters) -> Floats:
    """Shape times sex ratio times deprivation gradient, in arbitrary units."""
    by_age = at_age(condition.shape, np.arange(AGES))
    by_sex = np.array([condition.female_ratio, 1.0])
    if condition.sex:
        by_sex = np.array([condition.sex == "female", condition.sex == "male"], dtype=np.float64)
    by_decile = condition.imd_ratio ** ((5.5 - np.arange(1, DECILES + 1)) / (DECILES - 1))
    found: Floats = (by_age[:, None, None] * by_sex[:, None] * by_decile).ravel()
    return found


def _solve(relative: Floats, base: Floats, target: float) -> Floats:
    """The heights at which the base's mean is the target, with no cell above the greatest probability."""
    most = parameters()["most_likely"]
    height = target * base.sum() / (base @ relative)
    for _ in range(20):
        capped = np.minimum(relative * height, most)
        height *= target * base.sum() / (base @ capped)
    found: Floats = np.minimum(relative * height, most)
    return found
