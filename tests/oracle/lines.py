"""Long-term conditions: which lines are present, in which body system, with which class."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from .evidence import Evidence, span

MAJOR, MODERATE, OTHER = "major", "moderate", "other"


@frozen
class Line:
    """One line of the table: its catalogue rows, and its window (None counts for ever)."""

    name: str
    system: str
    highest: str
    rows: tuple[str, ...] = field(converter=str.split)
    months: int | None = None


# Lines whose evidence is one set of rows in one window. The five others have rules of their own, below.
PLAIN_LINES = (
    Line("coronary_heart_disease", "circulatory", MODERATE, "coronary_heart_disease"),
    Line("heart_failure", "circulatory", MAJOR, "heart_failure"),
    Line("cardiomyopathy", "circulatory", MODERATE, "cardiomyopathy"),
    Line("congenital_heart_disease", "circulatory", MODERATE, "congenital_heart_disease"),
    Line("hypertension", "circulatory", OTHER, "hypertension"),
    Line("valvular_heart_disease", "circulatory", OTHER, "valvular_heart_disease"),
    Line("arrhythmia", "circulatory", OTHER, "atrial_fibrillation other_arrhythmia_conduction"),
    Line("venous_thromboembolism", "circulatory", OTHER, "venous_thromboembolism", 60),
    Line("peripheral_arterial_disease", "circulatory", MODERATE, "peripheral_vascular_disease"),
    Line("aortic_aneurysm", "circulatory", MODERATE, "aortic_aneurysm"),
    Line("stroke", "circulatory", MODERATE, "stroke"),
    Line("tia", "circulatory", MODERATE, "tia"),
    Line("pulmonary_heart_disease", "circulatory", MAJOR, "pulmonary_heart_disease"),
    Line("asthma", "respiratory", OTHER, "asthma"),
    Line("copd", "respiratory", MAJOR, "copd"),
    Line("bronchiectasis", "respiratory", OTHER, "bronchiectasis"),
    Line("interstitial_lung_disease", "respiratory", MAJOR, "interstitial_lung_disease"),
    Line("cystic_fibrosis", "respiratory", MAJOR, "cystic_fibrosis"),
    Line("diabetes", "endocrine_metabolic", MODERATE, "diabetes"),
    Line("addisons", "endocrine_metabolic", MODERATE, "addisons_disease"),
    Line("thyroid_disease", "endocrine_metabolic", OTHER, "hypothyroidism other_thyroid_disease"),
    Line("endometriosis", "genitourinary", OTHER, "endometriosis"),
    Line("chronic_urinary_infection", "genitourinary", OTHER, "chronic_urinary_infection"),
    Line("inflammatory_bowel_disease", "digestive", MODERATE, "inflammatory_bowel_disease"),
    Line("peptic_ulcer", "digestive", OTHER, "peptic_ulcer", 60),
    Line("pancreatic_disease", "digestive", OTHER, "chronic_pancreatitis"),
    Line("dementia", "neurological", MAJOR, "dementia"),
    Line("parkinsons_disease", "neurological", MAJOR, "parkinsons_disease"),
    Line("motor_neurone_disease", "neurological", MAJOR, "motor_neurone_disease"),
    Line("huntington_systemic_atrophy", "neurological", MAJOR, "huntington_systemic_atrophy"),
    Line("multiple_sclerosis", "neurological", MAJOR, "multiple_sclerosis"),
    Line("epilepsy", "neurological", MODERATE, "epilepsy"),
    Line("paralysis", "neurological", MAJOR, "hemiplegia_paralysis"),
    Line("cerebral_palsy", "neurological", MODERATE, "cerebral_palsy"),
    Line("neuromuscular_disease", "neurological", MODERATE, "neuromuscular_disease"),
    Line("neuropathy", "neurological", OTHER, "neuropathy"),
    Line("benign_brain_tumour", "neurological", OTHER, "benign_brain_tumour"),
    Line(
        "connective_tissue_disease",
        "musculoskeletal",
        MODERATE,
        "connective_tissue_disease rheumatoid_arthritis spondyloarthritis polymyalgia_giant_cell_arteritis",
    ),
    Line("osteoarthritis", "musculoskeletal", OTHER, "osteoarthritis"),
    Line("osteoporosis", "musculoskeletal", OTHER, "osteoporosis"),
    Line("gout", "musculoskeletal", OTHER, "gout"),
    Line("depression", "mental_health", OTHER, "depression", 60),
    Line("anxiety", "mental_health", OTHER, "anxiety", 60),
    Line("severe_mental_illness", "mental_health", OTHER, "severe_mental_illness"),
    Line("ptsd", "mental_health", OTHER, "ptsd", 60),
    Line("obsessive_compulsive_disorder", "mental_health", OTHER, "obsessive_compulsive_disorder", 60),
    Line("personality_disorder", "mental_health", OTHER, "personality_disorder"),
    Line("eating_disorder", "mental_health", OTHER, "eating_disorder", 60),
    Line("substance_misuse", "mental_health", OTHER, "alcohol_misuse drug_misuse", 60),
    Line("learning_disability", "developmental", MODERATE, "learning_disability"),
    Line("autism", "developmental", OTHER, "autism"),
    Line("chromosomal_and_other_congenital", "developmental", MODERATE, "chromosomal_disorder spina_bifida"),
    Line("visual_impairment", "sensory", OTHER, "visual_impairment macular_degeneration"),
    Line("hearing_loss", "sensory", OTHER, "hearing_loss"),
    Line("menieres_disease", "sensory", OTHER, "menieres_disease"),
    Line("sickle_cell_disease", "blood_immune", MAJOR, "sickle_cell_disease"),
    Line("inherited_coagulopathy", "blood_immune", MODERATE, "inherited_coagulopathy"),
    Line("immunodeficiency", "blood_immune", MODERATE, "immunodeficiency"),
    Line("sarcoidosis", "blood_immune", MODERATE, "sarcoidosis"),
    Line("organ_transplant", "blood_immune", MAJOR, "organ_transplant"),
    Line("hiv", "infectious", MODERATE, "hiv"),
    Line("tuberculosis", "infectious", OTHER, "tuberculosis", 24),
    Line("post_covid", "infectious", OTHER, "post_covid", 24),
    Line("injury_sequelae", "general", OTHER, "injury_sequelae"),
)

_SYSTEMS = {line.name: line.system for line in PLAIN_LINES} | {
    "chronic_kidney_disease": "genitourinary",
    "chronic_liver_disease": "digestive",
    "chronic_pain": "general",
    "anaemia": "blood_immune",
    "cancer": "cancer",
}


@frozen
class Lines:
    """The lines present, each with its highest class."""

    classes: dict[str, str]

    def has(self, *names: str) -> bool:
        """Whether any of the lines is present."""
        return any(name in self.classes for name in names)

    @property
    def n_ltc(self) -> int:
        return len(self.classes)

    @property
    def n_systems(self) -> int:
        return len({_SYSTEMS[name] for name in self.classes})

    @property
    def has_major(self) -> bool:
        return MAJOR in self.classes.values()

    @property
    def has_moderate(self) -> bool:
        return MODERATE in self.classes.values()


def read_lines(evidence: Evidence) -> Lines:
    """The lines present in some evidence."""
    classes: dict[str, str | None] = {
        line.name: line.highest for line in PLAIN_LINES if evidence.has(*line.rows, months=line.months)
    }
    classes["chronic_kidney_disease"] = _kidney(evidence)
    classes["chronic_liver_disease"] = _liver(evidence)
    classes["chronic_pain"] = _pain(evidence)
    classes["anaemia"] = _anaemia(evidence)
    classes["cancer"] = _cancer(evidence)
    return Lines({name: highest for name, highest in classes.items() if highest is not None})


def _kidney(evidence: Evidence) -> str | None:
    """Chronic and end-stage disease are one line; dialysis makes it on two dates, and only then."""
    resolved = evidence.last("ckd_resolved")
    on_dialysis = len(evidence.days("dialysis")) >= 2 and not (
        resolved > evidence.last("dialysis") and resolved > evidence.last("chronic_kidney_disease")
    )
    if on_dialysis or evidence.has("kidney_transplant", "end_stage_kidney_disease"):
        return MAJOR
    if evidence.has("ckd_stage_4_5"):
        return MODERATE
    return OTHER if evidence.has("chronic_kidney_disease") else None


def _liver(evidence: Evidence) -> str | None:
    if evidence.has("severe_liver_disease"):
        return MAJOR
    if evidence.has("chronic_liver_disease", "viral_hepatitis"):
        return MODERATE
    return OTHER if evidence.has("fatty_liver_disease") else None


def _pain(evidence: Evidence) -> str | None:
    is_present = evidence.has("chronic_pain", months=12) or evidence.has("fibromyalgia_chronic_fatigue")
    return OTHER if is_present else None


def _anaemia(evidence: Evidence) -> str | None:
    """Two dates at least 90 days apart, both in 24 months."""
    return OTHER if span(evidence.days("anaemia", months=24)) >= timedelta(days=90) else None


def _cancer(evidence: Evidence) -> str | None:
    """Diagnosis in 60 months, treatment of a coded cancer in 60 months, or metastatic ever."""
    is_present = (
        evidence.has("metastatic_cancer")
        or evidence.has("cancer_any", months=60)
        or (evidence.has("cancer_any") and evidence.has("cancer_treatment", months=60))
    )
    return MAJOR if is_present else None
