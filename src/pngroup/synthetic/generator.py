"""From a seed to a practice: the order of the steps, each with a stream of random numbers of its own."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..dates import read_as_at, to_date
from ..errors import UsageError
from .conditions import Held, count_conditions, draw_conditions
from .dataset import Practice
from .dirt import records_table
from .episodes import Episodes, draw_episodes, episode_records
from .hospital import admission_records, course_records, draw_admissions, emergency_records
from .measured import values_table
from .people import NO_DAY, Population, dates, draw_people, people_table
from .practice_records import administration, diagnoses, draw_grades, grade_records, minor_illness
from .rows import SETTINGS, Codebook, Rows, join
from .services import contacts, draw_use, medicines

#: More people do not fit the numbers that rows are sorted by.
_MOST_PEOPLE: Final = 20_000_000
_STREAMS: Final = (
    "people",
    "conditions",
    "use",
    "diagnoses",
    "practice",
    "grades",
    "admissions",
    "hospital",
    "episodes",
    "contacts",
    "medicines",
    "values",
    "dirt",
)


def practice(
    n_people: int = 10_000,
    *,
    seed: int = 1,
    as_at: str | datetime.date | np.datetime64 = "2026-03-31",
    years: float = 10,
    dirt: float = 0.002,
) -> Practice:
    """A synthetic English general practice with `n_people` people and their coded records.

    The records cover the `years` years to `as_at`; `dirt` is the share of unusable records that is mixed in.
    The same arguments give the same data; a practice of another size is another practice. No row stands for a
    living person.

    `UsageError` when an argument is out of range. What is published and what is our choice is said in the
    tables of `data/synthetic`, row by row, and in docs/explanation/synthetic.md.

    >>> small = practice(200, seed=7)
    >>> len(small.people["person_id"]), small.as_at.isoformat()
    (200, '2026-03-31')
    >>> sorted(small.records)
    ['code', 'date', 'person_id', 'position', 'setting', 'status', 'system']
    """
    n_people, seed, years, dirt = _checked(n_people, seed, years, dirt)
    day = read_as_at(as_at)
    streams = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    random = {name: np.random.default_rng(stream) for name, stream in zip(_STREAMS, streams, strict=True)}

    people = draw_people(n_people, day, years, random["people"])
    held = draw_conditions(people, random["conditions"])
    n_conditions = count_conditions(people, held)
    use = draw_use(n_people, random["use"])
    grade = draw_grades(people, n_conditions, random["grades"])
    admissions = draw_admissions(people, use, n_conditions, random["admissions"])
    episodes = draw_episodes(people, random["episodes"])

    book = Codebook()
    clinical = join(
        [
            *diagnoses(people, held, book, random["diagnoses"]),
            minor_illness(people, use, book, random["practice"]),
            *grade_records(people, grade, book, random["grades"]),
            *admission_records(people, admissions, held, book, random["hospital"]),
            *emergency_records(admissions, book, random["hospital"]),
            *course_records(people, held, book, random["hospital"]),
            *episode_records(people, episodes, book, random["episodes"]),
        ]
    )
    office = administration(people, book, random["practice"])
    person, when, setting = contacts(people, use, n_conditions, clinical, admissions, random["contacts"])
    records, counts = records_table(people, join([clinical, office]), book, dirt, random["dirt"])
    return Practice(
        people=people_table(people),
        records=records,
        contacts={
            "person_id": people.ids[person],
            "date": dates(when),
            "setting": np.array(SETTINGS, dtype=object)[setting],
        },
        medicines=_medicines_table(people, medicines(people, use, held, book, random["medicines"]), book),
        values=values_table(people, held, grade, random["values"]),
        as_at=to_date(day),
        truth=_truth(people, held, episodes),
        dirt=counts,
    )


def _medicines_table(people: Population, rows: Rows, book: Codebook) -> dict[str, npt.NDArray[Any]]:
    systems, codes = book.columns(rows.code)
    return {"person_id": people.ids[rows.person], "code": codes, "system": systems, "date": dates(rows.day)}


def _truth(people: Population, held: Mapping[str, Held], episodes: Sequence[Episodes]) -> dict[str, npt.NDArray[Any]]:
    """Who has which condition since when: what the records were made from."""
    found = [(name, one.person, one.onset, one.resolved) for name, one in held.items()]
    for drawn in episodes:
        now = drawn.going_on(people.as_at)
        unresolved = np.full(int(now.sum()), NO_DAY, dtype=np.int32)
        found.append((drawn.kind.id, drawn.person[now], drawn.first[now], unresolved))
    names = np.array([name for name, *_ in found], dtype=object)
    counts = [len(who) for _, who, *_ in found]
    person, onset, resolved = (np.concatenate([each[place] for each in found]) for place in (1, 2, 3))
    return {
        "person_id": people.ids[person],
        "condition": np.repeat(names, counts),
        "onset": dates(onset),
        "resolved": dates(resolved),
    }


def _checked(n_people: int, seed: int, years: float, dirt: float) -> tuple[int, int, float, float]:
    def wrong(name: str, what: str, allowed: str) -> UsageError:
        return UsageError(f"{name} is {what}", where=f"argument {name}", allowed=allowed, remedy=f"give another {name}")

    for name, value, least, most in (("n_people", n_people, 1, _MOST_PEOPLE), ("seed", seed, 0, 2**63)):
        allowed = f"a whole number from {least} to {most}"
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise wrong(name, f"a {type(value).__name__}", allowed)
        if not least <= value <= most:
            raise wrong(name, str(value), allowed)
    for name, number, low, high in (("years", years, 1, 60), ("dirt", dirt, 0, 0.5)):
        allowed = f"a number from {low} to {high}"
        if isinstance(number, bool) or not isinstance(number, int | float | np.integer | np.floating):
            raise wrong(name, f"a {type(number).__name__}", allowed)
        if not (math.isfinite(number) and low <= number <= high):
            raise wrong(name, str(number), allowed)
    return int(n_people), int(seed), float(years), float(dirt)
