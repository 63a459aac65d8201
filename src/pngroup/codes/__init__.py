"""Reading codes: one module a code system, each with its pattern and the ways in which real data leave it.

`read` turns the distinct codes of a table into canonical forms, and says of each that cannot be read why.
It knows form, not meaning: which code stands for which condition is the catalogue's business.
`read_system`, `read_setting`, `read_sex` and `read_status` turn other people's words into our closed
vocabularies.
"""

import hashlib
from functools import cache

from ..resources import read_text
from .cells import is_missing, is_no
from .problems import CodeProblem, explain_problem
from .reading import ReadCodes, read
from .systems import read_system
from .words import Position, RecordStatus, read_change, read_position, read_setting, read_sex, read_status

#: Changes whenever a code can be read differently than before: part of the fingerprint of every result.
NORMALISER_VERSION = "1"


@cache
def codes_fingerprint() -> str:
    """A hash over the tables of other people's words: they can change an answer as a code can."""
    tables = ("systems", "settings", "positions", "sexes", "statuses")
    return hashlib.sha256("".join(read_text(f"codes/{table}.csv") for table in tables).encode()).hexdigest()


__all__ = [
    "NORMALISER_VERSION",
    "CodeProblem",
    "Position",
    "ReadCodes",
    "RecordStatus",
    "codes_fingerprint",
    "explain_problem",
    "is_missing",
    "is_no",
    "read",
    "read_change",
    "read_position",
    "read_setting",
    "read_sex",
    "read_status",
    "read_system",
]
