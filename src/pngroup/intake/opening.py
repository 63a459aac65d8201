"""The tables of a call, of which some may be given as paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..files import opened
from .columns import EVENT_COLUMNS


def opened_tables(
    people: Any, tables: Mapping[str, Any], columns: Mapping[str, Mapping[str, str]]
) -> tuple[Any, dict[str, Any]]:
    """The tables as given; where that is a path, people as a table and events as a stream of the columns we know."""
    events = {
        name: opened(table, name, known=EVENT_COLUMNS[name], names=columns.get(name)) for name, table in tables.items()
    }
    return opened(people, "people"), events
