"""Results in the caller's own frame type, the caller's other columns beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import DataError
from .plain import Column, Rows, Taken, is_a, library
from .table import Table
from .with_arrow import ArrowFrame
from .with_pandas import PandasFrame
from .with_polars import PolarsFrame


def build(
    like: Table,
    columns: Mapping[str, Column | Taken],
    *,
    rows: Rows | None = None,
    pass_through: bool | None = None,
    renumber: bool = False,
) -> Any:
    """A table of the library of `like`: `columns` in their order, then the caller's other columns, untouched.

    `rows` (positions in `like`, int64) says which row of the caller's each row of the result belongs to;
    None: all, in order, or a table of another length where it takes nothing of the caller's. The values of a
    `Column` are in the order of the result; a `Taken` column and the other columns are taken by `rows`, their types
    unchanged. A LazyFrame comes back for a LazyFrame, a dict
    for a mapping, a pandas frame has the index of the rows taken; for lazy tables of other libraries the
    result is a pyarrow Table. With `renumber` a pandas frame has an index of its own, 0 and up: for tables that are not
    one row for each of the caller's, in which theirs would repeat or have gaps.

    Raises `DataError` where a column of the caller's has the name of one of ours.
    """
    passing = like.keep is not None if pass_through is None else pass_through
    if passing and like.keep is None:
        raise TypeError(f"{like.name} was opened without its other columns")
    others = like.other_columns if passing else ()
    refuse_clashes(like, columns, others)
    native = {n: Taken(like.label(c.column)) if isinstance(c, Taken) else c for n, c in columns.items()}
    made = like.frame.build(native, rows, (like.keep or ()) if passing else ())
    return _renumbered(made) if renumber else made


def _renumbered(made: Any) -> Any:
    """The same frame with pandas' index of its own; frames of other libraries have none."""
    native = made.to_native() if is_a(made, "narwhals", "DataFrame") else made
    if is_a(native, "pandas", "DataFrame"):
        native.index = library("pandas").RangeIndex(len(native))
    return made


def can_stack(like: Table) -> bool:
    """Whether `stack` knows the library of a table."""
    return isinstance(like.frame, PolarsFrame | PandasFrame | ArrowFrame)


def stack(frames: Sequence[Any]) -> Any:
    """Frames that `build` made like one table, below each other, by the means of their library.

    A pandas frame has an index of its own.
    """
    native = frames[0]
    if is_a(native, "polars", "DataFrame", "LazyFrame"):
        return library("polars").concat(frames, rechunk=False)
    if is_a(native, "pandas", "DataFrame"):
        return library("pandas").concat(frames, ignore_index=True)
    return library("pyarrow").concat_tables(frames)


def refuse_clashes(table: Table, names: Iterable[str], others: Iterable[str] | None = None) -> None:
    """Raise `DataError` if a column of the caller's that passes through has a name that the result needs."""
    passing = set(table.other_columns if others is None else others)
    clashing = [name for name in names if name in passing]
    if clashing:
        raise DataError(
            f"{table.name} already has a column {clashing[0]!r}, which is a name of the result",
            where=f"{table.name}, column {clashing[0]!r}",
            allowed="other columns under names that the result does not use",
            remedy=f"rename or drop {' and '.join(map(repr, clashing))} before the call",
        )
