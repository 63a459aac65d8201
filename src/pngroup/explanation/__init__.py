"""Why this person is in this group."""

from __future__ import annotations

from .explaining import ConditionReport, CriterionReport, Explanation, RecordReport, explain

__all__ = ["ConditionReport", "CriterionReport", "Explanation", "RecordReport", "explain"]
