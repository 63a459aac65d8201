"""Episodes of many people at once: the day-by-day rules, in lockstep over people.

The k-th day of every person is handled in the k-th step, so that the number of numpy steps is the largest number of
days of one person and no person is ever looped over.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .definition import Episode
from .viewing import Day, of_person

Ints = npt.NDArray[np.int64]
_OPENS: Final = 1
_DELIVERS: Final = 2
_LOSES: Final = 4
_DISCHARGES: Final = 8
_KINDS: Final = (_OPENS, _DELIVERS, _LOSES, _DISCHARGES)
#: Bits of a day's key that say what happened on it.
_WHAT_BITS: Final = 4
_LONG_AGO: Final = -(10**9)


@frozen
class Episodes:
    """Episodes that can count, in no order: person, first day, day of delivery and of discharge (-1 for neither)."""

    person: Ints = field(eq=False)
    first: Ints = field(eq=False)
    delivered: Ints = field(eq=False)
    discharged: Ints = field(eq=False)


def find_episodes(
    episode: Episode,
    opens: tuple[Ints, Ints],
    delivers: tuple[Ints, Ints],
    loses: tuple[Ints, Ints],
    discharges: tuple[Ints, Ints],
    *,
    as_at: Day,
    n_people: int,
) -> Episodes:
    """Every episode that is open at `as_at`, and those that ended with a delivery or a discharge.

    Those lost or run out are left out, and all of people on whose record nothing is recent enough to count.
    Each of `opens`, `delivers`, `loses`, `discharges` is (person, day) of records not later than `as_at`, in any order.
    """
    recent_from = as_at - max(episode.longest_days, episode.counts_after_delivery_days)
    kinds = _of_people_with_recent((opens, delivers, loses, discharges), recent_from, n_people)
    person, day, what = _one_row_a_day(*kinds)
    found: list[tuple[Ints, Ints, Ints, Ints]] = []
    longest_of_all = max(episode.longest_days, episode.longest_days_to_discharge)
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
            # One that has run out may still be closed by a discharge.
            may_close = now - since[:n_busy] < longest_of_all
            since[:n_busy] = np.where(opening, now, np.where(may_close, since[:n_busy], _LONG_AGO))
            is_open |= opening
            delivering = (here & _DELIVERS) > 0
            if delivering.any():
                first = np.where(is_open, since[:n_busy], now)[delivering]
                found.append((person[rows][delivering], first, now[delivering], np.full(len(first), -1)))
            losing = (here & _LOSES) > 0
            discharging = (here & _DISCHARGES) > 0
            discharging &= (since[:n_busy] > _LONG_AGO) & ~delivering & ~losing
            if discharging.any():
                first = since[:n_busy][discharging]
                found.append((person[rows][discharging], first, np.full(len(first), -1), now[discharging]))
            # What is discharged was a delivery, wherever it was.
            delivery[:n_busy] = np.where(delivering | ((here & _DISCHARGES) > 0), now, delivery[:n_busy])
            loss[:n_busy] = np.where(losing, now, loss[:n_busy])
            since[:n_busy] = np.where(delivering | losing | discharging, _LONG_AGO, since[:n_busy])
        still = (since > _LONG_AGO) & (of_person(as_at, person[starts]) - since < episode.longest_days)
        none = np.full(int(still.sum()), -1)
        found.append((person[starts][still], since[still], none, none))
    columns = [np.concatenate([part[i] for part in found]) if found else np.empty(0, np.int64) for i in range(4)]
    return Episodes(*(column.astype(np.int64) for column in columns))


def _of_people_with_recent(
    kinds: tuple[tuple[Ints, Ints], ...], recent_from: Day, n_people: int
) -> tuple[tuple[Ints, Ints], ...]:
    """All records of those people who have one later than that day."""
    is_recent = np.zeros(n_people, bool)
    for person, day in kinds:
        is_recent[person[day > of_person(recent_from, person)]] = True
    kept = [is_recent[person] for person, _ in kinds]
    return tuple((person[keep], day[keep]) for (person, day), keep in zip(kinds, kept, strict=True))


def _one_row_a_day(*kinds: tuple[Ints, Ints]) -> tuple[Ints, Ints, Ints]:
    keys = [(((person << 18) | day) << _WHAT_BITS) | bit for bit, (person, day) in zip(_KINDS, kinds, strict=True)]
    key = np.sort(np.concatenate(keys))
    if not len(key):
        return key, key, key
    starts = np.flatnonzero(np.append(True, (key[1:] >> _WHAT_BITS) != (key[:-1] >> _WHAT_BITS)))
    what = np.bitwise_or.reduceat(key & ((1 << _WHAT_BITS) - 1), starts)
    distinct = key[starts] >> _WHAT_BITS
    return distinct >> 18, distinct & ((1 << 18) - 1), what


def counting(episode: Episode, episodes: Episodes, *, as_at: Day) -> Episodes:
    """Those episodes that count at `as_at`: open, delivered not too long ago, or discharged on that day."""
    until = of_person(as_at, episodes.person)
    counts = np.where(
        episodes.delivered >= 0,
        until - episodes.delivered < episode.counts_after_delivery_days,
        (episodes.discharged < 0) | (episodes.discharged == until),
    )
    return Episodes(
        episodes.person[counts], episodes.first[counts], episodes.delivered[counts], episodes.discharged[counts]
    )


def happened_during(
    episode: Episode, present: Episodes, n_people: int, person: Ints, day: Ints
) -> npt.NDArray[np.bool_]:
    """Per person: whether any of the (person, day) records falls in the present episode.

    The present episode is the open one; without one, every episode in `present`: until
    `complications_after_delivery_days` after its delivery, or the end of the day of its discharge.
    """
    happened = np.zeros(n_people, bool)
    has_open = np.zeros(n_people, bool)
    is_open = (present.delivered < 0) & (present.discharged < 0)
    has_open[present.person[is_open]] = True
    keep = is_open | ~has_open[present.person]
    who, first, delivered = present.person[keep], present.first[keep], present.delivered[keep]
    far = np.int64(1 << 18)
    end = np.where(present.discharged[keep] >= 0, present.discharged[keep] + 1, far)
    end = np.where(delivered < 0, end, delivered + episode.complications_after_delivery_days)
    # In order of person and day, the first record not before the episode's first day decides.
    concerned = np.zeros(n_people, bool)
    concerned[who] = True
    of_those = concerned[person]
    key = np.sort((person[of_those] << 19) | day[of_those])
    place = np.searchsorted(key, (who << 19) | first)
    inside = place < len(key)
    inside[inside] = key[place[inside]] < ((who[inside] << 19) | end[inside])
    happened[who[inside]] = True
    return happened
