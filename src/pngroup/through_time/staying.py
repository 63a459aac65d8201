"""Dwell times: how long people stay in a group, with stays that were cut off counted for what was seen of them."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError
from ..frames import Column, build
from ..intake import REASONS, People
from ..vocabulary import Reason
from .agreeing import float_column
from .levels import By, order_levels
from .spans import Periods, Spanned, periods
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

_NOT_BORN: Final = REASONS.index(Reason.NOT_BORN)
_DIED: Final = REASONS.index(Reason.DIED)


@frozen
class DwellTimes:
    """How long people stay on a level, one entry a level, highest first. Made by `dwell_times()`.

    `n_stays` (int64) are all stays seen; `n_begun_unseen` of them have a beginning that was not seen and are left out
    of the times. The others ended in a move (`n_moved`) or in death (`n_died`), or were cut off (`n_cut_off`).
    `median_days` (float64): NaN where over half of the stays last longer than anything seen. `restricted_mean_days`:
    mean of the first `restricted_to_days` days of a stay; NaN where no beginning was seen.
    """

    people: People = field(repr=False)
    by: By
    words: tuple[str, ...]
    n_stays: Ints = field(eq=False, repr=False)
    n_begun_unseen: Ints = field(eq=False, repr=False)
    n_moved: Ints = field(eq=False, repr=False)
    n_died: Ints = field(eq=False, repr=False)
    n_cut_off: Ints = field(eq=False, repr=False)
    median_days: Floats = field(eq=False, repr=False)
    restricted_mean_days: Floats = field(eq=False, repr=False)
    restricted_to_days: Floats = field(eq=False, repr=False)

    def to_frame(self) -> Any:
        """One row a level, highest first, in the caller's frame type.

        Columns: the group, tier or colour under the name of `by`, `n_stays`, `n_begun_unseen`, `n_moved`, `n_died`,
        `n_cut_off`, `median_days`, `restricted_mean_days`, `restricted_to_days`.
        """
        columns: dict[str, Column] = {self.by: Column("text", np.arange(len(self.words)), words=self.words)}
        for name in ("n_stays", "n_begun_unseen", "n_moved", "n_died", "n_cut_off"):
            columns[name] = Column("integer", getattr(self, name))
        for name in ("median_days", "restricted_mean_days", "restricted_to_days"):
            columns[name] = float_column(getattr(self, name))
        return build(self.people.table, columns, rows=None, pass_through=False)


def dwell_times(
    of: Snapshots | Spanned | Periods, *, by: By = "group", within_days: int = 365, death_ends: bool = True
) -> DwellTimes:
    """How long people stay in a group (tier, colour) once they come to it: Kaplan-Meier median and restricted mean.

    A stay whose beginning was not seen (under way on the first day, or found when a person registers) is of unknown
    length: it is counted and left out, because the long ones among such stays are over-represented. A stay is
    *cut off* after the days seen of it where observation ends, or where the person leaves for another reason than
    death; that says nothing of when it would have ended (independent censoring). Death ends a stay; with
    `death_ends=False` it cuts it off, and the times are of moves to another group alone. The restricted mean is the
    area under the survival curve up to `within_days`, or up to the longest stay seen where that is shorter.

    `of` are snapshots, and then changes are dated on index dates, or spells (`Spanned`), to the day.

    Raises `UsageError` for snapshots at a single date, for `within_days` below 1, and where the model has no tiers.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1950-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "b"], "code": ["J45.9", "I50.0"], "date": ["2026-02-10", "2026-02-10"]}
    >>> months = ["2026-01-31", "2026-02-28", "2026-03-31"]
    >>> found = dwell_times(pngroup.snapshots(people, records, as_at=months, system="icd10"), by="tier")
    >>> found.words, found.n_cut_off.tolist()
    (('high', 'moderate', 'low'), [0, 1, 0])

    Source: Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. Restricted mean: Royston P, Parmar MKB. BMC Med Res
    Methodol 2013;13:152.
    """
    if within_days < 1:
        raise UsageError(
            f"within_days is {within_days}",
            where="argument within_days",
            allowed="1 or more",
            remedy="say over how many days the mean is taken",
        )
    observed = periods(of)
    levels = order_levels(observed.model, observed.scheme, by)
    stays, level = observed.merged(levels.of_group[observed.group])
    # A new-born's first stay begins at birth; one found at any other entry began somewhere else.
    born = stays.before(stays.reason, -1) == _NOT_BORN
    seen = (level >= 0) & ((stays.before(level, -1) >= 0) | born)
    moved = stays.after(level, -1) >= 0
    died = stays.after(stays.reason, -1) == _DIED
    ended = moved | (died & death_ends)
    curves = [_kept(stays.n_days[seen & (level == k)], ended[seen & (level == k)]) for k in range(len(levels))]

    def count(which: npt.NDArray[np.bool_]) -> Ints:
        return np.bincount(level[which & (level >= 0)], minlength=len(levels)).astype(np.int64)

    restricted = [_restricted(curve, within_days) for curve in curves]
    return DwellTimes(
        people=observed.people,
        by=by,
        words=levels.words,
        n_stays=count(level >= 0),
        n_begun_unseen=count(~seen),
        n_moved=count(seen & moved),
        n_died=count(seen & died),
        n_cut_off=count(seen & ~moved & ~died),
        median_days=np.array([_median(curve) for curve in curves]),
        restricted_mean_days=np.array([mean for mean, _ in restricted]),
        restricted_to_days=np.array([to for _, to in restricted]),
    )


Curve: TypeAlias = tuple[Floats, Floats]


def _kept(days: Ints, ended: npt.NDArray[np.bool_]) -> Curve:
    """The Kaplan-Meier curve: distinct days in order, and the share of stays that last longer than each."""
    times, place = np.unique(days, return_inverse=True)
    n_leaving = np.bincount(place, minlength=len(times))
    n_ending = np.bincount(place[ended], minlength=len(times))
    n_at_risk = n_leaving[::-1].cumsum()[::-1]
    return times.astype(np.float64), np.cumprod(1 - n_ending / n_at_risk)


def _median(curve: Curve) -> float:
    times, lasting = curve
    # Products of shares such as 2/3 * 3/4 must not miss a half by rounding.
    reached = np.flatnonzero(lasting <= 0.5 + 1e-12)
    return float(times[reached[0]]) if len(reached) else np.nan


def _restricted(curve: Curve, within_days: int) -> tuple[float, float]:
    """The area under a curve up to a day, and that day."""
    times, lasting = curve
    if not len(times):
        return np.nan, np.nan
    # After the last end of a curve that has come down to nothing, nothing is left to be seen.
    to = float(within_days) if lasting[-1] <= 1e-12 else min(float(within_days), float(times[-1]))
    edges = np.append(0.0, np.minimum(times, to))
    area = float((np.diff(edges) * np.append(1.0, lasting[:-1])).sum())
    return area, to
