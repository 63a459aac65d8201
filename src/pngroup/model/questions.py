"""The questions that need days: each answered for a block of people at once, from records in no order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..evidence.view import Measured
from .definition import Episode
from .episodes import Episodes, counting, find_episodes, happened_during
from .viewing import EVER, View, Window

Array: TypeAlias = npt.NDArray[Any]
Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

#: Later than any fact day.
_LATE: Final = 1 << 18
_SMALL: Final = 1 << 16


def within(view: View, *, condition: str, window: Window) -> Bools:
    """Who has a record of the condition in the window."""
    return view.within(condition, window)


def within_from_age(view: View, *, conditions: Sequence[str], window: Window, least_age: int) -> Bools:
    """Who has a record in the window from an age on."""
    found = np.zeros(view.n_people, bool)
    found[view.records(conditions, window, least_age=least_age)[0]] = True
    return found


def on_dates(view: View, *, conditions: Sequence[str], window: Window, n: int, gap_days: int) -> Bools:
    """Who has records on so many different dates, the first and the last so far apart."""
    person, day = view.records(conditions, window)
    first, last = _first_and_last(view.n_people, [(person, day)])
    # Two different dates are at least a day apart; whether there are more than two, only counting tells.
    apart: Bools = (last > 0) & (last - first >= (max(gap_days, 1) if n > 1 else gap_days))
    return apart if n <= 2 else apart & (_n_distinct(view.n_people, person, day) >= n)


def count_days(view: View, *, conditions: Sequence[str], window: Window, kind: np.dtype[Any]) -> Array:
    """Different days with a record in the window."""
    person, day = view.records(conditions, window)
    return _n_distinct(view.n_people, person, day).astype(kind)


def latest_grade(view: View, *, names: Sequence[Sequence[str]], window: Window) -> Array:
    """The number (1, 2, ...) of the conditions recorded last in the window; the highest of one day; 0 for none."""
    best, grade = np.zeros(view.n_people, np.int64), np.zeros(view.n_people, np.uint8)
    for number, conditions in enumerate(names, 1):
        last = np.zeros(view.n_people, np.int64)
        person, day = view.records(conditions, window)
        np.maximum.at(last, person, day)
        # Not earlier than the best so far: of one day the later name, which is the worse grade, wins.
        newer = (last > 0) & (last >= best)
        best[newer], grade[newer] = last[newer], number
    return grade


def latest(view: View, *, value: str, window: Window, kind: np.dtype[Any]) -> Array:
    """The latest value in the window, the highest of its day; 0 for none, which stands below every grade."""
    found = np.zeros(view.n_people, kind)
    if value in view.values.names:
        person, what, day, amount = view.measured_in_window(view.values, window)
        wanted = what == view.values.names.index(value)
        person, day, amount = person[wanted], day[wanted], amount[wanted]
        order = np.lexsort((amount, day, person))
        # The last of each person wins the assignment.
        found[person[order]] = amount[order]
    return found


def count_distinct(view: View, *, window: Window, kind: np.dtype[Any]) -> Array:
    """Different medicines in the window."""
    table: Measured = view.medicines
    person, what, _, _ = view.measured_in_window(table, window)
    return _n_distinct(view.n_people, person, what).astype(kind)


def span_days(
    view: View, *present: Bools, asked: Sequence[tuple[int | None, tuple[str, ...], Window, int | None]], kind: Any
) -> Array:
    """Days from the first to the last record of what is present.

    `asked` has the conditions, the window and the least age of each question, and which of `present` says where it
    counts (None for everywhere).
    """
    parts = []
    for place, conditions, window, least_age in asked:
        person, day = view.records(conditions, window, least_age=least_age)
        if place is not None:
            counts = present[place][person]
            person, day = person[counts], day[counts]
        parts.append((person, day))
    first, last = _first_and_last(view.n_people, parts)
    return np.where(last > 0, last - first, 0).astype(kind)


def present_episodes(view: View, *, episode: Episode, sets: Sequence[Sequence[str]]) -> Episodes:
    """The episodes that count on the index date; `sets`: the conditions that open, deliver, lose and discharge."""
    as_at = view.when.day
    opens, delivers, loses, discharges = (view.all_records(conditions) for conditions in sets)
    found = find_episodes(episode, opens, delivers, loses, discharges, as_at=as_at, n_people=view.n_people)
    return counting(episode, found, as_at=as_at)


def in_episode(view: View, present: Episodes) -> Bools:
    """Who is in an episode, or in the time after it."""
    found = np.zeros(view.n_people, bool)
    found[present.person] = True
    return found


def during(view: View, present: Episodes, *, episode: Episode, conditions: Sequence[str]) -> Bools:
    """Who has a record in the present episode or shortly after it."""
    return happened_during(episode, present, view.n_people, *view.records(conditions, EVER))


def _first_and_last(n_people: int, parts: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    first, last = np.full(n_people, _LATE), np.zeros(n_people, np.int64)
    for person, day in parts:
        np.minimum.at(first, person, day)
        np.maximum.at(last, person, day)
    return first, last


def _n_distinct(n_people: int, person: Ints, what: Ints) -> Ints:
    """How many different `what` there are of each person."""
    if not len(person):
        return np.zeros(n_people, np.int64)
    least = int(what.min())
    if n_people <= _SMALL and int(what.max()) - least < _SMALL:
        # Numpy sorts 16 bit numbers by counting them, far faster than it sorts wider ones.
        order = np.argsort((what - least).astype(np.uint16), kind="stable")
        order = order[np.argsort(person[order].astype(np.uint16), kind="stable")]
    else:
        order = np.lexsort((what, person))
    person, what = person[order], what[order]
    is_new = np.ones(len(person), bool)
    is_new[1:] = (person[1:] != person[:-1]) | (what[1:] != what[:-1])
    return np.bincount(person[is_new], minlength=n_people)
