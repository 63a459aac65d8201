"""Which items of a score each person has: the expressions of a score's table, evaluated one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .answering import Inputs, compiler_for, run
from .catalogue import Catalogue
from .errors import UsageError, did_you_mean
from .model import Model
from .model.compiling import UNKNOWN
from .model.definition import Score, condition_names
from .model.registers import base_of
from .model.steps import Bit
from .model.tree import Node, calls

Bools: TypeAlias = npt.NDArray[np.bool_]


def find_score(model: Model, name: str) -> Score:
    """The score of a model by its id; `UsageError` where there is none."""
    if not isinstance(name, str) or name not in model.scores:
        hint = did_you_mean(str(name), model.scores)
        raise UsageError(
            f"the model has no score {name!r}" + (f", {hint}" if hint else ""),
            where="argument score",
            allowed=", ".join(model.scores),
            remedy="name one of these",
        )
    return model.scores[name]


def items(model: Model, inputs: Inputs, score: Score) -> dict[str, tuple[Bools, Bools]]:
    """For each item of a score, by id: who has it, and of whom that is known; one entry a person each.

    Not known is an item of people without a group or for whom the score itself is not known, an item that
    our codes cannot tell, and one that depends on a table that was not given.
    """
    compiler = compiler_for(model, inputs)
    steps = compiler.steps
    sure = True if score.known_if is None else compiler.truth(score.known_if).surely
    bits: list[Bit] = []
    for item in score.items:
        truth = UNKNOWN if item.when is None else compiler.truth(item.when)
        bits.append(steps.all_of((sure, truth.surely)))
        bits.append(steps.all_of((sure, steps.any_of((truth.surely, steps.opposite(truth.possibly))))))
    [columns] = run(model, [inputs], bits)
    grouped = inputs.people.reason < 0
    found = {}
    for item, has, known in zip(score.items, columns[::2], columns[1::2], strict=True):
        found[item.id] = (has & grouped, known & grouped)
    return found


def restricted_items(model: Model, catalogue: Catalogue, score: Score) -> frozenset[str]:
    """The ids of those items of a score that tell of a restricted topic."""
    return frozenset(
        item.id
        for item in score.items
        if item.when is not None and any(_is_restricted(catalogue, name) for name in _conditions(model, item.when))
    )


def _conditions(model: Model, node: Node) -> Iterator[str]:
    for call in calls(node):
        if call.function == "line":
            for _, of_class in model.lines[call.names[0]].classes:
                yield from _conditions(model, of_class)
        for name in condition_names(call):
            yield from map(base_of, model.members(name))


def _is_restricted(catalogue: Catalogue, name: str) -> bool:
    if name in catalogue.conditions:
        return catalogue.is_restricted([name])
    # An item with codes of its own is about what those of its codes are about that mean anything else.
    meanings = [
        catalogue.meaning(code, system) & catalogue.conditions.keys()
        for system, rules in catalogue.rules.items()
        for code in rules.codes_of(name)
    ]
    told = [conditions for conditions in meanings if conditions]
    return bool(told) and all(map(catalogue.is_restricted, told))
