"""The four event tables: records, contacts, medicines and values, each to facts and a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..catalogue import Catalogue
from ..codes import RecordStatus, read_setting, read_status, read_system
from ..evidence import Meanings, pack
from ..evidence.view import Measured
from ..frames import Table, open_table
from ..model.definition import Model
from ..model.primitives import ANY_CONTACT, ANY_MEDICINE, ANY_RECORD, CONTACT_PREFIX, ICD10_RECORD
from ..quality import FeedQuality
from ..vocabulary import CodeSystem
from .codes import CodedRows, Pair, read_codes, report_codes
from .people import People
from .rows import Bools, Rows

Ints: TypeAlias = npt.NDArray[np.int64]

_ICD10: Final = frozenset({CodeSystem.ICD10, CodeSystem.ICD10CM})
_WITHOUT_MEDICINES: Final = frozenset({*_ICD10, CodeSystem.ICD9CM, CodeSystem.OPCS4})
_FITTING: Final = {
    "medicines": frozenset({CodeSystem.BNF, CodeSystem.DMD, CodeSystem.ATC, CodeSystem.SNOMED}),
    "values": frozenset({CodeSystem.SNOMED}),
}
#: Characters of a BNF code that name the chemical substance; shorter codes are taken whole.
_BNF_SUBSTANCE: Final = 9


@frozen
class Context:
    """What every feed is read with."""

    people: People = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    model: Model = field(repr=False)
    meanings: Meanings = field(repr=False)
    used: frozenset[str] = field(repr=False)
    as_at: int
    columns: Mapping[str, Mapping[str, str]]
    date_format: str | None
    system: str | CodeSystem | None


@frozen
class Feed:
    """A table as read: its facts, its report, and the rows behind them (`person`, `pair`, `day` of used rows)."""

    name: str
    facts: Ints = field(eq=False, repr=False)
    quality: FeedQuality = field(repr=False)
    person: Ints = field(eq=False, repr=False)
    pair: npt.NDArray[np.int32] = field(eq=False, repr=False)
    day: npt.NDArray[np.int32] = field(eq=False, repr=False)
    pairs: tuple[Pair, ...] = field(repr=False)
    meanings_of_pairs: tuple[frozenset[str], ...] = field(repr=False)
    measured: Measured | None = field(default=None, repr=False)


def read_records(native: object, context: Context) -> Feed:
    """Coded records to facts."""
    rows, coded = _open_coded(native, "records", context, optional=("system", "setting", "position", "status"))
    rows.judge_dates(as_at=context.as_at, date_format=context.date_format)
    _note_unknown_words(rows, "status", read_status)
    _note_unknown_words(rows, "setting", read_setting)
    administrative = np.array([_is_administrative(pair, context) for pair in coded.pairs], bool)
    if len(coded.pairs):
        rows.note("administrative", int(administrative[coded.index[rows.used]].sum()))
    meanings = tuple(_record_meaning(pair, context) for pair in coded.pairs)
    return _feed(rows, coded, meanings, context)


def read_medicines(native: object, context: Context) -> Feed:
    """Medicines to facts of their classes, and to the table of different medicines."""
    rows, coded = _open_coded(native, "medicines", context, optional=("system", "status"))
    rows.judge_dates(as_at=context.as_at, date_format=context.date_format)
    _note_unknown_words(rows, "status", read_status)
    foreign = np.array([_is_no_medicine(pair, context) for pair in coded.pairs], bool)
    if len(coded.pairs):
        rows.note("not_a_medicine", int(foreign[coded.index[rows.used]].sum()))
    meanings = tuple(
        frozenset({ANY_MEDICINE, *(c for c in _conditions(pair, context) if context.model.kinds.get(c) == "medicine")})
        if pair.code is not None and not is_foreign
        else frozenset[str]()
        for pair, is_foreign in zip(coded.pairs, foreign, strict=True)
    )
    feed = _feed(rows, coded, meanings, context)
    names: dict[str, int] = {}
    what = np.array([names.setdefault(_medicine(pair), len(names)) for pair in coded.pairs], np.int64)
    return _with_measured(
        feed, tuple(names), what[feed.pair] if len(what) else feed.person, np.zeros(len(feed.day), np.int64)
    )


def read_contacts(native: object, context: Context) -> Feed:
    """Contacts to facts: any contact, and contact in a setting."""
    table = open_table(
        native,
        name="contacts",
        required=("person_id", "date"),
        optional=("setting",),
        columns=context.columns.get("contacts"),
        pass_through=False,
    )
    rows = Rows(table, context.people)
    rows.judge_dates(as_at=context.as_at, date_format=context.date_format)
    if table.has("setting"):
        encoded = table.encode("setting")
        settings = [read_setting(value) for value in encoded.values.tolist()]
        index = np.where(encoded.index < 0, len(settings), encoded.index).astype(np.int32)
        unknown = np.array([*(setting is None for setting in settings), False])
        rows.note("setting_unknown", int(unknown[index[rows.used]].sum()))
    else:
        settings, index = [], np.zeros(table.n_rows, np.int32)
    meanings = tuple(
        frozenset({ANY_CONTACT} | ({CONTACT_PREFIX + setting.value} if setting is not None else set()))
        for setting in [*settings, None]
    )
    pairs = tuple(Pair(None, setting.value if setting is not None else None) for setting in [*settings, None])
    return _feed(rows, CodedRows(pairs, index), meanings, context, is_coded=False)


def read_values(native: object, context: Context) -> Feed:
    """Numeric values of conditions of kind `value`; range and units are checked against the model."""
    rows, coded = _open_coded(native, "values", context, optional=("system", "unit", "status"), required=("value",))
    conditions = [
        next((c for c in sorted(_conditions(pair, context)) if c in context.model.values), None) for pair in coded.pairs
    ]
    names = tuple(sorted({c for c in conditions if c is not None}))
    what = (
        np.array([names.index(c) if c is not None else -1 for c in conditions], np.int64)[coded.index]
        if coded.pairs
        else np.zeros(0, np.int64)
    )
    rows.drop(what < 0, "value_of_nothing")
    numbers = rows.table.numbers("value")
    rows.drop(numbers.absent, "value_missing")
    amount = np.where(numbers.absent, 0, numbers.number)
    for place, name in enumerate(names):
        allowed, here = context.model.values[name], what == place
        # With decimals a value is rounded to the last of them; without, only whole numbers are believed.
        whole = np.rint(amount * 10**allowed.decimals)
        wrong = (amount < allowed.least) | (amount > allowed.most) | ((not allowed.decimals) & (amount != whole))
        rows.drop(here & (wrong | ~_unit_is_allowed(rows, allowed.units)), "value_out_of_range")
        amount = np.where(here, whole, amount)
    rows.judge_dates(as_at=context.as_at, date_format=context.date_format)
    _note_unknown_words(rows, "status", read_status)
    meanings = tuple(frozenset({c}) if c is not None else frozenset[str]() for c in conditions)
    feed = _feed(rows, coded, meanings, context)
    used = rows.used
    return _with_measured(feed, names, what[used], amount[used].astype(np.int64))


def _open_coded(
    native: object, name: str, context: Context, *, optional: tuple[str, ...], required: tuple[str, ...] = ()
) -> tuple[Rows, CodedRows]:
    table = open_table(
        native,
        name=name,
        required=("person_id", "code", "date", *required),
        optional=optional,
        columns=context.columns.get(name),
        pass_through=False,
    )
    rows = Rows(table, context.people)
    # Before the codes: a row that says of itself that it does not count has no other fault.
    _judge_status(rows)
    return rows, read_codes(rows, _system_for(table, context))


def _system_for(table: Table, context: Context) -> str | CodeSystem | None:
    """The one system for all rows is meant for records; the other tables take it where it fits them."""
    if table.name == "records":
        return context.system
    fits = not table.has("system") and read_system(context.system) in _FITTING[table.name]
    return context.system if fits else None


def _feed(
    rows: Rows,
    coded: CodedRows,
    meanings: tuple[frozenset[str], ...],
    context: Context,
    *,
    is_coded: bool = True,
) -> Feed:
    used = rows.used
    person, pair, day = rows.person[used], coded.index[used], rows.day[used]
    number = np.array([context.meanings.number(meaning & context.used) for meaning in meanings], np.int64)
    row_meaning = number[pair] if len(number) else np.zeros(0, np.int64)
    is_fact = row_meaning >= 0
    # A code that only scores know (the filler R69 is an item of the HFRS) is evidence of no condition.
    conditions = context.catalogue.conditions.keys()
    codes = (
        report_codes(rows, coded, [not meaning.isdisjoint(conditions) for meaning in meanings])
        if is_coded
        else {"n_mapped": {}, "n_unmapped": {}, "unreadable": {}}
    )
    quality = FeedQuality(
        name=rows.table.name,
        n_rows=rows.table.n_rows,
        n_used=int(used.sum()),
        not_used=rows.counts(),
        notes=dict(rows.notes),
        columns_not_read=tuple(
            name for name in rows.table.nearly if name.casefold() != "system" or context.system is None
        ),
        **codes,
    )
    return Feed(
        name=rows.table.name,
        facts=pack(person[is_fact], row_meaning[is_fact], day[is_fact]),
        quality=quality,
        person=person,
        pair=pair,
        day=day,
        pairs=coded.pairs,
        meanings_of_pairs=meanings,
    )


def _with_measured(feed: Feed, names: tuple[str, ...], what: Ints, amount: Ints) -> Feed:
    order = np.lexsort((feed.day, feed.person))
    measured = Measured(names, feed.person[order], what[order], feed.day[order].astype(np.int64), amount[order])
    return evolve(feed, measured=measured)


def _conditions(pair: Pair, context: Context) -> frozenset[str]:
    if pair.code is None or pair.system is None:
        return frozenset()
    return context.catalogue.meaning(pair.code, pair.system)


def _record_meaning(pair: Pair, context: Context) -> frozenset[str]:
    if pair.code is None:
        return frozenset()
    meaning = set(_conditions(pair, context))
    if not _is_administrative(pair, context):
        meaning.add(ANY_RECORD)
    if pair.system in _ICD10:
        meaning.add(ICD10_RECORD)
    return frozenset(meaning)


def _is_administrative(pair: Pair, context: Context) -> bool:
    return pair.system is not None and pair.code in context.model.administrative.get(pair.system, frozenset())


def _is_no_medicine(pair: Pair, context: Context) -> bool:
    """Whether a code of the medicines table belongs to a system without medicines, or means a condition."""
    if pair.code is None:
        return False
    if pair.system in _WITHOUT_MEDICINES:
        return True
    return any(context.model.kinds.get(c) not in ("medicine", None) for c in _conditions(pair, context))


def _medicine(pair: Pair) -> str:
    if pair.system is CodeSystem.BNF and pair.code is not None:
        return f"bnf {pair.code[:_BNF_SUBSTANCE]}"
    return f"{pair.system} {pair.code}"


def _judge_status(rows: Rows) -> None:
    if not rows.table.has("status"):
        return
    encoded = rows.table.encode("status")
    words = [read_status(value) for value in encoded.values.tolist()]
    index = np.where(encoded.index < 0, len(words), encoded.index)
    for status in RecordStatus:
        if status is not RecordStatus.COUNTS:
            rows.drop(np.array([*(word is status for word in words), False])[index], status.value)


def _note_unknown_words(rows: Rows, column: str, read_word: Callable[[object], object | None]) -> None:
    if not rows.table.has(column):
        return
    encoded = rows.table.encode(column)
    unknown: Bools = np.array([*(read_word(value) is None for value in encoded.values.tolist()), False])
    rows.note(f"{column}_unknown", int(unknown[encoded.index[rows.used]].sum()))


def _unit_is_allowed(rows: Rows, units: tuple[str, ...]) -> Bools:
    if not rows.table.has("unit"):
        return np.ones(rows.table.n_rows, bool)
    encoded = rows.table.encode("unit")
    allowed = [str(value).strip().lower() in units for value in encoded.values.tolist()]
    return np.array([*allowed, True])[encoded.index]
