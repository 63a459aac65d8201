"""Pregnancy: episodes, the present pregnancy, and Bateman's obstetric comorbidity index."""

from __future__ import annotations

from datetime import date, timedelta

from attrs import frozen

from .evidence import Evidence
from .lines import Lines

LONGEST = timedelta(days=308)
POSTNATAL = timedelta(days=84)
COMPLICATIONS_AFTER = timedelta(days=42)
NOT_AFTER_DELIVERY = timedelta(days=56)
NOT_AFTER_LOSS = timedelta(days=14)


@frozen
class Episode:
    """The days on which a recorded complication belongs to one pregnancy: `until` is the first too late."""

    opened: date
    until: date = date.max

    def holds(self, day: date) -> bool:
        """Whether a complication on `day` belongs to it."""
        return self.opened <= day < self.until


def present_pregnancy(evidence: Evidence) -> list[Episode]:
    """The open episode; failing that the delivery episodes within their 84 days; empty when not pregnant."""
    ongoing = set(evidence.days("pregnancy_ongoing"))
    deliveries = set(evidence.days("pregnancy_delivery"))
    losses = set(evidence.days("pregnancy_loss"))
    postnatal: list[Episode] = []
    opened: date | None = None
    barred_until = date.min

    for day in sorted(ongoing | deliveries | losses):
        if opened is not None and day >= opened + LONGEST:
            opened = None
        if opened is None and day in ongoing and day >= barred_until:
            opened = day
        # On one day with both, the delivery decides.
        if day in deliveries:
            if evidence.as_at < day + POSTNATAL:
                postnatal.append(Episode(opened or day, day + COMPLICATIONS_AFTER))
            opened, barred_until = None, max(barred_until, day + NOT_AFTER_DELIVERY)
        elif day in losses:
            opened, barred_until = None, max(barred_until, day + NOT_AFTER_LOSS)

    if opened is not None and evidence.as_at < opened + LONGEST:
        return [Episode(opened)]
    return postnatal


@frozen
class Pregnancy:
    """The present pregnancy and what is recorded in it."""

    episodes: list[Episode]
    evidence: Evidence

    def __bool__(self) -> bool:
        return bool(self.episodes)

    def has(self, *conditions: str) -> bool:
        """Whether any of the conditions is recorded in the present pregnancy."""
        return any(episode.holds(day) for day in self.evidence.days(*conditions) for episode in self.episodes)


def read_pregnancy(evidence: Evidence, sex: str, age: int) -> Pregnancy:
    """The present pregnancy of anyone not recorded as male and 11 to 55 years old."""
    may_be = sex != "male" and 11 <= age <= 55
    return Pregnancy(present_pregnancy(evidence) if may_be else [], evidence)


def bateman(pregnancy: Pregnancy, lines: Lines, age: int) -> int | None:
    """The obstetric comorbidity index; unknown when not pregnant."""
    if not pregnancy:
        return None
    evidence = pregnancy.evidence
    return (
        max(
            5 * pregnancy.has("severe_pre_eclampsia_or_eclampsia"),
            2 * pregnancy.has("mild_pre_eclampsia"),
            1 * pregnancy.has("gestational_hypertension"),
        )
        + 2 * pregnancy.has("placenta_praevia")
        + 2 * pregnancy.has("multiple_gestation")
        + 1 * pregnancy.has("previous_caesarean")
        + 1 * (lines.has("hypertension") or pregnancy.has("pre_existing_hypertension_in_pregnancy"))
        + 1 * (lines.has("diabetes") or pregnancy.has("pre_existing_diabetes_in_pregnancy"))
        + 4 * evidence.has("pulmonary_hypertension")
        + 3 * lines.has("sickle_cell_disease")
        + 1 * lines.has("chronic_kidney_disease")
        + 3 * lines.has("coronary_heart_disease")
        + 4 * lines.has("congenital_heart_disease")
        + 2 * evidence.has("systemic_lupus")
        + 2 * lines.has("hiv")
        + 2 * evidence.has("drug_misuse", months=60)
        + 1 * evidence.has("alcohol_misuse", months=60)
        + 2 * lines.has("valvular_heart_disease")
        + 5 * lines.has("heart_failure")
        + 1 * lines.has("asthma")
        + (3 if age > 44 else 2 if age >= 40 else 1 if age >= 35 else 0)
    )
