"""`Grouping.items()`: which items of a score each person has."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from attrs import evolve

import pngroup
from generated import generate
from pngroup.score_items import items
from routes import engine

PEOPLE = {
    "person_id": ["b", "a", "d", "c"],
    "birth_date": ["1940-05-02", "1990-01-01", "1950-01-01", None],
    "ward": [1, 2, 3, 4],
}
RECORDS = {
    "person_id": ["b", "b", "a", "c", "d"],
    "code": ["E11.9", "E11.2", "B20", "I50.0", "84114007"],
    "system": ["icd10", "icd10", "icd10", "icd10", "snomed"],
    "date": ["2024-01-01", "2025-01-01", "2025-01-01", "2025-01-01", "2025-01-01"],
}


@pytest.fixture(scope="module")
def grouping():
    return pngroup.group(PEOPLE, RECORDS, as_at="2025-03-31")


@pytest.fixture(scope="module")
def generated():
    return engine(generate(400, seed=20260101))


def listed(frame):
    return {name: list(frame[name].to_list() if hasattr(frame[name], "to_list") else frame[name]) for name in frame}


def test_an_item_is_true_false_or_missing(grouping):
    """An item is missing where the score is not known (no ICD-10 record) and where the person has no group."""
    found = listed(grouping.items("charlson"))
    assert found["person_id"] == ["b", "a", "d", "c"]
    assert found["charlson_diabetes_with_complication"] == [True, False, None, None]
    assert found["charlson_heart_failure"] == [False, False, None, None]


def test_the_milder_item_is_not_shown_beside_its_severer_one(grouping):
    """An item is what the score counts: diabetes without organ damage is False beside diabetes with."""
    assert listed(grouping.items("charlson"))["charlson_diabetes_without_complication"] == [False, False, None, None]


def test_items_about_restricted_topics_are_shown_on_request_only(grouping):
    """HIV has no column unless restricted topics are asked for, whether a score has codes of its own or ours."""
    for score, item in (("charlson", "charlson_hiv"), ("charlson_2011", "charlson_hiv"), ("obstetric", "hiv")):
        hidden, shown = grouping.items(score), grouping.items(score, show_restricted=True)
        assert [name for name in shown if name not in hidden] == [item]
    assert listed(grouping.items("charlson", show_restricted=True))["charlson_hiv"] == [False, True, None, None]


def test_what_our_codes_cannot_tell_is_missing_and_never_false(grouping):
    """An item without codes, or of a table that was not given, is missing for everybody."""
    found = listed(grouping.items("efi"))
    assert found["foot_problems"] == found["polypharmacy"] == [None] * 4
    assert found["heart_failure"] == [False, False, True, None]


def test_the_columns_are_the_items_of_the_score_in_its_order(grouping):
    """One column an item, in the order of the score's table; the caller's other columns stay out."""
    for score in grouping.model.scores.values():
        shown = grouping.items(score.id, show_restricted=True)
        assert list(shown) == ["person_id", *(item.id for item in score.items)]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_the_frame_is_of_the_callers_kind(grouping, kind):
    """Whatever kind of frame people came in, items come back in it, with missing values kept."""
    frame = pngroup.group(kind(PEOPLE), kind(RECORDS), as_at="2025-03-31").items("charlson")
    plain = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    assert isinstance(frame, type(kind(PEOPLE)))
    column = plain["charlson_diabetes_with_complication"]
    values = column.to_pylist() if isinstance(plain, pa.Table) else column.to_list()
    assert [None if value is pd.NA else value for value in values] == [True, False, None, None]


def test_an_unknown_score_is_an_error_that_lists_the_scores(grouping):
    """A score that the model does not have is named, with those that it has."""
    with pytest.raises(pngroup.UsageError) as caught:
        grouping.items("charlsen")
    assert "'charlsen'" in caught.value.what
    assert "did you mean 'charlson'" in caught.value.what
    assert caught.value.where == "argument score"
    assert caught.value.allowed == ", ".join(grouping.model.scores)
    assert caught.value.remedy


@pytest.mark.parametrize("score", ["cms", "cms_core", "hfrs", "efi", "obstetric", "charlson", "charlson_2011"])
def test_items_and_weights_give_the_score(generated, score):
    """The weights of a person's items add up to the score, of items that exclude each other the highest only."""
    definition, frame = generated.model.scores[score], generated.to_frame()
    found, met = listed(generated.items(score, show_restricted=True)), 0
    for i, value in enumerate(frame[score]):
        present = [item for item in definition.items if found[item.id][i]]
        if value is None:
            assert not present
            continue
        alone = sum(item.weight for item in present if not item.highest_of)
        best = {item.highest_of: 0 for item in present}
        for item in present:
            best[item.highest_of] = max(best[item.highest_of], item.weight)
        assert value == alone + sum(weight for group, weight in best.items() if group)
        met += value > 0
    assert met >= 10


def test_blocks_never_change_an_item(generated):
    """The number of people handled at a time changes no answer."""
    score = generated.model.scores["efi"]
    whole = items(generated.model, generated.inputs, score)
    blocks = evolve(generated.inputs, evidence=generated.inputs.evidence.in_blocks(3))
    parts = items(generated.model, blocks, score)
    for item, (has, known) in whole.items():
        assert (parts[item][0] == has).all()
        assert (parts[item][1] == known).all()


def test_items_need_no_kept_records():
    """Items can be asked for after any grouping, also of people without any row."""
    empty = {name: [] for name in ("person_id", "code", "date")}
    people = {"person_id": [7], "age": [50]}
    found = pngroup.group(people, empty, as_at="2025-03-31", system="icd10").items("cms_core")
    assert listed(found)["dementia"] == [False]
