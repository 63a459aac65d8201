"""Every other dataframe library, through narwhals: modin, cuDF, Dask, DuckDB, Ibis, PySpark and the next.

narwhals costs a tenth of a second to import, so only a table that no other module knows pays for it. Lazy
tables and anything that speaks the Arrow PyCapsule interface are collected to pyarrow and come back as
pyarrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from attrs import field, frozen

from ..errors import MissingExtraError
from .plain import Column, Divisible, Frame, Rows, Taken, is_a, library
from .with_arrow import ArrowFrame, make_arrow


def _narwhals() -> Any:
    return import_module("narwhals")


def _pyarrow(what: str) -> Any:
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise MissingExtraError(
            f"reading {what} needs pyarrow, which is not installed",
            where="a table that is neither pandas, polars, pyarrow nor a mapping",
            allowed="pandas, polars, pyarrow, a mapping of arrays; others with pyarrow installed",
            remedy="install the extra with pip install 'pngroup[arrow]', or convert the table first",
        ) from error


def is_wrapped_column(value: object) -> bool:
    """Whether value is a Series that its owner has wrapped with narwhals."""
    return is_a(value, "narwhals", "Series")


def is_foreign_column(value: object) -> bool:
    """Whether value is a Series of a library that only narwhals knows."""
    return any(is_a(value, name, "Series") for name in ("modin.pandas", "cudf"))


def foreign_column(value: Any) -> Any:
    """The values of a foreign Series as an Arrow array."""
    _pyarrow("this column")
    return _narwhals().from_native(value, series_only=True).to_arrow()


def make_foreign(value: Any, column: Column) -> Any:
    """A computed column as a Series of the library of `value`, with its name."""
    nw = _narwhals()
    table = _pyarrow("this column").table({"values": make_arrow(column)})
    wrapped = nw.from_native(value, series_only=True)
    frame = nw.DataFrame.from_arrow(table, backend=wrapped.implementation)
    return frame.get_column("values").alias(wrapped.name).to_native()


def wrap_column(native: Any) -> Any:
    """A Series wrapped by narwhals."""
    return _narwhals().from_native(native, series_only=True)


def is_narwhals_frame(value: object) -> bool:
    """Whether value is a frame that its owner has wrapped with narwhals."""
    return is_a(value, "narwhals", "DataFrame", "LazyFrame")


def open_narwhals(native: Any) -> NarwhalsFrame | ArrowFrame | None:
    """A frame of a library that narwhals takes, or of one that exports Arrow; None for anything else."""
    if type(native).__module__.split(".")[0] not in _KNOWN_OTHERWISE:
        frame = _narwhals().from_native(native, pass_through=True)
        if is_narwhals_frame(frame):
            return NarwhalsFrame(frame, is_lazy=is_a(frame, "narwhals", "LazyFrame"))
    if hasattr(native, "__arrow_c_stream__"):
        pa = _pyarrow(f"a {type(native).__name__}")
        try:
            return ArrowFrame(pa.table(native), implementation="arrow")
        except (TypeError, pa.ArrowInvalid):
            return None  # a stream of single values, not of rows: no table
    return None


#: Types of these modules come here only when they are no table; narwhals need not be imported to know.
_KNOWN_OTHERWISE = frozenset({"builtins", "numpy", "pathlib", "datetime"})


@frozen(eq=False)
class WrappedFrame:
    """A frame of a library we know, wrapped by narwhals: what comes out is wrapped again."""

    inner: Frame

    @property
    def implementation(self) -> str:
        """The library inside."""
        return self.inner.implementation

    @property
    def names(self) -> Sequence[object]:
        """The column names."""
        return self.inner.names

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.inner.n_rows

    def load(self, positions: Sequence[int], /) -> WrappedFrame:
        """The columns at these positions, in memory."""
        return WrappedFrame(self.inner.load(positions))

    def part(self, start: int, stop: int) -> Frame | None:
        """Consecutive rows, not copied."""
        return self.inner.part(start, stop) if isinstance(self.inner, Divisible) else None

    def native_column(self, name: str) -> Any:
        """The column as the library inside holds it."""
        return self.inner.native_column(name)

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> Any:
        """A narwhals frame."""
        return _narwhals().from_native(self.inner.build(columns, rows, keep))


@frozen(eq=False)
class NarwhalsFrame:
    """A frame that narwhals knows: eager ones come back in their own type, lazy ones as pyarrow."""

    frame: Any
    is_lazy: bool
    loaded: ArrowFrame | None = None
    schema: Sequence[str] = field(factory=tuple)

    @property
    def implementation(self) -> str:
        """The library behind narwhals."""
        return str(self.frame.implementation)

    @property
    def names(self) -> Sequence[object]:
        """The column names, without reading rows."""
        return self.schema or list(self.frame.collect_schema().names())

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self._table.n_rows

    @property
    def _table(self) -> ArrowFrame:
        if self.loaded is None:
            raise TypeError("load the frame before reading it")
        return self.loaded

    def load(self, positions: Sequence[int], /) -> NarwhalsFrame:
        """The columns at these positions, collected to pyarrow."""
        _pyarrow(f"a table of {self.implementation}")
        names = [str(name) for name in self.names]
        chosen = self.frame.select([names[at] for at in positions])
        if self.is_lazy:
            chosen = chosen.collect(backend="pyarrow")
        return NarwhalsFrame(self.frame, self.is_lazy, ArrowFrame(chosen.to_arrow()), tuple(names))

    def part(self, start: int, stop: int) -> ArrowFrame:
        """Consecutive rows, not copied."""
        return self._table.part(start, stop)

    def native_column(self, name: str) -> Any:
        """The Arrow column of that name."""
        return self._table.native_column(name)

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> Any:
        """A frame of the same library; pyarrow for lazy ones."""
        made = self._table.build(columns, rows, keep)
        if self.is_lazy:
            return made
        return library("narwhals").DataFrame.from_arrow(made, backend=self.frame.implementation).to_native()
