"""polars: frames, eager and lazy, and columns in and out. Used only when the caller has imported polars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from ..threads import BLOCK, in_blocks
from .hashing import look_up, sample_starts, sorted_distinct
from .numbering_text import distinct_text
from .objects import look_objects
from .plain import Column, Distinct, Flat, Kind, Plain, Raw, Rows, Taken, consecutive, library, objects, whole
from .short_text import short_text

_INTEGERS: Final = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")
_WIDE: Final = ("Int128", "UInt128", "Decimal")
_TEXT: Final = ("String", "Categorical", "Enum")


def look_polars(series: Any) -> Raw:
    """A polars Series as a column."""
    name = series.dtype.base_type().__name__
    if name == "Object":
        return look_objects(objects(series.to_list()))
    return _look_wide(series) if name in _WIDE else _look_plain(series, name)


def _look_plain(series: Any, name: str) -> Raw:
    known: tuple[Kind, Callable[[], Plain]] | None = None
    if name in _TEXT:
        known = "text", lambda: _text(series)
    elif name in _INTEGERS:
        known = "integer", lambda: Flat(whole(_filled(series, 0)), _nulls(series))
    elif name.startswith("Float"):
        known = "float", lambda: _floats(series)
    elif name == "Boolean":
        known = "boolean", lambda: Flat(series.fill_null(False).to_numpy(), _nulls(series))
    elif name == "Date":
        known = "date", lambda: _days(series)
    elif name == "Datetime":
        # dt.date() gives the local date of a series with a time zone.
        known = "datetime", lambda: _days(series.dt.date())
    elif name == "Null":
        known = "empty", lambda: Distinct(objects([]), np.full(len(series), -1, dtype=np.int32))
    if known is None:
        kind: Kind = "nested" if series.dtype.is_nested() else "other"
        return Raw(kind, str(series.dtype), listed=series.to_list)
    if name != "String":
        return Raw(known[0], str(series.dtype), known[1], series.to_list)
    return Raw(known[0], name, known[1], series.to_list, series, lambda texts: _find(series, texts))


def _look_wide(series: Any) -> Raw:
    """Decimals and 128-bit integers: whole ones that fit as integers, fractions as floats."""
    pl = library("polars")
    if getattr(series.dtype, "scale", 0):
        return look_polars(series.cast(pl.Float64))
    narrow = series.cast(pl.Int64, strict=False)
    if narrow.null_count() == series.null_count():
        return look_polars(narrow)
    return Raw("other", "whole numbers of more than 64 bits", listed=series.to_list)


def _filled(series: Any, value: object) -> Any:
    return (series.fill_null(value) if series.null_count() else series).to_numpy()


def _nulls(series: Any) -> Any:
    return series.is_null().to_numpy() if series.null_count() else np.zeros(len(series), dtype=bool)


def _floats(series: Any) -> Flat:
    numbers = series.fill_null(float("nan")).to_numpy().astype(np.float64, copy=False)
    return Flat(numbers, np.isnan(numbers))


def _days(dates: Any) -> Flat:
    return Flat(_filled(dates.to_physical(), 0), _nulls(dates))


def _text(series: Any) -> Distinct:
    """Distinct text; where runs of equal text are long, only the first of each run is looked at."""
    if series.dtype != library("polars").String:
        return _distinct(series)
    short = short_text(series)
    distinct = None if short is None else distinct_text(short)
    if distinct is not None:
        return distinct
    if not _has_runs(series):
        return _distinct(series)
    run = series.rle_id().to_numpy()
    is_first = np.ones(len(run), dtype=bool)
    is_first[1:] = run[1:] != run[:-1]
    of_runs = _distinct(series.filter(library("polars").Series(is_first)))
    return Distinct(of_runs.values, of_runs.index[run])


def _distinct(series: Any) -> Distinct:
    """Distinct text by way of the whole numbers that polars gives to categories."""
    pl = library("polars")
    numbers = (series.cast(pl.Categorical) if series.dtype == pl.String else series).to_physical()
    missing = _nulls(numbers) if numbers.null_count() else None
    physical = numbers.fill_null(0).to_numpy() if missing is not None else numbers.to_numpy()
    # The numbers may come from a pool that other columns share, so they are numbered again without gaps.
    place, example = _renumbered(physical, missing)
    index = np.empty(len(physical), np.int32)

    def work(start: int, stop: int) -> None:
        np.take(place, physical[start:stop], mode="clip", out=index[start:stop])

    in_blocks(len(physical), work)
    if missing is not None:
        index[missing] = -1
    return Distinct(objects(series.gather(example).cast(pl.String).to_list()), index)


def _renumbered(numbers: Any, missing: Any) -> tuple[Any, Rows]:
    """A number without gaps for each number that occurs, and a row in which it does."""
    place = np.full(int(numbers.max()) + 1 if len(numbers) else 1, -1, np.int32)
    example: list[Rows] = []
    size = 0
    for start in range(0, len(numbers), BLOCK):
        part = numbers[start : start + BLOCK]
        is_new = np.take(place, part, mode="clip") < 0
        if missing is not None:
            is_new &= ~missing[start : start + BLOCK]
        rows = np.flatnonzero(is_new)
        if len(rows):
            # Of rows with one number the last is kept.
            place[part[rows]] = rows
            rows = rows[place[part[rows]] == rows]
            place[part[rows]] = np.arange(size, size + len(rows))
            size += len(rows)
            example.append(rows + start)
    return place, np.concatenate([np.zeros(0, np.int64), *example])


def _find(series: Any, texts: Sequence[str]) -> Any:
    """By polars' own hashes, and by the texts themselves where the hashes agree."""
    pl = library("polars")
    table = pl.Series(texts, dtype=pl.String)
    hashes = table.hash().to_numpy().view(np.int64)
    if len(sorted_distinct(hashes)) < len(hashes):
        # Two texts share a hash: the slow way, by a join.
        places = pl.DataFrame({"text": table, "place": np.arange(len(texts), dtype=np.int32)})
        rows = pl.DataFrame({"text": series, "row": np.arange(len(series), dtype=np.int64)})
        joined = rows.join(places, on="text", how="left").sort("row")
        found = joined["place"].fill_null(-1).to_numpy().copy()
    else:
        found = look_up(series.hash().to_numpy().view(np.int64), hashes)
        found[(table.gather(found.clip(0)) != series).fill_null(True).to_numpy()] = -1
    found[_nulls(series)] = -2
    return found


def _has_runs(series: Any) -> bool:
    size = 4096
    starts = sample_starts(len(series), size=size)
    n_runs = sum(int(series.slice(start, size).rle_id().max()) for start in starts)
    return bool(starts) and n_runs < 0.5 * size * len(starts)


def make_polars(column: Column, *, name: str = "") -> Any:
    """A computed column as a Series: String, Int64, Float64, Boolean or Date, null where missing."""
    pl = library("polars")
    if column.kind == "text":
        if column.words:
            places = pl.Series(np.ascontiguousarray(column.values))
            return pl.Series(name, column.words, dtype=pl.String).gather(_nulled(places, column.mask))
        return pl.Series(name, column.texts().tolist(), dtype=pl.String)
    if column.kind == "integer" and column.mask is not None and column.mask.all():
        return pl.Series(name, [None], dtype=pl.Int64).new_from_index(0, len(column.values))
    if column.kind == "boolean":
        made = pl.Series(name, column.values.astype(bool))
    elif column.kind == "float":
        made = pl.Series(name, column.values.astype(np.float64))
    elif column.kind == "date":
        made = pl.Series(name, column.values.astype(np.int32)).cast(pl.Date)
    else:
        # Widened last: what comes before is then as short as the numbers that a model has.
        return _nulled(pl.Series(name, np.ascontiguousarray(column.values)), column.mask).cast(pl.Int64)
    return _nulled(made, column.mask)


def _nulled(series: Any, mask: Any) -> Any:
    if mask is None or not mask.any():
        return series
    pl = library("polars")
    present = pl.Series(~mask)
    return pl.select(pl.when(present).then(series)).to_series().alias(series.name)


@frozen(eq=False)
class PolarsFrame:
    """A polars DataFrame, or a LazyFrame that is collected once, for the columns asked for."""

    native: Any
    is_lazy: bool
    schema: Sequence[str] = field(factory=tuple)

    @property
    def implementation(self) -> str:
        """The library, and whether the caller's frame was lazy."""
        return "polars (lazy)" if self.is_lazy else "polars"

    @property
    def names(self) -> Sequence[object]:
        """The column names; of a LazyFrame without reading its rows."""
        return self.schema or list(self.native.collect_schema().names())

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.native.height)

    def load(self, positions: Sequence[int], /) -> PolarsFrame:
        """The DataFrame itself, or the collected columns of the LazyFrame."""
        if not self.is_lazy:
            return self
        names = self.names
        return PolarsFrame(
            self.native.select([names[at] for at in positions]).collect(), True, schema=tuple(map(str, names))
        )

    def snapshot(self) -> PolarsFrame:
        """A frame that does not follow what the caller sets or drops in theirs; no value is copied."""
        return PolarsFrame(self.native.clone(), self.is_lazy, self.schema)

    def part(self, start: int, stop: int) -> PolarsFrame:
        """Consecutive rows, not copied."""
        return PolarsFrame(self.native.slice(start, stop - start), self.is_lazy, self.schema)

    def native_column(self, name: str) -> Any:
        """The Series of that name."""
        return self.native.get_column(name)

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> Any:
        """A DataFrame, or a LazyFrame for a LazyFrame."""
        pl = library("polars")
        source = self.native if rows is None else self.native[consecutive(rows) or rows]
        made = [
            source.get_column(column.column).alias(name)
            if isinstance(column, Taken)
            else make_polars(column, name=name)
            for name, column in columns.items()
        ]
        others = source.get_columns()  # asked once: each call makes a Series for every column
        frame = pl.DataFrame([*made, *(others[at] for at in keep)])
        return frame.lazy() if self.is_lazy else frame
