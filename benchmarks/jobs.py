"""What is timed: each job's name, words, how it is loaded (off the clock) and run (on it)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import answers
import loading
import others
import small
from attrs import frozen
from population import AS_AT, MONTH_ENDS

Form = Callable[[Any], Any]


@frozen
class Job:
    """A job on the rows of `rows`, in words.

    In memory: `load(folder, head)` and then `run(what was loaded)`. A file job has a `command(folder, out)` instead.
    `said` is told the answer (of a file job the path) and says what is kept of it. `share` of the people: one of so
    many.
    """

    words: str
    rows: str = "icd10"
    load: Callable[[Path, bool], Any] | None = None
    run: Callable[[Any], Any] | None = None
    command: Callable[[Path, Path], list[str]] | None = None
    said: Callable[[Any], dict[str, Any]] = answers.nothing
    one_core: bool = False
    medicines: bool = False
    share: int = 1
    #: What the library may not be able to do yet; the table then says so.
    may_be_missing: bool = False


def load_ours(folder: Path, head: bool, *, form: Form, rows: str = "icd10", medicines: bool = False) -> dict[str, Any]:
    """The tables of one `group()`, all in one form."""
    names = {"people": "people", "records": rows} | ({"medicines": "medicines"} if medicines else {})
    return {ours: form(loading.read_arrow(folder, name, head=head)) for ours, name in names.items()} | {"system": rows}


def group(tables: dict[str, Any], *, as_at: Any = AS_AT) -> tuple[Any, Any]:
    """`group()` and its frame: all that comes out."""
    import pngroup

    grouping = pngroup.group(as_at=as_at, **tables)
    return grouping, grouping.to_frame()


def follow(tables: dict[str, Any], *, days: tuple[str, str]) -> tuple[Any, Any]:
    """`spells()` from one day to another, and the groups on the last."""
    import pngroup

    found = pngroup.spells(since=days[0], until=days[1], **tables)
    return found.people.ids.values, found.group[found.is_cut_at_end]


def photograph(tables: dict[str, Any], *, as_at: list[str]) -> tuple[Any, Any]:
    """`snapshots()`, and the groups on the last day."""
    import pngroup

    found = pngroup.snapshots(as_at=as_at, **tables)
    return found.people.ids.values, found.group[-1]


def ours(words: str, form: Form, *, as_at: Any = AS_AT, **more: Any) -> Job:
    """A job of `group()` in memory."""
    tables = {name: more[name] for name in ("rows", "medicines") if name in more}
    load = partial(load_ours, form=form, **tables)
    said = partial(answers.of_grouping, single=isinstance(as_at, str))
    return Job(words, load=load, run=partial(group, as_at=as_at), said=said, **more)


def command(folder: Path, out: Path, *, rows: str = "icd10", medicines: bool = False) -> list[str]:
    """`pngroup group` on the files of a folder."""
    files = {"--people": "people", "--records": rows} | ({"--medicines": "medicines"} if medicines else {})
    given = [word for option, name in files.items() for word in (option, str(folder / f"{name}.parquet"))]
    options = ["--as-at", AS_AT, "--system", rows, "--out", str(out)]
    return [sys.executable, "-m", "pngroup", "group", *given, *options]


def ours_on_files(words: str, **more: Any) -> Job:
    """A job of the command line."""
    said = partial(answers.of_file, with_index=more.get("rows", "icd10") == "icd10")
    return Job(words, command=partial(command, **more), said=said, **more)


GROUPING = {
    "integers-icd10": ours(
        "`group()` from integers: person 0, 1, ..., code as a dictionary, day; one core",
        loading.integers,
        one_core=True,
    ),
    "integers-snomed": ours(
        "`group()` from integers: person 0, 1, ..., SNOMED CT id, day; one core",
        loading.integers,
        rows="snomed",
        one_core=True,
    ),
    "numbers-snomed": ours(
        "`group()` from integers: person by ten digits, SNOMED CT id, day; one core",
        loading.numbers,
        rows="snomed",
        one_core=True,
    ),
    "polars": ours("`group()` from polars, text ids and codes", loading.polars),
    "polars-medicines": ours("the same with medicines", loading.polars, medicines=True),
    "polars-snomed": ours("`group()` from polars, text ids, SNOMED CT ids as integers", loading.polars, rows="snomed"),
    "polars-12-dates": ours(
        "`group()` from polars, text ids and codes, twelve month ends",
        loading.polars,
        as_at=MONTH_ENDS,
        may_be_missing=True,
    ),
    "snapshot": Job(
        "`snapshots()` from polars, one date; arrays, no frame",
        load=partial(load_ours, form=loading.polars),
        run=partial(photograph, as_at=[AS_AT]),
        said=answers.of_groups,
    ),
    "snapshots": Job(
        "the same, twelve month ends",
        load=partial(load_ours, form=loading.polars),
        run=partial(photograph, as_at=MONTH_ENDS),
        said=answers.of_groups,
    ),
    "spells": Job(
        "`spells()` from polars, every day from the first of them to the last; arrays, no frame",
        load=partial(load_ours, form=loading.polars),
        run=partial(follow, days=(MONTH_ENDS[0], AS_AT)),
        said=answers.of_groups,
    ),
    "arrow": ours("`group()` from pyarrow, text ids and codes", lambda table: table),
    "pandas-objects": ours("`group()` from pandas, objects, each cell a text of its own", loading.pandas_objects),
    "pandas-shared-objects": ours(
        "`group()` from pandas, objects, equal cells the same text", loading.pandas_shared_objects
    ),
    "pandas-text": ours("`group()` from pandas, its own kind of text", loading.pandas_text),
    "pandas-categories": ours("`group()` from pandas, categories", loading.pandas_categories),
    "files": ours_on_files("`pngroup group`, Parquet files to a Parquet file"),
    "files-medicines": ours_on_files("the same with medicines", medicines=True),
    "files-snomed": ours_on_files("`pngroup group`, text ids, SNOMED CT ids as integers", rows="snomed"),
}
CHARLSON = {
    "charlson-integers": Job(
        "Charlson by hand in polars from integers: person 0, 1, ..., code as a dictionary; one core",
        load=others.load_integers,
        run=others.polars_from_integers,
        said=answers.of_charlson,
        one_core=True,
    ),
    "charlson-one-core": Job(
        "Charlson by hand in polars, text ids and codes; one core",
        load=others.load_polars,
        run=others.polars,
        said=answers.of_charlson,
        one_core=True,
    ),
    "charlson": Job(
        "Charlson by hand in polars, text ids and codes",
        load=others.load_polars,
        run=others.polars,
        said=answers.of_charlson,
    ),
    "comorbidipy": Job(
        "comorbidipy: Charlson, text ids and codes",
        load=others.load_polars,
        run=others.comorbidipy,
        said=answers.of_comorbidipy,
    ),
    "pycomorb": Job(
        "pycomorb: Charlson, text ids and codes",
        load=others.load_with_age,
        run=others.pycomorb,
        said=answers.of_pycomorb,
    ),
    "hccinfhir": Job(
        "hccinfhir: its HCCs and risk score, not Charlson, from a list of codes a person",
        load=others.load_lists,
        run=others.hccinfhir,
        share=others.FEWER,
    ),
    "files-charlson": Job(
        "Charlson by hand in DuckDB, Parquet files to a Parquet file",
        command=others.duckdb_command,
        said=answers.of_charlson_file,
    ),
    "files-read": Job(
        "reading the columns of those files with pyarrow, nothing done; start-up not counted",
        load=others.load_nothing,
        run=others.read_columns,
    ),
}
#: Small things that do not depend on the number of people.
SMALL = {name: Job(words, load=load, run=run) for name, (words, load, run) in small.JOBS.items()} | {
    name: Job(words, command=partial(small.command, program=program))
    for name, (words, program) in small.PROGRAMS.items()
}
#: Run once at each size, for the agreement alone.
ITEMS = Job(
    "pngroup's own items of Charlson",
    load=partial(load_ours, form=loading.polars),
    run=group,
    said=answers.of_items,
)
JOBS = GROUPING | CHARLSON | SMALL | {"items": ITEMS}
#: What is measured at each size for the picture of growth; of these, the ones that need no table in memory.
GROWTH = ("files", "polars", "charlson", "comorbidipy", "pycomorb", "files-charlson", "files-read")
GROWTH_ON_FILES = ("files", "files-charlson", "files-read")
