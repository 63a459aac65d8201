"""What comes of a comparison: the list of the changed, everybody, the counts, and the state for the next month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import evolve

from ..dates import read_as_at, to_date
from ..files.formats import arrow
from ..frames import Column, Table, build
from .answers import Answer, Objects, date_column, group_column, id_column, text_column, texts_for
from .attributing import BECAUSE, PEOPLE, attribute
from .columns import COLUMNS, PERSON_ID, PRACTICE
from .comparing import Comparison
from .guarding import Guard, Refusal, refusals
from .restating import RowCounts
from .result import Update, UpdateCounts
from .reviewing import Reviews, disagreement
from .state import Settings, State


def made_update(
    found: Comparison,
    *,
    settings: Settings,
    guard: Guard,
    rows: Mapping[str, RowCounts],
    nearly: Mapping[str, tuple[str, ...]],
    not_needed: tuple[str, ...],
    rows_of_gone: Mapping[str, int],
    reviews: Reviews | None,
    like: Table,
    folder: Path | None,
) -> Update:
    """The `Update` of a comparison; result frames are of the library of `like`."""
    listed = np.flatnonzero(found.is_listed)
    because, also = _attributed(found, listed)
    counts = evolve(_counts(found, because, rows, nearly, not_needed, reviews), rows_of_gone=rows_of_gone)
    nowhere = np.full(len(found.ids), None, object)
    practices = [nowhere if each is None else each for each in (found.practice_before, found.practice)]
    refused: tuple[Refusal, ...] = ()
    if found.state is not None:
        refused = refusals(guard, found.is_listed, found.had_group | found.came_back, practices, rows)
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
        {name: table for name, table in found.state.tables.items() if name in COLUMNS},
        found.tables,
        (found.state.as_at, to_date(found.day).isoformat()),
        found.grouping,
    )


def _counts(
    found: Comparison,
    because: Objects,
    rows: Mapping[str, RowCounts],
    nearly: Mapping[str, tuple[str, ...]],
    not_needed: tuple[str, ...],
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
        n_came_back=int(found.came_back.sum()) if found.state is not None else 0,
        n_held_back=int((found.standing.settled != found.now.group).sum()),
        because={step: tally[step] for step in BECAUSE},
        rows=rows,
        columns_not_read=nearly,
        columns_not_needed=not_needed,
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
    if found.settle.months:
        columns[f"previous_settled_{names.group}"] = group_column(found.last.settled[listed])
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
