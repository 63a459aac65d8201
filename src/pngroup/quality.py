"""The quality report: what was used, what was not, and why. Counts only, never a person's identifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import asdict, frozen

from .errors import UsageError

#: Why a row is not evidence, in the order in which reasons are tried; the words of the report.
NOT_USED: Final = {
    "person_missing": "no person_id",
    "person_unknown": "the person is not in people",
    "entered_in_error": "entered in error",
    "refuted": "refuted",
    "suspected": "suspected or not confirmed",
    "not_done": "not done",
    "system_missing": "no code system",
    "system_unknown": "unknown code system",
    "code_missing": "no code",
    "code_unreadable": "unreadable code",
    "value_of_nothing": "a value of something the model does not ask about",
    "value_missing": "no number as value",
    "value_out_of_range": "a value or unit outside what is allowed",
    "date_missing": "no date",
    "date_unreadable": "unreadable date",
    "after_as_at": "dated after as_at",
    "before_birth": "dated before the earliest possible day of birth",
    "after_death": "dated after death",
}

#: Reasons that are no fault of the data: rows that say of themselves that they do not count.
NO_FAULT: Final = frozenset({"entered_in_error", "refuted", "suspected", "not_done", "value_of_nothing"})


@frozen
class CodeCount:
    """A code in its canonical form and how many rows have it."""

    system: str
    code: str
    n_rows: int


@frozen
class FeedQuality:
    """What became of the rows of one table.

    `n_rows` in it; `n_used`; `not_used` by reason (see `NOT_USED`); `notes` are counts of what was used but
    remarkable (rewritten codes, fillers, unknown settings); `n_mapped` and `n_unmapped` by code system; `unreadable` by
    problem; `most_frequent_unmapped` lists codes of grouped systems that no condition knows; `columns_not_read` names
    columns that differ from ours in case or punctuation only.
    """

    name: str
    n_rows: int
    n_used: int
    not_used: Mapping[str, int]
    notes: Mapping[str, int]
    n_mapped: Mapping[str, int]
    n_unmapped: Mapping[str, int]
    unreadable: Mapping[str, int]
    most_frequent_unmapped: tuple[CodeCount, ...]
    columns_not_read: tuple[str, ...] = ()

    @property
    def faults(self) -> dict[str, int]:
        """What `strict` refuses: reasons and remarks that are faults of the data, with counts."""
        found = {reason: n for reason, n in self.not_used.items() if n and reason not in NO_FAULT}
        found.update({note: n for note, n in self.notes.items() if n and note in FAULT_NOTES})
        if self.columns_not_read:
            found["columns_not_read"] = len(self.columns_not_read)
        return found


#: Remarks on used rows that `strict` refuses.
FAULT_NOTES: Final = {
    "system_not_grouped": "a code system that is not grouped (Read, CTV3, ICD-9): no evidence, but a record",
    "setting_unknown": "unknown setting",
    "status_unknown": "unknown status",
    "columns_not_read": "a column that is called almost as one of ours and was not read",
    "not_a_medicine": "a code that is no medicine",
    "duplicate_people": "identical duplicate rows of people",
    "sex_unknown_word": "unknown word for sex",
    "birth_date_unreadable": "unreadable birth date",
    "age_unreadable": "unreadable age",
    "age_out_of_range": "age below 0 or above 125",
    "registration_unreadable": "unreadable registration date",
    "death_unreadable": "unreadable date of death",
}

NOTES: Final = {
    **FAULT_NOTES,
    "rewritten": "codes rewritten without loss (case, dots, padding, suffixes)",
    "filler": "filler codes (R69X) that hospitals write where no diagnosis was given",
    "administrative": "administrative records, not counted as known to services",
    "age_imputed": "birth date imputed from a month or a year",
}


@frozen
class Quality:
    """The quality report of a grouping: one `FeedQuality` a table, and the people by group or reason."""

    feeds: tuple[FeedQuality, ...]
    n_people: int
    n_grouped: int
    n_without_group: Mapping[str, int]

    def feed(self, name: str) -> FeedQuality:
        """The report on one table; `UsageError` where it was not given."""
        for feed in self.feeds:
            if feed.name == name:
                return feed
        raise UsageError(
            f"there is no report on {name!r}",
            where="argument name",
            allowed=", ".join(feed.name for feed in self.feeds),
            remedy="name a table that was given",
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"People   {self.n_people:>12,}", f"  grouped {self.n_grouped:>11,}"]
        for reason, n in self.n_without_group.items():
            if n:
                lines.append(f"  no group, {reason.replace('_', ' ')}: {n:,}")
        for feed in self.feeds:
            lines += _feed_lines(feed)
        given = {feed.name for feed in self.feeds}
        absent = [name for name in ("contacts", "medicines", "values") if name not in given]
        if absent:
            lines.append(f"Not given, so not known: {', '.join(absent)}")
        return "\n".join(lines)


def _feed_lines(feed: FeedQuality) -> list[str]:
    lines = [f"{feed.name.capitalize():<9}{feed.n_rows:>12,} rows, {feed.n_used:,} used"]
    for system in sorted(feed.n_mapped.keys() | feed.n_unmapped.keys()):
        mapped, unmapped = feed.n_mapped.get(system, 0), feed.n_unmapped.get(system, 0)
        share = 100 * mapped / (mapped + unmapped) if mapped + unmapped else 0.0
        lines.append(f"  {system}: {mapped:,} rows mapped to a condition ({share:.1f} %), {unmapped:,} not")
    lines += [f"  not used, {NOT_USED[reason]}: {n:,}" for reason, n in feed.not_used.items() if n]
    lines += [f"    of these, {problem}: {n:,}" for problem, n in feed.unreadable.items() if n]
    lines += [f"  {NOTES[note]}: {n:,}" for note, n in feed.notes.items() if n]
    if feed.columns_not_read:
        lines.append(f"  called almost as one of our columns, and not read: {', '.join(feed.columns_not_read)}")
    if feed.most_frequent_unmapped:
        codes = ", ".join(f"{each.code} ({each.n_rows:,})" for each in feed.most_frequent_unmapped[:5])
        lines.append(f"  most frequent without a condition: {codes}")
    return lines
