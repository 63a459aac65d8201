"""Monthly running: last month's state, this month's changed records, and whose group changes by them."""

from __future__ import annotations
