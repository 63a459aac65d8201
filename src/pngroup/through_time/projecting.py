"""Projection: what group counts would become if people went on moving as they did, in a population of a given size."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import read_as_at, to_date
from ..errors import UsageError
from ..frames import Column, build
from ..intake import People
from .agreeing import float_column
from .counting_transitions import transitions
from .future import next_days, read_totals
from .intervals import normal_quantile
from .levels import Levels
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

_MOST_SIMULATIONS: Final = 100_000
_MARKOV: Final = (
    "A person's next group depends on the present one alone, not on how long they have been in it, nor on age, sex, "
    "practice or anything else (Markov)."
)
_NOT_IN_INTERVALS: Final = (
    "They show chance in the shares (Dirichlet) and in people who move each for themselves (multinomial); a change of "
    "the shares or of coding and an error in the totals are not in them, and moves never seen stay impossible."
)


@frozen
class Projection:
    """Projected counts of groups: (dates, groups), groups in order of precedence. Made by `project()`.

    `n_expected`, `lower` and `upper` (float64); `n_now` are the counts on `start`. `matrix`: (groups, groups + 1)
    float64, of those in a group the share in each one step later, and in the last column the share that has none any
    more; `entry_shares`: which groups people enter. `assumptions`: sentences that belong beside every figure.
    """

    people: People = field(repr=False)
    levels: Levels = field(repr=False)
    start: datetime.date
    as_at: tuple[datetime.date, ...]
    n_now: Ints = field(eq=False, repr=False)
    n_expected: Floats = field(eq=False, repr=False)
    lower: Floats = field(eq=False, repr=False)
    upper: Floats = field(eq=False, repr=False)
    matrix: Floats = field(eq=False, repr=False)
    entry_shares: Floats = field(eq=False, repr=False)
    assumptions: tuple[str, ...] = field(repr=False)

    def to_frame(self) -> Any:
        """One row a date and group, in the caller's frame type.

        Columns: `as_at`, `step`, `group`, `group_name`, `n_expected`, `lower`, `upper`.
        """
        n_dates, n_groups = self.n_expected.shape
        days = np.array([read_as_at(day) for day in self.as_at], np.int64)
        groups = np.array([each[0] for each in self.levels.groups], np.int64)
        columns = {
            "as_at": Column("date", np.repeat(days, n_groups)),
            "step": Column("integer", np.repeat(np.arange(1, n_dates + 1), n_groups)),
            "group": Column("integer", np.tile(groups, n_dates)),
            "group_name": Column("text", np.tile(np.arange(n_groups), n_dates), words=self.levels.words),
            "n_expected": float_column(self.n_expected.reshape(-1)),
            "lower": float_column(self.lower.reshape(-1)),
            "upper": float_column(self.upper.reshape(-1)),
        }
        return build(self.people.table, columns, rows=None, pass_through=False)


def project(
    snapshots: Snapshots,
    population: Any,
    *,
    from_: Any = None,
    to: Any = None,
    entries: Mapping[int, float] | None = None,
    n_simulations: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
) -> Projection:
    """How many people would be in each group on dates to come, if groups changed as they did between past dates.

    The moves from each date to the next, from `from_` to `to` (all snapshots where they are left out; equally spaced),
    are added up to one matrix of shares (a Markov chain). It is applied step by step to the counts on `to`: people
    move, and leave. `population` is the caller's projection of all people with a group: a table with `n_people`, and
    `step` (1, 2, ...) or `as_at` (the dates that follow at the same spacing). The people needed to reach that total
    enter the groups in the shares of those who entered in the past, or as `entries` says (a weight for each group
    number).

    Intervals are quantiles of simulated courses: each draws the rows of the matrix and the entry shares from
    Dirichlet distributions of the counts, then the people of each step (multinomial). The same `seed` gives the same
    intervals. What they do not hold is in `assumptions`, in words.

    Raises `UsageError` for dates that are not equally spaced or not at least two, and for arguments out of range;
    `DataError` for a table that is not as described.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2026-02-10"]}
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> found = project(taken, {"step": [1], "n_people": [2]})
    >>> float(found.n_expected.sum()), found.as_at[0].isoformat()
    (2.0, '2026-03-31')

    Source: Kemeny JG, Snell JL. Finite Markov Chains, 1960; the Dirichlet is the posterior of multinomial counts under
    Haldane's prior, which leaves moves that were never seen impossible.
    """
    if not 1 <= n_simulations <= _MOST_SIMULATIONS:
        raise UsageError(
            f"n_simulations is {n_simulations}",
            where="argument n_simulations",
            allowed=f"1 to {_MOST_SIMULATIONS:,}",
            remedy="1,000 are enough for 95 per cent intervals",
        )
    normal_quantile(confidence)
    found = transitions(snapshots, from_, to, each=True)
    levels, pairs = found.levels, found.pairs
    days = [read_as_at(day) for day in (pairs[0][0], *(pair[1] for pair in pairs))]
    future, totals = read_totals(population, next_days(days))
    seen = found.matrix
    n_groups = len(levels)
    moves = np.column_stack([seen[:n_groups, :n_groups], seen[:n_groups, n_groups:].sum(axis=1)])
    empty = np.flatnonzero(moves.sum(axis=1) == 0)
    # Nobody was there to learn from: whoever comes stays, which the assumptions say.
    moves[empty, empty] = 1
    group = snapshots.group[snapshots.place(pairs[-1][1])]
    now = np.bincount(levels.of_group[group[group > 0]], minlength=n_groups).astype(np.int64)
    entering, where_from = _entering(seen[n_groups:, :n_groups].sum(axis=0), entries, levels, now)
    matrix, mix = moves / moves.sum(axis=1, keepdims=True), entering / entering.sum()
    expected = _expect(now, matrix, mix, totals)
    drawn = _simulate(now, moves, entering, totals, n_simulations, seed, fixed_mix=entries is not None)
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=1)
    return Projection(
        people=snapshots.people,
        levels=levels,
        start=pairs[-1][1],
        as_at=tuple(to_date(day) for day in future),
        n_now=now,
        n_expected=expected,
        lower=lower,
        upper=upper,
        matrix=matrix,
        entry_shares=mix,
        assumptions=(
            *_assumed(pairs, where_from),
            *([f"Nobody was in {levels.joined(empty.tolist())} before: who comes there stays."] if len(empty) else []),
            f"Intervals hold {confidence:.0%} of {n_simulations:,} simulated courses, seed {seed}. {_NOT_IN_INTERVALS}",
        ),
    )


def _assumed(pairs: tuple[tuple[datetime.date, datetime.date], ...], where_from: str) -> tuple[str, ...]:
    when = f"the {len(pairs)} steps from {pairs[0][0]} to {pairs[-1][1]}" if len(pairs) > 1 else "the one step seen"
    return (
        _MARKOV,
        f"The shares that move and leave stay what they were, all taken together, in {when}.",
        f"The totals are the caller's and taken as certain; people needed to reach them enter groups in {where_from}.",
        "Where a total falls by more than the people who leave, more leave every group in proportion to its size.",
    )


def _entering(
    seen: Ints, entries: Mapping[int, float] | None, levels: Levels, now: Ints
) -> tuple[npt.NDArray[Any], str]:
    """A weight for each group of those who enter, and in words where it is from."""
    if entries is None:
        if seen.any():
            return seen, "the shares of those who entered then"
        if now.any():
            return now, "proportion to their present size, for nobody entered then"
        raise UsageError(
            "nobody has a group on the last date, and nobody entered one before",
            where="argument snapshots",
            allowed="snapshots with somebody in a group, or entries= to say which groups people enter",
            remedy="give entries",
        )
    known = {groups[0]: place for place, groups in enumerate(levels.groups)}
    values = np.zeros(len(levels))
    for group, weight in entries.items():
        if group not in known or not 0 <= weight < np.inf:
            raise UsageError(
                f"there is a weight {weight!r} for the group {group!r}",
                where="argument entries",
                allowed="weights of 0 or more for groups " + ", ".join(map(str, known)),
                remedy="correct the weights",
            )
        values[known[group]] = weight
    if not values.any():
        raise UsageError(
            "no group has a weight above 0",
            where="argument entries",
            allowed="at least one group that people enter",
            remedy="leave entries out to use those seen in the past",
        )
    return values, "the caller's shares"


def _expect(now: Ints, matrix: Floats, mix: Floats, totals: Ints) -> Floats:
    """Expected counts, (dates, groups)."""
    found = np.empty((len(totals), len(now)))
    counts = now.astype(np.float64)
    for step, total in enumerate(totals.tolist()):
        counts = counts @ matrix[:, :-1]
        there = counts.sum()
        counts = counts + (total - there) * mix if there <= total else counts * (total / there)
        found[step] = counts
    return found


def _simulate(
    now: Ints,
    moves: Ints,
    entering: npt.NDArray[Any],
    totals: Ints,
    n_simulations: int,
    seed: int,
    *,
    fixed_mix: bool,
) -> Ints:
    """Simulated counts, (dates, simulations, groups)."""
    random = np.random.default_rng(seed)
    shares = _dirichlet(random, moves, n_simulations)
    if fixed_mix:
        mix = np.broadcast_to(entering / entering.sum(), (n_simulations, len(now)))
    else:
        mix = _dirichlet(random, entering, n_simulations)
    counts = np.broadcast_to(now, (n_simulations, len(now)))
    found = np.empty((len(totals), *counts.shape), np.int64)
    for step, total in enumerate(totals.tolist()):
        counts = random.multinomial(counts, shares).sum(axis=1)[:, :-1]
        wanting = total - counts.sum(axis=1)
        counts = counts + random.multinomial(np.maximum(wanting, 0), mix)
        counts = counts - _leaving(random, counts, np.maximum(-wanting, 0))
        found[step] = counts
    return found


def _dirichlet(random: np.random.Generator, counts: npt.NDArray[Any], n: int) -> Floats:
    """Draws of shares for each row of counts, (n, ...); a count of 0 gives a share of 0."""
    drawn = random.standard_gamma(counts, size=(n, *counts.shape))
    found: Floats = drawn / drawn.sum(axis=-1, keepdims=True)
    return found


def _leaving(random: np.random.Generator, counts: Ints, n: Ints) -> Ints:
    """Of each row of counts, n people drawn without regard to their group (multivariate hypergeometric)."""
    taken, others, wanted = np.zeros_like(counts), counts.sum(axis=1), n.copy()
    for group in range(counts.shape[1]):
        others = others - counts[:, group]
        taken[:, group] = random.hypergeometric(counts[:, group], others, wanted)
        wanted = wanted - taken[:, group]
    return taken
