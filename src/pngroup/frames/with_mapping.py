"""A mapping of column names to arrays, lists or Series as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from attrs import frozen

from .columns import part_of_column, take_column
from .plain import Column, Rows, Taken
from .with_arrays import make_array


@frozen(eq=False)
class MappingFrame:
    """A mapping of names to columns of one length; a dict comes out."""

    native: Mapping[Any, Any]
    n_rows: int
    implementation: str = "mapping"

    @property
    def names(self) -> Sequence[object]:
        """The keys."""
        return list(self.native)

    def load(self, _positions: Sequence[int], /) -> MappingFrame:
        """Itself: it is in memory."""
        return self

    def snapshot(self) -> MappingFrame:
        """Copies of the columns that the caller cannot change any more."""
        return MappingFrame({label: copy(values) for label, values in self.native.items()}, self.n_rows)

    def part(self, start: int, stop: int) -> MappingFrame | None:
        """Consecutive rows, not copied; None where a column is a list or the like."""
        parts = {label: part_of_column(values, start, stop) for label, values in self.native.items()}
        return None if any(part is None for part in parts.values()) else MappingFrame(parts, stop - start)

    def native_column(self, name: str) -> Any:
        """The values under that key."""
        return self.native[name]

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> dict[Any, Any]:
        """A dict: computed columns are numpy arrays, the caller's stay what they were."""

        def taken(label: object) -> Any:
            return self.native[label] if rows is None else take_column(self.native[label], rows)

        made: dict[Any, Any] = {
            name: taken(column.column) if isinstance(column, Taken) else make_array(column)
            for name, column in columns.items()
        }
        names = list(self.native)
        return made | {names[at]: taken(names[at]) for at in keep}
