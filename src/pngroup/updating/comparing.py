"""This month's answer beside last month's: who changed and why, what the guard says, and what is kept for the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import read_as_at, to_date
from ..files.formats import arrow
from ..frames import Column, Table, build
from ..result import Grouping
from .answers import (
    NOBODY,
    NOT_IN_PEOPLE,
    Answer,
    Objects,
    date_column,
    group_column,
    id_column,
    kept_answer,
    objects_of,
    place_among,
    text_column,
    texts_for,
)  # fmt: skip
from .attributing import BECAUSE, PEOPLE, attribute
from .columns import PERSON_ID, PRACTICE
from .guarding import Guard, refusals
from .restating import RowCounts
from .result import Update, UpdateCounts
from .reviewing import Reviews, disagreement
from .settling import Settle, Standing, stand
from .state import Settings, State

Bools = npt.NDArray[np.bool_]


@frozen(eq=False)
class Comparison:
    """People of this month, then those of last month who are gone, one entry each.

    `now` and `before`: their answers (no group where they are not there); `practice`: this month's, of the gone last
    month's, None where no column is named; `last` and `standing`: since when, before and now; `is_listed`: whether
    somebody is in the list of the changed.
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
    standing: Standing = field(repr=False)
    is_listed: Bools = field(repr=False)

    @property
    def had_group(self) -> Bools:
        """Who had a group last month."""
        return self.before.group > 0


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
        before, last = kept.at(there), _standing(result, there)
    now = answer.at(here)
    now.reason[here == NOBODY] = NOT_IN_PEOPLE
    settle = Settle(settings.settle_months, settings.settle_upwards)
    standing = stand(now.group, before.group, last, day, settle, grouping.scheme)
    is_listed = now.differs(before)
    if settle.months:
        is_listed |= standing.settled != last.settled
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
        practice=_practices(tables, state, ids, settings),
        standing=standing,
        is_listed=is_listed,
    )


def made_update(
    found: Comparison,
    *,
    settings: Settings,
    guard: Guard,
    rows: Mapping[str, RowCounts],
    nearly: Mapping[str, tuple[str, ...]],
    reviews: Reviews | None,
    like: Table,
    folder: Path | None,
) -> Update:
    """The `Update` of a comparison; result frames are of the library of `like`."""
    listed = np.flatnonzero(found.is_listed)
    because, also = _attributed(found, listed)
    counts = _counts(found, because, rows, nearly, reviews)
    nowhere = np.full(len(found.ids), None, object)
    practice = found.practice if found.practice is not None else nowhere
    refused = refusals(guard, found.is_listed, found.had_group, practice, rows) if found.state is not None else ()
    grouping, state = found.grouping, found.state
    manifest = {
        **grouping.manifest,
        "previous": None
        if state is None
        else {"as_at": state.as_at, "model": state.model, "fingerprint": state.fingerprint},
        "changes": counts.to_dict(),
        "guard": {**guard.to_dict(), "stopped": list(map(str, refused))},
        "settle": {"months": found.settle.months, "upwards": found.settle.upwards},
        "quality": grouping.quality.to_dict(),
    }
    table = None
    if reviews is not None:
        of_now = None if found.practice is None else found.practice[: found.n_now]
        table = build(like, disagreement(reviews, _now(found), of_now), pass_through=False)
    return Update(
        grouping=grouping,
        as_at=to_date(found.day),
        previous_as_at=None if state is None else to_date(read_as_at(state.as_at)),
        changed=build(like, _changed_columns(found, listed, because, also), pass_through=False),
        refused=refused,
        counts=counts,
        manifest=manifest,
        review_disagreement=table,
        everybody=_everybody(found, reviews),
        like=like,
        state=State(
            number=1 if state is None else state.number + 1,
            as_at=to_date(found.day).isoformat(),
            model=f"{grouping.model.name}@{grouping.model.edition}",
            fingerprint=grouping.fingerprint,
            settings=settings,
            tables={**found.tables, "result": _result(found)},
            manifest=manifest,
        ),
        after=state,
        folder=folder,
    )


def _attributed(found: Comparison, listed: npt.NDArray[np.int64]) -> tuple[Objects, Objects]:
    if found.state is None:
        return np.full(len(listed), PEOPLE, object), np.full(len(listed), None, object)
    if not len(listed):
        return np.zeros(0, object), np.zeros(0, object)
    return attribute(
        found.before.at(listed),
        found.now.at(listed),
        found.ids.take(arrow().array(listed)),
        {name: table for name, table in found.state.tables.items() if name != "result"},
        found.tables,
        (found.state.as_at, to_date(found.day).isoformat()),
        found.grouping,
    )


def _counts(
    found: Comparison,
    because: Objects,
    rows: Mapping[str, RowCounts],
    nearly: Mapping[str, tuple[str, ...]],
    reviews: Reviews | None,
) -> UpdateCounts:
    had, has = found.had_group, found.now.group > 0
    tally = Counter(because.tolist())
    return UpdateCounts(
        n_people=found.n_now,
        n_with_group=int(has.sum()),
        n_had_group=int(had.sum()),
        n_changed=int(found.is_listed.sum()),
        n_changed_of_them=int((found.is_listed & had).sum()),
        n_lost=int((had & ~has).sum()),
        n_gained=int((has & ~had).sum()),
        n_held_back=int((found.standing.settled != found.now.group).sum()),
        because={step: tally[step] for step in BECAUSE},
        rows=rows,
        columns_not_read=nearly,
        reviews=None if reviews is None else reviews.counts,
    )


def _changed_columns(
    found: Comparison, listed: npt.NDArray[np.int64], because: Objects, also: Objects
) -> dict[str, Column]:
    names, before, now = found.now.names, found.before.at(listed), found.now.at(listed)
    columns = {PERSON_ID: id_column(found.ids.take(arrow().array(listed)))}
    if found.practice is not None:
        columns[PRACTICE] = text_column(found.practice[listed])
    columns[f"previous_{names.group}"] = group_column(before.group)
    columns |= {f"previous_{name}": text_column(before.texts[name]) for name in names.compared}
    columns |= _answer_columns(now)
    columns |= {"because": text_column(because), "also": text_column(also)}
    return columns | _settled_columns(found, listed)


def _everybody(found: Comparison, reviews: Reviews | None) -> dict[str, Column]:
    rows = np.arange(found.n_now)
    columns = {PERSON_ID: id_column(found.ids.slice(0, found.n_now))}
    if found.practice is not None:
        columns[PRACTICE] = text_column(found.practice[rows])
    columns |= _answer_columns(_now(found))
    columns["since"] = date_column(found.standing.since[rows], found.now.group[rows] == 0)
    columns |= _settled_columns(found, rows)
    return columns | (reviews.columns() if reviews is not None else {})


def _now(found: Comparison) -> Answer:
    return found.now.at(np.arange(found.n_now))


def _answer_columns(answer: Answer) -> dict[str, Column]:
    names = answer.names
    return {
        names.group: group_column(answer.group),
        **{name: text_column(answer.texts[name]) for name in names.texts},
        "reason": text_column(answer.reason),
    }


def _settled_columns(found: Comparison, rows: npt.NDArray[np.int64]) -> dict[str, Column]:
    if not found.settle.months:
        return {}
    names, settled = found.now.names, found.standing.settled[rows]
    texts = texts_for(found.grouping, names, settled)
    return {
        f"settled_{names.group}": group_column(settled),
        **{f"settled_{name.removeprefix('need_')}": text_column(texts[name]) for name in names.compared},
        "settled_since": date_column(found.standing.settled_since[rows], settled == 0),
    }


def _result(found: Comparison) -> Any:
    """The answer as the state keeps it: of the people of this month."""
    pa, now, standing = arrow(), _now(found), found.standing
    rows = np.arange(found.n_now)

    def days(values: npt.NDArray[np.int64]) -> Any:
        return pa.array(values[rows].astype(np.int32)).cast(pa.date32())

    texts = {name: pa.array(now.texts[name], pa.string()).dictionary_encode() for name in now.names.compared}
    return pa.table({
        PERSON_ID: found.ids.slice(0, found.n_now),
        now.names.group: pa.array(now.group, mask=now.group == 0),
        **texts,
        "reason": pa.array(now.reason, pa.string()).dictionary_encode(),
        "since": days(standing.since),
        "settled": pa.array(standing.settled[rows]),
        "settled_since": days(standing.settled_since),
    })  # fmt: skip


def _standing(result: Any, place: npt.NDArray[np.int64]) -> Standing:
    def taken(name: str) -> npt.NDArray[np.int64]:
        column = result.column(name).cast(arrow().int32() if name != "settled" else arrow().int64())
        values = column.to_numpy().astype(np.int64)
        return np.where(place == NOBODY, 0, values[np.maximum(place, 0)]) if len(values) else np.zeros_like(place)

    return Standing(taken("since"), taken("settled"), taken("settled_since"))


def _no_standing(n: int) -> Standing:
    none = np.zeros(n, np.int64)
    return Standing(none, none, none)


def _practices(tables: Mapping[str, Any], state: State | None, ids: Any, settings: Settings) -> Objects | None:
    if settings.practice_column is None:
        return None
    found = np.full(len(ids), None, object)
    for people in (state.tables["people"] if state is not None else None, tables["people"]):
        if people is not None and people.num_rows:
            place = place_among(ids, people.column(PERSON_ID).combine_chunks())
            # This month's stands wherever somebody is there, also where they have no practice any more.
            found = np.where(place == NOBODY, found, objects_of(people.column(PRACTICE))[place])
    return found
