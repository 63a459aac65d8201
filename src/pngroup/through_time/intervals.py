"""Intervals of rates, of ratios of rates, and of shares: a formula and its source each."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import UsageError

Floats: TypeAlias = npt.NDArray[np.float64]

#: Person-years are days divided by this.
DAYS_A_YEAR: Final = 365.25


def normal_quantile(confidence: float) -> float:
    """The quantile of the normal distribution that a two-sided interval uses; 1.96 for 0.95.

    Raises `UsageError` for a confidence that is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise UsageError(
            f"confidence is {confidence!r}",
            where="argument confidence",
            allowed="a number between 0 and 1, without these",
            remedy="say 0.95 for a 95 per cent interval",
        )
    return NormalDist().inv_cdf((1 + confidence) / 2)


def byar(n_events: npt.ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Byar's interval of a count of events that come one by one (Poisson); divide by person-years for a rate.

    Lower bound `d (1 - 1/(9d) - z/(3 sqrt(d)))^3`, 0 for no event; upper bound the same with a plus before z and d + 1
    in the place of d. Of fewer than ten events the lower bound is lower than the exact one.

    >>> [bound.round(2).tolist() for bound in byar([0, 10])]
    [[0.0, 4.79], [3.67, 18.39]]

    Source: Breslow NE, Day NE. Statistical Methods in Cancer Research, vol. II. IARC 1987, p. 69.
    """
    z, d = normal_quantile(confidence), np.asarray(n_events, np.float64)
    some = np.maximum(d, 1)
    lower = np.where(d > 0, some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3, 0.0)
    more = d + 1
    return np.maximum(lower, 0.0), more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3


def rate_ratio(
    n_events: tuple[int, int], person_years: tuple[float, float], confidence: float = 0.95
) -> tuple[float, float, float]:
    """The first rate divided by the second, with lower and upper bound: it divided and multiplied
    by `exp(z sqrt(1/a + 1/b))`, where a and b are the two numbers of events.

    All three are NaN where there is no event in one of them, or no time.

    >>> [round(each, 3) for each in rate_ratio((30, 10), (1000.0, 1000.0))]
    [3.0, 1.467, 6.137]

    Source: Rothman KJ, Greenland S, Lash TL. Modern Epidemiology, 3rd edition, 2008, chapter 14 (person-time data,
    large-sample interval of the rate ratio).
    """
    z, (a, b) = normal_quantile(confidence), n_events
    if not (a and b and person_years[0] and person_years[1]):
        return math.nan, math.nan, math.nan
    ratio = (a / person_years[0]) / (b / person_years[1])
    spread = math.exp(z * math.sqrt(1 / a + 1 / b))
    return ratio, ratio / spread, ratio * spread


def wilson(n: npt.ArrayLike, of: npt.ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's interval of a share n of `of`; NaN where `of` is 0.

    >>> [bound.round(3).tolist() for bound in wilson([9], [10])]
    [[0.596], [0.982]]

    Source: Wilson EB. J Am Stat Assoc 1927;22:209-212.
    """
    z, k, m = normal_quantile(confidence), np.asarray(n, np.float64), np.asarray(of, np.float64)
    m = np.where(m > 0, m, np.nan)
    centre, spread = (k + z**2 / 2) / (m + z**2), z / (m + z**2) * np.sqrt(k * (m - k) / m + z**2 / 4)
    return np.maximum(centre - spread, 0.0), np.minimum(centre + spread, 1.0)
