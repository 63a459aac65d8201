"""What a catalogue is: conditions, mappings, score tables and sources, all with a place and a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from ..vocabulary import CodeSystem
from .mapping import ExactRules, MappingRow, Rules

KINDS: Final = ("chronic", "event", "marker", "resolved", "pregnancy", "procedure", "medicine", "value")
RESTRICTED_TOPICS: Final = ("termination_and_loss", "assisted_conception", "sexual_health_and_hiv", "gender")


@frozen
class Source:
    """Where something was read."""

    id: str
    title: str
    edition: str
    licence: str
    date: str
    read_where: str
    checked: str


@frozen
class Condition:
    """One condition of the catalogue. `ancestors` are all conditions it is also evidence of."""

    id: str
    name: str
    kind: str
    body_system: str
    parents: tuple[str, ...]
    ancestors: tuple[str, ...]
    restricted: str
    line: str
    not_counted_because: str
    source: tuple[str, ...]
    note: str
    place: str


@frozen
class ScoreRow:
    """One item of a score table; `cells` holds every column of the table."""

    id: str
    cells: Mapping[str, str]
    place: str


@frozen
class Catalogue:
    """An edition of the catalogue.

    `conditions` by id; `rules` by code system; `scores` by table name; `fingerprint` is a hash over every file.
    """

    name: str
    edition: str
    conditions: Mapping[str, Condition] = field(repr=False)
    rules: Mapping[CodeSystem, Rules | ExactRules] = field(repr=False)
    scores: Mapping[str, tuple[ScoreRow, ...]] = field(repr=False)
    score_names: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, Source] = field(repr=False)
    fingerprint: str
    _meanings: dict[tuple[CodeSystem, str], frozenset[str]] = field(factory=dict, init=False, eq=False, repr=False)

    def rows_for(self, code: str, system: CodeSystem) -> list[MappingRow]:
        """The mapping rows by which a canonical code counts, without those of parents."""
        rules = self.rules.get(system)
        return rules.rows_for(code) if rules else []

    def meaning(self, code: str, system: CodeSystem) -> frozenset[str]:
        """The ids of all conditions and score items that a canonical code is evidence of, parents included."""
        key = (system, code)
        known = self._meanings.get(key)
        if known is None:
            known = frozenset(self._with_ancestors(row.condition for row in self.rows_for(code, system)))
            self._meanings[key] = known
        return known

    def name_of(self, condition: str) -> str:
        """Our name for a condition or score item."""
        if condition in self.conditions:
            return self.conditions[condition].name
        return self.score_names.get(condition, condition.replace("_", " "))

    def is_restricted(self, conditions: Iterable[str]) -> bool:
        """Whether any of the conditions is a restricted topic."""
        return any(c in self.conditions and bool(self.conditions[c].restricted) for c in conditions)

    def _with_ancestors(self, conditions: Iterable[str]) -> Iterable[str]:
        for condition in conditions:
            yield condition
            if condition in self.conditions:
                yield from self.conditions[condition].ancestors
