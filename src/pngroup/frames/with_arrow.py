"""Arrow: pyarrow tables and columns in and out, and pandas columns that are Arrow inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from attrs import frozen

from ..threads import BLOCK, in_blocks, n_cores
from .hashing import sample_starts
from .plain import (
    Column,
    Distinct,
    Flat,
    Kind,
    Plain,
    Raw,
    Rows,
    Taken,
    consecutive,
    library,
    objects,
    spread,
    tidy,
    whole,
)
from .with_arrays import look_array


def look_arrow(column: Any) -> Raw:
    """An Arrow array or chunked array as a column."""
    pa = library("pyarrow")
    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([column])
    types, kind_of = pa.types, column.type
    if types.is_dictionary(kind_of):
        one = _in_one(column)
        return spread(look_arrow(one.dictionary), _codes(one))
    if types.is_run_end_encoded(kind_of):
        decoded = [_compute().run_end_decode(chunk) for chunk in column.chunks]
        return look_arrow(pa.chunked_array(decoded, kind_of.value_type))
    if _is_view(kind_of):
        return look_arrow(column.cast(pa.large_string()))
    if types.is_decimal(kind_of):
        return _look_decimal(column)
    if types.is_timestamp(kind_of):
        local = _compute().local_timestamp(column) if kind_of.tz else column
        return look_array(local.to_numpy())
    return _look_plain(column)


def _look_plain(column: Any) -> Raw:
    pa = library("pyarrow")
    types, kind_of = pa.types, column.type
    known: tuple[Kind, Callable[[], Plain]] | None = None
    if types.is_string(kind_of) or types.is_large_string(kind_of):
        known = "text", lambda: _text(column)
    elif types.is_integer(kind_of):
        known = "integer", lambda: Flat(whole(_numpy(column, 0)), _nulls(column))
    elif types.is_floating(kind_of):
        known = "float", lambda: _floats(column.cast(pa.float64()))
    elif types.is_boolean(kind_of):
        known = "boolean", lambda: Flat(_numpy(column, False), _nulls(column))
    elif types.is_date(kind_of):
        known = "date", lambda: _days(column)
    elif types.is_null(kind_of):
        known = "empty", lambda: Distinct(objects([]), np.full(len(column), -1, dtype=np.int32))
    if known is None:
        kind: Kind = "nested" if types.is_nested(kind_of) else "other"
        return Raw(kind, str(kind_of), listed=column.to_pylist)
    if known[0] != "text":
        return Raw(known[0], str(kind_of), known[1], column.to_pylist)
    return Raw(known[0], str(kind_of), known[1], column.to_pylist, column, lambda texts: _find(column, texts))


def _compute() -> Any:
    # A submodule that pyarrow does not import by itself; the caller's pyarrow is there, so nothing new is
    # loaded.
    return import_module("pyarrow.compute")


def _is_view(kind: Any) -> bool:
    is_string_view = getattr(library("pyarrow").types, "is_string_view", None)  # absent before pyarrow 16
    return bool(is_string_view and is_string_view(kind))


def _nulls(column: Any) -> Any:
    if not column.null_count:
        return np.zeros(len(column), dtype=bool)
    return column.is_null().to_numpy()


def _numpy(column: Any, fill: object) -> Any:
    return (column.fill_null(fill) if column.null_count else column).to_numpy()


def _floats(column: Any) -> Flat:
    numbers = _numpy(column, float("nan"))
    return Flat(numbers, np.isnan(numbers))


def _days(column: Any) -> Flat:
    pa = library("pyarrow")
    if not pa.types.is_date32(column.type):
        column = column.cast(pa.date32())
    return Flat(_numpy(column.cast(pa.int32()), 0), _nulls(column))


def _look_decimal(column: Any) -> Raw:
    pa = library("pyarrow")
    if column.type.scale > 0:
        return look_arrow(column.cast(pa.float64()))
    try:
        return look_arrow(column.cast(pa.int64()))
    except pa.ArrowInvalid:
        return Raw("other", "whole numbers of more than 64 bits", listed=column.to_pylist)


def _in_one(column: Any) -> Any:
    pa = library("pyarrow")
    if column.num_chunks == 1:
        return column.chunk(0)
    if not column.num_chunks:
        if not pa.types.is_dictionary(column.type):
            return pa.array([], type=column.type)
        # The shorter way is not there for every type of text in every version.
        kind = column.type
        return pa.DictionaryArray.from_arrays(pa.array([], kind.index_type), pa.array([], kind.value_type))
    one = column.unify_dictionaries().combine_chunks()
    return one.chunk(0) if isinstance(one, pa.ChunkedArray) else one


def _codes(one: Any) -> Any:
    indices = one.indices
    return (indices.fill_null(-1) if indices.null_count else indices).to_numpy(zero_copy_only=False)


def _text(column: Any) -> Distinct:
    if _has_runs(column):
        pa, compute = library("pyarrow"), _compute()
        runs = [compute.run_end_encode(chunk, run_end_type=pa.int64()) for chunk in column.chunks if len(chunk)]
        of_runs = _distinct(pa.chunked_array([run.values for run in runs]))
        lengths = np.concatenate([np.diff(run.run_ends.to_numpy(), prepend=0) for run in runs])
        return Distinct(of_runs.values, np.repeat(of_runs.index, lengths))
    return _distinct(column)


def _distinct(column: Any) -> Distinct:
    one = _in_one(column.dictionary_encode())
    return tidy(one.dictionary.to_pylist(), _codes(one))


def _find(column: Any, texts: Sequence[str]) -> Any:
    """By Arrow's own hash table, in blocks on all cores."""
    pa, compute = library("pyarrow"), _compute()
    table = pa.array(texts, type=column.type)
    found = np.empty(len(column), dtype=np.int32)

    def work(start: int, stop: int) -> None:
        block = column.slice(start, stop - start)
        places = compute.index_in(block, value_set=table, skip_nulls=True).fill_null(-1).to_numpy()
        found[start:stop] = np.where(_nulls(block), -2, places)

    # Each call makes a hash table of its own, so the blocks are few.
    in_blocks(len(column), work, size=max(BLOCK, -(-len(column) // n_cores())))
    return found


def _has_runs(column: Any) -> bool:
    size = 4096
    starts = sample_starts(len(column), size=size)
    changes = 0
    for start in starts:
        block = column.slice(start, size).combine_chunks()
        different = _compute().not_equal(block.slice(1), block.slice(0, size - 1))
        changes += int(_compute().sum(different).as_py() or 0)
    return bool(starts) and changes < 0.5 * size * len(starts)


def _taken(table: Any, rows: Rows) -> Any:
    following = consecutive(rows)
    if following is not None:
        return table.slice(following.start, len(rows))
    pa = library("pyarrow")
    for at, kind in enumerate(table.schema.types):
        if _is_view(kind):
            # Rows of views cannot be taken in every version.
            field = table.schema.field(at).with_type(pa.large_string())
            table = table.set_column(at, field, table.column(at).cast(pa.large_string()))
    return table.take(pa.array(rows))


def make_arrow(column: Column) -> Any:
    """A computed column as an Arrow array: string, int64, double, bool or date32, null where missing."""
    pa = library("pyarrow")
    if column.kind == "text":
        if column.words:
            places = pa.array(column.values, mask=column.mask)
            return pa.array(column.words, type=pa.string()).take(places)
        return pa.array(column.texts(), type=pa.string())
    if column.kind == "date":
        return pa.array(column.values.astype(np.int32), mask=column.mask).cast(pa.date32())
    kinds = {"integer": (pa.int64(), np.int64), "float": (pa.float64(), np.float64), "boolean": (pa.bool_(), np.bool_)}
    kind, dtype = kinds[column.kind]
    if column.mask is not None and column.mask.all():
        return pa.nulls(len(column.values), kind)
    if column.kind == "integer":
        return pa.array(column.values, mask=column.mask).cast(kind)
    return pa.array(column.values.astype(dtype, copy=False), type=kind, mask=column.mask)


@frozen(eq=False)
class ArrowFrame:
    """A pyarrow Table."""

    native: Any
    implementation: str = "pyarrow"

    @property
    def names(self) -> Sequence[object]:
        """The column names, which Arrow allows to repeat."""
        return list(self.native.column_names)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.native.num_rows)

    def load(self, _positions: Sequence[int], /) -> ArrowFrame:
        """Itself: it is in memory."""
        return self

    def part(self, start: int, stop: int) -> ArrowFrame:
        """Consecutive rows, not copied."""
        return ArrowFrame(self.native.slice(start, stop - start), self.implementation)

    def native_column(self, name: str) -> Any:
        """The chunked array of that name."""
        return self.native.column(name)

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> Any:
        """A Table; the fields of the caller's columns keep their own metadata."""
        pa = library("pyarrow")
        source = self.native if rows is None else _taken(self.native, rows)
        fields, arrays = [], []
        for name, column in columns.items():
            if isinstance(column, Taken):
                fields.append(source.schema.field(column.column).with_name(name))
                arrays.append(source.column(column.column))
            else:
                made = make_arrow(column)
                fields.append(pa.field(name, made.type))
                arrays.append(made)
        for at in keep:
            fields.append(source.schema.field(at))
            arrays.append(source.column(at))
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
