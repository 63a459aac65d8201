"""Measured values: those that follow a grade, and levels that conditions lower."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .conditions import Held
from .definitions import Floats, Value
from .people import NO_DAY, YEAR, Population, dates
from .practice_records import Grades
from .rows import in_order, spread
from .tables import parameters

#: In `ranges.csv` the group of people without a grade.
_UNGRADED: Final = "none"


def values_table(
    people: Population, held: Mapping[str, Held], grade: Grades, random: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """The table of values, by person and day."""
    values = parameters().values
    parts = [
        _graded(each, people, grade, random) if each.drawn == "grade" else _levels(each, people, held, random)
        for each in values
    ]
    person, day, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    kind = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    order = in_order(person, day)
    texts = np.array([(each.system, each.code, each.unit) for each in values], dtype=object)
    system, code, unit = (texts[kind[order], column] for column in range(3))
    return {
        "person_id": people.ids[person[order]],
        "code": code,
        "system": system,
        "date": dates(day[order]),
        "value": value[order],
        "unit": unit,
    }


def _graded(
    of: Value, people: Population, grade: Grades, random: np.random.Generator
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Floats]:
    """A recent value for a share of the graded, and for a few others as old."""
    numbers = parameters()
    share = numbers["graded_value_share"]
    chance = np.where(grade > 0, share, share / 10) * (people.age >= numbers["grade_age_from"])
    person = np.flatnonzero(random.random(len(people)) < chance * (people.end >= people.start))
    ranges = numbers.ranges[of.id]
    low, high = np.array([ranges[name] for name in (_UNGRADED, *numbers.grades)])[grade[person]].T
    value = low + np.floor(random.random(len(person)) * (high - low + 1))
    recent = people.end[person] - int(numbers["grade_recent_days"])
    return person, spread(np.maximum(people.start[person], recent), people.end[person], random), value


def _levels(
    of: Value, people: Population, held: Mapping[str, Held], random: np.random.Generator
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Floats]:
    """Results about once a year in people with one of the value's conditions in `ranges.csv`."""
    numbers, n = parameters(), len(people)
    level = np.full(n, np.nan)
    usual = random.normal(numbers["level_at_40"], numbers["level_spread"], n)
    usual -= numbers["level_lost_per_year"] * np.maximum(people.age - 40, 0)
    # Later rows of the table are worse and stand over earlier ones.
    for name, (low, high) in numbers.ranges[of.id].items():
        person = _now(held[name])
        level[person] = np.clip(usual[person], low, high)
    first = np.maximum(people.start, people.end - int(numbers["level_days"]))
    years = np.maximum(people.end - first, 0) / YEAR
    person = np.repeat(np.arange(n), random.poisson(~np.isnan(level) * numbers["level_per_year"] * years))
    value = np.round(level[person] + random.normal(0, numbers["level_error"], len(person)))
    return person, spread(first[person], people.end[person], random), np.maximum(value, numbers["level_least"])


def _now(held: Held) -> npt.NDArray[np.int32]:
    found: npt.NDArray[np.int32] = held.person[held.resolved == NO_DAY]
    return found
