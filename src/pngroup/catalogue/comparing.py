"""What differs between two catalogues: conditions, what codes mean, and what is dismissed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from attrs import field, fields, frozen

from .definition import Catalogue, Condition
from .mapping import ExactRules, MappingRow, Rules

_NOT_COMPARED: Final = frozenset({"place", "id"})


@frozen
class RowChange:
    """A statement on a code that one of the two catalogues makes: `sign` is + for the second, - for the first.

    `condition` is empty where the statement is that the code is no condition; `what` is then the reason.
    """

    sign: str
    condition: str
    system: str
    what: str
    code: str
    place: str
    because: str


@frozen
class CatalogueDifference:
    """What differs between two catalogues. Made by `compare_catalogues()`.

    `rows` are statements on codes; `tables` names what else differs: scores, roots, reference sets, reasons,
    restricted topics, sources, and the sources that rows name.
    """

    first: str
    second: str
    conditions_added: tuple[str, ...]
    conditions_removed: tuple[str, ...]
    conditions_changed: tuple[tuple[str, str, str, str], ...] = field(repr=False)
    rows: tuple[RowChange, ...] = field(repr=False)
    tables: tuple[str, ...] = field(repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether the two catalogues say the same, but for where it stands."""
        found = (self.conditions_added, self.conditions_removed, self.conditions_changed, self.rows, self.tables)
        return not any(found)

    def __str__(self) -> str:
        if self.is_empty:
            return f"{self.first} and {self.second} say the same."
        return "\n".join([f"From {self.first} to {self.second}", *self._lines()])

    def _lines(self) -> Iterator[str]:
        yield from (f"+ condition {id_}" for id_ in self.conditions_added)
        yield from (f"- condition {id_}" for id_ in self.conditions_removed)
        for id_, column, before, after in self.conditions_changed:
            yield f"~ condition {id_}: {column} was {before or 'empty'}, is {after or 'empty'}"
        yield from (f"~ {table}" for table in self.tables)
        about = ""
        for row in self.rows:
            head = row.condition or "no condition"
            if head != about:
                about = head
                yield head
            because = f" [{row.because}]" if row.because else ""
            yield f"  {row.sign} {row.system} {row.what} {row.code} ({row.place}){because}"


def compare_catalogues(first: Catalogue, second: Catalogue) -> CatalogueDifference:
    """What differs between two catalogues, statement by statement; the order of rows does not count.

    >>> from pngroup import load_catalogue
    >>> compare_catalogues(load_catalogue("core"), load_catalogue("core@2026.1")).is_empty
    True
    """
    before, after = dict(_statements(first)), dict(_statements(second))
    changes = [RowChange("-", *key, *before[key][:2]) for key in before.keys() - after.keys()]
    changes += [RowChange("+", *key, *after[key][:2]) for key in after.keys() - before.keys()]
    tables = [name for name, table in _TABLES.items() if table(first) != table(second)]
    if any(before[key][2] != after[key][2] for key in before.keys() & after.keys()):
        tables.append("sources that rows name")
    both = sorted(first.conditions.keys() & second.conditions.keys())
    return CatalogueDifference(
        first=f"{first.name}@{first.edition}",
        second=f"{second.name}@{second.edition}",
        conditions_added=tuple(sorted(second.conditions.keys() - first.conditions.keys())),
        conditions_removed=tuple(sorted(first.conditions.keys() - second.conditions.keys())),
        conditions_changed=tuple(
            change for id_ in both for change in _changed(first.conditions[id_], second.conditions[id_])
        ),
        tables=tuple(tables),
        rows=tuple(sorted(changes, key=lambda row: (not row.condition, row.condition, row.system, row.code, row.sign))),
    )


#: What else a catalogue says, without the places where it stands.
_TABLES: Final[Mapping[str, Callable[[Catalogue], object]]] = {
    "scores": lambda each: {name: {row.id: dict(row.cells) for row in rows} for name, rows in each.scores.items()},
    "roots": lambda each: {(root.condition, root.role, root.code, root.source, root.note) for root in each.roots},
    "reference sets": lambda each: {(row.condition, row.cluster, row.refset, row.source) for row in each.refsets},
    "reasons": lambda each: dict(each.reasons),
    "restricted topics": lambda each: dict(each.topics),
    "sources": lambda each: dict(each.sources),
}


def _statements(catalogue: Catalogue) -> Iterator[tuple[tuple[str, str, str, str], tuple[str, str, frozenset[str]]]]:
    """Each thing a catalogue says of a code: (condition, system, how, code), and its place, reason and sources."""
    for system, rules in catalogue.rules.items():
        rows: Iterable[MappingRow] = rules.rows if isinstance(rules, Rules) else _rows_of_ids(rules)
        for row in rows:
            yield (row.condition, system.value, row.match, row.code), (row.place, row.note, frozenset(row.source))
    for system, dismissals in catalogue.dismissals.items():
        for (match, code), (reason, because, source, at) in dismissals.rows.items():
            place = at if isinstance(at, str) else f"{dismissals.file}, line {at}"
            yield ("", system.value, f"{match} {reason}", code), (place, because, frozenset(source.split()))
    for condition, redirect in catalogue.redirects.items():
        what = f"redirected to {redirect.to}" if redirect.to else "removed"
        yield (condition, "all systems", what, "all codes"), (redirect.place, redirect.because, frozenset())


def _rows_of_ids(rules: ExactRules) -> Iterator[MappingRow]:
    for code in {**rules.codes, **rules.own}:
        yield from rules.rows_for(code)
        yield from rules.excluded_rows(code)


def _changed(first: Condition, second: Condition) -> Iterator[tuple[str, str, str, str]]:
    for attribute in fields(Condition):
        before, after = getattr(first, attribute.name), getattr(second, attribute.name)
        if attribute.name not in _NOT_COMPARED and before != after:
            yield second.id, attribute.name, _shown(before), _shown(after)


def _shown(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)
