"""Contacts with services, and medicines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..dates import Days
from .conditions import Held, Places
from .definitions import Floats, at_age
from .hospital import Admissions
from .people import NO_DAY, YEAR, Population
from .rows import EMERGENCY, PRIMARY_CARE, SETTINGS, Codebook, Rows, in_order, join, rows, spread
from .tables import parameters


def draw_use(n_people: int, random: np.random.Generator) -> Floats:
    """How much each person uses services, relative to others like them (mean 1)."""
    shape = parameters()["use_shape"]
    return random.gamma(shape, 1 / shape, n_people)


def contacts(
    people: Population,
    use: Floats,
    n_conditions: npt.NDArray[np.int64],
    records: Rows,
    admissions: Admissions,
    random: np.random.Generator,
) -> tuple[Places, Days, npt.NDArray[np.int8]]:
    """Person, day and setting of every contact: those that records stand for, and others by age and illness.

    The practice does not see its own contacts from before a person registered.
    """
    first = np.maximum(people.start, people.as_at - round(parameters()["contacts_years"] * YEAR) + 1)
    years = np.maximum(people.end - first + 1, 0) / YEAR
    recent = records.day >= first[records.person]
    admitted = admissions.emergency & (admissions.day >= first[admissions.person])
    parts = [
        (records.person[recent], records.day[recent], records.setting[recent]),
        (
            admissions.person[admitted],
            admissions.day[admitted],
            np.full(int(admitted.sum()), EMERGENCY, dtype=np.int8),
        ),
    ]
    for rate in parameters().contacts:
        mean = at_age(rate.by_age, people.age) * (1 + rate.per_condition * n_conditions) * use * years
        person = np.repeat(np.arange(len(people), dtype=np.int32), random.poisson(mean))
        setting = np.full(len(person), SETTINGS.index(rate.setting), dtype=np.int8)
        parts.append((person, spread(first[person], people.end[person], random), setting))
    person, day, setting = (np.concatenate(column) for column in zip(*parts, strict=True))
    seen = (setting != PRIMARY_CARE) | (day >= people.registered_from[person])
    person, day, setting = person[seen], day[seen], setting[seen]
    # Several records of one visit are one contact. Sorting by hand: numpy's unique is many times slower here.
    key = np.sort(((person.astype(np.int64) << 20) + (day + (1 << 18)) << 4) + setting)
    key = key[np.diff(key, prepend=-1) != 0]
    setting, key = (key & 15).astype(np.int8), key >> 4
    return (key >> 20).astype(np.int32), ((key & ((1 << 20) - 1)) - (1 << 18)).astype(np.int32), setting


def medicines(
    people: Population, use: Floats, held: Mapping[str, Held], book: Codebook, random: np.random.Generator
) -> Rows:
    """Repeat medicines by condition, issued at even intervals while the condition lasts, and short courses."""
    numbers = parameters()
    first_day = np.maximum(people.start, people.as_at - round(numbers["medicines_years"] * YEAR) + 1)
    interval = int(numbers["issue_days"])
    parts = []
    for slot in parameters().medicines:
        found = held[slot.condition]
        taken = np.flatnonzero((random.random(len(found.person)) < slot.share) & (found.resolved == NO_DAY))
        person = found.person[taken]
        code = book.draw(slot.choice, len(person), random)
        start = np.maximum(found.onset[taken], first_day[person])
        start = start + np.floor(random.random(len(person)) * interval).astype(np.int32)
        issues = np.maximum((people.end[person] - start) // interval + 1, 0)
        again = np.repeat(np.arange(len(person)), issues)
        number = np.arange(len(again)) - np.repeat(np.cumsum(issues) - issues, issues)
        parts.append(rows(person[again], code[again], start[again] + number * interval, PRIMARY_CARE))
    years = np.maximum(people.end - first_day + 1, 0) / YEAR
    n_courses = random.poisson(numbers["short_courses_per_year"] * use * years)
    person = np.repeat(np.arange(len(people), dtype=np.int32), n_courses)
    code = book.draw(parameters().marks["short_course"], len(person), random)
    parts.append(rows(person, code, spread(first_day[person], people.end[person], random), PRIMARY_CARE))
    found_rows = join(parts)
    return found_rows.at(in_order(found_rows.person, found_rows.day))
