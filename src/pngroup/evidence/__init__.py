"""From coded records to a set of facts, and to planes of what each person has on record."""

from __future__ import annotations

from .facts import (
    DAY_BITS,
    MOST_MEANINGS,
    PERSON_SHIFT,
    Evidence,
    Meanings,
    Ordered,
    block_bits,
    gather,
    merge,
    order,
    pack,
    unpack,
)
from .planes import BlockFacts, Room, Scale, Unfolding, unfolding
from .walking import Visits, WalkingFacts

__all__ = [
    "DAY_BITS",
    "MOST_MEANINGS",
    "PERSON_SHIFT",
    "BlockFacts",
    "Evidence",
    "Meanings",
    "Ordered",
    "Room",
    "Scale",
    "Unfolding",
    "Visits",
    "WalkingFacts",
    "block_bits",
    "gather",
    "merge",
    "order",
    "pack",
    "unfolding",
    "unpack",
]
