"""Categories of others that answer to no condition, and what became of their codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from counterparts import Counterpart
from lists import NAMES, Listing
from pages import percent

from pngroup.catalogue import Catalogue
from pngroup.vocabulary import CodeSystem

#: CCSR divides everything that can be coded, OHDSI whatever a study asked for: most of theirs is no lasting condition.
LISTS = ("caliber", "quan_charlson", "quan_elixhauser", "nhs_shmi", "cms_ccw", "nhs_pcd")


def unanswered(
    catalogue: Catalogue, listings: Iterable[Listing], counterparts: Iterable[Counterpart], usage: Mapping[str, int]
) -> list[tuple[str, str, int, str, str, str]]:
    """One row a category: list, category, number of codes, shares mapped, dismissed and unknown."""
    answered = {(each.list, each.category) for each in counterparts}
    found = []
    for listing in listings:
        if listing.id not in LISTS:
            continue
        system = CodeSystem(listing.system)
        for category, codes in sorted(listing.categories.items()):
            if (listing.id, category) in answered or not codes:
                continue
            weights: Counter[str] = Counter()
            for code in codes:
                weights[catalogue.decision(code, system)] += usage[code] if system is CodeSystem.ICD10 else 1
            whole = weights.total() or 1
            shares = [percent(weights[word] / whole, 0) for word in ("mapped", "no_condition", "unknown")]
            found.append((NAMES[listing.id], category, len(codes), shares[0], shares[1], shares[2]))
    return found
