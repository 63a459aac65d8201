"""Tables about a population: groups crossed, mortality, cohorts."""

from __future__ import annotations

from .star_tables import StarSchema, star_schema

__all__ = ["StarSchema", "star_schema"]
