"""The four event tables: records, contacts, medicines and values, each to facts and a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..catalogue import Catalogue
from ..codes import read_position, read_setting, read_status, read_system
from ..errors import DataError
from ..evidence import Meanings
from ..frames import Table, UnlikePartsError, open_table
from ..model.definition import Model
from ..model.primitives import ANY_MEDICINE, ANY_RECORD, ICD10_RECORD
from ..model.registers import base_of
from ..vocabulary import CodeSystem, Setting
from .codes import CODE_FAULTS, Pair, Pairs, refuse_mangled
from .columns import required_and_optional
from .date_check import DateCheck
from .meanings import (
    contact_meaning,
    is_administrative,
    is_no_medicine,
    medicine_meaning,
    medicine_of,
    record_meaning,
    value_condition,
)
from .people import People
from .reading import Reader
from .result import ReadFeed
from .rows import REASON_WORDS, USED, Bounds, Ints, Piece, Reasons, whose
from .variants import Variants
from .words import status_reasons, unknown_words, value_reasons

Meaning: TypeAlias = frozenset[str]

#: The systems that one system for all rows can be in tables other than records.
_FITTING: Final = {
    "medicines": frozenset({CodeSystem.BNF, CodeSystem.DMD, CodeSystem.ATC, CodeSystem.SNOMED}),
    "values": frozenset({CodeSystem.SNOMED}),
}
#: What whole tables are evidence of; nothing else is made of so many rows.
_OF_WHOLE_TABLES: Final = frozenset({ANY_RECORD, ICD10_RECORD, ANY_MEDICINE})
_NO_FAULT: Final = (USED, *(REASON_WORDS.index(fault) for fault in CODE_FAULTS))


@frozen
class Context:
    """What every feed is read with.

    `as_at`: the index dates, in order; `keep`: keep the rows for explanations; `every_day`: keep every day of every
    record as evidence, also where answers at these dates rest on the latest alone.
    """

    people: People = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    model: Model = field(repr=False)
    meanings: Meanings = field(repr=False)
    as_at: tuple[int, ...]
    columns: Mapping[str, Mapping[str, str]]
    date_format: str | None
    system: str | CodeSystem | None
    keep: bool
    every_day: bool = False


def read_records(native: object, context: Context) -> ReadFeed:
    """Coded records to facts."""
    return _read("records", native, context, _read_records)


def read_medicines(native: object, context: Context) -> ReadFeed:
    """Medicines to facts of their classes, and to the table of different medicines."""
    return _read("medicines", native, context, _read_medicines)


def read_values(native: object, context: Context) -> ReadFeed:
    """Numeric values of conditions of kind `value`; range and units are checked against the model."""
    return _read("values", native, context, _read_values)


def read_contacts(native: object, context: Context) -> ReadFeed:
    """Contacts to facts: any contact, and contact in a setting."""
    return _read("contacts", native, context, _read_contacts)


def _read(name: str, native: object, context: Context, read: Callable[[Table, Context], ReadFeed]) -> ReadFeed:
    """A long table is read in parts; where that fails it is read as a whole, and an error is about the whole."""
    required, optional = required_and_optional(name)
    columns = context.columns.get(name)
    table = open_table(native, name=name, required=required, optional=optional, columns=columns, pass_through=False)
    in_parts = table.divided()
    if in_parts is not None:
        try:
            return read(in_parts, context)
        except (DataError, UnlikePartsError):
            pass  # read again below
    return read(table, context)


def _read_records(table: Table, context: Context) -> ReadFeed:
    catalogue, model = context.catalogue, context.model
    variants = Variants(model)
    asks = variants.asks_for_positions
    reading = _CodedFeed(
        table, context,
        meaning=lambda pair: record_meaning(pair, catalogue, model),
        words={"status": read_status, "setting": read_setting, **({"position": read_position} if asks else {})},
        variants=variants,
    )  # fmt: skip
    return reading.read(about={"administrative": lambda pair: is_administrative(pair, model)})


def _read_medicines(table: Table, context: Context) -> ReadFeed:
    catalogue, model = context.catalogue, context.model
    reading = _CodedFeed(
        table, context,
        meaning=lambda pair: medicine_meaning(pair, catalogue, model), words={"status": read_status},
        keep_after=model.earliest_counted(context.as_at[0]),
    )  # fmt: skip
    feed = reading.read(about={"not_a_medicine": lambda pair: is_no_medicine(pair, catalogue, model)})
    names: dict[str, int] = {}
    what = np.array([names.setdefault(medicine_of(pair), len(names)) for pair in feed.pairs], np.int64)
    return feed.with_measured(tuple(names), what, None)


def _read_values(table: Table, context: Context) -> ReadFeed:
    catalogue, allowed = context.catalogue, context.model.values

    def condition(pair: Pair) -> str:
        return value_condition(pair, catalogue, context.model)

    reading = _CodedFeed(
        table, context,
        meaning=lambda pair: frozenset({condition(pair)} - {""}), words={"status": read_status},
        keep_after=np.iinfo(np.int32).min,
    )  # fmt: skip
    names = sorted(allowed)
    amounts: list[Ints] = []

    def judge(table: Table, place: npt.NDArray[np.int32]) -> Reasons:
        found = [condition(pair) for pair in reading.pairs.pairs]
        what = np.array([names.index(c) if c else -1 for c in found], np.int32)
        reasons, amount = value_reasons(table, np.take(what, place) if len(what) else place, names, allowed)
        amounts.append(amount)
        return reasons

    feed = reading.read(judge=judge)
    found = [condition(pair) for pair in feed.pairs]
    what = np.array([names.index(c) if c else -1 for c in found], np.int64)
    return feed.with_measured(tuple(names), what, np.concatenate(amounts) if amounts else np.zeros(0, np.int64))


def _read_contacts(table: Table, context: Context) -> ReadFeed:
    reader, dates = _reader(context, None), DateCheck(table, context.date_format)
    # A row without a setting, or with an unknown one, has the last place.
    settings: tuple[Setting | None, ...] = (*Setting, None)
    meanings = tuple(contact_meaning(setting) for setting in settings)
    numbers = np.array([[context.meanings.number(each & context.model.conditions_used) for each in meanings]], np.int64)
    for piece in table.pieces():
        place = np.full(piece.n_rows, len(settings) - 1, np.int32)
        if piece.has("setting"):
            encoded = piece.encode("setting")
            words = [settings.index(read_setting(value)) for value in encoded.values.tolist()]
            place = np.take(np.array([*words, len(settings) - 1], np.int32), encoded.index, mode="wrap")
        reader.add(
            _piece(piece, context, dates, place, np.full(len(settings), USED, np.int8), {"setting": read_setting}),
            numbers,
        )
    dates.end()
    pairs = tuple(Pair(None, setting.value if setting is not None else None) for setting in settings)
    return ReadFeed(
        "contacts", reader, pairs, (meanings,), np.zeros(len(pairs), bool), {}, table.nearly, is_coded=False
    )


class _CodedFeed:
    """A table with a code column, read piece by piece; its distinct codes are looked up as they are met."""

    def __init__(
        self,
        table: Table,
        context: Context,
        *,
        meaning: Callable[[Pair], Meaning],
        words: Mapping[str, Callable[[object], object | None]],
        keep_after: int | None = None,
        variants: Variants | None = None,
    ) -> None:
        self._variants = None if variants is None or variants.are_one else variants
        self._table = table
        self._context = context
        self._meaning = meaning
        self._words = words
        self._reader = _reader(context, keep_after)
        self.pairs = Pairs(_system_for(self._table, context))
        #: What each pair means, likewise for each variant of rows, and the numbers of these meanings.
        self._plain: list[Meaning] = []
        self._meanings: list[list[Meaning]] = [[]]
        self._numbers: list[list[int]] = [[]]
        self._faults = np.zeros(0, np.int8)

    def read(
        self,
        *,
        about: Mapping[str, Callable[[Pair], bool]] | None = None,
        judge: Callable[[Table, npt.NDArray[np.int32]], Reasons] | None = None,
    ) -> ReadFeed:
        """All pieces. `about` names notes on pairs; `judge` gives further reasons against rows."""
        dates = DateCheck(self._table, self._context.date_format)
        for table in self._table.pieces():
            # The order in which columns are read is the order in which their faults are found.
            persons = whose(table, self._context.people)
            status = status_reasons(table)
            place = self.pairs.add(table)
            pairs = self.pairs.pairs
            refuse_mangled(table, place, pairs)
            variant = self._variants.add(table) if self._variants is not None else None
            numbers = self._look_up()
            new = [_NO_FAULT[pair.fault] for pair in pairs[len(self._faults) :]]
            self._faults = np.concatenate([self._faults, np.array(new, np.int8)])
            faults = self._faults
            value = judge(table, place) if judge is not None else None
            self._reader.add(
                _piece(
                    table, self._context, dates, place, faults, self._words, persons, status, value,
                    self._variants, variant,
                ),
                numbers,
            )  # fmt: skip
        dates.end()
        conditions = self._context.catalogue.conditions.keys()
        pairs_read = tuple(self.pairs.pairs)
        return ReadFeed(
            self._table.name,
            self._reader,
            pairs_read,
            tuple(map(tuple, self._meanings)),
            # A code that only scores know (a filler such as R69) is evidence of no condition.
            np.array([not meaning.isdisjoint(conditions) for meaning in self._plain], bool),
            {name: np.array([is_about(pair) for pair in pairs_read], bool) for name, is_about in (about or {}).items()},
            tuple(name for name in self._table.nearly if name.casefold() != "system" or self._context.system is None),
        )

    def _look_up(self) -> npt.NDArray[np.int64]:
        """The numbers of what each pair means, a line a variant; only what is new is looked up."""
        context, variants, pairs = self._context, self._variants, self.pairs.pairs
        self._plain += [self._meaning(pair) for pair in pairs[len(self._plain) :]]
        more = 0 if variants is None else len(variants.masks) - len(self._meanings)
        self._meanings += [[] for _ in range(more)]
        self._numbers += [[] for _ in range(more)]
        latest: set[int] = set()
        for at, (meanings, numbers) in enumerate(zip(self._meanings, self._numbers, strict=True)):
            new, of_pairs = self._plain[len(meanings) :], pairs[len(meanings) :]
            if variants is not None and variants.masks:
                new = [variants.meaning(each, pair.system, at) for each, pair in zip(new, of_pairs, strict=True)]
            used = [meaning & context.model.conditions_used for meaning in new]
            found = [context.meanings.number(meaning) for meaning in used]
            latest.update(n for meaning, n in zip(used, found, strict=True) if self._is_light(meaning))
            meanings.extend(new)
            numbers.extend(found)
        self._reader.keep_latest_of(sorted(latest))
        return np.array(self._numbers, np.int64).reshape(len(self._numbers), len(pairs))

    def _is_light(self, meaning: Meaning) -> bool:
        """Whether of a meaning only the latest day is asked: it is what whole tables are evidence of."""
        if not meaning or self._context.every_day:
            return False
        asked = self._context.model.asked_for_days
        return all(base_of(name) in _OF_WHOLE_TABLES and name not in asked for name in meaning)


def _reader(context: Context, keep_after: int | None) -> Reader:
    bounds = Bounds.of(context.people, context.as_at)
    return Reader(bounds, context.people.n_people, keep_after=np.iinfo(np.int32).min if context.keep else keep_after)


def _piece(
    table: Table,
    context: Context,
    dates: DateCheck,
    place: npt.NDArray[np.int32],
    faults: Reasons,
    words: Mapping[str, Callable[[object], object | None]],
    persons: npt.NDArray[np.int32] | None = None,
    status: Reasons | None = None,
    value: Reasons | None = None,
    variants: Variants | None = None,
    variant: npt.NDArray[np.uint8] | None = None,
) -> Piece:
    persons = whose(table, context.people) if persons is None else persons
    days = dates.read(table)
    return Piece(
        person=persons,
        place=place,
        day=days.day,
        refused_by_code=faults,
        status=status,
        value=value,
        undated=days.missing if days.missing.any() else None,
        unreadable=None if days.valid.all() else ~days.valid,
        unknown=unknown_words(table, words) | ({} if variants is None else variants.missing(table)),
        variant=variant,
    )


def system_fits(table: str, system: CodeSystem | None) -> bool:
    """Whether the one system given for all rows can be that of a table without a column of its own.

    It is meant for records; the other tables take it where it fits them.

    >>> system_fits("records", CodeSystem.ICD10), system_fits("medicines", CodeSystem.ICD10)
    (True, False)
    """
    return table not in _FITTING or system in _FITTING[table]


def _system_for(table: Table, context: Context) -> Any:
    if table.name == "records":
        return context.system
    fits = not table.has("system") and system_fits(table.name, read_system(context.system))
    return context.system if fits else None
