"""Vignettes held against the model: each grouped, and compared with what its author expects."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ..catalogue import Catalogue
from ..grouping import group
from ..model import Model, load_model
from ..result import Grouping
from ..schemes import Scheme
from .reading import PERSON, TABLES, Vignette, known_keys, wrong


@frozen
class VignetteResult:
    """What came of a vignette: nothing in `differences` when it is as expected."""

    vignette: Vignette
    differences: tuple[str, ...]


def check_vignettes(
    vignettes: Iterable[Vignette],
    *,
    model: str | os.PathLike[str] | Model | None = None,
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
) -> list[VignetteResult]:
    """Each vignette grouped and compared with what it expects, in the order given.

    Without a model each is held against the one that its file names, with the options that it names itself. Raises
    `ModelError` where a vignette expects something that the model does not answer.
    """
    vignettes = list(vignettes)
    together: dict[object, list[Vignette]] = {}
    for vignette in vignettes:
        options = tuple((name, str(value)) for name, value in vignette.options.items())
        key = (vignette.model if model is None else "", options, vignette.as_at, tuple(vignette.tables))
        together.setdefault(key, []).append(vignette)
    found: dict[str, VignetteResult] = {}
    for members in together.values():
        first = members[0]
        used = load_model(first.model if model is None else model, catalogue, **first.options)
        grouping = _grouped(members, used, catalogue, scheme)
        for vignette, answer in zip(members, _answers(grouping), strict=True):
            if not {used.result, "reason"} & vignette.expect.keys():
                raise wrong("nothing is expected", vignette.place, f"{used.result} or reason")
            known_keys(vignette.expect, answer, f"{vignette.place}, expect")
            found[vignette.id] = VignetteResult(vignette, tuple(_differences(vignette.expect, answer)))
    return [found[vignette.id] for vignette in vignettes]


def _grouped(
    members: list[Vignette],
    model: Model,
    catalogue: str | os.PathLike[str] | Catalogue | None,
    scheme: str | os.PathLike[str] | Scheme | None,
) -> Grouping:
    tables = {name: _table(name, members) for name in members[0].tables}
    people = {column: [_text(v.person.get(column)) for v in members] for column in PERSON}
    return group(
        {"person_id": [v.id for v in members], **people},
        tables["records"],
        as_at=members[0].as_at,
        contacts=tables.get("contacts"),
        medicines=tables.get("medicines"),
        values=tables.get("values"),
        model=model,
        catalogue=catalogue,
        scheme=scheme,
    )


def _table(name: str, members: Iterable[Vignette]) -> dict[str, list[Any]]:
    rows = [(v.id, row) for v in members for row in v.tables[name]]
    columns: dict[str, list[Any]] = {"person_id": [person for person, _ in rows]}
    for column in TABLES[name]:
        columns[column] = [_text(row.get(column)) for _, row in rows]
    return columns


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _answers(grouping: Grouping) -> Iterator[dict[str, Any]]:
    frame, flags, registers = grouping.to_frame(), grouping.flags(), grouping.answers.registers
    groups = [rule.group for rule in grouping.model.criteria]
    for i in range(len(grouping)):
        answer = {name: values[i] for name, values in frame.items()}
        met = answer["criteria"]
        left_open = int(grouping.answers.left_open[i])
        answer["criteria"] = None if met is None else _numbers(groups, int(met))
        answer["flags"] = sorted(name for name, values in flags.items() if values[i] and name != "not_knowable")
        answer["not_knowable"] = [] if met is None else _numbers(groups, left_open)
        if registers:
            answer["registers"] = [] if met is None else [name for name, (has, _) in registers.items() if has[i]]
        yield answer


def _numbers(groups: Iterable[int], bits: int) -> list[int]:
    return [number for number in groups if bits >> (number - 1) & 1]


def _differences(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    for name, expected in expect.items():
        found = answer.get(name)
        wanted = expected
        if name == "flags":
            wanted = sorted(flag for flag in expected if flag != "not_knowable")
        if name == "not_knowable" and isinstance(expected, bool):
            found = bool(found)
        if found != wanted:
            yield f"{name}: expected {wanted!r}, found {found!r}"
