"""This month's answer beside last month's, person by person: who changed, and since when a group stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..files.formats import arrow
from ..result import Grouping
from ..vocabulary import Reason
from .answers import (
    NOBODY,
    NOT_IN_PEOPLE,
    Answer,
    Objects,
    kept_answer,
    objects_of,
    place_among,
)  # fmt: skip
from .columns import PERSON_ID, PRACTICE
from .settling import Settle, Standing, heights_of, stand
from .state import Settings, State

#: Why somebody had no group who is not expected to have one again.
_LEFT: Final = tuple(reason.value for reason in (Reason.DIED, Reason.NOT_REGISTERED, Reason.EXCLUDED))
Bools = npt.NDArray[np.bool_]


@frozen(eq=False)
class Comparison:
    """People of this month, then those of last month who are gone, one entry each.

    `now` and `before`: their answers (no group where they are not there); `practice`: this month's, of the gone last
    month's, None where no column is named, and `practice_before` last month's; `last` and `standing`: since when,
    before and now; `is_listed`: whether somebody is in the list of the changed.
    """

    grouping: Grouping = field(repr=False)
    tables: Mapping[str, Any] = field(repr=False)
    state: State | None = field(repr=False)
    day: int
    settle: Settle
    n_now: int
    ids: Any = field(repr=False)
    now: Answer = field(repr=False)
    before: Answer = field(repr=False)
    practice: Objects | None = field(repr=False)
    practice_before: Objects | None = field(repr=False)
    last: Standing = field(repr=False)
    standing: Standing = field(repr=False)
    is_listed: Bools = field(repr=False)

    @property
    def had_group(self) -> Bools:
        """Who had a group last month."""
        return self.before.group > 0

    @property
    def came_back(self) -> Bools:
        """Who has a group and was dead, not registered or excluded last month."""
        return (self.now.group > 0) & np.isin(self.before.reason.astype(str), _LEFT)


def compare(
    answer: Answer,
    grouping: Grouping,
    tables: Mapping[str, Any],
    state: State | None,
    settings: Settings,
    day: int,
) -> Comparison:
    """This month's answer beside that of the state (None: there is none yet)."""
    n_now = len(answer.ids)
    ids, here, there = answer.ids, np.arange(n_now), np.full(n_now, NOBODY, np.int64)
    before, last = answer.at(there), _no_standing(n_now)
    if state is not None:
        result = state.tables["result"]
        kept = kept_answer(result, answer.names)
        gone = np.flatnonzero(place_among(kept.ids, answer.ids) == NOBODY)
        ids = arrow().concat_arrays([answer.ids, kept.ids.take(arrow().array(gone))])
        here = np.concatenate([here, np.full(len(gone), NOBODY, np.int64)])
        there = np.concatenate([place_among(answer.ids, kept.ids), gone])
        before, last = kept.at(there), _standing(result, there, grouping.model.groups)
    now = answer.at(here)
    now.reason[here == NOBODY] = NOT_IN_PEOPLE
    settle = Settle(settings.settle_months, settings.settle_upwards)
    heights = heights_of(grouping.model, grouping.scheme)
    standing = stand(now.group, before.group, last, day, settle, heights)
    # Without settling the settled group is the computed one, so that who was held back is told of when it is left off.
    is_listed = now.differs(before) | (standing.settled != last.settled)
    last_people = None if state is None else state.tables["people"]
    return Comparison(
        grouping=grouping,
        tables=tables,
        state=state,
        day=day,
        settle=settle,
        n_now=n_now,
        ids=ids,
        now=now,
        before=before,
        practice=_practices([last_people, tables["people"]], ids, settings),
        practice_before=_practices([last_people], ids, settings),
        last=last,
        standing=standing,
        is_listed=is_listed,
    )


def _standing(result: Any, place: npt.NDArray[np.int64], groups: Collection[int]) -> Standing:
    """The standing of people in the table `result` of a state; a settled group that the model has no more is none."""

    def taken(name: str) -> npt.NDArray[np.int64]:
        column = result.column(name).cast(arrow().int32() if name != "settled" else arrow().int64())
        values = column.to_numpy().astype(np.int64)
        return np.where(place == NOBODY, 0, values[np.maximum(place, 0)]) if len(values) else np.zeros_like(place)

    settled = taken("settled")
    return Standing(taken("since"), np.where(np.isin(settled, list(groups)), settled, 0), taken("settled_since"))


def _no_standing(n: int) -> Standing:
    none = np.zeros(n, np.int64)
    return Standing(none, none, none)


def _practices(people_of: Sequence[Any], ids: Any, settings: Settings) -> Objects | None:
    """The practice of each person in the last of these tables of people that they are in."""
    if settings.practice_column is None:
        return None
    found = np.full(len(ids), None, object)
    for people in people_of:
        if people is not None and people.num_rows:
            place = place_among(ids, people.column(PERSON_ID).combine_chunks())
            # The later one stands wherever somebody is there, also where they have no practice any more.
            found = np.where(place == NOBODY, found, objects_of(people.column(PRACTICE))[place])
    return found
