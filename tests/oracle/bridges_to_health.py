"""Bridges to Health as Python: the registers and segments of one person with ICD-10 and OPCS-4 records.

Codes and rules were written out from the published facts and from what the documentation says is ours; neither the
model file nor the tables of the catalogue are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attrs import frozen

from .codes import expand
from .dates import age_on, in_months
from .evidence import Row
from .scores import HFRS

#: Words that leave the setting open, as no word does.
UNSAID = (None, "unknown", "not known", "not specified")
HOSPITAL = ("inpatient", "outpatient", "emergency", "emergency_admission", *UNSAID)
ADMISSION = ("inpatient", "emergency_admission", *UNSAID)

#: Register: its codes at any time. A code of OPCS-4 has its own first letter in these lists, or `!` before it.
_EVER_TEXT = {
    "alcohol_dependence": "F101-F109 E244 G312 G621 G721 I426 K292 K70 K852 K860 Z502 Z714",
    "asthma": "J45 J46",
    "atrial_fibrillation": "I48",
    "bronchiectasis": "J47 Q334",
    "cancer": "C00-C21 C220-C224 C227 C229 C23-C25 C260 C261 C268 C269 C300 C301 C31-C34 C37 C380-C384 C388 C390 C398"
    " C399 C40 C41 C43 C45-C58 C60-C74 C750-C755 C758 C759 C76 C80-C86 C880 C882-C884 C887 C889 C90-C97 D05",
    "cerebrovascular_disease": "G450-G454 G458 G459 G460-G468 I60-I69",
    "chronic_kidney_disease": "N18",
    "chronic_liver_disease": "K70 K717 K73 K74 K754 K758 K760 K766 B18 I85 I982 I983",
    "chronic_pain": "F454 M797 R521 R522",
    "copd": "J40-J44",
    "coronary_heart_disease": "I20-I25",
    "cystic_fibrosis": "E84",
    "depression": "F32 F33",
    "diabetes": "E10-E14 G590 G632 H280 H360 M142 N083 O240-O243",
    "epilepsy": "G40 G41",
    "heart_failure": "I110 I130 I132 I50",
    "hypertension": "I10-I13 I15",
    "inflammatory_bowel_disease": "K50 K51",
    "multiple_sclerosis": "G35",
    "osteoarthritis": "M15-M19",
    "osteoporosis": "M80-M82",
    "parkinsons_disease": "G20 F023",
    "peripheral_vascular_disease": "I702 I73 I74",
    "pulmonary_heart_disease": "I26-I28",
    "rheumatoid_arthritis": "M05 M06 J990",
    "sarcoidosis": "D86 G532 M633",
    "serious_mental_illness": "F20-F22 F25 F28-F31",
    "sickle_cell_disease": "D570-D572 D578",
    "autism": "F840 F841 F845",
    "learning_disability": "F70-F73 F78 F79 F819 Q90",
    "physical_disability": "G80-G83 Q05 Z993 Z740",
    "dementia": "F00-F03 F051 G30",
    "end_stage_renal_failure": "N180 N185 N165 T824 T861 Y602 Y612 Y841 Z491 Z492 Z940 Z992 !L746 !M011-M015 !M018"
    " !M019 !M026 !M027 !M084 !M172 !M174 !M178 !M179 !X401-X403 !X405 !X406 !X411 !X412 !X421",
    "severe_interstitial_lung_disease": "J84",
    "liver_failure": "K72 K704 K711 K762 K763 B150 B160 B190 T864 Z944 !J01",
    "neurological_organ_failure": "G122 G10 G231 A810 G903",
    "incurable_cancer": "C77 C780-C788 C790-C799",
    "immunocompromised": "D80-D84 D71 B20-B24 Z21",
    "spleen_problems": "D73 Q890 !J692 !J699",
    "blood_and_bone_marrow_cancer": "C81-C86 C88 C90-C96",
    "bone_marrow_and_stem_cell_transplants": "T860 Z948 !W34 !X334-X336",
    "downs_syndrome": "Q90",
    "rare_diseases": "E70-E72 E74-E77 E791 E798-E803 E805 E830 D81",
    "palliative_care": "Z515",
    "obesity": "E66",
    "other_chronic_respiratory_diseases": "J60-J67 J684 J701 J703 J84 J953 J961 P27",
    "pulmonary_embolism": "I26 O882",
    "congenital_heart_disease": "Q20-Q28",
    "cerebral_palsy": "G80",
    "other_chronic_neurological_diseases": "G10-G13 G21 G23 G903 G36 G37 G60 G70-G72 A810",
    "organ_transplants": "Z940-Z944 T861-T864 T868 !K01 !K020-K022 !K024 !K026-K029 !E53 !J01 !J54 !M010 !M012-M019"
    " !G26 !G68",
}
Codes = dict[str, tuple[str, ...]]


def _codes(text: str) -> Codes:
    """The prefixes of each system."""
    operations = " ".join(word.lstrip("!") for word in text.split() if word.startswith("!"))
    return {
        "icd10": tuple(expand(" ".join(word for word in text.split() if not word.startswith("!")))),
        "opcs4": tuple(expand(operations)) if operations else (),
    }


EVER = {register: _codes(text) for register, text in _EVER_TEXT.items()}
CHEMOTHERAPY = _codes("Z511 !X70-X73")
RADIOTHERAPY = _codes("Z510 !X65")
#: Severe with four emergency admissions in 12 months.
SEVERE = {
    "end_stage_renal_failure": _codes("N184"),
    "severe_copd": _codes("J43 J44"),
    "severe_heart_failure": _codes("I110 I130 I132 I50"),
}
PARENT_OF = {
    "end_stage_renal_failure": "chronic_kidney_disease",
    "liver_failure": "chronic_liver_disease",
    "severe_copd": "copd",
    "severe_heart_failure": "heart_failure",
    "incurable_cancer": "cancer",
}
DISABILITY = {"autism", "learning_disability", "physical_disability"}
FRAILTY = {"dementia", "intermediate_frailty", "high_frailty"}
ORGAN_FAILURE = {
    "end_stage_renal_failure", "severe_interstitial_lung_disease", "liver_failure", "neurological_organ_failure",
    "severe_copd", "severe_heart_failure",
}  # fmt: skip
LONG_TERM = set(list(_EVER_TEXT)[:28])
CONDITIONS = LONG_TERM | DISABILITY | FRAILTY | ORGAN_FAILURE | {"incurable_cancer"}
ORDERS = {"dataset": (6, 5, 4, 3, 2), "bnssg": (4, 5, 6, 3, 2, 7, 8)}


@frozen
class Found:
    """What is found of a person; `segment` by order. Whether they are on a register in `unknown` cannot be told."""

    registers: frozenset[str]
    unknown: frozenset[str]
    segment: dict[str, int]
    condition_count: int
    n_multimorbidity: int
    n_emergency_admissions: int
    hfrs: int | None


def segment_person(birth: date, sex: str, records: list[Row], contacts: list[Row] | None, as_at: date) -> Found:
    """The registers and segments of a person; without a table of contacts (None) few emergencies may not be all."""
    records = [row for row in records if row["date"] <= as_at]
    here = [row for row in records if row["setting"] in HOSPITAL]
    age = age_on(birth, as_at)
    admissions = {
        row["date"]
        for row in (*records, *(contacts or ()))
        if row["setting"] == "emergency_admission" and in_months(row["date"], as_at, 12)
    }
    found = {register for register, codes in EVER.items() if _any(here, codes)}
    # Stages 1 and 2 are no register of kidney disease.
    if not _any([row for row in here if row["code"] not in ("N181", "N182")], EVER["chronic_kidney_disease"]):
        found.discard("chronic_kidney_disease")
    repeated = {register for register, codes in SEVERE.items() if _any(here, codes)}
    unknown: set[str] = set()
    if len(admissions) >= 4:
        found |= repeated
    elif contacts is None:
        unknown = repeated - found
    # Whoever has the severe form has the condition.
    found |= {PARENT_OF[register] for register in found & PARENT_OF.keys()}
    recent = [row for row in here if in_months(row["date"], as_at, 12)]
    if "cancer" in found and _any(recent, CHEMOTHERAPY):
        found.add("active_cancer")
    if _any(here, _codes("C34")) and (_any(recent, CHEMOTHERAPY) or _any(recent, RADIOTHERAPY)):
        found.add("active_lung_cancer")
    asthma = {row["date"] for row in recent if row["setting"] == "emergency_admission" and _is(row, EVER["asthma"])}
    if len(asthma) >= 2 or _any(recent, _codes("J46")):
        found.add("severe_asthma")
    hfrs = hospital_frailty(records, as_at)
    if age >= 65 and hfrs is None:
        unknown |= {"intermediate_frailty", "high_frailty"}
    elif age >= 65 and hfrs is not None and hfrs >= 50:
        found.add("high_frailty" if hfrs > 150 else "intermediate_frailty")
    if sex != "male" and 11 <= age <= 55 and is_pregnant(here, as_at):
        found.add("maternal")
    since = as_at - timedelta(days=30)
    places = [row for row in (*records, *(contacts or [])) if since < row["date"] <= as_at]
    is_ill = any(row["setting"] in ("emergency", "emergency_admission") for row in places)
    met = {
        6: "incurable_cancer" in found,
        5: bool(found & ORGAN_FAILURE),
        4: bool(found & FRAILTY),
        3: bool(found & DISABILITY),
        2: bool(found & LONG_TERM),
        7: "maternal" in found,
        8: is_ill,
    }
    conditions = found & CONDITIONS
    return Found(
        registers=frozenset(found),
        unknown=frozenset(unknown),
        segment={name: next((each for each in order if met[each]), 1) for name, order in ORDERS.items()},
        condition_count=len({PARENT_OF.get(each, each) for each in conditions}),
        n_multimorbidity=len(conditions & (LONG_TERM | DISABILITY | FRAILTY | {"severe_interstitial_lung_disease"})),
        n_emergency_admissions=len(admissions),
        hfrs=hfrs,
    )


def hospital_frailty(records: Iterable[Row], as_at: date) -> int | None:
    """Tenths of points, each code of an admission once in 24 months; unknown without any diagnosis of one."""
    rows = [row for row in records if row["system"] == "icd10" and row["setting"] in ADMISSION]
    codes = {row["code"][:3] for row in rows if in_months(row["date"], as_at, 24)}
    return sum(HFRS.get(code, 0) for code in codes) if rows else None


def is_pregnant(records: Iterable[Row], as_at: date) -> bool:
    """Whether a maternal episode includes the day, told day by day. Of codes it knows Z34, O24, O80 and Z39 alone."""
    days: dict[date, set[str]] = {}
    for row in records:
        what = {"Z34": "opens", "O24": "opens", "O80": "birth", "Z39": "discharge"}.get(row["code"][:3])
        if what:
            days.setdefault(row["date"], set()).add(what)
    opened: date | None = None
    born: date | None = None
    for day in sorted(days):
        has = days[day]
        if opened is not None and (day - opened).days >= 400:
            opened = None
        is_open = opened is not None and (day - opened).days < 308
        if "opens" in has and not is_open and (born is None or (day - born).days >= 56):
            opened = day
        if "birth" in has:
            if day == as_at:
                return True
            opened, born = None, day
        elif "discharge" in has:
            if day == as_at and opened is not None:
                return True
            # A discharge tells of a birth, wherever that was.
            opened, born = None, day
    return opened is not None and (as_at - opened).days < 308


def _any(records: Iterable[Row], codes: Codes) -> bool:
    return any(_is(row, codes) for row in records)


def _is(row: Row, codes: Codes) -> bool:
    prefixes = codes[row["system"]]
    return bool(prefixes) and row["code"].startswith(prefixes)
