"""Expressions against set algebra, and the sentences in which others are refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from pngroup.errors import UsageError
from pngroup.terminology import ExpressionWarning, read_release
from pngroup.terminology.rf2 import HISTORICAL
from release import (
    MOVED_TO,
    PARTIALLY_EQUIVALENT_TO,
    POSSIBLY_EQUIVALENT_TO,
    POSSIBLY_REPLACED_BY,
    REPLACED_BY,
    SAME_AS,
    WAS_A,
    Association,
    Concept,
    IsA,
    Member,
    Package,
    concept_id,
    files,
    folder_of,
)

N, N_INACTIVE = 14, 6
C = [concept_id(number + 1) for number in range(N + N_INACTIVE)]
OLD = C[N:]
SETS = [concept_id(901), concept_id(902)]
EMPTY_SET = concept_id(903)
EDGES = [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (5, 2), (6, 2), (7, 4), (7, 5), (8, 5), (9, 6), (10, 7), (11, 7),
         (11, 8), (12, 3), (13, 12)]  # fmt: skip
MEMBERS = {SETS[0]: {C[4], C[9], OLD[0]}, SETS[1]: {C[9], C[13]}}
#: Inactive concept, association, and what it points at; the last two are chains.
ASSOCIATIONS = [(OLD[0], SAME_AS, C[7]), (OLD[1], REPLACED_BY, C[7]), (OLD[2], WAS_A, C[7]),
                (OLD[3], POSSIBLY_EQUIVALENT_TO, C[7]), (OLD[4], PARTIALLY_EQUIVALENT_TO, C[10]),
                (OLD[5], SAME_AS, OLD[0]), (OLD[3], MOVED_TO, C[2])]  # fmt: skip


def mini() -> Package:
    return Package(
        [Concept(id_, active=int(id_ not in OLD)) for id_ in [*C, EMPTY_SET]],
        [*(IsA(C[child], C[parent]) for child, parent in EDGES), IsA(EMPTY_SET, C[0])],
        [Member(refset, concept) for refset, concepts in MEMBERS.items() for concept in concepts],
        [Association(refset, old, target) for old, refset, target in ASSOCIATIONS],
    )


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return read_release(folder_of(tmp_path_factory.mktemp("expressions"), files(mini())))


# --- an oracle: sets ---

PARENTS = {C[n]: {C[parent] for child, parent in EDGES if child == n} for n in range(N)} | {EMPTY_SET: {C[0]}}
ACTIVE = {*C[:N], EMPTY_SET}


def up(id_):
    return {each for parent in PARENTS.get(id_, ()) for each in {parent} | up(parent)}


def down(id_):
    return {each for each in ACTIVE if id_ in up(each)}


def kids(id_):
    return {each for each in ACTIVE if id_ in PARENTS[each]}


OPERATORS = {
    "": lambda i: {i},
    "<": down,
    "<<": lambda i: {i} | down(i),
    "<!": kids,
    "<<!": lambda i: {i} | kids(i),
    ">": up,
    ">>": lambda i: {i} | up(i),
    ">!": lambda i: PARENTS.get(i, set()),
    ">>!": lambda i: {i} | PARENTS.get(i, set()),
}
PROFILES = {
    "MIN": {SAME_AS},
    "MOD": {SAME_AS, REPLACED_BY, WAS_A, PARTIALLY_EQUIVALENT_TO},
    "MAX": {SAME_AS, REPLACED_BY, WAS_A, PARTIALLY_EQUIVALENT_TO, POSSIBLY_EQUIVALENT_TO, MOVED_TO},
}


def later(ids, profile):
    return {old for old, refset, target in ASSOCIATIONS if refset in PROFILES[profile] and target in ids}


spaces = st.sampled_from(["", " ", "\n\t", " /* a (comment) < */ "])
terms = st.sampled_from(["", "|a term|", " | a (term) AND < 7 | "])


@st.composite
def expressions(draw, depth=3):
    """An expression as text and the set that it means."""
    kind = draw(st.sampled_from(["concept"] * 3 + ["all", "set"] + ["nested", "compound", "history"] * (depth > 0)))
    space = draw(spaces)
    if kind == "concept":
        id_ = draw(st.sampled_from(C))
        operator = draw(st.sampled_from(list(OPERATORS)))
        return f"{operator}{space}{id_}{draw(terms)}{space}", OPERATORS[operator](id_)
    if kind == "all":
        return f"*{space}", set(ACTIVE)
    if kind == "set":
        refset = draw(st.sampled_from(SETS))
        return f"^{space}{refset}{draw(terms)}", set(MEMBERS[refset])
    if kind == "nested":
        text, ids = draw(expressions(depth - 1))
        operator = draw(st.sampled_from(list(OPERATORS)))
        found = set().union(*(OPERATORS[operator](id_) for id_ in ids))
        return f"{operator}{space}({text})", found
    if kind == "history":
        text, ids = draw(expressions(depth - 1))
        profile = draw(st.sampled_from(list(PROFILES)))
        dash = draw(st.sampled_from("-_"))
        word = draw(st.sampled_from([f"HISTORY{dash}{profile}", f"history{dash}{profile.lower()}"]))
        return f"({text}){space}{{{{{space}+{space}{word}{space}}}}}", ids | later(ids, profile)
    word = draw(st.sampled_from(["AND", "and", ",", "OR", "Or", "MINUS", "minus"]))
    parts = [draw(expressions(depth - 1)) for _ in range(2 if word.upper() == "MINUS" else draw(st.integers(2, 3)))]
    first, *others = (ids for _, ids in parts)
    for ids in others:
        first = first & ids if word.upper() in ("AND", ",") else first | ids if word.upper() == "OR" else first - ids
    return f" {word} ".join(f"({text})" for text, _ in parts), first


@settings(max_examples=300)
@given(expressions())
def test_an_expression_means_what_sets_say(release, expression):
    """Operators, words, parentheses, comments and history supplements mean what set algebra says they mean."""
    text, expected = expression
    expansion = release.evaluate(text)
    assert set(expansion.ids.tolist()) == expected
    assert expansion.ids.dtype == np.int64
    assert expansion.ids.tolist() == sorted(expected)


@pytest.mark.parametrize(("history", "profile"), [("min", "MIN"), ("moderate", "MOD"), ("maximum", "MAX")])
def test_history_may_be_asked_for_the_whole(release, history, profile):
    """`history=` adds to the whole what the history supplement of ECL adds, in one step and no further."""
    text = f"<< {C[7]} MINUS {C[11]}"
    expected = {C[7], C[10]} | later({C[7], C[10]}, profile)
    assert set(release.expand(text, history=history).tolist()) == expected
    assert set(release.expand(f"({text}) {{{{ + HISTORY-{profile} }}}}").tolist()) == expected
    assert OLD[5] not in expected


def test_history_without_a_word_is_all_of_it(release):
    """A bare HISTORY is the largest profile, and reference sets of one's own choice may be named."""
    assert (
        release.expand(f"{C[7]} {{{{+HISTORY}}}}").tolist()
        == release.expand(C[7].__str__(), history="maximum").tolist()
    )
    with pytest.raises(UsageError, match="not in the release"):
        release.expand(f"{C[7]} {{{{+HISTORY ({SAME_AS})}}}}")


def test_the_hierarchy_of_the_release_says_what_is_historical(tmp_path):
    """A historical association that a release adds to the metadata hierarchy belongs to the largest profile."""
    own, other = concept_id(77), concept_id(78)
    package = mini()
    concepts = [*package.concepts, Concept(HISTORICAL), Concept(own), Concept(other)]
    rows = [*package.relationships, IsA(HISTORICAL, C[0]), IsA(own, HISTORICAL), IsA(other, C[0])]
    associations = [Association(own, OLD[4], C[1]), Association(other, OLD[5], C[1])]
    release = read_release(folder_of(tmp_path, files(Package(concepts, rows, [], associations))))
    assert release.expand(str(C[1]), history="maximum").tolist() == [C[1], OLD[4]]
    assert release.expand(f"{C[1]} {{{{+HISTORY ({other})}}}}").tolist() == [C[1], OLD[5]]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", 1, "the end"),
        ("<<", 3, "the end"),
        (f"{C[1]} AND", 16, "the end"),
        (f"{C[1]} {C[2]}", 13, "AND, OR, MINUS"),
        (f"({C[1]}", 13, "closing parenthesis"),
        (f"{C[1]})", 12, "AND, OR, MINUS or the end"),
        (f"{C[1]} AND {C[2]} OR {C[3]}", 29, "OR after AND can be read in two ways"),
        (f"{C[1]} MINUS {C[2]} AND {C[3]}", 31, "AND after MINUS can be read in two ways"),
        (f"{C[1]} MINUS {C[2]} MINUS {C[3]}", 31, "MINUS after MINUS can be read in two ways"),
        (f"<< {C[1]} : 363698007 = *", 16, "refinements by attribute"),
        (f"<< {C[1]} . 363698007", 16, "attributes behind a dot"),
        (f'<< {C[1]} {{{{ term = "x" }}}}', 16, "filters in double braces"),
        (f"<< {C[1]} {{{{ + FUTURE }}}}", 21, "HISTORY"),
        (f"!!< {C[1]}", 1, "top and bottom"),
        (f"<< < {C[1]}", 4, "cannot follow"),
        (f"^ << {C[1]}", 3, "cannot follow"),
        (f"^ [a] {C[1]}", 3, "brackets"),
        (f"{C[1]} |a term", 13, "term is not closed"),
        (f"{C[1]} /* more", 13, "comment is not closed"),
        ("9" * 30, 1, "too long for a concept id"),
        ("diabetes", 1, "a concept id"),
        ("(" * 60 + str(C[1]) + ")" * 60, 51, "nested more than 50"),
        ("€", 1, "not understood"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_in_a_sentence(release, text, place, words):
    """What is outside the subset, or ambiguous, is refused with its place, and never half understood."""
    with pytest.raises(UsageError) as raised:
        release.expand(text)
    assert words in raised.value.what
    assert raised.value.where == f"expression, character {place}"


@settings(max_examples=300)
@given(st.text("0123456789<>!^*(){}+,|/-_ ANDORMINUSHISTORYhistory:.[\n", max_size=40) | st.integers() | st.none())
def test_any_text_is_understood_or_refused(release, text):
    """Whatever stands in an expression, the answer is ids or one sentence, never another error."""
    try:
        found = release.evaluate(text).ids
    except UsageError:
        return
    assert np.isin(found, release.ids).all()


def test_an_unknown_concept_is_an_error_or_left_out_and_told(release):
    """A concept that is not in the release is an error that names it; left out on request, it is told."""
    with pytest.raises(UsageError, match=str(concept_id(500))):
        release.expand(f"<< {concept_id(500)} OR {C[1]}")
    with pytest.raises(UsageError, match=r"1 with a length, kind or check digit"):
        release.expand(f"{C[1] + 1}")
    with pytest.warns(ExpressionWarning, match=str(concept_id(500))):
        found = release.expand(f"<< {concept_id(500)} OR {C[1]}", unknown="leave_out")
    assert found.tolist() == [C[1]]


def test_inactive_concepts_and_empty_sets_are_told(release):
    """An expression that names inactive concepts, or a reference set without members, is answered with a warning."""
    with pytest.warns(ExpressionWarning, match=rf"1 concepts named are inactive: {OLD[0]}"):
        assert release.expand(f"<< {OLD[0]}").tolist() == [OLD[0]]
    with pytest.warns(ExpressionWarning, match="no members"):
        assert release.expand(f"^ {EMPTY_SET}").tolist() == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        release.expand(f"<< {C[1]}")


@pytest.mark.parametrize(("name", "value"), [("history", "mod"), ("history", None), ("unknown", "ignore")])
def test_options_that_do_not_exist_are_refused(release, name, value):
    """A word that no option has is wrong usage, and the words that it has are named."""
    with pytest.raises(UsageError) as raised:
        release.expand(str(C[1]), **{name: value})
    assert raised.value.where == f"argument {name}"


# --- asking by ids ---


def test_descendants_and_ancestors_by_id(release):
    """Descendants and ancestors of ids, as numbers or text, agree with the expressions for them."""
    assert set(release.descendants([C[1], str(C[3])]).tolist()) == down(C[1]) | down(C[3])
    assert set(release.descendants(C[5], with_self=True).tolist()) == down(C[5]) | {C[5]}
    assert set(release.ancestors(np.array([C[11]])).tolist()) == up(C[11])
    assert set(release.ancestors([C[11]], with_self=True).tolist()) == up(C[11]) | {C[11]}
    assert release.descendants([]).tolist() == []
    closure = release.closure()
    at = release.index_of([C[11]])[0]
    assert set(release.ids[closure.of(at)].tolist()) == up(C[11])


@pytest.mark.parametrize("ids", [[concept_id(500)], ["x"], [1.5], [None], [C[1], "1e5"], 3.5])
def test_ids_that_are_none_are_refused(release, ids):
    """What is no id of the release is wrong usage; floats are refused, because they lose digits."""
    with pytest.raises(UsageError) as raised:
        release.descendants(ids)
    assert raised.value.where == "argument ids"


# --- substitutes ---


def test_substitutes_are_followed_to_the_active_concept(release):
    """SAME AS and REPLACED BY lead to active concepts, through others that became inactive; nothing else does."""
    found = release.substitutes([*OLD, C[1], concept_id(500)])
    pairs = set(zip(found.inactive.tolist(), found.active.tolist(), strict=True))
    assert pairs == {(OLD[0], C[7]), (OLD[1], C[7]), (OLD[5], C[7])}
    possible = set(zip(found.possibly_inactive.tolist(), found.possibly_active.tolist(), strict=True))
    assert possible == {(OLD[3], C[7]), (OLD[4], C[10])}
    assert found.without.tolist() == [OLD[2], OLD[3], OLD[4]]
    assert found.unknown.tolist() == [concept_id(500)]
    assert len(found) == 3


def test_substitutes_in_a_circle_end(tmp_path):
    """Inactive concepts that replace each other have no substitute, and asking for it ends."""
    package = mini()
    circle = [Association(REPLACED_BY, OLD[0], OLD[1]), Association(SAME_AS, OLD[1], OLD[0]),
              Association(POSSIBLY_REPLACED_BY, OLD[0], C[1])]  # fmt: skip
    release = read_release(folder_of(tmp_path, files(package._replace(associations=circle))))
    found = release.substitutes(OLD[:2])
    assert len(found) == 0
    assert found.without.tolist() == OLD[:2]
    assert found.possibly_active.tolist() == [C[1]]
