"""The whole grouping as SQL, for where the data live: the same model files, written out for a database to run."""

from __future__ import annotations

from .dialects import DIALECTS, Dialect
from .script import SqlScript, Statement
from .writing import NOT_EXECUTED, write_distinct, write_sql

__all__ = ["DIALECTS", "NOT_EXECUTED", "Dialect", "SqlScript", "Statement", "write_distinct", "write_sql"]
