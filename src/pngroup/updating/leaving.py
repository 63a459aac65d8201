"""People who were in the table of people once and are gone, whose rows a feed has not deleted: known, and of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..files.formats import arrow
from .answers import NOBODY, place_among
from .columns import COLUMNS, PERSON_ID, rows_where
from .state import GONE, State


def people_gone(last: State | None, tables: Mapping[str, Any]) -> Any:
    """The ids (Arrow) of who was in people at an earlier run, is not now, and still has rows; None where nobody is."""
    if last is None:
        return None
    known = [last.tables[name].column(PERSON_ID) for name in ("people", GONE) if name in last.tables]
    ids = arrow().chunked_array([chunk for column in known for chunk in column.chunks], known[0].type).unique()
    ids = ids.filter(arrow().array(place_among(ids, tables["people"].column(PERSON_ID)) == NOBODY))
    has_rows = np.zeros(len(ids), bool)
    for name in _events(tables):
        has_rows |= place_among(ids, tables[name].column(PERSON_ID)) != NOBODY
    return ids.filter(arrow().array(has_rows)) if has_rows.any() else None


def without_rows_of(gone: Any, tables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
    """The tables without the rows of these people, and how many rows of each table those are."""
    left, n_rows = dict(tables), {}
    for name in _events(tables) if gone is not None else ():
        left[name] = rows_where(tables[name], place_among(tables[name].column(PERSON_ID), gone) == NOBODY)
        n_rows[name] = tables[name].num_rows - left[name].num_rows
    return left, {name: n for name, n in n_rows.items() if n}


def _events(tables: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in tables if name in COLUMNS and name != "people")
