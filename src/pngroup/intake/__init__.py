"""The caller's tables, read into integer columns: people, and the facts of every feed."""

from __future__ import annotations

from .codes import CodedRows, Pair, pair_codes
from .feeds import Context, Feed, read_contacts, read_medicines, read_records, read_values
from .people import REASONS, SEXES, People, read_people

__all__ = [
    "REASONS",
    "SEXES",
    "CodedRows",
    "Context",
    "Feed",
    "Pair",
    "People",
    "pair_codes",
    "read_contacts",
    "read_medicines",
    "read_people",
    "read_records",
    "read_values",
]
