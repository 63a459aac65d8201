"""Two groupings of the same people crossed: how many are in each pair of groups, and what they cost or use."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError
from ..frames import Column, Table, build, match_ids
from ..result import Grouping
from .amounts import read_amounts

Counts: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_NO_GROUP: Final = "no group"
_SHARES: Final = ("share", "share_of_row", "share_of_column")


@frozen
class Axis:
    """The groups of one grouping in a cross-table, lowest number first; the last entry is 0, people without a group.

    `result` is what the model calls the column with the group.
    """

    model: str
    result: str
    as_at: datetime.date
    groups: tuple[int, ...]
    names: tuple[str, ...] = field(repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each entry that can be a column: `need_group_1`, `need_group_2` ... and `no_group`."""
        return tuple(f"{self.result}_{group}" if group else "no_group" for group in self.groups)


@frozen
class Amount:
    """An amount in each cell: its `total`, and the number `n_known` of people of whom it is known."""

    total: Floats = field(eq=False, repr=False)
    n_known: Counts = field(eq=False, repr=False)


@frozen
class CrossTable:
    """How many people are in each pair of groups. Made by `cross_table()`.

    `n_people`: int64 (rows, columns), of people who are in both groupings; `n_only_in_first` and `n_only_in_second`
    count the others. `amounts`: the totals of each amount. `n_amounts_unreadable` and `n_amounts_of_nobody` count
    values that are no numbers and rows of persons who are not in the first grouping. With `suppress_below`, cells with
    fewer people (but some) are missing in frames; the arrays hold everything.
    """

    rows: Axis
    columns: Axis
    n_people: Counts = field(eq=False, repr=False)
    amounts: Mapping[str, Amount] = field(repr=False)
    n_only_in_first: int
    n_only_in_second: int
    n_amounts_unreadable: int
    n_amounts_of_nobody: int
    suppress_below: int | None
    _like: Table = field(repr=False)

    @property
    def is_suppressed(self) -> Bools:
        """The cells that are not shown: fewer than `suppress_below` people, but not nobody."""
        least = self.suppress_below or 0
        found: Bools = (self.n_people > 0) & (self.n_people < least)
        return found

    @property
    def row_names(self) -> dict[str, str]:
        """The name of the group of each row, by the label that it has as a column of the turned table."""
        return dict(zip(self.rows.labels, self.rows.names, strict=True))

    @property
    def column_names(self) -> dict[str, str]:
        """The name of the group of each column of `to_wide`, by that column: what its columns may be renamed with."""
        return dict(zip(self.columns.labels, self.columns.names, strict=True))

    def values(self, what: str) -> Floats:
        """One quantity of every cell, NaN where it is not defined: a share of no people, a mean of none.

        `what` is `n_people`, `share`, `share_of_row`, `share_of_column`, or for an amount `cost`: `cost_total`,
        `cost_mean`, `cost_share` (of the total of all cells), `cost_n_known`. Raises `UsageError` for another.
        """
        n = self.n_people.astype(np.float64)
        found: dict[str, Floats] = {
            "n_people": n,
            "share": _ratio(n, n.sum()),
            "share_of_row": _ratio(n, n.sum(axis=1, keepdims=True)),
            "share_of_column": _ratio(n, n.sum(axis=0, keepdims=True)),
        }
        for name, amount in self.amounts.items():
            found[f"{name}_total"] = amount.total
            found[f"{name}_mean"] = _ratio(amount.total, amount.n_known)
            found[f"{name}_share"] = _ratio(amount.total, amount.total.sum())
            found[f"{name}_n_known"] = amount.n_known.astype(np.float64)
        if what not in found:
            raise UsageError(
                f"the table has no quantity {what!r}",
                where="argument what",
                allowed=", ".join(found),
                remedy="name one of these",
            )
        return found[what]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that `values` and `to_wide` know, in the order of the columns of `to_frame`."""
        of_amounts = (f"{name}_{what}" for name in self.amounts for what in ("total", "mean", "share", "n_known"))
        return ("n_people", *_SHARES, *of_amounts)

    def to_frame(self) -> Any:
        """One row a pair of groups, also where nobody is in it, in the frame type of the first grouping.

        Columns: `row_group` and `column_group` (nullable integers, missing for no group), `row_name` and `column_name`,
        then `n_people` (nullable integer), `share`, `share_of_row`, `share_of_column` and for each amount its
        `total`, `mean`, `share` and `n_known`.
        """
        n_rows, n_columns = self.n_people.shape
        place, across = np.repeat(np.arange(n_rows), n_columns), np.tile(np.arange(n_columns), n_rows)
        hidden = self.is_suppressed.reshape(-1)
        columns = {
            "row_group": _groups(self.rows, place),
            "row_name": Column("text", place, words=self.rows.names),
            "column_group": _groups(self.columns, across),
            "column_name": Column("text", across, words=self.columns.names),
        }
        for what in self.quantities:
            columns[what] = _column(what, self.values(what).reshape(-1), hidden)
        return build(self._like, columns, pass_through=False)

    def to_wide(self, what: str = "n_people") -> Any:
        """One row a row group, one column a column group, of one quantity, in the frame type of the first grouping.

        Columns: `row_group`, `row_name`, then, as the model of the columns calls its groups, `need_group_1`,
        `need_group_2` ... and `no_group`; `column_names` says which group each is. Raises as `values`.
        """
        values, hidden = self.values(what), self.is_suppressed
        place = np.arange(len(self.rows.groups))
        columns = {"row_group": _groups(self.rows, place), "row_name": Column("text", place, words=self.rows.names)}
        for at, label in enumerate(self.columns.labels):
            columns[label] = _column(what, values[:, at], hidden[:, at])
        return build(self._like, columns, pass_through=False)


def cross_table(
    first: Grouping,
    second: Grouping,
    *,
    amounts: Any = None,
    missing_amount: float | None = None,
    suppress_below: int | None = None,
) -> CrossTable:
    """Two groupings of the same people crossed: by two models, or by one model at two dates.

    People are matched by id, whatever their order; who is in one grouping only is counted and in no cell. People
    without a group have a row and a column of their own. `amounts` is the name of a numeric column of the people of
    the first grouping (or several in a list), or a table, or its path, with `person_id` and amounts in all its other
    columns, of which rows of one person are added up. Who has no amount is left out of its mean, unless
    `missing_amount` says what they have: 0 for a table that only has rows of those who cost something.

    `suppress_below` hides in frames whatever there is of cells with fewer people. That alone is no disclosure control:
    a hidden cell may follow from others and from totals known elsewhere, and no second cell is hidden to prevent that.

    Returns a `CrossTable`. Raises `UsageError` for arguments that are no groupings or a column that is not there,
    `DataError` where one grouping has text ids and the other whole numbers.

    >>> from pngroup import group
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "cost": [900, 40]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-02-10", "2026-02-01"]}
    >>> now, later = (group(people, records, as_at=day, system="icd10") for day in ("2026-01-31", "2026-02-28"))
    >>> table = cross_table(now, later, amounts="cost")
    >>> [
    ...     cell
    ...     for cell in zip(*(table.to_frame()[name] for name in ("row_group", "column_group", "cost_total")))
    ...     if cell[2]
    ... ]
    [(1, 3, 40.0), (1, 9, 900.0)]
    """
    for name, each in (("first", first), ("second", second)):
        if not isinstance(each, Grouping):
            raise UsageError(
                f"{name} is a {type(each).__name__}",
                where=f"argument {name}",
                allowed="a Grouping, made by group() for one date",
                remedy="group the people first; of several dates take one, groupings['2026-03-31']",
            )
    if suppress_below is not None and suppress_below < 1:
        raise UsageError(
            f"suppress_below is {suppress_below}",
            where="argument suppress_below",
            allowed="1 or more people",
            remedy="leave it out to show every cell",
        )
    place = match_ids(first.people.ids, second.people.ids)[second.people.first_row]
    in_both = np.flatnonzero(place >= 0)
    rows, row_of = _axis(first)
    columns, column_of = _axis(second)
    shape = (len(rows.groups), len(columns.groups))
    people = place[in_both]
    cell = row_of[people] * shape[1] + column_of[in_both]
    given = read_amounts(amounts, first.people)
    found = {}
    for name, amount in given.of.items():
        values = amount[people]
        if missing_amount is not None:
            values = np.where(np.isnan(values), missing_amount, values)
        known = ~np.isnan(values)
        total = np.zeros(shape[0] * shape[1])
        np.add.at(total, cell[known], values[known])
        n_known = np.bincount(cell[known], minlength=shape[0] * shape[1])
        found[name] = Amount(total.reshape(shape), n_known.reshape(shape))
    return CrossTable(
        rows=rows,
        columns=columns,
        n_people=np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape),
        amounts=found,
        n_only_in_first=len(first) - len(in_both),
        n_only_in_second=len(second) - len(in_both),
        n_amounts_unreadable=given.n_unreadable,
        n_amounts_of_nobody=given.n_of_nobody,
        suppress_below=suppress_below,
        like=first.people.table,
    )


def _axis(grouping: Grouping) -> tuple[Axis, Counts]:
    """The groups of a grouping, and the place of each person among them."""
    groups = tuple(sorted(grouping.model.groups))
    names = tuple(grouping.scheme.group_name(group) for group in groups)
    model = f"{grouping.model.name}@{grouping.model.edition}"
    place = np.where(grouping.people.reason < 0, np.searchsorted(groups, grouping.answers.group), len(groups))
    return Axis(model, grouping.model.result, grouping.as_at, (*groups, 0), (*names, _NO_GROUP)), place.astype(np.int64)


def _groups(axis: Axis, place: Counts) -> Column:
    groups = np.array(axis.groups, np.int64)[place]
    return Column("integer", groups, groups == 0)


def _column(what: str, values: Floats, hidden: Bools) -> Column:
    missing = hidden | np.isnan(values)
    if what.startswith("n_") or what.endswith("_n_known"):
        return Column("integer", np.where(missing, 0, values).astype(np.int64), missing)
    return Column("float", values, missing)


def _ratio(above: Floats, below: Any) -> Floats:
    """The ratio; NaN where there is nothing below."""
    below = np.broadcast_to(np.asarray(below, np.float64), above.shape)
    found = np.full(above.shape, np.nan)
    np.divide(above, below, out=found, where=below != 0)
    return found
