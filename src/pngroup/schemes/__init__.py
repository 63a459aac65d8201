"""Need tiers, colours and group names: schemes are data, and mappers for anyone who has group numbers."""

from __future__ import annotations

from .loading import Scheme, Tier, load_scheme, own_names
from .mapping import group_name, need_tier, rag

__all__ = ["Scheme", "Tier", "group_name", "load_scheme", "need_tier", "own_names", "rag"]
