"""Which category of which list answers to which condition, and what was decided about differences: both are data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import frozen
from places import COMPARED, rows
from prefixes import covers

COUNTERPARTS = COMPARED / "counterparts.csv"
DIFFERENCES = COMPARED / "differences.csv"
COUNTERPART_COLUMNS = ("condition", "list", "category", "relation", "note", "source")
DIFFERENCE_COLUMNS = ("condition", "list", "side", "system", "code", "decision", "because", "source")

#: Theirs against ours.
RELATIONS = ("same", "narrower", "broader", "overlaps")
SIDES = ("only_ours", "only_theirs")
#: What may be decided about codes that one side alone has, in words.
DECISIONS: Mapping[str, str] = {
    "ours_stands": "we put the code here on purpose, or leave it out on purpose",
    "theirs_is_wrong": "the code does not mean what their category says",
    "theirs_is_old": "the code is younger than their list, or has changed since",
    "other_scope": "their category is made for another purpose and draws its line elsewhere",
    "restated_elsewhere": "we count the code under another condition",
}
BY_RELATION = "by_relation"


@frozen
class Counterpart:
    """One category that answers to a condition. A part (`narrower`, no note) is whole with the other parts."""

    condition: str
    list: str
    category: str
    relation: str
    note: str
    source: str


@frozen
class Decision:
    """What was decided about codes that one side alone has.

    `code`: prefixes or patterns (`S72???S`), blank-separated; empty means all. `condition` and `list` may name several.
    """

    condition: str
    list: str
    side: str
    system: str
    code: str
    decision: str
    because: str
    source: str


def read_counterparts() -> list[Counterpart]:
    """The rows of counterparts.csv."""
    return [Counterpart(**row) for row in rows(COUNTERPARTS)]


def read_decisions() -> list[Decision]:
    """The rows of differences.csv; none where nothing has been decided yet."""
    return [Decision(**row) for row in rows(DIFFERENCES)] if DIFFERENCES.exists() else []


def grouped(counterparts: Iterable[Counterpart]) -> dict[tuple[str, str], list[Counterpart]]:
    """Counterparts by condition and list."""
    found: dict[tuple[str, str], list[Counterpart]] = defaultdict(list)
    for each in counterparts:
        found[each.condition, each.list].append(each)
    return dict(found)


def foreseen(parts: Iterable[Counterpart], side: str, categories: Iterable[str]) -> Counterpart | None:
    """The counterpart whose relation says that codes stand on this side alone, or None.

    Ours alone: each category is narrower or overlaps, and one says why. Theirs alone: each category that holds the
    code (`categories`) is broader or overlaps.
    """
    parts = list(parts)
    if side == "only_ours":
        if any(each.relation in ("same", "broader") for each in parts):
            return None
        return next((each for each in parts if each.note), None)
    named = set(categories)
    holding = [each for each in parts if each.category in named]
    if all(each.relation in ("broader", "overlaps") for each in holding):
        return next(iter(holding), None)
    return None


@frozen
class Decisions:
    """All decisions, ready to be asked; the longest prefix wins. Columns may name several ids, blank-separated."""

    by_place: Mapping[tuple[str, str, str, str], tuple[Decision, ...]]

    @classmethod
    def of(cls, decisions: Iterable[Decision]) -> Decisions:
        """Ready to be asked."""
        found: dict[tuple[str, str, str, str], list[Decision]] = defaultdict(list)
        for each in decisions:
            for condition in each.condition.split():
                for name in each.list.split():
                    found[condition, name, each.side, each.system].append(each)
        return cls({place: tuple(each) for place, each in found.items()})

    def about(self, condition: str, name: str, side: str, system: str, code: str) -> Decision | None:
        """The decision about one code, or None."""
        found = self.by_place.get((condition, name, side, system), ())
        best = max(found, key=lambda each: covers(each.code, code), default=None)
        return best if best and covers(best.code, code) >= 0 else None
