"""Rates of progression: moves from group to group by person-years at risk, in strata of age, sex and practice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError
from ..frames import Column, build
from ..intake import SEXES, People
from .agreeing import float_column
from .at_risk import AtRisk, age_band_words, at_risk
from .intervals import DAYS_A_YEAR, byar, rate_ratio
from .levels import By, Levels, order_levels, unknown_groups
from .spans import Periods, Spanned, periods
from .taking_snapshots import Snapshots

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

#: Rates are events in this many person-years.
PER: Final = 1000


@frozen
class RateRatio:
    """A rate divided by another, with its interval: what `Rates.ratio()` gives. NaN where either has no event."""

    ratio: float
    lower: float
    upper: float
    n_events: tuple[int, int]
    person_years: tuple[float, float]


@frozen
class Rates:
    """Rates of progression, one entry a row: who is at risk, what counts as progress, stratum. Made by `progression()`.

    `strata`: for each column (`from`, `to`, and those of `age_band`, `sex`, `practice` asked for) a word a row, None
    for people without a practice. `n_events` (int64) moves in `person_years` (float64); `rate`, `lower`, `upper` are
    for each 1,000 person-years.
    """

    people: People = field(repr=False)
    confidence: float
    strata: Mapping[str, tuple[str | None, ...]] = field(repr=False)
    n_events: Ints = field(eq=False, repr=False)
    person_years: Floats = field(eq=False, repr=False)
    rate: Floats = field(eq=False, repr=False)
    lower: Floats = field(eq=False, repr=False)
    upper: Floats = field(eq=False, repr=False)

    def __len__(self) -> int:
        return len(self.n_events)

    def to_frame(self) -> Any:
        """One row a stratum with anybody at risk, in the caller's frame type.

        Columns: `from`, `to`, `age_band`, `sex`, `practice` (those asked for), `n_events`, `person_years`,
        `rate_per_1000_person_years` and its `_lower` and `_upper`.
        """
        columns: dict[str, Column] = {}
        for name, words in self.strata.items():
            missing = np.array([word is None for word in words], bool)
            texts = np.array([word or "" for word in words], dtype=object)
            columns[name] = Column("text", texts, missing if name == "practice" else None)
        columns["n_events"] = Column("integer", self.n_events)
        columns["person_years"] = float_column(self.person_years)
        for end, values in (("", self.rate), ("_lower", self.lower), ("_upper", self.upper)):
            columns["rate_per_1000_person_years" + end] = float_column(values)
        return build(self.people.table, columns, rows=None, pass_through=False)

    def ratio(self, of: Mapping[str, str], to: Mapping[str, str]) -> RateRatio:
        """The rate in one part of the table divided by that in another, each named by its words, as
        `ratio({"sex": "male"}, {"sex": "female"})`.

        Rows of a part are added up, so that the ratio is crude: it is not adjusted for what is not named. Interval:
        `rate_ratio`. Raises `UsageError` for a column or word that the table has not, and for parts that overlap.
        """
        chosen = [self._rows(part, name) for part, name in ((of, "of"), (to, "to"))]
        if (chosen[0] & chosen[1]).any():
            raise UsageError(
                "the two parts have rows in common",
                where="arguments of and to",
                allowed="two parts of the table without a row in common",
                remedy="name different words of one column",
            )
        n_events = tuple(int(self.n_events[rows].sum()) for rows in chosen)
        years = tuple(float(self.person_years[rows].sum()) for rows in chosen)
        both, time = (n_events[0], n_events[1]), (years[0], years[1])
        return RateRatio(*rate_ratio(both, time, self.confidence), both, time)

    def _rows(self, part: Mapping[str, str], argument: str) -> npt.NDArray[np.bool_]:
        rows = np.ones(len(self), bool)
        for name, word in part.items():
            if word not in self.strata.get(name, ()):
                words = sorted({word for word in self.strata.get(name, ()) if word is not None})
                raise UsageError(
                    f"there is no {name} {word!r} in this table",
                    where=f"argument {argument}",
                    allowed=", ".join(words or self.strata),
                    remedy="name a column and a word of it, as in to_frame()",
                )
            rows &= np.array([each == word for each in self.strata[name]], bool)
        return rows


def progression(
    of: Snapshots | Spanned | Periods,
    *,
    from_: Any = None,
    to: Any = None,
    by: By = "group",
    age_bands: Sequence[int] | None = None,
    by_sex: bool = False,
    by_practice: bool = False,
    unknown: Collection[int] | None = None,
    confidence: float = 0.95,
) -> Rates:
    """Moves to a higher group (tier, colour) for each 1,000 person-years in a lower one, with Byar's interval.

    Left alone, there is a row for each level but the highest, and a move to any higher one counts. `from_` and `to`
    name other moves, down or sideways too: numbers of groups, or words of tiers or colours, one or several. People in
    the groups of `unknown` (by default those that the model calls so) are not at risk, whatever their tier, for
    who leaves them became known, not worse; `from_` may name such a group by its number. A person is at risk on each
    day in `from_`, and counts again at each such move. A move counts where one group follows the other directly; what
    happens while a person has no group is not known.

    `age_bands` are the first ages of bands, such as [0, 18, 65]: days are counted in the band of their day, from
    birthday to birthday. `by_practice` needs snapshots or spells that hold practices. Of snapshots, moves are dated on
    index dates.

    Raises `UsageError` for snapshots at a single date, levels that do not exist, that are in both `from_` and `to`, or
    of which one is named alone, age bands out of order, and practices that are not known.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1950-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "a", "b"], "code": ["J45.9", "I50.0", "J06.9"], "date": ["2026-01-10"] * 3}
    >>> records["date"][1] = "2026-02-10"
    >>> taken = pngroup.snapshots(people, records, as_at=["2026-01-31", "2026-02-28"], system="icd10")
    >>> rates = progression(taken, by="tier")
    >>> rates.strata["from"], rates.n_events.tolist()
    (('moderate', 'low'), [0, 1])

    Source: Byar's interval as in `byar`; person-time as in Breslow and Day, vol. II, chapter 2.
    """
    observed = periods(of)
    levels = order_levels(observed.model, observed.scheme, by)
    if (from_ is None) is not (to is None):
        raise UsageError(
            "one of from_ and to is left out",
            where="arguments from_ and to",
            allowed="both, or neither (each level, to any higher one)",
            remedy="name the other one too",
        )
    if by_practice and observed.practice is None:
        raise UsageError(
            "nothing is known of practices",
            where="argument by_practice",
            allowed="snapshots or spells made with registrations= or practice=",
            remedy="make them with one of these",
        )
    time = at_risk(observed, age_bands)
    moves = _moves(levels, from_, to)
    apart = np.isin(time.group, unknown_groups(observed.model, unknown))
    free = apart & (from_ is None or by != "group")
    level, later = levels.of_group[time.group], levels.of_group[time.next_group]
    stratum, words = _strata(time, observed, age_bands, by_sex=by_sex, by_practice=by_practice)
    n_strata = len(next(iter(words.values()), (None,)))
    n_events, days = (np.zeros((len(moves), n_strata)) for _ in range(2))
    for row, (start, end) in enumerate(moves):
        here = np.isin(level, start) & ~free
        days[row] = np.bincount(stratum[here], weights=time.n_days[here], minlength=n_strata)
        n_events[row] = np.bincount(stratum[here & np.isin(later, end)], minlength=n_strata)
    move, at = np.nonzero(days)
    count, years = n_events[move, at].astype(np.int64), days[move, at] / DAYS_A_YEAR
    lower, upper = byar(count, confidence)
    return Rates(
        people=observed.people,
        confidence=confidence,
        strata={
            "from": tuple(levels.joined(moves[k][0]) for k in move),
            "to": tuple("any higher" if from_ is None else levels.joined(moves[k][1]) for k in move),
            **{name: tuple(texts[k] for k in at) for name, texts in words.items()},
        },
        n_events=count,
        person_years=years,
        rate=PER * count / years,
        lower=PER * lower / years,
        upper=PER * upper / years,
    )


def _moves(levels: Levels, from_: Any, to: Any) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """What is counted, a row each: the levels at risk, and those that count when they come next."""
    if from_ is None:
        return [((place,), tuple(range(place))) for place in range(1, len(levels))]
    start, end = levels.places(from_, argument="from_"), levels.places(to, argument="to")
    if set(start) & set(end):
        raise UsageError(
            f"{levels.joined(set(start) & set(end))!r} is in both from_ and to",
            where="arguments from_ and to",
            allowed=f"two sets without a {levels.by} in common",
            remedy="take it out of one of them",
        )
    return [(start, end)]


def _strata(
    time: AtRisk, observed: Periods, age_bands: Sequence[int] | None, *, by_sex: bool, by_practice: bool
) -> tuple[Ints, dict[str, tuple[str | None, ...]]]:
    """For each piece of time the number of its stratum; and for each column its word in every stratum."""
    parts: dict[str, tuple[npt.NDArray[np.integer[Any]], tuple[str | None, ...]]] = {}
    if age_bands is not None:
        parts["age_band"] = (time.age_band, age_band_words(age_bands))
    if by_sex:
        parts["sex"] = (observed.people.sex[time.person], SEXES)
    if by_practice and time.practice is not None:
        # People without a practice have the last place, which is where -1 points.
        n_practices = len(observed.practices)
        parts["practice"] = (np.where(time.practice < 0, n_practices, time.practice), (*observed.practices, None))
    sizes = tuple(len(words) for _, words in parts.values())
    stratum = np.zeros(len(time.person), np.int64)
    for (place, _), size in zip(parts.values(), sizes, strict=True):
        stratum = stratum * size + place
    grid = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), np.int64)
    named = {name: tuple(words[k] for k in grid[row]) for row, (name, (_, words)) in enumerate(parts.items())}
    return stratum, named
