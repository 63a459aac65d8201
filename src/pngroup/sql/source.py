"""The caller's tables as SQL sees them: which there are, what they are called, and which columns they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from ..codes import read_system
from ..errors import UsageError, did_you_mean
from ..intake import system_fits
from ..model.primitives import FEEDS
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem
from .dialects import Dialect

#: Our columns, a table each; those that a table may be without are in `_OPTIONAL`.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "people": (
        "person_id", "birth_date", "age", "sex", "registered_from", "registered_to", "died_on", "excluded_reason",
    ),
    "records": ("person_id", "code", "system", "date", "status", "setting"),
    "contacts": ("person_id", "date", "setting"),
    "medicines": ("person_id", "code", "system", "date", "status"),
    "values": ("person_id", "code", "system", "date", "value", "unit", "status"),
}  # fmt: skip
_REQUIRED: Final = frozenset({"person_id", "code", "date", "value"})
#: Columns of words, in which each spelling is looked up.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "people": ("sex", "excluded_reason"),
    "records": ("status", "setting"),
    "contacts": ("setting",),
    "medicines": ("status",),
    "values": ("status", "unit"),
}
CODED: Final = ("records", "medicines", "values")


@frozen
class Source:
    """Tables and columns by our names; `without` names those columns (`records.status`) that are not there."""

    dialect: Dialect
    feeds: frozenset[str]
    tables: Mapping[str, str] = field(factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(factory=dict)
    without: frozenset[str] = frozenset()
    system: CodeSystem | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The tables that are read, in our order."""
        return tuple(name for name in COLUMNS if name == "people" or name in self.feeds)

    def has(self, table: str, column: str) -> bool:
        """Whether a table has a column of ours."""
        return column in COLUMNS[table] and f"{table}.{column}" not in self.without

    def table(self, name: str) -> str:
        """A table, quoted."""
        return self.dialect.name_of(*self.tables.get(name, name).split("."))

    def column(self, table: str, ours: str) -> str:
        """A column, quoted; NULL where the table is without it."""
        if not self.has(table, ours):
            return "NULL"
        return self.dialect.name_of(self.columns.get(table, {}).get(ours, ours))

    def date(self, table: str, ours: str) -> str:
        """A column of dates, without the time of day that some databases keep with them."""
        return f"CAST({self.column(table, ours)} AS DATE)"

    def spelling(self, table: str, ours: str) -> str:
        """A column as it is spelled: text, empty where it is NULL."""
        return self.dialect.as_text(self.column(table, ours))

    def system_spelling(self, table: str) -> str:
        """The code system of a table's rows as it is spelled: its column, or the one system of all."""
        if self.has(table, "system"):
            return self.spelling(table, "system")
        return self.dialect.word(self.system.value if self.system is not None else "")


def read_source(
    dialect: Dialect,
    *,
    feeds: Iterable[str],
    tables: Mapping[str, str] | None,
    columns: Mapping[str, Mapping[str, str]] | None,
    without: Iterable[str],
    system: str | CodeSystem | None,
) -> Source:
    """What the caller says of their tables, checked.

    Raises `UsageError` for names that are not ours, for tables that are not read, and where a table has no code system
    or two.
    """
    optional = tuple(name for name in FEEDS if name != "records")
    given = frozenset({"records", *(_known(name, optional, "feeds", "table") for name in feeds)})
    for argument, named in (("tables", tables), ("columns", columns)):
        for table in named or {}:
            _known(table, tuple(COLUMNS), argument, "table")
            _is_read(table, given, argument)
    for table, theirs in (tables or {}).items():
        _name(theirs, f"argument tables, {table}")
    for table, names in (columns or {}).items():
        if not isinstance(names, Mapping):
            raise UsageError(
                f"the names of the columns are a {type(names).__name__}",
                where=f"argument columns, {table}",
                allowed="a mapping of our names to yours",
                remedy="give one, a table each",
            )
        for ours, theirs in names.items():
            _known(ours, COLUMNS[table], "columns", f"column of {table}")
            _name(theirs, f"argument columns, {table}.{ours}")
    may_miss = tuple(f"{t}.{c}" for t, names in COLUMNS.items() for c in names if c not in _REQUIRED)
    missing = frozenset(_known(name, may_miss, "without", "column that may be missing") for name in without)
    for name in sorted(missing):
        _is_read(name.partition(".")[0], given, "without")
    if missing >= {"people.birth_date", "people.age"}:
        raise UsageError(
            "people has neither birth_date nor age",
            where="argument without",
            allowed="at most one of the two",
            remedy="leave one of them out of without",
        )
    known = read_system(system) if system is not None else None
    if system is not None and known is None:
        raise UsageError(
            "the code system is unknown",
            where="argument system",
            allowed=", ".join(GROUPED_SYSTEMS),
            remedy="name one of these",
        )
    source = Source(dialect, given, dict(tables or {}), dict(columns or {}), missing, known)
    if known is not None and source.has("records", "system"):
        raise UsageError(
            "the code system of records is given twice",
            where="argument system and column 'system' of records",
            allowed="one of the two",
            remedy="leave out system=, or say that the column is not there: without records.system",
        )
    for table in CODED:
        if table in given and not source.has(table, "system") and (known is None or not system_fits(table, known)):
            raise UsageError(
                f"{table} has no column system and no system that fits is given",
                where="argument without",
                allowed=", ".join(GROUPED_SYSTEMS),
                remedy="leave the column out of without"
                + ("" if table != "records" else ", or name the system with system="),
            )
    return source


def _is_read(table: str, given: frozenset[str], argument: str) -> None:
    if table != "people" and table not in given:
        raise UsageError(
            f"{table} is named, and is not among the tables that are there",
            where=f"argument {argument}",
            allowed=", ".join(name for name in COLUMNS if name == "people" or name in given),
            remedy=f"add {table} to the feeds, or leave it out here",
        )


def _name(theirs: object, where: str) -> None:
    if not isinstance(theirs, str) or not theirs.strip():
        raise UsageError(
            "a name is blank" if isinstance(theirs, str) else f"a name is a {type(theirs).__name__}",
            where=where,
            allowed="the name in the database, as text",
            remedy="give the name as it stands there",
        )


def _known(name: str, known: tuple[str, ...], argument: str, kind: str) -> str:
    if name in known:
        return name
    raise UsageError(
        f"there is no {kind} {name!r}",
        where=f"argument {argument}",
        allowed=", ".join(known),
        remedy=did_you_mean(str(name), known) or "name one of these",
    )
