"""`pngroup coverage`: what the catalogue knows of the codes in a file."""

from __future__ import annotations

from pathlib import Path

import click

from ..covering import coverage as cover
from ..files import find_files, open_files
from ..files.formats import format_of
from ..files.writing import write_files
from . import screen
from .inputs import read_columns
from .options import FILE
from .writing import check_targets, table_writer


@click.command(short_help="Say how many of a file's codes are known.")
@click.option("--records", type=FILE, required=True, metavar="FILE", help="One row a coded record: code, system ...")
@click.option("--system", metavar="SYSTEM", help="The code system of all records, where there is no such column.")
@click.option(
    "--column", "columns", multiple=True, metavar="records.OURS=THEIRS",
    help="Your name of a column, as records.code=diagnosis; may be repeated.",
)  # fmt: skip
@click.option("--catalogue", default="core", show_default=True, metavar="CATALOGUE", help="Name, name@edition or path.")
@click.option("--as-found", is_flag=True, help="Show what cannot be read as it stands, not by its shape.")
@click.option("--out", type=FILE, metavar="FILE", help="Where the table goes: a row a code.")
def coverage(
    *,
    records: Path,
    system: str | None,
    columns: tuple[str, ...],
    catalogue: str,
    as_found: bool,
    out: Path | None,
) -> None:
    """Count the codes of a file by what became of them: mapped, no condition, unknown, malformed.

    The table has a row a code, most frequent first: system, code, n, status, conditions, reason. A code that cannot be
    read is shown by its shape (digits as 9, letters as a), because it may be anything, unless --as-found is given.
    """
    targets = check_targets({"--out": out})
    if out is not None:
        format_of(out, option="--out")
    names = read_columns(columns, given=("records",)).get("records")
    known = [(names or {}).get(ours, ours) for ours in ("code", "system")]
    with screen.step(f"Reading {records.name}") as show:
        files = open_files(find_files(records, option="--records"))
        meter = screen.Meter(show, f"Reading {records.name}", files.n_units, "bytes" if files.is_text else "rows")
        table = files.stream(known, meter.advance)
        found = cover(table, system=system, catalogue=catalogue, columns=names, as_found=as_found)
    if out is not None:
        write_files({targets["--out"]: table_writer(found.to_frame(), out, option="--out")})
    screen.write(str(found))
