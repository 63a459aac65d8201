"""Who has which condition, since when and until when.

Conditions of one cluster share a liability, and all clusters share a part of it: a person's liability is a
gamma variable (mean 1), the sum of a common and a cluster part. A condition is present when an exponential
variable is below liability times hazard; the hazard follows from the wanted probability in closed form,
`((1 - p) ** -variance - 1) / variance`, so that correlation never moves a prevalence (Clayton, Biometrika
65:141, 1978).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..dates import Days
from .definitions import ConditionParameters, Floats
from .people import NO_DAY, YEAR, Population
from .prevalence import ever, prevalence
from .tables import parameters

Places = npt.NDArray[np.int32]

#: A condition cannot have begun on the index day itself and later: the shortest time with it, in years.
_SHORTEST: Final = 0.003


@frozen(eq=False)
class Held:
    """The people who have, or had, one condition.

    `onset` may lie before the extract. `until` is the last day on which the condition may be recorded: the
    person's last day, or the day before the record that it has resolved, which is then `resolved` (else
    `NO_DAY`).
    """

    condition: ConditionParameters
    person: Places
    onset: Days
    until: Days
    resolved: Days


def draw_conditions(people: Population, random: np.random.Generator) -> Mapping[str, Held]:
    """For every condition, its people; conditions of which others are a form come before those."""
    liabilities = _liabilities(len(people), random)
    cell = people.cell
    held: dict[str, Held] = {}
    for condition in parameters().conditions:
        if condition.given:
            held[condition.id] = _draw_given(condition, [held[parent] for parent in condition.given], people, random)
            continue
        hazard = _hazard(ever(condition), condition.cluster)[cell]
        if condition.cluster:
            hazard *= liabilities[condition.cluster]
        person = np.flatnonzero(random.standard_exponential(len(people)) < hazard).astype(np.int32)
        # Nobody whose time on the list is empty can have a record.
        person = person[people.end[person] >= people.start[person]]
        held[condition.id] = _dated(condition, person, people, None, random)
    return held


def _liabilities(n_people: int, random: np.random.Generator) -> Mapping[str, Floats]:
    numbers = parameters()
    variance, shared = numbers["liability_variance"], numbers["shared_share"]
    common = random.gamma(shared / variance, variance, n_people)
    return {
        cluster: common + random.gamma((1 - shared) / variance, variance, n_people)
        if shares
        else random.gamma(1 / variance, variance, n_people)
        for cluster, shares in parameters().clusters.items()
    }


def _hazard(probability: Floats, cluster: str) -> Floats:
    if not cluster:
        found: Floats = -np.log1p(-probability)
        return found
    variance = parameters()["liability_variance"]
    return ((1 - probability) ** -variance - 1) / variance


def _draw_given(
    condition: ConditionParameters, parents: Sequence[Held], people: Population, random: np.random.Generator
) -> Held:
    """Draw among the people who have a parent condition; it begins with the earliest of those or later."""
    onset = np.full(len(people), NO_DAY, dtype=np.int32)
    for parent in parents:
        now = parent.resolved == NO_DAY
        np.minimum.at(onset, parent.person[now], parent.onset[now])
    among = np.flatnonzero(onset != NO_DAY).astype(np.int32)
    chosen = random.random(len(among)) < prevalence()[condition.id][people.cell[among]]
    return _dated(condition, among[chosen], people, onset[among[chosen]], random)


def _dated(
    condition: ConditionParameters,
    person: Places,
    people: Population,
    not_before: Days | None,
    random: np.random.Generator,
) -> Held:
    """Give each person a first day, an exponential time ago, at an age at which the condition may begin."""
    end, birth = people.end[person], people.birth[person]
    age = (end - birth) / YEAR
    longest = np.maximum(age - condition.onset_age_from, _SHORTEST)
    if not condition.lasting:
        longest = np.minimum(longest, (end - people.start[person]) / YEAR)
    if not_before is not None:
        longest = np.minimum(longest, (end - not_before) / YEAR)
    longest = np.minimum(longest, age)
    shortest = np.minimum(np.maximum(age - condition.onset_age_to, 0), longest)
    years = _truncated_exponential(condition.mean_years, shortest, longest, random)
    onset = np.maximum(end - np.floor(years * YEAR), birth).astype(np.int32)
    if not_before is not None:
        onset = np.maximum(onset, not_before)

    resolved = np.full(len(person), NO_DAY, dtype=np.int32)
    until = end.copy()
    if condition.resolved_share:
        # Between the first day that can be recorded and the end there must be room for a diagnosis and its
        # end.
        first = np.maximum(onset, people.start[person])
        gone = (random.random(len(person)) < condition.resolved_share) & (end - first >= 2)
        day = first + 1 + np.floor(random.random(len(person)) * (end - first)).astype(np.int32)
        resolved[gone] = day[gone]
        until[gone] = day[gone] - 1
    return Held(condition, person, onset, until, resolved)


def _truncated_exponential(mean: float, low: Floats, high: Floats, random: np.random.Generator) -> Floats:
    """Exponential times between `low` and `high`, by inversion."""
    reach = -np.expm1(-(high - low) / mean)
    found: Floats = low - mean * np.log1p(-random.random(len(low)) * reach)
    return np.minimum(found, high)


def count_conditions(people: Population, held: Mapping[str, Held]) -> npt.NDArray[np.int64]:
    """How many lasting conditions each person has at the end; a form of a condition does not count again."""
    counts = np.zeros(len(people), dtype=np.int64)
    for found in held.values():
        if found.condition.lasting and not found.condition.given:
            counts[found.person[found.resolved == NO_DAY]] += 1
    return counts
