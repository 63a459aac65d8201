"""The scores of section 4: Cambridge, hospital frailty, electronic frailty and Charlson."""

from __future__ import annotations

from datetime import date

from .codes import expand
from .dates import in_months
from .evidence import Evidence, Row
from .lines import Lines

# Hospital Frailty Risk Score (Gilbert 2018): weight in tenths, then the three-character codes that carry it.
_HFRS_TEXT = """
71 F00|44 G81|40 G30|37 I69|36 R29|32 N39 F05 W19 S00|30 R31|29 B96|27 R41|26 R26 I67 R56|25 R40|24 T83 S06
23 S42 E87 M25 E86|22 R54|21 Z50 F03 W18|20 Z75 F01 S80 L03|19 H54 E53|18 Z60 G20 R55 S22 K59 N17
17 L89 Z22 B95|16 L97 R44 K26 I95 N19 A41|15 Z87 J96 X59 M19 G40|14 M81 S72 S32 E16 R94 N18|13 R33 R69 N28
12 R32 G31 Y95 S09 R45 G45|11 Z74 M79 W06 S01 A04 A09 J18|10 J69 R47 E55 Z93 R02|9 R63 H91 W10 W01 E05 M41
8 R13 Z99 U80 M80 K92 I63|7 N20 F10 Y84 R00 J22|6 Z73 R79|5 Z91 S51 F32 M48|4 E83 M15 D64 L08|3 R11 K52|1 R50
"""
HFRS = {
    code: int(weight)
    for group in _HFRS_TEXT.strip().replace("\n", "|").split("|")
    for weight, *codes in [group.split()]
    for code in codes
}

# Charlson's conditions in Quan's ICD-10 coding (2005), with the weights of 1987 and of 2011.
_CHARLSON_TEXT: dict[str, tuple[int, int, str]] = {
    "myocardial_infarction": (1, 0, "I21 I22 I252"),
    "heart_failure": (1, 2, "I099 I110 I130 I132 I255 I420 I425-I429 I43 I50 P290"),
    "peripheral_vascular": (1, 0, "I70 I71 I731 I738 I739 I771 I790 I792 K551 K558 K559 Z958 Z959"),
    "cerebrovascular": (1, 0, "G45 G46 H340 I60-I69"),
    "dementia": (1, 2, "F00-F03 F051 G30 G311"),
    "lung": (1, 1, "I278 I279 J40-J47 J60-J67 J684 J701 J703"),
    "rheumatic": (1, 1, "M05 M06 M315 M32-M34 M351 M353 M360"),
    "peptic_ulcer": (1, 0, "K25-K28"),
    "mild_liver": (1, 2, "B18 K700-K703 K709 K713-K715 K717 K73 K74 K760 K762-K764 K768 K769 Z944"),
    "diabetes": (1, 0, " ".join(f"E1{n}0 E1{n}1 E1{n}6 E1{n}8 E1{n}9" for n in range(5))),
    "diabetes_complicated": (2, 1, " ".join(f"E1{n}2-E1{n}5 E1{n}7" for n in range(5))),
    "paraplegia": (2, 2, "G041 G114 G801 G802 G81 G82 G830-G834 G839"),
    "renal": (2, 1, "I120 I131 N032-N037 N052-N057 N18 N19 N250 Z490-Z492 Z940 Z992"),
    "malignancy": (2, 2, "C00-C26 C30-C34 C37-C41 C43 C45-C58 C60-C76 C81-C85 C88 C90-C97"),
    "severe_liver": (3, 4, "I850 I859 I864 I982 K704 K711 K721 K729 K765-K767"),
    "metastatic": (6, 6, "C77-C80"),
    "aids": (6, 4, "B20-B22 B24"),
}
CHARLSON = {name: (old, new, expand(codes)) for name, (old, new, codes) in _CHARLSON_TEXT.items()}

#: The graver of two conditions silences the milder.
_CHARLSON_HIERARCHY = {
    "diabetes_complicated": "diabetes",
    "severe_liver": "mild_liver",
    "metastatic": "malignancy",
}

#: Conditions of one eFI deficit each, by our catalogue rows: 31 of the 36. Chronic kidney disease, fractures
#: and polypharmacy have rules of their own; activity limitation and foot problems have no codes of ours.
_EFI_DEFICITS = """
anaemia
osteoarthritis rheumatoid_arthritis
atrial_fibrillation
stroke tia
diabetes
dizziness
dyspnoea
falls
hearing_loss
heart_failure
valvular_heart_disease
housebound
hypertension
hypotension_syncope
coronary_heart_disease
cognitive_impairment dementia delirium
mobility_problems
osteoporosis
parkinsons_disease
peptic_ulcer
peripheral_vascular_disease
care_dependency care_home
copd asthma bronchiectasis
skin_pressure_ulcer
sleep_disturbance
social_vulnerability
hypothyroidism other_thyroid_disease
urinary_incontinence
urinary_tract_infection chronic_urinary_infection benign_prostatic_hyperplasia
visual_impairment glaucoma cataract macular_degeneration
malnutrition_weight_loss
"""


def cambridge(evidence: Evidence, lines: Lines) -> tuple[int, int]:
    """The Cambridge score in hundredths by coded rules, and the same without constipation and pain."""
    core = (
        250 * lines.has("dementia")
        + 153 * lines.has("cancer")
        + 146 * lines.has("copd")
        + 134 * evidence.has("atrial_fibrillation")
        + 118 * lines.has("heart_failure")
        + 92 * lines.has("epilepsy")
        + 80 * lines.has("stroke", "tia")
        + 75 * lines.has("diabetes")
        + 65 * evidence.has("alcohol_misuse", months=60)
        + 64 * lines.has("severe_mental_illness")
        + 53 * lines.has("chronic_kidney_disease")
        + 50 * evidence.has("anxiety", "depression", months=12)
        + 49 * lines.has("coronary_heart_disease")
        + 43 * lines.has("connective_tissue_disease")
        + 21 * evidence.has("irritable_bowel_syndrome")
        + 19 * evidence.has("asthma", months=12)
        + 9 * lines.has("hearing_loss")
        + 8 * lines.has("hypertension")
    )
    prescribed = 112 * evidence.has("constipation", months=12) + 92 * evidence.has("chronic_pain", months=12)
    return core + prescribed, core


def _icd_rows(records: list[Row]) -> list[Row]:
    return [row for row in records if row["system"] in ("icd10", "icd10cm")]


def hospital_frailty(records: list[Row], as_at: date) -> int | None:
    """HFRS in tenths, each code once in 24 months; unknown without any ICD-10 record ever."""
    rows = _icd_rows(records)
    if not rows:
        return None
    codes = {row["code"][:3] for row in rows if in_months(row["date"], as_at, 24)}
    return sum(HFRS.get(code, 0) for code in codes)


def charlson(records: list[Row]) -> tuple[int, int] | None:
    """Charlson's index with the weights of 1987 and of 2011; unknown without any ICD-10 record ever."""
    rows = _icd_rows(records)
    if not rows:
        return None
    found = {name for name, (_, _, codes) in CHARLSON.items() if any(row["code"].startswith(codes) for row in rows)}
    found -= {milder for graver, milder in _CHARLSON_HIERARCHY.items() if graver in found}
    return sum(CHARLSON[name][0] for name in found), sum(CHARLSON[name][1] for name in found)


def electronic_frailty(evidence: Evidence, lines: Lines, fractures: bool, medicines: list[Row] | None) -> int:
    """How many of the 36 deficits are present. `fractures`: any that counts at the age it happened."""
    deficits = sum(evidence.has(*row.split()) for row in _EFI_DEFICITS.strip().splitlines())
    taken = {(row["system"], row["code"]) for row in medicines or [] if in_months(row["date"], evidence.as_at, 12)}
    return deficits + lines.has("chronic_kidney_disease") + fractures + (len(taken) >= 5)
