"""`pngroup sql`: the grouping as SQL, for a database that holds the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UsageError, did_you_mean
from ..files.formats import arrow, format_of
from ..files.reading import read_table
from ..files.writing import Writer, text_writer, write_files
from ..model.primitives import FEEDS
from ..sql import DIALECTS, SqlScript, write_distinct, write_sql
from . import screen
from .inputs import chosen_model, read_columns
from .options import FILE, TABLES, choice_options, meaning_options
from .writing import check_targets, table_writer

_FEEDS = tuple(name for name in FEEDS if name != "records")
_MODEL, _CATALOGUE, _SCHEME = meaning_options()
_ORDER, _REGISTERS, _WITHOUT, _HISTORY = choice_options()


@click.command(short_help="Write the grouping as SQL.")
@click.option("--dialect", required=True, metavar="DIALECT", help=f"One of {', '.join(DIALECTS)}.")
@click.option("--distinct", is_flag=True, help="Write the query that lists the spellings of codes and words.")
@click.option("--codes", type=FILE, metavar="FILE", help="The result of that query.")
@click.option("--as-at", metavar="DATE", help="The index date, as 2026-03-31.")
@click.option(
    "--feed", "feeds", multiple=True, metavar="TABLE", help=f"A table that is there too: {', '.join(_FEEDS)}."
)
@click.option("--system", metavar="SYSTEM", help="The code system of all records, where there is no such column.")
@click.option(
    "--table", "tables", multiple=True, metavar="OURS=THEIRS", help="Your name of a table, as records=care.dx."
)
@click.option(
    "--column", "columns", multiple=True, metavar="TABLE.OURS=THEIRS",
    help="Your name of a column, as people.person_id=nhs_no; may be repeated.",
)  # fmt: skip
@click.option("--without", multiple=True, metavar="TABLE.OURS", help="A column that is not there, as records.status.")
@_MODEL
@_CATALOGUE
@_SCHEME
@_ORDER
@_REGISTERS
@_WITHOUT
@_HISTORY
@click.option("--out", type=FILE, metavar="FILE", help="Where the script goes; otherwise to the screen.")
@click.option(
    "--code-table", type=FILE, metavar="FILE", help="Where the rows of pngroup_code go, if not in the script."
)
def sql(*, dialect: str, distinct: bool, **options: Any) -> None:
    """Write the whole grouping as SQL, for the database that holds the tables.

    First --distinct: a query that lists every spelling of a code or word. Run it, export the result as CSV, and give it
    to --codes: each spelling is read here, as in `pngroup group`, and the script looks nothing up but spellings. One
    that was not listed stops the script.
    """
    out, code_table = options["out"], options["code_table"]
    targets = check_targets({"--out": out, "--code-table": code_table})
    given = tuple(name for name in TABLES if name in ("people", "records", *options["feeds"]))
    tables = {
        "dialect": dialect,
        "feeds": options["feeds"],
        "system": options["system"],
        "tables": _read_tables(options["tables"], given),
        "columns": read_columns(options["columns"], given=given),
        "without": options["without"],
    }
    script: SqlScript
    if distinct:
        _refuse_beside_distinct(options)
        script = write_distinct(**tables)
    else:
        if options["codes"] is None or options["as_at"] is None:
            missing = "--codes" if options["codes"] is None else "--as-at"
            raise UsageError(
                f"{missing} is missing",
                where="pngroup sql",
                allowed="--distinct; or --codes and --as-at",
                remedy="start with --distinct; see pngroup sql --help",
            )
            format_of(options["codes"], option="--codes")
        if code_table is not None:
            format_of(code_table, option="--code-table")
        with screen.step(f"Reading {options['codes'].name}"):
            codes = read_table(options["codes"], option="--codes")
        with screen.step("Writing SQL"):
            script = write_sql(
                chosen_model(options),
                as_at=options["as_at"],
                codes=codes,
                catalogue=options["catalogue"],
                scheme=options["scheme"],
                code_table=code_table is None,
                **tables,
            )
    files: dict[Path, Writer] = {}
    if code_table is not None:
        pa = arrow()
        columns = zip(*script.code_table, strict=True) if script.code_table else ([] for _ in script.code_columns)
        table = pa.table(dict(zip(script.code_columns, map(list, columns), strict=True)))
        files[targets["--code-table"]] = table_writer(table, code_table, option="--code-table")
    if out is not None:
        files[targets["--out"]] = text_writer(script.text.removesuffix("\n"))
    write_files(files)
    if out is None:
        screen.write(script.text.removesuffix("\n"))


def _read_tables(pairs: tuple[str, ...], given: tuple[str, ...]) -> dict[str, str]:
    """Our table names to the caller's, from texts such as `records=care.diagnosis`."""
    tables = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (equals and theirs) or ours not in given or ours in tables:
            raise UsageError(
                f"{pair!r} is not of the form OURS=THEIRS, about a table that is there, once",
                where="option --table",
                allowed=f"OURS=THEIRS, where OURS is {', '.join(given)}",
                remedy=did_you_mean(ours, given) or "add --feed for a table that is there too",
            )
        tables[ours] = theirs
    return tables


def _refuse_beside_distinct(options: dict[str, Any]) -> None:
    for name in ("codes", "as_at", "code_table"):
        if options[name] is not None:
            raise UsageError(
                f"--{name.replace('_', '-')} is given beside --distinct",
                where="pngroup sql",
                allowed="--distinct first; then --codes and --as-at",
                remedy="leave one of the two out",
            )
