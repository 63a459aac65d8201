"""Tables about a population: groups crossed, mortality, cohorts."""

from __future__ import annotations

from .cohorts import Cohort, cohort
from .crossing import Amount, Axis, CrossTable, cross_table
from .mortality import Mortality, excess_mortality
from .star_tables import StarSchema, star_schema

__all__ = [
    "Amount",
    "Axis",
    "Cohort",
    "CrossTable",
    "Mortality",
    "StarSchema",
    "cohort",
    "cross_table",
    "excess_mortality",
    "star_schema",
]
