"""`pngroup terminology`: a site's own SNOMED CT release, for expressions and for expanding the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from ..errors import UsageError
from ..files.formats import arrow, format_of
from ..files.writing import write_files
from ..terminology import ExpansionReport, Release, expand_catalogue, read_release, save_catalogue
from ..terminology.history import HISTORIES, History
from ..terminology.saving import MUST_NOT_BE_PUBLISHED, base_folder, check_free
from . import problems, screen
from .options import FILE
from .writing import check_targets, table_writer

_RELEASE: Final = click.option(
    "--release", type=FILE, required=True, metavar="PATH", help="The release: a folder or zip with an RF2 Snapshot."
)
_CATALOGUE: Final = click.option(
    "--catalogue", default="core", show_default=True, metavar="CATALOGUE", help="Name, name@edition or folder."
)
_HISTORY: Final = click.option(
    "--history",
    type=click.Choice(HISTORIES),
    help="Which inactive concepts are added; by default moderate for a catalogue, none for an expression.",
)
_CACHE: Final = click.option(
    "--cache", type=FILE, metavar="FOLDER", help="Keep the release here as one file that is read faster next time."
)
_ODD: Final = ("is_a_unknown_concept", "is_a_inactive_concept", "members_unknown_concept", "unreadable")
_NUMBERS: Final = ("packaged", "expanded", "gained", "lost", "inactive", "substituted")


@click.group("terminology", invoke_without_command=True, short_help="Use a SNOMED CT release of your own.")
@click.pass_context
def terminology(context: click.Context) -> None:
    """Use a SNOMED CT release that you have a licence for. None ships with pngroup, and nothing is sent anywhere."""
    if context.invoked_subcommand is None:
        screen.say(context.get_help())
        context.exit(problems.BAD_USAGE)


@terminology.command("expand", short_help="Expand the catalogue, or an expression.")
@click.argument("expression", required=False)
@_RELEASE
@_CATALOGUE
@_HISTORY
@_CACHE
@click.option("--out", type=FILE, metavar="FOLDER", help="Where the catalogue goes; a folder that does not exist yet.")
def expand(
    *, expression: str | None, release: Path, catalogue: str, history: Any, cache: Path | None, out: Path | None
) -> None:
    """Print the concept ids that EXPRESSION means, or write the catalogue, expanded, to a folder of your own.

    EXPRESSION is of SNOMED CT's Expression Constraint Language, as "<< 73211009 MINUS << 44054006". The folder is one
    that --catalogue takes everywhere. It holds SNOMED CT content under your licence and must not be published.
    """
    if (expression is None) == (out is None):
        raise UsageError(
            "neither an expression nor --out is given" if out is None else "an expression and --out are given",
            where="pngroup terminology expand",
            allowed="EXPRESSION, to print its ids, or --out FOLDER, to write the catalogue",
            remedy="give one of the two",
        )
    if expression is not None and catalogue != "core":
        raise UsageError(
            "--catalogue is given, and an expression has no use for it",
            where="pngroup terminology expand",
            allowed="--catalogue together with --out",
            remedy="leave it out",
        )
    if out is not None:
        check_free(Path(out).absolute())
        base_folder(catalogue)
    read = _read(release, cache)
    if expression is not None:
        expansion = read.evaluate(expression, history=history or "none")
        for remark in expansion.remarks():
            screen.say(f"Note: {remark}")
        if len(expansion.ids):
            screen.write("\n".join(map(str, expansion.ids.tolist())))
        screen.say(f"{len(expansion.ids):,} concepts")
        return
    profile: History = history or "moderate"
    with screen.step("Expanding"):
        expanded, report = expand_catalogue(read, catalogue, history=profile)
        assert out is not None
        save_catalogue(expanded, report, out, base=catalogue)
    for line in _summary(report):
        screen.say(line)
    screen.say(MUST_NOT_BE_PUBLISHED)


@terminology.command("diff", short_help="Say what a release adds to the catalogue.")
@_RELEASE
@_CATALOGUE
@_HISTORY
@_CACHE
@click.option("--against", type=FILE, metavar="PATH", help="An earlier release: say what the newer one changes.")
@click.option("--out", type=FILE, metavar="FILE", help="Every id that differs, as a table.")
def diff(
    *, release: Path, catalogue: str, history: Any, cache: Path | None, against: Path | None, out: Path | None
) -> None:
    """Say for each condition what expanding the catalogue with a release adds, and what it does not find.

    With --against, what changes for each condition from that release to the other.
    """
    targets = check_targets({"--out": out})
    if out is not None:
        format_of(out, option="--out")
    profile: History = history or "moderate"
    with screen.step("Expanding"):
        _, report = expand_catalogue(_read(release, cache), catalogue, history=profile)
        earlier = None
        if against is not None:
            _, earlier = expand_catalogue(_read(against, cache), catalogue, history=profile)
    if earlier is None:
        screen.write("\n".join(_table(("condition", *_NUMBERS), _numbers(report))))
        changes = list(report.changes())
        for line in _summary(report):
            screen.say(line)
    else:
        rows, changes = _compared(earlier, report)
        screen.write("\n".join(_table(("condition", earlier.release, report.release, "gained", "lost"), rows)))
    if out is not None:
        write_files({targets["--out"]: table_writer(_frame(changes), out, option="--out")})


def _read(path: Path, cache: Path | None) -> Release:
    with screen.step(f"Reading {path.name}"):
        release = read_release(path, cache=cache)
    counts = release.report.counts
    screen.say(
        f"Release of {release.date}: {counts['concepts']:,} concepts ({counts['inactive_concepts']:,} inactive), "
        f"{counts['is_a']:,} is-a relationships, {counts['refsets']:,} reference sets"
    )
    for line in release.report.counted(_ODD):
        screen.say(f"  {line}")
    if release.report.cache.startswith("made"):
        screen.say(f"  cache: {release.report.cache}")
    return release


def _numbers(report: ExpansionReport) -> Iterator[tuple[str, ...]]:
    totals = [0] * len(_NUMBERS)
    for row in report.rows:
        numbers = (
            len(row.packaged),
            row.n_expanded,
            len(row.additions),
            len(row.lost),
            len(row.inactive),
            len(row.substituted),
        )
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        yield (row.condition, *(f"{number:,}" for number in numbers))
    yield ("all", *(f"{total:,}" for total in totals))


def _compared(
    earlier: ExpansionReport, later: ExpansionReport
) -> tuple[list[tuple[str, ...]], list[tuple[str, str, str, str]]]:
    """Condition by condition how many ids there were and are, and every id that came or went."""
    before, after = _ids(earlier), _ids(later)
    rows, changes = [], []
    for condition in sorted(before):
        gained = sorted(after[condition] - before[condition], key=int)
        lost = sorted(before[condition] - after[condition], key=int)
        numbers = (len(before[condition]), len(after[condition]), len(gained), len(lost))
        rows.append((condition, *(f"{number:,}" for number in numbers)))
        changes += [(condition, code, "gained", f"by the release of {later.release}") for code in gained]
        changes += [(condition, code, "lost", f"by the release of {later.release}") for code in lost]
    return rows, changes


def _ids(report: ExpansionReport) -> Mapping[str, set[str]]:
    return {row.condition: {*row.packaged, *row.gained} for row in report.rows}


def _summary(report: ExpansionReport) -> Iterator[str]:
    gained = sum(len(row.additions) for row in report.rows)
    lost = sum(len(row.lost) for row in report.rows)
    yield (
        f"{len(report.rows):,} conditions: {gained:,} ids gained; {lost:,} packaged ids are kept to which no root or "
        "reference set leads"
    )
    yield from report.remarks()


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines with columns of one width each, numbers to the right."""
    cells = [header, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row in cells:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([row[0].ljust(len(first)), *others]).rstrip()


def _frame(changes: Sequence[tuple[str, str, str, str]]) -> Any:
    pa = arrow()
    columns = list(zip(*changes, strict=True)) if changes else [()] * 4
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(_COLUMNS, columns, strict=True)})


_COLUMNS: Final = ("condition", "code", "change", "why")
