"""Groupings larger than memory: people and their rows in parts, one part at a time, continued after an interruption."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias

import numpy as np
from attrs import field, frozen

from .._version import __version__
from ..catalogue import Catalogue
from ..dates import read_as_at
from ..errors import DataError, UsageError
from ..frames import Part, Stream
from ..grouping import group
from ..model import Model, load_both
from ..preparing import scheme_for
from ..quality import Place, Quality, combine, from_counts, refuse_faults, to_counts
from ..result import Grouping
from ..schemes import Scheme
from . import MOST_PARTS
from .dates import refuse_unreadable_dates
from .merging import ROW, merge
from .splitting import open_part, part_of, part_path, split
from .work import Work

#: Told how many parts are grouped: first those of an earlier run, then again after each.
Tell: TypeAlias = Callable[[int], None]
_RESULT: Final = "result"
_SAMPLE: Final = 1 << 10
#: People whose rows of the result are made and written at a time.
_PIECE: Final = 1 << 17


@frozen
class PartedGrouping:
    """The need groups of a population that was grouped in parts: as `Grouping`, but that the result is in files.

    A context manager: until the block ends no other run may work in the folder that the files are in.
    """

    quality: Quality
    fingerprint: str
    manifest: Mapping[str, Any] = field(repr=False)
    _work: Work = field(repr=False)
    _people: Any = field(repr=False)
    _labels: tuple[str, tuple[str, ...]] = field(repr=False)
    _n_parts: int = field(repr=False)
    _held: contextlib.ExitStack = field(repr=False, eq=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def frames(self, n_people: int) -> Iterator[Any]:
        """The rows of the result in pieces of `n_people`, in the order of people: pyarrow Tables."""
        paths = [part_path(self._work.folder, _RESULT, part) for part in range(self._n_parts)]
        with self._work.used():
            yield from merge(paths, self._people, *self._labels, n_people)

    def remove_work(self) -> None:
        """Remove the folder of the work, within the block; the result cannot be read afterwards."""
        self._work.remove()


def group_in_parts(
    people: Any,
    tables: Mapping[str, Stream],
    *,
    n_parts: int,
    work: Path,
    inputs: str,
    as_at: datetime.date,
    model: str | Path | Model = "need-groups",
    catalogue: str | Path | Catalogue | None = None,
    scheme: str | Path | Scheme | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    system: str | None = None,
    date_format: str | None = None,
    strict: bool = False,
    criteria: Literal["integer", "columns"] = "integer",
    tell: Tell = lambda _: None,
    tell_held: Callable[[], None] = lambda: None,
) -> PartedGrouping:
    """Group people and tables as `pngroup.group` does, in `n_parts` parts by person, with the same answers.

    `people`: a pyarrow Table. `tables`: `records`, and as given `contacts`, `medicines`, `values`, each a `Stream`.
    `work`: a folder for temporary files, about as large as the tables; a run on the same `inputs` (a text that says
    which they are) with the same options continues in it from the parts that are finished. `tell_held` is called when
    the folder is this run's: from then on it holds data of people.

    Raises what `group` raises, and `UsageError` for a number of parts outside 1 to 512, for a folder that holds other
    files, that another run works in or that cannot be written, and for a disk that is full.

    >>> import pyarrow, tempfile
    >>> people = pyarrow.table({"person_id": ["b", "a"], "age": [80, 30]})
    >>> rows = pyarrow.table({"person_id": ["b"], "code": ["I50"], "date": ["2026-01-10"]})
    >>> records = Stream(names=tuple(rows.column_names), batches=lambda: iter([rows]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with group_in_parts(
    ...         people,
    ...         {"records": records},
    ...         n_parts=3,
    ...         work=Path(folder) / "work",
    ...         inputs="an example",
    ...         as_at=datetime.date(2026, 3, 31),
    ...         system="icd10",
    ...     ) as grouping:
    ...         [piece.select(["person_id", "need_group"]).to_pylist() for piece in grouping.frames(1)]
    [[{'person_id': 'b', 'need_group': 9}], [{'person_id': 'a', 'need_group': 1}]]
    """
    if not 1 <= n_parts <= MOST_PARTS:
        raise UsageError(
            f"{n_parts:,} parts are asked for",
            where="argument n_parts",
            allowed=f"1 to {MOST_PARTS}",
            remedy="ask for fewer",
        )
    columns = columns or {}
    used_catalogue, used_model = load_both(model, catalogue)
    used_scheme = scheme_for(used_model, scheme)
    options: dict[str, Any] = {
        "as_at": as_at, "columns": columns, "system": system, "date_format": date_format, "model": used_model,
        "catalogue": used_catalogue, "scheme": used_scheme,
    }  # fmt: skip
    _check(people, tables, options)
    folder = Work(work, _fingerprint(inputs, options, tables, n_parts, criteria))
    with contextlib.ExitStack() as holding:
        holding.enter_context(folder.held())
        tell_held()
        notes = _finish_parts(people, tables, folder, options, n_parts, criteria, tell)
        quality = combine(from_counts({tuple(place): n for place, n in note["counts"]}) for note in notes)
        if strict:
            refuse_faults(quality.feeds)
        n_rows = {feed.name: feed.n_rows for feed in quality.feeds}
        n_used = {feed.name: feed.n_used for feed in quality.feeds}
        manifest = {**notes[0]["manifest"], "n_rows": n_rows, "n_used": n_used, "strict": strict}
        others = tuple(notes[0]["others"])
        return PartedGrouping(
            quality=quality,
            fingerprint=manifest["fingerprint"],
            manifest=manifest,
            work=folder,
            people=people,
            labels=(_label(columns, "people"), others),
            n_parts=n_parts,
            held=holding.pop_all(),
        )


def _finish_parts(
    people: Any,
    tables: Mapping[str, Stream],
    work: Work,
    options: Mapping[str, Any],
    n_parts: int,
    criteria: Literal["integer", "columns"],
    tell: Tell,
) -> list[dict[str, Any]]:
    """Group the parts that are not finished yet; what is noted of each part."""
    with work.used():
        notes = [work.finished(_step(part)) for part in range(n_parts)]
        if None in notes:
            _split(tables, options["columns"], n_parts, work)
    rows_of = _rows_of_parts(people, _label(options["columns"], "people"), n_parts)
    n_done = n_parts - notes.count(None)
    tell(n_done)
    for part, rows in enumerate(rows_of):
        if notes[part] is None:
            with work.used():
                notes[part] = _group(people, rows, tables, part, work, options, criteria)
            n_done += 1
            tell(n_done)
    return notes


def _step(part: int) -> str:
    return f"{_RESULT}-{part:04}"


def _label(columns: Mapping[str, Mapping[str, str]], table: str) -> str:
    return columns.get(table, {}).get("person_id", "person_id")


def _check(people: Any, tables: Mapping[str, Stream], options: Mapping[str, Any]) -> None:
    """Raise early, and in the words of the whole table, what would be raised after hours or by a part."""
    try:
        _run(Part(people.slice(0, _SAMPLE)), _samples(tables), options)
    except DataError:
        # What a sample of people says is wrong, the whole says with its own numbers of rows.
        _run(people, _samples(tables), options)
        raise
    refuse_unreadable_dates({"people": people, **tables}, options["columns"], options["date_format"])


def _run(people: Any, tables: Mapping[str, Any], options: Mapping[str, Any]) -> Grouping:
    grouping: Grouping = group(people, **{**tables, **options})
    return grouping


def _samples(tables: Mapping[str, Stream]) -> dict[str, Part]:
    return {name: Part(_first(stream)) for name, stream in tables.items()}


def _first(stream: Stream) -> Any:
    import pyarrow as pa

    batches = stream.batches()
    for batch in batches:
        if batch.num_rows:
            return batch.slice(0, _SAMPLE) if isinstance(batch, pa.Table) else pa.Table.from_batches([batch[:_SAMPLE]])
    return pa.table({name: pa.array([], pa.string()) for name in stream.names})


def _fingerprint(
    inputs: str, options: Mapping[str, Any], tables: Mapping[str, Stream], n_parts: int, criteria: str
) -> str:
    parts = [
        inputs,
        f"pngroup {__version__}",
        read_as_at(options["as_at"]),
        options["columns"],
        options["system"],
        options["date_format"],
        options["model"].fingerprint,
        options["catalogue"].fingerprint,
        options["scheme"].fingerprint,
        {name: stream.names for name, stream in tables.items()},
        n_parts,
        criteria,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _split(tables: Mapping[str, Stream], columns: Mapping[str, Mapping[str, str]], n_parts: int, work: Work) -> None:
    for name, stream in tables.items():
        if work.finished(name) is None:
            n_rows = split(stream, _label(columns, name), n_parts, work.folder, name)
            work.finish(name, [part_path(work.folder, name, part) for part in range(n_parts)], n_rows)


def _rows_of_parts(people: Any, column: str, n_parts: int) -> Sequence[Any]:
    """The rows of people that each part has, ascending."""
    parts = part_of(people.column(column), n_parts)
    order = np.argsort(parts, kind="stable")
    return np.split(order, np.cumsum(np.bincount(parts, minlength=n_parts))[:-1])


def _group(
    people: Any,
    rows: Any,
    tables: Mapping[str, Stream],
    part: int,
    work: Work,
    options: Mapping[str, Any],
    criteria: Literal["integer", "columns"],
) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    given = {name: Part(open_part(stream, work.folder, name, part)) for name, stream in tables.items()}
    try:
        grouping = _run(Part(people.take(pa.array(rows))), given, options)
    except DataError as error:
        # A fault of people is told with the rows of the whole table.
        _run(people, _samples(tables), options)
        raise DataError(
            error.what,
            where=f"{error.where}, as counted in a part of the rows",
            allowed=error.allowed,
            remedy=error.remedy,
        ) from None
    others = grouping.people.table.other_columns
    path = part_path(work.folder, _RESULT, part)
    with work.made(path.name) as unfinished, contextlib.ExitStack() as closing:
        writer, first = None, 0
        # Piece by piece: the whole result of a part is larger than what it was made of.
        for frame in grouping.frames(_PIECE, criteria=criteria):
            ours = frame.column_names[1 : frame.num_columns - len(others)]
            place = pa.array(rows[grouping.people.first_row[first : first + frame.num_rows]])
            first += frame.num_rows
            piece = pa.table([place, *(frame.column(1 + at) for at in range(len(ours)))], names=[ROW, *ours])
            if writer is None:
                made = pq.ParquetWriter(unfinished, piece.schema, compression="lz4", write_statistics=False)
                writer = closing.enter_context(made)
            writer.write_table(piece)
    counts: list[tuple[Place, int]] = list(to_counts(grouping.quality).items())
    note = {"counts": counts, "manifest": dict(grouping.manifest), "others": list(others)}
    work.finish(_step(part), [path], note)
    return note
