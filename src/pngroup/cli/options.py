"""The options that commands share. A help text needs no more than this: nothing here reads or computes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

TABLES: Final = ("people", "records", "contacts", "medicines", "values")
_REQUIRED: Final = ("people", "records")
_ABOUT: Final = {
    "people": "One row a person: person_id, birth_date (or age), sex ...",
    "records": "One row a coded record: person_id, code, date, system ...",
    "contacts": "One row a contact: person_id, date, setting.",
    "medicines": "One row a medicine: person_id, code, system, date.",
    "values": "One row a value: person_id, code, system, date, value, unit.",
}
_Command = TypeVar("_Command", bound=Callable[..., Any])
#: A path is checked where it is read, so that its error has four parts as all others.
FILE: Final = click.Path(path_type=Path)


def table_options(
    *, required: bool = True, catalogue: bool = True, several_dates: bool = False, as_before: bool = False
) -> Callable[[_Command], _Command]:
    """The options that name tables, and how they are to be read; with `required=False` none of them has to be given.

    With `as_before` the index date alone has to be, and what is not named of the model is as it was the last time.
    """
    date = "The index date, as 2026-03-31" + ("; may be repeated." if several_dates else ".")
    options = [
        *(
            click.option(
                f"--{name}",
                type=FILE,
                required=required and not as_before and name in _REQUIRED,
                metavar="FILES",
                help=_ABOUT[name],
            )
            for name in TABLES
        ),
        click.option("--as-at", required=required, multiple=several_dates, metavar="DATE", help=date),
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
        *meaning_options(catalogue=catalogue, as_before=as_before),
        *(choice_options() if catalogue else []),
    ]

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def meaning_options(*, catalogue: bool = True, as_before: bool = False) -> list[Callable[[_Command], _Command]]:
    """The options that choose the model, the catalogue (unless it is chosen otherwise) and the scheme."""
    by_default = "; by default that of the state." if as_before else "."
    model = click.option(
        "--model",
        default=None if as_before else "need-groups",
        show_default=not as_before,
        metavar="MODEL",
        help=f"Name, name@edition or file{by_default}",
    )
    scheme = click.option(
        "--scheme",
        metavar="SCHEME",
        show_default=False if as_before else "default",
        help=f"Name, name@edition or file; none for a model that names its own groups{by_default}",
    )
    by_default = "that of the state" if as_before else "the model's own"
    which = click.option(
        "--catalogue", metavar="CATALOGUE", help=f"Name, name@edition, folder or overlay; by default {by_default}."
    )
    return [model, which, scheme] if catalogue else [model, scheme]


def choice_options() -> list[Callable[[_Command], _Command]]:
    """The options that choose among what a model leaves open."""
    return [
        click.option("--order", metavar="NAME", help="One of the model's orders of groups."),
        click.option("--registers", metavar="EDITION", help="An edition of the model's registers."),
        click.option(
            "--without-register", multiple=True, metavar="NAME", help="A register to leave out; may be repeated."
        ),
        click.option("--history-months", type=int, metavar="N", help="Records count only so far back."),
    ]
