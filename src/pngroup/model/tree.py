"""The expression tree: one frozen form that every reader of a model shares.

The numpy evaluator, the reference interpreter, the checks and the words of an explanation all walk these nodes;
none of them sees the text of a model file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from attrs import frozen


@frozen
class Number:
    """A whole number. Scores are in tenths or hundredths, so that no float decides a group."""

    value: int


@frozen
class Text:
    """A constant word, to compare `sex` with."""

    value: str


@frozen
class Measure:
    """A named measure or score of the model, or `age` or `sex`."""

    name: str


@frozen
class Call:
    """An evidence primitive: what it asks (`function`), of which conditions (`names`), with which options."""

    function: str
    names: tuple[str, ...] = ()
    options: tuple[tuple[str, int | str], ...] = ()

    def option(self, name: str) -> int | None:
        """A whole-number option, or None where it is not given."""
        for key, value in self.options:
            if key == name and isinstance(value, int):
                return value
        return None

    def word(self, name: str) -> str | None:
        """A text option, or None where it is not given."""
        for key, value in self.options:
            if key == name and isinstance(value, str):
                return value
        return None


@frozen
class Compare:
    """`left operator right`, with one of == != < <= > >=."""

    left: Node
    operator: str
    right: Node


@frozen
class And:
    """All of the items (Kleene: false beats unknown beats true)."""

    items: tuple[Node, ...]


@frozen
class Or:
    """Any of the items (Kleene: true beats unknown beats false)."""

    items: tuple[Node, ...]


@frozen
class Not:
    """The opposite; unknown stays unknown."""

    item: Node


@frozen
class Arithmetic:
    """`left + right` or `left - right`; a truth counts as 1 or 0."""

    left: Node
    operator: str
    right: Node


@frozen
class Choose:
    """`then if test else otherwise`; the test is always known (`given(feed)`)."""

    test: Node
    then: Node
    otherwise: Node


Node: TypeAlias = Number | Text | Measure | Call | Compare | And | Or | Not | Arithmetic | Choose


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, in reading order."""
    match node:
        case Compare(left, _, right) | Arithmetic(left, _, right):
            return (left, right)
        case And(items) | Or(items):
            return items
        case Not(item):
            return (item,)
        case Choose(test, then, otherwise):
            return (test, then, otherwise)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes below it, depth first."""
    yield node
    for child in children(node):
        yield from walk(child)


def calls(node: Node) -> Iterator[Call]:
    """The evidence primitives below a node."""
    return (each for each in walk(node) if isinstance(each, Call))
