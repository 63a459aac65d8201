"""The criteria of section 5 and the group they decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attrs import frozen

from .codes import Meaning, conditions_of
from .dates import Birth, in_months
from .evidence import Evidence, Row, span
from .lines import Lines
from .pregnancy import Pregnancy

#: The group is the first criterion met in this order; 1 when none is.
PRECEDENCE = (11, 10, 7, 6, 9, 8, 5, 4, 3, 2)


@frozen
class Measures:
    """All that the criteria look at."""

    age: int
    is_active: bool
    evidence: Evidence
    lines: Lines
    pregnancy: Pregnancy
    cms_core: int
    hfrs: int | None
    efi: int
    obstetric: int | None
    syndromes: dict[str, tuple[date, ...]]
    clinical_frailty: float | None

    @property
    def is_adult(self) -> bool:
        return self.age >= 18


def decide(m: Measures) -> tuple[int, frozenset[int], frozenset[int]]:
    """The group, the criteria met, and the criteria left open."""
    frailty = _frailty(m)
    met = {
        11: frailty is True,
        10: _high_complexity(m),
        7: _complex_pregnancy(m),
        6: bool(m.pregnancy),
        9: m.lines.has_major,
        8: _psychiatric(m),
        5: _medium_complexity(m),
        4: m.lines.n_ltc >= 1,
        3: m.is_adult and m.is_active,
        2: not m.is_adult and m.is_active,
    }
    met[1] = not any(met.values())
    group = next((number for number in PRECEDENCE if met[number]), 1)
    return (
        group,
        frozenset(n for n, is_met in met.items() if is_met),
        frozenset([11] if frailty is None else []),
    )


def fractures(evidence: Evidence, birth: Birth) -> tuple[date, ...]:
    """Days of fragility fractures: some codes at any age, others when 65 or older on that day."""
    aged = [
        day
        for day in evidence.days("fragility_site_fracture", "hip_fracture")
        if (age := birth.age_on(day)) is not None and age >= 65
    ]
    return tuple(sorted({*evidence.days("fragility_fracture"), *aged}))


def geriatric_syndromes(evidence: Evidence, broken: Iterable[date]) -> dict[str, tuple[date, ...]]:
    """Days of each geriatric syndrome present; `broken` are the days of fragility fractures."""
    broken_lately = {day for day in broken if in_months(day, evidence.as_at, 24)}
    found = {
        "falls_and_fractures": tuple(sorted(broken_lately | set(evidence.days("falls", months=24)))),
        "incontinence": evidence.days("urinary_incontinence", "faecal_incontinence", months=24),
        "pressure_ulcer": evidence.days("pressure_ulcer", months=24),
        "malnutrition": evidence.days("malnutrition_weight_loss", months=24),
        "mobility": evidence.days("mobility_problems", months=24),
        "delirium": evidence.days("delirium", months=24),
        "dysphagia": evidence.days("dysphagia", months=24),
        "cognition": evidence.days("cognitive_impairment", months=24),
        "dependency": evidence.days("care_dependency", "care_home", "housebound", months=60),
    }
    return {name: days for name, days in found.items() if days}


def _frailty(m: Measures) -> bool | None:
    if m.age < 65:
        return False
    if (
        m.efi >= 9
        or _graded_frailty(m.evidence) >= 2
        or (m.clinical_frailty is not None and m.clinical_frailty >= 6)
        or (m.lines.has("dementia") and bool(m.syndromes.keys() - {"cognition"}))
        or _has_three_syndromes(m)
    ):
        return True
    return None if m.hfrs is None else m.hfrs > 150


def _graded_frailty(evidence: Evidence) -> int:
    """The latest grade in 24 months, the worst of one day: 1 mild, 2 moderate, 3 severe, 0 none."""
    grades = ("frailty_mild", "frailty_moderate", "frailty_severe")
    graded = [(day, rank) for rank, grade in enumerate(grades, 1) for day in evidence.days(grade, months=24)]
    return max(graded, default=(None, 0))[1]


def _has_three_syndromes(m: Measures) -> bool:
    """Three or more syndromes, their records at least 28 days apart from first to last."""
    n = len(m.syndromes)
    if {"mobility", "cognition"} <= m.syndromes.keys():
        # Symptoms of one consultation are one syndrome; a diagnosis among them still counts by itself.
        are_of_one_day = len({*m.syndromes["mobility"], *m.syndromes["cognition"]}) == 1
        n -= are_of_one_day and not m.evidence.has("mild_cognitive_disorder", months=24)
    every = tuple(sorted(day for days in m.syndromes.values() for day in days))
    return n >= 3 and span(every) >= timedelta(days=28)


def _high_complexity(m: Measures) -> bool:
    if m.is_adult:
        return m.lines.n_systems >= 3 and m.cms_core >= 158
    return (
        (m.lines.has_major and m.lines.n_systems >= 2)
        or m.lines.has("cancer", "cystic_fibrosis", "motor_neurone_disease", "huntington_systemic_atrophy")
        or m.evidence.has("severe_neuromuscular_disease")
        or m.evidence.has("technology_dependence", "dialysis", months=12)
        or (m.lines.n_systems >= 3 and m.lines.has_moderate)
    )


def _complex_pregnancy(m: Measures) -> bool:
    if not m.pregnancy:
        return False
    return (
        (m.obstetric is not None and m.obstetric >= 3)
        or m.lines.has_major
        or _psychiatric(m)
        or m.cms_core >= 158
        or m.age < 18
        or m.lines.has(
            "epilepsy",
            "chronic_kidney_disease",
            "diabetes",
            "venous_thromboembolism",
            # Heart disease.
            "coronary_heart_disease",
            "heart_failure",
            "cardiomyopathy",
            "congenital_heart_disease",
            "valvular_heart_disease",
            "pulmonary_heart_disease",
            "arrhythmia",
        )
        or m.pregnancy.has(
            "placenta_praevia_or_accreta",
            "pre_eclampsia_or_eclampsia",
            "multiple_gestation",
            "pregnancy_heart_disease",
            "pregnancy_venous_thromboembolism",
            "pre_existing_diabetes_in_pregnancy",
        )
    )


def _medium_complexity(m: Measures) -> bool:
    n_ltc = m.lines.n_ltc
    return n_ltc >= 2 or m.lines.has_moderate or (n_ltc >= 1 and m.is_adult and m.cms_core >= 69)


_PSYCHIATRIC_ITEMS = (
    ("depression_recurrent_or_severe",),
    ("anxiety",),
    ("ptsd",),
    ("obsessive_compulsive_disorder",),
    ("eating_disorder",),
    ("personality_disorder",),
    ("alcohol_dependence", "drug_dependence"),
    ("self_harm",),
)


def _psychiatric(m: Measures) -> bool:
    n_items = sum(m.evidence.has(*item, months=24) for item in _PSYCHIATRIC_ITEMS)
    return m.age >= 12 and (m.evidence.has("severe_mental_illness") or n_items >= 2)


def latest_clinical_frailty(values: Iterable[Row], as_at: date, catalogue: Meaning) -> float | None:
    """The latest Clinical Frailty Scale value in 24 months, the worst of one day."""
    found = [
        (row["date"], row["value"])
        for row in values
        if row["value"] is not None
        and "clinical_frailty_scale" in conditions_of(row["code"], row["system"], catalogue)
        and in_months(row["date"], as_at, 24)
    ]
    return max(found, default=(None, None))[1]
