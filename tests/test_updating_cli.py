"""`pngroup update`: the list, the exit codes, and nothing written where the guard says no."""

from __future__ import annotations

import json
from importlib.resources import files as resources

import pytest

from command_line import (
    AS_AT,
    IDS,
    PEOPLE,
    RECORDS,
    assert_no_id,
    assert_one_sentence,
    practice,
    read_rows,
    run,
    write_text,
)

LATER = "2026-04-30"
APRIL = {
    "change": ["insert", "D"],
    "record_id": ["900", "1"],
    "person_id": [IDS[2], IDS[1]],
    "code": ["I50.0", ""],
    "system": ["icd10", ""],
    "date": ["2026-04-02", ""],
}
REVIEWS = {"person_id": IDS[:1], "agrees": ["false"], "reviewed_by": ["GP"], "until": ["2026-12-31"]}


@pytest.fixture
def begun(tmp_path):
    """A state of the four people."""
    people = write_text(tmp_path / "people.csv", PEOPLE)
    records = write_text(tmp_path / "records.csv", {**RECORDS, "record_id": ["0", "9", "1", "3"]})
    done = run(
        "update", "--begin", "--state", tmp_path / "s", "--people", people, "--records", records, "--as-at", AS_AT,
        "--practice-column", "ward", "--out", tmp_path / "first.csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert [row["person_id"] for row in read_rows(tmp_path / "first.csv")] == IDS
    return tmp_path / "s"


#: The models of the package.
MODELS = sorted(folder.name for folder in resources("pngroup").joinpath("data", "models").iterdir())


@pytest.mark.parametrize("model", MODELS)
def test_each_packaged_model_begins_a_state_and_takes_it_on(model, tmp_path):
    """Without a scheme a model has the default one, or the names of its own, in the first month and the next."""
    people = write_text(tmp_path / "people.csv", PEOPLE)
    records = write_text(tmp_path / "records.csv", RECORDS)
    run_of = ("update", "--state", tmp_path / "s", "--out", tmp_path / "out.csv")
    first = run(*run_of, "--begin", "--model", model, "--people", people, "--records", records, "--as-at", AS_AT)
    assert first.exit_code == 0, first.stderr
    assert len(read_rows(tmp_path / "out.csv")) == len(IDS)
    later = run(*run_of, "--as-at", AS_AT)
    assert later.exit_code == 0, later.stderr
    assert read_rows(tmp_path / "out.csv") == []


def take_on(state, *options, records=APRIL):
    folder = state.parent
    table = write_text(folder / "april.csv", records)
    return run(
        "update", "--state", state, "--records", table, "--as-at", LATER, "--out", folder / "changed.csv", *options
    )


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_that_the_guard_stops_is_exit_code_3_and_writes_nothing(begun):
    """The message says how many would change and how to write it all the same; no file is there that was not."""
    write_text(begun.parent / "april.csv", APRIL)
    before = files(begun.parent)
    done = take_on(begun, "--manifest", begun.parent / "m.json")
    assert done.exit_code == 3
    [sentence] = [line for line in done.stderr.splitlines(keepends=True) if line.startswith("pngroup: ")]
    assert_one_sentence(sentence)
    assert "2 of 4 people (50.0 %, at most 5.0 %) would change" in sentence
    assert "--accept" in sentence
    assert_no_id(done.stderr)
    assert files(begun.parent) == before


def test_who_would_change_is_written_also_where_the_guard_stops_the_run(begun):
    """The file of --would-change is the list that an accepted run writes; nothing else is written by a stopped one."""
    folder = begun.parent
    write_text(folder / "april.csv", APRIL)
    before = files(folder)
    done = take_on(begun, "--would-change", folder / "would.csv", "--everybody", folder / "all.csv")
    assert done.exit_code == 3
    assert "--would-change FILE writes who would change" in done.stderr
    after = files(folder)
    would = after.pop((folder / "would.csv").relative_to(folder))
    assert after == before
    accepted = take_on(begun, "--would-change", folder / "again.csv", "--accept")
    assert accepted.exit_code == 0, accepted.stderr
    assert would == (folder / "changed.csv").read_bytes() == (folder / "again.csv").read_bytes()
    assert [row["person_id"] for row in read_rows(folder / "would.csv")] == [IDS[1], IDS[2]]


def test_an_accepted_run_writes_list_and_manifest(begun):
    """The list holds who changed; the manifest what the guard said, that it was accepted, and the note on safety."""
    folder = begun.parent
    done = take_on(begun, "--accept", "--manifest", folder / "m.json", "--quality", folder / "q.json")
    assert done.exit_code == 0, done.stderr
    wanted = ("person_id", "previous_need_group", "need_group", "because")
    found = [tuple(row[name] for name in wanted) for row in read_rows(folder / "changed.csv")]
    assert found == [(IDS[1], "4", "1", "records"), (IDS[2], "1", "9", "records")]
    manifest = json.loads((folder / "m.json").read_text())
    assert manifest["guard"]["accepted"] is True
    assert manifest["guard"]["stopped"][0] == "2 of 4 people (50.0 %, at most 5.0 %) would change"
    assert manifest["safety"]
    assert_no_id((folder / "m.json").read_text() + (begun / "state.json").read_text() + done.stderr)
    assert json.loads((folder / "q.json").read_text())["n_people"] == 4


@pytest.mark.parametrize("options", [["--accept"], []], ids=["written", "stopped"])
def test_rows_that_are_not_used_are_told_on_the_screen(options, begun):
    """A run says of each table which rows as they stand were used and why others were not, also where it is stopped."""
    bad = {
        "change": ["new"] * 5,
        "record_id": ["900", "901", "902", "903", "904"],
        "person_id": [IDS[2], IDS[1], "0099999999", IDS[2], IDS[2]],
        "code": ["N/A", "??", "I50.0", "I50.0", "I50.0"],
        "system": ["icd10"] * 5,
        "date": ["2026-04-02", "2026-04-02", "2026-04-02", "2026-02-31", "2099-01-01"],
    }
    several = {name: [*values, *APRIL[name]] for name, values in bad.items()}
    several["record_id"][5] = "905"
    done = take_on(begun, *options, records=several)
    assert done.exit_code == (0 if options else 3), done.stderr
    for line in (
        "not used, no code: 1",
        "not used, unreadable code: 1",
        "not used, the person is not in people: 1",
        "not used, dated after as_at: 1",
        "not used, unreadable date: 1",
        "All rows as they stand, as at 2026-04-30",
    ):
        assert line in done.stderr
    assert_no_id(done.stderr)


def test_limits_and_reviews_are_options(begun):
    """A share is a percentage or a fraction; reviews and what they say by group go to files of their own."""
    folder = begun.parent
    reviews = write_text(folder / "reviews.csv", REVIEWS)
    done = take_on(
        begun, "--most-changed", "100%", "--most-fewer-rows", "0.5", "--settle", "2", "--reviews", reviews,
        "--everybody", folder / "all.csv", "--disagreement", folder / "d.csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    [one, two, three, _] = read_rows(folder / "all.csv")
    assert (one["review_agrees"], one["reviewed_by"], two["review_agrees"]) == ("false", "GP", "")
    assert (two["need_group"], two["settled_need_group"]) == ("1", "4")
    assert (three["need_group"], three["settled_need_group"], three["since"]) == ("9", "9", LATER)
    assert [row["n_disagreeing"] for row in read_rows(folder / "d.csv")] == ["1"]


def test_words_and_columns_of_ones_own(begun):
    """Columns and words of change that bear other names are named."""
    table = {"op" if name == "change" else name: values for name, values in APRIL.items()}
    own = ("--column", "records.change=op", "--change-word", "gone=deleted", "--accept")
    done = take_on(begun, *own, records={**table, "op": ["new", "gone"]})
    assert done.exit_code == 0, done.stderr


CHOICES = {
    "order": ["--order", "bnssg"],
    "registers": ["--registers", "2021"],
    "without": ["--without-register", "asthma"],
    "history_months": ["--history-months", "48"],
}


@pytest.mark.parametrize("name", CHOICES)
def test_choices_of_a_model_are_made_each_month(name, tmp_path):
    """What is chosen of a model reaches the answer; without --model, or not repeated, the run is refused."""
    given = practice(tmp_path)
    model = ["--model", "bridges-to-health"]
    first = ["update", "--begin", "--state", tmp_path / "s", *given, "--out", tmp_path / "first.csv"]
    alone = run(*first, *CHOICES[name])
    assert alone.exit_code == 2
    assert f"{CHOICES[name][0]} stands without --model (in option {CHOICES[name][0]}" in alone.stderr
    assert_one_sentence(alone.stderr)
    begun = run(*first, *model, *CHOICES[name], "--manifest", tmp_path / "m.json")
    assert begun.exit_code == 0, begun.stderr
    assert list(json.loads((tmp_path / "m.json").read_text())["choices"]) == [name]
    before = files(tmp_path / "s")
    later = ["update", "--state", tmp_path / "s", "--as-at", LATER, "--out", tmp_path / "changed.csv"]
    for options, words in (
        ([], "name --model and the same choices again (--order ...)"),
        (model, "the state was made with choices of its model"),
        (CHOICES[name], "stands without --model"),
    ):
        done = run(*later, *options)
        assert done.exit_code == 2, done.stderr
        assert words in done.stderr
        assert_one_sentence(done.stderr)
        assert files(tmp_path / "s") == before
    again = run(*later, *model, *CHOICES[name], "--manifest", tmp_path / "m.json")
    assert again.exit_code == 0, again.stderr
    assert list(json.loads((tmp_path / "m.json").read_text())["choices"]) == [name]


def test_columns_may_be_named_of_a_table_that_stays_as_it_is(begun):
    """A job names the same columns each month; of a table that the state has and this month does not, that is noted."""
    own = ("--column", "people.person_id=nhs_no", "--column", "people.birth_date=dob")
    done = take_on(begun, *own, "--accept", "--manifest", begun.parent / "m.json")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("people: not given this time, and stays as it is") == 1
    assert json.loads((begun.parent / "m.json").read_text())["changes"]["columns_not_needed"] == ["people"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--most-changed", "most"], 2, "'most' is no share (in option --most-changed"),
        (["--change-word", "gone"], 2, "'gone' is not of this form (in option --change-word"),
        (["--full", "contacts"], 2, "--full names 'contacts', which is not given (in option --full"),
        (["--full", "records"], 2, "records is given as a whole table and has a column 'change' (in option --full"),
        (["--settle-upwards"], 2, "--settle-upwards stands alone"),
        (["--would-change", "w.json"], 2, "(in option --would-change"),
        (["--disagreement", "d.csv"], 2, "there are no reviews to disagree with"),
        (["--column", "reviews.person_id=x"], 2, "--column names the table 'reviews', which is not given nor in the"),
        (["--column", "values.person_id=x"], 2, "--column names the table 'values', which is not given nor in the"),
        (["--column", "letters.person_id=x"], 2, "there is no table 'letters'"),
        (["--as-at", "2026-01-31"], 2, "before that of the state (in option --as-at"),
        (["--strict"], 1, "1 row (no code system)"),
        (["--settle", "-1"], 2, "settle is -1 (in option --settle"),
        (["--few", "-1"], 2, "few is no number of people"),
        (["--model", "none"], 2, "there is no model 'none' (in option --model"),
        (["--begin"], 2, "--people is missing (in option --begin"),
    ],
)
def test_wrong_options_are_refused_in_their_words(options, code, words, begun):
    """A mistake is one sentence that speaks of options, and nothing is written."""
    records = {**APRIL, "system": ["", ""]} if options == ["--strict"] else APRIL
    before = files(begun)
    done = take_on(begun, *options, records=records)
    assert done.exit_code == code, done.stderr
    assert words in done.stderr
    assert_one_sentence(done.stderr)
    assert files(begun) == before


def test_a_first_run_takes_nothing_of_changes(begun):
    """What only an update can mean is refused of a first run, which would otherwise pass without a guard."""
    people = begun.parent / "people.csv"
    given = [
        "--people",
        people,
        "--records",
        begun.parent / "records.csv",
        "--as-at",
        AS_AT,
        "--out",
        begun.parent / "o.csv",
    ]
    done = run("update", "--begin", "--state", begun.parent / "t", *given, "--accept")
    assert done.exit_code == 2
    assert "--accept says nothing of a first run" in done.stderr
    again = run("update", "--begin", "--state", begun, *given)
    assert again.exit_code == 2
    assert "the folder holds a state already" in again.stderr
    assert not (begun.parent / "o.csv").exists()
