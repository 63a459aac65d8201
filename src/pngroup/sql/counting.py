"""The quality table, and the check that stops the script when a table cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..quality import NOT_USED
from .evidence import filled
from .people import NOTES
from .script import Statement, create, union
from .source import Source

#: Topic, item and test of what is counted of rows (n) and their codes (c). An item that is empty here is of the row.
_OF_ROWS: Final = (
    ("rows", "", "1 = 1"),
    ("used", "", "n.why IS NULL"),
    ("not_used", "", "n.why IS NOT NULL"),
    ("mapped", "", "n.why IS NULL AND c.is_mapped = 1"),
    ("unmapped", "", "n.why IS NULL AND c.is_mapped = 0"),
    ("unreadable", "", "n.why = 'code_unreadable'"),
    ("note", "system_not_grouped", "n.why IS NULL AND c.is_not_grouped = 1"),
    ("note", "rewritten", "n.why IS NULL AND c.is_rewritten = 1"),
    ("note", "filler", "n.why IS NULL AND c.is_filler = 1"),
    ("note", "administrative", "n.why IS NULL AND c.is_administrative = 1"),
    ("note", "not_a_medicine", "n.why IS NULL AND c.is_not_a_medicine = 1"),
    ("note", "status_unknown", "n.why IS NULL AND n.status_unknown = 1"),
    ("note", "setting_unknown", "n.why IS NULL AND n.setting_unknown = 1"),
    ("note", "setting_missing", "n.why IS NULL AND n.setting_missing = 1"),
)
#: The same of people (p).
_OF_PEOPLE: Final = (
    ("used", "", "1 = 1"),
    ("grouped", "", "p.reason IS NULL"),
    ("without_group", "", "p.reason IS NOT NULL"),
    *(("note", note, f"p.{note} = 1") for note in NOTES),
)


def quality_statements(source: Source) -> Iterator[Statement]:
    """The statements that make `pngroup_quality`: feed, topic, item, place, n_rows."""
    dialect, literal = source.dialect, source.dialect.literal
    kinds = "why, code_number, status_unknown, setting_unknown, setting_missing, is_new"
    parts = [
        f"SELECT {literal(feed)} AS feed, {kinds}, {dialect.count} AS n_rows\nFROM pngroup_{feed}\nGROUP BY {kinds}"
        for feed in source.given[1:]
    ]
    columns = ["feed", *kinds.split(", "), "n_rows"]
    about = "How many rows of each table became what."
    yield from create(dialect, "pngroup_count", about, columns, f"FROM (\n{union(parts)}\n) u")
    about = "The quality report: counts only. place orders the items of a topic."
    topics = [(topic, item) for topic, item, _ in (*_OF_ROWS, *_OF_PEOPLE)]
    shape = [("topic", "text"), ("item", "text")]
    yield from filled(dialect, "pngroup_topic", about, shape, list(dict.fromkeys(topics)))
    columns = ["feed", "topic", "item", f"{_place(source)} AS place", "SUM(n_rows) AS n_rows"]
    rest = f"FROM (\n{union(_counted(source))}\n) u\nWHERE n_rows > 0\nGROUP BY feed, topic, item"
    yield from create(dialect, "pngroup_quality", about, columns, rest)


def _counted(source: Source) -> list[str]:
    """Queries of feed, topic, item and n_rows. Rows and people are read once for all topics."""
    people, literal, count = source.table("people"), source.dialect.literal, source.dialect.count

    def tests(topics: tuple[tuple[str, str, str], ...]) -> str:
        return "\n  OR ".join(
            f"(t.topic = {literal(topic)} AND t.item = {literal(item)} AND {test})" for topic, item, test in topics
        )

    of_rows = (
        "SELECT n.feed AS feed, t.topic AS topic, n.n_rows AS n_rows,\n"
        "  CASE t.topic WHEN 'not_used' THEN n.why WHEN 'mapped' THEN c.code_system\n"
        "    WHEN 'unmapped' THEN c.code_system WHEN 'unreadable' THEN c.because ELSE t.item END AS item\n"
        "FROM pngroup_count n\n"
        "LEFT JOIN pngroup_code c ON c.code_number = n.code_number\n"
        f"CROSS JOIN pngroup_topic t\nWHERE {tests(_OF_ROWS)}"
    )
    of_people = (
        f"SELECT 'people' AS feed, t.topic AS topic, {count} AS n_rows,\n"
        "  CASE t.topic WHEN 'without_group' THEN p.reason ELSE t.item END AS item\n"
        f"FROM pngroup_people p\nCROSS JOIN pngroup_topic t\nWHERE {tests(_OF_PEOPLE)}\n"
        "GROUP BY t.topic, t.item, p.reason"
    )
    given = f"SELECT 'people' AS feed, 'rows' AS topic, {count} AS n_rows, '' AS item FROM {people}"
    repeated = (
        "SELECT 'people' AS feed, 'note' AS topic, a.n_rows - b.n_rows AS n_rows, 'duplicate_people' AS item\n"
        f"FROM (SELECT {count} AS n_rows FROM {people}) a\n"
        f"CROSS JOIN (SELECT {count} AS n_rows FROM pngroup_person) b"
    )
    return [of_rows, of_people, given, repeated]


def _place(source: Source) -> str:
    branches = " ".join(
        f"WHEN item = {source.dialect.literal(reason)} THEN {place}" for place, reason in enumerate(NOT_USED, 1)
    )
    return f"MAX(CASE {branches} ELSE 0 END)"


def check_statements(source: Source) -> Iterator[Statement]:
    """The statements that make `pngroup_check`, and stop the script when anything in it is wrong."""
    dialect, literal, count = source.dialect, source.dialect.literal, source.dialect.count
    new = "with a spelling that is not in the list of spellings: list them again and write the script anew"
    checks = {
        "rows of people without person_id": (
            f"SELECT {count} AS n FROM pngroup_person WHERE {dialect.is_blank('person_id')}"
        ),
        "people whose rows disagree: keep the row that is right": (
            f"SELECT {count} AS n FROM (SELECT person_id FROM pngroup_person GROUP BY person_id HAVING COUNT(*) > 1) d"
        ),
        f"rows of people {new}": f"SELECT {count} AS n FROM pngroup_people WHERE is_new = 1",
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
