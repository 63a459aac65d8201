"""What the practice itself records: diagnoses and reviews, minor illness, grades, administration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from .conditions import Held
from .definitions import Choice, Floats
from .people import NO_DAY, YEAR, Population
from .rows import OUTPATIENT, PRIMARY_CARE, Codebook, Codes, Rows, rows, spread
from .tables import parameters

Grades = npt.NDArray[np.int8]


def diagnoses(
    people: Population, held: Mapping[str, Held], book: Codebook, random: np.random.Generator
) -> Iterator[Rows]:
    """A record on the first day, reviews after it, and the record that it has resolved.

    Whoever has a condition has at least one record of it in the extract. A condition without a SNOMED CT code
    is recorded in ICD-10 in a clinic.
    """
    for found in held.values():
        condition = found.condition
        choice = condition.codes.get("snomed")
        setting, position = (PRIMARY_CARE, 0) if choice else (OUTPATIENT, 1)
        choice = choice or next(iter(condition.codes.values()))
        first = np.maximum(found.onset, people.start[found.person])
        years = (found.until - first + 1) / YEAR
        reviews = random.poisson(condition.recodes_per_year * years)
        is_new = found.onset >= people.start[found.person]
        reviews = np.where(is_new, reviews, np.maximum(reviews, 1))
        # One code a person, so that reviews repeat the diagnosis.
        code = book.draw(choice, len(found.person), random)
        yield rows(found.person[is_new], code[is_new], found.onset[is_new], setting, position)
        again = np.repeat(np.arange(len(found.person)), reviews)
        day = spread(first[again], found.until[again], random)
        yield rows(found.person[again], code[again], day, setting, position)
        gone = found.resolved != NO_DAY
        if gone.any():
            end_code = book.draw(parameters().resolved[condition.resolved], int(gone.sum()), random)
            yield rows(found.person[gone], end_code, found.resolved[gone], PRIMARY_CARE)


def minor_illness(people: Population, use: Floats, book: Codebook, random: np.random.Generator) -> Rows:
    """Coded minor illness, by age and by the person's use of services."""
    years = np.maximum(people.end - people.start + 1, 0) / YEAR
    n_acute = random.poisson(parameters()["acute_records_per_year"] * use * years)
    person = np.repeat(np.arange(len(people)), n_acute)
    day = spread(people.start[person], people.end[person], random)
    by_kind = {kind: choice for kind, choice in parameters().acute_practice.items() if kind != "administrative"}
    return rows(person, draw_by_age(by_kind, (day - people.birth[person]) / YEAR, book, random), day, PRIMARY_CARE)


def administration(people: Population, book: Codebook, random: np.random.Generator) -> Rows:
    """Codes such as "did not attend", which are evidence of nothing and no contact."""
    years = np.maximum(people.end - people.start + 1, 0) / YEAR
    person = np.repeat(np.arange(len(people)), random.poisson(parameters()["administrative_records_per_year"] * years))
    day = spread(people.start[person], people.end[person], random)
    code = book.draw(parameters().acute_practice["administrative"], len(person), random)
    return rows(person, code, day, PRIMARY_CARE)


def draw_by_age(
    kinds: Mapping[str, Choice],
    age: Floats,
    book: Codebook,
    random: np.random.Generator,
) -> Codes:
    """A code for each age, the kind of code by the age."""
    bands = np.searchsorted([16, 65, 80], age, side="right")
    weight = np.array([choice.cumulative[-1] * parameters().ages[kind] for kind, choice in kinds.items()]).T
    edges = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    point = random.random(len(age))
    kind_number = np.zeros(len(age), dtype=np.int64)
    for edge in range(len(kinds) - 1):
        kind_number += point > edges[bands, edge]
    code = np.zeros(len(age), dtype=np.int32)
    for number, choice in enumerate(kinds.values()):
        chosen = kind_number == number
        code[chosen] = book.draw(choice, int(chosen.sum()), random)
    return code


def draw_grades(people: Population, n_conditions: npt.NDArray[np.int64], random: np.random.Generator) -> Grades:
    """0 for none, then the number of the grade in `grades.csv`; people younger than `grade_age_from` have none."""
    numbers = parameters()
    age_from = numbers["grade_age_from"]
    score = n_conditions + numbers["grade_per_ten_years"] * (people.age - age_from) / 10
    score = score + random.normal(0, numbers["grade_spread"], len(people))
    grade = np.searchsorted(list(numbers.grades.values()), score, side="right").astype(np.int8)
    grade[(people.age < age_from) | (people.end < people.start)] = 0
    return grade


def grade_records(people: Population, grade: Grades, book: Codebook, random: np.random.Generator) -> Iterator[Rows]:
    """A recent grade for a share of the graded, after a lower one for some of them."""
    numbers = parameters()
    coded = np.flatnonzero((grade > 0) & (random.random(len(people)) < numbers["grade_coded_share"]))
    start, end = people.start[coded], people.end[coded]
    recent = np.maximum(start, end - int(numbers["grade_recent_days"])).astype(np.int32)
    day = spread(recent, end, random)
    earlier = (random.random(len(coded)) < numbers["grade_earlier_share"]) & (grade[coded] > 1) & (recent > start)
    before = spread(np.maximum(start, recent - int(numbers["grade_earlier_days"])), recent, random)
    for number, name in enumerate(numbers.grades, start=1):
        choice = numbers.marks[name]
        now = grade[coded] == number
        yield rows(coded[now], book.draw(choice, int(now.sum()), random), day[now], PRIMARY_CARE)
        then = earlier & (grade[coded] == number + 1)
        yield rows(coded[then], book.draw(choice, int(then.sum()), random), before[then], PRIMARY_CARE)
