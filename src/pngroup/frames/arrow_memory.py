"""Columns of text in Arrow's memory as numpy arrays, without copying and without pyarrow.

polars, pyarrow and others hand out their memory through the Arrow PyCapsule interface: three C structures, read here
with ctypes. Text lies there in one of three layouts; each becomes a `TextChunk`.

Source: the Arrow C data and C stream interfaces, and the layouts of variable-size binary and its views, in the
specification of the Arrow columnar format.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .plain import Bools

_OFFSETS: Final = {b"u": np.int32, b"U": np.int64}
_VIEWS: Final = b"vu"
_VIEW_WORDS: Final = 2


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]
_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


class _Memory:
    """An array handed over by its library, and given back when nobody holds it any more."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __del__(self) -> None:
        self.array.release(ctypes.byref(self.array))


@frozen(eq=False)
class TextChunk:
    """Consecutive rows of a column of text.

    Either `views` is given, uint64 of shape (n, 2): the length in the low 32 bits of the first word, then twelve bytes:
    a text that fits, padded with zeros, or the beginning of a longer one and where the rest is. Or `offsets` (n + 1)
    into `data` (uint8). `missing` is None where no row is. The memory is the owner's: not to be written to, and not to
    be used after the chunk is gone.
    """

    n_rows: int
    missing: Bools | None = field(repr=False)
    views: npt.NDArray[np.uint64] | None = field(default=None, repr=False)
    offsets: npt.NDArray[np.signedinteger[Any]] | None = field(default=None, repr=False)
    data: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    memory: _Memory | None = field(default=None, repr=False)


def text_chunks(column: Any) -> Iterator[TextChunk] | None:
    """The chunks of a column that exports text through `__arrow_c_stream__`; None where it exports something else."""
    export = getattr(column, "__arrow_c_stream__", None)
    if export is None:
        return None  # an older version of its library
    capsule = export()
    stream = ctypes.cast(_pointer_of(capsule, b"arrow_array_stream"), ctypes.POINTER(_Stream))
    schema = _Schema()
    if fault := stream.contents.get_schema(stream, ctypes.byref(schema)):
        raise _not_handed_over(fault)
    form = schema.format
    is_text = (form in _OFFSETS or form == _VIEWS) and not schema.dictionary
    schema.release(ctypes.byref(schema))
    return _chunks(capsule, stream, form) if is_text else None


def _chunks(capsule: Any, stream: Any, form: bytes) -> Iterator[TextChunk]:
    # The capsule owns the stream and releases it when nobody holds the capsule any more.
    assert capsule is not None
    while True:
        array = _Array()
        if fault := stream.contents.get_next(stream, ctypes.byref(array)):
            raise _not_handed_over(fault)
        if not array.release:
            return
        memory = _Memory(array)
        if array.length:
            yield _chunk(memory, form)


def _not_handed_over(fault: int) -> OSError:
    # What the library says of it could hold data.
    return OSError(fault, "a column of text could not be handed over by its library")


def _chunk(memory: _Memory, form: bytes) -> TextChunk:
    array = memory.array
    n, first = int(array.length), int(array.offset)
    missing = _missing(array, n, first)
    if form == _VIEWS:
        words = _memory(array.buffers[1], (first + n) * _VIEW_WORDS, np.uint64).reshape(-1, _VIEW_WORDS)
        return TextChunk(n, missing, views=words[first:], memory=memory)
    offsets = _memory(array.buffers[1], first + n + 1, _OFFSETS[form])[first:]
    data = _memory(array.buffers[2], int(offsets[-1]), np.uint8)
    return TextChunk(n, missing, offsets=offsets, data=data, memory=memory)


def _missing(array: Any, n: int, first: int) -> Bools | None:
    if not array.null_count or not array.buffers[0]:
        return None
    bits = _memory(array.buffers[0], (first + n + 7) // 8, np.uint8)[first // 8 :]
    present = np.unpackbits(bits, count=first % 8 + n, bitorder="little")[first % 8 :]
    absent: Bools = present == 0
    return absent


def _memory(address: int | None, n: int, dtype: Any) -> npt.NDArray[Any]:
    if not n or not address:
        return np.empty(0, dtype)
    size = n * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_uint8 * size).from_address(address), dtype)
