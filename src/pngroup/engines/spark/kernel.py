"""What runs on a worker: the rows of a partition, in order of their key, to answers and to numbers of the report."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from ..._version import __version__
from ...codes import NORMALISER_VERSION, codes_fingerprint
from ...errors import PngroupError, UsageError
from ...frames import Part
from ...grouping import group
from ...quality import Place, to_counts
from ...result import Grouping, Groupings

#: Rows that are grouped at a time. It bounds a worker's memory, whatever the size of a partition; only one person's
#: own rows are never split. Larger pieces are hardly faster, smaller ones read the same codes more often.
ROWS_AT_A_TIME: Final = 500_000
#: The first word of the place of a number that counts an error.
ERROR: Final = "error"


def software() -> str:
    """What code answers: driver and workers must agree on it."""
    return f"pngroup {__version__}, normaliser {NORMALISER_VERSION}, code systems {codes_fingerprint()[:12]}"


def each(found: Grouping | Groupings) -> tuple[Grouping, ...]:
    """The groupings of all index dates, also where there is one."""
    return tuple(found) if isinstance(found, Groupings) else (found,)


def numbers(found: Grouping | Groupings) -> dict[Place, int]:
    """The numbers of the reports, the index date before the place of each."""
    return {
        (grouping.as_at.isoformat(), *place): n
        for grouping in each(found)
        for place, n in to_counts(grouping.quality).items()
    }


def whole_keys(batches: Iterable[Any], n_rows: int) -> Iterator[list[Any]]:
    """Record batches in order of their first column, in lists of about `n_rows` rows; no key stands in two lists."""
    held: list[Any] = []
    n_held, last = 0, None
    for batch in batches:
        if not batch.num_rows:
            continue
        keys = batch.column(0).to_numpy()
        starts = np.flatnonzero(keys[1:] != keys[:-1]) + 1
        cut = int(starts[-1]) if len(starts) else 0
        is_new = bool(len(starts)) or keys[0] != last
        if held and is_new and n_held + cut >= n_rows:
            yield [*held, batch.slice(0, cut)]
            held, n_held, batch = [], 0, batch.slice(cut)  # noqa: PLW2901
        held.append(batch)
        n_held += batch.num_rows
        last = keys[-1]
    if held:
        yield held


@frozen
class Kernel:
    """Groups the rows of a partition; sent to the workers, with the model and the catalogue in it.

    `labels`: for each table the caller's names of the columns that travel, in their order. `options` are arguments of
    `pngroup.group`, pickled: a worker that has opened them for one partition has them for the next. `software` is what
    the driver has.
    """

    labels: Mapping[str, tuple[str, ...]]
    options: bytes = field(repr=False)
    software: str
    rows_at_a_time: int = ROWS_AT_A_TIME

    def answers(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Batches of `answer` (a row of the result), then of `counted` and `n`; an error of the data ends the job."""
        import pyarrow as pa

        counts: Counter[Place] = Counter()
        nothing = None
        for rows in whole_keys(batches, self.rows_at_a_time):
            grouping = self._group(rows)
            counts.update(numbers(grouping))
            frame = grouping.to_frame().combine_chunks()
            for batch in frame.to_batches():
                answer = pa.StructArray.from_arrays(batch.columns, names=_numbered(batch.num_columns))
                yield _tagged(answer, pa.nulls(len(answer), pa.string()), pa.nulls(len(answer), pa.int64()))
            nothing = pa.struct(list(zip(_numbered(frame.num_columns), frame.schema.types, strict=True)))
        if nothing is not None:
            counted, n = _written(counts)
            yield _tagged(pa.nulls(len(n), nothing), counted, n)

    def counts(self, batches: Iterable[Any]) -> Iterator[Any]:
        """A batch of `counted` and `n`: the numbers of the report, and errors of the data, which do not end the job."""
        import pyarrow as pa

        counts: Counter[Place] = Counter()
        for rows in whole_keys(batches, self.rows_at_a_time):
            try:
                counts.update(numbers(self._group(rows)))
            except PngroupError as error:
                counts[ERROR, type(error).__name__, error.what, error.where, error.allowed, error.remedy] += 1
        counted, n = _written(counts)
        yield pa.RecordBatch.from_arrays([counted, n], names=["counted", "n"])

    def _group(self, rows: list[Any]) -> Grouping | Groupings:
        if software() != self.software:
            raise UsageError(
                f"the workers have {software()}, the driver has {self.software}",
                where="the cluster",
                allowed="the same pngroup on the driver and on every worker",
                remedy="install one version of pngroup on the whole cluster",
            )
        tables: dict[str, Any] = {
            name: Part(_table(rows, 1 + at, names)) for at, (name, names) in enumerate(self.labels.items())
        }
        people, records = tables.pop("people"), tables.pop("records")
        found: Grouping | Groupings = group(people, records, **tables, **_opened(self.options))
        return found


@lru_cache(maxsize=1)
def _opened(options: bytes) -> Mapping[str, Any]:
    opened: Mapping[str, Any] = pickle.loads(options)  # noqa: S301 - the driver of this job has made it
    return opened


def _table(rows: list[Any], at: int, names: tuple[str, ...]) -> Any:
    """The rows of one table: those in which its column of records is filled."""
    import pyarrow as pa

    kinds = rows[0].schema.field(at).type
    schema = pa.schema([(name, kinds.field(place).type) for place, name in enumerate(names)])
    batches = []
    for batch in rows:
        column = batch.column(at)
        columns = column.filter(column.is_valid()).flatten()
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return pa.Table.from_batches(batches, schema)


def _numbered(n_columns: int) -> list[str]:
    return [f"c{at}" for at in range(n_columns)]


def _written(counts: Counter[Place]) -> tuple[Any, Any]:
    import pyarrow as pa

    places = [json.dumps(place) for place in counts]
    return pa.array(places, pa.string()), pa.array(list(counts.values()), pa.int64())


def _tagged(answer: Any, counted: Any, n: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([answer, counted, n], names=["answer", "counted", "n"])
