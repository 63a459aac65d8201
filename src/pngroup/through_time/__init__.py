"""People through time: snapshots at index dates, spells between them, and what is counted of how people move."""

from __future__ import annotations

from .finding_spells import Spells, spells
from .registrations import Registrations
from .taking_snapshots import Snapshots, snapshots

__all__ = ["Registrations", "Snapshots", "Spells", "snapshots", "spells"]
