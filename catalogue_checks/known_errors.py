"""Errors and quirks of published lists that are known: what is wrong, what we do, and whether both are still so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from attrs import frozen
from lists import CODES, Listing, caliber, read_leaves
from places import rows
from spans import Spans

from pngroup.catalogue import Catalogue
from pngroup.vocabulary import CodeSystem

ICD10, ICD10CM = CodeSystem.ICD10, CodeSystem.ICD10CM
#: Categories of WHO's ICD-10 that the American modification does not have.
NOT_IN_CM = ("F00", "I64", "J46", "E12", "E14", "G41", "B21", "B22", "B23", "B24", "Z35", "X60", "X64", "X69")
CANCER = "Any malignancy, including lymphoma and leukemia, except malignant neoplasm of skin"


@frozen
class Known:
    """One known error: whether the list is as we say (`theirs`) and we do as we say (`ours`). None: not by code."""

    list: str
    wrong: str
    done: str
    theirs: bool | None
    ours: bool | None


@frozen
class Looking:
    """What the checks look at."""

    catalogue: Catalogue
    listings: Mapping[tuple[str, str], Listing]
    usage: Spans

    def has(self, name: str, category: str, prefix: str) -> bool:
        """Whether a category of a list for ICD-10 holds anything under a prefix."""
        return bool(self.listings[name, "icd10"].categories[category] & set(self.usage.under(prefix)))

    def means(self, code: str, *conditions: str, system: CodeSystem = ICD10) -> bool:
        """Whether a code counts for all these conditions."""
        return set(conditions) <= self.catalogue.meaning(code, system)


def rows_without(catalogue: Catalogue, system: CodeSystem, codes: Spans) -> list[str]:
    """Codes of mapping rows under which a list of codes has nothing; patterns are not looked at."""
    found = catalogue.rules[system].rows
    including = (row for row in found if not row.excludes and row.condition in catalogue.conditions)
    return sorted({row.code for row in including if "?" not in row.code and not codes.under(row.code)})


def known_errors(catalogue: Catalogue, listings: Iterable[Listing], units: Iterable[str]) -> list[Known]:
    """Every known error, checked."""
    listings = {(each.id, each.system): each for each in listings}
    look = Looking(catalogue, listings, Spans(units))
    return [Known(name, wrong, done, theirs(look), ours(look)) for name, wrong, done, theirs, ours in TABLE]


def _caliber_repeats(look: Looking) -> bool:
    counts = Counter(code for codes in caliber().values() for code in codes)
    return sum(n > 1 for n in counts.values()) > 100


def _filled_with_x(look: Looking) -> bool:
    raw = rows(CODES / "caliber_chronological_map" / "icd10.csv")
    return any(row["icd10"].endswith("X") for row in raw)


def _leaves_unknown(look: Looking) -> bool:
    return len(look.listings["ccsr", "icd10cm"].universe) < len(read_leaves())


def _no_american(look: Looking) -> bool:
    leaves = Spans(read_leaves())
    return not any(leaves.under(code) for code in NOT_IN_CM)


def _english_form(look: Looking) -> bool:
    found = look.catalogue.rules[ICD10].rows
    return all(re.fullmatch(r"[A-Z][0-9?]{0,4}", row.code) for row in found)


def _unsure(look: Looking) -> None:
    return None


Row = tuple[str, str, str, Callable[[Looking], bool | None], Callable[[Looking], bool | None]]
TABLE: tuple[Row, ...] = (
    (
        "Quan, Charlson",
        "C86 (lymphomas of T and NK cells) is missing from the cancers.",
        "It is a blood cancer with us. Our Charlson index keeps the published list, so that it compares.",
        lambda look: not look.has("quan_charlson", CANCER, "C86"),
        lambda look: look.means("C860", "haematological_cancer", "cancer_any"),
    ),
    (
        "Quan, Charlson and Elixhauser",
        "HIV stops at B20-B22 and B24: B23 is missing.",
        "B20-B24 are HIV with us; the two indexes keep the published list.",
        lambda look: not look.has("quan_charlson", "AIDS/HIV", "B23"),
        lambda look: look.means("B23", "hiv") or look.means("B232", "hiv"),
    ),
    (
        "Quan, Elixhauser",
        "I42.6 stands in two categories, heart failure and alcohol; programs that stop at the first lose one.",
        "A code may mean several conditions: it is heart muscle disease and alcohol misuse.",
        lambda look: (
            look.has("quan_elixhauser", "Congestive heart failure", "I426")
            and look.has("quan_elixhauser", "Alcohol abuse", "I426")
        ),
        lambda look: look.means("I426", "cardiomyopathy", "alcohol_misuse"),
    ),
    (
        "Quan, Charlson and Elixhauser",
        "E1x.6 counts as without complication in the one and as complicated in the other (both on purpose).",
        "Each index keeps its own list; `diabetes_complicated` is ours and compared with both.",
        lambda look: (
            look.has("quan_charlson", "Diabetes without chronic complication", "E116")
            and look.has("quan_elixhauser", "Diabetes complicated", "E116")
        ),
        _unsure,
    ),
    (
        "Quan, Elixhauser",
        "Fatty liver and unspecified liver disease (K76.0, K76.9) are liver disease like cirrhosis.",
        "They are a condition of their own, counted as the table of lines says.",
        lambda look: look.has("quan_elixhauser", "Liver disease", "K760"),
        lambda look: look.means("K760", "fatty_liver_disease") and not look.means("K760", "chronic_liver_disease"),
    ),
    (
        "CALIBER",
        "The list of transient attacks holds narrowed brain arteries (I65, I66) and syndromes of stroke (G46).",
        "I65 and I66 are disease of brain arteries without stroke; G46 is no transient attack.",
        lambda look: look.has("caliber", "TIA", "I65"),
        lambda look: not look.means("I652", "tia") and look.means("I652", "cerebrovascular_disease_other"),
    ),
    (
        "CALIBER, Quan",
        "J40 (bronchitis, not said to be acute or chronic) counts as chronic obstructive disease.",
        "It is not; bronchitis that is said to be chronic (J41, J42) is.",
        lambda look: look.has("caliber", "COPD", "J40"),
        lambda look: not look.means("J40", "copd"),
    ),
    (
        "CALIBER",
        "The list of eye complications of diabetes holds H35.0 and H35.2, which do not say diabetes.",
        "They are no evidence of diabetes.",
        lambda look: look.has("caliber", "diab_eye", "H350"),
        lambda look: not look.means("H350", "diabetes"),
    ),
    (
        "CALIBER",
        "Breast cancer holds carcinoma in situ (D05).",
        "It is not cancer with us.",
        lambda look: look.has("caliber", "pri_breast", "D05"),
        lambda look: not look.means("D051", "breast_cancer"),
    ),
    (
        "CALIBER",
        "Infections stand in lists by organ and by organism at once, so that more than a hundred codes repeat.",
        "Each phenotype is compared by itself; the sums of the lists mean nothing.",
        _caliber_repeats,
        _unsure,
    ),
    (
        "CALIBER",
        "All of epilepsy is filed as history; past stroke, infarction and lens surgery are mixed with the diagnoses.",
        "History is a category of its own in this comparison (`... (history)`).",
        lambda look: "epilepsy (history)" in look.listings["caliber", "icd10"].categories,
        _unsure,
    ),
    (
        "CALIBER",
        "Undivided categories are filled with an X in places (N23.X).",
        "The X is dropped when codes are read.",
        _filled_with_x,
        _unsure,
    ),
    (
        "American lists used for English data",
        "Codes that only the United States have (letters and more than four characters in places) never occur.",
        "ICD-10 and ICD-10-CM have tables of their own, and no row of icd10.csv has the American form.",
        _unsure,
        _english_form,
    ),
    (
        "WHO lists used for American data",
        "F00, I64, J46, E12, E14, G41, B21-B24, Z35 and X60-X69 do not exist in ICD-10-CM.",
        "No row of icd10cm.csv is without a code of the list of April 2026.",
        _no_american,
        lambda look: not rows_without(look.catalogue, ICD10CM, Spans(read_leaves())),
    ),
    (
        "AHRQ CCSR v2023.1, CCIR v2023.1",
        "Codes that came later are not in them.",
        "Only leaves that the edition can know are compared; younger ones are compared as the code that was divided.",
        _leaves_unknown,
        _unsure,
    ),
    (
        "gemini-ccsr",
        "Most of its rows were made by program, and its authors ask for review.",
        "A difference that rests on it alone is no reason to change the catalogue.",
        _unsure,
        _unsure,
    ),
    (
        "CMS-CCW",
        "Its edition of 2022 is the last that could be read; stroke leaves out people with a head injury that day.",
        "Codes that it excludes are taken from its lists, since a list of codes has no days.",
        _unsure,
        _unsure,
    ),
)
