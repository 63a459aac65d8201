"""Text in columns of dates: a format that no value has is an error of the whole table, and no part can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from ...errors import DataError
from ..dates import DAYS, DateColumn
from .tables import DataFrame, arrow_type

_CALENDAR: Final = ("date", "timestamp", "timestamp_ntz")
#: Values looked at first: where one of them is a date, so much is decided without reading the table.
_SAMPLE: Final = 1_000


def refuse_unreadable_dates(
    frames: Mapping[str, DataFrame], columns: Mapping[str, Mapping[str, str]], date_format: str | None
) -> None:
    """Raise what `group()` raises where no value of a column is a date.

    Runs a job that stops after a thousand values for each column of dates that is not one of Spark's own dates or
    timestamps, and a pass over that column where none of the thousand can be read.
    """
    for name, frame in frames.items():
        for ours, is_partial in DAYS[name].items():
            label = columns.get(name, {}).get(ours, ours)
            if label not in frame.columns:
                continue
            at = frame.columns.index(label)
            kind = frame.schema.fields[at].dataType
            if kind.simpleString() not in _CALENDAR:
                _check(DateColumn(name, ours, label, is_partial, date_format), _values(frame, at), arrow_type(kind))


def _values(frame: DataFrame, at: int) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    numbered = frame.toDF(*(f"c{each}" for each in range(len(frame.columns))))
    return numbered.select(F.col(f"c{at}").alias("value")).where(F.col("value").cast("string").rlike("\\S"))


def _check(column: DateColumn, values: DataFrame, kind: Any) -> None:
    import pyarrow as pa

    sample = pa.table({column.label: pa.array([row[0] for row in values.limit(_SAMPLE).collect()], kind)})
    try:
        column.days(sample, is_part=False)
    except DataError:
        # What is an error of some rows is one of all; this one may be of the first thousand alone.
        column.days(sample, is_part=True)
        rows = values.mapInArrow(partial(_n_read, column), "n bigint")
        if not rows.where("n > 0").limit(1).collect():
            raise


def _n_read(column: DateColumn, batches: Iterable[Any]) -> Iterator[Any]:
    """How many values of each batch are dates, also those too early to be believed."""
    import pyarrow as pa

    for batch in batches:
        days = column.days(pa.table({column.label: batch.column(0)}), is_part=True)
        yield pa.RecordBatch.from_arrays([pa.array([int(days.valid.sum()) + days.n_too_early])], names=["n"])
