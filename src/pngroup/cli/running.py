"""What `pngroup group` does: files in, in one piece or in parts, and the result out in pieces."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..errors import UsageError
from ..frames import Stream
from ..grouping import group as group_people
from ..result import Grouping, Groupings
from . import screen
from .formats import format_of
from .inputs import Inputs, open_inputs
from .memory import n_bytes_needed, n_parts_for, read_memory
from .writing import check_targets, json_writer, pieces_writer, write_files

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
    inputs = open_inputs(options)
    people = inputs.read("people")
    if n_parts is None:
        n_parts = n_parts_for(people, inputs.files, allowed)
        if n_parts > 1:
            needed = n_bytes_needed(people, inputs.files)
            screen.say(
                f"Grouping in {n_parts} parts: at once it would take about {needed / 1e9:.1f} GB, "
                f"and {allowed / 1e9:.1f} GB are allowed"
            )
    target = targets["--out"]
    folder = work or target.with_name(f".{target.name}.work")
    with contextlib.nullcontext() if n_parts == 1 else _telling_of(folder):
        parted: PartedGrouping | None = None
        with screen.step("Grouping") as show:
            tables = {name: inputs.stream(name, show) for name in inputs.files if name != "people"}
            made: dict[str, Grouping | PartedGrouping]
            if n_parts == 1:
                whole: Grouping | Groupings = group_people(people, **{**tables, **inputs.arguments}, strict=strict)
                made = {each.as_at.isoformat(): each for each in (whole if isinstance(whole, Groupings) else [whole])}
                pieces = whole.frames(_PIECE, criteria=criteria)
            else:
                parted = _in_parts(people, tables, inputs, folder, n_parts, strict, criteria, show)
                made, pieces = {inputs.arguments["as_at"].isoformat(): parted}, parted.frames(_PIECE)
        with screen.step(f"Writing {out.name}") as show:
            n_rows = sum(each.quality.n_people for each in made.values())
            meter = screen.Meter(show, f"Writing {out.name}", n_rows, "rows")
            files = {target: pieces_writer(_counted(pieces, meter), out, option="--out")}
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


@contextlib.contextmanager
def _telling_of(folder: Path) -> Iterator[None]:
    """Say that data of people are left in the folder of the work where a run ends early."""
    try:
        yield
    except BaseException:
        if folder.exists():
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
) -> PartedGrouping:
    from ..engines.files import group_in_parts

    if isinstance(inputs.arguments["as_at"], list):
        raise UsageError(
            f"{len(inputs.arguments['as_at'])} index dates and {n_parts} parts are asked for",
            where="options --as-at and --partitions",
            allowed="several dates at once only where everything is grouped in one piece",
            remedy="group one date at a time, or give more --memory",
        )
    meter = screen.Meter(show, "Grouping parts", n_parts, "parts")

    def tell(n_done: int) -> None:
        if not n_done:
            meter.begin()
        meter.advance(int(n_done > 0))

    return group_in_parts(
        people, tables, n_parts=n_parts, work=folder, inputs=_named(inputs), strict=strict, criteria=criteria,
        tell=tell, **inputs.arguments,
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
