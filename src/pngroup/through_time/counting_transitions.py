"""Transitions: how many people moved from which group to which between two dates, who came and who left."""

from __future__ import annotations

import datetime
import itertools
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError
from ..frames import Column, Taken, build
from ..intake import REASONS, People
from .levels import By, Levels, order_levels
from .spans import index_days
from .taking_snapshots import Snapshots

Counts: TypeAlias = npt.NDArray[np.int64]

#: What became of people, in the column `kind`.
KINDS: Final = ("stayed", "moved", "entered", "left", "absent")


@frozen
class Transitions:
    """How many people went from which state to which, for pairs of dates. Made by `transitions()`.

    A state is a group (or tier, or colour), highest first, or a reason for having none; `states` are their words, and
    `levels` of them the first `len(levels)`. `counts`: (pairs, practices, states, states) int64, from state in rows, to
    state in columns; one practice where none are told apart. `practices`: their names, None for people without any.
    """

    people: People = field(repr=False)
    levels: Levels = field(repr=False)
    pairs: tuple[tuple[datetime.date, datetime.date], ...]
    states: tuple[str, ...] = field(repr=False)
    practices: tuple[str | None, ...] | None = field(repr=False)
    counts: Counts = field(eq=False, repr=False)

    @property
    def matrix(self) -> Counts:
        """Counts of all pairs and practices together: (states, states)."""
        found: Counts = self.counts.sum(axis=(0, 1))
        return found

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """`counts` as shares of their row: of those who were in a state, the share now in each; NaN of nobody."""
        rows = self.counts.sum(axis=-1, keepdims=True)
        found = np.full(self.counts.shape, np.nan)
        np.divide(self.counts, rows, out=found, where=rows > 0)
        return found

    @property
    def between(self) -> Counts:
        """Counts of people who had a group on both dates: (pairs, practices, levels, levels)."""
        return self.counts[..., : len(self.levels), : len(self.levels)]

    @property
    def entries(self) -> Counts:
        """Counts of people who had no group on the first date and one on the second: (..., reasons, levels)."""
        return self.counts[..., len(self.levels) :, : len(self.levels)]

    @property
    def exits(self) -> Counts:
        """Counts of people who had a group on the first date and none on the second: (..., levels, reasons)."""
        return self.counts[..., : len(self.levels), len(self.levels) :]

    def to_frame(self) -> Any:
        """One row for each pair, practice and two states with anybody, in the caller's frame type.

        Columns: `from_as_at`, `to_as_at`, `practice` where asked for, `from_group` and `to_group` (nullable integer,
        by group), `from` and `to` (name of group or tier, or the reason), `kind` (`stayed`, `moved`, `entered`, `left`,
        or `absent` on both dates), `n`, and `share` of the row (missing for people who had no group before).
        """
        pair, practice, before, after = np.nonzero(self.counts)
        n_levels = len(self.levels)
        was, is_ = before < n_levels, after < n_levels
        kind = np.select([was & is_ & (before == after), was & is_, ~was & is_, was & ~is_], [0, 1, 2, 3], 4)
        days = np.array(self.pairs, dtype="datetime64[D]").astype(np.int64)
        columns: dict[str, Column | Taken] = {
            "from_as_at": Column("date", days[pair, 0]),
            "to_as_at": Column("date", days[pair, 1]),
        }
        if self.practices is not None:
            none = np.array([name is None for name in self.practices], bool)[practice]
            columns["practice"] = Column("text", practice, none, tuple(name or "" for name in self.practices))
        if self.levels.by == "group":
            numbers = np.array([*(groups[0] for groups in self.levels.groups), *([0] * len(REASONS))], np.int64)
            columns["from_group"] = Column("integer", numbers[before], ~was)
            columns["to_group"] = Column("integer", numbers[after], ~is_)
        columns["from"] = Column("text", before, words=self.states)
        columns["to"] = Column("text", after, words=self.states)
        columns["kind"] = Column("text", kind, words=KINDS)
        columns["n"] = Column("integer", self.counts[pair, practice, before, after])
        share = self.shares[pair, practice, before, after]
        columns["share"] = Column("float", np.where(was, share, 0.0), ~was)
        return build(self.people.table, columns, rows=None, pass_through=False)


def transitions(
    snapshots: Snapshots,
    from_: Any = None,
    to: Any = None,
    *,
    each: bool = False,
    by: By = "group",
    by_practice: bool = False,
) -> Transitions:
    """How many people moved between groups from one date to another, who came, and who left.

    `from_` and `to` are two dates of the snapshots, the first and the last where they are left out; with `each` every
    date from `from_` to `to` is compared with the next. `by` may be "tier" or "rag" (colour) in the place of "group".
    With `by_practice` people are counted in the practice of the first date of a pair, those who had none then in
    that of the second.

    Raises `UsageError` where a date has no snapshot or `to` is not later, where snapshots hold no practices, and where
    the model has no tiers.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "2026-02-10"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2026-02-10"]}
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> frame = transitions(taken).to_frame()
    >>> [(a, b, int(n)) for a, b, n in zip(frame["from"], frame["to"], frame["n"], strict=True)]
    [('Non-user', 'Dominant major chronic condition', 1), ('not_born', 'Non-user', 1)]
    """
    index_days(snapshots)
    first = 0 if from_ is None else snapshots.place(from_)
    last = len(snapshots.as_at) - 1 if to is None else snapshots.place(to)
    if last <= first:
        raise UsageError(
            f"the pair of dates runs from {snapshots.as_at[first]} to {snapshots.as_at[last]}",
            where="arguments from_ and to",
            allowed="a date to that is later than from_",
            remedy="name two dates of the snapshots in order of time",
        )
    places = list(range(first, last + 1)) if each else [first, last]
    levels = order_levels(snapshots.model, snapshots.scheme, by)
    names, at = _strata(snapshots, by_practice=by_practice)
    n_states, n_practices = len(levels) + len(REASONS), len(names)
    counts = np.zeros((len(places) - 1, n_practices, n_states, n_states), np.int64)
    state = _states(snapshots, levels, places[0])
    for pair, (start, end) in enumerate(itertools.pairwise(places)):
        later = _states(snapshots, levels, end)
        key = state * n_states + later
        if at is not None:
            practice = np.where(at[start] < 0, at[end], at[start]).astype(np.int64)
            key += np.where(practice < 0, n_practices - 1, practice) * n_states**2
        counts[pair] = np.bincount(key, minlength=counts[pair].size).reshape(counts[pair].shape)
        state = later
    return Transitions(
        people=snapshots.people,
        levels=levels,
        pairs=tuple((snapshots.as_at[a], snapshots.as_at[b]) for a, b in itertools.pairwise(places)),
        states=(*levels.words, *REASONS),
        practices=names if by_practice else None,
        counts=counts,
    )


def _states(snapshots: Snapshots, levels: Levels, place: int) -> Counts:
    """For each person the place of the state on a date: a level, or after the levels a reason."""
    group, reason = snapshots.group[place], snapshots.reason[place]
    found: Counts = np.where(reason < 0, levels.of_group[group], len(levels) + reason).astype(np.int64)
    return found


def _strata(snapshots: Snapshots, *, by_practice: bool) -> tuple[tuple[str | None, ...], npt.NDArray[np.int32] | None]:
    """The practices that are told apart, the last for people without one, and who is where."""
    if not by_practice:
        return (None,), None
    if snapshots.practice is None:
        raise UsageError(
            "the snapshots hold no practices",
            where="argument by_practice",
            allowed="snapshots taken with registrations= or practice=",
            remedy="take the snapshots with one of these",
        )
    return (*snapshots.practices, None), snapshots.practice
