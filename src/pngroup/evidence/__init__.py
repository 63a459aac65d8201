"""From coded records to a set of facts, and to planes of what each person has on record."""

from __future__ import annotations

from .facts import (
    DAY_BITS,
    MOST_MEANINGS,
    Evidence,
    Meanings,
    Ordered,
    block_bits,
    gather,
    merge,
    order,
    pack,
)
from .planes import BlockFacts, Room, Scale, Unfolding, unfolding
from .walking import Coming, Visits, WalkingFacts

__all__ = [
    "DAY_BITS",
    "MOST_MEANINGS",
    "BlockFacts",
    "Coming",
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
]
