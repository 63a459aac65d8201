"""Rows of the event tables: which person, which day, what the code stands for, and why a row is not used.

Each table is read once, into a table of its own. The first reason that applies is the one that counts, in the order of
`quality.NOT_USED`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Final

from ..codes import RecordStatus
from ..intake.meanings import contact_meaning
from ..model.definition import Model, ValueRange
from ..quality import NOT_USED
from ..vocabulary import Setting
from .script import Statement, create
from .seeing import Kinds, asks_for_settings
from .source import CODED, Source
from .spellings import UNKNOWN_WORD, Spellings

_FIRST_DAY: Final = datetime.date(1900, 1, 1)


def row_statements(
    source: Source, model: Model, spellings: Spellings, kinds: Kinds, as_at: datetime.date
) -> Iterator[Statement]:
    """The statements that make `pngroup_records`, `pngroup_contacts`, `pngroup_medicines`, `pngroup_values`."""
    for feed in source.given[1:]:
        yield from _rows_of(feed, source, model, spellings, kinds, as_at)


def _rows_of(
    feed: str, source: Source, model: Model, spellings: Spellings, kinds: Kinds, as_at: datetime.date
) -> Iterator[Statement]:
    literal = source.dialect.literal
    coded = feed in CODED
    words = [kind for kind in ("status", "setting", "unit") if source.has(feed, kind)]
    read = [f"{source.column(feed, 'person_id')} AS person_id", f"{source.date(feed, 'date')} AS on_date"]
    if coded:
        read += [f"{source.system_spelling(feed)} AS system_spelling", f"{source.spelling(feed, 'code')} AS spelling"]
    read += [f"{source.spelling(feed, kind)} AS {kind}" for kind in words]
    if feed == "values":
        read.append(f"{source.column(feed, 'value')} AS amount")

    joins = ["LEFT JOIN pngroup_people p ON p.person_id = r.person_id"]
    if coded:
        joins.append(
            f"LEFT JOIN pngroup_code c ON c.feed = {literal(feed)} AND c.system_spelling = r.system_spelling "
            "AND c.spelling = r.spelling"
        )
    joins += [
        f"LEFT JOIN pngroup_word {kind}_word ON {kind}_word.feed = {literal(feed)} "
        f"AND {kind}_word.kind = {literal(kind)} AND {kind}_word.spelling = r.{kind}"
        for kind in words
    ]
    new = [*(["c.spelling IS NULL"] if coded else []), *(f"{kind}_word.spelling IS NULL" for kind in words)]
    if coded:
        meaning = "COALESCE(c.meaning, 0)"
    elif "setting" in words:
        meaning = "COALESCE(setting_word.meaning, 0)"
    else:
        meaning = str(spellings.number(contact_meaning(None) & model.conditions_used))
    if feed == "records":
        meaning = kinds.sql(meaning, "setting_word.means" if "setting" in words else None, source.dialect)
    else:
        meaning = kinds.of_other_tables(meaning)
    columns = [
        "r.person_id",
        "r.on_date",
        f"{meaning} AS meaning",
        f"{_why(feed, source, model, as_at, has_status='status' in words, has_unit='unit' in words)} AS why",
        f"{'COALESCE(c.code_number, 0)' if coded else '0'} AS code_number",
        *(f"{_is_unknown(kind, source) if kind in words else '0'} AS {kind}_unknown" for kind in ("status", "setting")),
        f"{_setting_missing(feed, source, model)} AS setting_missing",
        f"CASE WHEN {' OR '.join(new) or '1 = 0'} THEN 1 ELSE 0 END AS is_new",
    ]
    if asks_for_age(model):
        columns.append(f"{source.dialect.age('p.born_on', 'r.on_date')} AS age_then")
    if feed == "medicines":
        columns.append("c.medicine")
    if feed == "values":
        columns += ["c.condition_id", f"{_whole(model.values, source)} AS amount"]
    listed = ",\n    ".join(read)
    rest = "\n".join([f"FROM (\n  SELECT\n    {listed}\n  FROM {source.table(feed)}\n) r", *joins])
    about = f"The rows of {feed}, read once: what each stands for, and why it is not used (NULL: it is used)."
    yield from create(source.dialect, f"pngroup_{feed}", about, columns, rest)


def asks_for_age(model: Model) -> bool:
    """Whether any question is about the age on the day of a record."""
    return any(call.option("min_age") is not None for call in model.calls())


def _is_unknown(kind: str, source: Source) -> str:
    return f"CASE WHEN {kind}_word.means = {source.dialect.literal(UNKNOWN_WORD)} THEN 1 ELSE 0 END"


def _setting_missing(feed: str, source: Source, model: Model) -> str:
    """Whether a record does not say the setting that a filter asks for."""
    if feed != "records" or not asks_for_settings(model):
        return "0"
    if not source.has(feed, "setting"):
        return "1"
    unsaid = ", ".join(map(source.dialect.literal, ("", Setting.UNKNOWN.value)))
    return f"CASE WHEN setting_word.means IN ({unsaid}) THEN 1 ELSE 0 END"


def _why(feed: str, source: Source, model: Model, as_at: datetime.date, *, has_status: bool, has_unit: bool) -> str:
    dialect, literal = source.dialect, source.dialect.literal
    statuses = [status.value for status in RecordStatus if status is not RecordStatus.COUNTS]
    # A reason given as an expression stands for itself: the words that status or code bring with them.
    tests = {
        "person_missing": dialect.is_blank("r.person_id"),
        "person_unknown": "p.person_id IS NULL",
    }
    own_words = []
    if has_status:
        listed = ", ".join(map(literal, statuses))
        own_words.append(f"WHEN status_word.means IN ({listed}) THEN status_word.means")
    if feed in CODED:
        own_words.append("WHEN c.why IS NOT NULL THEN c.why")
    later = {}
    if feed == "values":
        later["value_missing"] = f"r.amount IS NULL OR {dialect.is_not_finite('r.amount')}"
        later["value_out_of_range"] = _out_of_range(model.values, source, has_unit=has_unit)
    later |= {
        "date_missing": "r.on_date IS NULL",
        "date_unreadable": f"r.on_date < {literal(_FIRST_DAY)}",
        "after_as_at": f"r.on_date > {literal(as_at)}",
        "before_birth": "r.on_date < p.first_day",
        "after_death": "r.on_date > p.last_day",
    }
    assert {*tests, *later} <= NOT_USED.keys()
    branches = [
        *(f"WHEN {test} THEN {literal(reason)}" for reason, test in tests.items()),
        *own_words,
        *(f"WHEN {test} THEN {literal(reason)}" for reason, test in later.items() if test),
    ]
    listed = "\n    ".join(branches)
    return dialect.compared_as.format(f"CASE\n    {listed}\n  END")


def _out_of_range(values: Mapping[str, ValueRange], source: Source, *, has_unit: bool) -> str:
    literal, parts = source.dialect.literal, []
    for name, allowed in values.items():
        tests = [f"r.amount < {allowed.least}", f"r.amount > {allowed.most}"]
        if not allowed.decimals:
            tests.append("r.amount <> FLOOR(r.amount)")
        if has_unit:
            units = ", ".join(map(literal, allowed.units))
            # A row without a unit is taken to be in the right one.
            tests.append(f"(r.unit <> {literal('')} AND unit_word.means NOT IN ({units}))")
        parts.append(f"(c.condition_id = {literal(name)} AND ({' OR '.join(tests)}))")
    return " OR ".join(parts)


def _whole(values: Mapping[str, ValueRange], source: Source) -> str:
    """The amount as a whole number of the last decimal, halves to the even one; exact, in decimals."""
    branches = []
    for name, allowed in values.items():
        scaled = f"CAST(r.amount AS DECIMAL(18, 6)) * {10**allowed.decimals}"
        whole = f"CAST(FLOOR({scaled}) AS {source.dialect.integer})"
        rest = f"({scaled} - FLOOR({scaled})) * 2"
        odd = f"{source.dialect.bits.format(whole, 1)} = 1"
        number = whole
        if allowed.decimals:
            number = f"{whole} + CASE WHEN {rest} > 1 OR ({rest} = 1 AND {odd}) THEN 1 ELSE 0 END"
        believable = f"r.amount >= {allowed.least} AND r.amount <= {allowed.most}"
        branches.append(f"WHEN c.condition_id = {source.dialect.literal(name)} AND {believable} THEN {number}")
    # Outside the range nothing is converted: it could be larger than any number of the database.
    return f"CASE\n    {' '.join(branches)}\n  END" if branches else "CAST(NULL AS INTEGER)"
