"""People who are taken out of the table of people: their rows stay, are counted, and stop nothing."""

from __future__ import annotations

import pytest

import pngroup
from histories import by_person
from test_updating import PEOPLE, april, begun, rows


def test_strict_goes_on_when_somebody_is_taken_out(tmp_path):
    """Month after month the rows of who is gone stay and are counted; rows of nobody ever known are still refused."""
    folder = begun(tmp_path / "s")
    gone = {"person_id": ["p1"], "change": ["deleted"]}
    first = april(folder, people=gone, strict=True)
    assert first.counts.rows_of_gone == first.counts.to_dict()["rows_of_gone"] == {"records": 2}
    assert "records: rows of people who are gone, which count for nothing: 2" in str(first.counts)
    assert by_person(first.changed)["p1"]["reason"] == "not_in_people"
    first.write(accept=True)
    late = april(folder, as_at="2026-05-31", records=rows("new", ["p1"], ids=[900]), strict=True)
    assert late.counts.rows_of_gone == {"records": 3}
    assert late.counts.n_changed == 0
    late.write()
    with pytest.raises(pngroup.DataError, match="strict was asked for"):
        april(folder, as_at="2026-06-30", records=rows("new", ["nobody"], ids=[901]), strict=True)
    back = {name: values[1:2] for name, values in PEOPLE.items()} | {"change": ["new"]}
    again = april(folder, as_at="2026-06-30", people=back, strict=True)
    assert again.counts.rows_of_gone == {}
    assert by_person(again.changed)["p1"]["need_group"] == 9


def test_nothing_is_kept_of_who_is_gone_with_all_rows(tmp_path):
    """When the feed has deleted their rows too, the state holds nothing of them."""
    folder = begun(tmp_path / "s")
    april(folder, people={"person_id": ["p1"], "change": ["deleted"]}, strict=True).write(accept=True)
    assert (folder / "gone-000002.parquet").is_file()
    end = {"change": ["deleted"] * 2, "record_id": [1, 41]}
    april(folder, as_at="2026-05-31", records=end, strict=True).write()
    assert not list(folder.glob("gone-*"))
