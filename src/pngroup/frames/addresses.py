"""Columns of Python objects in which many rows hold the same object: numbered by where the objects are in memory.

Whoever takes rows of an array of objects, or converts Arrow to pandas, gets a million objects for twenty million rows.
To look at each row's object costs an access to memory; to compare addresses does not, and the distinct objects are few.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..threads import BLOCK
from .hashing import number_integers, sample_starts, sorted_distinct
from .plain import Index, Objects, Raw, spread

#: Objects that stand in fewer rows than this on average are not worth numbering.
_LEAST_SHARED: Final = 4
_SAMPLE: Final = 8192
_MANY: Final = 1 << 16


def look_through(values: Objects, look: Callable[[Objects], Raw]) -> Raw:
    """A column of objects as `look` sees it; where many rows share them, by way of the distinct ones."""
    if shares_objects(values):
        distinct, index = number_by_address(values)
        of_distinct = look(distinct)
        if of_distinct.kind not in ("nested", "other", "empty"):
            return spread(of_distinct, index)
    return look(values)


def shares_objects(values: Any) -> bool:
    """Whether the rows of an object array hold few distinct objects, as far as a sample tells.

    >>> text = [str(number) for number in range(1000)] * 100
    >>> shares_objects(np.array(text, dtype=object)), shares_objects(np.array(text[:1000], dtype=object))
    (True, False)
    """
    return _n_distinct(values) * _LEAST_SHARED <= len(values)


def shares_many_objects(values: Any) -> bool:
    """Whether it does, and the distinct objects are too many to be looked at again for each part of a table."""
    return _n_distinct(values) > _MANY and shares_objects(values)


def _n_distinct(values: Any) -> float:
    """About how many distinct objects there are in an object array; infinitely many where that is not to be told."""
    if not isinstance(values, np.ndarray) or values.dtype != object or values.ndim != 1:
        return math.inf
    starts = sample_starts(len(values), size=_SAMPLE, blocks=4)
    if not starts or not values.flags.c_contiguous:
        return math.inf
    addresses = _addresses(values)
    sample = np.concatenate([addresses[start : start + _SAMPLE] for start in starts])
    n_distinct = len(sorted_distinct(sample))
    n_repeated = len(sample) - n_distinct
    # Of n draws from d objects about n * n / (2 * d) repeat an earlier one, as long as these are few.
    return max(n_distinct, len(sample) ** 2 / (2 * n_repeated)) if n_repeated else math.inf


def number_by_address(values: Objects) -> tuple[Objects, Index]:
    """The distinct objects (some may be equal), and each row's place among them."""
    distinct, index = number_integers(_addresses(values))
    row = np.empty(len(distinct), np.int64)
    for start in range(0, len(index), BLOCK):
        part = index[start : start + BLOCK]
        row[part] = np.arange(start, start + len(part))
    return values[row], index


def _addresses(values: Objects) -> npt.NDArray[np.int64]:
    # The array is held by the caller, and so are the objects: no address is given to another one meanwhile.
    memory: Any = (ctypes.c_int64 * len(values)).from_address(values.ctypes.data)
    return np.frombuffer(memory, np.int64)
