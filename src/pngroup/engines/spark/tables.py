"""The caller's Spark tables: what is in them by their types alone, and all of them as one, keyed by person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ...errors import UsageError
from ...frames import encode_ids, match_ids, open_table
from ...intake import EVENT_COLUMNS
from ...model.primitives import FEEDS

#: Spark's DataFrame, or that of Spark Connect; no type of pyspark is needed to import this module.
DataFrame: TypeAlias = Any


def check_tables(tables: Mapping[str, object]) -> None:
    """Raise `UsageError` for a table that is not a Spark DataFrame; people and records must be given."""
    for name, table in tables.items():
        if table is None and name not in ("people", "records"):
            continue
        if not any(
            each.__name__ == "DataFrame" and each.__module__.startswith("pyspark.") for each in type(table).__mro__
        ):
            raise UsageError(
                f"{name} is {'None' if table is None else f'a {type(table).__name__}'} and not a Spark DataFrame",
                where=f"argument {name}",
                allowed="a DataFrame of Spark or Spark Connect",
                remedy="use pngroup.group() for tables of other libraries" if table is not None else "give the table",
            )


def empty_table(frame: DataFrame) -> Any:
    """An Arrow table without rows that has the columns of a Spark table, as far as their kinds matter to us."""
    import pyarrow as pa

    fields = [(each.name, arrow_type(each.dataType)) for each in frame.schema.fields]
    return pa.Table.from_arrays([pa.array([], kind) for _, kind in fields], names=[name for name, _ in fields])


def arrow_type(kind: Any) -> Any:
    """The Arrow type of a Spark type; nested and rare types only by what they are to us."""
    import pyarrow as pa

    simple = {
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "timestamp_ntz": pa.timestamp("us"),
        "void": pa.null(),
    }
    name = kind.simpleString()
    if name in simple:
        return simple[name]
    if name.startswith("decimal"):
        return pa.decimal128(kind.precision, kind.scale)
    if name.startswith(("array", "map", "struct")):
        return pa.list_(pa.null())
    return pa.string() if is_text(kind) else pa.binary()


def refuse_other_ids(frames: Mapping[str, DataFrame], columns: Mapping[str, Mapping[str, str]]) -> None:
    """Raise `DataError` where ids are text in one table and numbers in another.

    A partition may hold rows of one of the two alone, and could not tell.
    """
    import pyarrow as pa

    found = {}
    for name, frame in frames.items():
        label = id_label(name, columns)
        kind = empty_table(frame).schema.field(label).type
        value = pa.nulls(1) if pa.types.is_null(kind) else pa.array([0]).cast(kind)
        one = pa.table({label: value})
        table = open_table(one, name=name, required=("person_id",), columns={"person_id": label})
        found[name] = encode_ids(table)
    for name in FEEDS:
        if name in found:
            match_ids(found["people"], found[name])


def id_label(table: str, columns: Mapping[str, Mapping[str, str]]) -> str:
    """The caller's name of person_id in a table."""
    return columns.get(table, {}).get("person_id", "person_id")


def travelling(name: str, frame: DataFrame, columns: Mapping[str, Mapping[str, str]]) -> list[int]:
    """Positions of the columns of a table that go to the workers: all of people, of the others what we may read."""
    wanted = {*EVENT_COLUMNS.get(name, ()), *columns.get(name, {}).values()}
    return [at for at, label in enumerate(frame.columns) if name == "people" or label in wanted]


def keyed(
    frames: Mapping[str, DataFrame],
    positions: Mapping[str, list[int]],
    columns: Mapping[str, Mapping[str, str]],
) -> DataFrame:
    """All tables as one: `key`, a hash of the person, and a column of records a table, of which one is filled a row.

    Rows without person are evidence of nobody and only counted: they are spread by what else stands in them, because
    together they could be more than one worker can hold.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import StructField, StructType

    numbered, kinds = {}, {}
    for name, frame in frames.items():
        # By position: names may repeat, differ in case alone, or hold dots.
        numbered[name] = frame.toDF(*(f"c{at}" for at in range(len(frame.columns))))
        fields = [frame.schema.fields[at] for at in positions[name]]
        kinds[name] = StructType([StructField(f"c{at}", each.dataType) for at, each in enumerate(fields)])
    parts = []
    for name, frame in frames.items():
        at_id = frame.columns.index(id_label(name, columns))
        key = _key(
            frame.schema.fields[at_id],
            f"c{at_id}",
            [] if name == "people" else [f"c{at}" for at in positions[name] if at != at_id],
        )
        filled = F.struct(*(F.col(f"c{at}").alias(f"c{place}") for place, at in enumerate(positions[name])))
        others = {other: F.lit(None).cast(kind) for other, kind in kinds.items() if other != name}
        parts.append(
            numbered[name].select(
                key.alias("key"), *((filled if each == name else others[each]).alias(each) for each in frames)
            )
        )
    rows = parts[0]
    for part in parts[1:]:
        rows = rows.union(part)
    return rows


def _key(field: Any, column: str, others: list[str]) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    if is_text(field.dataType):
        person = F.col(column)
        is_missing = person.isNull() | (F.trim(person) == "")
    else:
        # One number has one hash, whatever the width of its type in each table.
        person = F.expr(f"try_cast({column} as bigint)")
        is_missing = person.isNull()
    spread = F.xxhash64(*others) if others else F.lit(0).cast("bigint")
    return F.when(is_missing, spread).otherwise(F.xxhash64(person))


def is_text(kind: Any) -> bool:
    """Whether a Spark type is text."""
    return bool(kind.simpleString().startswith(("string", "char", "varchar")))
