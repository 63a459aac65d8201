"""`pngroup catalogue diff`: what differs between two catalogues and, given data, whose group changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from ..catalogue import Catalogue, compare_catalogues, load_catalogue
from ..errors import UsageError
from ..files.formats import arrow, format_of
from ..files.writing import write_files
from ..grouping import SAFETY, group as group_people
from ..result import Grouping
from . import problems, screen
from .inputs import read_inputs
from .options import FILE, table_options
from .writing import check_targets, table_writer

_NEEDED: Final = ("people", "records", "as_at")


@click.group(short_help="Look at catalogues: what differs.", invoke_without_command=True)
@click.pass_context
def catalogue(context: click.Context) -> None:
    """Look at catalogues, a site's own among them.

    Wherever a catalogue is asked for, an overlay may be given: a TOML or CSV file with a site's changes.
    """
    if context.invoked_subcommand is None:
        screen.say(context.get_help())
        context.exit(problems.BAD_USAGE)


@catalogue.command(short_help="Say what differs between two catalogues.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@table_options(required=False, catalogue=False)
@click.option("--out", type=FILE, metavar="FILE", help="Where the people whose group changes go: a row a person.")
def diff(*, first: str, second: str, out: Path | None, **options: Any) -> None:
    """Say what differs between the catalogues A and B: conditions, codes, dismissals, with place and reason.

    With --people, --records and --as-at also how many people change from which group to which. Only --out names people.
    """
    targets = check_targets({"--out": out})
    if out is not None:
        format_of(out, option="--out")
    with_data = _has_data(options, out)
    before, after = _load(first, "A"), _load(second, "B")
    screen.write(str(compare_catalogues(before, after)))
    if with_data:
        _compare_groups(before, after, options, targets, out)


def _load(wanted: str, argument: str) -> Catalogue:
    try:
        return load_catalogue(wanted)
    except UsageError as error:
        # The library has one argument catalogue, here there are two; a fault inside a file keeps its own place.
        if error.where != "argument catalogue":
            raise
        raise UsageError(
            error.what, where=f"argument {argument}", allowed=error.allowed, remedy=error.remedy
        ) from error


def _has_data(options: Mapping[str, Any], out: Path | None) -> bool:
    context = click.get_current_context()
    given = [name for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    missing = [name for name in _NEEDED if options[name] is None]
    if missing and (given or out is not None):
        raise UsageError(
            f"--{missing[0].replace('_', '-')} is missing",
            where="pngroup catalogue diff",
            allowed="--people, --records and --as-at together, or none of them",
            remedy="add it, or compare the catalogues alone",
        )
    return not missing


def _compare_groups(
    before: Catalogue, after: Catalogue, options: Mapping[str, Any], targets: Mapping[str, Path], out: Path | None
) -> None:
    arguments = read_inputs({**options, "catalogue": None})
    del arguments["catalogue"]
    with screen.step("Grouping twice"):
        one = group_people(**arguments, catalogue=before)
        two = group_people(**arguments, catalogue=after)
    table = _changes(one, two)
    if out is not None:
        write_files({targets["--out"]: table_writer(table, out, option="--out")})
    pairs = Counter(zip(table.column("before").to_pylist(), table.column("after").to_pylist(), strict=True))
    n_people = one.quality.n_grouped
    lines = ["", f"{table.num_rows:,} of {n_people:,} people with a group change it"]
    for (old, new), n in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"{n:>12,}  from {_named(old, one)} to {_named(new, two)}")
    screen.write("\n".join([*lines, SAFETY]))


def _changes(one: Grouping, two: Grouping) -> Any:
    """The people whose group changes, in the order of the file."""
    pa, compute = arrow(), arrow("pyarrow.compute")
    first, second = one.to_frame(), two.to_frame()
    table = pa.table(
        {
            "person_id": first.column("person_id"),
            "before": first.column(one.model.result),
            "after": second.column(two.model.result),
        }
    )
    # People without a group are the same in both: no catalogue decides who is on the list.
    return table.filter(compute.fill_null(compute.not_equal(table["before"], table["after"]), fill_value=False))


def _named(group: int, grouping: Grouping) -> str:
    return f"{group} ({grouping.scheme.group_name(group)})"
