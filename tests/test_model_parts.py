"""The parts of a model in both readers: resolved codes, lines, tallies, scores, episodes, groups and flags."""

from __future__ import annotations

from datetime import date

import pytest

import pngroup
from oracle.dates import DAY
from readers import AS_AT, CORE, EPISODE, RECORDED, model_of, readings, value, values

# --- resolved ---

DIABETES = '[[resolved]]\ncondition = "diabetes"\nby = "diabetes_resolved"\n'
ASK_DIABETES = [
    "ever(diabetes)", "ever(diabetes_type_2)", "within(diabetes, months=12)", "count_days(diabetes, months=12)",
    "on_dates(diabetes, months=12)", "ever(diabetes, min_age=18)",
]  # fmt: skip


@pytest.mark.parametrize(
    ("days_later", "stands"), [(-1, 1), (0, 1), (1, 0), (30, 0)], ids=["before", "same day", "day after", "month after"]
)
@pytest.mark.parametrize("system", ["icd10", "icd10cm", "snomed"])
def test_a_resolved_code_ends_what_was_recorded_before(days_later, stands, system):
    """A resolved code later than the last record ends a condition and what is nested in it; same day is not later."""
    code = {"icd10": "E119", "icd10cm": "E119", "snomed": "44054006"}[system]
    last = AS_AT - 60 * DAY
    records = [(code, last - 300 * DAY, system), (code, last, system), ("315051004", last + days_later * DAY)]
    # In the window, too, there is either the last record or nothing.
    expected = [stands, stands, stands, 2 * stands, stands, stands]
    assert values(ASK_DIABETES, records, parts=DIABETES) == expected


def test_a_record_after_a_resolved_code_brings_back_all():
    """Recorded again after it was resolved, a condition stands with all its records; and without the rule, always."""
    records = [("E119", AS_AT - 90 * DAY), ("315051004", AS_AT - 60 * DAY), ("E149", AS_AT - 30 * DAY)]
    assert values(ASK_DIABETES, records, parts=DIABETES) == [1, 1, 1, 2, 1, 1]
    assert values(ASK_DIABETES, records[:2]) == [1, 1, 1, 1, 1, 1]


def test_what_a_resolved_code_keeps_and_what_must_also_be_earlier():
    """`keeps` names what is never ended; `also` names further records that must be earlier, too."""
    kidney = '[[resolved]]\ncondition = "chronic_kidney_disease"\nby = "ckd_resolved"\nkeeps = ["kidney_transplant"]\n'
    dialysis = '[[resolved]]\ncondition = "dialysis"\nby = "ckd_resolved"\nalso = ["chronic_kidney_disease"]\n'
    records = [("Z940", AS_AT - 9 * DAY), ("Z992", AS_AT - 9 * DAY), ("939211000000104", AS_AT - 5 * DAY)]
    questions = ["ever(kidney_transplant)", "ever(chronic_kidney_disease)", "ever(dialysis)"]
    assert values(questions, records, parts=kidney + dialysis) == [1, 0, 0]
    later = [*records, ("N183", AS_AT - 4 * DAY)]
    assert values(questions, later, parts=kidney + dialysis) == [1, 1, 1]


# --- lines, tallies, scores ---

LINES = """
[lines.heart]
system = "circulatory"
source = "pngroup"
other = "ever(hypertension)"
moderate = "ever(coronary_heart_disease)"
major = "ever(heart_failure)"
[lines.rhythm]
system = "circulatory"
source = "pngroup"
other = "ever(atrial_fibrillation)"
[lines.lungs]
system = "respiratory"
source = "pngroup"
moderate = "ever(asthma)"
[lines.care]
system = "general"
source = "pngroup"
other = "within(any_contact, months=12)"
"""
ASK_LINES = [
    "line(heart)", "line(rhythm)", "count_lines()", "count_lines(other)", "count_lines('moderate')",
        "count_lines(major)",
    "count_systems()",
]  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ([], [0, 0, 0, 0, 0, 0, 0]),
        (["I10"], [1, 0, 1, 1, 0, 0, 1]),
        (["I10", "I251"], [1, 0, 1, 0, 1, 0, 1]),
        (["I500", "I251", "I10"], [1, 0, 1, 0, 0, 1, 1]),
        (["I10", "I489"], [1, 1, 2, 2, 0, 0, 1]),
        (["I500", "I489", "J459"], [1, 1, 3, 1, 1, 1, 2]),
    ],
    ids=str,
)
def test_a_line_has_its_highest_class_and_one_body_system(codes, found):
    """A line is present in its highest class; lines of one body system count as one; what is unknown is not present."""
    assert values(ASK_LINES, [(code, AS_AT) for code in codes], parts=LINES) == found


TALLY = """
[tallies.signs]
falls = "within(falls, months=24)"
skin = "within(pressure_ulcer, months=24) or within(delirium, months=12)"
contact = "within(any_contact, months=12)"
"""
ASK_TALLY = ["n(signs)", "n(signs, but_not='falls')", "span_days(signs)"]


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([], [0, 0, 0]),
        ([("W19", AS_AT)], [1, 0, 0]),
        ([("W19", AS_AT), ("W19", AS_AT - 27 * DAY)], [1, 0, 27]),
        ([("W19", AS_AT), ("L89", AS_AT - 28 * DAY)], [2, 1, 28]),
        ([("W19", AS_AT), ("L89", AS_AT - 9 * DAY), ("F059", AS_AT - 20 * DAY)], [2, 1, 20]),
        # Outside the window of its item a record is not looked at, inside that of another neither.
        ([("W19", AS_AT), ("W19", date(2024, 3, 31)), ("F059", date(2025, 3, 31))], [1, 0, 0]),
        ([("W19", date(2024, 4, 1)), ("F059", date(2025, 4, 1))], [2, 1, 365]),
    ],
)
def test_a_tally_counts_items_and_the_days_they_span(records, found):
    """n() counts the items present, but_not= leaves one out; span_days() is from their first to their last record."""
    assert values(ASK_TALLY, records, parts=TALLY) == found


#: The tables of scores ask for lines and measures of the model that ships.
NEED_GROUPS = pngroup.load_model("need-groups", CORE)


def test_scores_of_the_library_by_hand():
    """A score adds the weights of its items, the highest of those that exclude each other, and is unknown where not
    known_if.
    """
    model = NEED_GROUPS
    pregnant = [
        ("Z34", AS_AT - 50 * DAY),
        ("O13", AS_AT - 9 * DAY),
        ("O140", AS_AT - 8 * DAY),
        ("O141", AS_AT - 7 * DAY),
    ]
    weights = {row.id: int(row.cells["weight"]) for row in CORE.scores["bateman"]}
    groups = {row.cells["highest_of"] for row in CORE.scores["bateman"]} - {""}
    assert groups
    grouping, answer = readings(model, pregnant, birth=date(1996, 1, 1))
    amount, known = grouping.answers.measures["obstetric"]
    assert known[0]
    assert (
        amount[0]
        == answer.measures["obstetric"]
        == max(weights[row.id] for row in CORE.scores["bateman"] if row.cells["highest_of"])
    )
    man, of_man = readings(model, pregnant, birth=date(1996, 1, 1), sex="male")
    assert not man.answers.measures["obstetric"][1][0]
    assert of_man.measures["obstetric"] is None


def test_what_a_score_can_know():
    """`available` counts the items of a score whose answer is known, with one table fewer or more."""
    model = NEED_GROUPS
    n_items = sum(row.cells["when"] != "" for row in CORE.scores["efi"])
    without, answer = readings(model, RECORDED)
    medicines = {"person_id": [], "code": [], "system": [], "date": []}
    with_medicines, other = readings(model, RECORDED, medicines=medicines)
    found = [int(each.answers.measures["efi_available"][0][0]) for each in (without, with_medicines)]
    assert found == [answer.measures["efi_available"], other.measures["efi_available"]] == [n_items - 1, n_items]


# --- episodes ---


@pytest.mark.parametrize(
    ("records", "pregnant"),
    [
        ([], 0),
        ([("Z34", 0)], 1),
        ([("Z34", -1)], 0),
        ([("Z34", 307)], 1),
        ([("Z34", 308)], 0),
        ([("Z34", 308), ("Z34", 100)], 0),
        ([("Z34", 400), ("Z34", 93)], 0),
        ([("Z34", 400), ("Z34", 92)], 1),
        ([("Z34", 200), ("O80", 83)], 1),
        ([("Z34", 200), ("O80", 84)], 0),
        ([("O80", 83)], 1),
        ([("O039", 0)], 0),
        ([("Z34", 50), ("O039", 0)], 0),
        ([("O80", 100), ("Z34", 44)], 1),
        ([("O80", 100), ("Z34", 45)], 0),
        ([("O039", 50), ("Z34", 36)], 1),
        ([("O039", 50), ("Z34", 37)], 0),
        ([("Z34", 0), ("O80", 0)], 1),
        ([("Z34", 0), ("O039", 0)], 0),
        ([("O85", 5), ("Z39", 4)], 0),
    ],
    ids=str,
)
def test_an_episode_opens_and_closes(records, pregnant):
    """in_episode() follows the spans of the file, half-open; 400 days ago an episode ran out 92 days ago."""
    days = [(code, AS_AT - n * DAY) for code, n in records]
    assert value("in_episode(pregnancy)", days, parts=EPISODE, birth=date(1996, 1, 1)) == pregnant
    assert value("in_episode(pregnancy)", days[::-1], parts=EPISODE, birth=date(1996, 1, 1)) == pregnant


@pytest.mark.parametrize(
    ("records", "complicated"),
    [
        ([("Z34", 50), ("O141", 50)], 1),
        ([("Z34", 50), ("O882", 51)], 0),
        ([("Z34", 50), ("O141", 51)], 1),
        ([("Z34", 50), ("K350", 50)], 0),
        ([("Z34", 200), ("O80", 60), ("O882", 19)], 1),
        ([("Z34", 200), ("O80", 60), ("O882", 18)], 0),
        ([("O80", 60), ("O882", 19)], 1),
        ([("O80", 60), ("O882", 18)], 0),
        ([("O80", 400), ("O882", 390), ("Z34", 50)], 0),
    ],
    ids=str,
)
def test_what_happens_during_an_episode(records, complicated):
    """during() counts records of the present episode, first and last day included, and shortly after its delivery."""
    parts = EPISODE + '[sets]\ncomplications = ["pre_eclampsia_or_eclampsia", "pregnancy_venous_thromboembolism"]\n'
    days = [(code, AS_AT - n * DAY) for code, n in records]
    # O14.1 opens an episode itself where it stands before the booking; O88.2 does not.
    assert value("during(pregnancy, complications)", days, parts=parts, birth=date(1996, 1, 1)) == complicated


# --- groups and flags ---


def test_the_first_group_of_the_file_that_is_met_counts():
    """Precedence is the order of the file, not of the numbers; every criterion met is kept; an unknown one is not."""
    groups = """
        [[groups]]
        number = 3
        when = "within(any_contact, months=12)"
        [[groups]]
        number = 2
        when = "ever(hypertension)"
        [[groups]]
        number = 5
        when = "ever(asthma) or age >= 18"
        [[groups]]
        number = 1
        otherwise = true
        [flags]
        old = { when = "age >= 65" }
        old_in_five = { when = "age >= 65", groups = [5] }
        met = { when = "within(any_contact, months=12)" }
    """
    model = model_of(["age"], groups=groups)
    for records, number, met in (([("I10", AS_AT)], 2, {2, 5}), ([], 5, {5}), ([("J459", AS_AT)], 5, {5})):
        grouping, answer = readings(model, records)
        assert grouping.answers.group[0] == answer.group == number
        assert {n for n in (1, 2, 3, 5) if grouping.answers.criteria[0] >> (n - 1) & 1} == met
        assert {n for n, is_met in answer.criteria.items() if is_met} == met
        assert answer.criteria[3] is None
        flags = {name: bool(flag[0]) for name, flag in grouping.flags().items()}
        assert {name: flags[name] for name in ("old", "old_in_five", "met")} == dict(answer.flags)
        assert dict(answer.flags) == {"old": True, "old_in_five": number == 5, "met": False}
        # That contacts were not given at all is no fault of the person's records.
        assert not flags["not_knowable"]
    child, answer = readings(model, birth=date(2020, 1, 1))
    assert child.answers.group[0] == answer.group == 1
