"""Deaths by group against what age and sex alone would lead to expect, and age- and sex-standardised rates."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..dates import read_as_at, to_date
from ..errors import UsageError
from ..frames import Column, build
from ..intake import SEXES, People
from ..result import Grouping
from ..through_time import Snapshots
from ..through_time.intervals import DAYS_A_YEAR, byar
from .following import follow, grouped_at
from .strata import Strata, read_rates, read_standard

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

#: Rates are per so many person-years.
_PER: Final = 1000.0
#: A directly standardised rate of fewer deaths is not shown (Office for Health Improvement and Disparities).
_LEAST_DEATHS: Final = 10
_EVERYBODY: Final = "everybody"


@frozen
class Mortality:
    """Deaths, expected deaths and standardised rates, by group. Made by `excess_mortality()`.

    Arrays have one entry a group, lowest number first, and everybody last; rates and their intervals are per 1,000
    person-years. `intervals` maps the name of a figure to (lower, upper). The numbers of people that are not in it are
    in `n_without_group` (by reason), `n_left`, `n_died_after_leaving`, `n_without_rate` (no reference rate for age and
    sex: in neither observed nor expected), `n_without_stratum` (not in the standardised rates) and
    `n_registrations_unreadable`.
    """

    model: str
    as_at: datetime.date
    until: datetime.date
    confidence: float
    reference: str
    standard: str
    groups: tuple[int, ...]
    names: tuple[str, ...] = field(repr=False)
    n_people: Ints = field(eq=False, repr=False)
    person_years: Floats = field(eq=False, repr=False)
    deaths: Ints = field(eq=False, repr=False)
    observed: Ints = field(eq=False, repr=False)
    expected: Floats = field(eq=False, repr=False)
    rate: Floats = field(eq=False, repr=False)
    ratio: Floats = field(eq=False, repr=False)
    excess: Floats = field(eq=False, repr=False)
    standardised_rate: Floats = field(eq=False, repr=False)
    standard_covered: Floats = field(eq=False, repr=False)
    intervals: Mapping[str, tuple[Floats, Floats]] = field(eq=False, repr=False)
    n_without_group: Mapping[str, int] = field(repr=False)
    n_left: int
    n_died_after_leaving: int
    n_without_rate: int
    n_without_stratum: int
    n_registrations_unreadable: int
    _people: People = field(repr=False)

    def to_frame(self) -> Any:
        """One row a group and one for everybody, in the caller's frame type.

        Columns: `group` (nullable integer, missing for everybody), `group_name`, `n_people`, `person_years`, `deaths`,
        `rate` (of deaths), `observed` and `expected` (deaths of people with a reference rate), `ratio` (observed by
        expected: the standardised mortality ratio, 1 is as expected), `excess` (observed less expected),
        `standardised_rate`, each but the counts with `_lower` and `_upper`, and `standard_covered` (the share of the
        standard population that is of an age and sex of which somebody was followed).
        """
        groups = np.array(self.groups, np.int64)
        columns: dict[str, Column] = {
            "group": Column("integer", groups, groups == 0),
            "group_name": Column("text", np.arange(len(groups)), words=self.names),
            "n_people": Column("integer", self.n_people),
            "person_years": Column("float", self.person_years),
            "deaths": Column("integer", self.deaths),
            **self._with_interval("rate", self.rate),
            "observed": Column("integer", self.observed),
            "expected": Column("float", self.expected),
            **self._with_interval("ratio", self.ratio),
            **self._with_interval("excess", self.excess),
            **self._with_interval("standardised_rate", self.standardised_rate),
            "standard_covered": Column("float", self.standard_covered),
        }
        return build(self._people.table, columns, pass_through=False)

    def _with_interval(self, name: str, values: Floats) -> dict[str, Column]:
        lower, upper = self.intervals[name]
        parts = {name: values, f"{name}_lower": lower, f"{name}_upper": upper}
        return {part: Column("float", np.nan_to_num(each), np.isnan(each)) for part, each in parts.items()}


def excess_mortality(
    of: Grouping | Snapshots,
    *,
    until: str | datetime.date | np.datetime64,
    as_at: Any = None,
    rates: Any = None,
    standard: Any = "european-2013",
    registrations: Any = None,
    date_format: str | None = None,
    confidence: float = 0.95,
) -> Mortality:
    """Deaths by group after the index date, against those expected of people of that age and sex.

    Everybody with a group on the index date is followed from the next day to `until`, to death (`died_on` of people;
    that day counts in) or to the end of the registration, whichever is first. The end of the registration is
    `registered_to` of people (the first day no longer registered; a death on it is counted) or, where snapshots were
    made with registrations or `registrations` is given as to `snapshots()` (these count then), the end of those that
    follow each other without a gap. Age is that of the index date,
    for the whole of the follow-up, which should therefore not be long. `until` must not be later than the day to which
    deaths are known completely. `of` is a `Grouping` or `Snapshots`, of which `as_at` says the date. Text dates are
    in the `date_format` that the people were grouped with, unless another is given for the ends of registrations.

    *Expected* deaths come from `rates`, a table with `age_from` (first age of a band that reaches to the next),
    `sex` and `rate` (deaths per 1,000 person-years), or where none is given from the people followed, all groups
    together, by age band of the standard and sex. Then all groups together have as many as observed, and a group
    that is much of the population is compared with itself. Their sampling error is not in the intervals.
    *Standardised* rates weigh the rates of age bands and sexes as `standard` does: `"european-2013"`, each sex alike,
    or a table with `age_from`, `population` and optionally `sex`. Where nobody of an age and sex was followed the
    weights of the others are taken alone; `standard_covered` says how much of the standard these are, and groups are
    comparable only where it is alike. A standardised rate of fewer than 10 deaths is missing.

    Intervals: Byar's of the observed deaths for rate, ratio and excess; Dobson's for standardised rates.

    Returns a `Mortality`. Raises `UsageError` for dates in the wrong order and where deaths are not known,
    `DataError` for tables that are not right.

    >>> from pngroup import group
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1940-01-01"], "died_on": ["2026-03-01", None]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2025-02-10", "2025-06-01"]}
    >>> found = excess_mortality(group(people, records, as_at="2025-12-31", system="icd10"), until="2026-12-31")
    >>> found.deaths.tolist()[-1], found.expected.round(2).tolist()[-1]
    (1, 1.0)

    Source: Breslow NE, Day NE. Statistical Methods in Cancer Research, vol. II. IARC 1987, chapter 2 (indirect
    standardisation, Byar); Dobson AJ et al. Stat Med 1991;10:457-462 (interval of weighted sums).
    """
    grouped = grouped_at(of, as_at)
    last = read_as_at(until)
    if last <= grouped.as_at:
        raise UsageError(
            f"the follow-up ends on {to_date(last).isoformat()}, which is not after the index date",
            where="argument until",
            allowed=f"a day after {to_date(grouped.as_at).isoformat()}",
            remedy="name the last day of the follow-up",
        )
    followed = follow(grouped, last, registrations=registrations, date_format=date_format)
    weights = read_standard(standard)
    here, years = grouped.reason < 0, followed.days / DAYS_A_YEAR
    groups = tuple(sorted(grouped.model.groups))
    row = np.searchsorted(groups, grouped.group[here])

    def in_strata(strata: Strata) -> tuple[Ints, Floats, Floats, Floats]:
        """People without a stratum among those followed, then people, time and deaths by group (everybody last)."""
        band = strata.bands(grouped.age[here])
        sex = grouped.people.sex[here].astype(np.int64)
        known = (band >= 0) & ~np.isnan(strata.values[np.maximum(band, 0), sex])
        cell = (row * len(strata.age_from) + band) * len(SEXES) + sex
        shape = (len(groups), *strata.values.shape)
        size = int(np.prod(shape))
        sums = []
        for amount in (years[here], followed.died[here].astype(np.float64)):
            found = np.bincount(cell[known], weights=amount[known], minlength=size).reshape(shape)
            sums.append(np.concatenate([found, found.sum(axis=0, keepdims=True)]))
        return np.flatnonzero(~known), sums[0], sums[1], strata.values

    if rates is None:
        everyone = Strata("the people followed", weights.age_from, np.zeros_like(weights.values))
        without_rate, time, died, _ = in_strata(everyone)
        reference = _rate(died[-1], time[-1])
    else:
        given = read_rates(rates)
        without_rate, time, died, per_1000 = in_strata(given)
        reference = per_1000 / _PER
    expected = (time * np.nan_to_num(reference)).sum(axis=(1, 2))
    observed = died.sum(axis=(1, 2))
    without_stratum, time_in, died_in, weight = in_strata(weights)
    n_people = np.bincount(row, minlength=len(groups))
    person_years = _sums(row, years[here], len(groups))
    deaths = _sums(row, followed.died[here].astype(np.float64), len(groups))
    lower, upper = byar(observed, confidence)
    of_deaths = byar(deaths, confidence)

    def excess_of(deaths: Floats) -> Floats:
        """Deaths more than expected; of nobody followed that is not 0, it is nothing."""
        return np.where(time.sum(axis=(1, 2)) > 0, deaths - expected, np.nan)

    rate, interval, covered = _standardised(time_in, died_in, np.nan_to_num(weight), confidence)
    return Mortality(
        model=f"{grouped.model.name}@{grouped.model.edition}",
        as_at=to_date(grouped.as_at),
        until=to_date(last),
        confidence=confidence,
        reference="the people followed" if rates is None else "rates",
        standard=weights.name,
        groups=(*groups, 0),
        names=(*(grouped.scheme.group_name(group) for group in groups), _EVERYBODY),
        n_people=np.append(n_people, n_people.sum()),
        person_years=person_years,
        deaths=deaths.astype(np.int64),
        observed=observed.astype(np.int64),
        expected=expected,
        rate=_rate(deaths, person_years) * _PER,
        ratio=_rate(observed, expected),
        excess=excess_of(observed),
        standardised_rate=rate,
        standard_covered=covered,
        intervals={
            "rate": (_rate(of_deaths[0], person_years) * _PER, _rate(of_deaths[1], person_years) * _PER),
            "ratio": (_rate(lower, expected), _rate(upper, expected)),
            "excess": (excess_of(lower), excess_of(upper)),
            "standardised_rate": interval,
        },
        n_without_group=followed.n_without_group,
        n_left=followed.n_left,
        n_died_after_leaving=followed.n_died_after_leaving,
        n_without_rate=len(without_rate),
        n_without_stratum=len(without_stratum),
        n_registrations_unreadable=followed.n_unreadable,
        people=grouped.people,
    )


def _standardised(
    time: Floats, deaths: Floats, weights: Floats, confidence: float
) -> tuple[Floats, tuple[Floats, Floats], Floats]:
    """Rates per 1,000 person-years of the standard, their intervals, and how much of the standard they are of."""
    used = np.where(time > 0, weights, 0.0)
    total = used.sum(axis=(1, 2))
    share = _rate(used, np.broadcast_to(total[:, None, None], used.shape))
    some_time = np.where(time > 0, time, 1.0)
    rate = np.nansum(share * deaths / some_time, axis=(1, 2))
    variance = np.nansum(share**2 * deaths / some_time**2, axis=(1, 2))
    n = np.where(used > 0, deaths, 0.0).sum(axis=(1, 2))
    lower, upper = byar(n, confidence)
    spread = np.sqrt(_rate(variance, n))
    shown = np.where(n >= _LEAST_DEATHS, _PER, np.nan)
    bounds = (rate + spread * (lower - n)) * shown, (rate + spread * (upper - n)) * shown
    return rate * shown, bounds, total / weights.sum()


def _sums(row: Ints, amount: Floats, n_groups: int) -> Floats:
    """The sum of each group, and of all."""
    found = np.zeros(n_groups + 1)
    np.add.at(found, row, amount)
    found[-1] = found[:-1].sum()
    return found


def _rate(above: Floats, below: Floats) -> Floats:
    found = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found
