"""The large differences that nobody has decided, as a table for whoever decides them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compare import Difference
from places import write_rows

COLUMNS = ("condition", "list", "side", "system", "code", "usage_or_codes", "share")


def open_differences(differences: Iterable[Difference]) -> list[Difference]:
    """Large and without a decision, the heaviest first within condition and list."""
    return [each for each in differences if each.large and not each.decision]


def write_todo(path: Path, differences: Iterable[Difference]) -> int:
    """Write the table; the number of its rows is returned."""
    found = open_differences(differences)
    write_rows(path, COLUMNS, ({**_cells(each), "share": f"{each.share:.4f}"} for each in found))
    return len(found)


def _cells(each: Difference) -> dict[str, object]:
    return {
        "condition": each.comparison.condition,
        "list": each.comparison.list,
        "side": each.side,
        "system": each.comparison.system,
        "code": each.code,
        "usage_or_codes": each.weight,
    }
