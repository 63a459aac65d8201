"""Dataframes in and out, of whatever library, as numpy arrays inside.

`open_table` finds our columns under the caller's names; a `Table` gives them as distinct values (`encode`),
`numbers` and `days`; `encode_ids`, `match_ids` and `first_rows` know persons; `build` makes a table of the
caller's own type; `look` and `column_like` do the same for a single column. Only `with_*.py` know a library,
and none is imported: each module finds its library among those that the caller has loaded.
"""

from __future__ import annotations

from .building import build, can_stack, refuse_clashes, stack
from .columns import column_like, is_column, look
from .days import Days
from .encoding import Encoded, Numbers
from .growing import Growing, GrowingKind
from .identity import NO_ID, NOT_IN_PEOPLE, Ids, SameRows, encode_ids, find_people, first_rows, match_ids, same_rows
from .objects import is_missing
from .opening import open_table
from .picking import find_id, listed, rows_of
from .plain import Column, Flat, Kind, Part, Taken
from .stream import Stream
from .table import Table, UnlikePartsError

__all__ = [
    "NOT_IN_PEOPLE",
    "NO_ID",
    "Column",
    "Days",
    "Encoded",
    "Flat",
    "Growing",
    "GrowingKind",
    "Ids",
    "Kind",
    "Numbers",
    "Part",
    "SameRows",
    "Stream",
    "Table",
    "Taken",
    "UnlikePartsError",
    "build",
    "can_stack",
    "column_like",
    "encode_ids",
    "find_id",
    "find_people",
    "first_rows",
    "is_column",
    "is_missing",
    "listed",
    "look",
    "match_ids",
    "open_table",
    "refuse_clashes",
    "rows_of",
    "same_rows",
    "stack",
]
