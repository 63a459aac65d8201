"""From coded records to a sorted set of facts."""

from __future__ import annotations

from .facts import MOST_MEANINGS, Evidence, Meanings, expansion, gather, merge, pack

__all__ = ["MOST_MEANINGS", "Evidence", "Meanings", "expansion", "gather", "merge", "pack"]
