"""Stability: how alike two dates are, as the share of people unchanged and as weighted kappa."""

from __future__ import annotations

import datetime
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError
from ..frames import Column, build
from ..intake import People
from .counting_transitions import transitions
from .intervals import normal_quantile, wilson
from .levels import By
from .taking_snapshots import Snapshots

Floats: TypeAlias = npt.NDArray[np.float64]


@frozen
class Stability:
    """How stable groups are from date to date, one entry a pair of neighbouring dates. Made by `stability()`.

    `n`: people with a group on both dates; `n_unchanged` of them are in the same one. `unchanged`, `kappa_linear` and
    `kappa_quadratic`: (pairs, 3) float64, the value with lower and upper bound, NaN where there is none.
    """

    people: People = field(repr=False)
    pairs: tuple[tuple[datetime.date, datetime.date], ...]
    n: npt.NDArray[np.int64] = field(eq=False, repr=False)
    n_unchanged: npt.NDArray[np.int64] = field(eq=False, repr=False)
    unchanged: Floats = field(eq=False, repr=False)
    kappa_linear: Floats = field(eq=False, repr=False)
    kappa_quadratic: Floats = field(eq=False, repr=False)

    def to_frame(self) -> Any:
        """One row a pair of dates, in the caller's frame type.

        Columns: `from_as_at`, `to_as_at`, `n`, `n_unchanged`, and of each of `share_unchanged`, `kappa_linear` and
        `kappa_quadratic` the value, `_lower` and `_upper` (missing where there is none).
        """
        columns = {
            **pair_columns(self.pairs),
            "n": Column("integer", self.n),
            "n_unchanged": Column("integer", self.n_unchanged),
        }
        named = {
            "share_unchanged": self.unchanged,
            "kappa_linear": self.kappa_linear,
            "kappa_quadratic": self.kappa_quadratic,
        }
        for name, values in named.items():
            for place, end in enumerate(("", "_lower", "_upper")):
                columns[name + end] = float_column(values[:, place])
        return build(self.people.table, columns, rows=None, pass_through=False)


def stability(snapshots: Snapshots, *, by: By = "group", confidence: float = 0.95) -> Stability:
    """The share of people unchanged from each date to the next, and the weighted kappa of the two dates.

    Only people with a group on both dates count. Kappa weighs a disagreement by how many places apart the two levels
    are (linear), or by the square of that (quadratic), in the model's order of precedence, with `by="tier"` or "rag" in
    the scheme's order of tiers. The group that takes everybody left has its place at the end of the order like any
    other. Intervals: Wilson's for the share, `weighted_kappa` for kappa.

    Raises `UsageError` for snapshots at a single date, and where the model has no tiers.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2026-02-10"]}
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> stability(taken).to_frame()["share_unchanged"].tolist()
    [0.5]
    """
    found = transitions(snapshots, each=True, by=by)
    tables = found.between.sum(axis=1)
    n, n_unchanged = tables.sum(axis=(1, 2)), np.trace(tables, axis1=1, axis2=2)
    lower, upper = wilson(n_unchanged, n, confidence)
    share = np.divide(n_unchanged, n, out=np.full(len(n), np.nan), where=n > 0)
    return Stability(
        people=snapshots.people,
        pairs=found.pairs,
        n=n,
        n_unchanged=n_unchanged,
        unchanged=np.stack([share, lower, upper], axis=1),
        kappa_linear=np.array([weighted_kappa(each, "linear", confidence) for each in tables]),
        kappa_quadratic=np.array([weighted_kappa(each, "quadratic", confidence) for each in tables]),
    )


def weighted_kappa(
    counts: npt.ArrayLike, weights: Literal["linear", "quadratic"] = "linear", confidence: float = 0.95
) -> tuple[float, float, float]:
    """Weighted kappa of a square table of counts, with lower and upper bound of its interval.

    Weights `1 - |i - j|/(k - 1)` (linear), or `1 - ((i - j)/(k - 1))^2`; `kappa = (po - pe)/(1 - pe)` with po and pe
    the weighted shares of agreement observed and by chance. Interval: kappa less and plus z standard errors (the upper
    bound is 1 at most), of the variance `[sum p_ij (w_ij (1 - pe) - (r_i + c_j)(1 - po))^2 - (po pe - 2 pe + po)^2] /
    (n (1 - pe)^4)`, where `r_i` and `c_j` are the mean weights of row and column. NaN where nobody is counted or chance
    alone would agree throughout.

    Raises `UsageError` for other weights, and for a table that is not square.

    >>> [round(each, 3) for each in weighted_kappa([[20, 5], [10, 15]])]
    [0.4, 0.151, 0.649]

    Source: Cohen J. Psychol Bull 1968;70:213-220. Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.
    """
    table = np.asarray(counts, np.float64)
    if weights not in ("linear", "quadratic") or table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise UsageError(
            f"weights are {weights!r}, the table has the shape {table.shape}",
            where="arguments weights and counts",
            allowed="'linear' or 'quadratic', and a square table",
            remedy="correct the two",
        )
    z, n, last = normal_quantile(confidence), table.sum(), max(len(table) - 1, 1)
    apart = np.abs(np.subtract.outer(np.arange(len(table)), np.arange(len(table)))) / last
    weight = 1 - (apart if weights == "linear" else apart**2)
    share = table / n if n else table
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    observed, chance = float((weight * share).sum()), float(rows @ weight @ columns)
    if not n or 1 - chance < 1e-12:
        return np.nan, np.nan, np.nan
    kappa = (observed - chance) / (1 - chance)
    mean = np.add.outer(weight @ columns, rows @ weight)
    moment = (share * (weight * (1 - chance) - mean * (1 - observed)) ** 2).sum()
    variance = max(moment - (observed * chance - 2 * chance + observed) ** 2, 0.0) / (n * (1 - chance) ** 4)
    error = z * float(np.sqrt(variance))
    return kappa, kappa - error, min(kappa + error, 1.0)


def pair_columns(pairs: tuple[tuple[datetime.date, datetime.date], ...]) -> dict[str, Column]:
    """The two dates of pairs as columns of a result."""
    days = np.array(pairs, dtype="datetime64[D]").astype(np.int64).reshape(-1, 2)
    return {"from_as_at": Column("date", days[:, 0]), "to_as_at": Column("date", days[:, 1])}


def float_column(values: Floats) -> Column:
    """Numbers as a column of a result, NaN as missing."""
    missing = np.isnan(values)
    return Column("float", np.where(missing, 0.0, values), missing)
