"""From people and evidence to answers: a model compiled once, then run block by block, one array an output."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .evidence import BlockFacts, Evidence, Room, unfolding
from .evidence.view import Measured
from .intake import SEXES, People
from .model.compiling import Compiler
from .model.definition import Model
from .model.plan import plan_for
from .model.steps import Bit, Step
from .model.tree import Measure
from .model.viewing import PeopleBlock, View, find_endings, moments
from .threads import for_each

Array: TypeAlias = npt.NDArray[Any]
Bools: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.integer[Any]]


@frozen
class Answers:
    """The model's answers, one entry a person of `People`, meaningful where the person gets a group.

    `group`; `criteria`, bit g-1 for group g met; `left_open`, likewise for criteria that a given feed left open;
    `measures` and `registers` with a mask of where they are known; `flags` booleans. Whole numbers are of the smallest
    type that holds them all; what is the same for everybody is stored once, in an array that cannot be written to.
    """

    group: Integers = field(eq=False)
    criteria: Integers = field(eq=False)
    left_open: Integers = field(eq=False)
    measures: dict[str, tuple[Integers, Bools]] = field(eq=False)
    flags: dict[str, Bools] = field(eq=False)
    registers: dict[str, tuple[Bools, Bools]] = field(eq=False)


@frozen
class Inputs:
    """What a model is asked about: people, their evidence at the index date, and which feeds were given.

    `as_at` is a day number; `medicines` and `values` are empty where they were not given.
    """

    people: People = field(repr=False)
    evidence: Evidence = field(repr=False)
    as_at: int
    feeds: frozenset[str]
    medicines: Measured = field(repr=False)
    values: Measured = field(repr=False)


def answer(model: Model, inputs: Inputs) -> Answers:
    """The answers for all people on one index date."""
    [answers] = answer_dates(model, [inputs])
    return answers


def answer_dates(model: Model, inputs: Sequence[Inputs]) -> list[Answers]:
    """The answers on several index dates; the inputs share evidence, feeds and the order of people.

    What does not depend on the date is done once.
    """
    compiler = compiler_for(model, inputs[0])
    outputs = _outputs(compiler)
    columns = run(model, inputs, list(outputs.values()))
    return [_answers(model, dict(zip(outputs, each, strict=True))) for each in columns]


def answer_groups(model: Model, inputs: Sequence[Inputs]) -> list[Integers]:
    """The groups alone on several index dates, with no more asked than they rest on."""
    group = group_step(compiler_for(model, inputs[0]))
    return [each[0] for each in run(model, inputs, [group])]


def group_step(compiler: Compiler) -> Bit | int:
    """The step that makes the groups, or the one group of everybody."""
    return _outputs(compiler)["", "group"]


def compiler_for(model: Model, inputs: Inputs) -> Compiler:
    """A compiler of the model's expressions for the feeds and the conditions that are there."""
    return Compiler(model, inputs.feeds, frozenset[str]().union(*inputs.evidence.meanings), SEXES)


def run(model: Model, inputs: Sequence[Inputs], outputs: Sequence[Bit | int]) -> list[list[Array]]:
    """For each of the inputs, which share their evidence, an array an output, one entry a person.

    An output is a step, or a constant, whose array is stored once.
    """
    steps = list({id(each): each for each in outputs if isinstance(each, Step)}.values())
    plan, evidence = plan_for(steps), inputs[0].evidence
    endings = find_endings(model, plan.planes | plan.dated, evidence.meanings)
    unfolds = unfolding(evidence, planes=plan.planes.union(endings.by), dated=plan.dated)
    whens = moments([each.as_at for each in inputs], plan.windows)
    n = evidence.n_people
    columns = [{id(step): np.empty(n, step.dtype) for step in steps} for _ in inputs]

    rooms = threading.local()

    def run_block(block: int) -> None:
        room = rooms.__dict__.setdefault("room", Room())
        rows, facts = evidence.people_of_block(block), BlockFacts(evidence, unfolds, block, room)
        for each, when, arrays in zip(inputs, whens, columns, strict=True):
            people = PeopleBlock(each.people.age[rows], each.people.birth[rows], each.people.sex[rows])
            medicines, values = (table.of_people(rows.start, rows.stop) for table in (each.medicines, each.values))
            view = View(people, facts, when, endings, medicines=medicines, values=values)
            for step, array in zip(steps, plan.run(view), strict=True):
                arrays[id(step)][rows] = array

    if steps:
        for_each(run_block, range(evidence.n_blocks))
    return [
        [arrays[id(each)] if isinstance(each, Step) else np.broadcast_to(_constant(each), n) for each in outputs]
        for arrays in columns
    ]


def _constant(value: bool | int) -> Array:
    return np.array(value, bool) if isinstance(value, bool) else np.array(value, np.min_scalar_type(value))


def _outputs(compiler: Compiler) -> dict[tuple[str, str], Bit | int]:
    """Everything that the answers hold, by kind and name."""
    model, steps, if_empty = compiler.model, compiler.steps, compiler.if_absent_were_empty()
    met: dict[int, Bit] = {}
    left_open: list[tuple[Bit, int]] = []
    for rule in model.rules:
        if rule.when is None:
            met[rule.group] = steps.opposite(steps.any_of(met.values()))
        else:
            met[rule.group] = compiler.truth(rule.when).surely
            # A criterion is left open by a given feed when it stays unknown with the absent feeds taken as empty.
            truth = if_empty.truth(rule.when)
            left_open.append((steps.all_of((truth.possibly, steps.opposite(truth.surely))), rule.group))
    first: dict[int, Bit] = {}
    none_yet: Bit = True
    deciding = dict(met)
    for rule in model.beside:
        if rule.when is not None:
            met[rule.group] = compiler.truth(rule.when).surely
            truth = if_empty.truth(rule.when)
            left_open.append((steps.all_of((truth.possibly, steps.opposite(truth.surely))), rule.group))
    for group, bit in deciding.items():
        first[group] = steps.all_of((none_yet, bit))
        none_yet = steps.all_of((none_yet, steps.opposite(bit)))
    outputs: dict[tuple[str, str], Bit | int] = {
        ("", "group"): steps.total((bit, group) for group, bit in first.items()).values,
        ("", "criteria"): steps.total((bit, 1 << (group - 1)) for group, bit in met.items()).values,
        ("", "left_open"): steps.total((bit, 1 << (group - 1)) for bit, group in left_open).values,
    }
    for name in model.outputs:
        number = compiler.number(Measure(name))
        outputs["measure", name], outputs["known", name] = number.values, number.known
    for flag in model.flags:
        of_groups = steps.any_of(first.get(group, False) for group in flag.groups) if flag.groups else True
        outputs["flag", flag.id] = steps.all_of((compiler.truth(flag.when).surely, of_groups))
    for name in model.registers:
        truth = compiler.register(name)
        known = steps.any_of((truth.surely, steps.opposite(truth.possibly)))
        outputs["register", name], outputs["register known", name] = truth.surely, known
    return outputs


def _answers(model: Model, columns: dict[tuple[str, str], Array]) -> Answers:
    return Answers(
        group=columns["", "group"],
        criteria=columns["", "criteria"],
        left_open=columns["", "left_open"],
        measures={name: (columns["measure", name], columns["known", name]) for name in model.outputs},
        flags={flag.id: columns["flag", flag.id] for flag in model.flags},
        registers={name: (columns["register", name], columns["register known", name]) for name in model.registers},
    )
