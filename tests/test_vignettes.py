"""The vignettes that ship: all as expected, many, different from one another, on every branch."""

from __future__ import annotations

import datetime

import pytest

from oracle.dates import age_on, months_before
from pngroup.model import load_model
from pngroup.validation import check_vignettes, read_vignettes

VIGNETTES = read_vignettes()
NEED_GROUPS = [vignette for vignette in VIGNETTES if vignette.model.startswith("need-groups@")]
BRIDGES = [vignette for vignette in VIGNETTES if vignette.model.startswith("bridges-to-health@")]


@pytest.fixture(scope="module")
def results():
    return {result.vignette.id: result for result in check_vignettes(VIGNETTES)}


@pytest.mark.parametrize("vignette", VIGNETTES, ids=lambda vignette: vignette.id)
def test_each_vignette_is_as_its_author_expected(vignette, results):
    """Group, tier, colour, criteria and registers are those written from the rules before the engine ran."""
    assert results[vignette.id].differences == ()


def test_there_are_enough_and_each_is_a_story_of_its_own():
    """At least 120 and 80 stories, each with an expectation of criteria, registers or a reason, none told twice."""
    assert len(NEED_GROUPS) >= 120
    assert len(BRIDGES) >= 80
    assert len(NEED_GROUPS) + len(BRIDGES) == len(VIGNETTES)
    assert len({" ".join(vignette.story.split()) for vignette in VIGNETTES}) == len(VIGNETTES)
    assert len({vignette.tests for vignette in VIGNETTES}) == len(VIGNETTES)
    for vignette in VIGNETTES:
        wanted = "criteria" if vignette in NEED_GROUPS else "registers"
        assert wanted in vignette.expect or "reason" in vignette.expect, vignette.id


#: Ages and months that the specification has a rule about: a number on the other side of one is another story.
AGES = (0, 11, 12, 18, 35, 40, 45, 56, 65, 126)
MONTHS = (0, 12, 24, 60)


def age_band(vignette):
    """Where the age stands among the ages that matter, and whether a leap day is about it."""
    birth = vignette.person.get("birth_date")
    if not isinstance(birth, datetime.date):
        return type(birth).__name__, len(str(birth)), vignette.person.get("age")
    age = age_on(birth, vignette.as_at)
    return sum(age >= each for each in AGES), (birth.month, birth.day) == (2, 29)


def days_band(vignette, day):
    """Where a day stands: after the index date, before birth, or among the windows."""
    if not isinstance(day, datetime.date):
        return "no day"
    birth = vignette.person.get("birth_date")
    if isinstance(birth, datetime.date) and day < birth:
        return "before birth"
    return sum(day <= months_before(vignette.as_at, months) for months in MONTHS) if day <= vignette.as_at else "after"


def shape_of(vignette):
    """A vignette without its numbers and names: what is recorded, in which window, of what sort of person."""
    rows = sorted(
        (
            name,
            str(row.get("code")),
            str(row.get("setting")),
            str(row.get("status")),
            str(days_band(vignette, row.get("date"))),
        )
        for name, table in vignette.tables.items()
        for row in table
    )
    answer = tuple(sorted((name, str(value)) for name, value in (*vignette.expect.items(), *vignette.options.items())))
    person = tuple(vignette.person), vignette.person.get("sex"), age_band(vignette)
    return person, tuple(vignette.tables), tuple(rows), answer


def test_no_two_differ_only_in_a_number_or_a_name():
    """No two vignettes have the same records in the same windows of the same sort of person, and the same answer."""
    seen = {}
    for vignette in VIGNETTES:
        assert seen.setdefault(shape_of(vignette), vignette.id) == vignette.id


# Each branch of each criterion: words that the `tests` of some vignette have that meets the criterion, and (None where
# there is no other side) words of one that misses it.
BRANCHES = {
    11: [
        ("hospital frailty score 151", "hospital frailty score exactly 150"),
        ("frailty index exactly 9", "frailty index 8"),
        ("of one day the worst grade", "mild after moderate"),
        ("a grade one day inside the 24 months", "a grade exactly 24 months ago"),
        ("clinical frailty scale exactly 6", "clinical frailty scale 5, just below 6"),
        ("later mild grade does not replace the clinical frailty scale", "latest clinical frailty scale decides"),
        ("dementia (ever) with one geriatric syndrome", "dementia with cognitive impairment only"),
        ("three syndromes spanning exactly 28 days", "three syndromes spanning 27 days"),
        ("a syndrome dated one day inside the 24 months", "a syndrome dated exactly 24 months before"),
        ("care home counts for 60 months: one day inside", "housebound exactly 60 months ago"),
        ("r26 on a second date", "all r26 and r41 records on one date"),
        ("hip fracture at 65 on that day", "fragility site at 64 on that day"),
        ("age exactly 65", "age 64"),
        ("with polypharmacy: five different medicines", "four different medicines"),
        ("no longer housebound' on the same day", "no longer housebound' dated later"),
    ],
    10: [
        ("score exactly 158", "score 157"),
        ("exactly three body systems", "two body systems"),
        ("child, major condition and exactly two body systems", "major condition in one body system only"),
        ("child, cancer alone", "cancer recorded 70 months ago"),
        ("life-limiting: cystic fibrosis", "an adult is in group 9"),
        ("severe neuromuscular disease g71.0", "other than g71.0 and g71.2"),
        ("life-limiting: systemic atrophy", None),
        ("technology: z93.0", "technology recorded exactly 12 months ago"),
        ("technology: z99.1, one day inside 12 months", "for children only"),
        ("technology: z98.2", None),
        ("technology: dialysis (z49) on one date", None),
        ("by a procedure code", None),
        ("three body systems with one moderate condition", "three body systems but no moderate condition"),
    ],
    7: [
        ("comorbidity index exactly 3", "comorbidity index 2"),
        ("placenta praevia", "a placenta that comes loose early"),
        ("placenta accreta", None),
        ("pre-eclampsia (o14.0) in the present pregnancy", "complications of an earlier pregnancy"),
        ("eclampsia", None),
        ("hellp", None),
        ("multiple gestation", None),
        ("a major condition", "a moderate condition does not"),
        ("severe mental illness", None),
        ("criterion 8 met by two different items", "one item of criterion 8: neither"),
        ("epilepsy", None),
        *((f"heart disease: {disease}", None) for disease in ("valvular", "arrhythmia", "congenital", "coronary",
            "cardiomyopathy")),
        ("o10.1", "o10.0 is not on the list"),
        ("o99.4", None),
        ("venous thromboembolism within 60 months", "venous thromboembolism exactly 60 months ago"),
        ("o22.3", None),
        ("o88.2 in the 42 days", "on the 42nd day after the delivery"),
        ("on the 41st day after the delivery", "two days before lies outside"),
        ("chronic kidney disease", None),
        ("any diabetes row", "gestational diabetes (o24.4) are not"),
        ("o24.0", None),
        ("cambridge score exactly 158", "cambridge score 157"),
        ("age 17", "age exactly 18"),
    ],
    6: [
        ("an open episode", "postnatal codes do not open an episode"),
        ("307th day", "on the 308th day after the opening it is over"),
        ("83 days after a delivery", "on the 84th day after the delivery it is over"),
        ("56th day after a delivery opens", "55th day after a delivery opens nothing"),
        ("14th day after a loss opens", "13th day after a loss opens nothing"),
        ("a delivery without an episode counts 84 days", "a loss without an episode"),
        ("sex not recorded as male", "sex recorded as male"),
        ("age exactly 11", "age 10"),
        ("age 55", "age 56"),
        ("opens a new one", "does not prolong it"),
        ("o60.0 is an ongoing code", "o60 without a fourth character"),
    ],
    9: [("copd stays, group 9", "on one date are no line"), ("sickle cell disease", None), ("on two dates", None)],
    8: [
        ("severe mental illness ever (f20)", "are no severe mental illness"),
        ("f31", None),
        ("f33.3", "f33.4 is no item"),
        ("two different items: f33.1 and f41.1", "the same item"),
        ("f32.2 and ptsd", "f32.1 is neither"),
        ("ptsd and alcohol dependence", "f10.1 is not dependence"),
        ("an item one day inside 24 months", "an item exactly 24 months ago"),
        ("personality disorder (f60) and self-harm", "self-harm twice is one item"),
        ("age exactly 12", "age 11"),
    ],
    5: [
        ("two lines, neither moderate", "criterion 4, one line"),
        ("a moderate condition by itself", "class other; its score of 53"),
        ("one line with a score of 71, above 69: irritable", "one line with a score of 65, below 69"),
        ("the score is exactly 69", "the score counts for adults only"),
    ],
    4: [("criterion 4, one line", "conditions that are no line"), ("exactly 90 days apart", "89 days apart")],
    3: [("a contact one day inside 12 months", "a contact exactly 12 months ago"), ("an unmapped code",
        "administrative codes")],
    2: [("a child known to services", "for a child: criterion 2 needs contact")],
    1: [("no record, no contact", "a dated record that is no condition")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("group", "met", "missed"),
    [
        pytest.param(group, met, missed, id=f"{group}: {met}")
        for group, branches in BRANCHES.items()
        for met, missed in branches
    ],
)
def test_each_branch_of_each_criterion_has_its_vignette(group, met, missed):
    """Each branch of a criterion is told by a vignette that meets it and by one that just does not."""

    def said(words, *, is_met):
        return [
            vignette.id
            for vignette in NEED_GROUPS
            if words in " ".join(vignette.tests.lower().split())
            and (group in vignette.expect.get("criteria", ())) is is_met
        ]

    assert said(met, is_met=True)
    assert missed is None or said(missed, is_met=False)


@pytest.mark.parametrize("group", range(1, 12))
def test_every_group_is_expected_by_several_and_denied_by_several(group):
    """Each criterion is met in at least five vignettes and not met in at least five."""
    met = [group in vignette.expect.get("criteria", ()) for vignette in NEED_GROUPS]
    assert sum(met) >= 5
    assert len(met) - sum(met) >= 5


def test_betty_is_there_at_two_dates():
    """Betty, 87, widowed, housebound, moves from one group to another between two dates."""
    betty = [vignette for vignette in VIGNETTES if "betty" in vignette.id]
    assert len(betty) >= 2
    assert len({vignette.as_at for vignette in betty}) >= 2
    assert len({vignette.expect["need_group"] for vignette in betty}) >= 2


# --- bridges-to-health ---

REGISTERS = load_model("bridges-to-health").registers


@pytest.mark.parametrize("register", REGISTERS)
def test_every_register_is_reached(register):
    """Each register has a vignette of somebody on it."""
    assert any(register in vignette.expect.get("registers", ()) for vignette in BRIDGES)


#: For each boundary: the register or segment, words of the vignette that meets it, and of the one that just does not.
BOUNDARIES = [
    ("intermediate_frailty", "exactly 5.0: intermediate", "score 4.9"),
    ("intermediate_frailty", "exactly 15.0: intermediate still", "score 15.1: high"),
    ("intermediate_frailty", "age exactly 65", "age 64"),
    ("high_frailty", "score 15.1: high", "exactly 15.0: intermediate still"),
    ("intermediate_frailty", "a record without a setting passes", "diagnoses of outpatients are not in"),
    ("dementia", "dementia stays", None),
    ("end_stage_renal_failure", "stage 4 with four emergency admissions", "stage 4 with three emergency admissions"),
    ("end_stage_renal_failure", "days with a record of an emergency admission", "four codes of one day are one"),
    ("end_stage_renal_failure", None, "emergency admission exactly 12 months ago does not count"),
    ("end_stage_renal_failure", None, "attendances without admission make no severe form"),
    ("severe_copd", "copd and severe_copd are one condition", "not one of the codes that can be severe"),
    ("active_cancer", "cancer at any time and chemotherapy", "chemotherapy exactly 12 months ago"),
    ("active_lung_cancer", "by radiotherapy", None),
    ("severe_asthma", "two days of emergency admission", "one emergency admission with asthma"),
    ("severe_asthma", "j46 in 12 months", "j46 exactly 12 months ago"),
    ("maternal", "its 308th day", "its 309th day"),
    ("maternal", "the day of the birth is the last", "the day after the birth"),
    ("maternal", "on its 341st day of at most 400", "the day after the discharge"),
    ("maternal", None, "discharge on the 401st day is too late"),
    ("maternal", None, "record of general practice alone opens nothing"),
    ("hypertension", "any position counts", "record of general practice does not count"),
    ("autism", "in the edition of 2023", "in version 4.0 there is no register autism"),
    ("obesity", "characteristic obesity by diagnosis", "edition 2021 has no additional characteristics"),
    ("cerebrovascular_disease", "without history_months all history", "a record of 2021 is not read"),
    (8, "on the first of the last 30 days", "exactly 30 days ago"),
    (7, "order of bnssg maternal is a segment", "order of the dataset it is beside the segment"),
    (6, "order of the dataset incurable cancer comes before", "order of bnssg organ failure comes before"),
    (4, "order of bnssg with five segments met", "order of the dataset with five segments met"),
]


@pytest.mark.parametrize(("what", "met", "missed"), BOUNDARIES, ids=str)
def test_each_boundary_has_a_vignette_on_both_sides(what, met, missed):
    """Each boundary is told by a vignette that meets the register or segment and by one that just does not."""
    for words, is_met in ((met, True), (missed, False)):
        if words is None:
            continue
        told = [v for v in BRIDGES if words in " ".join(v.tests.lower().split())]
        has = [v.expect["segment"] == what if type(what) is int else what in v.expect["registers"] for v in told]
        assert is_met in has, words


def test_parents_and_severe_forms_count_once():
    """Of each of the five pairs there is somebody who has both, counted as one condition."""
    pairs = {register.id: register.counts_as for register in REGISTERS.values() if register.counts_as != register.id}
    assert len(pairs) == 5
    for severe, parent in pairs.items():
        both = [v.expect for v in BRIDGES if {severe, parent} <= set(v.expect.get("registers", ()))]
        assert any(each["condition_count"] < len(each["registers"]) for each in both), severe
