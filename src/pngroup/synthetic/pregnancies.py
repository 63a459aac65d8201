"""Pregnancies: conception by age, the records while one goes on, and its end in a birth or a loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..dates import Days
from .conditions import Places
from .definitions import Floats
from .people import NO_DAY, YEAR, Population
from .rows import SETTINGS, Codebook, Rows, rows
from .tables import parameters

#: The outcome that is a birth; the others of `pregnancy_outcomes.csv` are losses.
_BIRTH = "birth"


@frozen(eq=False)
class Pregnancies:
    """Pregnancies: whose, first and last day, and how they ended (the place in `parameters().outcomes`).

    The last day may lie after the index date: then the pregnancy goes on.
    """

    person: Places
    conception: Days
    end: Days
    outcome: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.person)


def draw_pregnancies(people: Population, random: np.random.Generator) -> Pregnancies:
    """Pregnancies of the extract's years by the mother's age at birth, some time between those of one woman."""
    numbers = parameters()
    births = sum(outcome.weight for outcome in parameters().outcomes if outcome.outcome == _BIRTH)
    total = sum(outcome.weight for outcome in parameters().outcomes)
    women = np.flatnonzero(people.female & (people.age >= 14)).astype(np.int32)
    last = np.full(len(women), -NO_DAY, dtype=np.int64)
    found: list[tuple[Places, Days]] = []
    # The first draws reach back before the extract: those pregnancies end in it.
    first_day = int(people.start.min()) - int(YEAR)
    for year_start in reversed(range(people.as_at - int(YEAR), first_day - int(YEAR), -int(YEAR))):
        day = year_start + np.floor(random.random(len(women)) * YEAR).astype(np.int64)
        age = (day + numbers["days_to_birth"] - people.birth[women]) / YEAR
        conceived = random.random(len(women)) < _births_per_year(age) * total / births
        conceived &= day - last > numbers["days_between_conceptions"]
        last[conceived] = day[conceived]
        found.append((women[conceived], day[conceived].astype(np.int32)))
    person = np.concatenate([mothers for mothers, _ in found])
    conception = np.concatenate([days for _, days in found])
    weights = np.cumsum([outcome.weight for outcome in parameters().outcomes])
    outcome = np.searchsorted(weights, random.random(len(person)) * total, side="right")
    low, most, high = np.array([outcome.days for outcome in parameters().outcomes])[outcome].T
    days = np.round(random.triangular(low, most, high)).astype(np.int32)
    return Pregnancies(person, conception, conception + days, outcome)


def _births_per_year(age: npt.NDArray[np.floating]) -> Floats:
    rate = np.zeros(len(age))
    for age_from, age_to, births in parameters().fertility:
        rate[(age >= age_from) & (age < age_to)] = births / 1000
    return rate


def pregnancy_records(
    people: Population, pregnancies: Pregnancies, book: Codebook, random: np.random.Generator
) -> Iterator[Rows]:
    """What the parts of `pregnancy_parts.csv` say, each for its share and on its days; ICD-10 in hospital."""
    names = np.array([outcome.outcome for outcome in parameters().outcomes], dtype=object)[pregnancies.outcome]
    for part in parameters().pregnancy_parts:
        chosen = random.random(len(pregnancies)) < part.share
        if part.outcome != "any":
            chosen &= names == part.outcome
        after = part.from_day + np.floor(random.random(len(pregnancies)) * (part.to_day - part.from_day + 1))
        day = (pregnancies.end if part.from_end else pregnancies.conception) + after.astype(np.int32)
        # What belongs to a pregnancy that goes on is not recorded once it has ended.
        chosen &= part.from_end | (day < pregnancies.end)
        chosen &= (day >= people.start[pregnancies.person]) & (day <= people.end[pregnancies.person])
        person = pregnancies.person[chosen]
        choice = parameters().pregnancy_codes[part.part]
        code = book.draw(choice, len(person), random)
        yield rows(person, code, day[chosen], SETTINGS.index(part.setting), int(choice.system == "icd10"))
