"""What codes mean: the lists the specification prints, and for all else the catalogue the caller hands in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from attrs import field, frozen

Meaning = Callable[[str, str], frozenset[str]]

#: Write-back and housekeeping codes that show no contact. The specification prints these two.
ADMINISTRATIVE = frozenset({"314529007", "281399006"})

_READABLE = {
    "icd10": re.compile(r"[A-Z]\d\d[0-9A-Z]{0,2}"),
    "icd10cm": re.compile(r"[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}"),
    "snomed": re.compile(r"\d{6,18}"),
    "opcs4": re.compile(r"[A-Z]\d\d\d?"),
}


def expand(text: str) -> tuple[str, ...]:
    """Codes from text such as 'F20-F25 F323': ranges run over the digits, the letter and the length stay.

    >>> expand("O240-O242 R15")
    ('O240', 'O241', 'O242', 'R15')
    """
    codes: list[str] = []
    for word in text.split():
        first, _, last = word.partition("-")
        if not last:
            codes.append(first)
            continue
        width = len(first) - 1
        codes += [f"{first[0]}{n:0{width}d}" for n in range(int(first[1:]), int(last[1:]) + 1)]
    return tuple(codes)


@frozen
class Named:
    """What the specification says of one condition's ICD codes.

    `is_whole`: the text gives the whole list. Otherwise it only says that some codes are in and some are out,
    and the catalogue decides on the others.
    """

    included: tuple[str, ...] = field(converter=expand, default="")
    excluded: tuple[str, ...] = field(converter=expand, default="")
    parents: tuple[str, ...] = field(converter=str.split, default="")
    is_whole: bool = True

    def verdict(self, code: str) -> bool | None:
        """True: evidence of the condition. False: not. None: the text does not say."""
        if code.startswith(self.excluded):
            return False
        if code.startswith(self.included):
            return True
        return False if self.is_whole else None


def _partly(included: str = "", excluded: str = "", parents: str = "") -> Named:
    return Named(included, excluded, parents, is_whole=False)


_DRUG_DEPENDENCE = " ".join(f"F{drug}2-F{drug}4" for drug in (11, 12, 13, 14, 15, 16, 18, 19))

_CHAPTERS: dict[str, Named] = {
    # Cancer: in situ D00-D09 and non-melanoma skin cancer are out; C80 is a cancer but not metastatic.
    # D47.4 and D47.5 were part of D47.1 until WHO's update of 2010: the catalogue says so.
    "cancer_any": Named("C D45 D46 D471 D473-D475", "C44"),
    "metastatic_cancer": Named("C77-C79", parents="cancer_any"),
    "cancer_treatment": Named("Z510 Z511"),
    # Circulation.
    "coronary_heart_disease": _partly("Z951 Z955"),
    "congenital_heart_disease": _partly("Q23"),
    "valvular_heart_disease": _partly(excluded="Q23"),
    "peripheral_vascular_disease": _partly(excluded="I700"),
    "stroke": _partly(excluded="I65-I68"),
    # Kidney: stage 3-5 or unspecified; dialysis is evidence of dialysis only.
    "chronic_kidney_disease": _partly("I132", "N181 N182 Z49 Z992 T824"),
    "ckd_stage_4_5": Named("N184 N185", parents="chronic_kidney_disease"),
    "end_stage_kidney_disease": Named("N185 N180 Z940 T861", parents="chronic_kidney_disease"),
    "kidney_transplant": Named("Z940 T861", parents="end_stage_kidney_disease chronic_kidney_disease"),
    "dialysis": Named("Z49 Z992 T824"),
    "organ_transplant": Named("Z941-Z944 Z948 T86", "T861"),
    "chronic_urinary_infection": Named("N11 N301 N302"),
    # Liver: a transplanted liver is no liver disease.
    "chronic_liver_disease": _partly("K752-K754 K758", "K760 K769 Z944"),
    "severe_liver_disease": _partly(excluded="Z944"),
    "fatty_liver_disease": Named("K760 K769"),
    # Other bodily conditions.
    "addisons_disease": _partly("E271 E272"),
    "neuropathy": Named("G60-G63"),
    # The specification prints D32 and D33; the catalogue adds growths there of uncertain behaviour.
    "benign_brain_tumour": _partly("D32 D33"),
    "severe_neuromuscular_disease": Named("G710 G712", parents="neuromuscular_disease"),
    "hemiplegia_paralysis": _partly("G800", "G801-G809"),
    "cerebral_palsy": _partly("G80"),
    "chromosomal_disorder": Named("Q90-Q99"),
    "spina_bifida": Named("Q05"),
    "menieres_disease": Named("H810"),
    "inherited_coagulopathy": Named("D66 D67 D680-D682"),
    "anaemia": _partly(excluded="D62"),
    "post_covid": Named("U074 U09"),
    "injury_sequelae": Named("T90-T95"),
    "chronic_pain": Named("R521 R522"),
    "technology_dependence": Named("Z930 Z931 Z991 Z982"),
    # Mind.
    "dementia": _partly("F051"),
    "severe_mental_illness": Named("F20-F25 F28-F31 F323 F333"),
    "depression_recurrent_or_severe": Named("F322 F323 F33", "F334", parents="depression"),
    "anxiety": Named("F40 F41"),
    "alcohol_dependence": Named("F102-F104", parents="alcohol_misuse"),
    "drug_dependence": Named(_DRUG_DEPENDENCE, parents="drug_misuse"),
    "drug_misuse": _partly(excluded="F17"),
    # Geriatric syndromes.
    "falls": Named("W00-W19 R296"),
    "fragility_fracture": Named("M80 M485"),
    "fragility_site_fracture": Named("S720-S722 S22 S32 S42 S525 S526"),
    "faecal_incontinence": Named("R15"),
    "pressure_ulcer": Named("L89", parents="skin_pressure_ulcer"),
    "leg_ulcer": _partly("L97", parents="skin_pressure_ulcer"),
    "mobility_problems": Named("R26"),
    "delirium": Named("F05", "F051"),
    "cognitive_symptoms": Named("R41", parents="cognitive_impairment"),
    "mild_cognitive_disorder": Named("F067", parents="cognitive_impairment"),
    "care_dependency": Named("Z74 Z993"),
    # Pregnancy: O61-O75 and a bare O60 belong to no set.
    "pregnancy_ongoing": Named("Z33-Z36 O09-O16 O20-O48 O600 O98 O99"),
    "pregnancy_delivery": Named("O80-O84 Z37 O601-O603"),
    "pregnancy_loss": Named("O00-O08"),
    "pregnancy_postnatal": Named("O85-O92 Z39 F53"),
    "placenta_praevia_or_accreta": Named("O44 O432"),
    "placenta_praevia": Named("O44"),
    "pre_eclampsia_or_eclampsia": Named("O11 O14 O15"),
    "mild_pre_eclampsia": Named("O11 O140 O149"),
    "severe_pre_eclampsia_or_eclampsia": Named("O141 O142 O15"),
    "gestational_hypertension": Named("O13"),
    "pre_existing_hypertension_in_pregnancy": Named("O10"),
    "pregnancy_heart_disease": Named("O101-O103 O994"),
    "pregnancy_venous_thromboembolism": Named("O223 O882"),
    "pre_existing_diabetes_in_pregnancy": Named("O240-O243"),
    "previous_caesarean": Named("O342"),
}

#: Where ICD-10-CM differs: codes of its own for end-stage disease, pain and induced abortion, Merkel cell
#: carcinoma among skin cancers, and codes that WHO has not (C7B, F10.13, O24.8), of which the text is silent.
_CLINICAL_MODIFICATION: dict[str, Named] = {
    "cancer_any": _partly("C D45 D46 D471 D473 D474", "C44 C4A"),
    "metastatic_cancer": _partly("C77-C79", "C80", parents="cancer_any"),
    "end_stage_kidney_disease": _partly("N185 N186 Z940 T861", parents="chronic_kidney_disease"),
    "kidney_transplant": _partly("Z940 T861", parents="end_stage_kidney_disease chronic_kidney_disease"),
    "organ_transplant": _partly("Z941-Z944 Z948 T86", "T861"),
    "spina_bifida": _partly("Q05"),
    "mobility_problems": _partly("R26"),
    "neuropathy": _partly("G60-G63"),
    "chronic_pain": Named("G892 G894"),
    "injury_sequelae": _partly(),
    "alcohol_dependence": _partly("F102-F104", parents="alcohol_misuse"),
    "drug_dependence": _partly(_DRUG_DEPENDENCE, parents="drug_misuse"),
    "mild_cognitive_disorder": _partly("F067", parents="cognitive_impairment"),
    "pregnancy_ongoing": Named("Z33-Z36 O09-O16 O20-O48 O600 O98 O99", "Z332"),
    "pregnancy_loss": Named("O00-O08 Z332"),
    "pre_existing_diabetes_in_pregnancy": _partly("O240-O243", "O244 O249"),
    "previous_caesarean": Named("O3421 O3422"),
}

NAMED = {"icd10": _CHAPTERS, "icd10cm": _CHAPTERS | _CLINICAL_MODIFICATION}

#: The SNOMED CT concepts the specification prints.
NAMED_CONCEPTS = {
    "925791000000100": "frailty_mild",
    "925831000000107": "frailty_moderate",
    "925861000000102": "frailty_severe",
}


def is_readable(code: str | None, system: str) -> bool:
    """Whether a code has the form of its system."""
    if not code:
        return False
    pattern = _READABLE.get(system)
    return pattern is None or pattern.fullmatch(code) is not None


@cache
def conditions_of(code: str, system: str, catalogue: Meaning) -> frozenset[str]:
    """The conditions a code is evidence of, parents included."""
    found = set(catalogue(code, system))
    if system == "snomed" and code in NAMED_CONCEPTS:
        found -= set(NAMED_CONCEPTS.values())
        found.add(NAMED_CONCEPTS[code])
    for condition, named in NAMED.get(system, {}).items():
        match named.verdict(code):
            case True:
                found.update([condition, *named.parents])
            case False:
                found.discard(condition)
    return frozenset(found)
