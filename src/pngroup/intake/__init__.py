"""The caller's tables, read into integer columns: people, and the facts of every feed."""

from __future__ import annotations

from .codes import Pair, Pairs
from .columns import EVENT_COLUMNS
from .feeds import Context, read_contacts, read_medicines, read_records, read_values, system_fits
from .opening import opened_tables
from .people import REASONS, SEXES, OnDays, People, Registry, read_people
from .picking import rows_of_one
from .result import Feed, ReadFeed

__all__ = [
    "EVENT_COLUMNS",
    "REASONS",
    "SEXES",
    "Context",
    "Feed",
    "OnDays",
    "Pair",
    "Pairs",
    "People",
    "ReadFeed",
    "Registry",
    "opened_tables",
    "read_contacts",
    "read_medicines",
    "read_people",
    "read_records",
    "read_values",
    "rows_of_one",
    "system_fits",
]
