"""A whole grouping as SQL: the one function that puts the parts in order."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .._version import __version__
from ..catalogue import Catalogue
from ..dates import read_as_at, to_date
from ..grouping import SAFETY
from ..model import Model, load_both
from ..preparing import fingerprint_of, scheme_for
from ..schemes import Scheme
from ..vocabulary import CodeSystem
from .answers import answer_statements, outputs_of, register_statements, result_statements
from .columns import Columns
from .counting import check_statements, quality_statements
from .dialects import Dialect, find_dialect
from .episodes import episode_statements, episodes_asked
from .evidence import amount_statements, evidence_statements, filled, question_statements
from .people import people_statements
from .questions import Questions
from .rows import row_statements
from .script import SqlScript, Statement
from .seeing import kinds_of
from .source import COLUMNS, Source, read_source
from .spellings import CodeRow, Spellings, WordRow, columns_of, distinct_query, read_spellings, rows_of

NOT_EXECUTED: Final = "not executed: this dialect was only parsed"


def write_distinct(
    *,
    dialect: str,
    feeds: Iterable[str] = (),
    system: str | CodeSystem | None = None,
    tables: Mapping[str, str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    without: Iterable[str] = (),
) -> SqlScript:
    """The query that lists every spelling of a code or word in the tables, with its number of rows.

    Arguments as in `write_sql`, and the same in both. Returns a script of one statement; its result (feed, kind,
    system_spelling, spelling, n_rows) is what `write_sql` takes as `codes`. Raises `UsageError` for wrong arguments.

    >>> print(write_distinct(dialect="duckdb", without=("people.sex",)).statements[0].sql.splitlines()[0])
    SELECT 'people' AS feed, 'excluded_reason' AS kind, system_spelling, spelling, COUNT(*) AS n_rows
    """
    source = read_source(
        find_dialect(dialect), feeds=feeds, tables=tables, columns=columns, without=without, system=system
    )
    header = (
        f"pngroup {__version__}: every spelling of codes and words in the tables, for {source.dialect.title}.",
        *_executed(source.dialect),
        "Export the result unchanged as CSV, and give it to: pngroup sql --codes",
    )
    about = "One row a spelling, with the number of its rows."
    return SqlScript(dialect, header, (Statement("spellings", about, distinct_query(source)),))


def write_sql(
    model: str | os.PathLike[str] | Model = "need-groups",
    *,
    as_at: Any,
    dialect: str,
    codes: Any,
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
    feeds: Iterable[str] = (),
    system: str | CodeSystem | None = None,
    tables: Mapping[str, str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    without: Iterable[str] = (),
    code_table: bool = True,
) -> SqlScript:
    """The whole grouping as SQL: from the tables to `pngroup_result` and `pngroup_quality`.

    `dialect`: duckdb, spark, databricks, snowflake, tsql, postgres or bigquery. `codes`: the result of the query of
    `write_distinct`, as any table that `group()` takes. `feeds`: which of contacts, medicines and values there are
    beside people and records. `tables` maps our table names to the caller's (`{"records": "care.diagnosis"}`),
    `columns` our column names likewise, a table each. Each table is expected to have all columns of docs/how-to/sql.md;
    `without` names those that are not there (`records.status`). `system` is the one code system of all records, where
    they have no such column (`without` names `records.system` then); medicines and values without one take it where it
    fits them, as in `group()`. With `code_table=False` the rows of the table
    `pngroup_code` are left out of the statements and stand in `SqlScript.code_table`, to be loaded by other means.

    Returns a `SqlScript`. Raises `UsageError` for wrong arguments, `DataError` for spellings that cannot be used
    (mangled SNOMED CT ids; of tables or columns that are not read), `ModelError` for a wrong model, catalogue or scheme
    file.

    >>> codes = {
    ...     "feed": ["records"],
    ...     "kind": ["code"],
    ...     "system_spelling": ["icd10"],
    ...     "spelling": ["i10"],
    ...     "n_rows": [2],
    ... }
    >>> script = write_sql(as_at="2026-03-31", dialect="duckdb", codes=codes)
    >>> script.statements[-1].name
    'pngroup_result'

    Source: the model file; nothing about it stands here. The reference interpreter is the oracle of the tests.
    """
    used = find_dialect(dialect)
    day = to_date(read_as_at(as_at))
    source = read_source(used, feeds=feeds, tables=tables, columns=columns, without=without, system=system)
    used_catalogue, used_model = load_both(model, catalogue)
    used_scheme = scheme_for(used_model, scheme)
    spellings = read_spellings(codes, source, used_catalogue, used_model)
    statements = list(_statements(used_model, used_scheme, source, spellings, day, code_table=code_table))
    made = dict.fromkeys(each.name for each in statements)
    begin = [
        *(Statement("setting", "", text) for text in used.before),
        *(Statement(name, "Remove what a former run has left.", f"DROP TABLE IF EXISTS {name}") for name in made),
    ]
    return SqlScript(
        dialect,
        _header(used_model, used_catalogue, used_scheme, source, day),
        (*begin, *statements),
        () if code_table else tuple(rows_of(spellings.codes)),
        tuple(name for name, _ in columns_of(CodeRow)),
    )


def _statements(
    model: Model, scheme: Scheme, source: Source, spellings: Spellings, as_at: datetime.date, *, code_table: bool
) -> Iterator[Statement]:
    dialect, feeds = source.dialect, source.given[1:]
    questions = Questions(model, as_at, source.feeds)
    columns = Columns(model, dialect, questions)
    outputs = outputs_of(model, columns)
    kinds_of_rows = kinds_of(model)
    rows = list(row_statements(source, model, spellings, kinds_of_rows, as_at))
    about = "What each spelling of a code is, and why rows with it are not used (NULL: they are)." + (
        "" if code_table else "\nThe rows are in a file of their own: load it here, before you go on."
    )
    listed = rows_of(spellings.codes) if code_table else []
    yield from filled(dialect, "pngroup_code", about, columns_of(CodeRow), listed)
    about = "What each spelling of a word means here; ? where we do not know it."
    yield from filled(dialect, "pngroup_word", about, columns_of(WordRow), rows_of(spellings.words))
    meanings = list(kinds_of_rows.conditions(spellings.meanings))
    about = "The conditions that a meaning stands for: a code is often evidence of several."
    kinds = [("meaning", "integer"), ("condition_id", "text")]
    yield from filled(dialect, "pngroup_meaning", about, kinds, meanings)
    yield from question_statements(questions, dialect)
    yield from people_statements(source, as_at, model.short_history_months)
    yield from rows
    yield from quality_statements(source)
    yield from check_statements(source)
    yield from evidence_statements(questions, dialect, feeds)
    episodes = episodes_asked(questions)
    yield from episode_statements(questions, dialect, as_at)
    yield from amount_statements(questions, dialect)
    yield from answer_statements(columns, outputs, dialect, episodes)
    if model.registers:
        yield from register_statements(model, outputs, columns, dialect)
    yield from result_statements(model, scheme, outputs, columns, dialect)


def _executed(dialect: Dialect) -> tuple[str, ...]:
    return () if dialect.executed else (NOT_EXECUTED,)


def _header(
    model: Model, catalogue: Catalogue, scheme: Scheme, source: Source, as_at: datetime.date
) -> tuple[str, ...]:
    expected = [f"  {source.tables.get(name, name)} ({', '.join(_theirs(source, name))})" for name in source.given]
    return (
        f"pngroup {__version__}: {model.title}, for {source.dialect.title}.",
        *_executed(source.dialect),
        "",
        f"index date   {as_at.isoformat()}",
        f"model        {model.name}@{model.edition}",
        f"catalogue    {catalogue.name}@{catalogue.edition}",
        f"scheme       {scheme.name}@{scheme.edition}",
        f"fingerprint  {fingerprint_of(catalogue, model, scheme)}",
        "",
        SAFETY,
        "",
        "Reads (one row a person; one row an event; dates as DATE, whole; value as a number):",
        *expected,
        "Makes pngroup_result (one row a person), pngroup_quality (counts) and working tables, all called pngroup_.",
    )


def _theirs(source: Source, table: str) -> list[str]:
    named = source.columns.get(table, {})
    return [named.get(ours, ours) for ours in COLUMNS[table] if source.has(table, ours)]
