"""Flows: the table that an alluvial (Sankey) plot of groups over time is drawn from."""

from __future__ import annotations

import datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError
from ..frames import Column, build
from ..intake import People
from .agreeing import pair_columns
from .counting_transitions import transitions
from .levels import By
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.int64]


@frozen
class Flows:
    """Flows of people from date to date, one entry a flow of anybody. Made by `flows()`.

    `pair`: place in `pairs` of dates; `from_` and `to`: places in `states` (highest level first, then reasons for
    having no group); `n`: people. The array holds every number: only what is shown (`to_frame`) hides those that are
    `suppressed`.
    """

    people: People = field(repr=False)
    pairs: tuple[tuple[datetime.date, datetime.date], ...]
    states: tuple[str, ...] = field(repr=False)
    pair: Ints = field(eq=False, repr=False)
    from_: Ints = field(eq=False, repr=False)
    to: Ints = field(eq=False, repr=False)
    n: Ints = field(eq=False, repr=False)
    suppressed: npt.NDArray[np.bool_] = field(eq=False, repr=False)

    def __len__(self) -> int:
        return len(self.n)

    def __repr__(self) -> str:
        hidden = int(self.suppressed.sum())
        return f"Flows(n_pairs={len(self.pairs)}, n_flows={len(self)}, n_suppressed={hidden})"

    def to_frame(self) -> Any:
        """One row a flow, in order of dates and states, in the caller's frame type.

        Columns: `as_at`, `next_as_at`, `from`, `to` (name of group or tier, or the reason for having none),
        `from_order`, `to_order` (integers to sort and stack by: the highest level 1, reasons after the last level),
        `n` (nullable integer, missing where `suppressed`), `suppressed`.
        """
        dates = pair_columns(self.pairs)
        columns = {
            "as_at": Column("date", dates["from_as_at"].values[self.pair]),
            "next_as_at": Column("date", dates["to_as_at"].values[self.pair]),
            "from": Column("text", self.from_, words=self.states),
            "to": Column("text", self.to, words=self.states),
            "from_order": Column("integer", self.from_ + 1),
            "to_order": Column("integer", self.to + 1),
            "n": Column("integer", np.where(self.suppressed, 0, self.n), self.suppressed),
            "suppressed": Column("boolean", self.suppressed),
        }
        return build(self.people.table, columns, rows=None, pass_through=False)


def flows(snapshots: Snapshots, *, by: By = "group", suppress_below: int = 0) -> Flows:
    """How many people flow from each group (tier, colour) at a date to each at the next.

    Each row is a band of an alluvial plot: axes are the dates, strata the states, and people who come and leave flow
    from and to their reason. People without a group on both dates are left out, and so are flows of nobody.

    With `suppress_below` numbers smaller than that are hidden; by default none is. Only these numbers are:
    whoever holds the totals of groups can work a single hidden number out, so publish no totals beside them.

    Raises `UsageError` for snapshots at a single date, a negative `suppress_below`, and where the model has no tiers.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2026-02-10"]}
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> flows(taken, by="tier").to_frame()["to"].tolist()
    ['moderate', 'low']
    """
    if suppress_below < 0:
        raise UsageError(
            f"suppress_below is {suppress_below}",
            where="argument suppress_below",
            allowed="0 (hide nothing) or more",
            remedy="say 10, for example, to hide the numbers 1 to 9",
        )
    found = transitions(snapshots, each=True, by=by)
    tables = found.counts.sum(axis=1)
    tables[:, len(found.levels) :, len(found.levels) :] = 0
    pair, from_, to = np.nonzero(tables)
    n = tables[pair, from_, to]
    return Flows(
        people=snapshots.people,
        pairs=found.pairs,
        states=found.states,
        pair=pair,
        from_=from_,
        to=to,
        n=n,
        suppressed=n < suppress_below,
    )
