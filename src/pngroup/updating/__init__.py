"""Monthly running: last month's state, this month's changed records, and whose group changes by them."""

from __future__ import annotations

from .guarding import Guard, Refusal
from .monthly import begin_updates, update
from .restating import RowCounts
from .result import Update, UpdateCounts
from .reviewing import ReviewCounts
from .settling import Settle

__all__ = [
    "Guard",
    "Refusal",
    "ReviewCounts",
    "RowCounts",
    "Settle",
    "Update",
    "UpdateCounts",
    "begin_updates",
    "update",
]
