"""Where the other side puts the codes that one side alone has: our conditions or reasons, their categories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from attrs import field, frozen
from compare import Difference
from lists import Listing

from pngroup.catalogue import Catalogue
from pngroup.vocabulary import CodeSystem

#: So many names, the heaviest first.
MOST = 3


@frozen
class Elsewhere:
    """Looks up what the other side makes of codes."""

    catalogue: Catalogue
    categories: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = field(repr=False)

    @classmethod
    def of(cls, catalogue: Catalogue, listings: Iterable[Listing]) -> Elsewhere:
        """Ready to be asked about these lists."""
        found = {}
        for listing in listings:
            by_code: dict[str, list[str]] = defaultdict(list)
            for category, codes in listing.categories.items():
                for code in codes:
                    by_code[code].append(category)
            found[listing.id, listing.system] = {code: tuple(named) for code, named in by_code.items()}
        return cls(catalogue, found)

    def names(self, difference: Difference) -> str:
        """The heaviest names, `; ` between them; `-` where the other side has no place for the codes."""
        comparison, weights = difference.comparison, Counter[str]()
        for code in difference.codes:
            for name in self._names_of(difference, code) or ("-",):
                # A code without use still stands somewhere.
                weights[name] += comparison.weight([code]) or 1
        found = sorted(weights, key=lambda name: (-weights[name], name))
        more = f"; {len(found) - MOST} more" if len(found) > MOST else ""
        return "; ".join(found[:MOST]) + more

    def _names_of(self, difference: Difference, code: str) -> tuple[str, ...]:
        comparison = difference.comparison
        if difference.side == "only_ours":
            return self.categories[comparison.list, comparison.system].get(code, ())
        system = CodeSystem(comparison.system)
        rows = self.catalogue.rows_for(code, system)
        mapped = {row.condition for row in rows if row.condition in self.catalogue.conditions}
        dismissal = self.catalogue.dismissal(code, system)
        return tuple(sorted(mapped)) or ((dismissal.reason,) if dismissal else ())
