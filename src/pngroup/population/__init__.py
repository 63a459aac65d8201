"""Tables about a population: groups crossed, mortality, cohorts."""

from __future__ import annotations
