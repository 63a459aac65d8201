"""Mapping rows, found by the codes that they are about; rows may come and go while an overlay is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

#: `like` compares place by place: `?` stands for any one character, the last excepted, and the length must agree.
MATCHES: Final = ("prefix", "exact", "like", "exclude", "exclude_exact", "exclude_like")
BEGINNINGS: Final = ("prefix", "exclude")
PATTERNS: Final = ("like", "exclude_like")
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
        if self.match in BEGINNINGS:
            return len(self.code)
        return _LIKE if self.match in PATTERNS else _EXACT

    def applies_to(self, code: str) -> bool:
        """Whether this row is about `code` (canonical form)."""
        if self.match in BEGINNINGS:
            return code.startswith(self.code)
        return is_like(code, self.code) if self.match in PATTERNS else code == self.code


def is_like(code: str, pattern: str) -> bool:
    """Whether a code agrees with a pattern place by place; `?` agrees with anything.

    >>> is_like("S72011S", "S?????S"), is_like("S72011A", "S?????S"), is_like("S720S", "S?????S")
    (True, False, False)
    """
    return len(code) == len(pattern) and all(
        wanted in ("?", place) for place, wanted in zip(code, pattern, strict=True)
    )


def narrowed(pattern: str, code: str) -> str | None:
    """The pattern for codes that also begin with `code`; None where there can be none.

    >>> narrowed("S?????S", "S72"), narrowed("S?????S", "T72")
    ('S72???S', None)
    """
    if len(code) > len(pattern) or not is_like(code, pattern[: len(code)]):
        return None
    return code + pattern[len(code) :]


def deciding(rows: Iterable[MappingRow]) -> tuple[list[MappingRow], list[MappingRow]]:
    """Of rows about one code those by which it counts, and those that keep it out of what it would count for.

    For each condition the most specific row decides; between two that are equally specific, the one that excludes.
    """
    rows = list(rows)
    within: dict[str, int] = {}
    without: dict[str, int] = {}
    for row in rows:
        most = without if row.excludes else within
        most[row.condition] = max(most.get(row.condition, 0), row.specificity)
    if not without:
        return rows, []
    out = {condition for condition, most in without.items() if most >= within.get(condition, 0)}
    counting = [row for row in rows if not row.excludes and row.condition not in out]
    return counting, [row for row in rows if row.excludes and row.condition in out & within.keys()]


class RowIndex:
    """The mapping rows of one code system; no two rows say the same of a condition and code."""

    def __init__(self, rows: Iterable[MappingRow]) -> None:
        self._rows: dict[tuple[str, str, str], MappingRow] = {}
        self._at: dict[str, list[MappingRow]] = {}
        #: By length and last character: where a pattern begins to be open, and the row.
        self._like: dict[tuple[int, str], list[tuple[str, MappingRow]]] = {}
        self._starts: set[str] = set()
        self._longest = 0
        for row in rows:
            self.add(row)

    def __iter__(self) -> Iterator[MappingRow]:
        return iter(self._rows.values())

    def add(self, row: MappingRow) -> None:
        """Add a row, in the place of one that says the same."""
        key = (row.condition, row.match, row.code)
        if key in self._rows:
            self.discard(self._rows[key])
        self._rows[key] = row
        if row.match in PATTERNS:
            self._like.setdefault((len(row.code), row.code[-1]), []).append((row.code.partition("?")[0], row))
            return
        self._at.setdefault(row.code, []).append(row)
        if row.code not in self._starts:
            self._starts.update(row.code[:n] for n in range(1, len(row.code) + 1))
            self._longest = max(self._longest, len(row.code))

    def discard(self, row: MappingRow) -> None:
        """Take a row out."""
        del self._rows[row.condition, row.match, row.code]
        if row.match in PATTERNS:
            self._like[len(row.code), row.code[-1]].remove((row.code.partition("?")[0], row))
        else:
            self._at[row.code].remove(row)

    def about(self, code: str) -> list[MappingRow]:
        """The rows about a code, those that exclude among them."""
        found = list(self._at.get(code, ()))
        for length in range(1, min(len(code), self._longest + 1)):
            found += [row for row in self._at.get(code[:length], ()) if row.match in BEGINNINGS]
        return [*found, *self._patterns(code)] if self._like else found

    def below(self, code: str) -> list[MappingRow]:
        """The rows about codes that begin with `code` and are longer, patterns for such codes among them."""
        found = [row for at, rows in self._at.items() if len(at) > len(code) and at.startswith(code) for row in rows]
        return found + [
            row for group in self._like.values() for _, row in group if narrowed(row.code, code) is not None
        ]

    def key(self, code: str) -> str:
        """Codes of one key mean the same: the longest start of the code that any row goes into.

        Codes below such a start differ in places that no row looks at, so a hundred thousand distinct codes have a few
        thousand keys. The patterns that a code agrees with belong to its key.
        """
        # Where a start is known, all shorter ones are: the first that is known from behind is the longest.
        starts, length = self._starts, min(len(code), self._longest)
        while length and code[:length] not in starts:
            length -= 1
        key = code if length == len(code) else code[:length] + "+"
        if (len(code), code[-1:]) in self._like:
            key += "".join(row.code for row in self._patterns(code))
        return key

    def _patterns(self, code: str) -> list[MappingRow]:
        candidates = self._like.get((len(code), code[-1:]), ())
        return [row for start, row in candidates if code.startswith(start) and is_like(code, row.code)]
