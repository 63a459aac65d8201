"""What of the diagnoses of English hospitals, and of the American chronic codes, the catalogue has decided."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from attrs import field, frozen
from lists import caliber_name
from places import REFERENCE, dotless, rows
from spans import Spans

from pngroup.catalogue import Catalogue
from pngroup.codes import read
from pngroup.vocabulary import CodeSystem

USAGE = REFERENCE / "icd10_usage_england_2023_24.csv"
CCIR = REFERENCE / "codes" / "ahrq_ccsr" / "ccir_v2023_1.csv"
CALIBER = REFERENCE / "codes" / "caliber_chronological_map" / "icd10.csv"
CLUSTERS = REFERENCE / "codes" / "nhs_pcd_lists" / "nhs_pcd_snomed_long.csv"

SAMPLE, SEED = 200, "pngroup 2026.1"

#: First and last category of each chapter of ICD-10. ICD-10-CM draws the same lines, but for U.
CHAPTERS = (
    *("A00-B99", "C00-D48", "D50-D89", "E00-E90", "F00-F99", "G00-G99", "H00-H59", "H60-H95", "I00-I99", "J00-J99"),
    *("K00-K93", "L00-L99", "M00-M99", "N00-N99", "O00-O99", "P00-P96", "Q00-Q99", "R00-R99", "S00-T98", "U00-U99"),
    *("V01-Y98", "Z00-Z99"),
)


@frozen
class Use:
    """How often each code was recorded. `unreadable` are cells that are no code, with their count."""

    counts: Mapping[str, int] = field(repr=False)
    unreadable: Mapping[str, int]

    @property
    def total(self) -> int:
        """All diagnoses with a code."""
        return sum(self.counts.values())


@frozen
class Tally:
    """Codes and their use, mapped, dismissed and undecided."""

    codes: Mapping[str, int]
    usage: Mapping[str, int]

    def share(self, decision: str) -> float:
        """The share of the use, from 0 to 1."""
        return self.usage.get(decision, 0) / max(1, sum(self.usage.values()))


def read_usage() -> Use:
    """The usage file with its codes in canonical form."""
    found = rows(USAGE)
    codes = read([row["icd10_code"] for row in found], CodeSystem.ICD10).code
    counts: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    for row, code in zip(found, codes, strict=True):
        if code is None:
            unreadable[row["icd10_code"]] += int(row["usage"])
        else:
            counts[code] += int(row["usage"])
    return Use(dict(counts), dict(unreadable))


def read_chronic() -> frozenset[str]:
    """The ICD-10-CM codes that AHRQ's indicator calls chronic."""
    return frozenset(row["icd10cm"] for row in rows(CCIR) if row["chronic_indicator"] == "1")


def chapter(code: str) -> str:
    """The chapter of a code, as its first and last category.

    >>> chapter("D483"), chapter("D50"), chapter("C7A0"), chapter("D499")
    ('C00-D48', 'D50-D89', 'C00-D48', 'C00-D48')
    """
    # D49 is American and stands with the neoplasms.
    found = [each for each in CHAPTERS if each[:3] <= code[:3] and code[0] <= each[4]]
    return found[-1] if found else "other"


def tally(catalogue: Catalogue, counts: Mapping[str, int], system: CodeSystem) -> Tally:
    """Codes and use by decision."""
    codes: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for code, n in counts.items():
        decision = catalogue.decision(code, system)
        codes[decision] += 1
        used[decision] += n
    return Tally(dict(codes), dict(used))


def by_chapter(catalogue: Catalogue, counts: Mapping[str, int], system: CodeSystem) -> dict[str, Tally]:
    """A tally a chapter, in the order of the chapters."""
    apart: dict[str, dict[str, int]] = defaultdict(dict)
    for code, n in counts.items():
        apart[chapter(code)][code] = n
    return {each: tally(catalogue, apart[each], system) for each in (*CHAPTERS, "other") if each in apart}


def by_reason(catalogue: Catalogue, counts: Mapping[str, int], system: CodeSystem) -> dict[str, tuple[int, int]]:
    """Of the dismissed codes, number and use for each reason, most used first."""
    codes: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for code, n in counts.items():
        dismissal = catalogue.dismissal(code, system)
        if dismissal:
            codes[dismissal.reason] += 1
            used[dismissal.reason] += n
    return {reason: (codes[reason], used[reason]) for reason in sorted(used, key=lambda each: (-used[each], each))}


def undecided(catalogue: Catalogue, counts: Mapping[str, int], system: CodeSystem) -> list[tuple[str, int]]:
    """Codes that nobody has decided, most used first."""
    found = [(code, n) for code, n in counts.items() if catalogue.decision(code, system) == "unknown"]
    return sorted(found, key=lambda each: (-each[1], each[0]))


def called_chronic() -> Callable[[str], list[str]]:
    """A function that says which lists of lasting disease know a code, or one under or over it."""
    listed: dict[str, set[str]] = defaultdict(set)
    for row in rows(CALIBER):
        listed[dotless(row["icd10"])].add(f"CALIBER: {caliber_name(row)}")
    under, chronic = Spans(listed), Spans(read_chronic())

    def names(code: str) -> list[str]:
        near = {code[:length] for length in range(3, len(code) + 1)} & listed.keys()
        near |= set(under.under(code))
        found = set().union(*(listed[each] for each in near)) if near else set()
        return sorted(found | ({"CCIR"} if chronic.under(code) else set()))

    return names


def without_sentence(catalogue: Catalogue, use: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """Dismissed codes that a list of lasting disease knows and that have no sentence: system, code, lists."""
    names = called_chronic()
    found = []
    for system, codes in ((CodeSystem.ICD10, use.keys()), (CodeSystem.ICD10CM, read_chronic())):
        for code in sorted(codes):
            dismissal = catalogue.dismissal(code, system)
            if dismissal and not dismissal.because and names(code):
                found.append((system.value, code, "; ".join(names(code))))
    for row in rows(CLUSTERS):
        dismissal = catalogue.dismissal(row["code"], CodeSystem.SNOMED)
        if dismissal and not dismissal.because:
            found.append(("snomed", row["code"], row["cluster"]))
    return found


def too_short(catalogue: Catalogue) -> list[str]:
    """Rows that dismiss more than a category at once: file, line and code."""
    return [
        f"{dismissals.file}, line {cells[3]}: {code}"
        for system, dismissals in catalogue.dismissals.items()
        for (_, code), cells in dismissals.rows.items()
        if system is not CodeSystem.SNOMED and len(code) < 3
    ]


def sample(catalogue: Catalogue, counts: Mapping[str, int], size: int = SAMPLE) -> list[tuple[str, int]]:
    """Dismissed ICD-10 codes drawn with a chance that grows with their use, most used first.

    Each code draws its own number from the seed, so that a change of the catalogue changes little of the sample.
    """
    dismissed = {code: n for code, n in counts.items() if catalogue.dismissal(code, CodeSystem.ICD10)}
    drawn = sorted(dismissed, key=lambda code: (_draw(code) / dismissed[code], code))[:size]
    return sorted(((code, dismissed[code]) for code in drawn), key=lambda each: (-each[1], each[0]))


def _draw(code: str) -> float:
    number = int.from_bytes(hashlib.sha256(f"{SEED}:{code}".encode()).digest()[:8], "big")
    return -math.log((number + 1) / (2**64 + 1))


def total_of(pairs: Iterable[tuple[str, int]]) -> int:
    """The use of a list of codes."""
    return sum(n for _, n in pairs)
