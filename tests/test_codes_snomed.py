"""SNOMED CT ids: check digits, kinds of id, and the proof that a rounded id is never another concept.

Check digits are computed here from the symmetries of a pentagon, not from the tables of the library.
"""

from __future__ import annotations

import csv
import decimal
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from pngroup import codes
from pngroup.codes import CodeProblem
from pngroup.codes.snomed import has_valid_check_digit
from pngroup.vocabulary import CodeSystem

CONCEPT, DESCRIPTION, RELATIONSHIP = "0", "1", "2"


def answer(value, system=CodeSystem.SNOMED):
    read = codes.read([value], system)
    return read.code[0], read.problem[0]


def corners(element):
    """Where each corner of a pentagon goes: 0-4 turn it, 5-9 turn it over too."""
    return [(element + corner) % 5 if element < 5 else (element - corner) % 5 for corner in range(5)]


def is_valid(number):
    """Verhoeff's check by moving the corners of a pentagon about, digit by digit from the right."""
    place_of = list(range(5))
    once = {0: 1, 1: 5, 2: 7, 3: 6, 4: 2, 5: 8, 6: 3, 7: 0, 8: 9, 9: 4}
    for place, digit in enumerate(reversed(number)):
        element = int(digit)
        for _ in range(place):
            element = once[element]
        move = corners(element)
        place_of = [place_of[move[corner]] for corner in range(5)]
    return place_of == list(range(5))


def with_check_digit(number):
    (found,) = [number + digit for digit in "0123456789" if is_valid(number + digit)]
    return found


def long_ids(kinds, *, digits=(11, 18)):
    return st.builds(
        lambda item, namespace, kind: with_check_digit(f"{item}1{namespace:06d}1{kind}"),
        st.integers(10 ** max(0, digits[0] - 11), 10 ** (digits[1] - 10) - 1),
        st.integers(0, 999_999),
        st.sampled_from(kinds),
    )


def short_ids(kinds):
    return st.builds(
        lambda item, kind: with_check_digit(f"{item}0{kind}"),
        st.integers(100, 999_999_999),
        st.sampled_from(kinds),
    )


concepts = st.one_of(long_ids(CONCEPT), short_ids(CONCEPT))
# Short format at full length: the range in which SNOMED International numbers its own metadata.
metadata = st.builds(lambda item: with_check_digit(f"9{item:014d}00"), st.integers(0, 10**14 - 1))


NEAREST = (decimal.ROUND_HALF_UP, decimal.ROUND_HALF_EVEN, decimal.ROUND_HALF_DOWN)
EVERY_RULE = (*NEAREST, decimal.ROUND_DOWN, decimal.ROUND_UP)


def rounded(number, *, rules=EVERY_RULE, twice=True):
    """What spreadsheets, floats and their text forms make of an id, as whole numbers in text."""
    found = {str(int(float(number)))}
    if twice:
        found |= {str(int(math.nextafter(float(number), towards))) for towards in (0, math.inf)}
        found |= {f"{decimal.Decimal(f'{float(number):.{digits}g}'):f}" for digits in (15, 16, 17)}
    for digits in (15, 16, 17):
        for rule in rules:
            found.add(f"{decimal.Context(prec=digits, rounding=rule).create_decimal(number):f}")
    return found


@pytest.mark.parametrize("number", ["2363", "123451", "1428570", "84736430954837284567892"])
def test_published_check_digits_are_right(number):
    """The check digit follows the published examples of Verhoeff's method."""
    assert has_valid_check_digit(number)
    assert is_valid(number)


@pytest.mark.parametrize(
    "number",
    [
        "138875005",
        "73211009",
        "44054006",
        "925861000000102",
        "900000000000489007",
        "29984111000001107",
        "999000771000230107",
    ],
)
def test_ids_of_concepts_are_read(number):
    """Published concept ids, short and long, are read in every harmless form."""
    forms = [
        number,
        int(number),
        np.int64(int(number)),
        f" {number}\u00a0",
        f"'{number}",
        f'="{number}"',
        f"SCTID: {number}",
    ]
    forms += [
        f"http://snomed.info/id/{number}",
        f"{number} |a term|",
        f"SNOMED:{number}",
        f"000{number}",
        number.encode(),
    ]
    forms += [f"http://snomed.info/sct|{number}"]
    assert codes.read(forms, CodeSystem.SNOMED).code == [number] * len(forms)
    assert codes.read(forms, CodeSystem.DMD).code == [number] * len(forms)


@given(st.text("0123456789", min_size=2, max_size=20))
def test_the_check_digit_is_verhoeffs(number):
    """A check digit is accepted exactly where an independent computation accepts it."""
    assert has_valid_check_digit(number) == is_valid(number)


@given(concepts, st.data())
def test_a_wrong_digit_is_found(number, data):
    """One wrong digit, or two neighbours changed about, never gives a readable id with the same kind."""
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = number[:at] + data.draw(st.sampled_from("0123456789")) + number[at + 1 :]
    turned = number[:at] + number[at : at + 2][::-1] + number[at + 2 :]
    for changed in (wrong, turned):
        if changed != number and not changed.startswith("0"):
            assert answer(changed)[0] is None


@given(st.one_of(long_ids(DESCRIPTION), short_ids(DESCRIPTION)))
def test_description_ids_are_told_from_concept_ids(number):
    """The id of a description is never read as a concept and is reported under its own word."""
    assert answer(number) == (None, CodeProblem.DESCRIPTION_ID)


@given(st.one_of(long_ids(RELATIONSHIP), short_ids(RELATIONSHIP)))
def test_relationship_ids_are_told_from_concept_ids(number):
    """The id of a relationship is never read as a concept and is reported under its own word."""
    assert answer(number) == (None, CodeProblem.RELATIONSHIP_ID)


@settings(max_examples=1_000)
@given(st.one_of(long_ids(CONCEPT, digits=(16, 18)), concepts))
def test_a_rounded_concept_id_is_never_another_concept(number):
    """Rounded by any rule to 15-17 digits or through a float, a concept id is itself or unreadable."""
    for changed in rounded(number):
        for form in (changed, int(changed), np.int64(int(changed)), np.uint64(int(changed))):
            assert answer(form)[0] in (None, number)


@settings(max_examples=1_000)
@given(metadata)
def test_a_rounded_metadata_id_is_never_another_concept(number):
    """The ids of SNOMED CT's own metadata, rounded once and to nearest, never become another concept."""
    for changed in rounded(number, rules=NEAREST, twice=False):
        assert answer(changed)[0] in (None, number)


@settings(max_examples=1_000)
@given(long_ids(CONCEPT, digits=(18, 18)))
def test_an_id_of_eighteen_digits_never_survives_a_spreadsheet(number):
    """Fifteen digits of eighteen say short format, and that is reported as mangled or unreadable."""
    assert answer(number[:15] + "000") == (None, CodeProblem.MANGLED)


@settings(max_examples=1_000)
@given(long_ids(DESCRIPTION + RELATIONSHIP, digits=(16, 18)))
def test_the_one_way_in_which_a_rounded_description_id_looks_like_a_concept(number):
    """A description id rounded to 15 digits looks like a concept in the documented case only."""
    assume(len(number) > 15)
    context = decimal.Context(prec=15, rounding=decimal.ROUND_HALF_EVEN)
    for changed in (number[:15] + "0" * (len(number) - 15), f"{context.create_decimal(number):f}"):
        documented = len(number) == 17 and number[-3:] in ("116", "128")
        assert (answer(changed)[0] is not None) == documented


@given(concepts)
def test_floats_are_read_where_they_are_exact(number):
    """A float is read below 2**53 (2**24 in float32), where it is exact, and is mangled above."""
    whole = int(number)
    for kind, limit in ((float, 2**53), (np.float64, 2**53), (np.float32, 2**24)):
        value = kind(whole)
        expected = (number, None) if whole < limit else (None, CodeProblem.MANGLED)
        assert answer(value) == expected
    assert codes.read([float(whole)], CodeSystem.SNOMED).rewritten.all() == (whole < 2**53)


@given(concepts, st.integers(1, 3))
def test_text_of_floats_is_read_up_to_fifteen_digits(number, zeros):
    """Text such as 44054006.0 is read up to 15 digits and mangled beyond: no writer keeps more for sure."""
    expected = (number, None) if len(number) <= 15 else (None, CodeProblem.MANGLED)
    assert answer(number + "." + "0" * zeros) == expected


@given(concepts, st.integers(1, 17))
def test_scientific_notation_is_mangled(number, kept):
    """Scientific notation is always mangled, whether or not digits were lost."""
    assert answer(f"{int(number):.{kept}e}") == (None, CodeProblem.MANGLED)
    assert answer(f"{int(number):.{kept}E}".replace(".", ",")) == (None, CodeProblem.MANGLED)


@pytest.mark.parametrize(
    "value",
    [
        "12",
        "00",
        0,
        -44054006,
        "-44054006",
        "44054006a",
        "4405 4006",
        "44054006.5",
        44054006.5,
        float("inf"),
        True,
        "1" * 19,
        "\u0664\u0664054006",
        "I10",
        "128045006:{363698007=56459004}",
    ],
)
def test_other_forms_are_malformed(value):
    """A value that is no id is malformed: expressions, signs, fractions, letters, foreign digits."""
    assert answer(value)[0] is None
    assert answer(value)[1] in (CodeProblem.MALFORMED, CodeProblem.MANGLED)
    if not (isinstance(value, float) and math.isinf(value)):
        assert answer(value)[1] is CodeProblem.MALFORMED


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=20), st.decimals(), st.binary(max_size=20)))
def test_whatever_is_read_is_a_valid_id(value):
    """Any value is read without an exception; what is read is a concept id with a right check digit."""
    code, problem = answer(value)
    assert (code is None) == (problem is not None)
    if code is not None:
        assert is_valid(code)
        assert code[-2] == "0"
        assert answer(code) == (code, None)


@pytest.mark.shared
def test_each_id_of_the_nhs_lists_is_read_and_none_becomes_another(shared):
    """All concept ids of the NHS primary care lists are read, and rounding turns none into another."""
    with (shared / "reference/codes/nhs_pcd_lists/nhs_pcd_snomed_long.csv").open(encoding="utf-8") as lines:
        ids = sorted({row["code"] for row in csv.DictReader(lines)})
    assert codes.read(ids, CodeSystem.SNOMED).code == ids
    assert codes.read([int(each) for each in ids], CodeSystem.SNOMED).code == ids
    for number in ids:
        if len(number) > 15:
            assert {answer(changed)[0] for changed in rounded(number)} <= {None, number}
