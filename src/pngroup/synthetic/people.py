"""People: age, sex, deprivation and registration of a general practice's list.

Ages are drawn from the published five-year bands; inside a band the number by single years follows a monotone
curve through the band totals (Fritsch and Carlson, SIAM J Numer Anal 17:238, 1980), so that births and
survivorship run on smoothly from band to band and each band keeps its total.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..dates import Days, age_on
from .definitions import Floats
from .tables import parameters

SEXES: Final = ("female", "male")
#: Days in the mean year of the Gregorian calendar.
YEAR: Final = 365.2425
#: One more than the greatest age.
AGES: Final = 110
DECILES: Final = 10
#: No day: the person did not leave, did not die.
NO_DAY: Final = np.iinfo(np.int32).max


@frozen(eq=False)
class Population:
    """The people, one place each in every array; days are days since 1970-01-01.

    `start` and `end` bound what may be recorded: the later of birth and the first day of the extract, and the
    earliest of the index date, death and leaving. `cell` is (age, sex, decile) as one number.
    """

    as_at: int
    ids: npt.NDArray[np.object_]
    female: npt.NDArray[np.bool_]
    birth: Days
    age: Days
    decile: npt.NDArray[np.int64]
    registered_from: Days
    registered_to: Days
    died_on: Days
    excluded: npt.NDArray[np.bool_]
    start: Days
    end: Days

    def __len__(self) -> int:
        return len(self.birth)

    @property
    def cell(self) -> npt.NDArray[np.int64]:
        """Place of each person's age, sex and decile in the table of `cell_shares`."""
        age = np.minimum(self.age, AGES - 1).astype(np.int64)
        return (age * 2 + ~self.female) * DECILES + self.decile - 1


def draw_people(n_people: int, as_at: int, years: float, random: np.random.Generator) -> Population:
    """`n_people` people registered with a practice at some time in the year to `as_at`."""
    numbers = parameters()
    shares, curve = _bands(), _curve()
    band_female = random.random(n_people) < shares["female"]
    age = np.empty(n_people)
    for sex, chosen in (("female", band_female), ("male", ~band_female)):
        grid, cumulative = curve[sex]
        age[chosen] = np.interp(random.random(int(chosen.sum())), cumulative, grid)
    birth = (as_at - np.floor(age * YEAR)).astype(np.int32)
    whole = age_on(birth, as_at)
    decile = _deciles(whole, random)

    tenure = np.where(whole < 18, numbers["tenure_years_child"], numbers["tenure_years_older"])
    tenure = np.where((whole >= 18) & (whole < 35), numbers["tenure_years_young"], tenure)
    registered = as_at - (random.standard_exponential(n_people) * tenure * YEAR).astype(np.int64)
    # The newborn are registered within six weeks.
    enrolled = birth + random.integers(0, 43, n_people)
    registered_from = np.minimum(np.maximum(registered, enrolled), as_at).astype(np.int32)

    last_year = as_at - random.integers(0, 365, (2, n_people))
    room = registered_from < last_year
    hazard = np.minimum(np.exp((whole - 65) / numbers["died_years"]), numbers["died_most"])
    died = random.random(n_people) < numbers["died_share"] * hazard
    left = (random.random(n_people) < numbers["left_share"]) & ~died
    died_on = np.where(died & room[0], last_year[0], NO_DAY).astype(np.int32)
    registered_to = np.where(left & room[1], last_year[1], NO_DAY).astype(np.int32)
    order = random.permutation(n_people) + 1
    width = max(7, len(str(n_people)))
    return Population(
        as_at=as_at,
        ids=np.array([f"P{number:0{width}d}" for number in order.tolist()], dtype=object),
        female=band_female,
        birth=birth,
        age=whole,
        decile=decile,
        registered_from=registered_from,
        registered_to=registered_to,
        died_on=died_on,
        excluded=random.random(n_people) < numbers["excluded_share"],
        start=np.maximum(birth, as_at - round(years * YEAR) + 1).astype(np.int32),
        end=np.minimum(np.minimum(died_on, registered_to - 1), as_at).astype(np.int32),
    )


def people_table(people: Population) -> dict[str, npt.NDArray[Any]]:
    """The table of people as `pngroup.group` takes it."""
    return {
        "person_id": people.ids,
        "birth_date": dates(people.birth),
        "sex": np.array(SEXES, dtype=object)[(~people.female).astype(np.int64)],
        "imd_decile": people.decile,
        "registered_from": dates(people.registered_from),
        "registered_to": dates(people.registered_to),
        "died_on": dates(people.died_on),
        "excluded_reason": np.array([None, "opt_out"], dtype=object)[people.excluded.astype(np.int64)],
    }


def dates(days: Days) -> npt.NDArray[np.datetime64]:
    """Days as datetime64[D]; `NO_DAY` becomes not-a-time."""
    found = days.astype("datetime64[D]")
    found[days == NO_DAY] = np.datetime64("NaT", "D")
    return found


@cache
def cell_shares() -> Floats:
    """The expected share of the population in each age, sex and decile, as a flat array; the sum is 1."""
    shares = _bands()
    by_age = np.zeros((AGES, 2))
    for place, sex in enumerate(SEXES):
        grid, cumulative = _curve()[sex]
        at = np.interp(np.arange(AGES + 1), grid, cumulative)
        by_age[:, place] = np.diff(at) * shares[sex]
    deciles = np.diff(_decile_edges(np.arange(AGES)), axis=1, prepend=0)
    return (by_age[:, :, None] * deciles[:, None, :]).ravel()


def _bands() -> Mapping[str, float]:
    """The share of each sex."""
    rows = parameters().age_sex
    total = sum(percent for *_, percent in rows)
    return {sex: sum(row[3] for row in rows if row[2] == sex) / total for sex in SEXES}


@cache
def _curve() -> Mapping[str, tuple[Floats, Floats]]:
    """For each sex, ages in steps of a twentieth of a year and the share of people younger than each."""
    found = {}
    for sex in SEXES:
        rows = [row for row in parameters().age_sex if row[2] == sex]
        edges = np.array([row[0] for row in rows], dtype=np.float64)
        below = np.cumsum([0.0] + [row[3] for row in rows])
        below /= below[-1]
        grid = np.arange(0, AGES + 0.001, 0.05)
        inside = grid <= edges[-1]
        shares = np.empty_like(grid)
        tail = parameters()["excess_tail_years"]
        shares[inside] = _monotone(edges, below[:-1], grid[inside], last_slope=(1 - below[-2]) / tail)
        beyond = np.exp(-(grid[~inside] - edges[-1]) / tail)
        shares[~inside] = 1 - (1 - below[-2]) * (beyond - beyond[-1]) / (1 - beyond[-1])
        found[sex] = (grid, shares)
    return found


def _monotone(x: Floats, y: Floats, at: Floats, *, last_slope: float) -> Floats:
    """Fritsch and Carlson's monotone cubic through the points; it leaves the last one at `last_slope`."""
    step = np.diff(x)
    chord = np.diff(y) / step
    slope = np.empty_like(y)
    slope[1:-1] = 2 * chord[:-1] * chord[1:] / (chord[:-1] + chord[1:])
    # Up to three times the chord's slope the curve stays monotone.
    slope[0], slope[-1] = chord[0], min(last_slope, 3 * chord[-1])
    place = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    t = (at - x[place]) / step[place]
    h00, h10 = (1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2
    h01, h11 = t**2 * (3 - 2 * t), t**2 * (t - 1)
    found: Floats = (
        h00 * y[place] + h10 * step[place] * slope[place] + h01 * y[place + 1] + h11 * step[place] * slope[place + 1]
    )
    return found


def _decile_edges(age: npt.NDArray[Any]) -> Floats:
    """Cumulative shares of the deprivation deciles at each age: deprived places are younger."""
    tilt = parameters()["deprivation_age_tilt"] * (np.clip(age, 0, 85) - 40) / 10
    weight = np.exp(tilt[:, None] * (np.arange(1, DECILES + 1) - 5.5) / 4.5)
    found: Floats = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    return found


def _deciles(age: Days, random: np.random.Generator) -> npt.NDArray[np.int64]:
    edges = _decile_edges(np.arange(AGES))
    point = random.random(len(age))
    found = np.ones(len(age), dtype=np.int64)
    for decile in range(DECILES - 1):
        found += point > edges[np.minimum(age, AGES - 1), decile]
    return found
