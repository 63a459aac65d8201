"""An explanation as plain text for staff: short first, details after; no identifier of the person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .words import Finding, day_text, underline

if TYPE_CHECKING:
    from .explaining import ConditionReport, CriterionReport, Explanation

_MARKS: Final = {True: "yes", False: "no ", None: "?  "}


def render(explanation: Explanation) -> str:
    """The whole explanation as lines of text."""
    return "\n".join(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    if explanation.need_group is None:
        yield explanation.staff_text
        return
    tier = f" (need {explanation.need_tier}, {explanation.rag})" if explanation.need_tier is not None else ""
    head = f"Group {explanation.need_group}: {explanation.name}{tier}"
    yield head
    yield underline(head)
    yield explanation.staff_text
    yield f"As at {day_text(explanation.as_at)}, by the model {explanation.model}."
    yield ""
    yield "Criteria, in order of precedence: the first that is met decides (yes: met, no: not met, ?: not knowable)"
    decided = False
    for criterion in explanation.criteria:
        yield from _criterion(criterion, details=not decided)
        decided = decided or criterion.met is True
    yield ""
    has_registers = explanation.answer is not None and bool(explanation.answer.registers)
    if has_registers:
        yield f"Registers: {'; '.join(explanation.registers) or 'none'}"
    if explanation.lines or not has_registers:
        yield f"Long-term conditions: {'; '.join(explanation.lines) or 'none'}"
    if explanation.answer is not None:
        for score, items in explanation.scores.items():
            if items and explanation.answer.measures.get(score) is not None:
                yield f"  {score}: {', '.join(items)}"
    yield ""
    yield "Records behind it"
    for condition in explanation.conditions:
        yield f"  {condition.name}{_remarks(condition)}"
        for record in condition.records:
            source = f"; source {', '.join(record.sources)}" if record.sources else ""
            value = f" = {record.value}" if record.value else ""
            yield f"    {day_text(record.date)}  {record.system} {record.code}{value}  by {record.mapping}{source}"
        if condition.records and condition.n_records > len(condition.records):
            yield f"    and {condition.n_records - len(condition.records)} earlier"
    if not explanation.conditions:
        yield "  none"
    if explanation.changes:
        yield ""
        yield "Nearest changes (of the model, not advice)"
        yield from (f"  {sentence}" for sentence in explanation.changes)
    if explanation.not_given:
        yield ""
        yield f"Not given, so not known: {', '.join(explanation.not_given)}"
    yield ""
    yield explanation.note


def _remarks(condition: ConditionReport) -> str:
    remarks = [f"{condition.n_records} records"] if condition.n_records > 1 else []
    if not condition.counted:
        remarks.append("not counted")
    if condition.ended:
        remarks.append("ended by a later resolved code")
    return f" ({', '.join(remarks)})" if remarks else ""


def _criterion(criterion: CriterionReport, *, details: bool) -> Iterator[str]:
    yield f"  {_MARKS[criterion.met]} {criterion.group:>2}  {criterion.summary}"
    if details:
        yield from (_finding(finding) for finding in criterion.findings)


def _finding(finding: Finding) -> str:
    return f"         {'  ' * finding.depth}{_MARKS[finding.met]} {finding.text}"
