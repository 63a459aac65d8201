"""People through time: snapshots at index dates, spells between them, and what is counted of how people move."""

from __future__ import annotations

from .explaining_changes import ChangeExplanations, explain_change, explain_changes
from .registrations import Registrations
from .taking_snapshots import Snapshots, snapshots

__all__ = ["ChangeExplanations", "Registrations", "Snapshots", "explain_change", "explain_changes", "snapshots"]
