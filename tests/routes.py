"""The routes to an answer that tests compare: `group()`, the reference interpreter, and the plain-Python oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pngroup
from generated import Population
from oracle.specification import FLAGS, group_person
from pngroup.explanation.person import rows_of_person
from pngroup.model.reference import interpret

#: Columns of each table, so that an empty one has them too.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "people": (
        "person_id", "birth_date", "age", "sex", "registered_from", "registered_to", "died_on", "excluded_reason",
    ),
    "records": ("person_id", "code", "system", "date", "status"),
    "contacts": ("person_id", "date", "setting"),
    "medicines": ("person_id", "code", "system", "date"),
    "values": ("person_id", "code", "system", "date", "value", "unit"),
}  # fmt: skip
FEEDS = ("contacts", "medicines", "values")


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows as a mapping of columns, dates as ISO text so that whole and partial birth dates stand together."""
    rows = list(rows)
    return {column: [_cell(row.get(column)) for row in rows] for column in COLUMNS[name]}


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def engine(population: Population, feeds: Iterable[str] = FEEDS, **options: Any) -> pngroup.Grouping:
    """`group()` on generated people with some of the feeds."""
    given = {name: table(name, getattr(population, name)) for name in feeds}
    return pngroup.group(
        table("people", population.people),
        table("records", population.records),
        as_at=population.as_at,
        **given,
        **options,
    )


def engine_answers(grouping: pngroup.Grouping) -> dict[str, dict[str, Any]]:
    """What `to_frame()` says, one dictionary a person."""
    frame = grouping.to_frame()
    columns = {name: list(values) for name, values in frame.items()}
    return {
        columns["person_id"][i]: {name: values[i] for name, values in columns.items()} for i in range(len(grouping))
    }


def reference_answers(grouping: pngroup.Grouping) -> dict[str, dict[str, Any]]:
    """The reference interpreter on the records that a grouping kept, in the words of `to_frame()`."""
    assert grouping.kept is not None
    answers = {}
    for place, person_id in enumerate(grouping.people.ids.values):
        if grouping.people.reason[place] >= 0:
            answers[person_id] = {grouping.model.result: None}
            continue
        facts = rows_of_person(place, grouping.people, grouping.kept).facts
        answer = interpret(grouping.model, facts, grouping.as_at)
        answers[person_id] = {
            grouping.model.result: answer.group,
            "criteria": sum(1 << (number - 1) for number, met in answer.criteria.items() if met),
            **answer.measures,
            **answer.flags,
            "not_knowable": bool(answer.not_knowable),
        }
    return answers


@cache
def meaning(code: str, system: str) -> frozenset[str]:
    """What a code means, by the public `lookup`; nothing for what it cannot read."""
    try:
        return frozenset(pngroup.lookup([code], system)[0])
    except (pngroup.PngroupError, pngroup.UnreadableCodesWarning):
        return frozenset()


def oracle_answers(population: Population, feeds: Iterable[str] = FEEDS) -> dict[str, dict[str, Any]]:
    """The plain-Python reading of the specification, in the words of `to_frame()`."""
    feeds = tuple(feeds)
    answers = {}
    for person, rows in population.each():
        given = {name: rows[name] for name in feeds}
        found = group_person(person, rows["records"], population.as_at, catalogue=meaning, **given)
        answers[person["person_id"]] = _in_words_of_to_frame(found)
    return answers


def _in_words_of_to_frame(found: Mapping[str, Any]) -> dict[str, Any]:
    answer = {
        name: value for name, value in found.items() if name not in ("criteria", "flags", "pregnant", "not_knowable")
    }
    has_group = found["need_group"] is not None
    answer["criteria"] = sum(1 << (number - 1) for number in found["criteria"]) if has_group else None
    answer.update({flag: found["flags"][flag] for flag in FLAGS})
    answer["not_knowable"] = bool(found["not_knowable"])
    return answer


def differences(
    left: Mapping[str, Mapping[str, Any]],
    right: Mapping[str, Mapping[str, Any]],
    *,
    ignore: Iterable[str] = (),
) -> list[tuple[str, str, Any, Any]]:
    """Person, field and both values wherever two routes differ in a field that both have."""
    found = []
    for person, answer in left.items():
        other = right[person]
        shared = answer.keys() & other.keys() - set(ignore)
        found += [
            (person, name, answer[name], other[name])
            for name in sorted(shared)
            if _plain(answer[name]) != _plain(other[name])
        ]
    return found


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
