"""Amounts of people, such as cost or activity: a column of people, or a table of their own."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError, did_you_mean
from ..files import opened
from ..frames import find_people, open_table
from ..intake import People

Floats: TypeAlias = npt.NDArray[np.float64]


@frozen
class Amounts:
    """Named amounts, one entry a person each, NaN where there is none.

    `n_unreadable`: values that are no numbers; `n_of_nobody`: rows of a table whose person is not in people.
    """

    of: dict[str, Floats] = field(repr=False)
    n_unreadable: int
    n_of_nobody: int


def read_amounts(given: Any, people: People) -> Amounts:
    """The amounts that a caller gave, one entry for each of `people`.

    A text names a numeric column of the people table; several may be named in a list. Anything else is a table (or the
    path of one) with `person_id` and amounts in all its other columns; rows of one person are added up. Raises
    `UsageError` where people has no such column or the table no amounts, `DataError` for a column of no numbers.
    """
    if given is None:
        return Amounts({}, 0, 0)
    if isinstance(given, str) and given in people.table.other_columns:
        return _of_columns([given], people)
    if isinstance(given, list | tuple):
        return _of_columns(list(given), people)
    if isinstance(given, str) and "." not in given and "/" not in given:
        raise _no_column(given, people)
    table = open_table(opened(given, "amounts", whole=True), name="amounts", required=("person_id",))
    if not table.other_columns:
        raise UsageError(
            "amounts has no column beside person_id",
            where="argument amounts",
            allowed="person_id and one or more columns of numbers",
            remedy="add the amounts, or name a column of people",
        )
    place = find_people(people.ids, table)
    here = np.flatnonzero(place >= 0)
    found, n_unreadable = {}, 0
    for name in table.other_columns:
        numbers = table.numbers(name)
        n_unreadable += numbers.n_unreadable
        there = here[~numbers.absent[here]]
        total = np.bincount(place[there], weights=numbers.number[there], minlength=people.n_people)
        n = np.bincount(place[there], minlength=people.n_people)
        found[name] = np.where(n > 0, total, np.nan)
    return Amounts(found, n_unreadable, int(table.n_rows - len(here)))


def _of_columns(names: list[str], people: People) -> Amounts:
    found, n_unreadable = {}, 0
    for name in names:
        if name not in people.table.other_columns:
            raise _no_column(name, people)
        numbers = people.table.numbers(name)
        n_unreadable += numbers.n_unreadable
        found[name] = numbers.number[people.first_row]
    return Amounts(found, n_unreadable, 0)


def _no_column(name: object, people: People) -> UsageError:
    others = people.table.other_columns
    hint = did_you_mean(str(name), others)
    return UsageError(
        f"people has no column {name!r}" + (f", {hint}" if hint else ""),
        where="argument amounts",
        allowed="other columns of people (" + (", ".join(others) or "there are none") + "), or a table with person_id",
        remedy="name the column that holds the amount, or give a table",
    )
