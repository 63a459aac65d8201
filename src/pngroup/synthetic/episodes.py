"""Episodes: their first day by age, the records while one goes on, and its end in one of several outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..dates import Days
from .conditions import Places
from .definitions import EpisodeParameters, Floats
from .people import NO_DAY, SEXES, YEAR, Population
from .rows import SETTINGS, Codebook, Rows, rows
from .tables import parameters


@frozen(eq=False)
class Episodes:
    """Episodes of one kind: whose, first and last day, and how they ended (the place in `kind.outcomes`).

    The last day may lie after the index date: then the episode goes on.
    """

    kind: EpisodeParameters
    person: Places
    first: Days
    end: Days
    outcome: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.person)

    def going_on(self, day: int) -> npt.NDArray[np.bool_]:
        """Which of them have begun by that day and end later."""
        found: npt.NDArray[np.bool_] = (self.first <= day) & (self.end > day)
        return found


def draw_episodes(people: Population, random: np.random.Generator) -> tuple[Episodes, ...]:
    """The episodes of the extract's years, kind by kind."""
    return tuple(_draw(kind, people, random) for kind in parameters().episodes)


def _draw(kind: EpisodeParameters, people: Population, random: np.random.Generator) -> Episodes:
    """Episodes by the age to which the rates belong, some time between those of one person."""
    rated = sum(outcome.weight for outcome in kind.outcomes if outcome.outcome == kind.rated)
    total = sum(outcome.weight for outcome in kind.outcomes)
    of_sex = people.female == (kind.sex == SEXES[0])
    who = np.flatnonzero(of_sex & (people.age >= kind.age_from)).astype(np.int32)
    last = np.full(len(who), -NO_DAY, dtype=np.int64)
    found: list[tuple[Places, Days]] = []
    # The first draws reach back before the extract: those episodes end in it.
    first_day = int(people.start.min()) - int(YEAR)
    for year_start in reversed(range(people.as_at - int(YEAR), first_day - int(YEAR), -int(YEAR))):
        day = year_start + np.floor(random.random(len(who)) * YEAR).astype(np.int64)
        age = (day + kind.days_to_rated_age - people.birth[who]) / YEAR
        begins = random.random(len(who)) < _per_year(kind, age) * total / rated
        begins &= day - last > kind.days_between
        last[begins] = day[begins]
        found.append((who[begins], day[begins].astype(np.int32)))
    person = np.concatenate([people_of_year for people_of_year, _ in found])
    first = np.concatenate([days for _, days in found])
    weights = np.cumsum([outcome.weight for outcome in kind.outcomes])
    outcome = np.searchsorted(weights, random.random(len(person)) * total, side="right")
    low, most, high = np.array([outcome.days for outcome in kind.outcomes])[outcome].T
    days = np.round(random.triangular(low, most, high)).astype(np.int32)
    return Episodes(kind, person, first, first + days, outcome)


def _per_year(kind: EpisodeParameters, age: npt.NDArray[np.floating]) -> Floats:
    rate = np.zeros(len(age))
    for age_from, age_to, per_year in kind.rates:
        rate[(age >= age_from) & (age < age_to)] = per_year
    return rate


def episode_records(
    people: Population, episodes: Sequence[Episodes], book: Codebook, random: np.random.Generator
) -> Iterator[Rows]:
    """What the parts of `episode_parts.csv` say, each for its share and on its days; ICD-10 in hospital."""
    for drawn in episodes:
        names = np.array([outcome.outcome for outcome in drawn.kind.outcomes], dtype=object)[drawn.outcome]
        for part in drawn.kind.parts:
            chosen = random.random(len(drawn)) < part.share
            if part.outcome != "any":
                chosen &= names == part.outcome
            after = part.from_day + np.floor(random.random(len(drawn)) * (part.to_day - part.from_day + 1))
            day = (drawn.end if part.from_end else drawn.first) + after.astype(np.int32)
            # What belongs to an episode that goes on is not recorded once it has ended.
            chosen &= part.from_end | (day < drawn.end)
            chosen &= (day >= people.start[drawn.person]) & (day <= people.end[drawn.person])
            person = drawn.person[chosen]
            choice = parameters().episode_codes[part.part]
            code = book.draw(choice, len(person), random)
            yield rows(person, code, day[chosen], SETTINGS.index(part.setting), int(choice.system == "icd10"))
