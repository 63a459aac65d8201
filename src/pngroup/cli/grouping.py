"""`pngroup group`: files in, a file with a need group for each person out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from ..engines import MOST_PARTS
from .options import FILE, table_options


@click.command(short_help="Group the people of files.")
@table_options(several_dates=True)
@click.option("--strict", is_flag=True, help="Refuse data with any fault (exit code 1).")
@click.option(
    "--criteria",
    type=click.Choice(["integer", "columns"]),
    default="integer",
    show_default=True,
    help="Criteria met as one whole number, or as eleven columns.",
)
@click.option("--memory", metavar="SIZE", help="How much memory may be used, as 4GB; by default half of the machine's.")
@click.option(
    "--partitions", type=click.IntRange(1, MOST_PARTS), metavar="N", help="Group in N parts, whatever the memory."
)
@click.option("--work", type=FILE, metavar="FOLDER", help="Where parts are kept meanwhile; by default beside --out.")
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where the result goes.")
@click.option("--quality", type=FILE, metavar="FILE", help="Where the quality report goes, as JSON.")
@click.option("--manifest", type=FILE, metavar="FILE", help="Where the manifest (how this was made) goes, as JSON.")
def group(
    *,
    strict: bool,
    criteria: Literal["integer", "columns"],
    memory: str | None,
    partitions: int | None,
    work: Path | None,
    out: Path,
    quality: Path | None,
    manifest: Path | None,
    **options: Any,
) -> None:
    """Put each person into a need group, with need tier and RAG.

    FILES is a file, a folder of files, or a pattern in quotation marks such as 'records/*.parquet': CSV, TSV or
    Parquet, each also with .gz; the ending says which. Tables larger than memory are grouped in parts, and a run that
    was stopped continues. The quality report goes to the standard error stream: what was used, what was not, and why.
    """
    from .running import run

    run(
        options, strict=strict, criteria=criteria, memory=memory, n_parts=partitions, work=work, out=out,
        quality=quality, manifest=manifest,
    )  # fmt: skip
