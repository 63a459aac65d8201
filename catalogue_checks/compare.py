"""Each condition beside the categories that answer to it: codes both have, only ours, only theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen
from counterparts import BY_RELATION, SIDES, Counterpart, Decision, Decisions, foreseen, grouped
from lists import Listing
from prefixes import cover, covers

from pngroup.catalogue import Catalogue
from pngroup.vocabulary import CodeSystem

#: A difference is large from here on. ICD-10: by the share of all English use, or of the condition's own, of a code
#: that one side alone has, or of the smaller ones of its category together. ICD-10-CM: by the share of a category in
#: the codes of either side; SNOMED CT: by the share of one side alone.
OF_ALL_USAGE, OF_OWN_USAGE, OF_CODES = 0.0002, 0.03, 0.05


@frozen
class Comparison:
    """A condition beside one list in one code system. `weights` of codes are their use; where absent, one each."""

    condition: str
    list: str
    system: str
    parts: tuple[Counterpart, ...]
    ours: frozenset[str] = field(repr=False)
    theirs: Mapping[str, frozenset[str]] = field(repr=False)
    weights: Mapping[str, int] | None = field(repr=False)
    all_weight: int

    @property
    def union(self) -> frozenset[str]:
        """The codes of all their categories."""
        return frozenset().union(*self.theirs.values())

    def side(self, side: str) -> frozenset[str]:
        """The codes of one side alone, or of both."""
        if side == "both":
            return self.ours & self.union
        return self.ours - self.union if side == "only_ours" else self.union - self.ours

    def weight(self, codes: Iterable[str]) -> int:
        """Use, or number, of codes."""
        return sum(1 if self.weights is None else self.weights.get(code, 0) for code in codes)

    @property
    def agreement(self) -> float | None:
        """What both have, of what either has; None where neither has anything that counts."""
        either = self.weight(self.ours | self.union)
        return self.weight(self.side("both")) / either if either else None


@frozen
class Difference:
    """Codes under one prefix that one side alone has, and what was decided about them."""

    comparison: Comparison
    side: str
    code: str
    codes: tuple[str, ...] = field(repr=False)
    weight: int
    large: bool
    decision: str
    because: str

    @property
    def share(self) -> float:
        """Of the condition's own use or codes; of theirs where we have none."""
        own = self.comparison.weight(self.comparison.ours) or self.comparison.weight(self.comparison.union)
        return self.weight / own if own else 0.0


def compare(
    catalogue: Catalogue, listings: Iterable[Listing], counterparts: Iterable[Counterpart], usage: Mapping[str, int]
) -> list[Comparison]:
    """Every condition beside every list that has a category for it."""
    answers, found = grouped(counterparts), []
    for listing in listings:
        ours = _ours(catalogue, listing)
        for (condition, name), parts in answers.items():
            if name != listing.id:
                continue
            # A category may exist in one code system of a list alone.
            theirs = {each.category: listing.categories.get(each.category, frozenset()) for each in parts}
            if not any(theirs.values()):
                continue
            mine = ours.get(condition, frozenset())
            if name == "ohdsi":
                # A root of theirs that we hold as an id is no difference, whether or not it is a root of ours.
                held = frozenset().union(*theirs.values())
                mine |= {code for code in held if condition in catalogue.meaning(code, CodeSystem.SNOMED)}
            weights = usage if listing.system == "icd10" else None
            total = sum(usage.values()) if weights else len(listing.universe)
            found.append(Comparison(condition, name, listing.system, tuple(parts), mine, theirs, weights, total))
    order = {condition: number for number, condition in enumerate(catalogue.conditions)}
    return sorted(found, key=lambda each: (order[each.condition], each.list, each.system))


def differences(comparison: Comparison, decisions: Decisions) -> Iterator[Difference]:
    """What one side alone has, gathered under prefixes; large and small, and each decision, apart."""
    for side in SIDES:
        codes = comparison.side(side)
        large = _large(comparison, side, codes)
        apart: dict[tuple[str, str], set[str]] = defaultdict(set)
        for code in sorted(codes):
            apart[_decided(comparison, decisions, side, code)].add(code)
        whole = comparison.ours if side == "only_ours" else comparison.union
        for (decision, because), members in apart.items():
            for prefix, held, is_large in _gathered(comparison, members, large, whole):
                yield Difference(comparison, side, prefix, held, comparison.weight(held), is_large, decision, because)


def _gathered(
    comparison: Comparison, members: set[str], large: frozenset[str], whole: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Prefixes that hold the large codes, with small ones that stand under them; then the other small ones."""
    if comparison.system == "snomed":
        yield "", tuple(sorted(members)), bool(members & large)
        return
    small = members - large
    for prefix, held in cover(members & large, whole - members):
        under = {code for code in small if covers(prefix, code) >= 0}
        small -= under
        yield prefix, tuple(sorted({*held, *under})), True
    for prefix, held in cover(small, whole - small):
        yield prefix, held, False


def _ours(catalogue: Catalogue, listing: Listing) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    if listing.id == "ohdsi":
        for root in catalogue.roots:
            if root.role == "root" and root.condition in catalogue.conditions:
                for condition in (root.condition, *catalogue.conditions[root.condition].ancestors):
                    found[condition].add(root.code)
    else:
        system = CodeSystem(listing.system)
        for code in listing.universe or catalogue.rules[system].codes:  # type: ignore[union-attr]
            for condition in catalogue.meaning(code, system):
                found[condition].add(code)
    return {condition: frozenset(codes) for condition, codes in found.items()}


def _large(comparison: Comparison, side: str, codes: frozenset[str]) -> frozenset[str]:
    if comparison.list == "ohdsi" and side == "only_ours":
        # A root of ours may stand below one of theirs: without a release nobody can tell.
        return frozenset()
    if comparison.system == "snomed":
        return codes if _is_large(comparison, codes) else frozenset()
    together: dict[str, set[str]] = defaultdict(set)
    for code in codes:
        together[code[:3]].add(code)
    return frozenset(code for held in together.values() for code in _large_of(comparison, held))


def _large_of(comparison: Comparison, held: set[str]) -> set[str]:
    """Of one category: codes that are large by themselves, and the others where together they are."""
    if comparison.weights is None:
        return held if _is_large(comparison, held) else set()
    alone = {code for code in held if _is_large(comparison, [code])}
    rest = held - alone
    return held if _is_large(comparison, rest) else alone


def _is_large(comparison: Comparison, codes: Iterable[str]) -> bool:
    weight, ours = comparison.weight(codes), comparison.weight(comparison.ours)
    theirs = comparison.weight(comparison.union)
    if not weight:
        return False
    if comparison.weights is not None:
        return weight >= OF_ALL_USAGE * comparison.all_weight or weight >= OF_OWN_USAGE * (ours or theirs)
    return any(weight >= OF_CODES * whole for whole in (ours, theirs) if whole)


def _decided(comparison: Comparison, decisions: Decisions, side: str, code: str) -> tuple[str, str]:
    """The decision about a code of one side alone and the sentence; two empty texts where there is none."""
    row: Decision | None = decisions.about(comparison.condition, comparison.list, side, comparison.system, code)
    if row:
        return row.decision, row.because
    holding = [category for category, codes in comparison.theirs.items() if code in codes]
    known = foreseen(comparison.parts, side, holding)
    return (BY_RELATION, known.note) if known else ("", "")
