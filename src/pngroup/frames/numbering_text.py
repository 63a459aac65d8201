"""Numbering distinct short texts, and looking them up, by their words."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..threads import BLOCK, for_each
from .arrow_memory import TextChunk
from .hashing import Numbering, sorted_distinct
from .plain import Bools, Distinct, Index, tidy
from .short_text import ShortText, Words, chunk_words, may_be_blank, mixed, texts_of

_NONE: Final = -1
#: A column whose first so many rows repeat a text is no list of people.
_SAMPLE: Final = 4096
#: Rows that are numbered one block after the other, before the rest is looked up by all threads.
_HEAD: Final = 16 * BLOCK


class SharedNumberError(Exception):
    """Two different texts have the same mixed number, so that they have to be numbered another way."""


class TextTable:
    """Distinct short texts by their words. `insert` raises `SharedNumberError` where mixed numbers do not do."""

    def __init__(self, room: int = 1 << 12) -> None:
        self._numbers = Numbering(room)
        self._words = np.empty((room, 2), np.uint64)
        self._seconds = self._words[:0, 1]

    @property
    def words(self) -> Words:
        """The words of the texts in order of their numbers."""
        return self._words[: len(self._numbers)]

    def insert(self, words: Words) -> None:
        """Add texts, of which some may be there, and some the same."""
        keys = mixed(words)
        order = np.argsort(keys, kind="stable")
        order = order[np.append(True, keys[order[1:]] != keys[order[:-1]])] if len(order) else order
        order = np.sort(order[self._numbers.find(keys[order]) == _NONE])
        start, stop = len(self._numbers), len(self._numbers) + len(order)
        self._numbers.insert(keys[order])
        if stop > len(self._words):
            self._words = np.concatenate([self._words[:start], np.empty((2 * stop - start, 2), np.uint64)])
        self._words[start:stop] = words[order]
        self._seconds = np.ascontiguousarray(self.words[:, 1])
        if (self.find(words) == _NONE).any():
            raise SharedNumberError

    def insert_distinct(self, words: Words, keys: npt.NDArray[np.int64]) -> None:
        """Add texts to an empty table, each once, with their mixed numbers, which differ too."""
        self._numbers = Numbering(len(keys))
        self._numbers.insert(keys)
        self._words = words
        self._seconds = np.ascontiguousarray(words[:, 1])

    def find(self, words: Words) -> Index:
        """The number of each text, -1 where it is not there."""
        if not len(self._numbers):
            return np.full(len(words), _NONE, np.int32)
        found = self._numbers.find(mixed(words))
        # Equal mixed numbers and equal second words: equal texts. A text that is not there is compared with the last.
        found[np.take(self._seconds, found, mode="wrap") != words[:, 1]] = _NONE
        return found

    def find_in(self, text: ShortText, *, missing: int, blank: int = _NONE) -> Index:
        """The number of each row's text: -1 where it is not there, `missing` where there is no text, `blank` where it
        is not there and holds nothing but blanks.
        """
        found = np.empty(text.n_rows, np.int32)

        def work(block: _Block) -> None:
            words = chunk_words(block.chunk, block.start, block.stop)
            part = block.rows_of(found)
            part[:] = self._through_runs(words)
            # First of all, because what lies in memory under missing rows may be anything.
            if block.chunk.missing is not None:
                part[block.chunk.missing[block.start : block.stop]] = missing
            if blank != _NONE:
                _mark_blank(words, part, blank)

        for_each(work, _blocks(text))
        return found

    def _through_runs(self, words: Words) -> Index:
        """Records mostly lie sorted by person: of a run of equal texts only the first is looked for."""
        if np.count_nonzero(_begins(words[:_SAMPLE])) * 2 > len(words[:_SAMPLE]):
            return self.find(words)
        starts = np.flatnonzero(_begins(words))
        return np.repeat(self.find(words[starts]), np.diff(starts, append=len(words)))


def _begins(words: Words) -> Bools:
    """Where another text begins."""
    is_first = np.ones(len(words), bool)
    np.not_equal(words[1:, 1], words[:-1, 1], out=is_first[1:])
    is_first[1:] |= words[1:, 0] != words[:-1, 0]
    return is_first


def _mark_blank(words: Words, found: Index, blank: int) -> None:
    rows = np.flatnonzero(found == _NONE)
    if len(rows):
        rows = rows[may_be_blank(words[rows])]
        texts = texts_of(words[rows]) if len(rows) else []
        found[rows[[not text.strip() for text in texts]]] = blank


def distinct_text(text: ShortText) -> Distinct | None:
    """The distinct texts of a column and each row's place among them (-1 missing).

    None where they cannot be numbered this way: then the column has to be numbered by its library.
    """
    numbered = number_text(text)
    return None if numbered is None else tidy(texts_of(numbered[0].words), numbered[1])


def number_text(text: ShortText) -> tuple[TextTable, Index] | None:
    """The distinct texts in order of their first row, and the number of each row's (-1 missing).

    Where rows are missing the empty text has a number too. None where texts cannot be numbered this way.
    """
    table = TextTable()
    index = np.empty(text.n_rows, np.int32)
    try:
        if _is_each_once(text, table):
            return table, np.arange(text.n_rows, dtype=np.int32)
        number_into(table, text, index)
    except SharedNumberError:
        return None
    return table, index


def number_into(table: TextTable, text: ShortText, index: Index) -> None:
    """The number of each row's text (-1 missing), after those that are new have been added to the table.

    Where rows are missing the empty text has a number too. May raise `SharedNumberError`.
    """
    blocks = _blocks(text)
    # As long as little is known, a block may hold much that is new: the first are gone through one after the other.
    n_head = 0 if len(table.words) else _HEAD
    unfinished = [block for block in blocks if block.first < n_head]

    def work(block: _Block) -> None:
        part = block.rows_of(index)
        part[:] = table.find(_words(block.chunk, block.start, block.stop))
        if (part == _NONE).any():
            unfinished.append(block)

    def finish() -> None:
        for block in sorted(unfinished, key=lambda block: block.first):
            words = _words(block.chunk, block.start, block.stop)
            found = table.find(words)
            new = np.flatnonzero(found == _NONE)
            if len(new):
                table.insert(words[new])
                found[new] = table.find(words[new])
            block.rows_of(index)[:] = found

    finish()
    unfinished.clear()
    for_each(work, [block for block in blocks if block.first >= n_head])
    finish()
    for block in blocks:
        if block.chunk.missing is not None:
            block.rows_of(index)[block.chunk.missing[block.start : block.stop]] = _NONE


def _is_each_once(text: ShortText, table: TextTable) -> bool:
    """Whether no row is missing and each text differs, as ids of people mostly do; then the table holds them all."""
    parts = []
    for chunk in text.chunks():
        sample = mixed(_words(chunk, 0, min(chunk.n_rows, _SAMPLE)))
        if chunk.missing is not None or len(sorted_distinct(sample)) < len(sample):
            return False
        parts.append(chunk_words(chunk, 0, chunk.n_rows).copy())
    words = np.concatenate(parts) if parts else np.empty((0, 2), np.uint64)
    keys = mixed(words)
    if not len(keys) or len(sorted_distinct(keys)) < len(keys):
        return False
    table.insert_distinct(words, keys)
    return True


def _words(chunk: TextChunk, start: int, stop: int) -> Words:
    """The words of some rows, those of missing rows made those of the empty text."""
    words = chunk_words(chunk, start, stop)
    if chunk.missing is None:
        return words
    missing: Bools = chunk.missing[start:stop]
    cleaned: npt.NDArray[np.uint64] = np.where(missing[:, None], np.uint64(0), words)
    return cleaned


@frozen
class _Block:
    """Rows `start` to `stop` of a chunk, the first of which is row `first` of the column."""

    chunk: TextChunk
    start: int
    stop: int
    first: int

    def rows_of(self, column: Index) -> Index:
        """Its part of an array with an entry a row."""
        return column[self.first : self.first + self.stop - self.start]


def _blocks(text: ShortText) -> list[_Block]:
    """The rows of all chunks in blocks."""
    blocks: list[_Block] = []
    first = 0
    for chunk in text.chunks():
        starts = range(0, chunk.n_rows, BLOCK)
        blocks += [_Block(chunk, start, min(start + BLOCK, chunk.n_rows), first + start) for start in starts]
        first += chunk.n_rows
    return blocks
