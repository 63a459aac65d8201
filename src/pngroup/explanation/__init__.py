"""Why this person is in this group, and why in another one than before."""

from __future__ import annotations

from .change_report import ChangeCause, ChangeExplanation, CriterionChange, Explainer
from .explaining import ConditionReport, CriterionReport, Explanation, RecordReport, explain
from .turns import Turn

__all__ = [
    "ChangeCause",
    "ChangeExplanation",
    "ConditionReport",
    "CriterionChange",
    "CriterionReport",
    "Explainer",
    "Explanation",
    "RecordReport",
    "Turn",
    "explain",
]
