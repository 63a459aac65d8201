"""The door to the readers: one answer a value, closed words for problems, clear errors."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pngroup import codes
from pngroup.codes import CodeProblem
from pngroup.errors import UsageError
from pngroup.vocabulary import CodeSystem

anything = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=9))


@given(st.lists(anything, max_size=20), st.sampled_from(list(CodeSystem)))
def test_each_value_has_one_answer(values, system):
    """One answer a value, in order: a code or a problem, never both, and flags for read codes only."""
    read = codes.read(values, system)
    assert len(read) == len(read.code) == len(read.problem) == len(read.rewritten) == len(read.filler) == len(values)
    assert read.rewritten.dtype == read.filler.dtype == np.bool_
    for code, problem, rewritten, filler in zip(read.code, read.problem, read.rewritten, read.filler, strict=True):
        assert (code is None) == isinstance(problem, CodeProblem)
        assert code is None or (type(code) is str and code)
        assert code is not None or not (rewritten or filler)


@given(st.lists(anything, max_size=20), st.sampled_from(list(CodeSystem)), st.randoms())
def test_answers_do_not_depend_on_company(values, system, order):
    """The answer for a value is the same alone, in any order and beside any other value."""
    together = codes.read(values, system)
    alone = [codes.read([value], system) for value in values]
    assert together.code == [read.code[0] for read in alone]
    assert together.problem == [read.problem[0] for read in alone]
    places = list(range(len(values)))
    order.shuffle(places)
    assert codes.read([values[at] for at in places], system).code == [together.code[at] for at in places]


def test_arrays_of_each_kind_give_the_same_answers():
    """Lists, tuples and numpy arrays of text, objects and integers give the same codes, as plain text."""
    ids = [44054006, 73211009]
    expected = ["44054006", "73211009"]
    for values in (
        ids,
        tuple(ids),
        np.array(ids),
        np.array(expected),
        np.array(expected, dtype=object),
        np.array(expected, dtype="S"),
    ):
        read = codes.read(values, CodeSystem.SNOMED)
        assert read.code == expected
        assert {type(code) for code in read.code} == {str}
        assert not read.rewritten.any()


def test_an_empty_table_has_no_answers():
    """No values give no answers and no error."""
    assert len(codes.read([], CodeSystem.ICD10)) == 0


@pytest.mark.parametrize("problem", list(CodeProblem))
def test_each_problem_is_explained_in_one_clause(problem):
    """Each problem has a clause of its own for reports."""
    clause = codes.explain_problem(problem)
    assert clause
    assert not clause.endswith(".")
    assert clause == codes.explain_problem(problem.value)
    assert sum(clause == codes.explain_problem(other) for other in CodeProblem) == 1


def test_an_unknown_system_is_an_error_in_four_parts():
    """A wrong system is one clear sentence: what, where, allowed, remedy."""
    with pytest.raises(UsageError) as caught:
        codes.read(["I10"], "idc10")
    error = caught.value
    assert "not one of ours" in error.what
    assert error.where == "system"
    assert "icd10cm" in error.allowed
    assert "icd10" in error.remedy


def test_one_text_is_not_a_sequence_of_codes():
    """A single text is refused, and the error does not show it: it could be a person's number."""
    with pytest.raises(UsageError) as caught:
        codes.read("9434765919", CodeSystem.SNOMED)
    error = caught.value
    assert error.where == "values"
    assert "list" in error.allowed
    assert "list" in error.remedy
    assert "943" not in f"{error}{error.args}{error.__cause__}"


@pytest.mark.parametrize("system", list(CodeSystem))
def test_no_problem_shows_the_value(system):
    """What is said of an unreadable value never holds the value: it could be a person's number."""
    number = "943 476 5919 Betty"
    read = codes.read([number], system)
    assert not re.search("943|Betty", repr(read))
    for problem in filter(None, read.problem):
        text = f"{problem} {problem!r} {codes.explain_problem(problem)}"
        assert not {"943", "476", "5919", "Betty"} & set(text.replace(",", " ").split())
