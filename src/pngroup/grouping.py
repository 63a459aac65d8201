"""The front door: `group()` puts every person of a table into a need group."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypedDict, Unpack, overload

import numpy as np

from ._version import __version__
from .answering import Inputs, answer_dates
from .catalogue import Catalogue
from .codes import NORMALISER_VERSION, codes_fingerprint
from .dates import read_as_at, to_date
from .errors import UsageError, did_you_mean
from .evidence import Evidence, Meanings, block_bits, gather
from .evidence.view import Measured, nothing_measured
from .intake import (
    REASONS,
    Context,
    Feed,
    People,
    ReadFeed,
    opened_tables,
    read_contacts,
    read_medicines,
    read_people,
    read_records,
    read_values,
)  # fmt: skip
from .model import Model, load_both
from .model.primitives import FEEDS
from .quality import Quality, refuse_faults
from .result import Grouping, Groupings
from .schemes import Scheme, load_scheme
from .vocabulary import CodeSystem

_TABLES: Final = ("people", *FEEDS)
_READERS: Final = {
    "records": read_records, "contacts": read_contacts, "medicines": read_medicines, "values": read_values,
}  # fmt: skip
SAFETY: Final = (
    "For population health management, not for decisions about one patient. A non-user is unknown, not healthy."
)


class Options(TypedDict, total=False):
    """The keyword arguments of `group` beside the index dates, for type checkers."""

    contacts: Any
    medicines: Any
    values: Any
    system: str | CodeSystem | None
    model: str | os.PathLike[str] | Model
    catalogue: str | os.PathLike[str] | Catalogue | None
    scheme: str | os.PathLike[str] | Scheme
    columns: Mapping[str, Mapping[str, str]] | None
    date_format: str | None
    strict: bool
    keep_records: bool


@overload
def group(
    people: Any, records: Any, *, as_at: str | datetime.date | np.datetime64, **options: Unpack[Options]
) -> Grouping: ...


@overload
def group(
    people: Any,
    records: Any,
    *,
    as_at: Sequence[str | datetime.date | np.datetime64] | np.ndarray[Any, Any],
    **options: Unpack[Options],
) -> Groupings: ...


def group(
    people: Any,
    records: Any,
    *,
    as_at: Any,
    contacts: Any = None,
    medicines: Any = None,
    values: Any = None,
    system: str | CodeSystem | None = None,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme = "default",
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    strict: bool = False,
    keep_records: bool = False,
) -> Grouping | Groupings:
    """Put each person into one of the eleven need groups, as it stood at the end of `as_at`.

    `people`: one row a person with `person_id`, `birth_date` (date, `YYYY-MM` or year) or `age`, `sex`, and optionally
    `registered_from`, `registered_to`, `died_on`, `excluded_reason`. `records`: `person_id`, `code`, `date`, and
    `system` unless one `system` is given for all rows; optionally `setting`, `position`, `status`. `contacts`:
    `person_id`, `date`, `setting`. `medicines`: `person_id`, `code`, `system`, `date`. `values`: the same with
    `value` and `unit`. Each is a pandas, polars (eager or lazy) or pyarrow table, anything else narwhals takes, or a
    mapping of arrays; or a path: of a file, of a folder of files, or a pattern such as `"records/*.parquet"` (CSV, TSV
    or Parquet, the ending says which; needs pyarrow, and results are pyarrow tables). Event tables in files are read in
    batches and never held as a whole. `columns` maps our column names to the caller's, a table each:
    `{"people": {"person_id": "nhs_no"}}`. Text dates are ISO unless `date_format` (as for `strptime`) is given.

    `model`, `catalogue` and `scheme` take a name, `name@edition`, a path, or an object. `strict` turns every fault of
    the data that is otherwise counted in `quality` into a `DataError`. `keep_records` keeps what `explain` needs.

    `as_at` is one date, or a list of dates (for which everybody needs a birth date): the tables are read once for all,
    and `strict` judges them at the last.

    Returns a `Grouping`; for a list of dates `Groupings`, which holds one for each, in order, the same as each date
    would give alone. Raises `UsageError` for wrong arguments, `DataError` for data that cannot be used,
    `ModelError` for a wrong model, catalogue or scheme file.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
    >>> group(people, records, as_at="2026-03-31", system="icd10").to_frame()["need_group"].tolist()
    [9, 3]

    Source: the specification of the model is in docs/explanation/model.md, its readings in docs/provenance.md.
    """
    days, is_one = _read_dates(as_at)
    check_columns(columns)
    used_scheme = load_scheme(scheme)
    used_catalogue, used_model = load_both(model, catalogue)
    columns = columns or {}
    if records is None:
        raise UsageError(
            "records is None",
            where="argument records",
            allowed="a table, also an empty one",
            remedy="give the coded records",
        )
    tables = {"records": records, "contacts": contacts, "medicines": medicines, "values": values}
    people, tables = opened_tables(people, tables, columns)
    registry = read_people(people, columns=columns.get("people"), date_format=date_format, one_date=len(days) == 1)
    at = [registry.at(day, short_history_months=used_model.short_history_months) for day in days]
    context = Context(
        people=at[-1],
        catalogue=used_catalogue,
        model=used_model,
        meanings=Meanings(),
        as_at=tuple(days),
        columns=columns,
        date_format=date_format,
        system=system,
        keep=keep_records,
    )
    feeds = {name: _READERS[name](table, context) for name, table in tables.items() if table is not None}
    evidence = _gather(feeds, context)
    fingerprint = fingerprint_of(used_catalogue, used_model, used_scheme)
    then = [
        {name: feed.at(place, day, keep=keep_records) for name, feed in feeds.items()} for place, day in enumerate(days)
    ]
    qualities = [_quality(everybody, found) for everybody, found in zip(at, then, strict=True)]
    if strict:
        # The last date sees every row; that some rows come after an earlier one is no fault of the data.
        refuse_faults(qualities[-1].feeds)
    inputs = [
        Inputs(
            people=everybody,
            evidence=evidence,
            as_at=day,
            feeds=frozenset(feeds),
            medicines=_measured(found, "medicines"),
            values=_measured(found, "values"),
        )
        for day, everybody, found in zip(days, at, then, strict=True)
    ]
    groupings = [
        Grouping(
            model=used_model,
            catalogue=used_catalogue,
            scheme=used_scheme,
            as_at=to_date(asked.as_at),
            people=asked.people,
            inputs=asked,
            answers=answers,
            quality=quality,
            fingerprint=fingerprint,
            manifest=_manifest(
                used_catalogue, used_model, used_scheme, asked.as_at, found, quality, fingerprint, strict
            ),
            kept=found if keep_records else None,
        )
        for asked, answers, quality, found in zip(
            inputs, answer_dates(used_model, inputs), qualities, then, strict=True
        )
    ]
    return groupings[0] if is_one else Groupings(tuple(groupings))


def _read_dates(as_at: Any) -> tuple[list[int], bool]:
    """The index dates as days in order, and whether a single one was given."""
    if isinstance(as_at, str) or not isinstance(as_at, Iterable) or getattr(as_at, "shape", None) == ():
        return [read_as_at(as_at)], True
    days = [read_as_at(each) for each in as_at]
    if not days or len(set(days)) < len(days):
        raise UsageError(
            "as_at names no date" if not days else "as_at names a date twice",
            where="argument as_at",
            allowed="a date, or a list of different dates",
            remedy="give each index date once",
        )
    return sorted(days), False


def _quality(people: People, feeds: Mapping[str, Feed]) -> Quality:
    without = {reason: int((people.reason == i).sum()) for i, reason in enumerate(REASONS)}
    return Quality(
        feeds=(people.quality, *(feed.quality for feed in feeds.values())),
        n_people=people.n_people,
        n_grouped=people.n_people - sum(without.values()),
        n_without_group=without,
    )


def check_columns(columns: object) -> None:
    """Raise `UsageError` unless `columns` maps tables to mappings; names inside are checked with the tables."""
    allowed = ", ".join(_TABLES)
    if columns is None:
        return
    wrong = f"columns is a {type(columns).__name__}" if not isinstance(columns, Mapping) else None
    if wrong is None and isinstance(columns, Mapping):
        for name, mapping in columns.items():
            if name not in _TABLES:
                hint = did_you_mean(str(name), _TABLES)
                wrong = f"columns names a table {name!r}" + (f", {hint}" if hint else "")
            elif not isinstance(mapping, Mapping):
                wrong = f"columns[{name!r}] is a {type(mapping).__name__}"
    if wrong is not None:
        raise UsageError(
            wrong,
            where="argument columns",
            allowed=f"a mapping of tables ({allowed}) to mappings of our column names to yours",
            remedy="write it as {'people': {'person_id': 'nhs_no'}}",
        )


def _gather(feeds: Mapping[str, ReadFeed], context: Context) -> Evidence:
    return gather(
        chain.from_iterable(feed.reader.facts() for feed in feeds.values()),
        context.meanings,
        context.people.n_people,
        block_bits(len(context.as_at)),
    )


def _measured(feeds: Mapping[str, Feed], name: str) -> Measured:
    table = feeds[name].measured if name in feeds else None
    return nothing_measured() if table is None else table


def fingerprint_of(catalogue: Catalogue, model: Model, scheme: Scheme) -> str:
    """A hash over everything that can change an answer: catalogue, model, scheme, and the way codes are read."""
    parts = (
        catalogue.fingerprint,
        model.fingerprint,
        scheme.fingerprint,
        f"normaliser {NORMALISER_VERSION}",
        codes_fingerprint(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _manifest(
    catalogue: Catalogue,
    model: Model,
    scheme: Scheme,
    day: int,
    feeds: Mapping[str, Feed],
    quality: Quality,
    fingerprint: str,
    strict: bool,
) -> dict[str, Any]:
    return {
        "library": f"pngroup {__version__}",
        "as_at": to_date(day).isoformat(),
        "model": f"{model.name}@{model.edition}",
        "catalogue": f"{catalogue.name}@{catalogue.edition}",
        "catalogue_fingerprint": catalogue.fingerprint,
        "scheme": f"{scheme.name}@{scheme.edition}",
        "normaliser": NORMALISER_VERSION,
        "fingerprint": fingerprint,
        "feeds": {name: name in feeds for name in FEEDS},
        "n_rows": {feed.name: feed.n_rows for feed in quality.feeds},
        "n_used": {feed.name: feed.n_used for feed in quality.feeds},
        "strict": strict,
        "safety": SAFETY,
    }
