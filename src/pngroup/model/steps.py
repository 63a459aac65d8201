"""Numpy calls in a row: what a compiled model is made of.

A step makes one array, an entry a person of a block, from the arrays of earlier steps. A *bit* is a step that makes
booleans, or a truth that is the same for everybody; what is known before anybody is looked at costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import frozen

from .viewing import View, Window

Array: TypeAlias = npt.NDArray[Any]
Bools: TypeAlias = npt.NDArray[np.bool_]

BOOLEAN: Final[np.dtype[Any]] = np.dtype(bool)
_BYTE: Final = 255
_KINDS: Final = (np.dtype(np.uint8), np.dtype(np.int16), np.dtype(np.int32), np.dtype(np.int64))
_OPERATORS: Final[dict[str, Callable[..., Bools]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@frozen(eq=False)
class Step:
    """One array of a plan: `run(view, *inputs)`.

    `planes`, `dated`, `tables` (of values, of medicines) and `windows` are what it asks of the view.

    (Episodes are no array; they are made by a step of their own all the same, because several others need them.)
    """

    run: Callable[..., Any]
    inputs: tuple[Step, ...] = ()
    dtype: np.dtype[Any] = BOOLEAN
    planes: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()


Bit: TypeAlias = bool | Step


@frozen
class Truth:
    """A truth of three values: where it surely holds, and where it holds or is unknown."""

    surely: Bit
    possibly: Bit


@frozen
class Number:
    """Whole numbers from `least` to `most`, which mean something where `known`."""

    values: int | Step
    least: int
    most: int
    known: Bit = True


class Steps:
    """The steps made so far: the same call on the same inputs is made once."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Step] = {}
        self._opposite: dict[int, Step] = {}

    def make(
        self,
        name: str,
        run: Callable[..., Any],
        *parameters: Hashable,
        inputs: Iterable[Step] = (),
        dtype: np.dtype[Any] = BOOLEAN,
        **asked: Any,
    ) -> Step:
        """The step of that name with those parameters and inputs."""
        inputs = tuple(inputs)
        key = (name, parameters, *map(id, inputs))
        if key not in self._made:
            self._made[key] = Step(run, inputs, dtype, **asked)
        return self._made[key]

    def all_of(self, bits: Iterable[Bit]) -> Bit:
        """Where every bit holds."""
        return self._fold("all", np.logical_and, bits, deciding=False)

    def any_of(self, bits: Iterable[Bit]) -> Bit:
        """Where some bit holds."""
        return self._fold("any", np.logical_or, bits, deciding=True)

    def _fold(self, name: str, function: np.ufunc, bits: Iterable[Bit], *, deciding: bool) -> Bit:
        different: dict[int, Step] = {}
        for bit in bits:
            if isinstance(bit, Step):
                different[id(bit)] = bit
            elif bit is deciding:
                return deciding
        if len(different) < 2:
            return next(iter(different.values()), not deciding)
        return self.make(name, partial(_folded, function), inputs=different.values())

    def opposite(self, bit: Bit) -> Bit:
        """Where the bit does not hold."""
        if not isinstance(bit, Step):
            return not bit
        if id(bit) not in self._opposite:
            found = self.make("not", _opposite, inputs=(bit,))
            self._opposite[id(bit)], self._opposite[id(found)] = found, bit
        return self._opposite[id(bit)]

    def total(self, weighted: Iterable[tuple[Bit, int]]) -> Number:
        """The sum of the weights of those bits that hold."""
        constant, weights = 0, dict[Step, int]()
        for bit, weight in weighted:
            if isinstance(bit, Step):
                weights[bit] = weights.get(bit, 0) + weight
            elif bit:
                constant += weight
        weights = {bit: weight for bit, weight in weights.items() if weight}
        if not weights:
            return Number(constant, constant, constant)
        least = constant + sum(weight for weight in weights.values() if weight < 0)
        most = constant + sum(weight for weight in weights.values() if weight > 0)
        kind, summands = smallest_kind(least, most), tuple(weights.values())
        run = partial(_total, constant, _batches(summands), kind)
        return Number(self.make("total", run, constant, summands, inputs=weights, dtype=kind), least, most)

    def compared(self, left: Number, sign: str, right: Number) -> Truth:
        """A comparison; unknown where one side is."""
        known = self.all_of((left.known, right.known))
        holds = self._holds(left, sign, right)
        return Truth(self.all_of((holds, known)), self.any_of((holds, self.opposite(known))))

    def _holds(self, left: Number, sign: str, right: Number) -> Bit:
        for holds in (True, False):
            if holds is _decided(left, sign, right):
                return holds
        return self._between(sign, _OPERATORS[sign], left, right, BOOLEAN)

    def _between(
        self, sign: str, function: Callable[..., Array], left: Number, right: Number, kind: np.dtype[Any]
    ) -> Step:
        """The step between two numbers, of which one at most is a constant."""
        inputs = [each.values for each in (left, right) if isinstance(each.values, Step)]
        of_left, of_right = (None if isinstance(each.values, Step) else each.values for each in (left, right))
        run = partial(_between, function, of_left, of_right)
        return self.make("between", run, sign, of_left, of_right, inputs=inputs, dtype=kind)

    def sum_or_difference(self, left: Number, sign: str, right: Number) -> Number:
        """`left + right` or `left - right`; unknown where one side is."""
        known = self.all_of((left.known, right.known))
        least, most = left.least - right.most, left.most - right.least
        if sign == "+":
            least, most = left.least + right.least, left.most + right.most
        if not isinstance(left.values, Step) and not isinstance(right.values, Step):
            return Number(least, least, most, known)
        kind = smallest_kind(min(least, left.least, right.least), max(most, left.most, right.most))
        function = partial(np.add if sign == "+" else np.subtract, dtype=kind)
        return Number(self._between(sign, function, left, right, kind), least, most, known)


def smallest_kind(least: int, most: int) -> np.dtype[Any]:
    """The smallest type of whole numbers, of those that the evaluator uses, that holds a range."""
    return next((kind for kind in _KINDS if np.iinfo(kind).min <= least and most <= np.iinfo(kind).max), _KINDS[-1])


def _decided(left: Number, sign: str, right: Number) -> bool | None:
    """What a comparison comes to for everybody, where the ranges of both sides tell; else None."""
    below, above = left.most < right.least, left.least > right.most
    if sign in ("==", "!="):
        same = left.least == left.most == right.least == right.most
        return (sign == "==") if same else (sign == "!=") if below or above else None
    not_above, not_below = left.most <= right.least, left.least >= right.most
    always, never = {
        "<": (below, not_below),
        "<=": (not_above, above),
        ">": (above, not_above),
        ">=": (not_below, below),
    }[sign]
    return True if always else False if never else None


def _folded(function: np.ufunc, _: View, first: Bools, second: Bools, *others: Bools) -> Bools:
    found: Bools = function(first, second)
    for each in others:
        function(found, each, out=found)
    return found


def _opposite(_: View, bits: Bools) -> Bools:
    found: Bools = ~bits
    return found


def _between(function: Callable[..., Array], left: int | None, right: int | None, _: View, *values: Array) -> Array:
    if left is not None:
        return function(left, *values)
    return function(*values) if right is None else function(*values, right)


def _batches(weights: Sequence[int]) -> tuple[Batch, ...]:
    """The sum of weighted bits as sums that fit into one byte each.

    Bytes are added many times faster than wider numbers. A weight over 255 is taken apart into its bytes.
    """
    batches: list[Batch] = []
    for add in (np.add, np.subtract):
        sign = 1 if add is np.add else -1
        left = {place: weight * sign for place, weight in enumerate(weights) if weight * sign > 0}
        shift = 0
        while left:
            batch: list[tuple[int, np.uint8]] = []
            for place, weight in left.items():
                byte = weight & _BYTE
                if sum(int(each) for _, each in batch) + byte > _BYTE:
                    batches.append(Batch(add, shift, tuple(batch)))
                    batch = []
                if byte:
                    batch.append((place, np.uint8(byte)))
            batches.append(Batch(add, shift, tuple(batch)))
            left = {place: weight >> 8 for place, weight in left.items() if weight >> 8}
            shift += 8
    return tuple(batch for batch in batches if batch.weighted)


@frozen
class Batch:
    """Bits, by their places, and weights that add up to a byte; the sum is shifted, and added or subtracted."""

    add: np.ufunc
    shift: int
    weighted: tuple[tuple[int, np.uint8], ...]


def _total(constant: int, batches: tuple[Batch, ...], kind: np.dtype[Any], _: View, *bits: Bools) -> Array:
    # The result fits its type, so that what overflows on the way comes back.
    total: Array = np.full(len(bits[0]), constant, kind)
    for batch in batches:
        part = np.zeros(len(total), np.uint8)
        for place, weight in batch.weighted:
            bit = bits[place].view(np.uint8)
            np.add(part, bit if weight == 1 else bit * weight, out=part)
        part = part.astype(kind, copy=False)
        batch.add(total, np.left_shift(part, batch.shift, out=part) if batch.shift else part, out=total)
    return total
