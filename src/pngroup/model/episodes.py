"""Pregnancy episodes of many people at once: the day-by-day rules, in lockstep over people.

The k-th day of every person is handled in the k-th step, so that the number of numpy steps is the largest number of
days of one person and no person is ever looped over.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .definition import Episode

Ints = npt.NDArray[np.int64]
_OPENS: Final = 1
_DELIVERS: Final = 2
_LOSES: Final = 4
_LONG_AGO: Final = -(10**9)


@frozen
class Episodes:
    """Episodes that can count: (person, first day, day of delivery or -1 while open), sorted in no order."""

    person: Ints = field(eq=False)
    first: Ints = field(eq=False)
    delivered: Ints = field(eq=False)


def find_episodes(
    episode: Episode,
    opens: tuple[Ints, npt.NDArray[np.int32]],
    delivers: tuple[Ints, npt.NDArray[np.int32]],
    loses: tuple[Ints, npt.NDArray[np.int32]],
    *,
    as_at: int,
) -> Episodes:
    """Every episode that is open at `as_at` or ended with a delivery; those lost or run out are left out.

    Each of `opens`, `delivers`, `loses` is (person, day) of distinct records not later than `as_at`.
    """
    person, day, what = _one_row_a_day(opens, delivers, loses)
    found: list[tuple[Ints, Ints, Ints]] = []
    if len(person):
        starts = np.flatnonzero(np.append(True, person[1:] != person[:-1]))
        lengths = np.diff(np.append(starts, len(person)))
        # People with the most days first, so that those still busy at step k are a prefix.
        order = np.argsort(-lengths, kind="stable")
        starts, lengths = starts[order], lengths[order]
        busy = np.searchsorted(-lengths, -np.arange(1, lengths[0] + 1), side="right")
        since = np.full(len(starts), _LONG_AGO)
        delivery = np.full(len(starts), _LONG_AGO)
        loss = np.full(len(starts), _LONG_AGO)
        for step, n_busy in enumerate(busy):
            rows = starts[:n_busy] + step
            now, here = day[rows], what[rows]
            is_open = since[:n_busy] > _LONG_AGO
            is_open &= now - since[:n_busy] < episode.longest_days
            may_open = now - delivery[:n_busy] >= episode.no_opening_after_delivery_days
            may_open &= now - loss[:n_busy] >= episode.no_opening_after_loss_days
            opening = ((here & _OPENS) > 0) & ~is_open & may_open
            since[:n_busy] = np.where(opening, now, np.where(is_open, since[:n_busy], _LONG_AGO))
            is_open |= opening
            delivering = (here & _DELIVERS) > 0
            if delivering.any():
                first = np.where(is_open, since[:n_busy], now)[delivering]
                found.append((person[rows][delivering], first, now[delivering]))
            losing = (here & _LOSES) > 0
            delivery[:n_busy] = np.where(delivering, now, delivery[:n_busy])
            loss[:n_busy] = np.where(losing, now, loss[:n_busy])
            since[:n_busy] = np.where(delivering | losing, _LONG_AGO, since[:n_busy])
        still = (since > _LONG_AGO) & (as_at - since < episode.longest_days)
        found.append((person[starts][still], since[still], np.full(int(still.sum()), -1)))
    columns = [np.concatenate([part[i] for part in found]) if found else np.empty(0, np.int64) for i in range(3)]
    return Episodes(*(column.astype(np.int64) for column in columns))


def _one_row_a_day(
    *kinds: tuple[Ints, npt.NDArray[np.int32]],
) -> tuple[Ints, Ints, Ints]:
    keys, bits = [], []
    for bit, (person, day) in zip((_OPENS, _DELIVERS, _LOSES), kinds, strict=True):
        keys.append((person << 18) | day)
        bits.append(np.full(len(person), bit, np.int64))
    key, what = np.concatenate(keys), np.concatenate(bits)
    distinct, where = np.unique(key, return_inverse=True)
    together = np.zeros(len(distinct), np.int64)
    np.bitwise_or.at(together, where, what)
    return distinct >> 18, distinct & ((1 << 18) - 1), together


def counting(episode: Episode, episodes: Episodes, *, as_at: int) -> Episodes:
    """Those episodes that count at `as_at`: open, or delivered not long ago."""
    counts = (episodes.delivered < 0) | (as_at - episodes.delivered < episode.counts_after_delivery_days)
    return Episodes(episodes.person[counts], episodes.first[counts], episodes.delivered[counts])


def happened_during(
    episode: Episode, present: Episodes, n_people: int, person: Ints, day: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """Per person: whether any of the (person, day) records falls in the present episode.

    The present episode is the open one; without one, every delivery episode in `present`, until
    `complications_after_delivery_days` after its delivery.
    """
    happened = np.zeros(n_people, bool)
    has_open = np.zeros(n_people, bool)
    is_open = present.delivered < 0
    has_open[present.person[is_open]] = True
    keep = is_open | ~has_open[present.person]
    who, first, delivered = present.person[keep], present.first[keep], present.delivered[keep]
    far = np.int64(1 << 18)
    end = np.where(delivered < 0, far, delivered + episode.complications_after_delivery_days)
    # Records are sorted by person and day: the first one not before the episode's first day decides.
    key = (person << 19) | day
    place = np.searchsorted(key, (who << 19) | first)
    inside = place < len(key)
    inside[inside] = key[place[inside]] < ((who[inside] << 19) | end[inside])
    happened[who[inside]] = True
    return happened
