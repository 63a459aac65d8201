"""Settling: a new group held back until it has stood for some months, beside the computed group and never in its place.

By default a move to a tier of higher need is shown at once, and only moves to the same or a lower tier wait: who waits
for a higher need to be seen may go without care, who waits for a lower one is looked at once more.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import months_before
from ..errors import UsageError
from ..model import Model
from ..schemes import Scheme

Groups = npt.NDArray[np.int64]
Days = npt.NDArray[np.int64]
_MOST_MONTHS: Final = 120


def _is_months(_settle: Any, _attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_MONTHS:
        raise UsageError(
            f"settle is {value!r}" if isinstance(value, int) else f"settle is a {type(value).__name__}",
            where="argument settle",
            allowed=f"a number of months, 0 (off) to {_MOST_MONTHS}, or a Settle",
            remedy="correct it",
        )


@frozen
class Settle:
    """Hold a new group back for `months` (0: off); with `upwards` also a move to a tier of higher need.

    >>> Settle(3).upwards
    False
    """

    months: int = field(validator=_is_months)
    upwards: bool = False


@frozen(eq=False)
class Standing:
    """Since when people have their groups, one entry a person: days; 0 in `settled` where there is no group.

    `group` has been the answer of every update from `since`; `settled` is shown since `settled_since`.
    """

    since: Days = field(repr=False)
    settled: Groups = field(repr=False)
    settled_since: Days = field(repr=False)


def stand(group: Groups, before: Groups, last: Standing, day: int, settle: Settle, heights: Groups) -> Standing:
    """The standing of people after an update as at a day.

    `heights` as `heights_of` gives them. `before` and `last`: group and standing last month, 0 for who had none. A
    group has stood when the index date has reached the same day so many months after the date at which it was first
    the answer (the end of a shorter month), and every update since then said the same. Who had no group takes a new
    one at once, and who has none any more shows none.
    """
    since = np.where((group == before) & (before > 0), last.since, day)
    # Few different days, however many people.
    days, place = np.unique(since, return_inverse=True)
    due = np.array([months_before(int(each), -settle.months) for each in days.tolist()], np.int64)
    has_stood = due[place.reshape(-1)] <= day
    at_once = has_stood | (last.settled == 0) | (group == 0)
    if not settle.upwards:
        at_once |= heights[group] > heights[last.settled]
    settled = np.where(at_once, group, last.settled)
    moved = settled != last.settled
    return Standing(since, settled, np.where(moved, day, last.settled_since))


def heights_of(model: Model, scheme: Scheme) -> Groups:
    """By group number how high the group stands: the place of its tier, lowest need first; 0 for no group.

    Where the groups are in no tiers, the place in the model's order of precedence.
    """
    tiers = [tier.groups for tier in scheme.tiers] or [(group,) for group in reversed(model.groups)]
    heights = np.zeros(max((*model.groups, *(group for groups in tiers for group in groups))) + 1, np.int64)
    for place, groups in enumerate(tiers, 1):
        heights[list(groups)] = place
    return heights
