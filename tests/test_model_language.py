"""The model language: three truths, every question at the edges of its window, in both readers, and what is refused."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

import pngroup
from faults import check_error
from generated import INDEX_DATES
from oracle.dates import DAY, age_on, birthday, in_months, months_before
from pngroup.model.parsing import parse
from pngroup.model.primitives import PRIMITIVES
from readers import AS_AT, RECORDED, rows, value, values

# --- three truths ---

TRUTHS = {1: "ever(hypertension)", 0: "ever(asthma)", None: "within(any_contact, months=12)"}
GRADES = {"mild": "925791000000100", "moderate": "925831000000107", "severe": "925861000000102"}
SCALE = "[values.clinical_frailty_scale]\nleast = 1\nmost = 9\nunits = ['']\n"
_ORDER = [0, None, 1]


@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_and_or_not_have_three_truths(left, right):
    """And is the lesser, or the greater, of false, unknown and true; not of unknown is unknown: in both readers."""
    a, b = TRUTHS[left], TRUTHS[right]
    expressions = [
        f"({a}) and ({b})",
        f"({a}) or ({b})",
        f"not ({a})",
        f"not (({a}) and not ({b}))",
        f"{a} and {b} or {a}",
    ]
    lesser = min(left, right, key=_ORDER.index)
    greater = max(left, right, key=_ORDER.index)
    opposite = {1: 0, 0: 1, None: None}
    nested = opposite[min(left, opposite[right], key=_ORDER.index)]
    assert values(expressions, RECORDED) == [lesser, greater, opposite[left], nested, left]


def test_the_table_of_the_documentation_is_what_the_readers_do(repository):
    """The page on the language prints the truth table; each of its rows is what both readers answer."""
    page = (repository / "docs" / "reference" / "model-language.md").read_text(encoding="utf-8")
    lines = page.partition("## Three truths")[2].partition("\n## ")[0].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert table[0] == ["a", "b", "a and b", "a or b", "not a"]
    words = {"true": 1, "false": 0, "unknown": None}
    assert len(table) > 4
    for row in table[2:]:
        a, b, both, either, opposite = (words[word] for word in row)
        asked = [f"{TRUTHS[a]} and {TRUTHS[b]}", f"{TRUTHS[a]} or {TRUTHS[b]}", f"not {TRUTHS[a]}"]
        assert values(asked, RECORDED) == [both, either, opposite]


UNKNOWN = "count_days(any_contact, months=12)"


def test_what_is_unknown_stays_unknown():
    """A comparison, a sum and a chain with an unknown number are unknown; a chain that fails elsewhere is false."""
    expressions = [
        UNKNOWN, f"{UNKNOWN} >= 1", f"{UNKNOWN} == {UNKNOWN}", f"{UNKNOWN} + 1", f"1 - {UNKNOWN} >= 0",
        f"0 <= {UNKNOWN} < 5", f"99 <= age <= {UNKNOWN}",
    ]  # fmt: skip
    assert values(expressions) == [None, None, None, None, None, None, 0]
    assert (
        value(
            "hfrs", parts='[scores.hfrs]\ntable = "hfrs"\nname = "H"\nunit = "tenths"\nknown_if = "ever(icd10_record)"'
        )
        is None
    )


@pytest.mark.parametrize("feed", ["contacts", "medicines", "values"])
def test_a_table_that_was_not_given_is_unknown_and_an_empty_one_is_not(feed):
    """Questions to a table that was not given are unknown; to an empty one their answer is no, or 0."""
    asked = {
        "contacts": ["ever(any_contact)", "within(contact_inpatient, months=12)", UNKNOWN],
        "medicines": ["within(any_medicine, months=12)", "ever(laxatives)", "count_distinct(any_medicine, months=12)"],
        "values": ["latest(clinical_frailty_scale, months=12)", "latest(clinical_frailty_scale, months=12) >= 6"],
    }[feed]
    empty = {"person_id": [], "code": [], "system": [], "date": [], "value": []}
    parts = SCALE if feed == "values" else ""
    assert values([*asked, f"given({feed})"], parts=parts) == [*[None] * len(asked), 0]
    assert values([*asked, f"given({feed})"], parts=parts, **{feed: empty}) == [*[0] * len(asked), 1]
    assert values(["given(records)", f"1 if given({feed}) else 2"], parts=parts, **{feed: empty}) == [1, 1]
    assert value(f"ever(any_contact) if given({feed}) else ever(hypertension)", RECORDED) == 1


def test_numbers_and_comparisons():
    """Comparisons are those of whole numbers, also chained; a truth counts as 1 or 0; sums may fall below zero."""
    expressions = [
        "age", "age == 75", "age != 75", "age < 75", "age <= 75", "age > 75", "age >= 75", "70 < age <= 75",
            "75 < age < 80",
        "age - 76", "age + 2 - 1", "ever(hypertension) + ever(asthma)", "-1 < ever(asthma)", "age - ever(hypertension)",
        "sex == 'female'", "sex != 'female'", "sex == 'male'", "sex != 'unknown'",
    ]  # fmt: skip
    assert values(expressions, RECORDED) == [75, 1, 0, 0, 1, 0, 1, 1, 0, -1, 76, 1, 1, 74, 1, 0, 0, 1]


# --- questions about records ---


@pytest.mark.parametrize("as_at", INDEX_DATES, ids=str)
@pytest.mark.parametrize("months", [1, 3, 12, 24, 60])
def test_a_window_of_months_opens_the_day_after_and_closes_on_the_index_date(months, as_at):
    """within(months=) counts from the day after the same day so many months before, clipped, to the index date."""
    start = months_before(as_at, months)
    for day, counts in ((start, 0), (start + DAY, 1), (as_at, 1), (as_at + DAY, 0)):
        questions = [
            f"{{}}(hypertension, months={months})".format(name) for name in ("within", "count_days", "on_dates")
        ]
        assert values(questions, [("I10", day)], as_at=as_at) == [counts] * 3


@pytest.mark.parametrize("days", [1, 14, 84, 365])
def test_a_window_of_days_is_half_open(days):
    """within(days=) counts when fewer than so many days have passed: on that day it is over."""
    question = f"within(hypertension, days={days})"
    for ago, counts in ((days, 0), (days - 1, 1), (0, 1), (-1, 0)):
        assert value(question, [("I10", AS_AT - timedelta(days=ago))]) == counts


@settings(max_examples=80)
@given(
    st.dates(date(1950, 7, 1), date(2030, 1, 1)), st.integers(0, 900), st.dates(date(2000, 1, 1), date(2029, 12, 31))
)
def test_any_window_of_months_is_that_of_the_calendar(day, months, as_at):
    """For any record, window and index date within(months=) is what independent calendar arithmetic says."""
    answer = values([f"within(hypertension, months={months})", "ever(hypertension)"], [("I10", day)], as_at=as_at)
    assert answer == [int(in_months(day, as_at, months)), int(day <= as_at)]


def test_ever_has_no_beginning():
    """ever() counts a record of any day of the person's life up to the index date."""
    birth = date(1910, 2, 28)
    for day, counts in ((birth, 1), (AS_AT, 1), (AS_AT + DAY, 0)):
        assert value("ever(hypertension)", [("I10", day)], birth=birth) == counts


@pytest.mark.parametrize(
    "birth", [date(1950, 6, 15), date(1952, 2, 29), date(1951, 2, 28), date(1950, 12, 31)], ids=str
)
@pytest.mark.parametrize("years", [18, 65, 71])
def test_a_least_age_is_that_of_the_day_of_the_record(years, birth):
    """min_age= counts records from the birthday on; 29 February's is 1 March in common years."""
    day = birthday(birth, years)
    questions = [f"ever(hypertension, min_age={years})", f"within(hypertension, months=1200, min_age={years})"]
    assert values(questions, [("I10", day)], birth=birth) == [1, 1]
    assert values(questions, [("I10", day - DAY)], birth=birth) == [0, 0]
    assert (age_on(birth, day), age_on(birth, day - DAY)) == (years, years - 1)


def ago(*days):
    return [("D509", AS_AT - timedelta(days=n)) for n in days]


@pytest.mark.parametrize(
    ("question", "inside", "outside"),
    [
        ("on_dates(anaemia, n=2)", ago(9, 10), ago(10, 10)),
        ("on_dates(anaemia, n=3)", ago(1, 2, 3), ago(1, 2, 2)),
        ("on_dates(anaemia)", ago(5), ago(-1)),
        ("on_dates(anaemia, n=2, gap_days=90)", ago(10, 100), ago(11, 100)),
        ("on_dates(anaemia, n=3, gap_days=90)", ago(10, 50, 100), ago(11, 50, 100)),
        ("on_dates(anaemia, n=2, days=50)", ago(0, 49), ago(0, 50)),
        (
            "on_dates(anaemia, n=2, gap_days=90, months=24)",
            [*ago(0), ("D509", date(2024, 4, 1))],
            [*ago(0), ("D509", date(2024, 3, 31))],
        ),
    ],
    ids=["two dates", "three dates", "one date", "a gap", "a gap of three", "days", "months"],
)
def test_different_dates_and_the_gap_between_them(question, inside, outside):
    """on_dates() asks for n different dates in the window, the first and the last at least gap_days apart."""
    assert value(question, inside) == 1
    assert value(question, list(reversed(inside))) == 1
    assert value(question, outside) == 0


def grade(*given_grades):
    return [(GRADES[name], AS_AT - timedelta(days=n)) for name, n in given_grades]


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([], 0),
        (grade(("mild", 5)), 1),
        (grade(("severe", 9), ("mild", 8)), 1),
        (grade(("mild", 9), ("severe", 8), ("moderate", 9)), 3),
        (grade(("mild", 5), ("moderate", 5)), 2),
        (grade(("severe", 5), ("mild", 5), ("moderate", 4)), 2),
        (grade(("severe", -1), ("mild", 0)), 1),
        ([(GRADES["severe"], date(2024, 3, 31))], 0),
        ([(GRADES["severe"], date(2024, 4, 1))], 3),
    ],
)
def test_the_latest_grade_is_the_worst_of_its_day(records, found):
    """latest_grade() is the place of the condition recorded last in the window, of one day the worst, 0 for none."""
    question = "latest_grade(frailty_mild, frailty_moderate, frailty_severe, months=24)"
    assert value(question, records) == found
    assert value(question, records[::-1]) == found


def scale(*given_values):
    table = rows(*(("763264000", day) for _, day in given_values))
    return table | {"value": [number for number, _ in given_values]}


@pytest.mark.parametrize(
    ("given_values", "found"),
    [
        ([(7, date(2024, 4, 1))], 7),
        ([(7, date(2024, 3, 31))], 0),
        ([(7, date(2025, 1, 1)), (4, date(2025, 1, 2))], 4),
        ([(4, date(2025, 1, 2)), (7, date(2025, 1, 2)), (5, date(2025, 1, 2))], 7),
        ([(3, AS_AT), (9, AS_AT + DAY)], 3),
        ([(3, date(2025, 1, 1)), (10, date(2025, 1, 2)), (0, date(2025, 1, 2)), (4.5, date(2025, 1, 2))], 3),
    ],
    ids=["first day", "day before", "later is better", "highest of a day", "after", "outside its range"],
)
def test_the_latest_value_is_the_highest_of_its_day(given_values, found):
    """latest() is the latest believable value in the window, of one day the highest, 0 for none."""
    question = "latest(clinical_frailty_scale, months=24)"
    assert value(question, parts=SCALE, values=scale(*given_values)) == found


def test_days_are_counted_once():
    """count_days() counts different days in the window, whatever was recorded on them and how often."""
    records = [("I10", AS_AT), ("I10", AS_AT), ("J459", AS_AT), ("J459", AS_AT - DAY), ("I10", date(2025, 3, 31))]
    parts = '[sets]\nboth = ["hypertension", "asthma"]\n'
    questions = [
        "count_days(hypertension, months=12)",
        "count_days(both, months=12)",
        "count_days(any_record, days=366)",
    ]
    assert values(questions, records, parts=parts) == [1, 2, 3]
    contacts = {
        "person_id": ["a"] * 3,
        "date": ["2026-03-31", "2026-03-31", "2026-03-01"],
        "setting": ["GP", "inpatient", "GP"],
    }
    of_contacts = [UNKNOWN, "count_days(contact_inpatient, months=12)", "count_days(contact_primary_care, months=1)"]
    assert values(of_contacts, contacts=contacts) == [2, 1, 2]


def test_medicines_are_counted_by_substance():
    """count_distinct() counts different medicines in the window; of BNF codes the substance counts, not the pack."""
    table = rows(
        ("0212000B0AAABAB", AS_AT, "bnf"), ("0212000B0AAACAC", AS_AT, "bnf"), ("0403030E0AAAAAA", AS_AT, "bnf"),
        ("N02BE01", date(2025, 4, 1), "atc"), ("C10AA05", date(2025, 3, 31), "atc"),
    )  # fmt: skip
    questions = [
        "count_distinct(any_medicine, months=12)",
        "within(any_medicine, days=1)",
        "within(antidepressants, months=1)",
    ]
    assert values(questions, medicines=table) == [3, 1, 1]


def test_the_conditions_that_the_engine_makes():
    """any_record is any readable record that is not administrative, icd10_record any of ICD-10 or ICD-10-CM."""
    parts = '[administrative]\nsnomed = ["314529007"]\n'
    questions = ["ever(any_record)", "ever(icd10_record)"]
    assert values(questions, [("J00", AS_AT)], parts=parts) == [1, 1]
    assert values(questions, [("J00", AS_AT, "icd10cm")], parts=parts) == [1, 1]
    assert values(questions, [("271649006", AS_AT)], parts=parts) == [1, 0]
    assert values(questions, [("314529007", AS_AT)], parts=parts) == [0, 0]
    assert values(questions, [("&", AS_AT, "icd10")], parts=parts) == [0, 0]


def test_a_set_is_any_of_its_conditions():
    """A named set counts wherever one of its conditions does, each ended by its own resolved code only."""
    parts = '[sets]\nlungs = ["asthma", "copd"]\n[[resolved]]\ncondition = "asthma"\nby = "asthma_resolved"\n'
    resolved = ("162660004", AS_AT)
    questions = ["ever(lungs)", "within(lungs, months=12)", "on_dates(lungs, n=2)"]
    assert values(questions, [("J459", AS_AT - DAY), ("J449", AS_AT)], parts=parts) == [1, 1, 1]
    assert values(questions, [("J459", AS_AT - DAY), ("J449", AS_AT), resolved], parts=parts) == [1, 1, 0]
    assert values(questions, [("J459", AS_AT - DAY), resolved], parts=parts) == [0, 0, 0]


# --- what is refused ---

_WORDS = st.sampled_from(
    [*PRIMITIVES, "age", "sex", "asthma", "falls", "'male'", "months=12", "n=2", "and", "or", "not", "if", "else", "(",
     ")", "()", ",", ">=", "==", "<", "+", "-", "*", "0", "1", "65", "1.5", "=", "[", "]", ".", "lambda", "import", "x",
     "None", "True", "'", '"', "\\", "#", ":", "@", "\n", "é", "0x1F", "1_000", "in", "is", "{", "}", "f'{1}'", "await"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(_WORDS, max_size=12).map(" ".join))
def test_any_text_is_an_expression_or_a_model_error(text):
    """Whatever stands in place of an expression is read as one or refused in one sentence; it is never run."""
    try:
        parse(text, where="own.toml, line 1")
    except pngroup.ModelError as error:
        check_error(error)


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_any_characters_are_an_expression_or_a_model_error(text):
    """Nor does any other text make a traceback."""
    try:
        parse(text, where="own.toml, line 1")
    except pngroup.ModelError as error:
        check_error(error)


# --- the documentation ---


def test_the_documentation_names_every_question_and_option(repository):
    """The page on the language names each question to the evidence, with its line, and each of its options."""
    page = (repository / "docs" / "reference" / "model-language.md").read_text(encoding="utf-8")
    for primitive in PRIMITIVES.values():
        assert re.search(rf"^{primitive.name}\(", page, re.MULTILINE)
        assert primitive.meaning in page
        for option in (*primitive.options, *primitive.words):
            assert option in page, option
        if primitive.window != "none":
            assert "months=" in page
    for part in (
        "model",
        "administrative",
        "[resolved]",
        "sets",
        "lines.ID",
        "tallies.ID",
        "episodes.ID",
        "scores.ID",
        "measures",
        "[groups]",
        "flags",
        "values.ID",
    ):
        assert f"`[{part}]`" in page, part
