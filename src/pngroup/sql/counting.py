"""The quality table, and the check that stops the script when a table cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..quality import NOT_USED
from .people import NOTES
from .script import Statement, create, union
from .source import Source

#: Notes on used rows that the code of a row brings with it, and their columns.
_CODE_NOTES: Final = {
    "system_not_grouped": "is_not_grouped",
    "rewritten": "is_rewritten",
    "filler": "is_filler",
    "administrative": "is_administrative",
    "not_a_medicine": "is_not_a_medicine",
}


def quality_statements(source: Source) -> Iterator[Statement]:
    """The statements that make `pngroup_quality`: feed, topic, item, place, n_rows."""
    dialect, literal = source.dialect, source.dialect.literal
    kinds = "why, code_number, status_unknown, setting_unknown, is_new"
    parts = [
        f"SELECT {literal(feed)} AS feed, {kinds}, COUNT(*) AS n_rows\nFROM pngroup_{feed}\nGROUP BY {kinds}"
        for feed in source.given[1:]
    ]
    columns = ["feed", *kinds.split(", "), "n_rows"]
    about = "How many rows of each table became what."
    yield from create(dialect, "pngroup_count", about, columns, f"FROM (\n{union(parts)}\n) u")
    yield from create(
        dialect,
        "pngroup_quality",
        "The quality report: counts only. place orders the items of a topic.",
        ["feed", "topic", "item", "place", "n_rows"],
        f"FROM (\n{union(_topics(source))}\n) u\nWHERE n_rows > 0",
    )


def _topics(source: Source) -> list[str]:
    literal = source.dialect.literal

    def total(
        feed: str, topic: str, rest: str, *, item: str = "''", n: str = "COUNT(*)", group: str = "", place: str = "0"
    ) -> str:
        end = f"\nGROUP BY {group}" if group else ""
        return (
            f"SELECT {feed} AS feed, {literal(topic)} AS topic, {item} AS item, {place} AS place, "
            f"COALESCE({n}, 0) AS n_rows\nFROM {rest}{end}"
        )

    rows = "SUM(n.n_rows)"
    repeated = (
        f"(SELECT COUNT(*) AS n_rows FROM {source.table('people')}) a "
        "CROSS JOIN (SELECT COUNT(*) AS n_rows FROM pngroup_person) b"
    )
    coded = "pngroup_count n JOIN pngroup_code c ON c.code_number = n.code_number WHERE"
    return [
        total("'people'", "rows", source.table("people")),
        total("'people'", "used", "pngroup_people"),
        total("'people'", "grouped", "pngroup_people WHERE reason IS NULL"),
        total("'people'", "without_group", "pngroup_people WHERE reason IS NOT NULL", item="reason", group="reason"),
        total("'people'", "note", repeated, item="'duplicate_people'", n="MAX(a.n_rows - b.n_rows)"),
        *(total("'people'", "note", "pngroup_people", item=literal(note), n=f"SUM({note})") for note in NOTES),
        total("n.feed", "rows", "pngroup_count n", n=rows, group="n.feed"),
        total("n.feed", "used", "pngroup_count n WHERE n.why IS NULL", n=rows, group="n.feed"),
        total(
            "n.feed",
            "not_used",
            "pngroup_count n WHERE n.why IS NOT NULL",
            item="n.why",
            n=rows,
            group="n.feed, n.why",
            place=_place(source),
        ),
        *(
            total(
                "n.feed",
                topic,
                f"{coded} n.why IS NULL AND c.is_mapped = {mapped}",
                item="c.code_system",
                n=rows,
                group="n.feed, c.code_system",
            )
            for topic, mapped in (("mapped", 1), ("unmapped", 0))
        ),
        total(
            "n.feed",
            "unreadable",
            f"{coded} n.why = 'code_unreadable'",
            item="c.because",
            n=rows,
            group="n.feed, c.because",
        ),
        *(
            total(
                "n.feed",
                "note",
                f"{coded} n.why IS NULL AND c.{column} = 1",
                item=literal(note),
                n=rows,
                group="n.feed",
            )
            for note, column in _CODE_NOTES.items()
        ),
        *(
            total(
                "n.feed",
                "note",
                f"pngroup_count n WHERE n.why IS NULL AND n.{note} = 1",
                item=literal(note),
                n=rows,
                group="n.feed",
            )
            for note in ("status_unknown", "setting_unknown")
        ),
    ]


def _place(source: Source) -> str:
    branches = " ".join(
        f"WHEN n.why = {source.dialect.literal(reason)} THEN {place}" for place, reason in enumerate(NOT_USED, 1)
    )
    return f"CASE {branches} END"


def check_statements(source: Source) -> Iterator[Statement]:
    """The statements that make `pngroup_check`, and stop the script when anything in it is wrong."""
    dialect, literal = source.dialect, source.dialect.literal
    blank = f"person_id IS NULL OR LTRIM(RTRIM(CAST(person_id AS {dialect.text}))) = ''"
    new = "with a spelling that is not in the list of spellings: list them again and write the script anew"
    checks = {
        "rows of people without person_id": f"SELECT COUNT(*) AS n FROM pngroup_person WHERE {blank}",
        "people whose rows disagree: keep the row that is right": (
            "SELECT COUNT(*) AS n FROM (SELECT person_id FROM pngroup_person GROUP BY person_id HAVING COUNT(*) > 1) d"
        ),
        f"rows of people {new}": "SELECT SUM(is_new) AS n FROM pngroup_people",
    }
    for feed in source.given[1:]:
        test = f"n.feed = {literal(feed)} AND n.is_new = 1"
        checks[f"rows of {feed} {new}"] = f"SELECT SUM(n.n_rows) AS n FROM pngroup_count n WHERE {test}"
    parts = [
        f"SELECT {literal(what)} AS what, COALESCE(t.n, 0) AS n_wrong FROM ({query}) t"
        for what, query in checks.items()
    ]
    about = "What must not be: rows that cannot be placed, and spellings that nobody has looked up."
    yield from create(dialect, "pngroup_check", about, ["what", "n_wrong"], f"FROM (\n{union(parts)}\n) u")
    message = f"CONCAT({literal('pngroup stopped: ')}, CAST(n_wrong AS {dialect.text}), {literal(' ')}, what)"
    about = (
        "The script stops here, with a sentence, when any of these is not 0. Everything below reads this table, so\n"
        "that nothing is made after that."
    )
    columns = [f"MAX(CASE WHEN n_wrong > 0 THEN {dialect.fail.format(message)} ELSE 1 END) AS passed"]
    yield from create(dialect, "pngroup_passed", about, columns, "FROM pngroup_check")
