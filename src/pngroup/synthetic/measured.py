"""Measured values: the Clinical Frailty Scale of some older people, and kidney function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .conditions import Held
from .definitions import Floats
from .people import NO_DAY, YEAR, Population, dates
from .practice_records import Grades
from .rows import in_order, spread
from .tables import parameters

#: Grades of frailty in `ranges.csv`, by number.
_GRADES: Final = ("none", "mild", "moderate", "severe")


def values_table(
    people: Population, held: Mapping[str, Held], grade: Grades, random: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """The table of values, by person and day."""
    parts = [
        ("clinical_frailty_scale", *_frailty_scale(people, grade, random)),
        ("estimated_glomerular_filtration_rate", *_kidney_function(people, held, random)),
    ]
    person = np.concatenate([part[1] for part in parts])
    day = np.concatenate([part[2] for part in parts])
    value = np.concatenate([part[3] for part in parts])
    kind = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
    order = in_order(person, day)
    texts = np.array([parameters().values[part[0]] for part in parts], dtype=object)
    system, code, unit = (texts[kind[order], column] for column in range(3))
    return {
        "person_id": people.ids[person[order]],
        "code": code,
        "system": system,
        "date": dates(day[order]),
        "value": value[order],
        "unit": unit,
    }


def _frailty_scale(
    people: Population, grade: Grades, random: np.random.Generator
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Floats]:
    """A recent scale for a share of the graded, and for a few others of 65 and over."""
    share = parameters()["clinical_frailty_scale_share"]
    chance = np.where(grade > 0, share, share / 10) * (people.age >= 65) * (people.end >= people.start)
    person = np.flatnonzero(random.random(len(people)) < chance)
    ranges = parameters().ranges["clinical_frailty_scale"]
    low, high = np.array([ranges[name] for name in _GRADES])[grade[person]].T
    value = low + np.floor(random.random(len(person)) * (high - low + 1))
    recent = people.end[person] - int(parameters()["frailty_recent_days"])
    return person, spread(np.maximum(people.start[person], recent), people.end[person], random), value


def _kidney_function(
    people: Population, held: Mapping[str, Held], random: np.random.Generator
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Floats]:
    """Results about once a year in people with hypertension, diabetes or kidney disease."""
    numbers, n = parameters(), len(people)
    level = np.full(n, np.nan)
    usual = random.normal(numbers["egfr_at_40"], numbers["egfr_spread"], n)
    usual -= numbers["egfr_lost_per_year"] * np.maximum(people.age - 40, 0)
    # Later rows of the table are worse and stand over earlier ones.
    for name, (low, high) in parameters().ranges["estimated_glomerular_filtration_rate"].items():
        person = _now(held[name])
        level[person] = np.clip(usual[person], low, high)
    first = np.maximum(people.start, people.end - int(numbers["egfr_days"]))
    years = np.maximum(people.end - first, 0) / YEAR
    person = np.repeat(np.arange(n), random.poisson(~np.isnan(level) * numbers["egfr_per_year"] * years))
    value = np.round(level[person] + random.normal(0, numbers["egfr_error"], len(person)))
    return person, spread(first[person], people.end[person], random), np.maximum(value, 4)


def _now(held: Held) -> npt.NDArray[np.int32]:
    found: npt.NDArray[np.int32] = held.person[held.resolved == NO_DAY]
    return found
