"""Why the answer of a person changed: asked again with one thing after the other as it is now.

From last month's answer to this month's, in this order: the *edition* (this month's catalogue, model, scheme and
version on last month's rows, as at last month's date), the *time* (the same as at this month's date), the *people*
(this month's table of people), the *records* (this month's tables of events: the answer itself). What is named is the
last step at which the answer moved, since from there on it is as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np

from ..grouping import group
from ..result import Grouping, Groupings
from .answers import NOBODY, Answer, Objects, answer_of, place_among
from .columns import PERSON_ID, rows_where

EDITION, TIME, PEOPLE, RECORDS, SETTLED = "edition", "time", "people", "records", "settled"
STEPS: Final = (EDITION, TIME, PEOPLE, RECORDS)
#: What `because` can say.
BECAUSE: Final = (*STEPS, SETTLED)


def group_tables(tables: Mapping[str, Any], as_at: Any, **options: Any) -> Any:
    """`group()` on the tables of a state."""
    events = {name: table for name, table in tables.items() if name not in ("people", "records")}
    return group(tables["people"], tables["records"], as_at=as_at, **events, **options)


def attribute(
    before: Answer,
    now: Answer,
    ids: Any,
    last_tables: Mapping[str, Any],
    tables: Mapping[str, Any],
    dates: tuple[str, str],
    grouping: Grouping,
) -> tuple[Objects, Objects]:
    """For people whose answer changed the step that made it what it is, and the others that moved it ("a+b", or None).

    `before` and `now`: their answers, in the order of `ids`; `last_tables` and `tables`: all of last month's and this
    month's; `dates`: the two index dates. Of people who are new or gone it is "people".
    """
    editions = {"model": grouping.model, "catalogue": grouping.catalogue, "scheme": grouping.scheme}
    last = {name: _of(table, ids) for name, table in last_tables.items()}
    people = _of(tables["people"], ids)
    days = list(dict.fromkeys(dates))
    both = group_tables(last, days, **editions)
    assert isinstance(both, Groupings)
    steps = [before]
    # The edition on last month's rows, then the time; the same where the date is.
    steps += [answer_of(both[date]).at(place_among(ids, last["people"].column(PERSON_ID))) for date in dates]
    with_people = group_tables({**last, "people": people}, dates[1], **editions)
    steps.append(answer_of(with_people).at(place_among(ids, people.column(PERSON_ID))))
    steps.append(now)
    moved = np.array([one.differs(two) for one, two in pairwise(steps)])
    is_known = place_among(ids, last["people"].column(PERSON_ID)) != NOBODY
    is_known &= place_among(ids, people.column(PERSON_ID)) != NOBODY
    moved[:, ~is_known] = False
    moved[STEPS.index(PEOPLE), ~is_known] = True
    because, also = np.full(len(ids), None, object), np.full(len(ids), None, object)
    # Few combinations, however many people.
    for pattern in np.unique(moved, axis=1).T:
        here = (moved == pattern[:, None]).all(axis=0)
        names = [step for step, is_in in zip(STEPS, pattern.tolist(), strict=True) if is_in]
        because[here] = names[-1] if names else SETTLED
        also[here] = "+".join(names[:-1]) or None
    return because, also


def _of(table: Any, ids: Any) -> Any:
    """The rows of these people."""
    return rows_where(table, place_among(table.column(PERSON_ID), ids) != NOBODY)
