"""Whether a part of a model rests on itself: its parts may use each other in no circle."""

from __future__ import annotations

from collections.abc import Iterator

from .definition import Model, Score
from .tree import Call, Measure, Node, walk


def find_circle(model: Model) -> tuple[str, ...]:
    """The places of a circle, its beginning repeated at its end; empty where there is none."""
    straight: set[str] = set()
    roots = [
        *(f"lines.{name}" for name in model.lines),
        *(f"tallies.{name}" for name in model.tallies),
        *(f"scores.{name}" for name in model.scores),
        *(f"measures.{name}" for name in model.measures),
        *(f"registers.{name}" for name in model.registers),
    ]
    for root in roots:
        circle = _follow(model, root, (), straight)
        if circle:
            return circle
    return ()


def _follow(model: Model, place: str, trail: tuple[str, ...], straight: set[str]) -> tuple[str, ...]:
    if place in trail:
        return (*trail[trail.index(place) :], place)
    if place not in straight:
        for node in _expressions(model, place):
            for below in _rests_on(model, node):
                circle = _follow(model, below, (*trail, place), straight)
                if circle:
                    return circle
        straight.add(place)
    return ()


def _expressions(model: Model, place: str) -> Iterator[Node]:
    kind, _, name = place.partition(".")
    if kind == "lines":
        yield from (node for _, node in model.lines[name].classes)
    elif kind == "tallies":
        yield from (node for _, node in model.tallies[name].items)
    elif kind == "scores":
        yield from _of_score(model.scores[name])
    elif kind == "registers":
        yield model.register_rules[name]
    else:
        yield model.measures[name]


def _of_score(score: Score) -> Iterator[Node]:
    yield from (item.when for item in score.items if item.when is not None)
    if score.known_if is not None:
        yield score.known_if


def _rests_on(model: Model, node: Node) -> Iterator[str]:
    """The places that an expression uses."""
    for each in walk(node):
        match each:
            case Measure(name) if name in model.measures:
                yield f"measures.{name}"
            case Measure(name):
                yield from (f"scores.{s.id}" for s in model.scores.values() if name in (s.id, s.available))
            case Call("line", (name,)):
                yield f"lines.{name}"
            case Call("count_lines" | "count_systems"):
                yield from (f"lines.{name}" for name in model.lines)
            case Call("n" | "span_days", (name,)):
                yield f"tallies.{name}"
            case Call("register", (name,)):
                yield f"registers.{name}"
            case Call("any_register" | "count_registers", (name,)):
                yield from (f"registers.{each}" for each in model.registers_of(name))
