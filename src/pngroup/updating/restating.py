"""A table as it stands after this month's changes: deleted rows taken away, changed ones replaced, new ones added.

Neither the order of rows nor the pieces they come in matter: an id may stand several times in one month's table only
where its rows say the same, and a row without id is one among equals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import asdict, evolve, frozen

from ..errors import DataError
from ..files.formats import arrow
from .columns import COLUMNS, PERSON_ID, RECORD_ID, in_one_piece, places_in, row_keys, rows_where
from .reading import CHANGED, CHANGES, DELETED, NEW, Given

Bools = npt.NDArray[np.bool_]
_FAULTS: Final = {
    "n_new_already_there": "new, but there already with other content",
    "n_changed_not_there": "changed, but not there",
    "n_deleted_not_there": "deleted, but not there",
}


@frozen
class RowCounts:
    """What became of the rows of one table.

    `n_before`, `n_after`: rows in the state; `n_new`, `n_changed`, `n_deleted`: rows of this month by what they say
    became of them. Of these `n_repeated` say what another row says, `n_sent_again` are new and there already just so,
    `n_new_already_there` are new and there already with other content (they replace it), `n_changed_not_there` were to
    be changed and not there (they are added), `n_deleted_not_there` were to be deleted and not there. `is_whole`: the
    table replaced that of the state.
    """

    n_before: int
    n_after: int
    n_new: int = 0
    n_changed: int = 0
    n_deleted: int = 0
    n_repeated: int = 0
    n_sent_again: int = 0
    n_new_already_there: int = 0
    n_changed_not_there: int = 0
    n_deleted_not_there: int = 0
    is_whole: bool = False

    @property
    def faults(self) -> dict[str, int]:
        """What `strict` refuses, in words, with the number of rows."""
        return {words: getattr(self, name) for name, words in _FAULTS.items() if getattr(self, name)}

    def to_dict(self) -> dict[str, int | bool]:
        """The counts, for JSON."""
        return asdict(self)


def restate(before: Any, given: Given) -> tuple[Any, RowCounts]:
    """The rows of a table (Arrow; None where there was none) after what was given, and what became of them.

    Raises `DataError` for changed rows without id, and for an id of which several rows say different things.
    """
    rows, name = given.rows, given.name
    before = rows.slice(0, 0) if before is None else before
    if given.change is None:
        change = np.full(rows.num_rows, NEW)
        kept = _once(rows, change, name)
        after = rows_where(rows, kept)
        return after, RowCounts(
            n_before=before.num_rows, n_after=after.num_rows, n_new=rows.num_rows, n_repeated=int((~kept).sum()),
            is_whole=True,
        )  # fmt: skip
    counts = RowCounts(
        n_before=before.num_rows,
        n_after=0,
        n_new=int((given.change == NEW).sum()),
        n_changed=int((given.change == CHANGED).sum()),
        n_deleted=int((given.change == DELETED).sum()),
    )
    kept = _once(rows, given.change, name)
    counts = evolve(counts, n_repeated=int((~kept).sum()))
    rows, change = rows_where(rows, kept), given.change[kept]
    has_id = ~_missing(rows.column(_id_column(name)))
    _refuse_changed_without_id(change, has_id, name)
    by_id, counts = _by_id(before, rows_where(rows, has_id), change[has_id], name, counts)
    after, counts = _by_content(by_id, rows_where(rows, ~has_id), change[~has_id], name, counts)
    return after, evolve(counts, n_after=after.num_rows)


def _by_id(before: Any, rows: Any, change: npt.NDArray[np.int8], name: str, counts: RowCounts) -> tuple[Any, RowCounts]:
    """Rows with an id: each takes the place of the row of that id, or takes it away."""
    if not rows.num_rows:
        return before, counts
    key = _id_column(name)
    # Looked up among the few that change, not among all.
    place = places_in(before.column(key), rows.column(key))
    meets = place >= 0
    there = np.zeros(rows.num_rows, bool)
    there[place[meets]] = True
    is_new_there = (change == NEW) & there
    same = _same_content(rows_where(before, meets), rows, place[meets], name)
    after = in_one_piece([rows_where(before, ~meets), rows_where(rows, change != DELETED)])
    return after, evolve(
        counts,
        n_sent_again=int((is_new_there & same).sum()),
        n_new_already_there=int((is_new_there & ~same).sum()),
        n_changed_not_there=int(((change == CHANGED) & ~there).sum()),
        n_deleted_not_there=int(((change == DELETED) & ~there).sum()),
    )


def _same_content(before: Any, rows: Any, place: npt.NDArray[np.int64], name: str) -> Bools:
    """For each of `rows` whether the row that it replaces, at `place` of it, says the same."""
    keys = row_keys(in_one_piece([before, rows]), COLUMNS[name])
    same = np.zeros(rows.num_rows, bool)
    same[place] = keys[: before.num_rows] == keys[before.num_rows :][place]
    return same


def _by_content(
    before: Any, rows: Any, change: npt.NDArray[np.int8], name: str, counts: RowCounts
) -> tuple[Any, RowCounts]:
    """Rows without id: a deleted one takes away one row that says the same, of those that are there or new now."""
    if not rows.num_rows:
        return before, counts
    after = in_one_piece([before, rows_where(rows, change != DELETED)])
    deleted = rows_where(rows, change == DELETED)
    if not deleted.num_rows:
        return after, counts
    of_these = (places_in(after.column(PERSON_ID), deleted.column(PERSON_ID)) >= 0) | _missing(after.column(PERSON_ID))
    possible = np.flatnonzero(of_these & _missing(after.column(RECORD_ID)))
    keys = row_keys(in_one_piece([after.take(possible), deleted]), COLUMNS[name])
    n_keys = int(keys.max(initial=0)) + 1
    own, gone = keys[: len(possible)], np.bincount(keys[len(possible) :], minlength=n_keys)
    order = np.argsort(own, kind="stable")
    n_own = np.bincount(own, minlength=n_keys)
    rank = np.arange(len(own)) - np.repeat(np.cumsum(n_own) - n_own, n_own)
    stays = np.ones(after.num_rows, bool)
    stays[possible[order]] = rank >= gone[own[order]]
    n_not_there = int(np.maximum(gone - n_own, 0).sum())
    return rows_where(after, stays), evolve(counts, n_deleted_not_there=counts.n_deleted_not_there + n_not_there)


def _once(rows: Any, change: npt.NDArray[np.int8], name: str) -> Bools:
    """Which rows are the first of their id; `DataError` where other rows of it say something else."""
    key = _id_column(name)
    stays = np.ones(rows.num_rows, bool)
    ids = rows.column(key)
    if len(arrow("pyarrow.compute").unique(ids.drop_null())) == len(ids) - ids.null_count:
        return stays
    number = row_keys(rows, [key])
    repeated = np.flatnonzero((np.bincount(number)[number] > 1) & ~_missing(ids))
    # What else stands in a row that is deleted makes no difference.
    content = row_keys(rows.take(repeated), COLUMNS[name])
    content = np.where(change[repeated] == DELETED, -1, content * len(CHANGES) + change[repeated])
    first, place = np.unique(number[repeated], return_index=True, return_inverse=True)[1:]
    differs = content != content[first][place.reshape(-1)]
    if differs.any():
        raise DataError(
            f"{len(np.unique(number[repeated][differs])):,} ids have several rows that do not say the same",
            where=f"{name}, column {key!r}",
            allowed="one row an id, as it is now; rows that are the same count once",
            remedy="keep the last row of each",
        )
    stays[repeated] = False
    stays[repeated[first]] = True
    return stays


def _refuse_changed_without_id(change: npt.NDArray[np.int8], has_id: Bools, name: str) -> None:
    n = int(((change == CHANGED) & ~has_id).sum())
    if n:
        raise DataError(
            f"{n:,} changed rows have no {RECORD_ID}, so that it is not known which rows they replace",
            where=name,
            allowed=f"a {RECORD_ID} in each changed row",
            remedy="give the ids of rows, or give the old row as deleted and the row as it is now as new",
        )


def _missing(column: Any) -> Bools:
    return np.asarray(column.is_null().to_numpy())


def _id_column(name: str) -> str:
    return PERSON_ID if name == "people" else RECORD_ID


def refuse_row_faults(counts: Sequence[tuple[str, RowCounts]]) -> None:
    """What `strict` does with changes that do not fit the state: raise `DataError` with all of them."""
    found = [
        f"{name}: {n:,} {'row' if n == 1 else 'rows'} ({words})"
        for name, each in counts
        for words, n in each.faults.items()
    ]
    # Rows of events that say the same are evidence of the same; of a person there is to be one.
    found += [
        f"people: {each.n_repeated:,} rows twice" for name, each in counts if name == "people" and each.n_repeated
    ]
    if found:
        raise DataError(
            "strict was asked for, and changes do not fit what is in the state: " + "; ".join(found),
            where="the tables named",
            allowed="no such rows under strict",
            remedy="correct the rows, or leave strict out and read the counts",
        )
