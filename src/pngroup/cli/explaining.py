"""`pngroup explain`: why one person is in their group, from the same files."""

from __future__ import annotations

from typing import Any

import click

from ..errors import DataError
from ..files.formats import arrow
from ..one_person import explain as explain_person
from . import screen
from .inputs import open_inputs
from .options import table_options


@click.command(short_help="Say why one person is in their group.")
@table_options()
@click.option("--person", required=True, metavar="ID", help="The person's id, as in people; leading zeros count.")
@click.option("--show-restricted", is_flag=True, help="Name restricted topics, otherwise called 'a restricted record'.")
@click.option("--patient", is_flag=True, help="Only the text for the person.")
def explain(*, person: str, show_restricted: bool, patient: bool, **options: Any) -> None:
    """Explain the group of one person, reading that person's rows only.

    For finding mistakes and answering questions, not for decisions about one patient. The text for staff holds coded
    records of the person: handle it as such.
    """
    inputs = open_inputs(options)
    people = inputs.read("people")
    column = inputs.arguments["columns"].get("people", {}).get("person_id", "person_id")
    with screen.step("Explaining") as show:
        tables: dict[str, Any] = {
            name: inputs.stream(name, show, whole=True) for name in inputs.files if name != "people"
        }
        explanation = explain_person(
            as_kept(person, people, column), people, **tables, **inputs.arguments, show_restricted=show_restricted
        )
    screen.write(explanation.patient_text if patient else str(explanation))


def as_kept(person: str, people: Any, column: str) -> str | int:
    """The id that was typed, in the type of the table's ids: Parquet files often hold whole numbers."""
    if column not in people.column_names:
        return person
    types, kind = arrow().types, people.schema.field(column).type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)):
        return person
    try:
        return int(person)
    except ValueError:
        raise DataError(
            "the id given is not a whole number, and the ids of people are",
            where="option --person",
            allowed="a person_id of people",
            remedy="check the id",
        ) from None
