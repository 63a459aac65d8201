"""What a catalogue is: conditions, mappings, dismissals, score tables and sources, all with a place and a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from attrs import evolve, field, frozen

from ..vocabulary import CodeSystem
from .dismissal import Dismissal, Dismissals
from .mapping import ExactRules, MappingRow, Rules

KINDS: Final = ("chronic", "event", "marker", "resolved", "episode", "procedure", "medicine", "value")
#: Stands before a topic where a code reveals it whatever else the code means: `restricted:<topic>`.
RESTRICTED_PREFIX: Final = "restricted:"
#: What became of a readable code: it counts for a condition, it is decided to be none, or nobody has decided yet.
Decision: TypeAlias = Literal["mapped", "no_condition", "unknown"]


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
class Root:
    """A SNOMED CT concept to expand with its descendants, or (role `exclude`) to leave out with them.

    The condition `never` names concepts whose descendants count for nothing: family history, said not to be there.
    """

    condition: str
    role: str
    code: str
    source: tuple[str, ...]
    note: str
    place: str


@frozen
class Refset:
    """An NHS cluster whose members are evidence of a condition; `refset` is empty where its id is not known."""

    condition: str
    cluster: str
    refset: str
    source: tuple[str, ...]
    place: str


@frozen
class Redirect:
    """What an overlay made of a condition: all that was evidence of it is evidence of `to`, or of nothing."""

    to: str
    because: str
    place: str


@frozen
class Catalogue:
    """An edition of the catalogue.

    `conditions` by id; restricted `topics`, in words, by id; `rules` and `dismissals` by code system; `reasons` for
    dismissing, in words, by id; `scores` by table name; `register_items`, by id, their names; `roots` and `refsets` for
    whoever has a SNOMED CT release; `fingerprint` is a hash over every file.
    Made by an overlay are `redirects` of conditions, and `decided`: the SNOMED CT ids that it says something about.
    """

    name: str
    edition: str
    conditions: Mapping[str, Condition] = field(repr=False)
    topics: Mapping[str, str] = field(repr=False)
    rules: Mapping[CodeSystem, Rules | ExactRules] = field(repr=False)
    dismissals: Mapping[CodeSystem, Dismissals] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)
    scores: Mapping[str, tuple[ScoreRow, ...]] = field(repr=False)
    score_names: Mapping[str, str] = field(repr=False)
    register_items: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, Source] = field(repr=False)
    roots: tuple[Root, ...] = field(repr=False)
    refsets: tuple[Refset, ...] = field(repr=False)
    fingerprint: str
    redirects: Mapping[str, Redirect] = field(factory=dict, repr=False)
    decided: frozenset[str] = field(factory=frozenset, repr=False)
    _meanings: dict[CodeSystem, dict[str, frozenset[str]]] = field(factory=dict, init=False, eq=False, repr=False)

    def rows_for(self, code: str, system: CodeSystem) -> list[MappingRow]:
        """The mapping rows by which a canonical code counts, without those of parents."""
        rules = self.rules.get(system)
        rows = rules.rows_for(code) if rules else []
        return rows if not self.redirects else [row for each in rows for row in self._redirected(each)]

    def excluded_rows(self, code: str, system: CodeSystem) -> list[MappingRow]:
        """The mapping rows that keep a canonical code out of a condition which would otherwise know it."""
        rules = self.rules.get(system)
        return rules.excluded_rows(code) if rules else []

    def meaning(self, code: str, system: CodeSystem) -> frozenset[str]:
        """The ids of all that a canonical code is evidence of: conditions with parents, items of scores, registers.

        A code that reveals a restricted topic whatever its conditions has `restricted:<topic>` among them.
        """
        return self.meanings((code,), system)[0]

    def meanings(self, codes: Iterable[str], system: CodeSystem) -> list[frozenset[str]]:
        """The meaning of each of many canonical codes of one system, in their order."""
        rules = self.rules.get(system)
        if rules is None:
            return [frozenset() for _ in codes]
        known = self._meanings.setdefault(system, {})
        key_of = rules.key
        found = []
        for code in codes:
            key = key_of(code)
            meaning = known.get(key)
            if meaning is None:
                rows = self.rows_for(code, system)
                meaning = known[key] = frozenset(self._with_ancestors(row.condition for row in rows))
            found.append(meaning)
        return found

    def dismissal(self, code: str, system: CodeSystem) -> Dismissal | None:
        """Why a canonical code is decided to be no condition; None where nothing was decided (or it is mapped)."""
        dismissals = self.dismissals.get(system)
        found = dismissals.dismissal(code) if dismissals else None
        return found if found is None or not self.is_mapped(code, system) else None

    def is_mapped(self, code: str, system: CodeSystem) -> bool:
        """Whether a canonical code is evidence of a condition; items of a score or register alone are none."""
        return not self.meaning(code, system).isdisjoint(self.conditions.keys())

    def decision(self, code: str, system: CodeSystem) -> Decision:
        """What became of a canonical code: `mapped`, `no_condition` or `unknown`."""
        if self.is_mapped(code, system):
            return "mapped"
        return "unknown" if self.dismissal(code, system) is None else "no_condition"

    def name_of(self, condition: str) -> str:
        """Our name for a condition, or for an item of a score or register."""
        if condition in self.conditions:
            return self.conditions[condition].name
        names = self.register_items if condition in self.register_items else self.score_names
        return names.get(condition, condition.replace("_", " "))

    def is_restricted(self, conditions: Iterable[str]) -> bool:
        """Whether any of the conditions is a restricted topic, or stands for a code that reveals one."""
        return any(bool(self.topic_of(condition)) for condition in conditions)

    def topic_of(self, condition: str) -> str:
        """The restricted topic that a condition belongs to; empty for most."""
        if condition.startswith(RESTRICTED_PREFIX):
            return condition.removeprefix(RESTRICTED_PREFIX)
        return self.conditions[condition].restricted if condition in self.conditions else ""

    def _redirected(self, row: MappingRow) -> Iterable[MappingRow]:
        condition, notes = row.condition, [row.note] if row.note else []
        while (redirect := self.redirects.get(condition)) is not None:
            notes.append(f"{condition} is {redirect.to or 'nothing'} by {redirect.place}: {redirect.because}")
            condition = redirect.to
        if condition:
            yield row if condition == row.condition else evolve(row, condition=condition, note="; ".join(notes))

    def _with_ancestors(self, conditions: Iterable[str]) -> Iterable[str]:
        for condition in conditions:
            yield condition
            if condition in self.conditions:
                yield from self.conditions[condition].ancestors
