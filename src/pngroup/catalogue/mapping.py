"""From a code to conditions: prefix, exact and exclude rows of one code system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

MATCHES: Final = ("prefix", "exact", "exclude", "exclude_exact")


@frozen
class MappingRow:
    """One row that says what a code means: the condition, how it matches, who says so, and where it stands."""

    condition: str
    system: str
    match: str
    code: str
    source: tuple[str, ...]
    note: str
    place: str

    def applies_to(self, code: str) -> bool:
        """Whether this row is about `code` (canonical form)."""
        return code.startswith(self.code) if self.match in ("prefix", "exclude") else code == self.code


@frozen
class ExactRules:
    """A long list of codes, each mapped by itself; rows are made when a code is asked for.

    `codes`: for each code its conditions and sources, blank-separated, and its line in `file`.
    """

    system: str
    file: str
    codes: Mapping[str, tuple[str, str, int]] = field(repr=False)

    def rows_for(self, code: str) -> list[MappingRow]:
        """The rows by which `code` is evidence of something."""
        if code not in self.codes:
            return []
        conditions, source, line = self.codes[code]
        place = f"{self.file}, line {line}"
        return [
            MappingRow(condition, self.system, "exact", code, tuple(source.split()), "", place)
            for condition in conditions.split()
        ]

    def codes_of(self, condition: str) -> list[str]:
        """The codes mapped to a condition, without those of conditions nested in it."""
        return [code for code, (conditions, _, _) in self.codes.items() if condition in conditions.split()]


def _index(rows: Iterable[MappingRow], match: str) -> dict[str, list[MappingRow]]:
    index: dict[str, list[MappingRow]] = defaultdict(list)
    for row in rows:
        if row.match == match:
            index[row.code].append(row)
    return dict(index)


@frozen
class Rules:
    """All mapping rows of one code system, ready to look codes up."""

    rows: tuple[MappingRow, ...]
    _by_match: dict[str, dict[str, list[MappingRow]]] = field(init=False, eq=False, repr=False)
    _longest: int = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # A frozen class fills its own indexes once.
        object.__setattr__(self, "_by_match", {match: _index(self.rows, match) for match in MATCHES})
        longest = max((len(row.code) for row in self.rows if row.match in ("prefix", "exclude")), default=0)
        object.__setattr__(self, "_longest", longest)

    def rows_for(self, code: str) -> list[MappingRow]:
        """The rows by which `code` is evidence of something: included by a row and excluded by none."""
        included = self._by_match["exact"].get(code, [])
        excluded = self._by_match["exclude_exact"].get(code, [])
        prefixes, exclusions = self._by_match["prefix"], self._by_match["exclude"]
        for length in range(1, min(len(code), self._longest) + 1):
            start = code[:length]
            if start in prefixes:
                included = included + prefixes[start]
            if start in exclusions:
                excluded = excluded + exclusions[start]
        if not excluded:
            return included
        out = {row.condition for row in excluded}
        return [row for row in included if row.condition not in out]

    def codes_of(self, condition: str) -> list[str]:
        """The codes and prefixes mapped to a condition, without those of conditions nested in it."""
        return [row.code for row in self.rows if row.condition == condition and row.match in ("prefix", "exact")]
