"""`pngroup group`: files in, a file with a need group for each person out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from ..grouping import group as group_people
from . import screen
from .formats import format_of
from .inputs import FILE, read_inputs, table_options
from .writing import check_targets, json_writer, table_writer, write_files


@click.command(short_help="Group the people of files.")
@table_options()
@click.option("--strict", is_flag=True, help="Refuse data with any fault (exit code 1).")
@click.option(
    "--criteria",
    type=click.Choice(["integer", "columns"]),
    default="integer",
    show_default=True,
    help="Criteria met as one whole number, or as eleven columns.",
)
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where the result goes.")
@click.option("--quality", type=FILE, metavar="FILE", help="Where the quality report goes, as JSON.")
@click.option("--manifest", type=FILE, metavar="FILE", help="Where the manifest (how this was made) goes, as JSON.")
def group(
    *,
    strict: bool,
    criteria: Literal["integer", "columns"],
    out: Path,
    quality: Path | None,
    manifest: Path | None,
    **options: Any,
) -> None:
    """Put each person into a need group, with need tier and RAG.

    Files are CSV, TSV or Parquet, each also with .gz; the ending says which. The quality report goes to the standard
    error stream: what was used, what was not, and why.
    """
    targets = check_targets({"--out": out, "--quality": quality, "--manifest": manifest})
    format_of(out, option="--out")
    arguments = read_inputs(options)
    with screen.step("Grouping"):
        grouping = group_people(**arguments, strict=strict)
        frame = grouping.to_frame(criteria=criteria)
    with screen.step(f"Writing {out.name}"):
        files = {targets["--out"]: table_writer(frame, out, option="--out")}
        if quality is not None:
            files[targets["--quality"]] = json_writer(grouping.quality.to_dict())
        if manifest is not None:
            files[targets["--manifest"]] = json_writer(grouping.manifest)
        write_files(files)
    screen.say(str(grouping.quality))
