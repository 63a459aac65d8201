"""Cross-tables of two groupings: every person in one cell, whatever the order, with what they cost."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import polars as pl
import pytest

import pngroup
from own_model import SMALL_MODEL, written
from pngroup import synthetic

AS_AT = "2025-12-31"


@pytest.fixture(scope="module")
def practice_list():
    return synthetic.practice(1500, seed=21)


@pytest.fixture(scope="module")
def groupings(practice_list, tmp_path_factory):
    """The same people by two models, in another order, some of them missing in one."""
    path = written(tmp_path_factory.mktemp("model"), SMALL_MODEL)
    rng = np.random.default_rng(1)
    n_people = len(practice_list.people["person_id"])
    costs = rng.gamma(2.0, 300.0, n_people).round(2)
    costs[::50] = np.nan
    columns = {**practice_list.people, "cost": costs}

    def some(places):
        frame = pl.DataFrame({name: values[places] for name, values in columns.items()})
        return frame.with_columns(pl.col("cost").fill_nan(None))

    records = pl.DataFrame(practice_list.records)
    order = rng.permutation(n_people)
    first = pngroup.group(some(np.arange(n_people - 40)), records, as_at=AS_AT)
    second = pngroup.group(some(order[order != 3]), records, as_at=AS_AT, model=path)
    return first, second


def test_each_person_of_both_groupings_is_in_one_cell(groupings):
    """Cells, shares and amounts are those of counting person by person, and who is in one grouping only is counted."""
    first, second = groupings
    table = pngroup.cross_table(first, second, amounts="cost")
    frames = [
        dict(zip(each["person_id"], each.iter_rows(named=True), strict=True))
        for each in (first.to_frame(), second.to_frame())
    ]
    cells, cost, known = Counter(), defaultdict(float), Counter()
    for person, row in frames[0].items():
        if person in frames[1]:
            cell = row["need_group"], frames[1][person]["need_group"]
            cells[cell] += 1
            if row["cost"] is not None:
                cost[cell] += row["cost"]
                known[cell] += 1
    assert (table.n_only_in_first, table.n_only_in_second) == (1, 40)
    found = table.to_frame()
    assert found["n_people"].sum() == sum(cells.values())
    of_row, of_column = Counter(), Counter()
    for (row, column), n in cells.items():
        of_row[row] += n
        of_column[column] += n
    for row in found.iter_rows(named=True):
        cell = row["row_group"], row["column_group"]
        assert row["n_people"] == cells[cell]
        assert row["share"] == pytest.approx(cells[cell] / sum(cells.values()))
        for share, of in (("share_of_row", of_row[cell[0]]), ("share_of_column", of_column[cell[1]])):
            assert row[share] is None if not of else row[share] == pytest.approx(cells[cell] / of)
        assert row["cost_total"] == pytest.approx(cost[cell])
        assert row["cost_n_known"] == known[cell]
        assert row["cost_share"] == pytest.approx(cost[cell] / sum(cost.values()))
        if known[cell]:
            assert row["cost_mean"] == pytest.approx(cost[cell] / known[cell])
        else:
            assert row["cost_mean"] is None


def test_the_wide_form_holds_the_same_cells(groupings):
    """A row a group of the first, a column a group of the second, and one of each for people without a group."""
    table = pngroup.cross_table(*groupings, amounts="cost")
    long = table.to_frame()
    for what in table.quantities:
        wide = table.to_wide(what)
        assert wide.columns == ["row_group", "row_name", *table.column_names]
        assert wide["row_name"].to_list()[-1] == "no group"
        assert wide["row_group"].to_list()[-1] is None
        flat = [value for row in wide.select(wide.columns[2:]).iter_rows() for value in row]
        assert flat == long[what].to_list()


def test_amounts_of_a_table_are_added_up_by_person(groupings):
    """Several rows of a person are one amount; who has none is left out of means, or has what is said."""
    first, second = groupings
    everybody = first.to_frame()["person_id"].to_list()
    rows = pl.DataFrame(
        {
            "person_id": [*everybody[:700], *everybody[:300], "nobody"],
            "bed_days": [2.0] * 700 + [1.0] * 300 + [50.0],
            "visits": ["1"] * 999 + ["many", "1"],
        }
    )
    table = pngroup.cross_table(first, second, amounts=rows)
    n_both = int(table.n_people.sum())
    assert table.n_amounts_of_nobody == 1
    assert table.n_amounts_unreadable == 1
    assert table.amounts["bed_days"].total.sum() == 1700 - 3
    assert table.amounts["bed_days"].n_known.sum() == 699
    filled = pngroup.cross_table(first, second, amounts=rows, missing_amount=0)
    assert filled.amounts["bed_days"].total.sum() == 1700 - 3
    assert filled.amounts["bed_days"].n_known.sum() == n_both
    both = pngroup.cross_table(first, second, amounts=["cost", "cost"])
    assert tuple(both.amounts) == ("cost",)


def test_small_cells_are_missing_with_all_that_tells_them(groupings):
    """Below the threshold nothing of a cell is shown, while empty cells stay empty cells."""
    table = pngroup.cross_table(*groupings, amounts="cost", suppress_below=10)
    frame, plain = table.to_frame(), pngroup.cross_table(*groupings, amounts="cost").to_frame()
    hidden = (plain["n_people"] > 0) & (plain["n_people"] < 10)
    assert hidden.any()
    for what in table.quantities:
        assert frame[what].is_null().to_list() == (hidden | plain[what].is_null()).to_list()
    assert frame.filter(plain["n_people"] == 0)["n_people"].to_list() == [0] * int((plain["n_people"] == 0).sum())
    assert table.to_wide()[table.columns.labels[0]].null_count() == int((hidden & (plain["column_group"] == 1)).sum())


def test_people_without_a_group_have_a_row_of_their_own():
    """Somebody who has died by the second date is in the column of no group."""
    people = {"person_id": [1, 2], "birth_date": ["1950-01-01"] * 2, "died_on": ["2026-01-05", None]}
    records = {"person_id": [1, 2], "code": ["I10"] * 2, "date": ["2020-01-01"] * 2}
    first, second = (pngroup.group(people, records, as_at=day, system="icd10") for day in (AS_AT, "2026-01-31"))
    table = pngroup.cross_table(first, second)
    assert table.rows.groups[-1] == table.columns.groups[-1] == 0
    assert table.n_people[table.rows.groups.index(4)].tolist()[-1] == 1
    assert table.n_people.sum() == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"amounts": "costs"}, "did you mean 'cost'"),
        ({"amounts": ["cost", "price"]}, "no column 'price'"),
        ({"amounts": {"person_id": ["a"]}}, "no column beside person_id"),
        ({"amounts": {"who": ["a"]}}, "no column 'person_id'"),
        ({"suppress_below": 0}, "suppress_below is 0"),
        ({"second": "x"}, "second is a str"),
    ],
)
def test_what_cannot_be_crossed_is_refused(groupings, options, words):
    """A column that is not there, a table without amounts and anything but a grouping are errors."""
    options = {"first": groupings[0], "second": groupings[1]} | options
    with pytest.raises(pngroup.PngroupError, match=words):
        pngroup.cross_table(options.pop("first"), options.pop("second"), **options)


def test_a_quantity_that_is_not_there_is_refused(groupings):
    """`to_wide` names the quantities that there are."""
    with pytest.raises(pngroup.UsageError, match="no quantity 'cost_mean'"):
        pngroup.cross_table(*groupings).to_wide("cost_mean")


def test_columns_of_the_wide_table_are_called_as_the_model_of_the_columns_calls_its_groups():
    """A column says by its name which model's group it is, and the table says the group's name for it."""
    people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"]}
    records = {"person_id": ["a"], "code": ["I50.0"], "date": ["2025-02-10"]}
    by_need, by_segment = (
        pngroup.group(people, records, as_at=AS_AT, system="icd10", model=model)
        for model in ("need-groups", "bridges-to-health")
    )
    table = pngroup.cross_table(by_need, by_segment)
    wide = table.to_wide()
    assert list(wide)[2:] == [*(f"segment_{number}" for number in sorted(by_segment.model.groups)), "no_group"]
    assert table.column_names["segment_5"] == by_segment.scheme.group_name(5)
    assert table.row_names["need_group_9"] == by_need.scheme.group_name(9)
    assert table.row_names["no_group"] == table.column_names["no_group"] == "no group"
    assert list(table.row_names.values()) == list(wide["row_name"])
