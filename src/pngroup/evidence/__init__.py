"""From coded records to a set of facts, and to planes of what each person has on record."""

from __future__ import annotations

from .facts import MOST_MEANINGS, Evidence, Meanings, gather, merge, pack
from .planes import BlockFacts, Room, Unfolding, unfolding

__all__ = [
    "MOST_MEANINGS", "BlockFacts", "Evidence", "Meanings", "Room", "Unfolding", "gather", "merge", "pack", "unfolding",
]  # fmt: skip
