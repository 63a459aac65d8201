"""Charlson and the HFRS against two other packages, pycomorb and comorbidipy, person by person on the same codes.

The oracles were given each person's distinct ICD-10 codes of all time. Here every code is dated on the index date, so
that windows and rules on dates decide nothing and the comparison is about codes, weights and hierarchies.

The two packages agree on every index and every HFRS. They differ in one thing: beside a severer category
(diabetes with organ damage, severe liver disease, cancer that has spread) comorbidipy still shows the milder one,
which it then does not count; pycomorb does not show it. We follow pycomorb: an item is what the index counts, so
that the items of a person add up to their index.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import pytest

import pngroup
from shared_counts import icd10
from shared_data import columns, hes_apc, mimic, oracle

pytestmark = pytest.mark.shared

AS_AT = "2020-01-01"
CODES = {"mimic_iv_demo_icd10": "icd10cm", "nhs_hes_artificial_apc": "icd10"}
N_PEOPLE = {"mimic_iv_demo_icd10": 21, "nhs_hes_artificial_apc": 487}

# Our item, pycomorb's column, comorbidipy's column, the weight of 1987.
CATEGORIES = (
    ("myocardial_infarction", "Myocardial infarction", "cpy_ami", 1),
    ("heart_failure", "Congestive heart failure", "cpy_chf", 1),
    ("peripheral_vascular_disease", "Peripheral vascular disease", "cpy_pvd", 1),
    ("cerebrovascular_disease", "Cerebrovascular disease", "cpy_cevd", 1),
    ("dementia", "Dementia", "cpy_dementia", 1),
    ("chronic_pulmonary_disease", "Chronic pulmonary disease", "cpy_copd", 1),
    ("rheumatic_disease", "Rheumatic disease", "cpy_rheumd", 1),
    ("peptic_ulcer_disease", "Peptic ulcer disease", "cpy_pud", 1),
    ("mild_liver_disease", "Mild liver disease", "cpy_mld", 1),
    ("diabetes_without_complication", "Diabetes without chronic complication", "cpy_diab", 1),
    ("diabetes_with_complication", "Diabetes with chronic complication", "cpy_diabwc", 2),
    ("paralysis", "Hemiplegia or paraplegia", "cpy_hp", 2),
    ("renal_disease", "Renal disease", "cpy_rend", 2),
    (
        "malignancy",
        "Any malignancy, including lymphoma and leukemia, except malignant neoplasm of skin",
        "cpy_canc",
        2,
    ),
    ("severe_liver_disease", "Moderate or severe liver disease", "cpy_msld", 3),
    ("metastatic_cancer", "Metastatic solid tumor", "cpy_metacanc", 6),
    ("hiv", "AIDS/HIV", "cpy_aids", 6),
)
#: The milder category, the severer one, and how many people of each data set have codes of both.
MILDER = {
    ("diabetes_without_complication", "diabetes_with_complication"): (3, 2),
    ("mild_liver_disease", "severe_liver_disease"): (0, 0),
    ("malignancy", "metastatic_cancer"): (0, 9),
}


@pytest.fixture(params=CODES)
def name(request):
    return request.param


@cache
def codes_of(name: str) -> dict[str, list[str]]:
    """The codes of each person as they are written in the data."""
    data = mimic() if name.startswith("mimic") else hes_apc()
    found = defaultdict(list)
    for row in data.records:
        if row.get("system") != "icd9cm":
            found[row["person_id"]].append(row["code"])
    return found


@cache
def grouped(name: str) -> pngroup.Grouping:
    people = [{"person_id": row["id"], "age": row["cpy_age"]} for row in oracle(name)]
    records = [
        {"person_id": person, "code": code, "date": AS_AT} for person, codes in codes_of(name).items() for code in codes
    ]
    return pngroup.group(columns(people), columns(records), as_at=AS_AT, system=CODES[name])


@cache
def flags(name: str) -> dict[str, list[bool]]:
    items = grouped(name).items("charlson", show_restricted=True)
    return {column.removeprefix("charlson_"): list(has) for column, has in items.items()}


def test_everybody_of_the_oracle_is_compared(name):
    """All people of an oracle are compared, in its order, and each has codes that are read."""
    rows = oracle(name)
    assert [row["id"] for row in rows] == list(grouped(name).to_frame()["person_id"])
    assert len(rows) == N_PEOPLE[name]
    assert grouped(name).quality.n_grouped == len(rows)
    assert not grouped(name).quality.feed("records").unreadable


def test_the_charlson_index_is_that_of_both_packages(name):
    """The Charlson index, with Quan's codes and the weights of 1987, equals both packages' for every person."""
    found = list(grouped(name).to_frame()["charlson"])
    assert found == [int(row["Charlson Comorbidity Index"]) for row in oracle(name)]
    assert found == [int(float(row["cpy_comorbidity_score"])) for row in oracle(name)]
    assert max(found) >= 9


def test_the_hfrs_is_that_of_both_packages(name):
    """The Hospital Frailty Risk Score in tenths equals both packages' decimals for every person."""
    found = list(grouped(name).to_frame()["hfrs"])
    for column in ("HFRS Score", "cpy_hfrs"):
        decimals = [float(row[column]) for row in oracle(name)]
        assert found == [round(10 * score) for score in decimals]
        # Floats of sums of tenths are tenths but for rounding: nothing was rounded away above.
        assert all(abs(10 * score - round(10 * score)) < 1e-6 for score in decimals)
    assert max(found) > 150


@pytest.mark.parametrize(("item", "column"), [each[:2] for each in CATEGORIES])
def test_each_charlson_category_is_that_of_pycomorb(name, item, column):
    """Each of the 17 Charlson categories equals pycomorb's for every person."""
    assert flags(name)[item] == [row[column] == "1" for row in oracle(name)]


def test_the_categories_are_met_in_the_data():
    """The comparison means something: all 17 categories but one occur in the data, most of them often."""
    met = Counter(item for data in CODES for item, has in flags(data).items() for each in has if each is True)
    assert {item for item, *_ in CATEGORIES if not met[item]} <= {"hiv"}
    assert sum(met[item] >= 5 for item, *_ in CATEGORIES) >= 13


def test_comorbidipy_differs_only_in_milder_categories_beside_severer_ones(name):
    """Where comorbidipy shows another category than we do, it is the milder one beside its severer one."""
    ours, place = flags(name), list(CODES).index(name)
    severer = {milder: (severe, n) for (milder, severe), n in MILDER.items()}
    for item, _, column, _ in CATEGORIES:
        theirs = [row[column] == "1.0" for row in oracle(name)]
        different = [i for i, (a, b) in enumerate(zip(ours[item], theirs, strict=True)) if a != b]
        if item not in severer:
            assert not different
            continue
        severe, n = severer[item]
        assert len(different) == n[place]
        assert all(theirs[i] and not ours[item][i] and ours[severe][i] for i in different)


def test_the_items_add_up_to_the_scores(name):
    """The items that `items()` shows of a person, with the published weights, add up to the person's index."""
    frame, ours = grouped(name).to_frame(), flags(name)
    for i, index in enumerate(frame["charlson"]):
        assert sum(weight for item, _, _, weight in CATEGORIES if ours[item][i]) == index
    catalogue = pngroup.load_catalogue("core")
    weights = {row.id: int(row.cells["weight"]) for row in catalogue.scores["hfrs"]}
    assert len(weights) == 109
    items = grouped(name).items("hfrs")
    assert [sum(weights[item] for item in weights if items[item][i]) for i in range(len(frame["hfrs"]))] == list(
        frame["hfrs"]
    )


def test_an_hfrs_item_is_a_code_of_three_characters(name):
    """A person has an item of the HFRS exactly when one of their codes begins with its three characters."""
    items = grouped(name).items("hfrs")
    american = CODES[name] == "icd10cm"
    for i, person in enumerate(items["person_id"]):
        starts = {(icd10(code, american=american) or "")[:3] for code in codes_of(name)[person]}
        assert {item for item in items if item != "person_id" and items[item][i]} == {
            item for item in items if item.removeprefix("hfrs_").upper() in starts
        }
