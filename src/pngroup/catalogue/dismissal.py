"""Codes that are decided to be no condition, each with its reason: decided, not forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

#: A decision for a whole chapter would be no decision.
SHORTEST: Final = 3


@frozen
class Dismissal:
    """Why a code is no condition: the reason (an id), a sentence where one is needed, who says so, and where."""

    reason: str
    because: str
    system: str
    match: str
    code: str
    source: tuple[str, ...]
    place: str


@frozen
class Dismissals:
    """The dismissed codes of one system.

    `rows`: for each (match, code) its reason, sentence and sources, and its line in `file` (or its place elsewhere).
    """

    system: str
    file: str
    rows: Mapping[tuple[str, str], tuple[str, str, str, int | str]] = field(repr=False)
    _longest: int = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        longest = max((len(code) for match, code in self.rows if match == "prefix"), default=0)
        object.__setattr__(self, "_longest", longest)

    def dismissal(self, code: str) -> Dismissal | None:
        """Why `code` is no condition: the exact row, or the longest prefix; None where nothing was decided."""
        if ("exact", code) in self.rows:
            return self._made("exact", code)
        for length in range(min(len(code), self._longest), SHORTEST - 1, -1):
            if ("prefix", code[:length]) in self.rows:
                return self._made("prefix", code[:length])
        return None

    def _made(self, match: str, code: str) -> Dismissal:
        reason, because, source, line = self.rows[match, code]
        place = line if isinstance(line, str) else f"{self.file}, line {line}"
        return Dismissal(reason, because, self.system, match, code, tuple(source.split()), place)
