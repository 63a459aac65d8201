"""A column that arrives in pieces: its distinct values are numbered once for all of them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np

from .hashing import Numbering, number_blocks
from .numbering_text import SharedNumberError, TextTable, number_into
from .plain import Flat, Index, Raw
from .short_text import short_text, texts_of
from .table import Table

GrowingKind: TypeAlias = Literal["text", "integer"]
_NONE: Final = -1


class Growing:
    """The distinct short texts and the distinct whole numbers met so far in a column, each kind numbered from 0."""

    def __init__(self) -> None:
        self._texts: TextTable | None = TextTable()
        self._integers = Numbering()

    def number(self, table: Table, column: str) -> tuple[GrowingKind, Index] | None:
        """The kind of a piece's values and the number of each row's (-1 missing).

        None where the column holds anything but short texts in Arrow memory, by themselves or in a dictionary, or
        64-bit whole numbers without gaps: it is to be read with `Table.encode`. A number may be that of a text which
        stands in no row: of an entry of a dictionary, or of the empty text where rows are missing.
        """
        raw = table.raw(column)
        if raw.kind == "text":
            index = self._number_text(raw)
            return None if index is None else ("text", index)
        if raw.kind == "integer" and raw.dictionary is None:
            plain = raw.read()
            if isinstance(plain, Flat) and plain.values.dtype == np.int64 and not plain.missing.any():
                index = np.empty(len(plain.values), np.int32)
                number_blocks(self._integers, plain.values, index)
                return "integer", index
        return None

    def _number_text(self, raw: Raw) -> Index | None:
        if raw.dictionary is not None and raw.codes is not None:
            of_entries = self._number_text(raw.dictionary)
            if of_entries is None:
                return None
            return np.take(np.append(of_entries, np.int32(_NONE)), raw.codes, mode="wrap")
        text = short_text(raw.memory) if raw.memory is not None else None
        if text is None or self._texts is None:
            return None
        index = np.empty(text.n_rows, np.int32)
        try:
            number_into(self._texts, text, index)
        except SharedNumberError:
            self._texts = None
            return None
        return index

    def n_values(self, kind: GrowingKind) -> int:
        """How many numbers have been given."""
        if kind == "integer":
            return len(self._integers)
        return 0 if self._texts is None else len(self._texts.words)

    def values(self, kind: GrowingKind, numbers: Index) -> list[object]:
        """The values of some numbers."""
        if kind == "integer":
            return list(self._integers.values()[numbers].tolist())
        return [] if self._texts is None else list(texts_of(self._texts.words[numbers]))
