"""The steps of a compiled model: sums, comparisons and counts as plain Python does them."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pngroup.model import questions
from pngroup.model.plan import plan_for
from pngroup.model.steps import Number, Step, Steps, smallest_kind

OPERATORS = {
    "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
WEIGHTS = st.one_of(st.integers(-3, 3), st.integers(-300, 300), st.integers(-(10**6), 10**6), st.just(255))
BITS = st.one_of(st.booleans(), st.lists(st.booleans(), min_size=5, max_size=5))
ALSO = st.one_of(st.integers(-300, 300), st.lists(st.integers(-300, 300), min_size=5, max_size=5))


def made(steps: Steps, values):
    """A step that makes the values given, one a person; a constant as it is."""
    if not isinstance(values, list):
        return values
    array = np.array(values)
    array = array if array.dtype == bool else array.astype(smallest_kind(min(values), max(values)))
    return steps.make("given", lambda _: array, tuple(values), dtype=array.dtype)


def number(steps: Steps, values, known=True):
    least, most = (min(values), max(values)) if isinstance(values, list) else (values, values)
    return Number(made(steps, values), least, most, made(steps, known))


def run(output):
    """The values of a step for five people."""
    if isinstance(output, Step):
        [array] = plan_for([output]).run(None)
        assert array.dtype == output.dtype
        return array.tolist()
    return [output] * 5


def each(values):
    return values if isinstance(values, list) else [values] * 5


@given(st.lists(st.tuples(BITS, WEIGHTS), max_size=12))
def test_a_total_is_the_sum_of_the_weights_of_what_holds(weighted):
    """Whatever the weights, negative and large ones too, and however often a bit is there, nothing overflows."""
    steps = Steps()
    total = steps.total((made(steps, bits), weight) for bits, weight in weighted)
    expected = [sum(weight for bits, weight in weighted if each(bits)[i]) for i in range(5)]
    assert run(total.values) == expected
    assert all(total.least <= value <= total.most for value in expected)


def test_a_total_of_many_bits_does_not_overflow():
    """A thousand things may be counted together."""
    steps = Steps()
    bits = [steps.make("given", lambda _, i=i: np.arange(5) > i % 5, i) for i in range(1000)]
    assert run(steps.total((bit, 1) for bit in bits).values) == [0, 200, 400, 600, 800]


@given(ALSO, st.sampled_from(sorted(OPERATORS)), ALSO, BITS, BITS)
def test_a_comparison_is_that_of_whole_numbers_where_both_are_known(left, sign, right, left_known, right_known):
    """Constants, ranges that decide for everybody, numbers of different widths: the answer is Python's."""
    steps = Steps()
    truth = steps.compared(number(steps, left, left_known), sign, number(steps, right, right_known))
    expected = [OPERATORS[sign](a, b) for a, b in zip(each(left), each(right), strict=True)]
    known = [a and b for a, b in zip(each(left_known), each(right_known), strict=True)]
    assert run(truth.surely) == [a and b for a, b in zip(expected, known, strict=True)]
    assert run(truth.possibly) == [a or not b for a, b in zip(expected, known, strict=True)]


@given(ALSO, st.sampled_from("+-"), ALSO)
def test_sums_and_differences_are_those_of_whole_numbers(left, sign, right):
    """Numbers that are kept in a byte are added and subtracted without running over."""
    steps = Steps()
    found = steps.sum_or_difference(number(steps, left), sign, number(steps, right))
    expected = [a + b if sign == "+" else a - b for a, b in zip(each(left), each(right), strict=True)]
    assert run(found.values) == expected
    assert all(found.least <= value <= found.most for value in expected)


@given(st.lists(BITS, max_size=5))
def test_all_any_and_not_of_bits(bits):
    """All, any and their opposites hold where Python's do, whichever of the bits are the same for everybody."""
    steps = Steps()
    given_bits = [made(steps, each_bit) for each_bit in bits]
    both, some = steps.all_of(given_bits), steps.any_of(given_bits)
    assert run(both) == [all(each(b)[i] for b in bits) for i in range(5)]
    assert run(some) == [any(each(b)[i] for b in bits) for i in range(5)]
    assert run(steps.opposite(both)) == [not all(each(b)[i] for b in bits) for i in range(5)]
    assert steps.opposite(steps.opposite(some)) is some


@pytest.mark.parametrize("spread", [3, 300, 1 << 20], ids=str)
def test_different_things_of_a_person_are_counted_once(spread):
    """Counting different days or medicines is counting a set, whether their numbers lie close together or not."""
    rng = np.random.default_rng(spread)
    person, what = rng.integers(0, 50, 3000), rng.integers(0, spread, 3000) + 5
    expected = [len({int(w) for w in what[person == i]}) for i in range(60)]
    assert questions._n_distinct(60, person, what).tolist() == expected
