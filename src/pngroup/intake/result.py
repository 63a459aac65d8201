"""An event table as read: its facts, its report at each index date, and the rows behind them where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..evidence.view import Measured
from ..quality import FeedQuality
from .codes import Pair
from .reading import Kept, Reader
from .reporting import code_counts, pair_notes, systems_of
from .rows import Ints

_NO_CODES: Final[Mapping[str, Any]] = {"n_mapped": {}, "n_unmapped": {}, "unreadable": {}}


@frozen
class Feed:
    """A table at one index date: its report, and its used rows (`person`, `pair`, `day`) where they were kept.

    `meanings_of_pairs` says for each variant of rows what each pair stands for, `variant` which variant a row is of.
    """

    name: str
    quality: FeedQuality = field(repr=False)
    person: Ints = field(eq=False, repr=False)
    pair: npt.NDArray[np.int32] = field(eq=False, repr=False)
    day: npt.NDArray[np.int32] = field(eq=False, repr=False)
    pairs: tuple[Pair, ...] = field(repr=False)
    meanings_of_pairs: tuple[tuple[frozenset[str], ...], ...] = field(repr=False)
    variant: npt.NDArray[np.uint8] = field(eq=False, repr=False)
    measured: Measured | None = field(default=None, repr=False)


@frozen(eq=False, slots=False)
class ReadFeed:
    """A table as read for all index dates."""

    name: str
    reader: Reader = field(repr=False)
    pairs: tuple[Pair, ...] = field(repr=False)
    meanings: tuple[tuple[frozenset[str], ...], ...] = field(repr=False)
    is_mapped: npt.NDArray[np.bool_] = field(repr=False)
    notes_of_pairs: Mapping[str, npt.NDArray[np.bool_]] = field(repr=False)
    columns_not_read: tuple[str, ...] = field(repr=False)
    is_coded: bool = True
    measured: Measured | None = field(default=None, repr=False)

    def with_measured(self, names: tuple[str, ...], what: Ints, amount: Ints | None) -> ReadFeed:
        """With the table of rows and their amounts, sorted by person and day; `what` is by place, `amount` by row."""
        kept = self.reader.kept()
        order = np.lexsort((kept.day, kept.person))
        amounts = np.zeros(len(order), np.int64) if amount is None else amount[kept.row[order]]
        place = what[kept.place[order]] if len(what) else np.zeros(0, np.int64)
        return evolve(
            self, measured=Measured(names, kept.person[order], place, kept.day[order].astype(np.int64), amounts)
        )

    def at(self, date: int, as_at: int, *, keep: bool) -> Feed:
        """The table at an index date: the place of the date among all, and the day."""
        kept = self.reader.kept() if keep else None
        kept = None if kept is None else _until(kept, as_at)
        none = np.zeros(0, np.int64)
        return Feed(
            name=self.name,
            quality=self._quality(date),
            person=kept.person if kept is not None else none,
            pair=kept.place if kept is not None else none.astype(np.int32),
            day=kept.day if kept is not None else none.astype(np.int32),
            pairs=self.pairs,
            meanings_of_pairs=self.meanings,
            variant=kept.variant if kept is not None else none.astype(np.uint8),
            measured=None if self.measured is None else self.measured.until(as_at),
        )

    @cached_property
    def _systems(self) -> list[tuple[str, bool]]:
        return systems_of(self.pairs)

    def _quality(self, date: int) -> FeedQuality:
        counts = self.reader.counts
        n_used = counts.used_at(date)
        unknown = {name: int(found[: date + 1].sum()) for name, found in counts.unknown.items()}
        notes = {name: n for name, n in unknown.items() if n}
        if self.is_coded:
            notes |= pair_notes(self.pairs, n_used, self.notes_of_pairs)
        codes = _NO_CODES
        if self.is_coded:
            codes = code_counts(self.pairs, self._systems, self.is_mapped, n_used, counts.unreadable)
        return FeedQuality(
            name=self.name,
            n_rows=self.reader.n_rows,
            n_used=int(n_used.sum()),
            not_used=counts.reasons_at(date),
            notes=notes,
            columns_not_read=self.columns_not_read,
            **codes,
        )


def _until(kept: Kept, as_at: int) -> Kept:
    rows = kept.day <= as_at
    if rows.all():
        return kept
    return Kept(kept.person[rows], kept.place[rows], kept.day[rows], kept.row[rows], kept.variant[rows])
