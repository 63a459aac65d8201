"""The codes that generated people have: for each condition some in ICD-10, ICD-10-CM and SNOMED CT.

Chosen by hand, for variety and not for frequency. `pool_meaning` turns the pool round, so that the oracle can
be run without the package's catalogue.
"""

from __future__ import annotations

from functools import cache

from oracle.codes import expand

Coded = tuple[str, str]

# condition: ICD-10 | ICD-10-CM | SNOMED CT
_POOL_TEXT = """
coronary_heart_disease: I251 I209 Z951 Z955 | I2510 Z951 Z955 | 414545008 194828000
myocardial_infarction: I219 I252 | I214 I252 | 22298006
heart_failure: I500 I110 I132 | I5022 I110 I132 | 84114007
cardiomyopathy: I420 | I420 | 85898001
congenital_heart_disease: Q210 Q23 Q230 | Q210 Q230 | 13213009
hypertension: I10 I110 I132 | I10 I110 I132 | 38341003
valvular_heart_disease: I350 I051 | I350 | 368009
atrial_fibrillation: I48 I489 | I4891 | 49436004 5370000
other_arrhythmia_conduction: I471 Z950 | I4710 Z950 |
venous_thromboembolism: I269 I802 | I2699 | 59282003 128053003
peripheral_vascular_disease: I702 I739 | I70209 I739 | 400047006
aortic_aneurysm: I714 | I7140 | 67362008
stroke: I639 I64 I619 | I639 | 230690007
tia: G459 | G459 | 266257000
pulmonary_heart_disease: I279 | I2781 |
pulmonary_hypertension: I270 | I270 | 70995007
hypotension_syncope: I951 R55 | I951 R55 | 271594007
asthma: J459 J46 | J45909 | 195967001
copd: J449 J439 | J449 | 13645005
bronchiectasis: J47 | J479 | 12295008
interstitial_lung_disease: J841 | J84112 | 233703007
cystic_fibrosis: E840 | E840 | 190905008
diabetes: E149 | E139 | 73211009
diabetes_type_1: E109 | E109 | 46635009
diabetes_type_2: E119 E112 | E119 E1122 | 44054006
addisons_disease: E271 E272 | E271 E272 |
hypothyroidism: E039 | E039 | 40930008
other_thyroid_disease: E059 | E0590 | 34486009
chronic_kidney_disease: N183 N189 N19 I132 | N1830 N189 I132 | 709044004 433144002
ckd_stage_4_5: N184 N185 | N184 N185 | 431857002
end_stage_kidney_disease: N185 N180 | N185 N186 | 46177005 433146000
kidney_transplant: Z940 T861 | Z940 T8611 | 737295003
dialysis: Z49 Z491 Z992 T824 | Z4931 Z992 T8241XA | 105502003
endometriosis: N800 | N809 | 129103003
chronic_urinary_infection: N11 N119 N301 N302 | N119 N3010 |
urinary_tract_infection: N390 | N390 | 68566005
benign_prostatic_hyperplasia: N40 | N400 |
inflammatory_bowel_disease: K509 K519 | K5090 | 34000006 64766004
chronic_liver_disease: K746 K732 K752 K753 K754 K758 | K7460 K754 | 328383001
severe_liver_disease: K766 K704 | K766 | 59927004
viral_hepatitis: B182 | B182 | 10295004
fatty_liver_disease: K760 K769 | K760 K769 |
peptic_ulcer: K259 K26 | K259 | 13200003
chronic_pancreatitis: K861 | K861 | 235494005
irritable_bowel_syndrome: K589 | K589 | 10743008
constipation: K590 | K5900 | 14760008
dementia: F03 F009 F019 G309 F051 | F0390 G309 | 52448006
parkinsons_disease: G20 | G20A1 | 49049000
multiple_sclerosis: G35 | G35 | 24700007
motor_neurone_disease: G122 | G1221 | 37340000
huntington_systemic_atrophy: G10 G111 | G10 | 58756001
epilepsy: G409 G419 | G40909 | 84757009
hemiplegia_paralysis: G819 G822 G800 | G8190 G800 | 50582007 60389000
cerebral_palsy: G80 G801 G800 | G809 G800 | 128188000
neuromuscular_disease: G700 | G7000 | 91637004 73297009
severe_neuromuscular_disease: G710 G712 | G7101 G7120 |
neuropathy: G60 G61 G62 G63 G629 | G629 |
benign_brain_tumour: D32 D33 D329 | D329 |
chronic_pain: R521 R522 | G892 G8929 G894 | 82423001
fibromyalgia_chronic_fatigue: M797 | M797 | 203082005
visual_impairment: H540 | H547 | 397540003
macular_degeneration: H353 | H3530 | 267718000
glaucoma: H401 | H409 | 23986001
cataract: H269 | H269 | 193570009
hearing_loss: H919 | H9190 | 15188001
menieres_disease: H810 | H8109 |
severe_mental_illness: F323 F333 | F323 F333 | 1086471000000103
schizophrenia_psychosis: F20 F21 F22 F23 F24 F25 F28 F29 F200 | F209 F259 | 58214004
bipolar_disorder: F30 F31 F319 | F319 | 13746004
depression: F329 F334 | F3340 | 35489007
depression_recurrent_or_severe: F322 F33 F332 F323 F333 | F322 F332 |
anxiety: F40 F41 F411 | F411 | 197480006
ptsd: F431 | F4310 | 47505003
obsessive_compulsive_disorder: F42 | F429 | 191736004
eating_disorder: F500 | F5000 | 72366004
personality_disorder: F603 | F603 | 33449004
alcohol_misuse: F101 | F1010 | 7200002
alcohol_dependence: F102 F103 F104 | F1020 | 66590003
drug_misuse: F111 F191 | F1110 |
drug_dependence: F112 F123 F134 F142 F153 F164 F182 F193 | F1120 | 191816009
self_harm: X60 X849 | | 276853009 82313006
learning_disability: F719 | F71 | 110359009
autism: F840 | F840 | 35919005
chromosomal_disorder: Q90-Q93 Q95-Q99 | Q909 |
spina_bifida: Q05 Q059 | Q059 |
anaemia: D509 D649 | D509 | 271737000
sickle_cell_disease: D571 | D571 | 417357006
inherited_coagulopathy: D66 D67 D680 D681 D682 | D66 D67 D681 |
immunodeficiency: D839 | D839 | 234532001
sarcoidosis: D869 | D869 | 31541009
organ_transplant: Z941 Z942 Z943 Z944 Z948 T86 T862 | Z944 T8620 | 737297006
hiv: B24 B20 Z21 | B20 Z21 | 86406008
tuberculosis: A150 A19 | A150 | 56717001
post_covid: U099 U074 U09 | U099 |
cancer_any: C80 C719 | C801 C719 | 363346000
breast_cancer: C509 | C50919 | 254837009
colorectal_cancer: C189 | C189 | 363406005
haematological_cancer: C833 D45 D46 D471 D473 | C8330 D45 | 118600007 93143009
metastatic_cancer: C77 C78 C79 C787 | C787 | 128462008
cancer_treatment: Z510 Z511 | Z510 Z5111 |
cancer_review: Z08 Z089 | Z08 |
injury_sequelae: T90-T95 T905 | |
osteoarthritis: M179 | M179 | 396275006
osteoporosis: M819 | M810 | 64859006
gout: M109 | M109 | 90560007
rheumatoid_arthritis: M069 | M069 | 69896004
systemic_lupus: M329 | M329 | 55464009
spondyloarthritis: M45 | M459 | 9631008
polymyalgia_giant_cell_arteritis: M353 | M353 | 65323003 414341000
connective_tissue_disease: M349 | M349 | 89155008
falls: W00-W19 W010 R296 | W19XXXA R296 | 1912002
fragility_fracture: M80 M809 M485 | M8000XA | 443165006
fragility_site_fracture: S720 S721 S722 S22 S32 S42 S525 S526 | S22000A S32010A |
hip_fracture: S720 | S72001A | 5913000
urinary_incontinence: R32 N394 | R32 | 165232002
faecal_incontinence: R15 | R159 |
pressure_ulcer: L89 L899 | L8990 | 399912005
leg_ulcer: L97 L979 | |
malnutrition_weight_loss: R634 E46 | R634 | 89362005
mobility_problems: R26 R268 | R269 | 8510008
delirium: F05 F059 | F05 | 2776000
dysphagia: R13 | R1310 | 40739000
cognitive_symptoms: R41 R413 | R413 | 386807006
mild_cognitive_disorder: F067 | F0670 |
care_dependency: Z74 Z740 Z993 | Z7409 Z993 |
care_home: | | 160734000
housebound: | | 160689007
social_vulnerability: Z602 | Z602 |
dizziness: | | 404640003
dyspnoea: | | 267036007
sleep_disturbance: | | 193462001
no_longer_housebound: | | 760661000000106
frailty_mild: | | 925791000000100
frailty_moderate: | | 925831000000107
frailty_severe: | | 925861000000102
frailty_diagnosis: R54 | R54 |
technology_dependence: Z930 Z931 Z991 Z982 | Z930 Z931 Z9911 Z982 |
palliative_care: Z515 | Z515 | 103735009
palliative_care_not_indicated: | | 1048611000000104
asthma_resolved: | | 162660004
copd_resolved: | | 941201000000103
ckd_resolved: | | 939211000000104
depression_resolved: | | 196381000000100
diabetes_resolved: | | 315051004
epilepsy_resolved: | | 162658001
heart_failure_resolved: | | 521691000000100
pregnancy_ongoing: Z33-Z36 O120 O21 O26 O600 | O0990 Z3400 O210 | 77386006 169560008
pregnancy_delivery: O80-O84 Z37 Z370 O601 O602 O603 | O80 Z370 O6012X0 |
pregnancy_loss: O00-O08 O039 | O039 Z332 | 17369002 34801009 386639001
pregnancy_postnatal: O85-O92 Z39 Z392 F53 | O8612 Z392 |
placenta_praevia: O44 O440 | O4400 | 36813001
placenta_praevia_or_accreta: O432 | O43213 |
mild_pre_eclampsia: O11 O140 O149 | O1400 O119 |
severe_pre_eclampsia_or_eclampsia: O141 O142 O15 O150 | O1410 O1500 | 15938005
gestational_hypertension: O13 | O139 | 308551004
pre_existing_hypertension_in_pregnancy: O10 O100 | O10019 |
pregnancy_heart_disease: O101 O102 O103 O994 | O10111 O99411 |
pregnancy_venous_thromboembolism: O223 O882 | O2230 O88219 |
pre_existing_diabetes_in_pregnancy: O240 O241 O242 O243 | O24011 O24311 |
gestational_diabetes: O244 O249 | O24410 O24919 | 11687002
multiple_gestation: O300 Z372 | O30009 | 16356006
previous_caesarean: O342 | O34219 |
"""

#: Codes the specification names as meaning nothing, or nothing in the place where one would expect it.
NAMED_AS_OUT = expand(
    "C44 C441 D00-D07 D09 D62 E274 F05 F17 F171 F063 I65-I68 I700 N181 N182 O60-O75 Q233 R29 R290 Z73 Z75 L97"
    " O10-O16 O20-O26 O28-O36 O40-O48 O94 O95 O98 O99 O990"
)
NAMED_AS_OUT_CM = expand("C449 C4A9 N181 N182 O09 O98 O9989 Z332 Z333 I700")

#: Codes of the model's own housekeeping that the specification prints.
ADMINISTRATIVE: tuple[Coded, ...] = (("314529007", "snomed"), ("281399006", "snomed"))

#: Real codes that no condition and no score holds.
UNMAPPED: tuple[Coded, ...] = (
    ("J00", "icd10"),
    ("Z000", "icd10"),
    ("L600", "icd10"),
    ("H612", "icd10"),
    ("Z0000", "icd10cm"),
    ("J00", "icd10cm"),
    ("271649006", "snomed"),
    ("162673000", "snomed"),
    ("W903", "opcs4"),
)

#: What is no code of its system at all.
UNREADABLE: tuple[Coded, ...] = (("&", "icd10"), ("-", "icd10cm"), ("NONE", "snomed"))

MEDICINES: tuple[Coded, ...] = (
    ("0106040M0AAAAAA", "bnf"),
    ("0212000B0AAABAB", "bnf"),
    ("0403030E0AAAAAA", "bnf"),
    ("0407010H0AAAMAM", "bnf"),
    ("0601022B0AAABAB", "bnf"),
    ("N02BE01", "atc"),
    ("C10AA05", "atc"),
    ("39113611000001102", "dmd"),
)

CLINICAL_FRAILTY_SCALE: Coded = ("763264000", "snomed")

#: The code systems in the order of the pool's columns.
SYSTEMS = ("icd10", "icd10cm", "snomed")

#: The pool's nesting, for `pool_meaning` alone.
_PARENTS = {
    "myocardial_infarction": "coronary_heart_disease",
    "pulmonary_hypertension": "pulmonary_heart_disease",
    "diabetes_type_1": "diabetes",
    "diabetes_type_2": "diabetes",
    "ckd_stage_4_5": "chronic_kidney_disease",
    "end_stage_kidney_disease": "chronic_kidney_disease",
    "kidney_transplant": "end_stage_kidney_disease chronic_kidney_disease",
    "severe_liver_disease": "chronic_liver_disease",
    "severe_neuromuscular_disease": "neuromuscular_disease",
    "schizophrenia_psychosis": "severe_mental_illness",
    "bipolar_disorder": "severe_mental_illness",
    "depression_recurrent_or_severe": "depression",
    "alcohol_dependence": "alcohol_misuse",
    "drug_dependence": "drug_misuse",
    "breast_cancer": "cancer_any",
    "colorectal_cancer": "cancer_any",
    "haematological_cancer": "cancer_any",
    "metastatic_cancer": "cancer_any",
    "systemic_lupus": "connective_tissue_disease",
    "hip_fracture": "fragility_site_fracture",
    "pressure_ulcer": "skin_pressure_ulcer",
    "leg_ulcer": "skin_pressure_ulcer",
    "cognitive_symptoms": "cognitive_impairment",
    "mild_cognitive_disorder": "cognitive_impairment",
    "placenta_praevia": "placenta_praevia_or_accreta",
    "mild_pre_eclampsia": "pre_eclampsia_or_eclampsia",
    "severe_pre_eclampsia_or_eclampsia": "pre_eclampsia_or_eclampsia",
}


def _read_pool() -> dict[str, tuple[Coded, ...]]:
    pool = {}
    for line in _POOL_TEXT.strip().splitlines():
        condition, _, columns = line.partition(":")
        pool[condition] = tuple(
            (code, system) for system, codes in zip(SYSTEMS, columns.split("|"), strict=True) for code in expand(codes)
        )
    return pool


#: For each condition the codes a generated person may have.
POOL = _read_pool()

#: Every code there is to draw from, each once.
EVERY_CODE: tuple[Coded, ...] = tuple(
    dict.fromkeys(
        (
            *(coded for codes in POOL.values() for coded in codes),
            *((code, "icd10") for code in NAMED_AS_OUT),
            *((code, "icd10cm") for code in NAMED_AS_OUT_CM),
            *UNMAPPED,
            *ADMINISTRATIVE,
        )
    )
)


@cache
def pool_meaning(code: str, system: str) -> frozenset[str]:
    """The conditions a code is evidence of by the pool alone, parents included."""
    found = {
        condition
        for condition, codes in POOL.items()
        for known, known_system in codes
        if system == known_system and (code == known if system == "snomed" else code.startswith(known))
    }
    if (code, system) == CLINICAL_FRAILTY_SCALE:
        found.add("clinical_frailty_scale")
    return frozenset(found.union(*(_PARENTS.get(condition, "").split() for condition in found)))
