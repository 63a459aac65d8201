"""Generated courses of people through groups, as snapshots; and the same day by day, for slow and obvious counting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import numpy as np
from attrs import evolve
from hypothesis import strategies as st

import pngroup
from pngroup.intake import REASONS, SEXES

#: Few groups, so that moves repeat: the highest, the next tier, two neighbours by precedence, the unknown one.
GROUPS = (11, 10, 9, 8, 4, 1)
BIRTHS = ("1950-02-28", "1960-02-29", "1990-06-30", "2008-01-15", "1959-12-31")
PRACTICES = ("North", "South")
FIRST = date(2024, 1, 31)


def month_ends(n: int, months: int = 1) -> list[date]:
    """Month ends from that of January 2024, so many months apart."""
    firsts = [2024 * 12 + 1 + months * k for k in range(n)]
    return [date(month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in firsts]


@cache
def _people(n_people: int):
    """Snapshots of so many people, of whom nothing is recorded, to give other groups and dates to."""
    people = {
        "person_id": [f"p{k}" for k in range(n_people)],
        "birth_date": [BIRTHS[k % len(BIRTHS)] for k in range(n_people)],
        "sex": ["FM"[k % 2] for k in range(n_people)],
    }
    return pngroup.snapshots(people, {"person_id": [], "code": [], "date": []}, as_at=[FIRST], system="icd10")


def snapshots_of(groups, reasons=None, days=None, practice=None):
    """Snapshots in which people take given courses: (dates, people), 0 with a reason where there is no group."""
    group = np.array(groups, np.int8)
    reason = np.where(group > 0, -1, REASONS.index("not_registered") if reasons is None else reasons).astype(np.int8)
    return evolve(
        _people(group.shape[1]),
        as_at=tuple(days or month_ends(len(group))),
        group=group,
        reason=reason,
        age=np.zeros(group.shape, np.int16),
        practice=None if practice is None else np.array(practice, np.int32),
        practices=() if practice is None else PRACTICES,
    )


@st.composite
def courses(draw, *, least_dates: int = 2, practices: bool = False):
    """Snapshots of a few people who mostly stay, sometimes move, come, leave and die, on dates of any distance."""
    n_people = draw(st.integers(1, 9))
    gaps = draw(st.lists(st.integers(1, 45), min_size=least_dates - 1, max_size=6))
    days = [FIRST + timedelta(days=sum(gaps[:k])) for k in range(len(gaps) + 1)]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    moves = random.random((len(days), n_people)) < draw(st.sampled_from([0.15, 0.5, 0.9]))
    fresh = random.choice([*GROUPS, 0], (len(days), n_people))
    causes = random.choice([REASONS.index(word) for word in ("not_born", "died", "not_registered")], fresh.shape)
    places = random.integers(-1, 2, fresh.shape)
    for k in range(1, len(days)):
        for of in (fresh, causes, places):
            of[k] = np.where(moves[k], of[k], of[k - 1])
    return snapshots_of(fresh, causes, days, places if practices else None)


def each_day(taken) -> Iterator[tuple[int, list[tuple[date, int, str | None, str | None]]]]:
    """Each person with every day from the first index date to the last: the day, group, reason, practice."""
    for person in range(taken.n_people):
        story = []
        for k, day in enumerate(taken.as_at):
            last = taken.as_at[k + 1] - timedelta(days=1) if k + 1 < len(taken.as_at) else day
            reason = int(taken.reason[k, person])
            at = -1 if taken.practice is None else int(taken.practice[k, person])
            what = (
                int(taken.group[k, person]),
                None if reason < 0 else REASONS[reason],
                None if at < 0 else PRACTICES[at],
            )
            story += [(day + timedelta(days=n), *what) for n in range((last - day).days + 1)]
        yield person, story


def sex_of(taken, person: int) -> str:
    return SEXES[taken.sex[person]]
