"""From coded records to a set of facts, and to planes of what each person has on record."""

from __future__ import annotations

from .facts import MOST_MEANINGS, Evidence, Meanings, Ordered, block_bits, gather, merge, order, pack
from .planes import BlockFacts, Room, Scale, Unfolding, unfolding

__all__ = [
    "MOST_MEANINGS",
    "BlockFacts",
    "Evidence",
    "Meanings",
    "Ordered",
    "Room",
    "Scale",
    "Unfolding",
    "block_bits",
    "gather",
    "merge",
    "order",
    "pack",
    "unfolding",
]
