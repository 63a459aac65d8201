"""The future that a projection is made for: dates at the spacing of the past ones, and a caller's totals of people."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..dates import months_before, to_date
from ..errors import DataError, UsageError
from ..files import opened
from ..frames import open_table

Ints: TypeAlias = npt.NDArray[np.int64]

_ALLOWED: Final = "a column n_people (whole numbers), and beside it step (1, 2, ...) or as_at (the dates that follow)"


def next_days(days: Sequence[int]) -> Callable[[int], int]:
    """The day so many steps after the last of some, which must be equally far from each other.

    Equally far is the same number of months from month end to month end, or from one day of the month to the same; or
    else the same number of days. Raises `UsageError` otherwise.

    >>> month_ends = [np.datetime64(day, "D").astype(int) for day in ("2026-01-31", "2026-02-28")]
    >>> to_date(next_days(month_ends)(1)).isoformat()
    '2026-03-31'
    """
    last = int(days[-1])
    dates, next_dates = [to_date(day) for day in days], [to_date(int(day) + 1) for day in days]
    for of_day, shift in ((next_dates, 1), (dates, 0)):
        months = np.diff([each.year * 12 + each.month for each in of_day])
        if len({each.day for each in of_day}) == 1 and (shift == 0 or of_day[0].day == 1) and len(set(months)) == 1:
            apart = int(months[0])
            return lambda step: months_before(last + shift, -apart * step) - shift
    apart_days = {int(b) - int(a) for a, b in itertools.pairwise(days)}
    if len(apart_days) > 1:
        raise UsageError(
            f"the dates are {', '.join(map(str, sorted(apart_days)))} days apart",
            where="the index dates of the snapshots",
            allowed="dates at equal distances, such as month ends",
            remedy="take snapshots at equal distances, or choose such dates by from_ and to",
        )
    step_days = apart_days.pop()
    return lambda step: last + step_days * step


def read_totals(population: Any, day_after: Callable[[int], int]) -> tuple[tuple[int, ...], Ints]:
    """The days of a caller's projection and the total number of people on each, in order of time.

    `population`: a table with a column `n_people`, and `step` (1 for the first date, ...) or `as_at`. Raises
    `DataError` for steps or dates that are not those that follow, each once, and for totals that are no whole numbers.
    """
    table = open_table(
        opened(population, "population", whole=True),
        name="population",
        required=("n_people",),
        optional=("step", "as_at"),
        pass_through=False,
    )
    if table.has("step") is table.has("as_at"):
        raise _wrong("there are both of step and as_at" if table.has("step") else "there is neither step nor as_at")
    n = table.numbers("n_people")
    if n.absent.any() or (n.number < 0).any() or (n.number != np.floor(n.number)).any() or not table.n_rows:
        raise _wrong("there is no row, or one in which n_people is missing or no whole number")
    following = np.array([day_after(step) for step in range(1, table.n_rows + 1)], np.int64)
    if table.has("step"):
        steps = table.numbers("step")
        place, expected = np.where(steps.absent, 0, steps.number), np.arange(1.0, table.n_rows + 1)
    else:
        days = table.days("as_at")
        place, expected = np.where(days.valid, days.day, -1).astype(np.float64), following.astype(np.float64)
    order = np.argsort(place, kind="stable")
    if not np.array_equal(place[order], expected):
        raise _wrong(
            f"the rows are not those of {table.n_rows} steps that follow, {to_date(int(following[0]))} to "
            f"{to_date(int(following[-1]))}, each once"
        )
    return tuple(int(day) for day in following), n.number[order].astype(np.int64)


def _wrong(what: str) -> DataError:
    return DataError(what, where="argument population", allowed=_ALLOWED, remedy="correct the table")
