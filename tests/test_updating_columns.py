"""What columns a month's tables need: those in which the state holds values, and of deletions none but the id."""

from __future__ import annotations

import pytest

import pngroup
from histories import by_person
from test_updating import PEOPLE, RECORDS, april, begun, rows

FULL = {
    **PEOPLE,
    "registered_from": ["2000-01-01"] * 40,
    "registered_to": [None] * 39 + ["2026-01-01"],
    "died_on": ["2026-01-01"] + [None] * 39,
    "excluded_reason": [None, "true"] + [None] * 38,
}
SETTINGS = {**RECORDS, "setting": ["inpatient"] * 80}


@pytest.mark.parametrize("column", ["sex", "registered_from", "registered_to", "died_on", "excluded_reason"])
@pytest.mark.parametrize("full", [False, True], ids=["changed", "full"])
def test_a_column_of_people_that_a_feed_loses_is_refused(column, full, tmp_path):
    """A file of new, changed or all rows without a column that the state has values of empties nothing."""
    folder = begun(tmp_path / "s", people=FULL)
    people = {name: values for name, values in FULL.items() if name != column}
    people = people if full else {**people, "change": ["changed"] * 40}
    with pytest.raises(pngroup.DataError, match=f"people has no column '{column}', which holds values in the state"):
        april(folder, people=people, full="people" if full else ())
    deleted = {"person_id": ["p5"], "change": ["deleted"]}
    assert by_person(april(folder, people=deleted).changed)["p5"]["reason"] == "not_in_people"
    empty = {**people, column: [None] * 40}
    assert april(folder, people=empty, full="people" if full else ()).counts.n_people == 40


def test_a_column_of_records_that_a_feed_loses_is_refused(tmp_path):
    """So it is of tables of events; a system may be given for all rows, and what the state never had is not missed."""
    folder = begun(tmp_path / "s", records=SETTINGS)
    with pytest.raises(pngroup.DataError, match="records has no column 'setting'") as caught:
        april(folder, records=rows("new", ["p1"], ids=[900]))
    assert "{'records': {'setting': 'your column'}}" in caught.value.remedy
    with_it = {**rows("new", ["p1"], ids=[900]), "setting": [None]}
    assert april(folder, records=with_it).counts.rows["records"].n_new == 1
    with pytest.raises(pngroup.DataError, match="records has no column 'record_id'"):
        april(folder, records={**rows("new", ["p1"]), "setting": [None]})
    assert april(folder, records={"change": ["deleted"], "record_id": [40]}).counts.rows["records"].n_deleted == 1


def test_deletions_need_no_column_that_is_named_for_other_rows(tmp_path):
    """Practice and columns under other names are needed where some row is not deleted, and then asked for by name."""
    folder = begun(tmp_path / "s")
    columns = {"people": {"birth_date": "dob"}}
    update = april(folder, people={"person_id": ["p1"], "change": ["deleted"]}, columns=columns)
    assert update.counts.rows["people"].n_deleted == 1
    more = {"person_id": ["p1", "p2"], "change": ["deleted", "changed"], "sex": ["female"] * 2, "dob": ["1950"] * 2}
    with pytest.raises(pngroup.DataError, match="people has no column 'gp'"):
        april(folder, people=more, columns=columns)
    with pytest.raises(pngroup.DataError, match="people has no column 'gender'"):
        april(folder, people={**more, "gp": ["North"] * 2}, columns={"people": {"birth_date": "dob", "sex": "gender"}})
    assert april(folder, people={**more, "gp": ["North"] * 2}, columns=columns).counts.n_people == 39


@pytest.mark.parametrize("first_records", [0, 80], ids=["nothing", "records alone"])
@pytest.mark.parametrize("kind", [int, str])
def test_an_empty_table_fixes_no_kind_of_ids(kind, first_records, tmp_path):
    """Who begins without people may have ids of either kind from the next month on."""
    ids = [kind(at) for at in range(40)]
    empty = {name: [] for name in PEOPLE}
    records = {**RECORDS, "person_id": ids * 2}
    first = {name: values[:first_records] for name, values in records.items()}
    folder = begun(tmp_path / "s", people=empty, records=first)
    people = {**PEOPLE, "person_id": ids, "change": ["new"] * 40}
    rest = {name: values[first_records:] for name, values in records.items()}
    update = april(folder, people=people, records={**rest, "change": ["new"] * len(rest["code"])})
    assert update.counts.n_with_group == update.counts.n_changed == 40
    assert by_person(update.changed)[ids[0]]["need_group"] == 4
    update.write()
    assert april(folder, as_at="2026-05-31").counts.n_changed == 0
