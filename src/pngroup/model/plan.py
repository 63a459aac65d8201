"""A plan: the steps that a model comes to for given feeds and evidence, each array freed after its last use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import field, frozen

from .steps import Array, Step
from .viewing import EVER, View, Window


@frozen
class Plan:
    """Steps in order, and what they ask of the view: planes of conditions, their days, windows.

    Each line is what to call, from which places, into which place, and which places are not needed any more. `asked`
    has which conditions and tables are asked about in which windows: "planes", "dated" or "tables", name, window.
    """

    lines: tuple[tuple[Callable[..., Any], tuple[int, ...], int, tuple[int, ...]], ...] = field(repr=False)
    wanted: tuple[int, ...] = field(repr=False)
    planes: frozenset[str]
    dated: frozenset[str]
    windows: frozenset[Window]
    asked: frozenset[tuple[str, str, Window]]

    def run(self, view: View) -> list[Array]:
        """The arrays wanted, for the people of one block on one index date."""
        made: list[Any] = [None] * len(self.lines)
        for call, inputs, place, done in self.lines:
            made[place] = call(view, *[made[each] for each in inputs])
            for each in done:
                made[each] = None
        return [made[place] for place in self.wanted]


def plan_for(wanted: Sequence[Step]) -> Plan:
    """The plan that makes these arrays; what none of them needs is left out."""
    order = _in_order(wanted)
    place = {id(step): i for i, step in enumerate(order)}
    last_use = {place[id(each)]: i for i, step in enumerate(order) for each in step.inputs}
    kept = {place[id(step)] for step in wanted}
    done: dict[int, list[int]] = {}
    for each, i in last_use.items():
        if each not in kept:
            done.setdefault(i, []).append(each)
    return Plan(
        lines=tuple(
            (step.run, tuple(place[id(each)] for each in step.inputs), i, tuple(done.get(i, ())))
            for i, step in enumerate(order)
        ),
        wanted=tuple(place[id(step)] for step in wanted),
        planes=frozenset(name for step in order for name in step.planes),
        dated=frozenset(name for step in order for name in step.dated),
        windows=frozenset(window for step in order for window in step.windows),
        asked=frozenset(each for step in order for each in _asked(step)),
    )


def _asked(step: Step) -> Iterator[tuple[str, str, Window]]:
    """What is asked without a window is asked of all time."""
    for kind, names in (("planes", step.planes), ("dated", step.dated), ("tables", step.tables)):
        for name in names:
            for window in step.windows or (EVER,):
                yield kind, name, window


def _in_order(wanted: Sequence[Step]) -> list[Step]:
    """Every step needed, once, after its inputs and close to its use."""
    order: list[Step] = []
    seen: set[int] = set()
    # A stack of our own: an expression of a model may be nested as deep as its parser allows.
    stack = [(step, False) for step in reversed(wanted)]
    while stack:
        step, inputs_are_there = stack.pop()
        if inputs_are_there:
            order.append(step)
        elif id(step) not in seen:
            seen.add(id(step))
            stack.append((step, True))
            stack.extend((each, False) for each in reversed(step.inputs))
    return order
