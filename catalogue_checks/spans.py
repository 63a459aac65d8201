"""A sorted list of codes in which everything under a prefix is found at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from attrs import field, frozen


@frozen
class Spans:
    """Codes in order: what stands under a prefix stands together."""

    codes: tuple[str, ...] = field(converter=lambda codes: tuple(sorted(set(codes))))

    def under(self, prefix: str) -> tuple[str, ...]:
        """The codes that begin with `prefix`.

        >>> Spans(["I10", "I200", "I209", "I21"]).under("I20")
        ('I200', 'I209')
        """
        start = bisect_left(self.codes, prefix)
        # No code holds a character beyond the last letter of ASCII.
        return self.codes[start : bisect_left(self.codes, prefix + "\x7f", lo=start)]

    def under_any(self, prefixes: Iterable[str]) -> frozenset[str]:
        """The codes that begin with any of the prefixes."""
        return frozenset(code for prefix in prefixes for code in self.under(prefix))
