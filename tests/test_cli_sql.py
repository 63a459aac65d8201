"""`pngroup sql`: from a list of spellings to a script in a file."""

from __future__ import annotations

import csv

import pytest

from command_line import (
    AS_AT,
    GROUPS,
    IDS,
    PEOPLE,
    RECORDS,
    assert_no_id,
    assert_one_sentence,
    read_rows,
    run,
    write_text,
)
from sql_engines import DuckDB

ABSENT = [
    f"--without={column}"
    for column in (
        "people.age", "people.registered_from", "people.registered_to", "people.died_on", "people.excluded_reason",
        "records.status", "records.setting",
    )
]  # fmt: skip
OPTIONS = ["sql", "--dialect", "duckdb", *ABSENT]


def database(folder):
    """The small practice in DuckDB, read from its files."""
    found = DuckDB()
    for name, table in (("people", PEOPLE), ("records", RECORDS)):
        path = write_text(folder / f"{name}.csv", table)
        dates = "{'date': 'DATE'}" if name == "records" else "{'birth_date': 'DATE'}"
        found.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', all_varchar = false, types = {dates})")
        found.execute(f"ALTER TABLE {name} ALTER person_id TYPE VARCHAR")
    return found


def spellings(folder, found):
    """The list of spellings as a file, by the query that the command writes."""
    done = run(*OPTIONS, "--distinct")
    assert done.exit_code == 0, done.output
    rows = found.rows(done.stdout)
    columns = {name: [str(row[name]) for row in rows] for name in rows[0]}
    return write_text(folder / "distinct.csv", columns)


def test_the_two_steps_end_in_the_groups_of_the_library(tmp_path):
    """The list by the first command, the script by the second, and the database gives the groups that group() gives."""
    found = database(tmp_path)
    listed = spellings(tmp_path, found)
    done = run(*OPTIONS, "--codes", listed, "--as-at", AS_AT, "--out", tmp_path / "grouping.sql")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    script = (tmp_path / "grouping.sql").read_text(encoding="utf-8")
    assert_no_id(script)
    found.execute(script)
    answers = {str(person): answer["need_group"] for person, answer in found.answers().items()}
    assert [answers[str(person)] for person in found_ids(found)] == groups_in_order(found)


def found_ids(found):
    return [row["person_id"] for row in found.rows("SELECT person_id FROM people")]


def groups_in_order(found):
    known = {person.lstrip("0"): group for person, group in zip(IDS, GROUPS, strict=True)}
    return [known[str(person).lstrip("0")] for person in found_ids(found)]


def test_the_code_table_may_be_a_file_of_its_own(tmp_path):
    """With --code-table the rows of codes stand in a file that the database can load, and not in the script."""
    listed = spellings(tmp_path, database(tmp_path))
    files = ["--out", tmp_path / "grouping.sql", "--code-table", tmp_path / "codes.csv"]
    done = run(*OPTIONS, "--codes", listed, "--as-at", AS_AT, *files)
    assert done.exit_code == 0, done.output
    rows = read_rows(tmp_path / "codes.csv")
    assert sorted(row["spelling"] for row in rows) == sorted(RECORDS["code"])
    assert "INSERT INTO pngroup_code " not in (tmp_path / "grouping.sql").read_text(encoding="utf-8")
    with (tmp_path / "codes.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file))[:4] == ["feed", "system_spelling", "spelling", "code_number"]


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--codes", "distinct.csv"],
        ["--distinct", "--as-at", AS_AT],
        ["--distinct", "--dialect", "oracle"],
        ["--distinct", "--table", "records"],
        ["--distinct", "--table", "contacts=care.contact"],
        ["--distinct", "--column", "records.codes=x"],
        ["--distinct", "--without", "records.code"],
        ["--distinct", "--feed", "visits"],
        ["--codes", "nowhere.csv", "--as-at", AS_AT],
    ],
    ids=" ".join,
)
def test_wrong_options_are_one_sentence(options, tmp_path):
    """What does not fit is refused with exit code 2, in the words of the command line, and nothing is written."""
    done = run(*OPTIONS, *options, "--out", tmp_path / "grouping.sql")
    assert done.exit_code == 2, done.output
    assert_one_sentence(done.stderr)
    assert "argument" not in done.stderr
    assert not (tmp_path / "grouping.sql").exists()
