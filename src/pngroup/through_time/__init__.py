"""People through time: snapshots at index dates, spells between them, and what is counted of how people move."""

from __future__ import annotations

from .agreeing import Stability, stability, weighted_kappa
from .counting_transitions import Transitions, transitions
from .explaining_changes import ChangeExplanations, explain_change, explain_changes
from .explaining_rises import explain_rises
from .finding_spells import Spells, spells
from .flowing import Flows, flows
from .intervals import byar, rate_ratio
from .movements import Movement, movement
from .progressing import RateRatio, Rates, progression
from .projecting import Projection, project
from .registrations import Registrations
from .rising import RisingRisk, rising_risk
from .spans import Periods, Spanned, periods
from .staying import DwellTimes, dwell_times
from .taking_snapshots import Snapshots, snapshots

__all__ = [
    "ChangeExplanations",
    "DwellTimes",
    "Flows",
    "Movement",
    "Periods",
    "Projection",
    "RateRatio",
    "Rates",
    "Registrations",
    "RisingRisk",
    "Snapshots",
    "Spanned",
    "Spells",
    "Stability",
    "Transitions",
    "byar",
    "dwell_times",
    "explain_change",
    "explain_changes",
    "explain_rises",
    "flows",
    "movement",
    "periods",
    "progression",
    "project",
    "rate_ratio",
    "rising_risk",
    "snapshots",
    "spells",
    "stability",
    "transitions",
    "weighted_kappa",
]
