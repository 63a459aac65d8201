"""Reviews: what people who know a person say of the computed group, shown beside it and never in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import asdict, field, frozen

from ..errors import DataError
from ..files import opened
from ..frames import Column, Table, is_missing, open_table
from .answers import NOBODY, Answer, Objects, date_column, group_column, place_among, text_column
from .columns import PERSON_ID, ids_of

Bools = npt.NDArray[np.bool_]
_NAME: Final = "reviews"
_OPTIONAL: Final = ("agrees", "other_group", "reviewed_group", "reason", "reviewed_by")
_WORDS: Final = {
    "true": True,
    "yes": True,
    "1": True,
    "1.0": True,
    "false": False,
    "no": False,
    "0": False,
    "0.0": False,
}


@frozen
class ReviewCounts:
    """What became of reviews: `n_given`; `n_shown`; `n_expired` (their date `until` is before the index date);
    `n_unknown` (of nobody in people); `n_of_another_group` (of a `reviewed_group` that is no longer the computed one,
    and no group is named). Of those shown, `n_now_as_named` said no and named the group that is the computed one now,
    which is shown as agreeing; `n_contradictory` contradict themselves: no to the group that they name, as far as
    `reviewed_group` lets one see, or yes and another group named than the reviewed one (without it: the computed one).
    """

    n_given: int
    n_shown: int
    n_expired: int
    n_unknown: int
    n_of_another_group: int
    n_now_as_named: int
    n_contradictory: int

    def to_dict(self) -> dict[str, int]:
        """The counts, for JSON."""
        return asdict(self)


@frozen(eq=False)
class Reviews:
    """The reviews that hold at an index date, one entry a person; nothing where `is_reviewed` is false.

    `agrees`: with the computed group, by the rule of `read_reviews`; `other`: the group named in its place, 0 for none;
    `until`: day numbers.
    """

    is_reviewed: Bools = field(repr=False)
    agrees: Bools = field(repr=False)
    other: npt.NDArray[np.int64] = field(repr=False)
    reason: Objects = field(repr=False)
    reviewed_by: Objects = field(repr=False)
    until: npt.NDArray[np.int64] = field(repr=False)
    counts: ReviewCounts

    def columns(self) -> dict[str, Column]:
        """The columns that stand beside the computed group."""
        return {
            "review_agrees": Column("boolean", self.agrees, ~self.is_reviewed),
            "review_group": group_column(self.other),
            "review_reason": text_column(self.reason),
            "reviewed_by": text_column(self.reviewed_by),
            "review_until": date_column(self.until, ~self.is_reviewed),
        }


def read_reviews(
    native: Any,
    answer: Answer,
    day: int,
    groups: Collection[int],
    *,
    columns: Mapping[str, str] | None,
    date_format: str | None,
) -> Reviews:
    """The reviews of a table that hold at an index date.

    Columns: `person_id`; `agrees` (true or false) or `other_group`, or both; `until`, the last day on which the review
    holds; optionally `reviewed_group` (what the reviewer saw: agreement with another group than the computed one is not
    shown), `reason`, `reviewed_by` (a role). A review that names a group agrees where that is the computed one now,
    whatever its `agrees` says, and disagrees where it is not; but a no to the very group that it names (as its
    `reviewed_group` says) contradicts itself, and stays a no.

    Raises `DataError` for rows without a date `until`, that neither agree nor name a group, that name a group which the
    model does not have, or of which several hold for one person.
    """
    table = open_table(
        opened(native, _NAME, whole=True), name=_NAME, required=(PERSON_ID, "until"), optional=_OPTIONAL,
        columns=columns, pass_through=False,
    )  # fmt: skip
    place = _places(table, answer)
    until = table.days("until", date_format)
    _refuse(
        ~until.valid, table, "until", "have no date until which they hold", "the last day on which the review holds"
    )
    agrees, says = _agreement(table)
    other, reviewed = (_groups(table, name, groups) for name in ("other_group", "reviewed_group"))
    _refuse(
        ~says & (other == 0), table, "agrees", "neither agree nor disagree nor name a group", "true, false or a group"
    )
    expired, unknown = until.day < day, place == NOBODY
    holds = ~expired & ~unknown
    computed = np.where(unknown, 0, answer.group[np.maximum(place, 0)]) if len(answer.group) else np.zeros_like(other)
    said_yes, said_no = agrees & says, ~agrees & says
    is_named, has_both = (other > 0) & (other == computed), (other > 0) & (reviewed > 0)
    no_to_named = said_no & has_both & (other == reviewed)
    contradictory = no_to_named | (said_yes & (other > 0) & (other != np.where(reviewed > 0, reviewed, computed)))
    # Who said no is taken to agree only where the group they named is the computed one, and was not when they said so.
    agrees = np.where(other > 0, is_named & ~no_to_named, agrees)
    now_as_named = said_no & is_named & ~no_to_named
    outdated = holds & (other == 0) & (reviewed > 0) & (reviewed != computed)
    holds &= ~outdated
    _refuse_several(place[holds], table)
    rows, at = np.flatnonzero(holds), place[holds]
    n_people = len(answer.group)

    def spread(values: Any, empty: Any) -> Any:
        found = empty
        found[at] = values[rows]
        return found

    return Reviews(
        is_reviewed=spread(holds, np.zeros(n_people, bool)),
        agrees=spread(agrees, np.zeros(n_people, bool)),
        other=spread(other, np.zeros(n_people, np.int64)),
        reason=spread(_texts(table, "reason"), np.full(n_people, None, object)),
        reviewed_by=spread(_texts(table, "reviewed_by"), np.full(n_people, None, object)),
        until=spread(until.day.astype(np.int64), np.zeros(n_people, np.int64)),
        counts=ReviewCounts(
            n_given=table.n_rows,
            n_shown=len(rows),
            n_expired=int((expired & ~unknown).sum()),
            n_unknown=int(unknown.sum()),
            n_of_another_group=int(outdated.sum()),
            n_now_as_named=int((now_as_named & holds).sum()),
            n_contradictory=int((contradictory & holds).sum()),
        ),
    )


def disagreement(reviews: Reviews, answer: Answer, practice: Objects | None) -> dict[str, Column]:
    """How reviews agree with the computed groups: a row a practice (where there are practices) and group."""
    counted = reviews.is_reviewed & (answer.group > 0)
    practices = np.array(["" if practice is None or each is None else str(each) for each in (
        practice[counted] if practice is not None else [None] * int(counted.sum())
    )], object)  # fmt: skip
    names, at = np.unique(practices.astype(str), return_inverse=True)
    groups, of_group = np.unique(answer.group[counted], return_inverse=True)
    key = at.reshape(-1) * max(len(groups), 1) + of_group.reshape(-1)
    n = np.bincount(key, minlength=len(names) * len(groups))
    n_agreeing = np.bincount(key[reviews.agrees[counted]], minlength=len(n))
    rows = np.flatnonzero(n)
    of_practice = names.astype(object)[rows // max(len(groups), 1)]
    columns: dict[str, Column] = {}
    if practice is not None:
        columns["practice"] = Column("text", of_practice, np.array([not each for each in of_practice.tolist()], bool))
    columns[answer.names.group] = Column("integer", groups[rows % max(len(groups), 1)])
    columns["n_reviewed"] = Column("integer", n[rows])
    columns["n_agreeing"] = Column("integer", n_agreeing[rows])
    columns["n_disagreeing"] = Column("integer", n[rows] - n_agreeing[rows])
    return columns


def _places(table: Table, answer: Answer) -> npt.NDArray[np.int64]:
    ids = ids_of(table, PERSON_ID)
    if ids.null_count == len(ids):
        return np.full(len(ids), NOBODY, np.int64)
    if ids.type != answer.ids.type:
        raise DataError(
            "ids in reviews are text and in people whole numbers, or the other way round",
            where=table.where(PERSON_ID),
            allowed="text or whole numbers, the same in all tables",
            remedy="convert the column, with the leading zeros that ids have elsewhere",
        )
    return place_among(ids, answer.ids)


def _agreement(table: Table) -> tuple[Bools, Bools]:
    """For each row whether it agrees, and whether it says so."""
    if not table.has("agrees"):
        return np.zeros(table.n_rows, bool), np.zeros(table.n_rows, bool)
    encoded = table.encode("agrees", booleans=True)
    given = [None if is_missing(value) or not str(value).strip() else str(value) for value in encoded.values.tolist()]
    words = [None if word is None else _WORDS.get(word.strip().lower()) for word in given]
    unread = np.array([*(g is not None and w is None for g, w in zip(given, words, strict=True)), False])
    _refuse(unread[encoded.index], table, "agrees", "hold another word than true or false", "true and false")
    return (
        np.array([*(word is True for word in words), False])[encoded.index],
        np.array([*(word is not None for word in words), False])[encoded.index],
    )


def _groups(table: Table, column: str, groups: Collection[int]) -> npt.NDArray[np.int64]:
    if not table.has(column):
        return np.zeros(table.n_rows, np.int64)
    numbers = table.numbers(column)
    found = np.where(numbers.absent, 0, numbers.number)
    wrong = ~numbers.absent & ~np.isin(found, list(groups))
    _refuse(wrong, table, column, "name a group that the model does not have", ", ".join(map(str, sorted(groups))))
    return found.astype(np.int64)


def _texts(table: Table, column: str) -> Objects:
    if not table.has(column):
        return np.full(table.n_rows, None, object)
    encoded = table.encode(column)
    return np.array([*map(str, encoded.values.tolist()), None], object)[encoded.index]


def _refuse(wrong: Bools, table: Table, column: str, what: str, allowed: str) -> None:
    if wrong.any():
        raise DataError(
            f"{int(wrong.sum()):,} reviews {what}", where=table.where(column), allowed=allowed,
            remedy="correct these rows",
        )  # fmt: skip


def _refuse_several(place: npt.NDArray[np.int64], table: Table) -> None:
    _, n = np.unique(place, return_counts=True)
    if (n > 1).any():
        raise DataError(
            f"of {int((n > 1).sum()):,} people several reviews hold",
            where=table.where(PERSON_ID),
            allowed="one review a person that holds at the index date",
            remedy="end the older ones with their date until",
        )
