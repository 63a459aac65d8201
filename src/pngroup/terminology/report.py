"""What reading a release found and left out: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import field, frozen

#: What is counted, in words; each is a key of `ReleaseReport.counts`.
COUNTED: Final = {
    "concepts": "concepts",
    "inactive_concepts": "of them inactive",
    "without_parents": "active concepts without a parent (one, the root, is right)",
    "is_a": "is-a relationships used",
    "is_a_inactive": "is-a relationships left out: inactive",
    "is_a_not_inferred": "is-a relationships left out: not inferred (stated or additional)",
    "is_a_unknown_concept": "is-a relationships left out: to or from a concept that is not in the release",
    "is_a_inactive_concept": "is-a relationships left out: to or from an inactive concept",
    "is_a_repeated": "is-a relationships left out: the same pair again",
    "refsets": "simple reference sets",
    "members": "members of simple reference sets used",
    "members_inactive": "members left out: inactive",
    "members_no_concept": "members left out: no concepts (descriptions or others)",
    "members_unknown_concept": "members left out: a concept that is not in the release",
    "members_repeated": "members left out: the same again",
    "associations": "historical and other associations used",
    "associations_inactive": "associations left out: inactive",
    "associations_no_concept": "associations left out: not between concepts",
    "associations_unknown_concept": "associations left out: to or from a concept that is not in the release",
    "associations_repeated": "associations left out: the same again",
    "superseded": "rows left out: a later row of the same component is in another file",
    "same_again": "rows left out: the same row is in another file",
    "unreadable": "rows left out: not readable",
    "ignored_files": "files left alone (Full, Delta, descriptions, maps and others)",
}


@frozen
class FileReport:
    """One file that was read."""

    place: str
    kind: str
    n_rows: int
    n_unreadable: int


@frozen
class ReleaseReport:
    """What was read and what was left out. `cache` says where the release came from, in words.

    `counts` has a number for each key of `COUNTED`.
    """

    files: tuple[FileReport, ...]
    counts: Mapping[str, int] = field(repr=False)
    cache: str

    def lines(self) -> Iterator[str]:
        """The report as lines of text; what was not met is left out."""
        for file in self.files:
            yield f"{file.place}: {file.n_rows:,} rows" + (
                f", {file.n_unreadable:,} not readable" if file.n_unreadable else ""
            )
        yield from self.counted(COUNTED)
        yield f"cache: {self.cache}"

    def counted(self, keys: Iterable[str]) -> Iterator[str]:
        """Lines on some of the counts; what was not met is left out."""
        yield from (f"{self.counts[key]:,} {COUNTED[key]}" for key in keys if self.counts[key])

    def __str__(self) -> str:
        return "\n".join(self.lines())
