"""What became of inactive concepts: history supplements of expressions, and substitutes."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError, did_you_mean
from .assembling import Content, find
from .graph import spread
from .rf2 import EVERY_HISTORICAL, HISTORICAL, MINIMUM, MODERATE, POSSIBLE, SUBSTITUTING

History: TypeAlias = Literal["none", "min", "moderate", "maximum"]
HISTORIES: Final = ("none", "min", "moderate", "maximum")


@frozen(eq=False)
class Substitutes:
    """Which active concepts take the place of inactive ones; all arrays are int64 ids.

    `inactive` and `active`, of one length, are pairs by SAME AS or REPLACED BY, followed to the end where the
    substitute has become inactive too. `possibly_inactive` and `possibly_active` are pairs by associations that leave
    the choice to a person (possibly equivalent to, possibly replaced by, partially equivalent to, alternative): kept
    apart, and never used by themselves. `without`: inactive ids without a pair of the first kind. `unknown`: ids not in
    the release.
    """

    inactive: npt.NDArray[np.int64] = field(repr=False)
    active: npt.NDArray[np.int64] = field(repr=False)
    possibly_inactive: npt.NDArray[np.int64] = field(repr=False)
    possibly_active: npt.NDArray[np.int64] = field(repr=False)
    without: npt.NDArray[np.int64] = field(repr=False)
    unknown: npt.NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        return len(self.active)


def check_history(history: object) -> str:
    """One of the words for how much history is asked for; `UsageError` for another."""
    if isinstance(history, str) and history in HISTORIES:
        return history
    near = did_you_mean(history, HISTORIES) if isinstance(history, str) else ""
    raise UsageError(
        f"there is no history {history!r}" if isinstance(history, str) else f"history is a {type(history).__name__}",
        where="argument history",
        allowed=", ".join(HISTORIES),
        remedy=near or "name one of these",
    )


def supplement(
    content: Content, mask: npt.NDArray[np.bool_], profile: str | npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """A mask of the concepts that carry an association to one in `mask`, by a profile or by reference set ids.

    One step, as ECL defines it: `min` follows SAME AS; `moderate` also REPLACED BY, WAS A and PARTIALLY EQUIVALENT TO;
    `maximum` every historical association.
    """
    refset, source, target = content.associations
    chosen = np.isin(refset, _refsets(content, profile))
    found = np.zeros(len(mask), bool)
    found[source[chosen & mask[target]]] = True
    return found


def _refsets(content: Content, profile: str | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if not isinstance(profile, str):
        return profile
    if profile == "maximum":
        top, known = find(content.ids, np.array([HISTORICAL], np.int64))
        below = content.ids[content.hierarchy.children.reached(top, with_self=False)] if known[0] else ()
        return np.union1d(np.array(EVERY_HISTORICAL, np.int64), np.array(below, np.int64))
    wanted: dict[str, tuple[int, ...]] = {"none": (), "min": MINIMUM, "moderate": MODERATE}
    return np.array(wanted[profile], np.int64)


def find_substitutes(content: Content, ids: npt.NDArray[np.int64]) -> Substitutes:
    """The substitutes of those of the ids that are inactive."""
    ids = np.unique(ids)
    index, known = find(content.ids, ids)
    inactive = index[known]
    inactive = inactive[~content.active[inactive]]
    first, last = _followed(content, inactive)
    maybe_first, maybe_last = _pairs(content, inactive, inactive, POSSIBLE)
    is_active = content.active[maybe_last]
    every = content.ids
    return Substitutes(
        inactive=every[first],
        active=every[last],
        possibly_inactive=every[maybe_first[is_active]],
        possibly_active=every[maybe_last[is_active]],
        without=np.setdiff1d(every[inactive], every[first]),
        unknown=ids[~known],
    )


def _followed(content: Content, inactive: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Pairs of an inactive concept and an active one at the end of its associations; a circle of them ends nowhere."""
    n = len(content.ids)
    first, here = inactive, inactive
    seen = np.unique(first.astype(np.int64) * n + here)
    while len(here):
        first, here = _pairs(content, first, here, SUBSTITUTING)
        keys = np.setdiff1d(first.astype(np.int64) * n + here, seen)
        seen = np.union1d(seen, keys)
        first, here = keys // n, keys % n
        going_on = ~content.active[here]
        first, here = first[going_on], here[going_on]
    done = content.active[seen % n] if n else np.zeros(0, bool)
    return seen[done] // n, seen[done] % n


def _pairs(
    content: Content, first: npt.NDArray[Any], here: npt.NDArray[Any], refsets: tuple[int, ...]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """From pairs (first, here) to pairs (first, next): one step along the associations."""
    refset, source, target = content.associations
    chosen = np.isin(refset, np.array(refsets, np.int64))
    source, target = source[chosen], target[chosen]
    order = np.argsort(source, kind="stable")
    source, target = source[order], target[order]
    begin = np.searchsorted(source, here)
    n_next = np.searchsorted(source, here, side="right") - begin
    return np.repeat(first, n_next), target[spread(begin, n_next)]
