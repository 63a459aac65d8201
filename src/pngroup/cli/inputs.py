"""The options that `group` and `explain` share, and from them the arguments of the library's functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ..dates import read_as_at, to_date
from ..errors import UsageError, did_you_mean
from ..schemes import load_scheme
from . import screen
from .formats import format_of
from .reading import read_table

TABLES: Final = ("people", "records", "contacts", "medicines", "values")
_REQUIRED: Final = ("people", "records")
_ABOUT: Final = {
    "people": "One row a person: person_id, birth_date (or age), sex ...",
    "records": "One row a coded record: person_id, code, date, system ...",
    "contacts": "One row a contact: person_id, date, setting.",
    "medicines": "One row a medicine: person_id, code, system, date.",
    "values": "One row a value: person_id, code, system, date, value, unit.",
}
_EXAMPLES: Final = {"people": "people.person_id=nhs_no"} | dict.fromkeys(
    ("records", "contacts", "medicines", "values"), "records.code=diagnosis"
)
_MOST_NAMES: Final = 30
#: Comparing with more names letter by letter would take seconds.
_MOST_COMPARED: Final = 2000
_Command = TypeVar("_Command", bound=Callable[..., Any])
#: A path is checked where it is read, so that its error has four parts as all others.
FILE: Final = click.Path(path_type=Path)


def table_options(*, required: bool = True, catalogue: bool = True) -> Callable[[_Command], _Command]:
    """The options that name tables, and how they are to be read; with `required=False` none of them has to be given."""
    options = [
        *(
            click.option(
                f"--{name}", type=FILE, required=required and name in _REQUIRED, metavar="FILE", help=_ABOUT[name]
            )
            for name in TABLES
        ),
        click.option("--as-at", required=required, metavar="DATE", help="The index date, as 2026-03-31."),
        click.option(
            "--system", metavar="SYSTEM", help="The code system of all records, where there is no such column."
        ),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="TABLE.OURS=THEIRS",
            help="Your name of a column, as people.person_id=nhs_no; may be repeated.",
        ),
        click.option("--date-format", metavar="FORMAT", help="The form of text dates other than ISO, as %d/%m/%Y."),
        *meaning_options(catalogue=catalogue),
    ]

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def meaning_options(*, catalogue: bool = True) -> list[Callable[[_Command], _Command]]:
    """The options that choose the model, the catalogue (unless it is chosen otherwise) and the scheme."""
    model, scheme = (
        click.option(
            f"--{name}", default=default, show_default=True, metavar=name.upper(), help="Name, name@edition or file."
        )
        for name, default in (("model", "need-groups"), ("scheme", "default"))
    )
    which = click.option(
        "--catalogue", metavar="CATALOGUE", help="Name, name@edition, folder or overlay; by default the model's own."
    )
    return [model, which, scheme] if catalogue else [model, scheme]


def read_inputs(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `pngroup.group` from the values of these options; the files are read last.

    Raises what reading raises, and `UsageError` for a `--column` that is not TABLE.OURS=THEIRS.
    """
    files = {name: options[name] for name in TABLES if options[name] is not None}
    as_at = to_date(read_as_at(options["as_at"]))
    scheme = load_scheme(options["scheme"])
    columns = read_columns(options["columns"], given=tuple(files))
    for name, path in files.items():
        format_of(path, option=f"--{name}")
    tables = {}
    for name, path in files.items():
        with screen.step(f"Reading {path.name}"):
            tables[name] = read_table(path, option=f"--{name}")
            _check_theirs(tables[name], columns.get(name, {}), name, path)
    return {
        **tables,
        "as_at": as_at,
        "system": options["system"],
        "model": options["model"],
        "catalogue": options["catalogue"],
        "scheme": scheme,
        "columns": columns,
        "date_format": options["date_format"],
    }


def read_columns(pairs: tuple[str, ...], *, given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Our column names to the caller's, a mapping for each table, from texts such as `people.person_id=nhs_no`.

    >>> read_columns(("people.person_id=nhs no",), given=("people", "records"))
    {'people': {'person_id': 'nhs no'}}
    """
    columns: dict[str, dict[str, str]] = {}
    for pair in pairs:
        left, equals, theirs = pair.partition("=")
        table, dot, ours = left.strip().partition(".")
        if not (equals and dot and table and ours and theirs):
            raise _wrong_column(
                f"{pair!r} is not of the form TABLE.OURS=THEIRS", given, f"write it as {_EXAMPLES[given[0]]}"
            )
        if table not in TABLES:
            near = did_you_mean(table, TABLES)
            raise _wrong_column(f"there is no table {table!r}", given, near or "name one of these tables")
        if table not in given:
            raise _wrong_column(
                f"{pair!r} is about a table that is not given", given, f"add --{table} FILE, or leave this --column out"
            )
        if ours in columns.setdefault(table, {}):
            raise _wrong_column(f"{table}.{ours} is given twice", given, "leave one of the two out")
        columns[table][ours] = theirs
    return columns


def _check_theirs(table: Any, columns: Mapping[str, str], name: str, path: Path) -> None:
    there = table.column_names
    for ours, theirs in columns.items():
        if theirs not in there:
            shown = ", ".join(there[:_MOST_NAMES]) + (", ..." if len(there) > _MOST_NAMES else "")
            raise UsageError(
                f"{name} has no column {theirs!r}",
                where=f"option --column {name}.{ours}, file {path.name!r}",
                allowed=f"the columns of that file: {shown}",
                remedy=did_you_mean(theirs, there[:_MOST_COMPARED]) or "name one of these",
            )


def _wrong_column(what: str, given: tuple[str, ...], remedy: str) -> UsageError:
    allowed = f"TABLE.OURS=THEIRS, where TABLE is {', '.join(given)} and OURS a column name of ours"
    return UsageError(what, where="option --column", allowed=allowed, remedy=remedy)
