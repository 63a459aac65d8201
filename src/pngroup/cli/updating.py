"""`pngroup update`: last month's state and this month's changed records in, the list of those who changed out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from ..errors import UsageError
from ..files.formats import arrow, format_of
from ..files.writing import Writer, json_writer, write_files
from ..updating import Guard, Settle, Update, begin_updates, update as update_state
from ..updating.state import refuse_inside
from ..vocabulary import Change
from . import screen
from .inputs import chosen_model, read_columns
from .options import FILE, TABLES, table_options
from .writing import check_targets, table_writer

_REVIEWS: Final = "reviews"
_KNOWN: Final = (*TABLES, _REVIEWS)
#: What may be named only where there is a state to be taken on.
_OF_CHANGES: Final = ("full", "change_words", "most_changed", "most_fewer_rows", "few", "accept")


@click.command(short_help="Take groups on by a month of changes.")
@click.option("--state", type=FILE, required=True, metavar="FOLDER", help="What the last run has left for this one.")
@click.option("--begin", is_flag=True, help="Make the state: all tables are whole, and there is no earlier run.")
@table_options(as_before=True)
@click.option(
    "--full", multiple=True, metavar="TABLE", help="This table is whole, without a column change; repeatable."
)
@click.option(
    "--change-word", "change_words", multiple=True, metavar="WORD=OURS", help="Your word for new, changed or deleted."
)
@click.option("--practice-column", metavar="COLUMN", help="Your column of people that holds the practice.")
@click.option(
    "--reviews", type=FILE, metavar="FILES", help="One row a review: person_id, agrees or other_group, until."
)
@click.option("--settle", type=int, metavar="MONTHS", help="Show beside the group one that has stood so long; 0: no.")
@click.option("--settle-upwards", is_flag=True, help="Hold back moves to a higher tier too.")
@click.option("--most-changed", metavar="SHARE", help="Of all people and of each practice.  [default: 5%]")
@click.option("--most-fewer-rows", metavar="SHARE", help="By which a table may fall.  [default: 5%]")
@click.option("--few", type=int, metavar="N", help="So many may change in any practice.  [default: 0]")
@click.option("--accept", is_flag=True, help="Write though the guard says no; the manifest records it.")
@click.option("--strict", is_flag=True, help="Refuse data and changes with any fault (exit code 1).")
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where the list of those who changed goes.")
@click.option(
    "--would-change", type=FILE, metavar="FILE", help="Where that list goes in any case, also where the guard says no."
)
@click.option("--everybody", type=FILE, metavar="FILE", help="Where the groups of everybody go.")
@click.option("--disagreement", type=FILE, metavar="FILE", help="Where reviews by practice and group go.")
@click.option("--quality", type=FILE, metavar="FILE", help="Where the quality report goes, as JSON.")
@click.option("--manifest", type=FILE, metavar="FILE", help="Where the manifest (how this was made) goes, as JSON.")
def update(
    *,
    state: Path,
    begin: bool,
    accept: bool,
    out: Path,
    would_change: Path | None,
    everybody: Path | None,
    disagreement: Path | None,
    quality: Path | None,
    manifest: Path | None,
    **options: Any,
) -> None:
    """Take last month's groups on by this month's records, and list who changed and why.

    Tables hold what is new, changed and deleted, as their column change says; the answer is that of a full run on all
    rows as they stand. State and files are written together or not at all: the guard stops a run (exit code 3) by which
    more people would change than --most-changed, of all or of one practice, or of which a table has fallen; who would
    change is then in the file of --would-change alone. What changed and the quality report on all rows as they stand go
    to the standard error stream. The state holds data of people.
    """
    arrow()
    tables = {"--out": out, "--everybody": everybody, "--disagreement": disagreement}
    targets = check_targets({
        **tables, "--would-change": would_change, "--quality": quality, "--manifest": manifest,
    })  # fmt: skip
    refuse_inside({f"option {name}": path for name, path in targets.items()}, state)
    for name, path in {**tables, "--would-change": would_change}.items():
        if path is not None:
            format_of(path, option=name)
    if disagreement is not None and options[_REVIEWS] is None:
        raise _wrong(
            "there are no reviews to disagree with", "--disagreement", "it with --reviews", "add --reviews FILES"
        )
    with screen.step("Grouping"):
        found = _begun(options, accept=accept) if begin else _taken_on(state, options)
    screen.say(f"{found.counts}\nAll rows as they stand, as at {found.as_at.isoformat()}\n{found.grouping.quality}")
    if would_change is not None:
        # Before the guard speaks: whoever is to find out why needs to see who.
        write_files({targets["--would-change"]: table_writer(found.changed, would_change, option="--would-change")})
    found_manifest = found.approve(accept=accept)
    made: dict[str, Any] = {"--out": found.changed, "--disagreement": found.review_disagreement}
    if everybody is not None:
        made["--everybody"] = found.to_frame()
    files: dict[Path, Writer] = {
        targets[name]: table_writer(made[name], path, option=name) for name, path in tables.items() if path is not None
    }
    if quality is not None:
        files[targets["--quality"]] = json_writer(found.grouping.quality.to_dict())
    if manifest is not None:
        files[targets["--manifest"]] = json_writer(found_manifest)
    with screen.step("Writing"):
        found.write(state, accept=accept, beside=files)
    if found_manifest["guard"]["accepted"]:
        screen.say("Accepted though the guard would have stopped it: " + "; ".join(map(str, found.refused)))


def _begun(options: dict[str, Any], *, accept: bool) -> Update:
    for name in ("people", "records"):
        if options[name] is None:
            raise _wrong(f"--{name} is missing", "--begin", "all tables whole", f"add --{name} FILES")
    for name in _OF_CHANGES:
        if accept if name == "accept" else options[name] not in (None, ()):
            option = {"change_words": "change-word"}.get(name, name.replace("_", "-"))
            raise _wrong(f"--{option} says nothing of a first run", "--begin", "it without --begin", "leave it out")
    return begin_updates(
        **_shared(options, named=tuple(name for name in _KNOWN if options[name] is not None)),
        model=chosen_model(options) or "need-groups",
        scheme=options["scheme"],
        settle=_settle(options) or 0,
    )


def _taken_on(state: Path, options: dict[str, Any]) -> Update:
    limits = {name: _share(options[name], name) for name in ("most_changed", "most_fewer_rows")}
    guard = Guard(**{name: share for name, share in limits.items() if share is not None}, few=options["few"] or 0)
    return update_state(
        state,
        **_shared(options),
        model=chosen_model(options),
        scheme=options["scheme"],
        settle=_settle(options),
        full=options["full"],
        guard=guard,
        change_words=_change_words(options["change_words"]),
    )


def _shared(options: dict[str, Any], *, named: tuple[str, ...] = _KNOWN) -> dict[str, Any]:
    """The arguments that both functions take; `named`: tables of which columns may be named."""
    return {
        **{name: options[name] for name in _KNOWN},
        "as_at": options["as_at"],
        "catalogue": options["catalogue"],
        "practice_column": options["practice_column"],
        "system": options["system"],
        "columns": read_columns(options["columns"], given=named, tables=_KNOWN),
        "date_format": options["date_format"],
        "strict": options["strict"],
    }


def _settle(options: dict[str, Any]) -> Settle | None:
    if options["settle"] is not None:
        return Settle(options["settle"], upwards=options["settle_upwards"])
    if options["settle_upwards"]:
        raise _wrong("--settle-upwards stands alone", "--settle-upwards", "it with --settle", "add --settle MONTHS")
    return None


def _share(text: str | None, name: str) -> float | None:
    """A share as 5% or 0.05."""
    if text is None:
        return None
    number = text.strip().removesuffix("%").strip()
    try:
        share = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        option = f"--{name.replace('_', '-')}"
        raise _wrong(f"{text!r} is no share", option, "a share such as 5% or 0.05, up to 100%", "correct it")
    return share


def _change_words(pairs: tuple[str, ...]) -> dict[str, str]:
    words = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not equals or not theirs.strip() or ours.strip() not in tuple(Change):
            allowed = "WORD=OURS, where OURS is " + ", ".join(Change)
            raise _wrong(f"{pair!r} is not of this form", "--change-word", allowed, "write it as retracted=deleted")
        words[theirs.strip()] = ours.strip()
    return words


def _wrong(what: str, option: str, allowed: str, remedy: str) -> UsageError:
    return UsageError(what, where=f"option {option}", allowed=allowed, remedy=remedy)
