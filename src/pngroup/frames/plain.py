"""The plain forms a column takes on its way in and out, whatever library it belongs to.

In: a column of any library becomes a `Raw` (its kind, and how to read it); reading gives `Distinct` text or
`Flat` numbers, truths and days. Out: a `Column` is computed by us, a `Taken` is one of the caller's own.
Everything above this floor works on these four and numpy only; what is particular to a library stays in its
own module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
from attrs import frozen

#: What a column holds. `mixed` is text and whole numbers together; `empty` has neither values nor a type.
Kind: TypeAlias = Literal[
    "text", "integer", "float", "boolean", "date", "datetime", "mixed", "nested", "empty", "other"
]

#: How the kinds are called in messages.
KIND_WORDS: Final[Mapping[str, str]] = {
    "text": "text",
    "integer": "whole numbers",
    "float": "numbers with a fraction",
    "boolean": "true and false",
    "date": "dates",
    "datetime": "dates with times",
    "mixed": "text and whole numbers mixed",
    "nested": "lists or records",
    "empty": "no values",
    "other": "values of another type",
}

Objects: TypeAlias = npt.NDArray[np.object_]
Bools: TypeAlias = npt.NDArray[np.bool_]
Index: TypeAlias = npt.NDArray[np.int32]
Rows: TypeAlias = npt.NDArray[np.int64]


@frozen(eq=False)
class Distinct:
    """Text: `values` (object array of distinct str, each occurring) and `index` (int32 a row; -1 missing)."""

    values: Objects
    index: Index


@frozen(eq=False)
class Flat:
    """One value a row and `missing`; what stands in `values` at missing rows has no meaning.

    Values are int64 (uint64 where they need it), float64, bool, or for dates and datetimes int64 or int32 days
    since 1970-01-01.
    """

    values: npt.NDArray[Any]
    missing: Bools


Plain: TypeAlias = Distinct | Flat


def _nothing() -> Plain:
    raise TypeError("a column of this kind cannot be read")


@frozen(eq=False)
class Raw:
    """A column of any library before it is read.

    `native` is what its library calls the type, for messages. `read` may be called for every kind but
    `nested` and `other`. `listed` gives plain Python values, slowly. `memory`, of a column of text, exports it as
    Arrow memory (`__arrow_c_stream__`), where that is to be had. `find` looks each row up among distinct texts by
    the means of its library: the place, -1 where it is not there, -2 where the row is missing. A column that its
    library holds as a dictionary has that as `dictionary`, and in `codes` each row's place in it, -1 where missing.
    """

    kind: Kind
    native: str
    read: Callable[[], Plain] = _nothing
    listed: Callable[[], Sequence[object]] = list
    memory: Any = None
    find: Callable[[Sequence[str]], Index] | None = None
    dictionary: Raw | None = None
    codes: npt.NDArray[np.integer] | None = None


@frozen(eq=False)
class Column:
    """A column that we computed, to be written in the caller's library.

    `values`: object array of str (kind text), integers, floats, booleans, or days since 1970-01-01 (kind
    date). `mask` is True where the value is missing; None means the column cannot have missing values, and
    then its type is the plain one (pandas int64) instead of the nullable one (pandas Int64). With `words`, a
    text column's `values` are positions in `words`: cheaper where few words fill many rows.

    >>> Column("integer", np.array([3, 0]), mask=np.array([False, True])).kind
    'integer'
    """

    kind: Literal["text", "integer", "float", "boolean", "date"]
    values: npt.NDArray[Any]
    mask: Bools | None = None
    words: tuple[str, ...] = ()

    def part(self, rows: slice) -> Column:
        """Consecutive rows of it."""
        return Column(self.kind, self.values[rows], None if self.mask is None else self.mask[rows], self.words)

    def texts(self) -> Objects:
        """A text column as an object array of str, None where missing."""
        if self.words:
            table = np.array([*self.words, None], dtype=object)
            at = self.values.astype(np.int64)
            return np.asarray(table[at if self.mask is None else np.where(self.mask, len(self.words), at)])
        return self.values if self.mask is None else emptied(self.values, self.mask)


def emptied(values: npt.NDArray[Any], missing: Bools) -> Objects:
    """A copy as an object array with None where it is missing."""
    copy = values.astype(object)
    copy[missing] = None
    return copy


@frozen(eq=False)
class Part:
    """Rows that were taken out of a larger table: what a whole column looks like cannot be judged by them."""

    native: Any


@frozen
class Taken:
    """A column of the caller's, by our name or by the caller's, taken as it is."""

    column: str


class Frame(Protocol):
    """A table of any library."""

    @property
    def implementation(self) -> str:
        """The library, as it is named in messages and in the manifest."""

    @property
    def names(self) -> Sequence[object]:
        """The labels of the columns in order; not always text, and not always distinct."""

    @property
    def n_rows(self) -> int:
        """Number of rows; only after `load`."""

    def load(self, positions: Sequence[int], /) -> Frame:
        """The frame with at least the columns at these positions in memory."""

    def native_column(self, name: str) -> Any:
        """One column as its library holds it."""

    def build(
        self,
        columns: Mapping[str, Column | Taken],
        rows: Rows | None,
        keep: Sequence[int],
    ) -> Any:
        """A native frame of computed and taken columns, then its columns at positions `keep`."""


@runtime_checkable
class Divisible(Protocol):
    """A frame of which consecutive rows are a frame too; None where they cannot be had without copying."""

    def part(self, start: int, stop: int) -> Frame | None: ...


def library(name: str) -> Any:
    """A dataframe library if the caller has imported it, otherwise None: we never import one ourselves."""
    return sys.modules.get(name)


def is_a(value: object, library_name: str, *types: str) -> bool:
    """Whether value is an instance of one of a library's types, without importing the library.

    >>> is_a([1], "pandas", "DataFrame")
    False
    """
    module = library(library_name)
    known = tuple(t for t in (getattr(module, name, None) for name in types) if isinstance(t, type))
    return bool(known) and isinstance(value, known)


def objects(values: Sequence[object]) -> Objects:
    """A one-dimensional object array; numpy's own constructor would make lists of equal length a matrix.

    >>> objects([[1], [2]]).shape
    (2,)
    """
    return np.fromiter(values, dtype=object, count=len(values))


def tidy(values: Sequence[object], index: npt.NDArray[np.integer]) -> Distinct:
    """Distinct text from a dictionary that may hold missing, repeated and unused entries.

    >>> tidied = tidy(["a", None, "b", "a"], np.array([0, 1, 3, -1]))
    >>> tidied.values, tidied.index
    (array(['a'], dtype=object), array([ 0, -1,  0, -1], dtype=int32))
    """
    used = np.zeros(len(values) + 1, dtype=bool)
    used[index] = True  # -1, missing, marks the extra last place
    if used[:-1].all() and None not in values and len(set(values)) == len(values):
        return Distinct(objects(values), index.astype(np.int32, copy=False))
    number: dict[object, int] = {}
    new = np.full(len(values) + 1, -1, dtype=np.int32)
    for at in np.flatnonzero(used[:-1]).tolist():
        value = values[at]
        if value is not None:
            new[at] = number.setdefault(value, len(number))
    return Distinct(objects(list(number)), new[index])


def spread(dictionary: Raw, codes: npt.NDArray[np.integer]) -> Raw:
    """A categorical column: the column of its categories, and each row's place in it (-1 missing)."""

    def read() -> Plain:
        plain = dictionary.read()
        if not len(plain.missing if isinstance(plain, Flat) else plain.index):
            return Distinct(objects([]), np.full(len(codes), -1, dtype=np.int32))
        if isinstance(plain, Flat):
            return Flat(plain.values[codes], plain.missing[codes] | (codes < 0))
        return tidy(plain.values.tolist(), np.where(codes < 0, -1, plain.index[codes]))

    def listed() -> Sequence[object]:
        categories = dictionary.listed()
        return [None if code < 0 else categories[code] for code in codes.tolist()]

    return Raw(dictionary.kind, dictionary.native, read, listed, dictionary=dictionary, codes=codes)


def days_of(values: npt.NDArray[np.datetime64]) -> Flat:
    """Days from numpy datetimes of any unit; the time of day is cut off, before 1970 too."""
    return Flat(values.astype("datetime64[D]").view(np.int64), np.isnat(values))


def consecutive(rows: Rows) -> slice | None:
    """The slice that takes these rows, where they follow each other: nothing is copied then.

    >>> consecutive(np.array([3, 4, 5])), consecutive(np.array([3, 5]))
    (slice(3, 6, None), None)
    """
    if not len(rows) or rows[-1] - rows[0] + 1 != len(rows) or (rows[1:] - rows[:-1] != 1).any():
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1)


def whole(values: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Integers as int64; uint64 only where a value needs it."""
    if values.dtype == np.uint64 and values.size and int(values.max()) > np.iinfo(np.int64).max:
        return values
    return values.astype(np.int64, copy=False)
