"""How large the catalogue is that a command works with."""

from __future__ import annotations

from ..catalogue import Catalogue
from ..catalogue.mapping import Rules


def n_rows(catalogue: Catalogue) -> dict[str, int]:
    """How many mapping rows a catalogue has for each code system."""
    return {
        system.value: len(rules.rows) if isinstance(rules, Rules) else len(rules.codes)
        for system, rules in catalogue.rules.items()
    }
