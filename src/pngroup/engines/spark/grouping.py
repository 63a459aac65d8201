"""The front door of Spark: `group()`, and what it gives back."""

from __future__ import annotations

import datetime
import json
import os
import pickle
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from ...catalogue import Catalogue
from ...dates import read_as_at, to_date
from ...errors import DataError, MissingExtraError, ModelError, UsageError
from ...frames import Part
from ...grouping import group as group_in_memory
from ...model import Model
from ...quality import Place, Quality, from_counts, refuse_faults
from ...result import Grouping, Groupings
from ...schemes import Scheme
from ...vocabulary import CodeSystem
from .dates import refuse_unreadable_dates
from .kernel import ERROR, Kernel, each, numbers, software
from .tables import DataFrame, check_tables, empty_table, keyed, refuse_other_ids, travelling

_ERRORS: Final = {each.__name__: each for each in (DataError, ModelError, UsageError, MissingExtraError)}


@frozen
class SparkGrouping:
    """The need groups of a population as a Spark DataFrame that is not computed yet. Made by `group()`.

    `rows` holds the answers and, in rows of their own, the numbers of the quality report; `frame` is the answers.
    """

    rows: DataFrame = field(repr=False)
    model: Model = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    scheme: Scheme = field(repr=False)
    as_at: tuple[datetime.date, ...]
    fingerprint: str
    columns: tuple[str, ...] = field(repr=False)
    _counting: DataFrame = field(repr=False)
    _empty: Grouping | Groupings = field(repr=False)
    _strict: bool = field(repr=False)
    _is_kept: bool = field(default=False, repr=False)
    _found: dict[datetime.date, Quality] = field(factory=dict, repr=False, eq=False)

    @property
    def frame(self) -> DataFrame:
        """One row a person and index date, in no order: the columns of `Grouping.to_frame()`, or of
        `Groupings.to_frame()` where a list of dates was given, and the caller's other columns of people.

        Numbers are bigint, flags boolean, the rest string; `person_id` and the caller's own columns keep their types.
        Each action on it computes the groups again, unless they are kept (`keep`).
        """
        from pyspark.sql import functions as F  # noqa: N812

        answers = self.rows.where(F.col("counted").isNull())
        return answers.select(*(F.col(f"answer.c{at}").alias(name) for at, name in enumerate(self.columns)))

    def quality(self, as_at: Any = None) -> Quality:
        """The quality report of an index date: the numbers that `group()` would give for all rows at once.

        The first call runs a Spark job: over the kept rows, or else a pass of its own over all tables. The numbers
        are rows of that job's result, so that a task that is tried again counts once. Raises `DataError` where the data
        cannot be used; the counts in its message may be those of one part of the rows. `UsageError` where there are
        several index dates and none of them is named.
        """
        day = self._day(as_at)
        if not self._found:
            total = Counter(numbers(self._empty))
            total.update(self._numbers())
            for each_day in self.as_at:
                self._found[each_day] = from_counts(
                    {tuple(place): n for (of, *place), n in total.items() if of == each_day.isoformat()}
                )
        return self._found[day]

    def manifest(self, as_at: Any = None) -> dict[str, Any]:
        """How the run was made, as `Grouping.manifest`; it holds counts, so that it needs `quality()`."""
        day = self._day(as_at)
        feeds = self.quality(day).feeds
        [empty] = [grouping for grouping in each(self._empty) if grouping.as_at == day]
        return {
            **empty.manifest,
            "n_rows": {feed.name: feed.n_rows for feed in feeds},
            "n_used": {feed.name: feed.n_used for feed in feeds},
            "strict": self._strict,
        }

    def keep(self, store: Callable[[DataFrame], DataFrame]) -> SparkGrouping:
        """This grouping over rows that `store` has stored, so that answers and report are computed once.

        `store` is given `rows` and returns the same rows from where it keeps them: `lambda rows: rows.persist()`, or a
        function that writes a table and reads it.
        """
        return evolve(self, rows=store(self.rows), is_kept=True)

    def _day(self, as_at: Any) -> datetime.date:
        day = None if as_at is None else to_date(read_as_at(as_at))
        if day in self.as_at:
            return day
        if day is None and len(self.as_at) == 1:
            return self.as_at[0]
        raise UsageError(
            "there are several index dates" if day is None else f"there is no grouping as at {day.isoformat()}",
            where="argument as_at",
            allowed=", ".join(each.isoformat() for each in self.as_at),
            remedy="name one of these dates",
        )

    def _numbers(self) -> dict[Place, int]:
        from pyspark.errors import PySparkException

        if not self._is_kept:
            return _sums(self._counting)
        try:
            return _sums(self.rows)
        except PySparkException:
            # A worker's error comes as the text of a traceback; the pass that only counts gives it in its parts.
            _sums(self._counting)
            raise


def _sums(rows: DataFrame) -> dict[Place, int]:
    from pyspark.sql import functions as F  # noqa: N812

    numbers = rows.where(F.col("counted").isNotNull()).groupBy("counted").agg(F.sum("n").alias("n"))
    found = {tuple(json.loads(row["counted"])): int(row["n"]) for row in numbers.collect()}
    errors = sorted(place for place in found if place[0] == ERROR)
    if errors:
        _, kind, what, where, allowed, remedy = errors[0]
        raise _ERRORS[kind](what, where=f"{where}, as counted in a part of the rows", allowed=allowed, remedy=remedy)
    return found


def group(
    people: DataFrame,
    records: DataFrame,
    *,
    as_at: Any,
    contacts: DataFrame | None = None,
    medicines: DataFrame | None = None,
    values: DataFrame | None = None,
    system: str | CodeSystem | None = None,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    strict: bool = False,
    n_partitions: int | None = None,
) -> SparkGrouping:
    """Put each person of a Spark DataFrame into one of the eleven need groups, as it stood at the end of `as_at`.

    The arguments are those of `pngroup.group`, `as_at` also a list of dates; the tables are Spark DataFrames (also of
    Spark Connect), and paths are read on the driver. All rows of a person go to one partition, in which 500,000 rows
    are grouped at a time; the number of partitions is Spark's own choice unless `n_partitions` is given.

    Wrong arguments, missing columns and a format of dates that no value has are errors at once, before any other
    job. What is wrong with single rows ends the job that meets it. `strict` runs the job of `quality()` at once.

    Returns a `SparkGrouping`. Raises as `pngroup.group`, and `UsageError` for tables that are not Spark's.

    An example that runs is in docs/how-to/spark.md.
    """
    tables = {"people": people, "records": records, "contacts": contacts, "medicines": medicines, "values": values}
    check_tables(tables)
    if n_partitions is not None and (type(n_partitions) is not int or n_partitions < 1):
        raise UsageError(
            f"n_partitions is {n_partitions!r}",
            where="argument n_partitions",
            allowed="a whole number from 1, or None for Spark's own choice",
            remedy="leave it out",
        )
    frames = {name: frame for name, frame in tables.items() if frame is not None}
    how: dict[str, Any] = {"as_at": as_at, "system": system, "columns": columns, "date_format": date_format}
    # On tables without rows: every error that names and types can show, and what the result looks like.
    no_rows: dict[str, Any] = {name: Part(empty_table(frame)) for name, frame in frames.items()}
    empty = group_in_memory(
        no_rows.pop("people"), no_rows.pop("records"), **no_rows, **how, model=model, catalogue=catalogue, scheme=scheme
    )
    result = empty.to_frame()
    columns = columns or {}
    first = each(empty)[0]
    refuse_other_ids(frames, columns)
    refuse_unreadable_dates(frames, columns, date_format)

    positions = {name: travelling(name, frame, columns) for name, frame in frames.items()}
    kernel = Kernel(
        labels={name: tuple(frame.columns[at] for at in positions[name]) for name, frame in frames.items()},
        options=pickle.dumps({**how, "model": first.model, "catalogue": first.catalogue, "scheme": first.scheme}),
        software=software(),
    )
    rows = keyed(frames, positions, columns)
    rows = rows.repartition("key") if n_partitions is None else rows.repartition(n_partitions, "key")
    rows = rows.sortWithinPartitions("key")
    grouping = SparkGrouping(
        rows=rows.mapInArrow(kernel.answers, _answer_type(result, first, people)),
        counting=rows.mapInArrow(kernel.counts, "counted string, n bigint"),
        model=first.model,
        catalogue=first.catalogue,
        scheme=first.scheme,
        as_at=tuple(grouping.as_at for grouping in each(empty)),
        fingerprint=first.fingerprint,
        columns=tuple(result.column_names),
        empty=empty,
        strict=strict,
    )
    if strict:
        for day in grouping.as_at:
            refuse_faults(grouping.quality(day).feeds)
    return grouping


def _answer_type(result: Any, empty: Grouping, people: DataFrame) -> Any:
    """The type of a worker's rows: `person_id` and the caller's other columns keep their types."""
    import pyarrow as pa
    from pyspark.sql.types import BooleanType, DateType, LongType, StringType, StructField, StructType

    table = empty.people.table
    others = [people.schema.fields[at].dataType for at in table.keep or ()]
    person = people.schema.fields[people.columns.index(table.label("person_id"))].dataType
    spark = {pa.int64(): LongType(), pa.string(): StringType(), pa.bool_(): BooleanType(), pa.date32(): DateType()}
    computed = list(result.schema)[: len(result.schema) - len(others)]
    ours = [person if column.name == "person_id" else spark[column.type] for column in computed]
    answer = StructType([StructField(f"c{at}", kind) for at, kind in enumerate([*ours, *others])])
    return StructType(
        [StructField("answer", answer), StructField("counted", StringType()), StructField("n", LongType())]
    )
