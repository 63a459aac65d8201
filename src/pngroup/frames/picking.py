"""Parts of a caller's table or column: one person's rows, one id's place, a plain list of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ..errors import DataError, UsageError
from .building import build
from .columns import look
from .identity import Ids, encode_ids
from .opening import open_table
from .plain import KIND_WORDS, Taken


def find_id(ids: Ids, value: object) -> int | None:
    """The place of one id among `ids.values`, None where it is not there or of the other kind (text, whole
    number).
    """
    if ids.kind != _kind_of(value):
        return None
    found = np.flatnonzero(ids.values == value)
    return int(found[0]) if len(found) else None


def rows_of(native: Any, *, name: str, column: str, value: object, same_kind: bool = False) -> Any:
    """The rows of one id as a table of the caller's own type, under the caller's column names.

    Raises what `open_table` and `encode_ids` raise. An id of the other kind (text, whole number) finds no row; with
    `same_kind` it is a `DataError`, because nothing else would say why no row was found.
    """
    table = open_table(native, name=name, required=("person_id",), columns={"person_id": column})
    ids = encode_ids(table, "person_id")
    kind = _kind_of(value)
    if same_kind and kind is not None and ids.kind not in ("empty", kind):
        raise DataError(
            f"ids of {name} are {KIND_WORDS[ids.kind]}, and the person is given as {KIND_WORDS[kind]}",
            where=ids.where,
            allowed="text or whole numbers, the same in all tables and for the person",
            remedy="give the id as it stands in the tables, with its leading zeros",
        )
    place = find_id(ids, value)
    rows = np.flatnonzero(ids.index == place) if place is not None else np.empty(0, np.int64)
    return build(table, {column: Taken("person_id")}, rows=rows)


def _kind_of(value: object) -> Literal["text", "integer"] | None:
    if isinstance(value, str):
        return "text"
    is_number = isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)
    return "integer" if is_number else None


def listed(values: Any, *, argument: str) -> Sequence[object]:
    """The values of a sequence, array or Series of any library as plain Python values."""
    raw = look(values)
    if raw is None or raw.kind == "nested":
        raise UsageError(
            f"{argument} is a {type(values).__name__}" + (f" that holds {KIND_WORDS[raw.kind]}" if raw else ""),
            where=f"argument {argument}",
            allowed="a list, tuple, array or Series of single values",
            remedy="take the values out of the inner lists" if raw else "put a single value into a list",
        )
    return raw.listed()
