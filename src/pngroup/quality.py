"""The quality report: what was used, what was not, and why. Counts only, never a person's identifier."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from attrs import Attribute, asdict, field, frozen

from .errors import DataError, UsageError
from .vocabulary import Reason

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


#: How many of the codes without a condition the report names.
_MOST_FREQUENT: Final = 20


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
    problem; `unmapped` counts the codes of grouped systems that no condition knows, by system and code, and
    `most_frequent_unmapped` lists the first twenty of them; `columns_not_read` names columns that differ from ours in
    case or punctuation only.
    """

    name: str
    n_rows: int
    n_used: int
    not_used: Mapping[str, int]
    notes: Mapping[str, int]
    n_mapped: Mapping[str, int]
    n_unmapped: Mapping[str, int]
    unreadable: Mapping[str, int]
    columns_not_read: tuple[str, ...] = ()
    # All of them, so that reports of parts add up; there may be a hundred thousand, so that none is printed.
    unmapped: Mapping[tuple[str, str], int] = field(factory=dict, repr=False)
    most_frequent_unmapped: tuple[CodeCount, ...] = field(init=False)

    @most_frequent_unmapped.default
    def _first_of_unmapped(self) -> tuple[CodeCount, ...]:
        first = heapq.nsmallest(_MOST_FREQUENT, self.unmapped.items(), key=lambda item: (-item[1], item[0]))
        return tuple(CodeCount(system, code, n) for (system, code), n in first)

    @property
    def faults(self) -> dict[str, int]:
        """What `strict` refuses: reasons and remarks that are faults of the data, with counts."""
        # In an order of their own, so that the faults of parts read as those of the whole.
        reasons = (reason for reason in NOT_USED if reason not in NO_FAULT)
        found = {reason: self.not_used[reason] for reason in reasons if self.not_used.get(reason)}
        found.update({note: self.notes[note] for note in FAULT_NOTES if self.notes.get(note)})
        if self.columns_not_read:
            found["columns_not_read"] = len(self.columns_not_read)
        return found


#: Remarks on used rows that `strict` refuses.
FAULT_NOTES: Final = {
    "system_not_grouped": "a code system that is not grouped (Read, CTV3, ICD-9): no evidence, but a record",
    "setting_unknown": "unknown setting",
    "position_unknown": "unknown position",
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
    "setting_missing": "records that do not say their setting, for which the model asks",
    "position_missing": "records that do not say their position, for which the model asks",
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
        """Plain dictionaries, lists and numbers, for JSON; of the codes without a condition the most frequent."""
        return asdict(self, filter=_is_shown)

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


def _is_shown(attribute: Attribute[Any], _value: object) -> bool:
    return attribute.name != "unmapped"


def refuse_faults(feeds: Iterable[FeedQuality]) -> None:
    """What `strict` does: raise `DataError` with every fault of the tables, unless there is none."""
    found = [
        f"{feed.name}: {n:,} {'row' if n == 1 else 'rows'} ({NOT_USED.get(fault) or NOTES[fault]})"
        for feed in feeds
        for fault, n in feed.faults.items()
    ]
    if found:
        raise DataError(
            "strict was asked for, and rows are not as they should be: " + "; ".join(found),
            where="the tables named",
            allowed="no such rows under strict",
            remedy="correct the rows, or leave strict out and read the counts in quality",
        )


#: One number of a report: where in it the number stands, from the outside in.
Place: TypeAlias = tuple[str, ...]


def combine(parts: Iterable[Quality]) -> Quality:
    """The report of the whole from the reports of its parts, where each part holds all rows of its persons.

    It is the report that `group()` gives for all rows at once, number for number: rows of nobody, and rows of people
    who are not in `people`, stand in one part and are counted there. A column of dates in which nothing can be read is
    an error of the whole and not seen in a part: who splits a table looks at that before. Raises `UsageError` where
    there is no part, or where parts were made from different tables.

    >>> import pngroup
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
    >>> def quality(rows):
    ...     parts = [{name: values[rows] for name, values in table.items()} for table in (people, records)]
    ...     return pngroup.group(*parts, as_at="2026-03-31", system="icd10").quality
    >>> combine([quality(slice(0, 1)), quality(slice(1, 2))]) == quality(slice(0, 2))
    True
    """
    total: Counter[Place] = Counter()
    tables: set[tuple[str, ...]] = set()
    for part in parts:
        total.update(to_counts(part))
        tables.add(tuple(feed.name for feed in part.feeds))
    if len(tables) != 1:
        raise UsageError(
            "the reports are of parts with different tables" if tables else "there is no report to combine",
            where="argument parts",
            allowed="one report or more, all with the same tables",
            remedy="group every part with the same tables, empty ones where a part has no rows",
        )
    return from_counts(total)


def to_counts(quality: Quality) -> dict[Place, int]:
    """A report as numbers that add up, each under its place."""
    counts: dict[Place, int] = {(name,): getattr(quality, name) for name in ("n_people", "n_grouped")}
    counts.update({("n_without_group", reason): n for reason, n in quality.n_without_group.items()})
    for feed in quality.feeds:
        counts.update({(feed.name, name): getattr(feed, name) for name in _NUMBERS})
        counts.update({(feed.name, name, key): n for name in _MAPPINGS for key, n in getattr(feed, name).items()})
        counts.update({(feed.name, "unmapped", *code): n for code, n in feed.unmapped.items()})
        counts.update({(feed.name, "columns_not_read", label): 1 for label in feed.columns_not_read})
    return counts


_NUMBERS: Final = ("n_rows", "n_used")
_MAPPINGS: Final = ("not_used", "notes", "n_mapped", "n_unmapped", "unreadable")
_TABLES: Final = ("people", "records", "contacts", "medicines", "values")


def from_counts(counts: Mapping[Place, int]) -> Quality:
    """The report of which `to_counts` gives these numbers."""
    below: dict[Place, dict[Place, int]] = {}
    for place, n in counts.items():
        depth = min(len(place) - 1, 2)
        below.setdefault(place[:depth], {})[place[depth:]] = n

    def mapping(*place: str) -> dict[str, int]:
        return {key: n for (key,), n in below.get(place, {}).items()}

    feeds = [
        FeedQuality(
            name=name,
            n_rows=counts[name, "n_rows"],
            n_used=counts[name, "n_used"],
            not_used=mapping(name, "not_used"),
            notes=mapping(name, "notes"),
            n_mapped=mapping(name, "n_mapped"),
            n_unmapped=mapping(name, "n_unmapped"),
            unreadable=mapping(name, "unreadable"),
            # Of these it is the names that count: each part has the columns of the whole.
            columns_not_read=tuple(mapping(name, "columns_not_read")),
            unmapped={(system, code): n for (system, code), n in below.get((name, "unmapped"), {}).items()},
        )
        for name in _TABLES
        if (name, "n_rows") in counts
    ]
    reasons = mapping("n_without_group")
    return Quality(
        feeds=tuple(feeds),
        n_people=counts["n_people",],
        n_grouped=counts["n_grouped",],
        n_without_group={reason.value: reasons[reason.value] for reason in Reason if reason.value in reasons},
    )


def _feed_lines(feed: FeedQuality) -> list[str]:
    lines = [f"{feed.name.capitalize():<9}{feed.n_rows:>12,} rows, {feed.n_used:,} used"]
    for system in sorted(feed.n_mapped.keys() | feed.n_unmapped.keys()):
        mapped, unmapped = feed.n_mapped.get(system, 0), feed.n_unmapped.get(system, 0)
        share = 100 * mapped / (mapped + unmapped) if mapped + unmapped else 0.0
        lines.append(f"  {system}: {mapped:,} rows mapped to a condition ({share:.1f} %), {unmapped:,} not")
    # In an order of their own, so that a report put together from parts reads as that of the whole.
    not_used, notes, unreadable = feed.not_used, feed.notes, feed.unreadable
    lines += [
        f"  not used, {words}: {not_used[reason]:,}" for reason, words in NOT_USED.items() if not_used.get(reason)
    ]
    lines += [
        f"    of these, {problem}: {unreadable[problem]:,}" for problem in sorted(unreadable) if unreadable[problem]
    ]
    lines += [f"  {words}: {notes[note]:,}" for note, words in NOTES.items() if notes.get(note)]
    if feed.columns_not_read:
        lines.append(f"  called almost as one of our columns, and not read: {', '.join(feed.columns_not_read)}")
    if feed.most_frequent_unmapped:
        codes = ", ".join(f"{each.code} ({each.n_rows:,})" for each in feed.most_frequent_unmapped[:5])
        lines.append(f"  most frequent without a condition: {codes}")
    return lines
