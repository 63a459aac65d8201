"""`pngroup map`: need tier, colour and name for a file that already has group numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from ..errors import DataError, UsageError, did_you_mean, shapes_of
from ..files.formats import arrow, format_of
from ..files.reading import read_table
from ..files.writing import write_files
from ..schemes import group_name, load_scheme, need_tier, rag
from . import screen
from .options import FILE
from .writing import check_targets, table_writer

_ADDED: Final[dict[str, Callable[..., Any]]] = {"need_group_name": group_name, "need_tier": need_tier, "rag": rag}
_NUMBER: Final = re.compile(r"\s*([0-9]{1,4})(?:\.0*)?\s*")
_MOST_NAMES: Final = 30
#: Comparing with more names letter by letter would take seconds.
_MOST_COMPARED: Final = 2000


@click.command("map", short_help="Add tier and colour to group numbers.")
@click.argument("file", type=FILE)
@click.option("--column", required=True, metavar="COLUMN", help="The column with the group numbers, 1 to 11.")
@click.option("--scheme", default="default", show_default=True, metavar="SCHEME", help="Name, name@edition or file.")
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where the result goes.")
def map_groups(*, file: Path, column: str, scheme: str, out: Path) -> None:
    """Add need_group_name, need_tier and rag to FILE, which has group numbers.

    Nothing else of the file changes. A missing number stays missing; one that is no need group is an error.
    """
    targets = check_targets({"--out": out})
    format_of(out, option="--out")
    used = load_scheme(scheme)
    with screen.step(f"Reading {file.name}"):
        table = read_table(file, option="FILE")
    numbers = _numbers(table, column, file.name)
    for name in _ADDED:
        if name in table.column_names:
            raise DataError(
                f"the file already has a column {name!r}",
                where=f"file {file.name!r}",
                allowed=f"a file without {', '.join(_ADDED)}",
                remedy="rename or drop that column first",
            )
    for name, mapper in _ADDED.items():
        table = table.append_column(name, mapper(numbers, scheme=used))
    with screen.step(f"Writing {out.name}"):
        write_files({targets["--out"]: table_writer(table, out, option="--out")})


def _numbers(table: Any, column: str, file: str) -> Any:
    names = table.column_names
    if names.count(column) != 1:
        shown = ", ".join(names[:_MOST_NAMES]) + (
            f" and {len(names) - _MOST_NAMES:,} others" if len(names) > _MOST_NAMES else ""
        )
        raise UsageError(
            f"the file has {names.count(column) or 'no'} column{'s' if column in names else ''} {column!r}",
            where=f"option --column, file {file!r}",
            allowed=shown,
            remedy=did_you_mean(column, names[:_MOST_COMPARED]) or "name one of these",
        )
    found = table.column(column)
    pa = arrow()
    if pa.types.is_dictionary(found.type):
        found = found.cast(found.type.value_type)
    if not (pa.types.is_string(found.type) or pa.types.is_large_string(found.type)):
        return found
    return pa.array(_read(found.to_pylist(), f"file {file!r}, column {column!r}"), pa.int64())


def _read(cells: list[str | None], where: str) -> list[int | None]:
    """Text cells, as all cells of CSV are, as whole numbers: `11` and `11.0` are group 11, an empty cell is missing."""
    numbers: list[int | None] = []
    wrong: list[str] = []
    for cell in cells:
        match = _NUMBER.fullmatch(cell) if cell is not None else None
        if cell is not None and cell.strip() and match is None:
            wrong.append(cell)
        numbers.append(int(match[1]) if match is not None else None)
    if wrong:
        raise DataError(
            f"{len(wrong):,} of {len(cells):,} cells are no need group; their shapes: {shapes_of(wrong)}",
            where=where,
            allowed="whole numbers 1 to 11, and empty cells",
            remedy="correct these cells or empty them",
        )
    return numbers
