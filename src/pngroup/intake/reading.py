"""One event table: its rows to facts and counts, block by block on all cores; no row is kept unless asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..evidence import Ordered, block_bits, order, pack
from ..quality import NOT_USED
from ..threads import in_blocks
from .rows import REASON_WORDS, Bounds, Ints, Piece, used_rows, why_not

#: Rows judged at a time by one thread.
_BLOCK: Final = 1 << 18
#: Latest days are kept a person and index date; more numbers than this would cost more than the facts they stand for.
_MOST_LATEST: Final = 100_000_000
#: Reasons that depend on the day alone, so that a row can have another one at an earlier index date.
_BY_DAY: Final = ("before_birth", "after_death")
_NO_FACT: Final = -1
#: Of fewer rows than one in so many it is not worth making the columns of a block anew.
_FEW: Final = 4
_NEVER: Final = np.iinfo(np.int32).min


@frozen(eq=False)
class Kept:
    """Rows used at the last index date, in the order of the table: whose, the place of the meaning, the day.

    `variant` is as in `Piece`, 0 for all rows where there is one kind only.
    """

    person: Ints = field(repr=False)
    place: npt.NDArray[np.int32] = field(repr=False)
    day: npt.NDArray[np.int32] = field(repr=False)
    row: Ints = field(repr=False)
    variant: npt.NDArray[np.uint8] = field(repr=False)


class Latest:
    """The latest day of each person up to each index date, for meanings of which nothing else is ever asked."""

    def __init__(self, n_people: int, n_dates: int) -> None:
        self._n_people = n_people
        self._n_dates = n_dates
        self._lock = Lock()
        self._days: dict[int, npt.NDArray[np.int32]] = {}

    @property
    def meanings(self) -> tuple[int, ...]:
        """The numbers of the meanings that are kept so."""
        return tuple(self._days)

    def begin(self, meanings: Iterable[int]) -> None:
        """Keep these meanings so from now on, as long as their days are no more numbers than is sensible."""
        n = self._n_people * self._n_dates
        for meaning in meanings:
            if meaning not in self._days and (len(self._days) + 1) * n <= _MOST_LATEST:
                self._days[meaning] = np.full(n, _NEVER, np.int32)

    def add(
        self,
        meaning: int,
        person: npt.NDArray[np.int32],
        day: npt.NDArray[np.int32],
        date: npt.NDArray[np.integer] | None,
    ) -> None:
        """Rows of a meaning, none of them after the last index date; `date`: the first that each is not after."""
        where = person.astype(np.int64)
        if date is not None:
            # Of a small number and a scalar numpy before 2 makes a small number, which would run over.
            where += date.astype(np.int64) * self._n_people
        with self._lock:
            np.maximum.at(self._days[meaning], where, day)

    def facts(self) -> Iterator[Ordered]:
        """The latest days as facts."""
        for meaning, days in self._days.items():
            found = np.flatnonzero(days != _NEVER)
            facts = pack(found % max(self._n_people, 1), np.full(len(found), meaning), days[found])
            yield order(facts, self._n_people, block_bits(self._n_dates))


def _first_dates(as_at: tuple[int, ...], day: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
    """The place of the first index date that each day is not after; their number for days after all of them."""
    found = np.zeros(len(day), np.int16)
    # Most of what is on record is older than the first of a year of dates.
    later = np.flatnonzero(day > as_at[0])
    found[later] = np.searchsorted(np.array(as_at, np.int32), day[later])
    return found


class Counts:
    """How many rows there are, by place and the first index date that they are not after, and by reason."""

    def __init__(self, n_dates: int) -> None:
        self._n_dates = n_dates
        self._lock = Lock()
        self.used = np.zeros((0, n_dates), np.int64)
        self.unreadable = np.zeros(0, np.int64)
        self.reasons = np.zeros((len(REASON_WORDS), n_dates + 1), np.int64)
        self.unknown: dict[str, Ints] = {}

    def grow(self, n_places: int) -> None:
        """Make room for more places."""
        more = n_places - len(self.used)
        self.used = np.concatenate([self.used, np.zeros((more, self._n_dates), np.int64)])
        self.unreadable = np.concatenate([self.unreadable, np.zeros(more, np.int64)])

    def add_used(self, place: npt.NDArray[np.int32], date: npt.NDArray[np.integer] | None, *, but_not: Ints) -> None:
        """Rows that are used, those at `but_not` apart, and the date each is first used at (None: the only one)."""
        if date is not None:
            # The day of a row that is not used may be after all dates.
            place = place.astype(np.int64) * self._n_dates + np.minimum(date, self._n_dates - 1)
        found = np.bincount(place, minlength=self.used.size)
        if len(but_not):
            found -= np.bincount(place[but_not], minlength=self.used.size)
        with self._lock:
            self.used += found.reshape(self.used.shape)

    def add_reasons(
        self, why: npt.NDArray[np.int8], place: npt.NDArray[np.int32], date: npt.NDArray[np.integer]
    ) -> None:
        """Rows that are not used: why, the place of the meaning, and the first index date that each is not after."""
        n_dates = self._n_dates + 1
        cells = why.astype(np.int64) * n_dates + date
        found = np.bincount(cells, minlength=self.reasons.size).reshape(self.reasons.shape)
        unreadable = np.bincount(place[why == REASON_WORDS.index("code_unreadable")], minlength=len(self.unreadable))
        with self._lock:
            self.reasons += found
            self.unreadable += unreadable

    def add_unknown(self, name: str, date: npt.NDArray[np.integer]) -> None:
        """Rows used though a word in them is unknown: the index date that each is first used at."""
        found = np.bincount(date, minlength=self._n_dates)
        with self._lock:
            self.unknown[name] = self.unknown.get(name, np.zeros(self._n_dates, np.int64)) + found

    def used_at(self, date: int) -> Ints:
        """Rows used at an index date (by its place), a place."""
        found: Ints = self.used[:, : date + 1].sum(axis=1)
        return found

    def reasons_at(self, date: int) -> dict[str, int]:
        """Rows not used at an index date, by reason, in the order of `NOT_USED`."""
        found = {word: int(self.reasons[number].sum()) for number, word in enumerate(NOT_USED)}
        for word in _BY_DAY:
            # A row after the index date is so first of all.
            found[word] = int(self.reasons[REASON_WORDS.index(word), : date + 1].sum())
            found["after_as_at"] += int(self.reasons[REASON_WORDS.index(word), date + 1 :].sum())
        found["after_as_at"] += int(self.used[:, date + 1 :].sum())
        return {word: n for word, n in found.items() if n}


class Reader:
    """Rows to facts and counts, piece by piece."""

    def __init__(self, bounds: Bounds, n_people: int, *, keep_after: int | None = None) -> None:
        """With `keep_after`, rows of later days are kept for `kept()`."""
        self._bounds = bounds
        self._keep_after = keep_after
        self._n_people = n_people
        self._latest = Latest(n_people, len(bounds.as_at))
        self._kept: dict[int, Kept] = {}
        self._facts: list[Ordered] = []
        self.counts = Counts(len(bounds.as_at))
        self.n_rows = 0

    def add(self, piece: Piece, meaning_of_place: npt.NDArray[np.int64]) -> None:
        """Judge the rows of a piece.

        `meaning_of_place`: for each variant a line with the number of each place's meaning, -1 for none.
        """
        self.counts.grow(meaning_of_place.shape[1])
        first = self.n_rows

        def work(start: int, stop: int) -> None:
            self._judge(piece, meaning_of_place, first, start, stop)

        in_blocks(piece.n_rows, work, size=_BLOCK)
        self.n_rows += piece.n_rows

    def _judge(self, piece: Piece, meaning_of_place: npt.NDArray[np.int64], first: int, start: int, stop: int) -> None:
        used = used_rows(piece, self._bounds, start, stop)
        place, day, person = piece.place[start:stop], piece.day[start:stop], piece.person[start:stop]
        variant = None if piece.variant is None else piece.variant[start:stop]
        n_dates = len(self._bounds.as_at)
        date = _first_dates(self._bounds.as_at, day) if n_dates > 1 else None
        refused = np.flatnonzero(~used)
        if len(refused):
            late = (day[refused] > self._bounds.as_at[0]).astype(np.int64) if date is None else date[refused]
            self.counts.add_reasons(why_not(piece, self._bounds, refused + start), place[refused], late)
            if len(refused) > len(used) // _FEW:
                place, day, person, refused = place[used], day[used], person[used], refused[:0]
                date = None if date is None else date[used]
                variant = None if variant is None else variant[used]
        # Few rows are taken off what was counted; many are left out first.
        self.counts.add_used(place, date, but_not=refused)
        for name, unknown in piece.unknown.items():
            here = np.flatnonzero(unknown[start:stop] & used)
            days = piece.day[start:stop][here]
            self.counts.add_unknown(name, np.searchsorted(np.array(self._bounds.as_at, np.int32), days))
        if self._keep_after is not None:
            row = np.flatnonzero(used & (piece.day[start:stop] > self._keep_after)) + start
            self._kept[first + start] = Kept(
                piece.person[row].astype(np.int64),
                piece.place[row],
                piece.day[row],
                row + first,
                np.zeros(len(row), np.uint8) if piece.variant is None else piece.variant[row],
            )
        meaning = np.take(meaning_of_place[0], place) if variant is None else meaning_of_place[variant, place]
        meaning[refused] = _NO_FACT
        for light in self._latest.meanings:
            rows = np.flatnonzero(meaning == light)
            dates = None if date is None else np.take(date, rows)
            self._latest.add(light, np.take(person, rows), np.take(day, rows), dates)
            meaning[rows] = _NO_FACT
        self._facts.append(order(pack(person, meaning, day)[meaning >= 0], self._n_people, block_bits(n_dates)))

    def keep_latest_of(self, meanings: Iterable[int]) -> None:
        """Of these meanings only the latest day of each person is ever asked."""
        self._latest.begin(meanings)

    def facts(self) -> Iterator[Ordered]:
        """The facts of all rows."""
        yield from self._facts
        yield from self._latest.facts()

    def kept(self) -> Kept:
        """The rows that were used, in the order of the table."""
        parts = [self._kept[start] for start in sorted(self._kept)]
        if not parts:
            none = np.zeros(0, np.int64)
            return Kept(none, none.astype(np.int32), none.astype(np.int32), none, none.astype(np.uint8))
        names = ("person", "place", "day", "row", "variant")
        return Kept(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
