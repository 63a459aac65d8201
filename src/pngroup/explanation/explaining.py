"""The explanation of one person: group, sentences, criteria with their values, records with their sources, changes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from attrs import field, frozen

from ..catalogue import Catalogue
from ..intake import REASONS, Feed, People
from ..model.definition import Model
from ..model.reference import Answer, Fact, Reading, interpret
from ..model.registers import base_of
from ..model.tree import Measure
from ..schemes import Scheme
from .changes import Changes, find_changes
from .person import PersonRows, rows_of_person
from .texts import Texts, load_texts
from .words import Finding, Words, day_text

_MOST_RECORDS = 3
_LAST_KINDS = ("medicine", "value")


@frozen
class CriterionReport:
    """One criterion: the group, whether it is met (None: not knowable), in short, and line by line."""

    group: int
    met: bool | None
    summary: str
    findings: tuple[Finding, ...] = field(repr=False)


@frozen
class RecordReport:
    """A record behind a condition: code, system, date, the mapping row that made it count, and who says so.

    `value` is the number of a record that has one, as text.
    """

    code: str
    system: str
    date: datetime.date
    mapping: str
    sources: tuple[str, ...]
    value: str = ""


@frozen
class ConditionReport:
    """A condition that is recorded: our name, and its latest records.

    `counted`: whether the model uses it; `ended`: whether a resolved code has ended it. Restricted records are one
    report together, without condition and records.
    """

    condition: str
    name: str
    counted: bool
    ended: bool
    n_records: int
    records: tuple[RecordReport, ...] = field(repr=False)


@frozen
class Explanation:
    """Why one person is in one group. `str()` is for staff; `patient_text` for the person. Holds no identifier."""

    as_at: datetime.date
    model: str
    need_group: int | None
    name: str | None
    need_tier: str | None
    rag: str | None
    reason: str | None
    staff_text: str
    patient_text: str
    answer: Answer | None = field(repr=False)
    flags: Mapping[str, bool] = field(repr=False)
    criteria: tuple[CriterionReport, ...] = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    registers: tuple[str, ...] = field(repr=False)
    scores: Mapping[str, tuple[str, ...]] = field(repr=False)
    conditions: tuple[ConditionReport, ...] = field(repr=False)
    changes: tuple[str, ...] = field(repr=False)
    not_given: tuple[str, ...] = field(repr=False)
    note: str = field(repr=False)

    def __str__(self) -> str:
        from .rendering import render

        return render(self)


def explain(
    place: int,
    *,
    model: Model,
    catalogue: Catalogue,
    scheme: Scheme,
    as_at: datetime.date,
    people: People,
    feeds: Mapping[str, Feed],
    show_restricted: bool = False,
) -> Explanation:
    """The explanation of the person at `place` of `people`, by the reference interpreter."""
    texts = load_texts(model.texts)
    name = f"{model.name}@{model.edition}"
    if people.reason[place] >= 0:
        return _without_group(REASONS[people.reason[place]], texts, as_at, name)
    rows = rows_of_person(place, people, feeds)
    answer = interpret(model, rows.facts, as_at)
    reading = Reading(model, rows.facts, as_at)
    words = Words(reading, catalogue, texts, show_restricted)
    flags = {
        "short_history": bool(people.short_history[place]),
        **answer.flags,
        "age_imputed": bool(people.age_imputed[place]),
        "not_knowable": bool(answer.not_knowable),
    }
    true_of = {
        **flags,
        **{name: reading.truth(Measure(name)) is True for name in texts.measures_asked if name in model.measures},
    }
    return Explanation(
        as_at=as_at,
        model=name,
        need_group=answer.group,
        name=scheme.group_name(answer.group),
        need_tier=scheme.tier_word(answer.group) if scheme.tiers else None,
        rag=scheme.colour(answer.group) if scheme.tiers else None,
        reason=None,
        staff_text=texts.about(answer.group, true_of, "staff"),
        patient_text=f"{texts.about(answer.group, true_of, 'patient')} {texts.patient_note}",
        answer=answer,
        flags=flags,
        criteria=tuple(_criterion(rule.group, answer, model, words, texts) for rule in model.criteria),
        lines=tuple(words.lines_present()),
        registers=tuple(words.registers_present()),
        scores={score: tuple(words.score_items(score)) for score in model.scores},
        conditions=tuple(_conditions(rows, reading, words, catalogue)),
        changes=tuple(_changes_in_words(find_changes(model, rows.facts, as_at), model, words, scheme)),
        not_given=tuple(feed for feed in ("contacts", "medicines", "values") if feed not in feeds),
        note=texts.staff_note,
    )


def _without_group(reason: str, texts: Texts, as_at: datetime.date, model: str) -> Explanation:
    return Explanation(
        as_at=as_at,
        model=model,
        need_group=None,
        name=None,
        need_tier=None,
        rag=None,
        reason=reason,
        staff_text=texts.no_group_staff.format(reason=texts.reasons.get(reason, reason)),
        patient_text=f"{texts.no_group_patient} {texts.patient_note}",
        answer=None,
        flags={},
        criteria=(),
        lines=(),
        registers=(),
        scores={},
        conditions=(),
        changes=(),
        not_given=(),
        note=texts.staff_note,
    )


def _criterion(group: int, answer: Answer, model: Model, words: Words, texts: Texts) -> CriterionReport:
    rule = next(rule for rule in model.criteria if rule.group == group)
    findings = tuple(words.findings(rule.when)) if rule.when is not None else ()
    return CriterionReport(group, answer.criteria[group], texts.criteria.get(group, f"criterion {group}"), findings)


def _conditions(rows: PersonRows, reading: Reading, words: Words, catalogue: Catalogue) -> list[ConditionReport]:
    """Conditions of the catalogue that are recorded, the most specific only; medicines last, latest records first.

    Restricted records stand together at the end, with neither code nor date: among the other records of a condition
    they would tell what they are.
    """
    named: dict[str, list[Fact]] = {}
    used = reading.model.conditions_used
    n_hidden = 0
    for fact in rows.facts.facts:
        if not words.show_restricted and catalogue.is_restricted(fact.conditions):
            n_hidden += 1
            continue
        known = {c for c in fact.conditions if c in catalogue.conditions}
        # A code that nothing but a register knows is named by that.
        known = known or {
            c for c in fact.conditions if c in catalogue.register_items and used & _counting(c, fact, catalogue)
        }
        inner = {ancestor for c in known for ancestor in _ancestors(c, catalogue)}
        for condition in known - inner:
            named.setdefault(condition, []).append(fact)
    reports = []
    latest_first = sorted(named.items(), key=lambda item: max(f.date for f in item[1]), reverse=True)
    for condition, facts in sorted(latest_first, key=lambda item: reading.model.kinds.get(item[0]) in _LAST_KINDS):
        facts.sort(key=lambda fact: fact.date, reverse=True)
        reports.append(
            ConditionReport(
                condition=condition,
                name=catalogue.name_of(condition),
                counted=any(used & _counting(condition, fact, catalogue) for fact in facts),
                ended=reading.ended(condition),
                n_records=len(facts),
                records=tuple(
                    _record(fact, condition, rows, catalogue, reading.model) for fact in facts[:_MOST_RECORDS]
                ),
            )
        )
    if n_hidden:
        reports.append(ConditionReport("", words.texts.restricted_record, True, False, n_hidden, ()))
    return reports


def _ancestors(condition: str, catalogue: Catalogue) -> tuple[str, ...]:
    return catalogue.conditions[condition].ancestors if condition in catalogue.conditions else ()


def _counting(condition: str, fact: Fact, catalogue: Catalogue) -> set[str]:
    """What a record is evidence of as a condition: it and what it is nested in, and items of registers."""
    names = {condition, *_ancestors(condition, catalogue)}
    return {c for c in fact.conditions if base_of(c) in names or base_of(c) in catalogue.register_items}


def _record(fact: Fact, condition: str, rows: PersonRows, catalogue: Catalogue, model: Model) -> RecordReport:
    _, pair, amount = rows.origins[fact.row]
    code, system = pair.code or "", pair.system
    used = {condition, *(base_of(c) for c in model.conditions_used if base_of(c) in catalogue.register_items)}
    mapping = [] if system is None else [r for r in catalogue.rows_for(code, system) if r.condition in used]
    return RecordReport(
        code=code,
        system=system.value if system is not None else "",
        date=fact.date,
        mapping="; ".join(f"{row.match} {row.code} ({row.place})" for row in mapping),
        sources=tuple(dict.fromkeys(source for row in mapping for source in row.source)),
        value="" if amount is None else _number(amount, model.values[condition].decimals),
    )


def _number(amount: int, decimals: int) -> str:
    """A value as it was given, from whole numbers of its last decimal."""
    return f"{amount / 10**decimals:.{decimals}f}".rstrip("0").rstrip(".") if decimals else str(amount)


def _changes_in_words(changes: Changes, model: Model, words: Words, scheme: Scheme) -> list[str]:
    def group(number: int) -> str:
        return f"group {number} ({scheme.group_name(number)})"

    sentences = []
    if changes.by_time is not None:
        day, then = changes.by_time
        sentences.append(f"With nothing more recorded: {group(then)} from {day_text(day)}.")
    # Which group a restricted record leads to would tell what it is.
    removed = [(c, then) for c, then in changes.by_removing if words.may_name(c)]
    for condition, then in removed[:5]:
        sentences.append(f"Without the records of {words.condition(condition)}: {group(then)}.")
    for then, conditions in changes.by_adding[:2]:
        shown = [words.condition(condition) for condition in conditions if words.may_name(condition)]
        more = f" (or {len(shown) - 4} others)" if len(shown) > 4 else ""
        if shown:
            sentences.append(f"With one new record of {'; or '.join(shown[:4])}{more}: {group(then)}.")
    return sentences
