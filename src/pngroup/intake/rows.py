"""The rows of one table while it is read: what each is used for, or the first reason why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..frames import NO_ID, Table, find_people
from ..quality import NOT_USED
from .people import People

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Days: TypeAlias = npt.NDArray[np.int32]
Reasons: TypeAlias = npt.NDArray[np.int8]

REASON_WORDS: Final = tuple(NOT_USED)
#: What stands for no reason in an array of places in `REASON_WORDS`.
USED: Final = -1


@frozen(eq=False)
class Piece:
    """Consecutive rows of a table, read column by column, not yet judged.

    `person`: place in people, -1 not there, -2 without id. `place`: place of the meaning. `day`: days
    since 1970-01-01. `status`, `refused_by_code` (one a place) and `value`: in this order, the place in `REASON_WORDS`
    of what speaks against a row, or None. `undated` and `unreadable`: rows without a date, and with one that cannot
    be read, or None. `unknown`: by the name of a note, rows with a word that we do not know, or without
    one that the model asks for. `variant`: place of what a filter of the model sees in a row, or None for one kind.
    """

    person: npt.NDArray[np.int32] = field(repr=False)
    place: npt.NDArray[np.int32] = field(repr=False)
    day: Days = field(repr=False)
    refused_by_code: Reasons = field(repr=False)
    status: Reasons | None = field(repr=False)
    value: Reasons | None = field(repr=False)
    undated: Bools | None = field(repr=False)
    unreadable: Bools | None = field(repr=False)
    unknown: Mapping[str, Bools] = field(factory=dict, repr=False)
    variant: npt.NDArray[np.uint8] | None = field(default=None, repr=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.person)


@frozen(eq=False)
class Bounds:
    """Between which days records of each person can be believed, and the index dates, the last of them last."""

    earliest_birth: Days = field(repr=False)
    last_day: Days = field(repr=False)
    anybody_died: bool
    as_at: tuple[int, ...]

    @staticmethod
    def of(people: People, as_at: tuple[int, ...]) -> Bounds:
        """The bounds of people; of no people, bounds that nobody asks for."""
        if not people.n_people:
            return Bounds(np.zeros(1, np.int32), np.zeros(1, np.int32), False, as_at)
        died = bool(len(people.last_day)) and int(people.last_day.min()) < int(people.last_day.max())
        died = died or int(people.last_day.min()) <= as_at[-1]
        return Bounds(people.earliest_birth, people.last_day, died, as_at)


def used_rows(piece: Piece, bounds: Bounds, start: int, stop: int) -> Bools:
    """Which rows of a part of a piece nothing speaks against."""
    person, day = piece.person[start:stop], piece.day[start:stop]
    used: Bools = person >= 0
    used &= day <= bounds.as_at[-1]
    # Rows of nobody take the bounds of another person; they are not used already.
    used &= day >= np.take(bounds.earliest_birth, person, mode="clip")
    if bounds.anybody_died:
        used &= day <= np.take(bounds.last_day, person, mode="clip")
    if (piece.refused_by_code != USED).any():
        used &= np.take(piece.refused_by_code == USED, piece.place[start:stop])
    for reasons in (piece.status, piece.value):
        if reasons is not None:
            used &= reasons[start:stop] == USED
    for wrong in (piece.undated, piece.unreadable):
        if wrong is not None:
            used &= ~wrong[start:stop]
    return used


def why_not(piece: Piece, bounds: Bounds, rows: Ints) -> Reasons:
    """For rows that are not used the place in `REASON_WORDS` of the first reason.

    Of the index dates the last decides here: `after_as_at` is for rows after all of them.
    """
    why = np.full(len(rows), USED, np.int8)
    for here, reason in _found_in_order(piece, bounds, rows):
        reasons = REASON_WORDS.index(reason) if isinstance(reason, str) else reason
        why = np.where((why == USED) & here, np.asarray(reasons, np.int8), why)
    return why


def _found_in_order(piece: Piece, bounds: Bounds, rows: Ints) -> Iterator[tuple[Bools, str | Reasons]]:
    person, day = piece.person[rows], piece.day[rows]
    yield person == NO_ID, "person_missing"
    yield person < 0, "person_unknown"
    by_code = np.take(piece.refused_by_code, piece.place[rows])
    for reasons in (
        piece.status[rows] if piece.status is not None else None,
        by_code,
        piece.value[rows] if piece.value is not None else None,
    ):
        if reasons is not None:
            yield reasons != USED, reasons
    for wrong, name in ((piece.undated, "date_missing"), (piece.unreadable, "date_unreadable")):
        if wrong is not None:
            yield wrong[rows], name
    yield day > bounds.as_at[-1], "after_as_at"
    yield day < np.take(bounds.earliest_birth, person, mode="clip"), "before_birth"
    yield day > np.take(bounds.last_day, person, mode="clip"), "after_death"


def whose(table: Table, people: People) -> npt.NDArray[np.int32]:
    """For each row the place of its person among `people`; -1 not there, -2 without id."""
    return find_people(people.ids, table, "person_id")
