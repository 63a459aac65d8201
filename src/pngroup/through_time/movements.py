"""Net movement: how many went up, how many down, and how many came out of, or went into, unknown need."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..frames import Column, build
from ..intake import People
from .agreeing import pair_columns
from .counting_transitions import transitions
from .levels import By, order_levels, unknown_groups
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.int64]


@frozen
class Movement:
    """Movement between levels, one entry a pair of neighbouring dates (int64). Made by `movement()`.

    Of the `n` people with a group on both dates `n_same` are on the same level, `n_up` on a higher, `n_down` on a lower
    one, and `n_out_of_unknown` and `n_into_unknown` left or came to a group of unknown need: these five add up to `n`.
    """

    people: People = field(repr=False)
    by: By
    unknown: tuple[int, ...]
    pairs: tuple[tuple[datetime.date, datetime.date], ...]
    n: Ints = field(eq=False, repr=False)
    n_same: Ints = field(eq=False, repr=False)
    n_up: Ints = field(eq=False, repr=False)
    n_down: Ints = field(eq=False, repr=False)
    n_out_of_unknown: Ints = field(eq=False, repr=False)
    n_into_unknown: Ints = field(eq=False, repr=False)

    @property
    def n_net(self) -> Ints:
        """How many more went up than down."""
        net: Ints = self.n_up - self.n_down
        return net

    def to_frame(self) -> Any:
        """One row a pair of dates, in the caller's frame type.

        Columns: `from_as_at`, `to_as_at`, `n`, `n_same`, `n_up`, `n_down`, `n_net`, `n_out_of_unknown`,
        `n_into_unknown`.
        """
        names = ("n", "n_same", "n_up", "n_down", "n_net", "n_out_of_unknown", "n_into_unknown")
        columns = {**pair_columns(self.pairs), **{name: Column("integer", getattr(self, name)) for name in names}}
        return build(self.people.table, columns, rows=None, pass_through=False)


def movement(snapshots: Snapshots, *, by: By = "tier", unknown: Collection[int] | None = None) -> Movement:
    """How many people went up and down from each date to the next, by tier, colour ("rag") or group.

    `unknown` names the groups of unknown need, by default those that the model calls so. Somebody who leaves it
    became known, and nobody can say whether their need rose: such people are counted apart, whatever tier the
    scheme shows them in. People without a group on either date do not count.

    Raises `UsageError` for snapshots at a single date, a group that the model has not, and where it has no tiers.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a"] * 2, "code": ["J06.9", "I50.0"], "date": ["2026-01-10", "2026-02-10"]}
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> movement(taken).n_net.tolist()
    [1]
    """
    found = transitions(snapshots, each=True)
    levels = order_levels(snapshots.model, snapshots.scheme, by)
    apart = unknown_groups(snapshots.model, unknown)
    groups = np.array([each[0] for each in found.levels.groups])
    level, is_unknown = levels.of_group[groups], np.isin(groups, apart)
    # A level counts from the highest: going up is to a smaller place.
    rise = np.subtract.outer(level.astype(np.int64), level)
    known = np.logical_and.outer(~is_unknown, ~is_unknown)
    tables = found.between.sum(axis=1)

    def count(cells: npt.NDArray[np.bool_]) -> Ints:
        counted: Ints = tables[:, cells].sum(axis=1)
        return counted

    return Movement(
        people=snapshots.people,
        by=by,
        unknown=apart,
        pairs=found.pairs,
        n=tables.sum(axis=(1, 2)),
        n_same=count((known & (rise == 0)) | np.logical_and.outer(is_unknown, is_unknown)),
        n_up=count(known & (rise > 0)),
        n_down=count(known & (rise < 0)),
        n_out_of_unknown=count(np.logical_and.outer(is_unknown, ~is_unknown)),
        n_into_unknown=count(np.logical_and.outer(~is_unknown, is_unknown)),
    )
