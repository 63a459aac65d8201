"""From one person's rows to what is known of them: the days on which each condition has evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from attrs import frozen

from .codes import ADMINISTRATIVE, Meaning, conditions_of, is_readable
from .dates import Birth, in_months

Row = dict[str, Any]
Days = tuple[date, ...]

#: A resolved code dated after the last diagnosis ends the condition and what is nested in it. A kidney
#: transplant is nested in kidney disease and is never ended.
RESOLVED = {
    "asthma_resolved": ("asthma",),
    "copd_resolved": ("copd",),
    "ckd_resolved": ("chronic_kidney_disease", "ckd_stage_4_5", "end_stage_kidney_disease"),
    "depression_resolved": ("depression", "depression_recurrent_or_severe"),
    "diabetes_resolved": ("diabetes", "diabetes_type_1", "diabetes_type_2", "diabetes_complicated"),
    "epilepsy_resolved": ("epilepsy",),
    "heart_failure_resolved": ("heart_failure",),
    "no_longer_housebound": ("housebound",),
}


def is_usable(row: Row, birth: Birth, died_on: date | None, as_at: date) -> bool:
    """Whether a dated row can be evidence at all."""
    day = row.get("date")
    status = (row.get("status") or "").replace("-", "_").replace(" ", "_").lower()
    return (
        day is not None
        and day <= as_at
        and (birth.earliest is None or day >= birth.earliest)
        and (died_on is None or day <= died_on)
        and status not in ("entered_in_error", "refuted")
        and ("code" not in row or is_readable(row["code"], row["system"]))
    )


def usable(rows: Iterable[Row], birth: Birth, died_on: date | None, as_at: date) -> list[Row]:
    """The rows that can be evidence."""
    return [row for row in rows if is_usable(row, birth, died_on, as_at)]


@frozen
class Evidence:
    """Days of evidence by condition, on or before as_at.

    `recorded` holds every day; `standing` leaves out conditions that a later resolved code has ended.
    """

    as_at: date
    recorded: Mapping[str, Days]
    standing: Mapping[str, Days]

    def days(self, *conditions: str, months: int | None = None) -> Days:
        """Distinct days of standing evidence of any of the conditions, in the window, earliest first."""
        every = {day for condition in conditions for day in self.standing.get(condition, ())}
        return tuple(sorted(day for day in every if months is None or in_months(day, self.as_at, months)))

    def has(self, *conditions: str, months: int | None = None) -> bool:
        """Whether any of the conditions has standing evidence, ever or in the window."""
        return bool(self.days(*conditions, months=months))

    def last(self, condition: str) -> date:
        """The last day of evidence, resolved or not; the earliest date there is when none."""
        return max(self.recorded.get(condition, ()), default=date.min)


def read_evidence(records: Iterable[Row], as_at: date, catalogue: Meaning) -> Evidence:
    """Evidence from usable records."""
    found: defaultdict[str, set[date]] = defaultdict(set)
    for row in records:
        for condition in conditions_of(row["code"], row["system"], catalogue):
            found[condition].add(row["date"])
    recorded = {condition: tuple(sorted(days)) for condition, days in found.items()}
    standing = dict(recorded)
    for resolved, (condition, *nested) in RESOLVED.items():
        if resolved in recorded and recorded[resolved][-1] > recorded.get(condition, (date.min,))[-1]:
            for ended in (condition, *nested):
                standing.pop(ended, None)
    return Evidence(as_at=as_at, recorded=recorded, standing=standing)


def is_active(records: list[Row], contacts: list[Row] | None, medicines: list[Row] | None, as_at: date) -> bool:
    """Known to services: a contact in 12 months; without a contacts table a record or a medicine will do."""
    if contacts is not None:
        rows = contacts
    else:
        rows = [row for row in records if row["code"] not in ADMINISTRATIVE] + (medicines or [])
    return any(in_months(row["date"], as_at, 12) for row in rows)


def span(days: Days) -> timedelta:
    """From the first to the last of some days."""
    return days[-1] - days[0] if days else timedelta(0)
