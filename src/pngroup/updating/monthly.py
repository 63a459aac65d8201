"""The front door of monthly running: `begin_updates()` makes a first state, `update()` takes it on by a month."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from ..catalogue import Catalogue
from ..dates import read_as_at, to_date
from ..errors import DataError, UsageError, did_you_mean
from ..files.formats import arrow
from ..frames import Stream, Table, open_table
from ..model import Model
from ..result import Grouping
from ..schemes import Scheme
from ..vocabulary import CodeSystem
from .answers import Names, answer_of
from .attributing import group_tables
from .columns import COLUMNS, PERSON_ID, RECORD_ID, held_columns, kind_of_ids, with_kind_of_ids
from .comparing import compare
from .guarding import Guard
from .leaving import people_gone, without_rows_of
from .making import made_update
from .reading import Given, Reading, read_change_words, read_given
from .restating import RowCounts, refuse_row_faults, restate
from .result import Update
from .reviewing import read_reviews
from .settings import REVIEWS, choose, options_of, read_labels, refuse_other_choices, tables_not_needed
from .settling import Settle
from .state import GONE, State, read_state


def begin_updates(
    people: Any,
    records: Any,
    *,
    as_at: Any,
    contacts: Any = None,
    medicines: Any = None,
    values: Any = None,
    practice_column: str | None = None,
    reviews: Any = None,
    settle: int | Settle = 0,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
    system: str | CodeSystem | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    strict: bool = False,
) -> Update:
    """The first of monthly runs: whole tables in, an `Update` out whose `.write(folder)` makes the state.

    Tables and options are those of `group()`; tables of events may have a column `record_id`, text or whole numbers,
    that names each row for later changes. `practice_column` is the column of people that holds the practice. People
    need birth dates, since an age is that of one day. The state keeps the rows as they were given, of people our own
    columns and the practice alone. `changed` lists everybody with a group, as new.

    Needs pyarrow (`MissingExtraError`). Raises what `group()` raises, and `DataError` for a record_id whose rows say
    different things.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"record_id": [1, 2], "person_id": ["a", "b"], "code": ["I10", "J06.9"], "date": ["2025-01-10"] * 2}
    >>> begin_updates(people, records, as_at="2026-03-31", system="icd10").counts.n_with_group
    2
    """
    tables = {"people": people, "records": records, "contacts": contacts, "medicines": medicines, "values": values}
    given = {name: table for name, table in tables.items() if table is not None}
    for name in ("people", "records"):
        if name not in given:
            raise UsageError(
                f"{name} is None", where=f"argument {name}", allowed="a table, also an empty one",
                remedy="begin with all tables whole",
            )  # fmt: skip
    return _run(
        given, None, None, as_at=as_at, full=tuple(given), practice_column=practice_column, reviews=reviews,
        settle=settle, guard=Guard(), model=model, catalogue=catalogue, scheme=scheme, system=system, columns=columns,
        date_format=date_format, change_words=None, strict=strict,
    )  # fmt: skip


def update(
    state: str | os.PathLike[str],
    *,
    as_at: Any,
    people: Any = None,
    records: Any = None,
    contacts: Any = None,
    medicines: Any = None,
    values: Any = None,
    full: str | Collection[str] = (),
    practice_column: str | None = None,
    reviews: Any = None,
    settle: int | Settle | None = None,
    guard: Guard | None = None,
    model: str | os.PathLike[str] | Model | None = None,
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
    system: str | CodeSystem | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    change_words: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Update:
    """Last month's state and this month's changes: the answer of a full run on all rows as they stand now.

    `state`: the folder that `Update.write` has written. Each table has a column `change` (`new`, `changed`, `deleted`,
    or a usual word for these; `change_words` maps others to them), or is named in `full` and then takes the place of
    the table in the state; a table that is not given stays as it is. A `changed` row needs its `record_id`. A `deleted`
    row is found by its `record_id`, or where it has none by its content among the rows without one, of which one goes.
    Of people the `person_id` is the id of the row. `columns` maps `change` and `record_id` too, and the columns of
    `reviews`; of a table that is not given and stays as it is they are not needed, which is counted.

    `model`, `catalogue`, `scheme`, `practice_column` and `settle` are those of last month unless others are named:
    another edition is said to be one in `because`. A model with choices (`load_model(..., order=...)`) is given each
    month. `reviews`: the reviews that hold now, in full; `settle`: hold a new
    group back for so many months (0: no more); `guard`: how much may change. Under `strict` changes that do not fit the
    state are a `DataError`, with every other fault that `group(strict=True)` refuses.

    Nothing is written: `Update.write()` does that, and the guard stops it. Raises `UsageError` for a folder without
    state, an `as_at` before that of the state, another model than its own, and tables of which it is not known whether
    they are whole; `DataError` for a damaged state, unknown words of change and changed rows without id; and what
    `group()` raises.

    >>> import tempfile
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"record_id": [1, 2], "person_id": ["a", "b"], "code": ["I10", "J06.9"], "date": ["2025-01-10"] * 2}
    >>> more = {"change": ["new"], "record_id": [3], "person_id": ["a"], "code": ["I50.0"], "date": ["2026-04-02"]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = begin_updates(people, records, as_at="2026-03-31", system="icd10").write(folder)
    ...     april = update(folder, as_at="2026-04-30", records=more, system="icd10")
    >>> april.changed["previous_need_group"].tolist(), april.changed["need_group"].tolist()
    ([4], [9])
    >>> april.changed["because"].tolist(), [str(each) for each in april.refused][:1]
    (['records'], ['1 of 2 people (50.0 %, at most 5.0 %) would change'])
    """
    if not isinstance(state, str | os.PathLike):
        raise UsageError(
            f"state is a {type(state).__name__}", where="argument state", allowed="the path of a folder",
            remedy="name the folder that Update.write has written",
        )  # fmt: skip
    tables = {"people": people, "records": records, "contacts": contacts, "medicines": medicines, "values": values}
    given = {name: table for name, table in tables.items() if table is not None}
    whole = (full,) if isinstance(full, str) else tuple(full)
    for name in whole:
        if name not in given:
            raise UsageError(
                f"full names {name!r}, which is not given",
                where="argument full",
                allowed=", ".join(given) or "no table is given",
                remedy=did_you_mean(name, given) or "give the table, or leave it out of full",
            )
    folder = Path(state)
    return _run(
        given, read_state(folder), folder, as_at=as_at, full=whole, practice_column=practice_column, reviews=reviews,
        settle=settle, guard=guard or Guard(), model=model, catalogue=catalogue, scheme=scheme, system=system,
        columns=columns, date_format=date_format, change_words=change_words, strict=strict,
    )  # fmt: skip


def _run(
    given: Mapping[str, Any],
    last: State | None,
    folder: Path | None,
    *,
    as_at: Any,
    full: tuple[str, ...],
    practice_column: str | None,
    reviews: Any,
    settle: int | Settle | None,
    guard: Guard,
    model: Any,
    catalogue: Any,
    scheme: Any,
    system: str | CodeSystem | None,
    columns: Mapping[str, Mapping[str, str]] | None,
    date_format: str | None,
    change_words: Mapping[str, str] | None,
    strict: bool,
) -> Update:
    arrow()
    day = read_as_at(as_at)
    _refuse_earlier(day, last)
    refuse_other_choices(last.manifest if last else None, model)
    settings = choose(last.settings if last else None, model, catalogue, scheme, practice_column, settle)
    labels = read_labels(columns)
    not_needed = tables_not_needed(labels, given if reviews is None else {**given, REVIEWS: reviews}, last)
    reading = Reading(labels, date_format, system, settings.practice_column, read_change_words(change_words))
    tables, rows, nearly = _restated(given, last, full, reading)
    if last is not None:
        kind = tables["people"].schema.field(PERSON_ID).type
        last = evolve(last, tables={name: with_kind_of_ids(table, kind) for name, table in last.tables.items()})
    if strict:
        refuse_row_faults(list(rows.items()))
        _refuse_nearly(nearly)
    options = options_of(settings, model, catalogue, scheme)
    gone = people_gone(last, tables)
    known, rows_of_gone = without_rows_of(gone, tables)
    # What strict refuses is rows of nobody ever known; of who is gone they stay until the feed deletes them.
    grouping: Grouping = group_tables(known if strict else tables, to_date(day), strict=strict, **options)
    now = answer_of(grouping)
    _refuse_other_model(grouping, now.names, last)
    if settings.scheme is None and not grouping.model.group_names:
        # Of this edition from now on, whatever a later version of the library has by default.
        settings = evolve(settings, scheme=f"{grouping.scheme.name}@{grouping.scheme.edition}")
    found = None
    if reviews is not None:
        found = read_reviews(
            reviews, now, day, grouping.model.groups, columns=labels.get(REVIEWS), date_format=date_format
        )
    kept = tables if gone is None else {**tables, GONE: arrow().table({PERSON_ID: gone})}
    return made_update(
        compare(now, grouping, kept, last, settings, day),
        settings=settings,
        guard=guard,
        rows=rows,
        nearly=nearly,
        not_needed=not_needed,
        rows_of_gone=rows_of_gone,
        reviews=found,
        like=_like(given, labels),
        folder=folder,
    )


def _restated(
    given: Mapping[str, Any], last: State | None, full: tuple[str, ...], reading: Reading
) -> tuple[dict[str, Any], dict[str, RowCounts], dict[str, tuple[str, ...]]]:
    """The tables as they stand now, what became of the rows given, and columns that were not read."""
    tables = {name: table for name, table in last.tables.items() if name in COLUMNS} if last else {}
    rows: dict[str, RowCounts] = {}
    nearly: dict[str, tuple[str, ...]] = {}
    read: dict[str, Given] = {}
    id_type = kind_of_ids(tables.values())
    for name in COLUMNS:
        if name in given:
            held = held_columns(tables.get(name))
            read[name] = read_given(given[name], name, reading, whole=name in full, id_type=id_type, held=held)
            id_type = id_type or kind_of_ids([read[name].rows])
    # A table in which there is no id yet takes the kind of the others.
    tables = {name: with_kind_of_ids(table, id_type) for name, table in tables.items()}
    for name, table in read.items():
        tables[name], rows[name] = restate(tables.get(name), evolve(table, rows=with_kind_of_ids(table.rows, id_type)))
        if table.columns_not_read:
            nearly[name] = table.columns_not_read
    return tables, rows, nearly


def _refuse_earlier(day: int, last: State | None) -> None:
    if last is not None and day < read_as_at(last.as_at):
        raise UsageError(
            f"as_at {to_date(day).isoformat()} is before that of the state",
            where="argument as_at",
            allowed=f"{last.as_at} or later",
            remedy="give the new index date, or take the state of an earlier month",
        )


def _refuse_nearly(nearly: Mapping[str, tuple[str, ...]]) -> None:
    for name, labels in nearly.items():
        raise DataError(
            f"strict was asked for, and {name} has columns called almost as ours: {', '.join(labels)}",
            where=name,
            allowed="our names, or yours by columns=",
            remedy="rename these columns, or name them with columns=",
        )


def _refuse_other_model(grouping: Grouping, names: Names, last: State | None) -> None:
    if last is None:
        return
    before = last.model.partition("@")[0]
    if before != grouping.model.name or names.group not in last.tables["result"].column_names:
        raise UsageError(
            f"the state is of the model {before!r}, and {grouping.model.name!r} is asked for",
            where="argument model",
            allowed=f"editions of {before!r}",
            remedy="keep a state of its own for each model",
        )


def _like(given: Mapping[str, Any], columns: Mapping[str, Mapping[str, str]]) -> Table:
    """The first table that was given in memory, so that results are of its library; without one a pyarrow table."""
    for name, native in given.items():
        if not isinstance(native, str | os.PathLike | Stream):
            ids = (PERSON_ID, RECORD_ID)
            labels = {ours: theirs for ours, theirs in columns.get(name, {}).items() if ours in ids}
            # Of a lazy table nothing is read but an id, which each has.
            return open_table(native, name=name, required=(), optional=ids, columns=labels, pass_through=False)
    return open_table(arrow().table({}), name="records", required=(), pass_through=False)
