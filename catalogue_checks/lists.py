"""The lists of others, each as categories over the codes that can be compared.

Codes are compared in units: for ICD-10 the codes of the English usage file (four characters, three where a category is
not divided), so that a row of three characters and its children compare; for ICD-10-CM the leaves of the list of April
2026 that an older list can know, through the code that has since been divided where there is one; for SNOMED CT ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import field, frozen
from places import REFERENCE, dotless, rows
from spans import Spans

CODES = REFERENCE / "codes"
SHARED_IDS = ("caliber", "quan_charlson", "quan_elixhauser", "nhs_shmi", "ccsr", "cms_ccw", "ohdsi", "nhs_pcd")

#: How a page says it: name, edition, what was compared.
NAMES: Mapping[str, str] = {
    "caliber": "CALIBER",
    "quan_charlson": "Quan, Charlson",
    "quan_elixhauser": "Quan, Elixhauser",
    "nhs_shmi": "NHS SHMI",
    "ccsr": "AHRQ CCSR",
    "cms_ccw": "CMS-CCW",
    "ohdsi": "OHDSI",
    "nhs_pcd": "NHS clusters",
}
EDITIONS: Mapping[str, str] = {
    "caliber": "Kuan 2019, commit f4f614f; phenotypes by the names of their files, history and possible ones apart",
    "quan_charlson": "Quan 2005, as in pycomorb 1.20261001.1",
    "quan_elixhauser": "Quan 2005, as in pycomorb 1.20261001.1",
    "nhs_shmi": "NHS England, SHMI specification 1.60 (June 2026)",
    "ccsr": "v2023.1; ICD-10 through gemini-ccsr, commit 3b18dfc, mostly made by program",
    "cms_ccw": "the edition of 2022, compared over the codes that CCSR v2023.1 knows",
    "ohdsi": "PhenotypeLibrary 3.37.0; roots with descendants, those it excludes left out",
    "nhs_pcd": "Primary Care Domain reference sets, copy of 2026; our ids come from them in good part",
}


@frozen
class Listing:
    """One list over one code system: the units it can know, and the units of each category.

    `apart`: codes of a category that no unit stands for (finer than the units, or not in use).
    """

    id: str
    system: str
    universe: frozenset[str] = field(repr=False)
    categories: Mapping[str, frozenset[str]] = field(repr=False)
    apart: Mapping[str, tuple[str, ...]] = field(factory=dict, repr=False)


def all_listings(units: Iterable[str]) -> list[Listing]:
    """Every list, ICD-10 over `units`."""
    spans, leaves = Spans(units), read_leaves()
    known = _known_leaves(leaves)
    return [
        _by_prefix("caliber", spans, caliber()),
        *(_by_prefix(name, spans, _quan(file)) for name, file in _QUAN.items()),
        _gemini(spans),
        _ccsr(known),
        _ccw(known),
        _nhs_clusters(),
        _ohdsi(),
    ]


def read_leaves() -> tuple[str, ...]:
    """The codes of ICD-10-CM, April 2026, that have none below them."""
    codes = sorted(row["code"] for row in rows(CODES / "icd10cm_codes" / "icd10cm_april_2026_codes.csv"))
    return tuple(
        code
        for code, following in zip(codes, [*codes[1:], ""], strict=True)
        if len(code) > 2 and not following.startswith(code)
    )


# -- ICD-10 -----------------------------------------------------------------------------------------------------------

_QUAN = {
    "quan_charlson": "charlson_quan.csv",
    "quan_elixhauser": "elixhauser_quan.csv",
    "nhs_shmi": "charlson_uk_shmi_v1.60.csv",
}


def caliber() -> dict[str, set[str]]:
    """CALIBER's phenotypes by the name of their file; what is filed as history or possible is apart: `... (history)`.

    The names of phenotypes are often titles of ICD-10, which are WHO's; the names of files are not.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(CODES / "caliber_chronological_map" / "icd10.csv"):
        if "(CALIBER component" in row["disease"]:
            # The same codes as those of the phenotype it is a component of.
            continue
        name = caliber_name(row)
        word = row["category"].partition(" ")[0].lower()
        suffix = f" ({word})" if word in ("history", "possible") else ""
        found[name + suffix].add(dotless(row["icd10"]))
    return found


def caliber_name(row: Mapping[str, str]) -> str:
    """The name of the file a row of CALIBER stands in: `ICD_gout.csv` is `gout`."""
    return row["file"].removeprefix("ICD_").removesuffix(".csv")


def _quan(file: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(CODES / "charlson_elixhauser" / file):
        found[row["category"]].add(dotless(row["icd10_prefix"]))
    return found


def _by_prefix(name: str, spans: Spans, categories: Mapping[str, set[str]]) -> Listing:
    return Listing(
        name,
        "icd10",
        frozenset(spans.codes),
        {category: spans.under_any(codes) for category, codes in categories.items()},
        {category: _apart(spans, codes) for category, codes in categories.items()},
    )


def _apart(spans: Spans, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(code for code in codes if not spans.under(code)))


def _gemini(spans: Spans) -> Listing:
    """CCSR for ICD-10 as other countries use it; an undivided category takes what stands below it elsewhere."""
    known: dict[str, set[str]] = defaultdict(set)
    for country in ("canadian", "danish"):
        for row in rows(CODES / "gemini_ccsr" / f"icd10_to_ccsr_{country}.csv"):
            known[row["diagnosis_code"]] |= {row[f"ccsr_{n}"] for n in range(1, 7)} - {""}
    below = Spans(known)
    found = {unit: _categories_at(unit, known, below) for unit in spans.codes}
    return Listing("ccsr", "icd10", frozenset(unit for unit in found if found[unit]), _turned(found))


def _categories_at(unit: str, known: Mapping[str, set[str]], below: Spans) -> set[str]:
    if unit in known:
        return known[unit]
    return set().union(*(known[code] for code in below.under(unit)))


def _turned(found: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    categories: dict[str, set[str]] = defaultdict(set)
    for unit, named in found.items():
        for category in named:
            categories[category].add(unit)
    return {category: frozenset(units) for category, units in categories.items()}


# -- ICD-10-CM --------------------------------------------------------------------------------------------------------


def _dxccsr() -> dict[str, set[str]]:
    known: dict[str, set[str]] = defaultdict(set)
    for row in rows(CODES / "ahrq_ccsr" / "dxccsr_v2023_1.csv"):
        known[row["icd10cm"]].add(row["ccsr"])
    return known


def _known_leaves(leaves: Iterable[str]) -> dict[str, str]:
    """For each leaf that the edition of 2023 knows, the code it knew it by."""
    codes = _dxccsr()
    found = {}
    for leaf in leaves:
        starts = [leaf[:length] for length in range(len(leaf), 2, -1) if leaf[:length] in codes]
        if starts:
            found[leaf] = starts[0]
    return found


def _ccsr(known: Mapping[str, str]) -> Listing:
    codes = _dxccsr()
    return Listing("ccsr", "icd10cm", frozenset(known), _turned({leaf: codes[old] for leaf, old in known.items()}))


def _ccw(known: Mapping[str, str]) -> Listing:
    by_old: dict[str, set[str]] = defaultdict(set)
    for leaf, old in known.items():
        by_old[old].add(leaf)
    spans = Spans(by_old)
    listed: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"Include": set(), "Exclude": set()})
    for row in rows(CODES / "cms_ccw" / "ccw_codes.csv"):
        listed[row["condition"]][row["inclusion"]].add(dotless(row["code"]))
    categories, apart = {}, {}
    for condition, codes in listed.items():
        old = spans.under_any(codes["Include"]) - spans.under_any(codes["Exclude"])
        categories[condition] = frozenset(leaf for code in old for leaf in by_old[code])
        apart[condition] = _apart(spans, codes["Include"])
    return Listing("cms_ccw", "icd10cm", frozenset(known), categories, apart)


# -- SNOMED CT --------------------------------------------------------------------------------------------------------


def _nhs_clusters() -> Listing:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(CODES / "nhs_pcd_lists" / "nhs_pcd_snomed_long.csv"):
        found[row["cluster"]].add(row["code"])
    categories = {category: frozenset(ids) for category, ids in found.items()}
    return Listing("nhs_pcd", "snomed", frozenset(), categories)


def _ohdsi() -> Listing:
    """Roots by cohort id, `id/n` for the n-th concept set of a cohort with several."""
    sets: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for row in rows(CODES / "ohdsi_phenotype_library" / "conceptsets_snomed.csv"):
        roots = sets[row["cohort_id"]].setdefault(row["concept_set"], set())
        if row["excluded"] == "0":
            roots.add(row["snomed_code"])
    categories = {
        cohort if len(found) == 1 else f"{cohort}/{number}": frozenset(roots)
        for cohort, found in sets.items()
        for number, roots in enumerate(found.values(), 1)
    }
    return Listing("ohdsi", "snomed", frozenset(), categories)
