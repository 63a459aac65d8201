"""What expanding a catalogue did, condition by condition: gained, lost, inactive, replaced, and what was not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

How: TypeAlias = Literal["root", "refset", "history", "substitute"]
#: Why an id was added, in words; behind them stand the ids that it was found by.
HOW: Final[dict[How, str]] = {
    "root": "is or stands below",
    "refset": "is a member of",
    "history": "is inactive and was replaced by what is or stands below, or is a member of,",
    "substitute": "replaces the inactive",
}
_MOST_NAMED: Final = 8


@frozen
class Addition:
    """An id that a condition gained: how, and from which root, reference set or inactive id (one or more)."""

    code: str
    how: How
    origins: tuple[str, ...]

    def __str__(self) -> str:
        return f"{HOW[self.how]} {', '.join(self.origins)}"


@frozen
class ConditionExpansion:
    """What became of the SNOMED CT ids of one condition.

    `packaged` ids the catalogue had. `additions` are new. `lost` are packaged ids that the expansion does not find:
    they are kept. Of the packaged ids some are `inactive` in the release, some `unknown` to it, some `doubted`: an
    exclusion or a concept that never counts stands above them; they are kept too. `n_kept_out` ids were found and not
    added, because an exclusion, a concept that never counts, or a dismissal of the catalogue says so. Roots that the
    release does not have are `roots_missing`, inactive ones `roots_inactive` (what replaces them is used); clusters
    whose reference set is not known or not in the release are `refsets_missing`.
    """

    condition: str
    packaged: tuple[str, ...] = field(repr=False)
    additions: tuple[Addition, ...] = field(repr=False)
    lost: tuple[str, ...] = field(repr=False)
    inactive: tuple[str, ...] = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)
    doubted: tuple[str, ...] = field(repr=False)
    n_kept_out: int
    roots_missing: tuple[str, ...]
    roots_inactive: tuple[str, ...]
    refsets_missing: tuple[str, ...]

    @property
    def gained(self) -> tuple[str, ...]:
        """The new ids, sorted as numbers."""
        return tuple(each.code for each in self.additions)

    @property
    def substituted(self) -> tuple[str, ...]:
        """Those of the new ids that came as substitutes of inactive packaged ids, and in no other way."""
        return tuple(each.code for each in self.additions if each.how == "substitute")

    @property
    def n_expanded(self) -> int:
        """How many ids the condition has now."""
        return len(self.packaged) + len(self.additions)


@frozen
class ExpansionReport:
    """A row for each condition with roots or reference sets, sorted by condition.

    `redecided`: ids that the catalogue had dismissed for another reason than those that never count, and that stand for
    a condition now. `never_missing`: concepts that never count and are not in the release. `base`: the fingerprint of
    the catalogue that was expanded.
    """

    release: str
    history: str
    rows: tuple[ConditionExpansion, ...] = field(repr=False)
    redecided: tuple[str, ...] = field(repr=False)
    never_missing: tuple[str, ...]
    base: str = field(repr=False)

    def row(self, condition: str) -> ConditionExpansion:
        """The row of one condition; `KeyError` for one without roots and reference sets."""
        for row in self.rows:
            if row.condition == condition:
                return row
        raise KeyError(condition)

    def changes(self) -> Iterator[tuple[str, str, str, str]]:
        """Every id that differs or is odd: condition, code, change and why."""
        for row in self.rows:
            for addition in row.additions:
                yield row.condition, addition.code, "gained", str(addition)
            for change, ids, why in (
                ("lost", row.lost, "no root or reference set leads to it; it is kept"),
                ("inactive", row.inactive, "inactive in the release; it is kept"),
                ("unknown", row.unknown, "not in the release; it is kept"),
                ("doubted", row.doubted, "below an exclusion or a concept that never counts; it is kept"),
            ):
                for code in ids:
                    yield row.condition, code, change, why

    def remarks(self) -> Iterator[str]:
        """What a person should know beside the numbers."""
        for column, words in (
            ("roots_missing", "roots and exclusions that are not in the release"),
            ("roots_inactive", "inactive roots and exclusions, of which the substitutes are used"),
            ("refsets_missing", "clusters whose reference set is not known or not in the release"),
        ):
            odd = [(row.condition, getattr(row, column)) for row in self.rows]
            named = [f"{condition} ({', '.join(ids)})" for condition, ids in odd if ids]
            if named:
                yield f"{len(named):,} conditions with {words}: {_first(named)}"
        if n := sum(row.n_kept_out for row in self.rows):
            yield f"{n:,} ids were found and kept out: excluded, never counted, or dismissed by the catalogue"
        if self.redecided:
            yield f"{len(self.redecided):,} ids were dismissed by the catalogue and stand for a condition now"
        if self.never_missing:
            yield f"concepts that never count and are not in the release: {_first(list(self.never_missing))}"


def _first(named: list[str]) -> str:
    more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
    return ", ".join(named[:_MOST_NAMED]) + more
