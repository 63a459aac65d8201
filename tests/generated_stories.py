"""The stories generated people have: each writes one person at random, about one part of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from generated_codes import ADMINISTRATIVE, EVERY_CODE, MEDICINES, POOL, UNMAPPED
from generated_edges import Draft
from oracle.dates import DAY, birthday, months_before

SETTINGS = ("primary_care", "community", "outpatient", "inpatient", "emergency", None)


class Teller:
    """Writes one person at random: what a story says, in codes, systems and dates that vary."""

    def __init__(self, draft: Draft, rng: np.random.Generator) -> None:
        self.draft = draft
        self.rng = rng
        self.as_at = draft.as_at

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, options: Iterable[Any]) -> Any:
        options = tuple(options)
        return options[self.number(0, len(options) - 1)]

    def sample(self, options: Iterable[Any], n: int) -> list[Any]:
        options = tuple(options)
        return [options[i] for i in self.rng.permutation(len(options))[:n]]

    def aged(self, low: int, high: int, *, sex: str | None = None) -> None:
        """Someone of an age between the two, more often than not known by date."""
        birth = self.draft.ago(self.number(0, 364), 12 * self.number(low, high))
        self.draft.person["birth_date"] = birth
        self.draft.person["sex"] = sex or self.pick(("female", "male") * 2 + ("unknown", "indeterminate"))

    def recent(self, months: int = 12) -> date:
        """A day in the last so many months."""
        start = months_before(self.as_at, months)
        return start + timedelta(days=self.number(1, (self.as_at - start).days))

    def code(self, condition: str, day: date | None = None, **more: Any) -> None:
        """A record of a condition in one of its codes, in the last year unless said."""
        coded = self.pick(POOL[condition])
        self.draft.coded(coded, day or self.recent(), **{"setting": self.pick(SETTINGS)} | more)

    def codes(self, conditions: Iterable[str], *, months: int = 12) -> None:
        for condition in conditions:
            self.code(condition, self.recent(months))

    def seen(self) -> None:
        """A contact of the last year, or a record of one."""
        self.draft.contact(self.recent(), self.pick(SETTINGS[:-1]))
        if self.chance(0.8):
            self.draft.coded(self.pick(UNMAPPED), self.recent())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MINOR = _words("""
    hypertension hypothyroidism other_thyroid_disease osteoarthritis gout osteoporosis hearing_loss asthma
    visual_impairment macular_degeneration valvular_heart_disease atrial_fibrillation
    other_arrhythmia_conduction venous_thromboembolism bronchiectasis endometriosis
    chronic_urinary_infection chronic_kidney_disease peptic_ulcer chronic_pancreatitis fatty_liver_disease
    neuropathy benign_brain_tumour chronic_pain fibromyalgia_chronic_fatigue depression anxiety ptsd
    obsessive_compulsive_disorder personality_disorder eating_disorder alcohol_misuse drug_misuse autism
    menieres_disease tuberculosis post_covid injury_sequelae
""")
MODERATE = _words("""
    coronary_heart_disease myocardial_infarction cardiomyopathy congenital_heart_disease aortic_aneurysm
    stroke tia peripheral_vascular_disease diabetes diabetes_type_1 diabetes_type_2 addisons_disease
    ckd_stage_4_5 inflammatory_bowel_disease chronic_liver_disease viral_hepatitis epilepsy cerebral_palsy
    neuromuscular_disease learning_disability chromosomal_disorder spina_bifida connective_tissue_disease
    rheumatoid_arthritis systemic_lupus spondyloarthritis polymyalgia_giant_cell_arteritis hiv
    immunodeficiency sarcoidosis inherited_coagulopathy
""")
MAJOR = _words("""
    cancer_any breast_cancer colorectal_cancer haematological_cancer metastatic_cancer heart_failure copd
    dementia pulmonary_heart_disease pulmonary_hypertension interstitial_lung_disease cystic_fibrosis
    kidney_transplant end_stage_kidney_disease severe_liver_disease parkinsons_disease
    motor_neurone_disease multiple_sclerosis huntington_systemic_atrophy hemiplegia_paralysis
    organ_transplant sickle_cell_disease
""")
PSYCHIATRIC = _words("""
    depression_recurrent_or_severe anxiety ptsd obsessive_compulsive_disorder eating_disorder
    personality_disorder alcohol_dependence drug_dependence self_harm
""")
SYNDROMES = _words("""
    falls fragility_fracture fragility_site_fracture hip_fracture urinary_incontinence faecal_incontinence
    pressure_ulcer malnutrition_weight_loss mobility_problems delirium dysphagia cognitive_symptoms
    mild_cognitive_disorder care_dependency care_home housebound
""")
DEFICITS = _words("""
    osteoarthritis anaemia atrial_fibrillation stroke chronic_kidney_disease diabetes dizziness dyspnoea
    falls fragility_fracture hearing_loss heart_failure valvular_heart_disease housebound hypertension
    care_home hypotension_syncope coronary_heart_disease cognitive_symptoms mobility_problems osteoporosis
    asthma parkinsons_disease peptic_ulcer peripheral_vascular_disease pressure_ulcer sleep_disturbance
    glaucoma social_vulnerability hypothyroidism urinary_incontinence urinary_tract_infection
    malnutrition_weight_loss
""")
HEAVY_FRAILTY = _words("""
    F009 G81 G309 I69 R29 N39 F059 W19 S00 R31 B96 R41 R26 I67 R56 R40 T83 S06 S42 E87 M25 E86
""")
OBSTETRIC = _words("""
    placenta_praevia placenta_praevia_or_accreta mild_pre_eclampsia severe_pre_eclampsia_or_eclampsia
    gestational_hypertension pre_existing_hypertension_in_pregnancy pregnancy_heart_disease
    multiple_gestation pregnancy_venous_thromboembolism pre_existing_diabetes_in_pregnancy
    gestational_diabetes previous_caesarean
""")
RESOLVABLE = {
    "asthma": "asthma",
    "copd": "copd",
    "chronic_kidney_disease": "ckd",
    "depression": "depression",
    "diabetes_type_2": "diabetes",
    "epilepsy": "epilepsy",
    "heart_failure": "heart_failure",
}


def tell_non_user(t: Teller) -> None:
    """Nobody has heard of this person lately, or only the office has."""
    t.aged(0, 95)
    if t.chance(0.5):
        t.draft.coded(t.pick(UNMAPPED), t.draft.ago(t.number(1, 900), 12))
    if t.chance(0.5):
        t.draft.coded(t.pick(ADMINISTRATIVE), t.recent())
    if t.chance(0.3):
        t.code(t.pick(MAJOR), status=t.pick(("refuted", "entered-in-error")))


def tell_well_child(t: Teller) -> None:
    t.aged(0, 17)
    t.seen()


def tell_well_adult(t: Teller) -> None:
    t.aged(18, 95)
    t.seen()


def tell_one_line(t: Teller) -> None:
    t.aged(2, 90)
    t.code(t.pick(MINOR), t.recent(24))
    if t.chance(0.7):
        t.seen()


def tell_medium(t: Teller) -> None:
    t.aged(2, 90)
    t.codes(t.sample(MINOR, t.number(0, 3)), months=30)
    t.codes(t.sample(MODERATE, t.number(0, 1)), months=90)
    t.seen()


def tell_resolved(t: Teller) -> None:
    """A condition, and a code that says it is over: before, on, or after the last diagnosis."""
    t.aged(5, 90)
    for condition in t.sample(RESOLVABLE, t.number(1, 2)):
        last = t.recent(48)
        t.codes([condition] * t.number(0, 1), months=120)
        t.code(condition, last)
        t.code(f"{RESOLVABLE[condition]}_resolved", last + DAY * t.pick((-400, -1, 0, 1, 30)))
    if t.chance(0.3):
        t.codes(("dialysis",) * t.number(1, 3), months=60)


def tell_psychiatric(t: Teller) -> None:
    t.aged(10, 80)
    if t.chance(0.5):
        illnesses = ("severe_mental_illness", "schizophrenia_psychosis", "bipolar_disorder")
        t.code(t.pick(illnesses), t.recent(200))
    else:
        t.codes(t.sample(PSYCHIATRIC, t.number(1, 3)), months=26)
    t.seen()


def tell_major(t: Teller) -> None:
    t.aged(18, 75)
    t.code(t.pick(MAJOR), t.recent(t.pick((12, 70, 200))))
    if t.chance(0.3):
        t.code(t.pick(("cancer_treatment", "cancer_review", "palliative_care", "palliative_care_not_indicated")))
    if t.chance(0.2):
        t.codes(["dialysis"] * t.number(1, 3))
    t.seen()


def tell_complex_adult(t: Teller) -> None:
    t.aged(18, 95)
    for conditions, most in ((MAJOR, 2), (MODERATE, 3), (MINOR, 4)):
        t.codes(t.sample(conditions, t.number(1, most)))


def tell_complex_child(t: Teller) -> None:
    t.aged(0, 18)
    for conditions, most in ((MAJOR, 1), (MODERATE, 2), (MINOR, 2)):
        t.codes(t.sample(conditions, t.number(0, most)))
    if t.chance(0.3):
        t.code(t.pick(("technology_dependence", "dialysis", "severe_neuromuscular_disease")), t.recent(13))


def tell_pregnant(t: Teller) -> None:
    """From weeks after the opening to weeks after the end, with complications now and then."""
    t.aged(t.pick((10, 16, 20)), t.pick((30, 45, 57)), sex=t.pick(("female",) * 8 + ("unknown", "male")))
    start = t.number(0, 330)
    t.code("pregnancy_ongoing", t.draft.ago(start))
    for _ in range(t.number(0, 3)):
        t.code("pregnancy_ongoing", t.draft.ago(t.number(0, start)))
    end = t.number(0, start)
    match t.number(0, 5):
        case 0:
            t.code("pregnancy_loss", t.draft.ago(end))
        case 1 | 2:
            t.code("pregnancy_delivery", t.draft.ago(end))
            t.code("pregnancy_postnatal", t.draft.ago(t.number(0, end)))
            if t.chance(0.3):
                t.code(t.pick(("pregnancy_delivery", "pregnancy_loss")), t.draft.ago(t.number(0, end)))
    for complication in t.sample(OBSTETRIC, t.pick((0, 0, 1, 1, 2))):
        t.code(complication, t.draft.ago(t.number(0, start + 10)))
    if t.chance(0.3):
        t.code(t.pick(MODERATE + MAJOR + MINOR), t.recent(70))
    t.seen()


def tell_frail(t: Teller) -> None:
    """Old, or nearly, with one of the signs that decide group 11 or nearly do."""
    t.aged(t.pick((60, 64, 65, 75)), 100)
    t.pick((_many_admissions, _many_deficits, _graded, _scaled, _demented, _syndromes, _syndromes))(t)
    if t.chance(0.15):
        day = t.recent(24)
        t.code("mobility_problems", day)
        t.code("cognitive_symptoms", day)
    if t.chance(0.1):
        t.code("no_longer_housebound", t.recent(24))
    t.seen()


def _many_admissions(t: Teller) -> None:
    for code in t.sample(HEAVY_FRAILTY, t.number(4, 9)):
        t.draft.row(code, t.recent(25))


def _many_deficits(t: Teller) -> None:
    t.codes(t.sample(DEFICITS, t.number(7, 12)), months=60)


def _graded(t: Teller) -> None:
    for grade in t.sample(("frailty_mild", "frailty_moderate", "frailty_severe"), t.number(1, 2)):
        t.code(grade, t.pick((t.recent(25), t.draft.ago(30))))


def _scaled(t: Teller) -> None:
    for _ in range(t.number(1, 2)):
        t.draft.value(t.pick((4, 5, 6, 7, 9, None)), t.recent(26))


def _demented(t: Teller) -> None:
    t.code("dementia", t.recent(60))
    t.codes(t.sample(SYNDROMES, t.number(0, 2)), months=26)


def _syndromes(t: Teller) -> None:
    months = t.pick((1, 3, 26, 62))
    t.codes(t.sample(SYNDROMES, t.number(2, 5)), months=months)


def tell_medley(t: Teller) -> None:
    """Anything, on any day that matters."""
    t.aged(0, 100)
    days = edge_days(t.as_at, t.draft.person["birth_date"])
    for coded in t.sample(EVERY_CODE, t.number(0, 12)):
        t.draft.coded(coded, t.pick((*days, t.recent(), t.recent(60))))
    for medicine in t.sample(MEDICINES, t.number(0, 7)):
        t.draft.medicine(medicine, t.pick(days))
    for _ in range(t.number(0, 3)):
        t.draft.contact(t.pick(days), t.pick(SETTINGS[:-1]))
        t.draft.value(t.number(1, 9), t.pick(days))


def tell_no_group(t: Teller) -> None:
    """Someone with a reason to have no group, or with two."""
    t.aged(0, 90)
    person = t.draft.person
    for reason in t.sample(range(7), t.pick((1, 1, 1, 2))):
        match reason:
            case 0:
                person["excluded_reason"] = t.pick(("opt_out", "objection"))
            case 1:
                later = t.draft.ago(-t.number(1, 300))
                person["birth_date"] = t.pick((later, f"{t.as_at.year + 1}", f"{t.as_at.year + 1}-02"))
            case 2:
                person["died_on"] = t.draft.ago(t.number(0, 400))
            case 3:
                person["registered_from"] = t.draft.ago(-t.number(1, 60))
            case 4:
                person["registered_from"] = t.draft.ago(900)
                person["registered_to"] = t.draft.ago(t.number(0, 400))
            case 5:
                person["birth_date"] = None
                person["age"] = t.pick((None, -1, 126))
            case 6:
                person["birth_date"] = t.pick((date(1850, 1, 1), "1880", "1890-05"))
    t.codes(t.sample((*MINOR, *MAJOR), t.number(0, 3)), months=40)
    t.seen()


def edge_days(as_at: date, birth: date) -> tuple[date | None, ...]:
    """Days on which some window opens, closes or just misses, the day before and after, and no day at all."""
    days = [as_at - timedelta(days=n) for n in (0, 14, 28, 42, 56, 84, 90, 308)]
    days += [months_before(as_at, n) for n in (12, 24, 60)]
    days += [birth, *(birthday(birth, n) for n in (11, 12, 18, 65))]
    near = (day + n * DAY for day in days for n in (-1, 0, 1))
    # No record is older than 1900: such dates are what spreadsheets make of an empty cell.
    return (None, *(day for day in near if day.year >= 1900))


#: How often each story is told, against one another.
STORIES: Mapping[Callable[[Teller], None], int] = {
    tell_non_user: 8,
    tell_well_child: 7,
    tell_well_adult: 7,
    tell_one_line: 9,
    tell_medium: 8,
    tell_resolved: 4,
    tell_psychiatric: 8,
    tell_major: 5,
    tell_complex_adult: 6,
    tell_complex_child: 6,
    tell_pregnant: 14,
    tell_frail: 13,
    tell_medley: 4,
    tell_no_group: 3,
}
