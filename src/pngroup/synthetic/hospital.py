"""Hospital admissions and what is coded at them: the reason, what came on top, and the long-term conditions.

English hospitals code diagnoses in ICD-10 with four characters, three-character codes mostly padded with X;
every admission repeats the patient's long-term conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..dates import Days
from .conditions import Held, Places
from .definitions import Choice, Floats
from .people import YEAR, Population
from .practice_records import draw_by_age
from .rows import EMERGENCY, INPATIENT, Codebook, Codes, Rows, rows, spread
from .tables import parameters


@frozen(eq=False)
class Admissions:
    """Admissions, ordered by person: whose, when, and whether they were emergencies."""

    person: Places
    day: Days
    emergency: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.person)


def draw_admissions(
    people: Population, use: Floats, n_conditions: npt.NDArray[np.int64], random: np.random.Generator
) -> Admissions:
    """Admissions by age, use of services and number of conditions, more of them in later years."""
    numbers = parameters()
    years = np.maximum(people.end - people.start + 1, 0) / YEAR
    known = (0, 20, 60, 90)
    rate = np.interp(people.age, known, [numbers[f"admissions_per_year_{age}"] for age in known])
    rate = rate * use * (1 + numbers["admissions_per_condition"] * n_conditions)
    person = np.repeat(np.arange(len(people), dtype=np.int32), random.poisson(rate * years))
    # Conditions gather over the years, and admissions with them.
    lean = random.random(len(person)) ** numbers["admissions_lean"]
    length = people.end[person] - people.start[person]
    day = people.start[person] + np.floor(lean * (length + 1)).astype(np.int32)
    return Admissions(
        person, np.minimum(day, people.end[person]), random.random(len(person)) < numbers["emergency_share"]
    )


def admission_records(
    people: Population,
    admissions: Admissions,
    held: Mapping[str, Held],
    book: Codebook,
    random: np.random.Generator,
) -> Iterator[Rows]:
    """The diagnoses of every admission with their positions, the acute ones first."""
    numbers = parameters()
    age = (admissions.day - people.birth[admissions.person]) / YEAR
    known = (0, 60, 90)
    mean = np.interp(age, known, [numbers[f"acute_codes_{years}"] for years in known])
    n_acute = 1 + random.poisson(mean)
    acute = np.repeat(np.arange(len(admissions)), n_acute)
    acute_code = draw_by_age(parameters().acute_hospital, age[acute], book, random)
    chronic, chronic_code = _chronic_codes(admissions, held, book, random)

    admission = np.concatenate([acute, chronic])
    code = _unpadded(np.concatenate([acute_code, chronic_code]), book, random)
    order = np.argsort(admission, kind="stable")
    admission, code = admission[order], code[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(admission, minlength=len(admissions)))])
    position = np.arange(len(admission)) - first[admission] + 1
    kept = position <= numbers["most_diagnoses"]
    yield rows(
        admissions.person[admission[kept]],
        code[kept],
        admissions.day[admission[kept]],
        INPATIENT,
        position[kept],
    )


def emergency_records(admissions: Admissions, book: Codebook, random: np.random.Generator) -> Iterator[Rows]:
    """The reason for coming, coded in SNOMED CT in the emergency department, for a share of emergencies."""
    chosen = admissions.emergency & (random.random(len(admissions)) < parameters()["emergency_coded_share"])
    choice = parameters().acute_practice["any"]
    code = book.draw(choice, int(chosen.sum()), random)
    yield rows(admissions.person[chosen], code, admissions.day[chosen], EMERGENCY)


def course_records(
    people: Population, held: Mapping[str, Held], book: Codebook, random: np.random.Generator
) -> Iterator[Rows]:
    """The courses of `courses.csv`: sessions of treatment soon after a condition began, and follow-up later."""
    for found in held.values():
        for course in parameters().courses:
            if course.cluster != found.condition.cluster:
                continue
            if course.once:
                day = spread(np.minimum(found.onset + course.after_days, found.until), found.until, random)
                chosen = random.random(len(found.person)) < course.share
                chosen &= day >= found.onset + course.after_days
                person, day = found.person[chosen], day[chosen]
            else:
                chosen = random.random(len(found.person)) < course.share
                first = found.onset[chosen] + course.after_days
                day = (first[:, None] + course.every_days * np.arange(course.sessions, dtype=np.int32)).ravel()
                person = np.repeat(found.person[chosen], course.sessions)
            yield _within(people, person, day, parameters().marks[course.mark], book, random)


def _within(
    people: Population, person: Places, day: Days, choice: Choice, book: Codebook, random: np.random.Generator
) -> Rows:
    inside = (day >= people.start[person]) & (day <= people.end[person])
    person, day = person[inside], day[inside]
    return rows(person, book.draw(choice, len(person), random), day, INPATIENT, 1)


def _chronic_codes(
    admissions: Admissions, held: Mapping[str, Held], book: Codebook, random: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Codes]:
    """For each admission the codes of the conditions that the person had on that day."""
    n_people = int(admissions.person[-1]) + 1 if len(admissions) else 0
    counts = np.bincount(admissions.person, minlength=n_people)
    first = np.concatenate([[0], np.cumsum(counts)])
    places, codes = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
    for found in held.values():
        condition = found.condition
        if not condition.hospital_share or "icd10" not in condition.codes:
            continue
        admitted = np.flatnonzero(found.person < n_people)
        n_admissions = counts[found.person[admitted]]
        row = np.repeat(admitted, n_admissions)
        within = np.arange(len(row)) - np.repeat(np.cumsum(n_admissions) - n_admissions, n_admissions)
        admission = first[found.person[row]] + within
        day = admissions.day[admission]
        coded = (day >= found.onset[row]) & (day <= found.until[row])
        coded &= random.random(len(row)) < condition.hospital_share
        places.append(admission[coded])
        codes.append(book.draw(condition.codes["icd10"], int(coded.sum()), random))
    return np.concatenate(places), np.concatenate(codes)


def _unpadded(code: Codes, book: Codebook, random: np.random.Generator) -> Codes:
    """Take the padding X off a share of the three-character codes."""
    bare = np.arange(len(book.numbers), dtype=np.int32)
    for (system, text), number in list(book.numbers.items()):
        if system == "icd10" and text.endswith("X"):
            bare[number] = book.number(system, text[:-1])
    taken = random.random(len(code)) < parameters()["unpadded_share"]
    return np.where(taken, bare[code], code)
