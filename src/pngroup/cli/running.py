"""What `pngroup group` does: files in, in one piece or in parts, and the result out in pieces."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..engines import MOST_PARTS
from ..engines.work import check_folder
from ..errors import UsageError
from ..files.ahead import one_ahead
from ..files.formats import format_of
from ..files.writing import json_writer, write_files
from ..frames import Stream
from ..grouping import group as group_people
from ..result import Grouping, Groupings
from . import screen
from .inputs import Inputs, open_inputs
from .memory import LEAST_PART, n_bytes_in_parts, n_bytes_needed, n_parts_for, read_memory
from .writing import check_targets, pieces_writer

if TYPE_CHECKING:
    from ..engines.files import PartedGrouping

#: Rows of the result that are made and written at a time.
_PIECE: Final = 1 << 17
Criteria = Literal["integer", "columns"]


def run(
    options: Mapping[str, Any],
    *,
    strict: bool,
    criteria: Criteria,
    memory: str | None,
    n_parts: int | None,
    work: Path | None,
    out: Path,
    quality: Path | None,
    manifest: Path | None,
) -> None:
    """Group the people of the files that `options` name, and write result, quality report and manifest."""
    targets = check_targets({"--out": out, "--quality": quality, "--manifest": manifest})
    format_of(out, option="--out")
    allowed = read_memory(memory)
    if work is not None:
        check_folder(work)
    inputs = open_inputs(options)
    dates = inputs.arguments["as_at"]
    n_dates = len(dates) if isinstance(dates, list) else 1
    # Before people are read, which takes long, from what is known of the files, and again when people are known.
    _refuse_dates_in_parts(n_dates, n_parts, n_parts_for(None, inputs.files, allowed, n_dates))
    people = inputs.read("people")
    if n_parts is None:
        n_parts = n_parts_for(people, inputs.files, allowed, n_dates)
        _refuse_dates_in_parts(n_dates, None, n_parts)
        _tell_memory(n_parts, people, inputs, allowed, n_dates)
    target = targets["--out"]
    folder = work or target.with_name(f".{target.name}.work")
    with contextlib.ExitStack() as closing:
        parted: PartedGrouping | None = None
        with screen.step("Grouping") as show:
            tables = {name: inputs.stream(name, show) for name in inputs.files if name != "people"}
            made: dict[str, Grouping | PartedGrouping]
            if n_parts == 1:
                whole: Grouping | Groupings = group_people(people, **{**tables, **inputs.arguments}, strict=strict)
                made = {each.as_at.isoformat(): each for each in (whole if isinstance(whole, Groupings) else [whole])}
                pieces = whole.frames(_PIECE, criteria=criteria)
            else:
                tell_held = closing.enter_context(_telling_of(folder))
                parted = closing.enter_context(
                    _in_parts(people, tables, inputs, folder, n_parts, strict, criteria, show, tell_held)
                )
                made, pieces = {inputs.arguments["as_at"].isoformat(): parted}, parted.frames(_PIECE)
        with screen.step(f"Writing {out.name}") as show:
            n_rows = sum(each.quality.n_people for each in made.values())
            meter = screen.Meter(show, f"Writing {out.name}", n_rows, "rows")
            # One piece is made while another is written.
            files = {target: pieces_writer(_counted(one_ahead(pieces), meter), out, option="--out")}
            if quality is not None:
                files[targets["--quality"]] = json_writer(_of_dates({d: g.quality.to_dict() for d, g in made.items()}))
            if manifest is not None:
                files[targets["--manifest"]] = json_writer(_of_dates({d: g.manifest for d, g in made.items()}))
            write_files(files)
        if parted is not None:
            parted.remove_work()
    for date, each in made.items():
        screen.say(f"As at {date}\n{each.quality}" if len(made) > 1 else str(each.quality))


def _of_dates(found: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """What is said of one date; of several, that of each under its date."""
    return found if len(found) > 1 else next(iter(found.values()))


def _refuse_dates_in_parts(n_dates: int, asked: int | None, needed: int) -> None:
    if n_dates > 1 and (needed if asked is None else asked) > 1:
        raise UsageError(
            f"{n_dates} index dates at once need more memory than is allowed"
            if asked is None
            else f"{n_dates} index dates and {asked} parts are asked for",
            where="options --as-at, --memory and --partitions",
            allowed="several dates at once only where everything is grouped in one piece",
            remedy="group one date at a time, or give more --memory",
        )


def _tell_memory(n_parts: int, people: Any, inputs: Inputs, allowed: int, n_dates: int) -> None:
    at_once = n_bytes_needed(people, inputs.files, n_dates)
    if n_parts > 1:
        screen.say(
            f"Grouping in {n_parts} parts: at once it would take about {at_once / 1e9:.1f} GB, "
            f"and {allowed / 1e9:.1f} GB are allowed"
        )
    in_parts = at_once if n_parts == 1 else n_bytes_in_parts(people, inputs.files, n_parts)
    if in_parts > allowed:
        screen.say(
            f"More memory is needed than is allowed, about {in_parts / 1e9:.1f} GB: the program and the table of "
            f"people are held in any case; at most {MOST_PARTS} parts are made, none under {LEAST_PART / 1e9:.1f} GB"
        )


@contextlib.contextmanager
def _telling_of(folder: Path) -> Iterator[Callable[[], None]]:
    """Say that data of people are left in the folder of the work where a run ends early that has told it is its own."""
    held: list[Path] = []
    try:
        yield lambda: held.append(folder)
    except BaseException:
        if held and folder.exists():
            screen.say(
                f"What is finished is kept in the folder {folder.name!r}, which holds data of people: the same command "
                "continues from there; remove the folder if it is not to."
            )
        raise


def _in_parts(
    people: Any,
    tables: Mapping[str, Stream],
    inputs: Inputs,
    folder: Path,
    n_parts: int,
    strict: bool,
    criteria: Criteria,
    show: screen.Show,
    tell_held: Callable[[], None],
) -> PartedGrouping:
    from ..engines.files import group_in_parts

    meter: screen.Meter | None = None

    def tell(n_done: int) -> None:
        nonlocal meter
        if meter is None:
            meter = screen.Meter(show, "Grouping parts", n_parts, "parts")
            meter.begin(n_done)
            meter.advance(0)
        else:
            meter.advance(1)

    return group_in_parts(
        people, tables, n_parts=n_parts, work=folder, inputs=_named(inputs), strict=strict, criteria=criteria,
        tell=tell, tell_held=tell_held, **inputs.arguments,
    )  # fmt: skip


def _named(inputs: Inputs) -> str:
    """Which files these are: another path, size or time of change is another input."""
    named = {
        name: [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in files.source.paths]
        for name, files in inputs.files.items()
    }
    return json.dumps(named, sort_keys=True)


def _counted(pieces: Iterator[Any], meter: screen.Meter) -> Iterator[Any]:
    for piece in pieces:
        yield piece
        meter.advance(piece.num_rows)
