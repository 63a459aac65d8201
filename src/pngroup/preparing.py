"""What `group()` and its like share: arguments checked, tables read, evidence gathered, before any model is asked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final, TypedDict

from attrs import field, frozen

from .answering import Inputs
from .catalogue import Catalogue
from .codes import NORMALISER_VERSION, codes_fingerprint
from .dates import read_as_at
from .errors import UsageError, did_you_mean
from .evidence import Evidence, Meanings, block_bits, gather
from .evidence.view import Measured, nothing_measured
from .intake import (
    REASONS,
    Context,
    Feed,
    People,
    ReadFeed,
    Registry,
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
from .schemes import Scheme, load_scheme, own_names
from .vocabulary import CodeSystem

_TABLES: Final = ("people", *FEEDS)
_READERS: Final = {
    "records": read_records, "contacts": read_contacts, "medicines": read_medicines, "values": read_values,
}  # fmt: skip


class Options(TypedDict, total=False):
    """The keyword arguments of `group` beside the index dates, for type checkers."""

    contacts: Any
    medicines: Any
    values: Any
    system: str | CodeSystem | None
    model: str | os.PathLike[str] | Model
    catalogue: str | os.PathLike[str] | Catalogue | None
    scheme: str | os.PathLike[str] | Scheme | None
    columns: Mapping[str, Mapping[str, str]] | None
    date_format: str | None
    strict: bool
    keep_records: bool


@frozen
class Prepared:
    """Tables as read for some index dates: what a model is asked (`inputs`, one a date), and what was used of them.

    `registry`: the people of any date; `days` are day numbers in order; `is_one`: a single date was given, not a list
    of them; `feeds`: each table as it is at each date, by name.
    """

    model: Model = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    scheme: Scheme = field(repr=False)
    days: tuple[int, ...]
    is_one: bool
    registry: Registry = field(repr=False)
    inputs: tuple[Inputs, ...] = field(repr=False)
    feeds: tuple[Mapping[str, Feed], ...] = field(repr=False)
    qualities: tuple[Quality, ...] = field(repr=False)
    fingerprint: str


def prepare(
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
    scheme: str | os.PathLike[str] | Scheme | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    strict: bool = False,
    keep_records: bool = False,
    every_day: bool = False,
) -> Prepared:
    """The arguments of `group()`, checked and read. With `every_day` evidence holds every day of every record.

    Otherwise it leaves out days that no answer at these index dates can depend on. Raises as `group()`.
    """
    days, is_one = _read_dates(as_at)
    check_columns(columns)
    used_catalogue, used_model = load_both(model, catalogue)
    used_scheme = scheme_for(used_model, scheme)
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
        every_day=every_day,
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
    return Prepared(
        model=used_model,
        catalogue=used_catalogue,
        scheme=used_scheme,
        days=tuple(days),
        is_one=is_one,
        registry=registry,
        inputs=tuple(inputs),
        feeds=tuple(then),
        qualities=tuple(qualities),
        fingerprint=fingerprint,
    )


def scheme_for(model: Model, scheme: str | os.PathLike[str] | Scheme | None) -> Scheme:
    """The scheme that names a model's groups: the one given, the default one, or the model's own names.

    Raises `UsageError` where one is given for a model that names its groups itself.
    """
    if not model.group_names:
        return load_scheme("default" if scheme is None else scheme)
    own = own_names(model.name, model.edition, model.group_names)
    if scheme is not None and scheme != own:
        raise UsageError(
            "a scheme is given for a model that names its own groups",
            where="argument scheme",
            allowed="no scheme with this model",
            remedy="leave it out",
        )
    return own


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
