"""Episodes for the reference interpreter, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Set as AbstractSet

from attrs import frozen

from .definition import Episode


@frozen
class Span:
    """One time of an episode: its first day, and the day and kind of its end (None while it is open or has run out)."""

    first: datetime.date
    delivered: datetime.date | None = None
    lost: datetime.date | None = None
    discharged: datetime.date | None = None

    def is_open_on(self, day: datetime.date, episode: Episode) -> bool:
        """Not ended, and less than the longest duration after its first day."""
        if self.delivered is not None or self.lost is not None or self.discharged is not None:
            return False
        return (day - self.first).days < episode.longest_days

    def counts_on(self, day: datetime.date, episode: Episode) -> bool:
        """Open, in the time after a delivery, or discharged on that day."""
        if self.delivered is not None:
            return (day - self.delivered).days < episode.counts_after_delivery_days
        return self.is_open_on(day, episode) or self.discharged == day

    def includes(self, date: datetime.date, episode: Episode) -> bool:
        """Inside the episode (first and last day included), or shortly after its delivery."""
        if self.delivered is not None:
            after = datetime.timedelta(days=episode.complications_after_delivery_days)
            return self.first <= date < self.delivered + after
        return self.first <= date and (self.discharged is None or date <= self.discharged)


def spans_of(episode: Episode, days: Mapping[datetime.date, AbstractSet[str]]) -> list[Span]:
    """All spans of an episode from what opens, delivers, loses or discharges on each day, in order of their ends."""
    found: list[Span] = []
    since: datetime.date | None = None
    last_delivery: datetime.date | None = None
    last_loss: datetime.date | None = None
    for day in sorted(days):
        what = days[day]
        is_open = since is not None and (day - since).days < episode.longest_days
        # One that has run out may still be closed by a discharge.
        is_late = since is not None and not is_open and (day - since).days < episode.longest_days_to_discharge
        if since is not None and not is_open and not is_late:
            found.append(Span(since))
            since = None
        if "opens" in what and not is_open:
            too_soon = (
                last_delivery is not None and (day - last_delivery).days < episode.no_opening_after_delivery_days
            ) or (last_loss is not None and (day - last_loss).days < episode.no_opening_after_loss_days)
            if not too_soon:
                if since is not None:
                    found.append(Span(since))
                since, is_open = day, True
        if "delivers" in what:
            found.append(Span(since if since is not None and is_open else day, delivered=day))
            since, last_delivery = None, day
        if "loses" in what:
            # On one day with both, the delivery has closed the episode; the loss is still a loss.
            if since is not None and is_open:
                found.append(Span(since, lost=day))
            since, last_loss = None, day
        if "discharges" in what:
            if since is not None:
                found.append(Span(since, discharged=day))
            # What is discharged was a delivery, wherever it was.
            since, last_delivery = None, day
    if since is not None:
        found.append(Span(since))
    return found
