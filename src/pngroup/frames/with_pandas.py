"""pandas: frames and columns in and out. Used only when the caller has imported pandas."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .addresses import look_through
from .objects import look_objects
from .plain import Column, Objects, Raw, Rows, Taken, consecutive, is_a, library, spread
from .with_arrays import look_array
from .with_arrow import look_arrow


def is_pandas_column(value: object) -> bool:
    """Whether value is a pandas Series, Index or extension array."""
    if is_a(value, "pandas", "MultiIndex"):
        return False
    api = library("pandas.api.extensions")
    extension = getattr(api, "ExtensionArray", None)
    return is_a(value, "pandas", "Series", "Index") or (extension is not None and isinstance(value, extension))


def look_pandas(column: Any) -> Raw:
    """A pandas Series, Index or extension array as a column."""
    pd = library("pandas")
    dtype = column.dtype
    values = getattr(column, "array", column)
    native = str(dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        return spread(look_pandas(dtype.categories), np.asarray(getattr(values, "codes", values)))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return look_array(values.tz_localize(None).to_numpy())  # the wall clock of its own zone
    if isinstance(dtype, pd.StringDtype) and dtype.storage != "pyarrow":
        return look_objects(values.to_numpy(dtype=object), _number)
    if isinstance(dtype, (pd.StringDtype, pd.ArrowDtype)):
        return look_arrow(values.__arrow_array__())
    if isinstance(dtype, pd.SparseDtype):
        return look_array(np.asarray(values.to_dense()))
    if isinstance(dtype, np.dtype):
        array = column.to_numpy()
        return look_through(array, _look_objects) if dtype.kind == "O" else look_array(array)
    kind = getattr(dtype, "kind", "O")
    if kind in "iufb":  # the nullable types: Int64, Float64, boolean
        plain = values.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        return look_array(plain, np.asarray(values.isna()))
    return Raw("other", native, listed=values.tolist)


def _look_objects(values: Objects) -> Raw:
    """Objects; where they are text or dates and pyarrow is loaded, through Arrow memory, which is the faster way."""
    pa = library("pyarrow")
    if pa is not None and all(isinstance(value, str | datetime.date) for value in values[:100].tolist()):
        try:
            made = pa.array(values, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError):
            return look_objects(values, _number)  # of several kinds, or text that is no Unicode: looked at one by one
        if pa.types.is_string(made.type) or pa.types.is_large_string(made.type) or pa.types.is_date32(made.type):
            found = look_arrow(made)
            return Raw(found.kind, "object", found.read, values.tolist, found.memory, found.find)
    return look_objects(values, _number)


def _number(values: Objects) -> tuple[Objects, Any]:
    index, distinct = library("pandas").factorize(values)
    return distinct, index.astype(np.int32)


def make_pandas(column: Column, *, name: object = None, index: Any = None) -> Any:
    """A computed column as a Series: nullable types where values can be missing, text as pandas' own text
    type.
    """
    pd = library("pandas")
    mask = column.mask
    if column.kind == "text":
        # pandas 3 has a text type of its own called str; before, that word meant objects and wrote None as
        # "None".
        text = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
        if column.words:
            at = column.values.astype(np.int64)
            places = at if mask is None else np.where(mask, -1, at)
            made = pd.array(list(column.words), dtype=text).take(places, allow_fill=True)
        else:
            made = pd.array(column.texts(), dtype=text)
    elif column.kind == "date":
        days = column.values.astype("datetime64[D]")
        made = (days if mask is None else np.where(mask, np.datetime64("NaT", "D"), days)).astype("datetime64[s]")
    elif column.kind == "float":
        made = column.values if mask is None else np.where(mask, np.nan, column.values)
    elif column.kind == "boolean":
        values = column.values.astype(bool)
        made = values if mask is None else pd.arrays.BooleanArray(values, mask.copy())
    else:
        integers = column.values.astype(np.int64)
        made = integers if mask is None else pd.arrays.IntegerArray(integers, mask.copy())
    return pd.Series(made, name=name, index=index, copy=False)


@frozen(eq=False)
class PandasFrame:
    """A pandas DataFrame."""

    native: Any
    implementation: str = "pandas"

    @property
    def names(self) -> Sequence[object]:
        """The column labels, whatever they are."""
        return list(self.native.columns)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.native)

    def load(self, _positions: Sequence[int], /) -> PandasFrame:
        """Itself: it is in memory."""
        return self

    def snapshot(self) -> PandasFrame:
        """A copy that the caller cannot change any more."""
        return PandasFrame(self.native.copy())

    def part(self, start: int, stop: int) -> PandasFrame:
        """Consecutive rows, not copied."""
        return PandasFrame(self.native.iloc[start:stop])

    def native_column(self, name: str) -> Any:
        """The Series of that label."""
        return self.native[name]

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> Any:
        """A DataFrame with the caller's index (of the rows taken); without any of the caller's rows, one of its own."""
        pd = library("pandas")
        computed = {name: column for name, column in columns.items() if isinstance(column, Column)}
        if rows is None and not keep and len(computed) == len(columns):
            return pd.DataFrame({name: make_pandas(column, name=name) for name, column in computed.items()})
        source = self.native if rows is None else self.native.iloc[consecutive(rows) or rows]
        made = {
            name: source[column.column].rename(name)
            if isinstance(column, Taken)
            else make_pandas(column, name=name, index=source.index)
            for name, column in columns.items()
        }
        frame = pd.DataFrame(made, index=source.index)
        if not keep:
            return frame
        return pd.concat([frame, source.iloc[:, list(keep)]], axis=1)
