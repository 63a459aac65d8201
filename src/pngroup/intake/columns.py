"""The columns that are known of each table of events; whatever else a table holds is not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Our names, those that must be there first.
EVENT_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "records": ("person_id", "code", "date", "system", "setting", "position", "status"),
    "contacts": ("person_id", "date", "setting"),
    "medicines": ("person_id", "code", "date", "system", "status"),
    "values": ("person_id", "code", "date", "value", "system", "unit", "status"),
}
_REQUIRED: Final = frozenset({"person_id", "code", "date", "value"})


def required_and_optional(table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of a table that must be there, and those that it may be without.

    >>> required_and_optional("contacts")
    (('person_id', 'date'), ('setting',))
    """
    required, optional = (
        tuple(name for name in EVENT_COLUMNS[table] if (name in _REQUIRED) is is_required)
        for is_required in (True, False)
    )
    return required, optional
