"""Text of up to twelve bytes as two whole numbers each, so that millions of ids and codes are compared as numbers.

The layout is that of Arrow's string views: the low 32 bits of the first word are the length in bytes; behind it stand
the bytes, four in the first word and eight in the second, zeros where there are none. Equal words are equal text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .arrow_memory import TextChunk, text_chunks
from .hashing import MULTIPLIER

Words: TypeAlias = npt.NDArray[np.uint64]

LONGEST: Final = 12
_LENGTH: Final = np.uint64(0xFFFFFFFF)
#: Bytes in the first word.
_HEAD: Final = 4
#: Bytes that are read behind the last text of a block.
_ROOM: Final = 16
_HALF: Final = np.uint64(32)


@frozen(eq=False)
class ShortText:
    """A column of texts of at most twelve bytes, each chunk as it lies in memory, which its owner keeps."""

    column: Any = field(repr=False)
    n_rows: int

    def chunks(self) -> Iterator[TextChunk]:
        """The chunks."""
        chunks = text_chunks(self.column)
        if chunks is None:
            raise TypeError("a column of text is none any more")
        return chunks


def short_text(column: Any) -> ShortText | None:
    """A column that exports Arrow memory as short text; None where it holds anything else, or a longer text."""
    chunks = text_chunks(column) if sys.byteorder == "little" else None
    if chunks is None:
        return None
    n_rows = 0
    for chunk in chunks:
        if not _is_short(chunk):
            return None
        n_rows += chunk.n_rows
    return ShortText(column, n_rows)


def chunk_words(chunk: TextChunk, start: int, stop: int) -> Words:
    """The words of some rows of a chunk; those of missing rows mean nothing."""
    if chunk.views is not None:
        return chunk.views[start:stop]
    assert chunk.offsets is not None
    assert chunk.data is not None
    offsets = chunk.offsets[start : stop + 1]
    lengths = np.diff(offsets)
    first, end = int(offsets[0]), int(offsets[-1])
    # Twelve bytes are read from each start; those behind the text belong to the next one and are blanked out.
    padded = chunk.data[first : end + _ROOM]
    if len(padded) < end + _ROOM - first:
        padded = np.concatenate([chunk.data[first:end], np.zeros(_ROOM, np.uint8)])
    words = np.empty((stop - start, 2), np.uint64)
    if len(lengths) and int(lengths.min()) == int(lengths.max()):
        length = int(lengths[0])
        head: Any = np.ndarray((stop - start,), "<u4", padded, 0, (length,))
        tail: Any = np.ndarray((stop - start,), "<u8", padded, _HEAD, (length,))
        masks: tuple[Any, Any] = (_mask(_HEAD)[length], _mask(LONGEST)[length])
    else:
        starts = offsets[:-1] - offsets[0]
        head = np.ndarray((len(padded) - 3,), "<u4", padded, 0, (1,))[starts]
        tail = np.ndarray((len(padded) - 11,), "<u8", padded, _HEAD, (1,))[starts]
        masks = (_mask(_HEAD)[lengths], _mask(LONGEST)[lengths])
    words[:, 0] = ((head.astype(np.uint64) & masks[0]) << _HALF) | lengths.astype(np.uint64)
    words[:, 1] = tail & masks[1]
    return words


def mixed(words: Words) -> npt.NDArray[np.int64]:
    """One number for the two words of each text. Different texts may share a number, though hardly ever.

    Of texts with the same second word none do: each step can be undone.
    """
    key = words[:, 0] * MULTIPLIER
    key ^= key >> _HALF
    key += words[:, 1]
    return key.view(np.int64)


def words_of(texts: Sequence[str]) -> Words | None:
    """The words of a list of texts; None where one of them is longer than twelve bytes.

    >>> words_of(["A", "é"]).tolist()
    [[279172874241, 0], [186654983716866, 0]]
    >>> words_of(["thirteen char"]) is None
    True
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    if any(len(text) > LONGEST for text in encoded):
        return None
    held = np.zeros((len(texts), 16), np.uint8)
    held[:, :_HEAD] = np.array([len(text) for text in encoded], "<u4").view(np.uint8).reshape(-1, _HEAD)
    held[:, _HEAD:] = np.array(encoded, f"S{LONGEST}").view(np.uint8).reshape(-1, LONGEST)
    return held.view(np.uint64)


def texts_of(words: Words) -> list[str]:
    """The texts again.

    >>> texts_of(words_of(["E11.9", "", "é"]))
    ['E11.9', '', 'é']
    """
    lengths = (words[:, 0] & _LENGTH).tolist()
    held = np.ascontiguousarray(words).view(np.uint8).reshape(-1, 16)[:, _HEAD:].tobytes()
    return [held[at * LONGEST : at * LONGEST + n].decode("utf-8", "surrogatepass") for at, n in enumerate(lengths)]


def may_be_blank(words: Words) -> npt.NDArray[np.bool_]:
    """Where a text can consist of blanks alone: it is empty, or begins with what is no printed ASCII character."""
    first = (words[:, 0] >> _HALF).astype(np.uint8)
    return (first <= ord(" ")) | (first > ord("~"))


def _is_short(chunk: TextChunk) -> bool:
    if chunk.views is None:
        assert chunk.offsets is not None
        return int(np.diff(chunk.offsets).max()) <= LONGEST
    lengths = chunk.views[:, 0].astype(np.uint32)
    if chunk.missing is not None:
        lengths = lengths[~chunk.missing]
    return not len(lengths) or int(lengths.max()) <= LONGEST


def _mask(end: int) -> npt.NDArray[np.uint64]:
    """For each length the bits that hold text, in the word whose bytes end at byte `end`."""
    first = 0 if end == _HEAD else _HEAD
    n_bytes = [min(max(length - first, 0), end - first) for length in range(LONGEST + 1)]
    return np.array([(1 << 8 * n) - 1 for n in n_bytes], np.uint64)
