"""What the tables of `data/synthetic` hold once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

Floats = npt.NDArray[np.float64]

#: Ages at which shapes and rates are given; between them they are interpolated, beyond the last they stay.
KNOTS: Final = tuple(range(0, 100, 10))


def at_age(knots: Floats, age: npt.NDArray[Any]) -> Floats:
    """A quantity given at the ages of `KNOTS`, at other ages.

    >>> at_age(np.arange(10.0), np.array([5, 95]))
    array([0.5, 9. ])
    """
    found: Floats = np.interp(age, KNOTS, knots)
    return found


@frozen(eq=False)
class Choice:
    """Codes of one kind with their weights: one is drawn for each record."""

    system: str
    codes: tuple[str, ...]
    cumulative: Floats


@frozen(eq=False)
class ConditionParameters:
    """What is known of one condition; `shape` is its relative prevalence at the ages of `KNOTS`.

    `cluster` is the liability it shares with others (empty: none). Where `given` names other conditions, the
    target is the percentage of the people who have one of those.
    """

    id: str
    cluster: str
    given: tuple[str, ...]
    target: float
    target_age_from: int
    sex: str
    female_ratio: float
    imd_ratio: float
    mean_years: float
    onset_age_from: float
    onset_age_to: float
    recodes_per_year: float
    hospital_share: float
    resolved: str
    resolved_share: float
    lasting: bool
    counts_in_35: bool
    shape: Floats
    codes: Mapping[str, Choice]


@frozen
class Register:
    """A published prevalence: people with any of `conditions`, of all aged `age_from` or over."""

    id: str
    conditions: tuple[str, ...]
    percent: float
    age_from: int


@frozen(eq=False)
class Rate:
    """Contacts a person and year at the ages of `KNOTS`, and their relative increase with each condition."""

    setting: str
    by_age: Floats
    per_condition: float


@frozen(eq=False)
class Slot:
    """One treatment of a condition: the share of people who get it, and the medicines one of which it is."""

    condition: str
    share: float
    choice: Choice


@frozen
class Outcome:
    """How episodes end: the share that end so, and the fewest, most frequent and most days they last."""

    outcome: str
    weight: float
    days: tuple[float, float, float]


@frozen
class EpisodePart:
    """What is recorded of episodes that end in `outcome` ("any": of all), by whom, for which share, and when."""

    part: str
    setting: str
    share: float
    outcome: str
    from_end: bool
    from_day: float
    to_day: float


@frozen
class EpisodeParameters:
    """An episode that people of one sex have from an age on.

    `rates` are episodes a year with the outcome `rated`, for ages from and to, by the age `days_to_rated_age` days
    after the first day. Between two of one person are `days_between` days or more.
    """

    id: str
    sex: str
    age_from: float
    rated: str
    days_to_rated_age: float
    days_between: float
    rates: tuple[tuple[int, int, float], ...]
    outcomes: tuple[Outcome, ...]
    parts: tuple[EpisodePart, ...]


@frozen
class Course:
    """Sessions in hospital for a share of the people whose condition is of the cluster.

    They come every so many days, the first so many days after the condition began; `once`: one at any time after that.
    """

    cluster: str
    mark: str
    share: float
    sessions: int
    every_days: int
    after_days: int
    once: bool


@frozen
class Value:
    """A measured value: what it is called in records, and whether it follows a grade or the level of a condition."""

    id: str
    system: str
    code: str
    unit: str
    drawn: str


@frozen
class Anchor:
    """A published figure, in percent; `figure` says how it is counted, over people of these ages."""

    name: str
    figure: str
    condition: str
    age_from: int
    age_to: int
    value: float


@frozen(eq=False)
class Parameters:
    """All tables of `data/synthetic`."""

    numbers: Mapping[str, float]
    age_sex: tuple[tuple[int, int, str, float], ...]
    clusters: Mapping[str, bool]
    conditions: tuple[ConditionParameters, ...]
    registers: tuple[Register, ...]
    resolved: Mapping[str, Choice]
    episodes: tuple[EpisodeParameters, ...]
    episode_codes: Mapping[str, Choice]
    grades: Mapping[str, float]
    courses: tuple[Course, ...]
    acute_hospital: Mapping[str, Choice]
    acute_practice: Mapping[str, Choice]
    ages: Mapping[str, Floats]
    contacts: tuple[Rate, ...]
    medicines: tuple[Slot, ...]
    marks: Mapping[str, Choice]
    values: tuple[Value, ...]
    ranges: Mapping[str, Mapping[str, tuple[float, float]]]
    unknown_codes: tuple[tuple[str, str], ...]
    anchors: tuple[Anchor, ...]

    def __getitem__(self, name: str) -> float:
        """A single number of `parameters.csv`."""
        return self.numbers[name]
