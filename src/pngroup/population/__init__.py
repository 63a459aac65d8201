"""Tables about a population: groups crossed, mortality, cohorts."""

from __future__ import annotations

from .cohorts import Cohort, cohort
from .crossing import Amount, Axis, CrossTable, cross_table

__all__ = ["Amount", "Axis", "Cohort", "CrossTable", "cohort", "cross_table"]
