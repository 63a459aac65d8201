"""Rising risk: people whose group or tier went up within the last months."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..catalogue import Catalogue
from ..dates import months_before, read_as_at, to_date
from ..errors import UsageError
from ..frames import Column, Taken, build
from ..intake import People
from ..model import Model
from ..schemes import Scheme
from .levels import By, group_names, order_levels, unknown_groups
from .spans import Periods, Spanned, periods
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.int64]


@frozen
class RisingRisk:
    """Rises of people, one entry a rise, in order of people, then of days. Made by `rising_risk()`.

    `person`: place among people; `from_group` and `to_group`; `last_before`: the last day looked at on which the person
    was in `from_group`, `first_after`: the first in `to_group` (day numbers): two days between which the change can be
    explained. `from_unknown`: whether `from_group` is one of unknown need, so that nobody can say that risk rose.
    `still_raised`: whether the person is at least as high on `as_at`.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    people: People = field(repr=False)
    by: By
    after: datetime.date
    as_at: datetime.date
    person: Ints = field(eq=False, repr=False)
    from_group: Ints = field(eq=False, repr=False)
    to_group: Ints = field(eq=False, repr=False)
    last_before: Ints = field(eq=False, repr=False)
    first_after: Ints = field(eq=False, repr=False)
    from_unknown: npt.NDArray[np.bool_] = field(eq=False, repr=False)
    still_raised: npt.NDArray[np.bool_] = field(eq=False, repr=False)

    def __len__(self) -> int:
        return len(self.person)

    def to_frame(self) -> Any:
        """One row a rise, in the caller's frame type; `person_id` is the caller's own, to join by.

        Columns: `person_id`, `from_group`, `from_group_name`, `to_group`, `to_group_name`, where the scheme has
        tiers `from_tier` and `to_tier`, `last_before`, `first_after` (dates), `from_unknown`, `still_raised`.
        """
        names = group_names(self.model, self.scheme)
        groups = tuple(sorted(names))
        columns: dict[str, Column | Taken] = {"person_id": Taken("person_id")}
        for end, group in (("from", self.from_group), ("to", self.to_group)):
            place = np.searchsorted(groups, group)
            columns[f"{end}_group"] = Column("integer", group)
            columns[f"{end}_group_name"] = Column("text", place, words=tuple(names[each] for each in groups))
            if self.scheme.tiers:
                tiers = tuple(self.scheme.tier_word(each) for each in groups)
                columns[f"{end}_tier"] = Column("text", place, words=tiers)
        columns["last_before"] = Column("date", self.last_before)
        columns["first_after"] = Column("date", self.first_after)
        columns["from_unknown"] = Column("boolean", self.from_unknown)
        columns["still_raised"] = Column("boolean", self.still_raised)
        return build(
            self.people.table, columns, rows=self.people.first_row[self.person], pass_through=False, renumber=True
        )


def rising_risk(
    of: Snapshots | Spanned | Periods,
    *,
    months: int,
    as_at: Any = None,
    by: By = "group",
    unknown: Collection[int] | None = None,
    with_unknown: bool = False,
) -> RisingRisk:
    """People whose group (`by="group"`) or tier ("tier") went up within the `months` before `as_at`.

    A rise is a move to a group earlier in the model's order of precedence, or to a higher tier, from another group
    directly: to have no group is not to be low. `as_at` is by default the last day looked at; the months before a month
    end run from month end to month end. Somebody who rose twice has two entries.

    `unknown` names groups of unknown need, by default those that the model calls so. A person who leaves one
    became known to services, which is not a rise of risk: such people are listed only with `with_unknown`, and marked.

    Raises `UsageError` where `as_at` or the beginning of the months lies outside what was looked at, for `months`
    below 1, and where the model has no tiers.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1950-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "a", "b"], "code": ["J45.9", "I50.0", "I50.0"], "date": ["2026-02-10"] * 3}
    >>> records["date"][0] = "2026-01-10"
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> rising_risk(taken, months=1).to_frame()["person_id"]
    ['a']
    >>> rising_risk(taken, months=1, with_unknown=True).from_unknown.tolist()
    [False, True]
    """
    observed = periods(of)
    levels = order_levels(observed.model, observed.scheme, by)
    apart = unknown_groups(observed.model, unknown)
    until = observed.until if as_at is None else read_as_at(as_at)
    after = _months_before(until, months)
    if not (observed.since <= after and until <= observed.until):
        raise UsageError(
            f"rises after {to_date(after)} and up to {to_date(until)} are asked for",
            where="arguments months and as_at",
            allowed=f"days from {to_date(observed.since)} to {to_date(observed.until)}",
            remedy="ask for fewer months, or look at people on earlier dates too",
        )
    # Neighbours here differ in group: a change of practice alone is no change.
    runs, group = observed.merged(observed.group)
    level = levels.of_group[group]
    was = runs.before(group, 0)
    from_unknown = np.isin(was, apart)
    # To have had no group is the place -1, before which there is none to rise to.
    up = (group > 0) & (level < levels.of_group[was])
    # A group of unknown need may share its tier with others: coming out of it is listed whatever the tier.
    known_now = from_unknown & (group > 0) & ~np.isin(group, apart)
    listed = np.where(from_unknown, known_now & with_unknown, up)
    rows = np.flatnonzero(listed & (runs.first_day > after) & (runs.first_day <= until))
    on_the_day = np.flatnonzero((runs.first_day <= until) & (runs.last_day >= until))
    now = np.full(observed.people.n_people, -1, np.int64)
    now[runs.person[on_the_day]] = level[on_the_day]
    person, first_after = runs.person[rows].astype(np.int64), runs.first_day[rows].astype(np.int64)
    days = observed.index_days
    return RisingRisk(
        model=observed.model,
        scheme=observed.scheme,
        catalogue=observed.catalogue,
        people=observed.people,
        by=by,
        after=to_date(after),
        as_at=to_date(until),
        person=person,
        from_group=was[rows].astype(np.int64),
        to_group=group[rows].astype(np.int64),
        last_before=first_after - 1 if days is None else days[np.searchsorted(days, first_after) - 1].astype(np.int64),
        first_after=first_after,
        from_unknown=from_unknown[rows],
        still_raised=(now[person] >= 0) & (now[person] <= level[rows]),
    )


def _months_before(day: int, months: int) -> int:
    """The day some months before another; before a month end, a month end."""
    if months < 1:
        raise UsageError(
            f"months is {months}", where="argument months", allowed="1 or more", remedy="say how far back to look"
        )
    if to_date(day + 1).day == 1:
        # One day later both are firsts of a month, which every month has.
        return months_before(day + 1, months) - 1
    return months_before(day, months)
