"""Any model of the language runs without a change of code: the packaged ones, and one invented for these tests."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import numpy as np
import pytest

import pngroup
import routes
from generated import generate
from generated_codes import POOL
from own_model import edited, written
from pngroup.explanation.person import rows_of_person
from pngroup.intake import SEXES
from pngroup.model.reference import Reading, interpret
from pngroup.model.tree import calls
from sql_engines import DuckDB, table, tables_of
from test_sql import assert_agrees, grouping_of

BREATHING = Path(__file__).with_name("models") / "breathing.toml"
SETTINGS = ("GP", "inpatient", "emergency admission", "A&E", "OP", None, "somewhere else")
FEEDS = [routes.FEEDS, ()]
#: A model, and what is chosen of it.
MODELS = {
    "need-groups": ("need-groups", {}),
    "need-groups of two years": ("need-groups", {"history_months": 24}),
    "bridges-to-health": ("bridges-to-health", {}),
    "bridges-to-health, other choices": (
        "bridges-to-health",
        {"order": "bnssg", "registers": "4.0", "without": ("obesity",), "history_months": 48},
    ),
    "invented": (BREATHING, {}),
    "invented, other choices": (BREATHING, {"order": "harbour_first", "registers": "old", "history_months": 30}),
}


def population_of(n, seed):
    """Generated people whose records say where they were made, or do not."""
    population = generate(n, seed=seed)
    rng = np.random.default_rng(seed)
    for row in population.records:
        row["setting"] = SETTINGS[rng.integers(len(SETTINGS))]
    for row in population.contacts:
        if rng.random() < 0.3:
            row["setting"] = "emergency admission"
    return population


def asked(name):
    model, choices = MODELS[name]
    return pngroup.load_model(model, **choices)


@pytest.mark.parametrize("feeds", FEEDS, ids=["all", "records"])
@pytest.mark.parametrize("name", MODELS)
def test_the_engine_is_the_reference_interpreter(name, feeds):
    """Of every person and model, group, criteria, measures, flags and registers are those of the slow interpreter."""
    population = population_of(150, seed=len(name))
    grouping = grouping_of(tables_of(population, feeds), population.as_at, model=asked(name))
    expected = routes.reference_answers(grouping)
    answers = {row["person_id"]: row for row in grouping.to_frame().to_pylist()}
    found = routes.differences(expected, answers)
    assert not found, found[:5]
    for place in np.flatnonzero(grouping.people.reason < 0).tolist():
        facts = rows_of_person(place, grouping.people, grouping.kept).facts
        registers = interpret(grouping.model, facts, grouping.as_at).registers
        engine = {
            name: bool(has[place]) if known[place] else None
            for name, (has, known) in grouping.answers.registers.items()
        }
        assert engine == registers


@pytest.mark.parametrize("feeds", FEEDS, ids=["all", "records"])
@pytest.mark.parametrize("name", MODELS)
def test_sql_agrees_on_every_model(name, feeds):
    """The SQL of every model, executed, gives every column, register and count of `group()`."""
    population = population_of(200, seed=7 + len(name))
    tables, database, model = tables_of(population, feeds), DuckDB(), asked(name)
    assert_agrees(database, tables, population.as_at, reference=False, model=model)
    if model.registers:
        grouping = grouping_of(tables, population.as_at, model=model)
        rows = {row["person_id"]: row for row in database.rows("SELECT * FROM pngroup_registers")}
        for expected in grouping.registers().to_pylist():
            found = rows[expected["person_id"]]
            assert {name: None if value is None else value == 1 for name, value in found.items()} == {
                **expected,
                "person_id": True,
            } | {"person_id": found["person_id"] == 1}


@pytest.mark.parametrize("name", ["invented", "bridges-to-health"])
def test_each_model_has_its_own_names(name):
    """The group is called what its model calls it, with the model's own names and without tiers it does not have."""
    population = population_of(80, seed=3)
    grouping = grouping_of(tables_of(population, ()), population.as_at, model=asked(name))
    frame = grouping.to_frame()
    result = grouping.model.result
    assert frame.column_names[1:4] == [result, f"{result}_name", "reason"]
    assert "need_tier" not in frame.column_names
    named = {(row[result], row[f"{result}_name"]) for row in frame.to_pylist() if row[result] is not None}
    assert named <= set(grouping.model.group_names.items())
    with pytest.raises(pngroup.UsageError, match="names its own groups"):
        grouping_of(tables_of(population, ()), population.as_at, model=asked(name), scheme="default")


def test_registers_are_a_wide_and_a_long_table():
    """The long table has a row for each register that the wide one says a person is on, and no other."""
    population = population_of(120, seed=4)
    grouping = grouping_of(tables_of(population, ()), population.as_at, model=asked("invented"))
    wide = grouping.registers().to_pylist()
    present = [
        (row["person_id"], name) for row in wide for name, value in row.items() if name != "person_id" and value is True
    ]
    assert [(row["person_id"], row["register"]) for row in grouping.registers("long").to_pylist()] == present
    assert present
    codes = {register.id: register.code for register in grouping.model.registers.values()}
    for row, person in zip(grouping.to_frame().to_pylist(), wide, strict=True):
        here = [codes[name] for name in ("airway", "severe", "stiff") if person[name]]
        expected = None if row["band"] is None else "+".join(here) or "no lungs"
        assert row["lungs_present"] == expected


def test_a_group_that_the_order_leaves_out_stays_a_criterion():
    """Another order moves people between groups and changes no criterion of theirs."""
    population = population_of(300, seed=9)
    tables = tables_of(population, routes.FEEDS)
    usual = grouping_of(tables, population.as_at, model=asked("invented"))
    other = grouping_of(tables, population.as_at, model=pngroup.load_model(BREATHING, order="harbour_first"))
    grouped = usual.people.reason < 0
    without_last = ~(1 << 9)
    assert np.array_equal(
        usual.answers.criteria[grouped] & without_last, other.answers.criteria[grouped] & without_last
    )
    assert 30 not in other.counts()
    assert (usual.answers.group[grouped] != other.answers.group[grouped]).any()
    assert usual.fingerprint != other.fingerprint
    assert other.manifest["choices"] == {"order": "harbour_first"}


def test_records_that_say_no_setting_are_counted():
    """Where a model asks for settings, the quality report says how many records do not say theirs."""
    population = population_of(60, seed=5)
    tables = tables_of(population, ())
    grouping = grouping_of(tables, population.as_at, model=asked("invented"))
    notes = grouping.quality.feed("records").notes
    assert 0 < notes["setting_missing"] < len(population.records)
    assert notes["setting_unknown"] > 0
    without = {**tables, "records": tables["records"].drop_columns(["setting"])}
    found = grouping_of(without, population.as_at, model=asked("invented")).quality.feed("records")
    assert found.notes["setting_missing"] == found.n_used


def test_the_position_of_a_diagnosis_can_be_asked_for(tmp_path):
    """A filter for main diagnoses counts those alone; of rows without a position it does what it says."""
    path = written(
        tmp_path, edited(BREATHING.read_text(), ('systems = ["icd10"]', "main_only = true\nunknown = false"))
    )
    codes = ["J84.1"] * 5
    records = {"person_id": list("abcde"), "code": codes, "date": ["2025-01-01"] * 5}
    people = {"person_id": list("abcde"), "birth_date": ["1960-01-01"] * 5}
    positions = [1, 2, "primary", None, "nonsense"]
    grouping = pngroup.group(people, {**records, "position": positions}, as_at="2026-01-01", system="icd10", model=path)
    assert grouping.registers()["stiff"].tolist() == [True, False, True, False, False]
    notes = grouping.quality.feed("records").notes
    assert (notes["position_missing"], notes["position_unknown"]) == (1, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('where = "any_hospital"', 'where = "hospitl"'), "no filter 'hospitl'"),
        (('counts_as = "airway"', 'counts_as = "airwy"'), "no register 'airwy'"),
        (("usual = [50, 40, 30, 20, 10]", "usual = [10, 50]"), "does not end with the group"),
        (('name = "Storm"', 'name = "Waves"'), "two alike"),
        (('registers = "lungs"', 'registers = "lung"'), "no list 'lung'"),
        (('{ attacked = "A",', '{ attackd = "A",'), "no flag 'attackd'"),
        (('when = "ever(airways)"', 'when = "register(airway)"'), "defined by itself"),
        (("longest_days_to_discharge = 320", "longest_days_to_discharge = 20"), "longest_days_to_discharge is 20"),
        (("unknown = true", ""), "records pass of which it is not known"),
        (('result = "band"', 'result = "person_id"'), "no name for a column"),
        (('outputs = ["n_attacks",', 'outputs = ["n_attacks", "lungs_present",'), "a column 'lungs_present' already"),
        (('settings = ["emergency", "emergency_admission"]', 'settings = ["emergencies"]'), "'emergencies'"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_wrong_in_a_model_is_told(tmp_path, change, words):
    """Each part of a model is checked when it is read: the message names it, the file and the line."""
    path = written(tmp_path, edited(BREATHING.read_text(), change))
    with pytest.raises(pngroup.ModelError, match=re.escape(words)) as told:
        pngroup.load_model(path)
    assert "own.toml" in told.value.where


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"order": "harbor_first"}, "no order 'harbor_first'"),
        ({"registers": "newest"}, "no edition 'newest'"),
        ({"without": ("stif",)}, "no register 'stif'"),
        ({"history_months": 0}, "history_months is 0"),
    ],
)
def test_a_choice_that_a_model_does_not_offer_is_refused(choices, words):
    """What is chosen must be there."""
    with pytest.raises(pngroup.UsageError, match=words):
        pngroup.load_model(BREATHING, **choices)
    with pytest.raises(pngroup.UsageError, match="loaded already"):
        pngroup.load_model(pngroup.load_model(BREATHING), order="usual")


@pytest.mark.parametrize("seed", range(3))
def test_a_discharge_ends_an_episode_that_has_run_out(seed):
    """Openings, births, losses and discharges in any order: engine, reference and SQL find the same episodes."""
    rng, as_at = np.random.default_rng(seed), datetime.date(2026, 3, 31)
    codes = {"pregnancy_ongoing": 2, "pregnancy_delivery": 1, "pregnancy_loss": 1, "anaemia": 3}
    kinds = [code for condition, weight in codes.items() for code in POOL[condition][:1] * weight]
    people, records = [], []
    for number in range(400):
        people.append({"person_id": f"{number}", "age": 30, "sex": "female"})
        # Every fourth person opened one long ago and has nothing since.
        earlier = (
            [int(rng.integers(250, 330))] if number % 4 == 1 else rng.integers(0, 700, rng.integers(1, 7)).tolist()
        )
        days = [*earlier, *([0] if number % 2 else [])]
        for place, day in enumerate(days):
            # Every second person is discharged on the index date itself, which is when it can be seen.
            code, system = (
                POOL["anaemia"][0] if number % 2 and place == len(days) - 1 else kinds[rng.integers(len(kinds))]
            )
            date = as_at - datetime.timedelta(days=day)
            records.append({"person_id": f"{number}", "code": code, "system": system, "date": date})
    tables = {"people": table("people", people), "records": table("records", records)}
    assert_agrees(DuckDB(), tables, as_at, model=asked("invented"))
    grouping = grouping_of(tables, as_at, model=asked("invented"))
    late = 0
    for place in np.flatnonzero(grouping.answers.group == 20).tolist():
        facts = rows_of_person(place, grouping.people, grouping.kept).facts
        found = Reading(grouping.model, facts, as_at).spans("carrying")
        late += any(each.discharged == as_at and (as_at - each.first).days >= 250 for each in found)
    # Of those a hundred about three in four opened it, or something else, within the 320 days.
    assert late > 10


def later_than(rows, day):
    """The rows of a table with a date after that day."""
    return rows.filter([each is not None and np.datetime64(each) > day for each in rows["date"].to_pylist()])


def asks_for_episodes(node):
    return any(call.function in ("in_episode", "during") for call in calls(node))


@pytest.mark.parametrize("months", [1, 2, 12, 13])
@pytest.mark.parametrize("name", ["need-groups", "bridges-to-health"])
def test_a_limit_of_history_only_ever_takes_away(name, months):
    """Whoever counts with a limit of history counts as if the older records were not there."""
    population = population_of(120, seed=months)
    tables, as_at = tables_of(population, routes.FEEDS), population.as_at
    limited = grouping_of(tables, as_at, model=pngroup.load_model(name, history_months=months))
    start = np.datetime64(as_at, "M") - np.timedelta64(months, "M")
    last_of_month = (start + 1).astype("datetime64[D]") - 1
    first = min(start.astype("datetime64[D]") + (as_at.day - 1), last_of_month)
    younger = {table: rows if table == "people" else later_than(rows, first) for table, rows in tables.items()}
    without = grouping_of(younger, as_at, model=name)
    grouped = limited.people.reason < 0
    for register, (has, known) in limited.answers.registers.items():
        other, other_known = without.answers.registers[register]
        same = grouped & known & other_known
        # Episodes read all that is on record.
        assert asks_for_episodes(limited.model.register_rules[register]) or np.array_equal(has[same], other[same]), (
            register
        )
    # Men are in no episode.
    men = grouped & (limited.people.sex == SEXES.index("male"))
    assert men.any()
    assert np.array_equal(limited.answers.group[men], without.answers.group[men])
    values, known = limited.answers.measures["hfrs"]
    other, other_known = without.answers.measures["hfrs"]
    same = grouped & known & other_known
    assert np.array_equal(values[same], other[same])


WINDOWED = """
[model]
name = "windowed"
edition = "1"
catalogue = "core@2026.1"
where = "hospital"

[filters.hospital]
name = "in hospital"
settings = ["inpatient"]
unknown = true

[sets]
mixed = ["diabetes", "laxatives"]

[[groups]]
number = 3
name = "mixed"
when = "ever(mixed)"

[[groups]]
number = 2
name = "days"
when = "within(asthma, days=365, where='any')"

[[groups]]
number = 1
name = "others"
otherwise = true
"""


def test_a_window_of_days_is_not_made_longer_by_a_limit_of_history(tmp_path):
    """365 days are 365 days, whatever longer limit stands beside them."""
    path = written(tmp_path, WINDOWED)
    people = {"person_id": ["a", "b"], "birth_date": ["1960-01-01"] * 2}
    records = {"person_id": ["a", "b"], "code": ["J45.9"] * 2, "date": ["2025-03-31", "2025-04-01"]}
    for months in (None, 11, 12, 13):
        model = pngroup.load_model(path, history_months=months)
        found = pngroup.group(people, records, as_at="2026-03-31", system="icd10", model=model).answers.group
        assert found.tolist() == ([1, 1] if months == 11 else [1, 2])


def test_of_a_set_of_several_tables_the_records_are_filtered(tmp_path):
    """A set of conditions and medicines sees its conditions through the filter, and its medicines as they are."""
    model = pngroup.load_model(written(tmp_path, WINDOWED))
    people = {"person_id": ["a", "b", "c"], "birth_date": ["1960-01-01"] * 3}
    records = {
        "person_id": ["a", "b"], "code": ["E11.9"] * 2, "date": ["2025-06-01"] * 2, "setting": ["GP", "inpatient"],
    }  # fmt: skip
    medicines = {"person_id": ["c"], "code": ["010604"], "system": ["bnf"], "date": ["2025-06-01"]}
    found = pngroup.group(
        people, {**records, "system": ["icd10"] * 2}, as_at="2026-03-31", medicines=medicines, model=model
    )
    assert found.answers.group.tolist() == [1, 3, 3]


@pytest.mark.parametrize("word", [None, "unknown", "Not known", "not specified"])
def test_a_record_that_does_not_know_its_setting_says_none(tmp_path, word):
    """Words for an unknown setting are as good as none, in filters and in the report."""
    people = {"person_id": ["a"], "birth_date": ["1960-01-01"]}
    records = {"person_id": ["a"], "code": ["E11.9"], "date": ["2025-06-01"], "setting": [word], "system": ["icd10"]}
    medicines = {"person_id": [], "code": [], "system": [], "date": []}
    found = pngroup.group(people, records, as_at="2026-03-31", medicines=medicines, model=written(tmp_path, WINDOWED))
    assert found.answers.group.tolist() == [3]
    assert found.quality.feed("records").notes["setting_missing"] == 1
    assert "setting_unknown" not in found.quality.feed("records").notes


def test_naming_what_a_model_would_choose_anyway_is_no_choice():
    """The fingerprint tells answers apart, not how they were asked for."""
    plain = pngroup.load_model("bridges-to-health")
    assert pngroup.load_model("bridges-to-health", order="dataset", registers="2023").fingerprint == plain.fingerprint
    assert pngroup.load_model("bridges-to-health", order="bnssg").fingerprint != plain.fingerprint


def test_more_than_a_number_can_hold_is_refused(tmp_path):
    """A combination has at most 62 parts, and with the group beside it 56; a model asks through eight filters."""
    flags = "\n".join(f'f{at} = {{ when = "age >= {at}" }}' for at in range(57))
    codes = ", ".join(f'f{at} = "F{at}"' for at in range(57))
    text = WINDOWED + f"\n[flags]\n{flags}\n\n[combinations.all]\nwith_group = true\nflags = {{ {codes} }}\n"
    with pytest.raises(pngroup.ModelError, match="combines too much"):
        pngroup.load_model(written(tmp_path, text))
    filters = "\n".join(f'[filters.f{at}]\nname = "f"\nsystems = ["icd10"]' for at in range(9))
    asked = " or ".join(f"ever(asthma, where='f{at}')" for at in range(9))
    text = edited(WINDOWED, ("within(asthma, days=365, where='any')", asked)) + "\n" + filters
    with pytest.raises(pngroup.ModelError, match="filters"):
        pngroup.load_model(written(tmp_path, text))


@pytest.mark.parametrize("where", ["hospitel", "hospital"])
def test_a_filter_on_what_it_does_not_apply_to_is_refused(tmp_path, where):
    """A filter that is not there, or that stands on contacts, is an error and never ignored."""
    text = edited(
        WINDOWED, ("within(asthma, days=365, where='any')", f"within(any_contact, days=365, where='{where}')")
    )
    with pytest.raises(pngroup.ModelError, match=where):
        pngroup.load_model(written(tmp_path, text))
