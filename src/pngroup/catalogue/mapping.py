"""From a code to conditions: the mapping rows of one code system, and how they match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

#: `like` compares place by place: `?` stands for any one character, the last excepted, and the length must agree.
MATCHES: Final = ("prefix", "exact", "like", "exclude", "exclude_exact", "exclude_like")
_BEGINNINGS: Final = ("prefix", "exclude")
_PATTERNS: Final = ("like", "exclude_like")
#: More than any beginning says; no code has so many characters.
_LIKE: Final = 1_000
_EXACT: Final = 1_001


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

    @property
    def excludes(self) -> bool:
        """Whether the row keeps codes out of the condition."""
        return self.match.startswith("exclude")

    @property
    def specificity(self) -> int:
        """How much of a code the row says: of two rows on one condition the more specific wins."""
        if self.match in _BEGINNINGS:
            return len(self.code)
        return _LIKE if self.match in _PATTERNS else _EXACT

    def applies_to(self, code: str) -> bool:
        """Whether this row is about `code` (canonical form)."""
        if self.match in _BEGINNINGS:
            return code.startswith(self.code)
        return is_like(code, self.code) if self.match in _PATTERNS else code == self.code


def is_like(code: str, pattern: str) -> bool:
    """Whether a code agrees with a pattern place by place; `?` agrees with anything.

    >>> is_like("S72011S", "S?????S"), is_like("S72011A", "S?????S"), is_like("S720S", "S?????S")
    (True, False, False)
    """
    return len(code) == len(pattern) and all(
        wanted in ("?", place) for place, wanted in zip(code, pattern, strict=True)
    )


@frozen
class ExactRules:
    """A long list of codes, each mapped by itself; rows are made when a code is asked for.

    `codes`: for each code its conditions and sources, blank-separated, and its line in `file`. `notes`: for some
    codes a note.
    """

    system: str
    file: str
    codes: Mapping[str, tuple[str, str, int]] = field(repr=False)
    notes: Mapping[str, str] = field(factory=dict, repr=False)

    def rows_for(self, code: str) -> list[MappingRow]:
        """The rows by which `code` is evidence of something."""
        if code not in self.codes:
            return []
        conditions, source, line = self.codes[code]
        place = f"{self.file}, line {line}" if line else self.file
        note = self.notes.get(code, "")
        return [
            MappingRow(condition, self.system, "exact", code, tuple(source.split()), note, place)
            for condition in conditions.split()
        ]

    def excluded_rows(self, code: str) -> list[MappingRow]:  # noqa: ARG002 - one signature with Rules
        """None: such a list has no rows that exclude."""
        return []

    def key(self, code: str) -> str:
        """Codes of one key mean the same."""
        return code

    def codes_of(self, condition: str) -> list[str]:
        """The codes mapped to a condition, without those of conditions nested in it."""
        return [code for code, (conditions, _, _) in self.codes.items() if condition in conditions.split()]


def _excluded(rows: Iterable[MappingRow]) -> set[str] | None:
    """The conditions that rows about one code keep it out of; None where no row excludes anything."""
    within: dict[str, int] = {}
    without: dict[str, int] = {}
    for row in rows:
        most = without if row.excludes else within
        most[row.condition] = max(most.get(row.condition, 0), row.specificity)
    if not without:
        return None
    return {condition for condition, most in without.items() if most >= within.get(condition, 0)}


@frozen
class Rules:
    """All mapping rows of one code system, ready to look codes up."""

    rows: tuple[MappingRow, ...]
    _at: dict[str, list[MappingRow]] = field(init=False, eq=False, repr=False)
    _like: dict[tuple[int, str], list[tuple[str, MappingRow]]] = field(init=False, eq=False, repr=False)
    _starts: frozenset[str] = field(init=False, eq=False, repr=False)
    _longest: int = field(init=False, eq=False, repr=False)
    _excluding: list[MappingRow] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # A frozen class fills its own indexes once.
        at: dict[str, list[MappingRow]] = defaultdict(list)
        like: dict[tuple[int, str], list[tuple[str, MappingRow]]] = defaultdict(list)
        for row in self.rows:
            if row.match in _PATTERNS:
                like[len(row.code), row.code[-1]].append((row.code.partition("?")[0], row))
            else:
                at[row.code].append(row)
        object.__setattr__(self, "_at", dict(at))
        object.__setattr__(self, "_like", dict(like))
        starts = frozenset(code[:n] for code in at for n in range(1, len(code) + 1))
        object.__setattr__(self, "_starts", starts)
        object.__setattr__(self, "_longest", max(map(len, starts), default=0))
        object.__setattr__(self, "_excluding", [row for row in self.rows if row.excludes])

    def rows_for(self, code: str) -> list[MappingRow]:
        """The rows by which `code` is evidence of something: for each condition the most specific row decides.

        Between two that are equally specific, the one that excludes.
        """
        rows = self._rows_about(code)
        out = _excluded(rows)
        return [row for row in rows if not row.excludes and row.condition not in out] if out is not None else rows

    def excluded_rows(self, code: str) -> list[MappingRow]:
        """The rows that keep `code` out of a condition which would otherwise know it."""
        rows = self._rows_about(code)
        wanted = {row.condition for row in rows if not row.excludes} & (_excluded(rows) or set())
        return [row for row in rows if row.excludes and row.condition in wanted]

    def key(self, code: str) -> str:
        """Codes of one key mean the same: the longest start of the code that any row goes into.

        Codes below such a start differ in places that no row looks at, so a hundred thousand distinct codes have a few
        thousand keys. A code that a pattern could be about has a key of its own.
        """
        end = ""
        if (len(code), code[-1:]) in self._like:
            end = "".join(row.code for row in self._patterns(code))
        # Where a start is known, all shorter ones are: the first that is known from behind is the longest.
        for length in range(min(len(code), self._longest), 0, -1):
            if (start := code[:length]) in self._starts:
                return f"{start}+{end}" if end or length < len(code) else start
        return end

    def codes_of(self, condition: str) -> list[str]:
        """The codes and prefixes mapped to a condition, without those of conditions nested in it."""
        return [row.code for row in self.rows if row.condition == condition and row.match in ("prefix", "exact")]

    def excluding_below(self, code: str) -> list[MappingRow]:
        """The rows that exclude some of the codes that begin with `code`."""
        return [
            row for row in self._excluding if row.code.startswith(code) or code.startswith(row.code.partition("?")[0])
        ]

    def _patterns(self, code: str) -> list[MappingRow]:
        candidates = self._like.get((len(code), code[-1:]), ())
        return [row for start, row in candidates if code.startswith(start) and is_like(code, row.code)]

    def _rows_about(self, code: str) -> list[MappingRow]:
        found = list(self._at.get(code, ()))
        for length in range(1, min(len(code), self._longest + 1)):
            found += [row for row in self._at.get(code[:length], ()) if row.match in _BEGINNINGS]
        return [*found, *self._patterns(code)] if self._like else found
