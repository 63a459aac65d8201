"""The hierarchy as arrays against the slow and obvious: sets, and walking from parent to parent."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from pngroup.errors import DataError
from pngroup.terminology.graph import ancestors_of_each, make_hierarchy, make_links, turned


@st.composite
def hierarchies(draw):
    """A number of concepts and pairs (child, parent) without circles, under numbers in any order."""
    n = draw(st.integers(1, 30))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] != pair[1])
    edges = draw(st.lists(pairs, max_size=80))
    names = draw(st.permutations(range(n)))
    return n, [(names[max(pair)], names[min(pair)]) for pair in edges]


def made(n, edges):
    child, parent = (np.array([pair[side] for pair in edges], np.int64) for side in (0, 1))
    return make_hierarchy(make_links(child, parent, n), np.arange(n))


def above(edges):
    """All ancestors of each concept, by walking."""
    parents = {}
    for child, parent in edges:
        parents.setdefault(child, set()).add(parent)

    def walk(concept):
        found = set()
        for parent in parents.get(concept, ()):
            found |= {parent} | walk(parent)
        return found

    return walk


@given(hierarchies())
def test_the_closure_is_that_of_walking_up(hierarchy):
    """The closure holds for each concept exactly its ancestors, each once, none before what stands above it."""
    n, edges = hierarchy
    walk = above(edges)
    built = made(n, edges)
    closure = ancestors_of_each(built)
    assert closure.targets.dtype == np.int32
    for concept in range(n):
        found = closure.of(concept).tolist()
        assert sorted(found) == sorted(walk(concept))
        assert [int(level) for level in built.levels[found]] == sorted(built.levels[found].tolist())


@given(hierarchies(), st.data())
def test_the_search_finds_what_the_closure_holds(hierarchy, data):
    """Descendants and ancestors of several concepts are those of each, found without the closure."""
    n, edges = hierarchy
    built, walk = made(n, edges), above(edges)
    wanted = data.draw(st.lists(st.integers(0, n - 1), max_size=4, unique=True))
    start = np.array(wanted, np.int64)
    up = set().union(*(walk(concept) for concept in wanted))
    down = {concept for concept in range(n) if walk(concept) & set(wanted)}
    assert set(np.flatnonzero(built.parents.reached(start, with_self=False)).tolist()) == up
    assert set(np.flatnonzero(built.children.reached(start, with_self=False)).tolist()) == down
    assert set(np.flatnonzero(built.children.reached(start, with_self=True)).tolist()) == down | set(wanted)


@given(hierarchies())
def test_children_are_parents_turned_about(hierarchy):
    """Each pair stands once in the parents and once in the children, however often it was given."""
    n, edges = hierarchy
    built = made(n, edges)
    down = {(int(child), concept) for concept in range(n) for child in built.children.of(concept)}
    up = {(concept, int(parent)) for concept in range(n) for parent in built.parents.of(concept)}
    assert up == down == set(edges)
    assert len(built.parents.targets) == len(set(edges))
    assert turned(built.children).targets.tolist() == built.parents.targets.tolist()


@settings(max_examples=50)
@given(hierarchies(), st.data())
def test_a_circle_is_refused_and_named(hierarchy, data):
    """A hierarchy in which something stands below itself is refused, and the concepts named are on the circle."""
    n, edges = hierarchy
    walk = above(edges)
    closing = [(top, child) for child in range(n) for top in walk(child)]
    if not closing:
        return
    edges = [*edges, data.draw(st.sampled_from(closing))]
    with pytest.raises(DataError, match="circle") as raised:
        made(n, edges)
    named = [int(word) for word in raised.value.what.split(": ")[1].split(" is-a ") if word != "..."]
    assert all(pair in edges for pair in pairwise(named))


@pytest.mark.parametrize("n", [200, 3_000])
def test_small_parts_give_the_same_closure(n, monkeypatch):
    """However small the parts in which the closure is computed, it is the same."""
    random = np.random.default_rng(7)
    child = random.integers(1, n, 3 * n)
    parent = (child * random.random(len(child))).astype(int)
    hierarchy = make_hierarchy(make_links(child, parent, n), np.arange(n))
    whole = ancestors_of_each(hierarchy)
    monkeypatch.setattr("pngroup.terminology.graph._PAIRS_AT_ONCE", 50)
    parts = ancestors_of_each(hierarchy)
    assert np.array_equal(whole.starts, parts.starts)
    assert np.array_equal(whole.targets, parts.targets)
    monkeypatch.setattr("pngroup.terminology.graph._KEY_BITS", 8)
    assert np.array_equal(ancestors_of_each(hierarchy).targets, whole.targets)


def test_a_closure_that_would_not_fit_is_refused():
    """A closure over the limit is an error that says what works without it; at the limit it is not."""
    n = 400
    hierarchy = made(n, [(concept, concept - 1) for concept in range(1, n)])
    pairs = n * (n - 1) // 2
    assert len(ancestors_of_each(hierarchy, most_pairs=pairs).targets) == pairs
    with pytest.raises(DataError, match=f"more than {pairs - 1:,} pairs") as raised:
        ancestors_of_each(hierarchy, most_pairs=pairs - 1)
    assert "descendants()" in raised.value.remedy
