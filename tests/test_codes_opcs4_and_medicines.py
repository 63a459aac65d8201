"""OPCS-4, BNF, ATC and dm+d: what is read, and what is refused rather than guessed."""

from __future__ import annotations

import csv
import gzip
import re

import pytest
from hypothesis import given, strategies as st

from pngroup import codes
from pngroup.codes import CodeProblem
from pngroup.vocabulary import CodeSystem


def answer(value, system):
    read = codes.read([value], system)
    return read.code[0], read.problem[0]


@given(
    st.from_regex(r"\A[A-HJ-Z][0-9]{2,3}\Z"),
    st.sampled_from((str.upper, str.lower)),
    st.booleans(),
    st.sampled_from(("", "-", ".", " ", "  -")),
    st.sampled_from(("", "1", "A")),
)
def test_every_way_of_writing_a_procedure_is_the_same_code(code, case, dot, end, local):
    """Case, dot, trailing fillers and a hospital's own fifth character never change an OPCS-4 code."""
    text = code
    if len(code) == 4:
        text = (code[:3] + "." + code[3:] if dot else code) + local
    assert answer(f" {case(text)}{end} ", CodeSystem.OPCS4) == (code, None)


@pytest.mark.parametrize("value", ["I10", "K6", "K63.A", "K63.45A", "634", "KK34", "K6O4", "44054006"])
def test_other_forms_are_no_procedure(value):
    """There is no chapter I, and a letter in the place of a digit is malformed."""
    assert answer(value, CodeSystem.OPCS4) == (None, CodeProblem.MALFORMED)


@pytest.mark.parametrize("length", [2, 4, 6, 7, 9, 11, 15])
def test_a_bnf_code_is_read_at_each_level(length):
    """A BNF code is read as a presentation and as each level above it, in any case."""
    code = "0601022B0AAABAB"[:length]
    assert answer(f" {code.lower()} ", CodeSystem.BNF) == (code, None)


@pytest.mark.parametrize(
    "value",
    ["6.1.2", "6.1", "2400", "0001", "0601022B0AAABA", "06010", "0601022B0AAABABX", "insulin"],
)
def test_printed_bnf_sections_and_broken_codes_are_not_guessed(value):
    """Printed section numbers and codes that end inside a part are malformed, never padded or cut."""
    assert answer(value, CodeSystem.BNF) == (None, CodeProblem.MALFORMED)


@given(st.integers(1, 23), st.integers(1, 99), st.sampled_from((2, 4, 7)))
def test_a_bnf_code_that_went_through_a_number_is_mangled(chapter, section, length):
    """A BNF code given as a number is mangled: its leading zero may be gone."""
    number = int(f"{chapter:02d}{section:02d}021"[:length])
    for value in (number, float(number), f"{number}.0"):
        assert answer(value, CodeSystem.BNF) == (None, CodeProblem.MANGLED)
    if chapter < 10 and length != 7:
        assert answer(str(number), CodeSystem.BNF) == (None, CodeProblem.MANGLED)


@pytest.mark.parametrize("length", [1, 3, 4, 5, 7])
def test_an_atc_code_is_read_at_each_level(length):
    """An ATC code is read as a substance and as each level above it, in any case."""
    code = "A10BA02"[:length]
    assert answer(code.lower(), CodeSystem.ATC) == (code, None)


@pytest.mark.parametrize("value", ["QA10BA02", "A1", "A10B0", "A10BA0", "E10", "A10BA02X", "10BA02"])
def test_veterinary_and_broken_atc_codes_are_malformed(value):
    """Veterinary codes, unknown main groups and codes cut inside a level are malformed."""
    assert answer(value, CodeSystem.ATC) == (None, CodeProblem.MALFORMED)


@pytest.mark.parametrize("system", [CodeSystem.READ2, CodeSystem.CTV3, CodeSystem.ICD9CM])
def test_systems_without_a_mapping_keep_their_codes(system):
    """Codes of systems that no group is read from stay as they are, case included."""
    read = codes.read(["C10E.", " XaIzM ", "c10e."], system)
    assert read.code == ["C10E.", "XaIzM", "c10e."]
    assert read.rewritten.tolist() == [False, True, False]


@pytest.mark.shared
def test_the_procedures_of_artificial_hes_are_read(shared):
    """Each procedure cell of artificial HES is read or missing (a lone hyphen or ampersand)."""
    cells = []
    with gzip.open(shared / "testdata/nhs-hes-artificial/apc.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            cells += [row[name] for name in row if re.fullmatch(r"OPERTN_[34]_\d\d", name)]
    read = codes.read(cells, CodeSystem.OPCS4)
    assert {problem for problem in read.problem if problem} == {CodeProblem.MISSING}
    assert sum(code is not None for code in read.code) == sum(cell.strip() not in ("", "-", "&") for cell in cells) > 0


@pytest.mark.shared
def test_the_procedures_of_caliber_are_read(shared):
    """Each OPCS-4 code of CALIBER's lists is read, and differs from the printed one by its dot alone."""
    with (shared / "reference/codes/caliber_chronological_map/opcs4.csv").open(encoding="utf-8") as lines:
        printed = [row["opcs4"] for row in csv.DictReader(lines)]
    assert codes.read(printed, CodeSystem.OPCS4).code == [code.replace(".", "") for code in printed]
