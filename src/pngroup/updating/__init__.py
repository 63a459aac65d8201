"""Monthly running: last month's state, this month's changed records, and whose group changes by them.

state (rows as given, last answer)    tables with `change` and `record_id`
      |   state                             |   reading, columns
      +------------- restating -------------+
                         |
    rows as they stand now = what a full run would read: `group()`
                         |   comparing: answers, attributing, settling, reviewing
    who changed and why; `guarding` says whether it may be written
                         |
                the next state, list and manifest, together or not at all
"""

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
