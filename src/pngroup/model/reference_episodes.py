"""Pregnancy episodes for the reference interpreter, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Set as AbstractSet

from attrs import frozen

from .definition import Episode


@frozen
class Pregnancy:
    """One episode: its first day, and the day and kind of its end (None while it is open or has run out)."""

    first: datetime.date
    delivered: datetime.date | None = None
    lost: datetime.date | None = None

    def is_open_on(self, day: datetime.date, episode: Episode) -> bool:
        """Neither delivered nor lost, and less than the longest duration after its first day."""
        if self.delivered is not None or self.lost is not None:
            return False
        return (day - self.first).days < episode.longest_days

    def counts_on(self, day: datetime.date, episode: Episode) -> bool:
        """Open, or in the time after a delivery."""
        if self.delivered is not None:
            return (day - self.delivered).days < episode.counts_after_delivery_days
        return self.is_open_on(day, episode)

    def includes(self, date: datetime.date, episode: Episode) -> bool:
        """Inside the episode (first and last day included), or shortly after its delivery."""
        if self.delivered is not None:
            after = datetime.timedelta(days=episode.complications_after_delivery_days)
            return self.first <= date < self.delivered + after
        return self.first <= date


def pregnancies(episode: Episode, days: Mapping[datetime.date, AbstractSet[str]]) -> list[Pregnancy]:
    """All episodes from the days on which something opens, delivers or loses, in order of their beginning."""
    found: list[Pregnancy] = []
    open_since: datetime.date | None = None
    last_delivery: datetime.date | None = None
    last_loss: datetime.date | None = None
    for day in sorted(days):
        what = days[day]
        if open_since is not None and (day - open_since).days >= episode.longest_days:
            found.append(Pregnancy(open_since))
            open_since = None
        if "opens" in what and open_since is None:
            too_soon = (
                last_delivery is not None and (day - last_delivery).days < episode.no_opening_after_delivery_days
            ) or (last_loss is not None and (day - last_loss).days < episode.no_opening_after_loss_days)
            open_since = None if too_soon else day
        if "delivers" in what:
            found.append(Pregnancy(open_since or day, delivered=day))
            open_since, last_delivery = None, day
        if "loses" in what:
            # On one day with both, the delivery has closed the episode; the loss is still a loss.
            if open_since is not None:
                found.append(Pregnancy(open_since, lost=day))
            open_since, last_loss = None, day
    if open_since is not None:
        found.append(Pregnancy(open_since))
    return found
