"""From people and evidence to answers: the model evaluated block by block, one column an output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from .evidence import Evidence
from .evidence.view import Measured, View
from .intake import SEXES, People
from .model.definition import Model
from .model.evaluating import TRUE, UNKNOWN, Evaluation, PeopleBlock, Words
from .model.primitives import FEEDS
from .model.tree import Measure

Bools: TypeAlias = npt.NDArray[np.bool_]

#: People handled at a time: large enough for numpy, small enough for the processor's cache.
BLOCK: Final = 16_384


@frozen
class Answers:
    """The model's answers, one entry a person of `People`, meaningful where the person gets a group.

    `group` int8; `criteria` int32, bit g-1 for group g met; `left_open` int32, likewise for criteria that a given feed
    left open; `measures` int32 with a mask of
    where they are known; `flags` booleans.
    """

    group: npt.NDArray[np.int8] = field(eq=False)
    criteria: npt.NDArray[np.int32] = field(eq=False)
    left_open: npt.NDArray[np.int32] = field(eq=False)
    measures: dict[str, tuple[npt.NDArray[np.int32], Bools]] = field(eq=False)
    flags: dict[str, Bools] = field(eq=False)


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


def answer(model: Model, inputs: Inputs, *, block: int = BLOCK) -> Answers:
    """The answers for all people. `block` changes memory and speed, never an answer."""
    n = inputs.people.n_people
    answers = Answers(
        group=np.zeros(n, np.int8),
        criteria=np.zeros(n, np.int32),
        left_open=np.zeros(n, np.int32),
        measures={name: (np.zeros(n, np.int32), np.zeros(n, bool)) for name in model.outputs},
        flags={flag.id: np.zeros(n, bool) for flag in model.flags},
    )
    for rows, evaluation in evaluations(model, inputs, block=block):
        _answer_block(answers, evaluation, rows)
    return answers


def evaluations(model: Model, inputs: Inputs, *, block: int = BLOCK) -> Iterator[tuple[slice, Evaluation]]:
    """The model made ready for each block of people, and which people these are."""
    people, as_at = inputs.people, inputs.as_at
    number_of = {name: i for i, name in enumerate(sorted(model.conditions_used))}
    for first in range(0, people.n_people, block):
        end = min(first + block, people.n_people)
        sex = Words(people.sex[first:end], SEXES)
        evaluation = Evaluation(
            model,
            PeopleBlock(people.age[first:end], people.birth[first:end], sex),
            View(inputs.evidence, number_of, first=first, end=end, as_at=as_at),
            as_at=as_at,
            feeds=inputs.feeds,
            medicines=inputs.medicines.of_people(first, end),
            values=inputs.values.of_people(first, end),
        )
        yield slice(first, end), evaluation


def _answer_block(answers: Answers, main: Evaluation, rows: slice) -> None:
    model = main.model
    # A criterion is left open by a given feed when it stays unknown with the absent feeds taken as empty.
    if_empty = main if main.feeds >= frozenset(FEEDS) else _with_absent_feeds_empty(main)

    n = main.n
    group = np.zeros(n, np.int8)
    criteria, left_open = np.zeros(n, np.int32), np.zeros(n, np.int32)
    for rule in model.rules:
        if rule.when is None:
            met = group == 0
        else:
            truth = main.truth(rule.when)
            met = truth == TRUE
            unknown = truth == UNKNOWN
            if unknown.any():
                left_open[if_empty.truth(rule.when) == UNKNOWN] |= 1 << (rule.group - 1)
        criteria[met] |= 1 << (rule.group - 1)
        group[met & (group == 0)] = rule.group
    answers.group[rows], answers.criteria[rows], answers.left_open[rows] = group, criteria, left_open
    for name in model.outputs:
        numbers = main.numbers(Measure(name))
        values, known = answers.measures[name]
        values[rows] = numbers.values
        known[rows] = True if numbers.known is None else numbers.known
    for flag in model.flags:
        of_groups = np.isin(group, flag.groups) if flag.groups else True
        answers.flags[flag.id][rows] = (main.truth(flag.when) == TRUE) & of_groups


def _with_absent_feeds_empty(main: Evaluation) -> Evaluation:
    return Evaluation(
        main.model,
        main.people,
        main.view,
        as_at=main.as_at,
        feeds=main.feeds,
        medicines=main.medicines,
        values=main.values,
        if_known=main,
    )
