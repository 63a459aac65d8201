"""The dialects of SQL: the few words in which they differ. Everything else is written in what all of them share.

Truths are whole numbers (1, 0, NULL for unknown), because SQL Server has no column of truths. Dates stay dates; no
floating-point number decides anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

from attrs import evolve, frozen

from ..errors import UsageError, did_you_mean


@frozen
class Dialect:
    """How one database writes what databases write differently.

    `executed`: whether the tests of this project run its scripts in the database, or only parse them.
    `text` and `integer` are types; `quote` is the pair of signs around a name. `days`: days from an earlier to a later
    date. `part`: year, month or day of a date. `bits`: bitwise and. `fail`: an expression that stops the script with
    the message in a text expression. `backslash`: whether a backslash in a text has to be doubled. `floating`: the type
    of floating-point numbers, empty where none of them is infinite or NaN. `trim`: a text (0) without the signs (1) at
    both ends. `sign`: the sign of a number. `count`: the number of rows, however many there are.
    """

    name: str
    title: str
    executed: bool
    text: str
    integer: str
    quote: str
    days: str
    part: str
    fail: str
    bits: str = "({} & {})"
    backslash: bool = False
    escaped_quote: str = "''"
    text_prefix: str = ""
    upper_names: bool = False
    stored_as: str = ""
    compared_as: str = "{}"
    floating: str = "DOUBLE"
    trim: str = "TRIM(BOTH {1} FROM {0})"
    sign: str = "CHR({})"
    count: str = "COUNT(*)"
    after_create: str = ""
    before: tuple[str, ...] = ()

    def name_of(self, *parts: str) -> str:
        """A name of the caller's, quoted, so that `date` and `values` are names too."""
        start, end = self.quote[0], self.quote[1]
        upper = (
            part.upper() if self.upper_names and part.isidentifier() and part.islower() else part for part in parts
        )
        return ".".join(f"{start}{part.replace(end, end * 2)}{end}" for part in upper)

    def literal(self, value: str | int | datetime.date | None) -> str:
        """A constant."""
        if value is None:
            return "NULL"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, datetime.date):
            return f"CAST('{value.isoformat()}' AS DATE)"
        written = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") if self.backslash else value
        return f"{self.text_prefix}'{written.replace(chr(39), self.escaped_quote)}'"

    def as_text(self, expression: str) -> str:
        """An expression of any type as text that is compared letter by letter; the empty text where it is NULL."""
        return self.compared_as.format(f"COALESCE(CAST({expression} AS {self.text}), {self.literal('')})")

    def word(self, value: str) -> str:
        """A constant as text that is compared letter by letter."""
        return self.compared_as.format(self.literal(value))

    def is_blank(self, expression: str) -> str:
        """Whether nothing is left of an expression as text when blanks (`_BLANKS`) are removed; also where NULL."""
        blanks = f"CONCAT({', '.join(self.sign.format(number) for number in _BLANKS)})"
        return f"{self.trim.format(self.as_text(expression), blanks)} = {self.literal('')}"

    def is_not_finite(self, expression: str) -> str:
        """Whether a number is infinite or NaN, whatever NaN is equal to or greater than in the database."""
        if not self.floating:
            return "1 = 0"
        number, most = f"CAST({expression} AS {self.floating})", f"CAST('inf' AS {self.floating})"
        return f"NOT ({number} < {most} AND {number} > CAST('-inf' AS {self.floating}))"

    def days_between(self, earlier: str, later: str) -> str:
        """Days from one date to another."""
        return self.days.format(earlier=earlier, later=later)

    def month_day(self, date: str) -> str:
        """Month times 100 plus day, to compare birthdays: 29 February comes between 28 February and 1 March."""
        return f"{self.part.format('MONTH', date)} * 100 + {self.part.format('DAY', date)}"

    def age(self, birth: str, on: str | datetime.date) -> str:
        """Whole years from a birth date to a date; 29 February's birthday in common years is 1 March."""
        if isinstance(on, datetime.date):
            year, month_day = str(on.year), str(on.month * 100 + on.day)
        else:
            year, month_day = self.part.format("YEAR", on), self.month_day(on)
        years = f"{year} - {self.part.format('YEAR', birth)}"
        return f"{years} - CASE WHEN {month_day} < {self.month_day(birth)} THEN 1 ELSE 0 END"

    def create(self, table: str, columns: Iterable[str], rest: str, *, distinct: bool = False) -> str:
        """A statement that makes a table of a query: its columns, and what follows them (FROM ...)."""
        first = "SELECT DISTINCT" if distinct else "SELECT"
        listed = ",\n  ".join(columns)
        if self.name == "tsql":
            return f"{first}\n  {listed}\nINTO {table}\n{rest}"
        stored = f"{self.stored_as} " if self.stored_as else ""
        return f"CREATE TABLE {table} {stored}AS\n{first}\n  {listed}\n{rest}"

    def create_empty(self, table: str, columns: Iterable[tuple[str, str]]) -> str:
        """A statement that makes a table of columns with types (text, integer or date)."""
        # The text of one table is compared with that of another: all of it has one collation.
        types = {"text": self.compared_as.format(self.text), "integer": self.integer, "date": "DATE"}
        listed = ", ".join(f"{name} {types[kind]}" for name, kind in columns)
        return f"CREATE TABLE {table} ({listed})" + (f" {self.stored_as}" if self.stored_as else "")

    def insert(self, table: str, rows: Iterable[Iterable[str | int | datetime.date | None]]) -> str:
        """A statement that puts rows into a table."""
        written = ",\n  ".join("(" + ", ".join(map(self.literal, row)) + ")" for row in rows)
        return f"INSERT INTO {table} VALUES\n  {written}"


#: Signs that are blank at both ends of an id: tab to carriage return, separators, blank, next line, no-break space.
_BLANKS: Final = (9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 133, 160)
#: An impossible cast shows its text in the error; the text is made of data, so that no optimiser does it early.
_IMPOSSIBLE_CAST: Final = "CAST({} AS INTEGER)"
_DATEDIFF: Final = "DATEDIFF(DAY, {earlier}, {later})"
_DATABRICKS: Final = Dialect(
    "databricks", "Databricks", executed=False, text="STRING", integer="INT", quote="``",
    days="DATEDIFF({later}, {earlier})", part="{}({})", fail="CAST(RAISE_ERROR({}) AS INT)",
    backslash=True, escaped_quote="\\'",
)  # fmt: skip

DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "duckdb", "DuckDB", executed=True, text="VARCHAR", integer="INTEGER", quote='""',
            days="({later} - {earlier})", part="{}({})", fail="CAST(ERROR({}) AS INTEGER)",
        ),
        evolve(_DATABRICKS, name="spark", title="Apache Spark", executed=True, stored_as="USING parquet"),
        _DATABRICKS,
        Dialect(
            "snowflake", "Snowflake", executed=False, text="VARCHAR", integer="INTEGER", quote='""', upper_names=True,
            days=_DATEDIFF, part="{}({})", fail=_IMPOSSIBLE_CAST, bits="BITAND({}, {})", backslash=True,
            trim="TRIM({0}, {1})",
        ),
        Dialect(
            "tsql", "Microsoft SQL Server", executed=False, text="NVARCHAR(4000)", integer="INT", quote="[]",
            days=_DATEDIFF, part="{}({})", fail="CAST({} AS INT)", text_prefix="N",
            compared_as="{} COLLATE Latin1_General_BIN2", before=("SET XACT_ABORT ON",),
            floating="", trim="TRIM({1} FROM {0})", sign="NCHAR({})", count="COUNT_BIG(*)",
        ),
        Dialect(
            "postgres", "PostgreSQL", executed=True, text="TEXT", integer="INTEGER", quote='""',
            days="({later} - {earlier})", part="CAST(EXTRACT({} FROM {}) AS INTEGER)", fail=_IMPOSSIBLE_CAST,
            # Without statistics the planner takes every new table for a small one.
            after_create="ANALYZE {}", floating="DOUBLE PRECISION",
        ),
        Dialect(
            "bigquery", "BigQuery", executed=False, text="STRING", integer="INT64", quote="``",
            days="DATE_DIFF({later}, {earlier}, DAY)", part="EXTRACT({} FROM {})",
            fail="CAST(ERROR({}) AS INT64)", backslash=True, escaped_quote="\\'",
            floating="FLOAT64", trim="TRIM({0}, {1})",
        ),
    )
}  # fmt: skip


def find_dialect(name: str) -> Dialect:
    """A dialect by name; `UsageError` for another.

    >>> find_dialect("tsql").title
    'Microsoft SQL Server'
    """
    if name in DIALECTS:
        return DIALECTS[name]
    raise UsageError(
        f"there is no dialect {name!r}" if isinstance(name, str) else f"dialect is a {type(name).__name__}",
        where="argument dialect",
        allowed=", ".join(DIALECTS),
        remedy=(did_you_mean(name, DIALECTS) if isinstance(name, str) else "") or "name one of these",
    )
