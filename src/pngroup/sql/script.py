"""A script: statements in order, each with a name and a line of what it does."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from .dialects import Dialect


@frozen
class Statement:
    """One SQL statement without its semicolon: the table it is about, and what it does, in a line."""

    name: str
    about: str
    sql: str = field(repr=False)


@frozen
class SqlScript:
    """A grouping written as SQL: `header` (lines of comment) and `statements`, to be run in order. Made by `write_sql`.

    `code_table`: the rows that the statements expect in the table `pngroup_code` when they were left out of the script
    (otherwise none), `code_columns` the names of its columns.
    """

    dialect: str
    header: tuple[str, ...] = field(repr=False)
    statements: tuple[Statement, ...] = field(repr=False)
    code_table: tuple[tuple[str | int | None, ...], ...] = field(default=(), repr=False)
    code_columns: tuple[str, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The whole script, with its comments."""
        parts = ["\n".join(f"-- {line}".rstrip() for line in self.header)]
        about = ""
        for statement in self.statements:
            # Statements that do one thing together are introduced once.
            comment = "".join(f"-- {line}\n" for line in statement.about.splitlines() if statement.about != about)
            about = statement.about
            parts.append(f"{comment}{statement.sql};")
        return "\n\n".join(parts) + "\n"


def create(
    dialect: Dialect, table: str, about: str, columns: list[str], rest: str, *, distinct: bool = False
) -> Iterator[Statement]:
    """The statements that make a table of a query, and whatever the database wants after that."""
    yield Statement(table, about, dialect.create(table, columns, rest, distinct=distinct))
    if dialect.after_create:
        yield Statement(table, about, dialect.after_create.format(table))


def union(parts: list[str], indent: str = "  ") -> str:
    """Queries one below the other."""
    return f"\n{indent}UNION ALL\n".join(indent + part.replace("\n", f"\n{indent}") for part in parts)
