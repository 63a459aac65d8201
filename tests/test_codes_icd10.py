"""ICD-10 and ICD-10-CM: every rewrite that loses nothing is the same code, and nothing is guessed.

The rewrites are made by `Spelling`, which knows nothing of the reader: it writes a code down the way
hospitals, spreadsheets and people do.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import random
import re

import pytest
from attrs import evolve, frozen
from hypothesis import assume, given, strategies as st

from pngroup import codes
from pngroup.codes import CodeProblem
from pngroup.vocabulary import CodeSystem

# Codes of each shape, for a tree in which the catalogue is not there.
SEEDED = [
    "I10",
    "E10",
    "G63",
    "R69",
    "Z37",
    "U85",
    "X59",
    "E103",
    "H280",
    "U071",
    "S720",
    "M8008",
    "S7201",
    "T840",
    "T08X0",
    "M45X9",
]

CASES = (str.upper, str.lower, str.swapcase, lambda text: text[0] + text[1:].lower())
MARKS = ("", "\u2020", "\u2021", "*", "+", "#", "!")
ENDS = ("", "-", ".", ".-", "--", " -", "\u2013", "\u2010", "\u2212", "\u00ad")
AROUND = (
    ("", ""),
    ("  ", " "),
    ("\u00a0", "\u00a0"),
    ("\ufeff", ""),
    ("\t", "\r\n"),
    ("'", ""),
    ('"', '"'),
    ("\u201c", "\u201d"),
    ('="', '"'),
    ("\u200b", "\u3000"),
)


def catalogue_codes(repository, name):
    file = repository / "src/pngroup/data/catalogue/2026.1" / name
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return sorted({row["code"] for row in csv.DictReader(lines) if len(row["code"]) >= 3})


@pytest.fixture(scope="module")
def known(repository):
    """The codes and prefixes of the catalogue, and one of each shape."""
    return sorted({*SEEDED, *catalogue_codes(repository, "icd10.csv")})


def answer(value, system=CodeSystem.ICD10):
    read = codes.read([value], system)
    return read.code[0], read.problem[0]


@frozen
class Spelling:
    """One way of writing a code of three to five characters."""

    case: object = str.upper
    dot: bool = False
    filled_to: int = 0
    dagger: str = ""
    mark: str = ""
    end: str = ""
    around: tuple[str, str] = ("", "")

    def write(self, code):
        places = list(code) + ["X"] * max(0, self.filled_to - len(code))
        if self.dagger:
            places += ["X"] * (4 - len(places))
            # The 5th place stands empty: filled with a hyphen or a blank, or closed up.
            gap = self.dagger[:-1] if len(places) == 4 else ""
            places += [gap, self.dagger[-1]]
        text = "".join(places)
        if self.dot and len(places) > 3:
            text = text[:3] + "." + text[3:]
        return self.around[0] + self.case(text) + self.mark + self.end + self.around[1]


SPELLINGS = [
    Spelling(*parts)
    for parts in itertools.product(
        CASES, (False, True), (0, 4, 5), ("", "D", "A", "-D", "-A", " D", " A"), MARKS, ENDS, AROUND
    )
]
spellings = st.builds(
    Spelling,
    st.sampled_from(CASES),
    st.booleans(),
    st.sampled_from((0, 4, 5)),
    st.sampled_from(("", "D", "A", "-D", "-A", " D", " A")),
    st.sampled_from(MARKS),
    st.sampled_from(ENDS),
    st.sampled_from(AROUND),
)
digits = st.sampled_from("0123456789")
who_codes = st.builds(
    lambda letter, rest: letter + "".join(rest),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    st.lists(digits, min_size=2, max_size=4),
)


@given(who_codes, spellings)
def test_every_way_of_writing_a_code_is_the_same_code(code, spelling):
    """Case, dot, X-padding, dagger and asterisk, trailing hyphens, blanks and quotes never change a code."""
    assert answer(spelling.write(code)) == (code, None)


def test_all_combinations_of_rewrites_on_each_code_of_the_catalogue(known):
    """All combinations of rewrites, spread over all codes of the catalogue, keep 100 % of the codes."""
    order = random.Random(2026)
    shuffled = order.sample(SPELLINGS, len(SPELLINGS))
    a_code = max(60, -(-len(shuffled) // len(known)))
    endless = itertools.cycle(shuffled)
    wanted, written = [], []
    for code in known:
        for spelling in itertools.islice(endless, a_code):
            wanted.append(code)
            written.append(spelling.write(code))
    read = codes.read(written, CodeSystem.ICD10)
    assert read.code == wanted
    assert read.problem == [None] * len(wanted)
    assert read.rewritten.tolist() == [given != code for given, code in zip(written, wanted, strict=True)]


def test_each_rewrite_alone_on_each_code_of_the_catalogue(known):
    """Each single rewrite on each code of the catalogue gives that code."""
    plain = Spelling()
    single = [
        *(evolve(plain, case=case) for case in CASES),
        evolve(plain, dot=True),
        *(evolve(plain, filled_to=places) for places in (4, 5)),
        *(evolve(plain, dagger=dagger) for dagger in ("D", "A", "-D", "-A")),
        *(evolve(plain, mark=mark) for mark in MARKS),
        *(evolve(plain, end=end) for end in ENDS),
        *(evolve(plain, around=around) for around in AROUND),
    ]
    for spelling in single:
        assert codes.read([spelling.write(code) for code in known], CodeSystem.ICD10).code == known


def test_the_padding_of_an_undivided_category_with_a_fifth_place_stays():
    """T08X0 keeps its X: without it the fifth character would stand in the fourth place (T080)."""
    assert answer("T08.X0")[0] == "T08X0"
    assert answer("T080")[0] == "T080"


@given(who_codes, st.data())
def test_letters_are_never_read_as_digits(code, data):
    """A letter O, I or l in the place of a digit makes a code malformed; it is never guessed."""
    likeness = {"0": "Oo", "1": "IlL"}
    places = [at for at in range(1, len(code)) if code[at] in likeness]
    assume(places)
    at = data.draw(st.sampled_from(places))
    # Activity codes of the American version have these letters here.
    assume(not (code.startswith("Y93") and at == 3))
    wrong = code[:at] + data.draw(st.sampled_from(likeness[code[at]])) + code[at + 1 :]
    for text in (wrong, wrong[:3] + "." + wrong[3:]):
        assert answer(text) == (None, CodeProblem.MALFORMED)
        assert answer(text, CodeSystem.ICD10CM) == (None, CodeProblem.MALFORMED)


@pytest.mark.parametrize(
    "value",
    [
        "C4A",
        "M1A.0",
        "Z3A.12",
        "C50A",
        "J4A0",
        "S02.0XXA",
        "T36.0X1A",
        "W19XXXA",
        "F17200",
        "S72.001A",
        "H54.413A",
        "o99.89ax",
        "Y93.I9",
    ],
)
def test_american_forms_are_told_apart(value):
    """A form that WHO's ICD-10 cannot have is reported as American, not read as something shorter."""
    assert answer(value) == (None, CodeProblem.LOOKS_LIKE_ICD10CM)
    assert answer(value, CodeSystem.ICD10CM)[0] is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "-",
        "-   ",
        "&",
        "&   ",
        "--",
        ".",
        None,
        float("nan"),
        "nan",
        "NULL",
        "<NA>",
        "N/A",
        "\ufeff",
        "''",
        "None",
        "\u2013",
    ],
)
@pytest.mark.parametrize("system", list(CodeSystem))
def test_fillers_are_missing_codes(value, system):
    """What HES, databases and dataframes write for nothing is a missing code in every system."""
    assert answer(value, system) == (None, CodeProblem.MISSING)


@pytest.mark.parametrize(
    "value",
    [
        "10",
        "I",
        "I1",
        "1I0",
        "I1.0",
        "I.10",
        "I50..0",
        "I50.0.1",
        "I10 essential",
        "M8000/3",
        "\u013010",
        "I1\u0660",
        "I10\u00b2",
        10,
        10.5,
        True,
        "J45-9",
    ],
)
def test_other_forms_are_malformed(value):
    """A value of another form is malformed, and foreign digits and superscripts are not digits."""
    assert answer(value) == (None, CodeProblem.MALFORMED)


@pytest.mark.parametrize("value", ["K409,Z370", "I10X;E119", "F32, -, I50", "E10.4\u2020 G63.2*", "-,I48X,R69X"])
def test_a_list_in_one_cell_is_said_to_be_one(value):
    """A cell with several codes, as in HES's concatenated columns, has a word of its own."""
    assert answer(value) == (None, CodeProblem.SEVERAL_CODES)


def test_a_concept_id_in_an_icd10_column_is_said_to_be_one():
    """A SNOMED CT id under the wrong system is named, so that the system can be put right."""
    for system in (CodeSystem.ICD10, CodeSystem.ICD10CM):
        assert answer("44054006", system)[1] is CodeProblem.LOOKS_LIKE_SNOMED
        assert answer("44054007", system)[1] is CodeProblem.MALFORMED


def test_the_filler_of_hes_is_read_and_flagged():
    """R69X and its kin stay R69, with the flag that it stands for nothing; the flag is ICD-10's own."""
    values = ["R69X", "r69.x-", "R69", "R69X6", "R68", "R690"]
    read = codes.read(values, CodeSystem.ICD10)
    assert read.code == ["R69", "R69", "R69", "R69X6", "R68", "R690"]
    assert read.filler.tolist() == [True, True, True, True, False, True]
    assert not codes.read(["R69"], CodeSystem.ICD10CM).filler.any()


@given(who_codes)
def test_a_canonical_code_is_not_rewritten(code):
    """A code in canonical form comes back as it is and is not counted as rewritten."""
    read = codes.read([code], CodeSystem.ICD10)
    assert read.code == [code]
    assert not read.rewritten.any()


@given(st.one_of(st.text(max_size=12), st.from_regex(r"[A-Za-z0-9.\-+* \u2020]{1,9}", fullmatch=True)))
def test_whatever_is_read_is_canonical(text):
    """Any text is read without an exception, as a canonical code that reads as itself or with a problem."""
    for system, form in (
        (CodeSystem.ICD10, r"[A-Z][0-9]{2}([0-9]{1,2}|X[0-9])?"),
        (CodeSystem.ICD10CM, r"[A-Z][0-9][0-9AB][0-9A-Z]{0,4}"),
    ):
        code, problem = answer(text, system)
        assert (code is None) == (problem is not None)
        if code is not None:
            assert re.fullmatch(form, code)
            assert answer(code, system) == (code, None)


cm_codes = st.from_regex(r"\A[A-Z][0-9][0-9AB]([0-9]{1,3}|[0-9]X?X?[ADS]|[0-9]{2}X[ADS]|X[0-9])?\Z")


@given(
    cm_codes,
    st.sampled_from(CASES),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from(("", "-", ".-")),
    st.sampled_from(AROUND),
)
def test_every_way_of_writing_an_american_code_is_the_same_code(code, case, dot, padding, end, around):
    """Case, dot, blanks and padding at the end never change an ICD-10-CM code; a placeholder inside stays."""
    text = code + "X" * min(padding, 7 - len(code))
    if dot and len(text) > 3:
        text = text[:3] + "." + text[3:]
    assert answer(around[0] + case(text) + end + around[1], CodeSystem.ICD10CM) == (code, None)


@pytest.mark.shared
def test_each_american_code_of_2026_reads_as_itself(shared):
    """All ICD-10-CM codes of April 2026 read as themselves; an X at the end of a heading is dropped."""
    with (shared / "reference/codes/icd10cm_codes/icd10cm_april_2026_codes.csv").open(encoding="utf-8") as lines:
        listed = [row["code"] for row in csv.DictReader(lines)]
    read = codes.read(listed, CodeSystem.ICD10CM)
    changed = {given: code for given, code in zip(listed, read.code, strict=True) if given != code}
    assert len(listed) > 90_000
    assert all(given.endswith("X") and given.rstrip("X") == code for given, code in changed.items())
    # No code that can be billed is changed: each changed one is a heading with codes below it.
    inner = {code[:length] for code in listed for length in range(3, len(code))}
    assert set(changed) <= inner


@pytest.mark.shared
def test_each_code_used_in_english_hospitals_is_read(shared):
    """All codes of English hospital activity in 2023/24 are read; the only row without one says NULL."""
    with (shared / "reference/icd10_usage_england_2023_24.csv").open(encoding="utf-8") as lines:
        used = [row["icd10_code"] for row in csv.DictReader(lines)]
    read = codes.read(used, CodeSystem.ICD10)
    assert [given for given, code in zip(used, read.code, strict=True) if code is None] == ["NULL"]
    assert int(read.rewritten.sum()) == sum(given.endswith("X") for given in used)


@pytest.mark.shared
def test_the_diagnoses_of_artificial_hes_are_counted(shared):
    """Each diagnosis cell of artificial HES is read or missing, and R69X is counted as filler."""
    cells = []
    with gzip.open(shared / "testdata/nhs-hes-artificial/apc.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            cells += [row[name] for name in row if re.fullmatch(r"DIAG_4_\d\d", name)]
    read = codes.read(cells, CodeSystem.ICD10)
    assert {problem for problem in read.problem if problem} == {CodeProblem.MISSING}
    assert read.problem.count(CodeProblem.MISSING) == sum(cell.strip() in ("", "-", "&") for cell in cells)
    assert int(read.filler.sum()) == sum(cell.startswith("R69") for cell in cells) > 0


@pytest.mark.shared
def test_the_american_codes_of_mimic_are_read(shared):
    """Each ICD-10-CM diagnosis of the MIMIC-IV demo reads as itself."""
    with gzip.open(shared / "testdata/mimic-iv-demo/diagnoses_icd.csv.gz", "rt", encoding="utf-8") as lines:
        given = [row["icd_code"] for row in csv.DictReader(lines) if row["icd_version"] == "10"]
    assert codes.read(given, CodeSystem.ICD10CM).code == [code.strip() for code in given]
