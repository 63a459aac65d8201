"""Tables about a population: groups crossed, mortality, cohorts."""

from __future__ import annotations

from .cohorts import Cohort, cohort

__all__ = ["Cohort", "cohort"]
