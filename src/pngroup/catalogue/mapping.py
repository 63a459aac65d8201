"""From a code to conditions: the rules of one code system."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .index import MATCHES, MappingRow, RowIndex, deciding, is_like

__all__ = ["MATCHES", "ExactRules", "MappingRow", "Rules", "is_like"]


@frozen
class ExactRules:
    """A long list of codes, each mapped by itself; rows are made when a code is asked for.

    `codes`: for each code its conditions and sources, blank-separated, and its line in `file`. `own`: for some codes,
    by condition, the row that says so and stands elsewhere; rows that exclude are only there.
    """

    system: str
    file: str
    codes: Mapping[str, tuple[str, str, int]] = field(repr=False)
    own: Mapping[str, Mapping[str, MappingRow]] = field(factory=dict, repr=False)

    def rows_for(self, code: str) -> list[MappingRow]:
        """The rows by which `code` is evidence of something."""
        if code not in self.codes:
            return []
        conditions, source, line = self.codes[code]
        own = self.own.get(code, {})
        place = f"{self.file}, line {line}"
        return [
            own.get(condition) or MappingRow(condition, self.system, "exact", code, tuple(source.split()), "", place)
            for condition in conditions.split()
        ]

    def excluded_rows(self, code: str) -> list[MappingRow]:
        """The rows that keep `code` out of a condition which would otherwise know it."""
        return [row for row in self.own.get(code, {}).values() if row.excludes]

    def key(self, code: str) -> str:
        """Codes of one key mean the same."""
        return code

    def codes_of(self, condition: str) -> list[str]:
        """The codes mapped to a condition, without those of conditions nested in it."""
        return [code for code, (conditions, _, _) in self.codes.items() if condition in conditions.split()]


@frozen
class Rules:
    """All mapping rows of one code system, ready to look codes up."""

    rows: tuple[MappingRow, ...]
    _index: RowIndex = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # A frozen class makes its own index once.
        object.__setattr__(self, "_index", RowIndex(self.rows))

    def rows_for(self, code: str) -> list[MappingRow]:
        """The rows by which `code` is evidence of something: for each condition the most specific row decides."""
        return deciding(self._index.about(code))[0]

    def excluded_rows(self, code: str) -> list[MappingRow]:
        """The rows that keep `code` out of a condition which would otherwise know it."""
        return deciding(self._index.about(code))[1]

    def below(self, code: str) -> list[MappingRow]:
        """The rows about codes that begin with `code` and are longer."""
        return self._index.below(code)

    def key(self, code: str) -> str:
        """Codes of one key mean the same."""
        return self._index.key(code)

    def codes_of(self, condition: str) -> list[str]:
        """The codes and prefixes mapped to a condition, without those of conditions nested in it."""
        return [row.code for row in self.rows if row.condition == condition and row.match in ("prefix", "exact")]
