"""Expressions of the model language asked of one person by both readers: the numpy engine and the interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pngroup
from pngroup.explanation.person import rows_of_person
from pngroup.model import Model
from pngroup.model.checking import check_model
from pngroup.model.reading import read_model
from pngroup.model.reference import Answer, interpret

CORE = pngroup.load_catalogue()
AS_AT = date(2026, 3, 31)
EPISODE = """
[episodes.pregnancy]
opens = "pregnancy_ongoing"
delivers = "pregnancy_delivery"
loses = "pregnancy_loss"
longest_days = 308
counts_after_delivery_days = 84
complications_after_delivery_days = 42
no_opening_after_delivery_days = 56
no_opening_after_loss_days = 14
"""
#: A record of high blood pressure on the index date.
RECORDED = [("I10", AS_AT)]


def model_of(
    expressions: Sequence[str], parts: str = "", groups: str = "[[groups]]\nnumber = 1\notherwise = true\n"
) -> Model:
    """A checked model whose outputs are expressions, with further parts of a file."""
    names = [f"m{i}" for i in range(len(expressions))]
    measures = "".join(f"{name} = '''{text}'''\n" for name, text in zip(names, expressions, strict=True))
    head = f"[model]\nname = 'own'\nedition = '1'\ncatalogue = 'core@2026.1'\noutputs = {names}\n"
    text = f"{head}{parts}\n[measures]\n{measures}\n{groups}"
    model = read_model(text.encode(), label="own.toml", catalogue=CORE)
    check_model(model, settings=[each.value for each in pngroup.Setting], sources=CORE.sources)
    return model


def rows(*given_rows: tuple[Any, ...]) -> dict[str, list[Any]]:
    """Rows (code, day) or (code, day, system) of one person, as a table; ICD-10 unless a code is all digits."""
    table: dict[str, list[Any]] = {"person_id": [], "code": [], "system": [], "date": []}
    for code, day, *system in given_rows:
        known = system[0] if system else "snomed" if code.isdigit() else "icd10"
        for name, value in zip(table, ("a", code, known, day.isoformat()), strict=True):
            table[name].append(value)
    return table


def readings(
    model: Model,
    records: Iterable[tuple[Any, ...]] = (),
    *,
    as_at: date = AS_AT,
    birth: date = date(1950, 6, 15),
    sex: str = "female",
    **tables: Any,
) -> tuple[pngroup.Grouping, Answer]:
    """The grouping of one person by a model, and its answer by the reference interpreter."""
    people = {"person_id": ["a"], "birth_date": [birth.isoformat()], "sex": [sex]}
    grouping = pngroup.group(people, rows(*records), as_at=as_at, model=model, keep_records=True, **tables)
    facts = rows_of_person(0, grouping.people, grouping.kept).facts
    return grouping, interpret(model, facts, as_at)


def values(
    expressions: Sequence[str], records: Iterable[tuple[Any, ...]] = (), *, parts: str = "", **options: Any
) -> list[int | None]:
    """What both readers, who must agree, say of each expression: a number, a truth as 1 or 0, or None for unknown."""
    model = model_of(expressions, parts)
    grouping, answer = readings(model, records, **options)
    by_engine = [
        int(amounts[0]) if known[0] else None
        for amounts, known in (grouping.answers.measures[name] for name in model.outputs)
    ]
    assert by_engine == [answer.measures[name] for name in model.outputs]
    return by_engine


def value(expression: str, records: Iterable[tuple[Any, ...]] = (), **options: Any) -> int | None:
    """The same of one expression."""
    [only] = values([expression], records, **options)
    return only
