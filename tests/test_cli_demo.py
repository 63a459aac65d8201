"""`pngroup demo`: what a newcomer sees and gets."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

import pngroup
from command_line import execute, read_rows, run
from pngroup.cli import pictures
from pngroup.synthetic import practice

FILES = {
    "people.csv", "records.csv", "contacts.csv", "medicines.csv", "values.csv",
    "groups.csv", "quality.json", "manifest.json", "one-person.txt",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def printed(folder):
    done = run("demo", "--people", "600", "--seed", "3", "--out", folder / "made")
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    return done.stdout


def test_the_demo_shows_each_group_with_tier_and_colour(printed):
    """Each of the eleven groups has its line: number, name, tier, colour with letter, people and share."""
    scheme = pngroup.load_scheme("default")
    for number in pngroup.NeedGroup:
        tier = scheme.tier(number)
        name = re.escape(scheme.group_name(number))
        line = rf"^ +{int(number)} +{name} +{tier.word} +\S {tier.letter}  {tier.colour} +[\d,]+ +(<0.1|[\d.]+) %"
        assert re.search(line, printed, re.MULTILINE), number


def test_the_shares_are_those_of_the_result(printed, folder):
    """The people that the table shows are counted in the result file, and add up with those who have no group."""
    rows = read_rows(folder / "made" / "groups.csv")
    assert len(rows) == 600
    shown = {
        int(n): int(people.replace(",", ""))
        for n, people in re.findall(r"^ +(\d+)  \D.*? ([\d,]+) +\S+ %", printed, re.MULTILINE)
    }
    counted = {number: sum(row["need_group"] == str(number) for row in rows) for number in range(1, 12)}
    assert shown == counted
    assert f"Need groups of {sum(counted.values())} people" in printed
    without = len(rows) - sum(counted.values())
    assert without
    assert f"{without} more people have no group" in printed


def test_the_demo_writes_tables_and_results(printed, folder):
    """The folder holds the five tables, the result, its reports and the explanation, and nothing temporary."""
    assert {path.name for path in (folder / "made").iterdir()} == FILES
    for name in FILES:
        assert name in printed


def test_the_files_of_the_demo_give_the_same_groups(printed, folder):
    """`pngroup group` on the demo's files, with all five tables, gives the demo's result file, byte for byte."""
    made = folder / "made"
    tables = [
        part
        for name in ("people", "records", "contacts", "medicines", "values")
        for part in (f"--{name}", made / f"{name}.csv")
    ]
    done = run("group", *tables, "--as-at", "2026-03-31", "--out", folder / "again.csv")
    assert done.exit_code == 0, done.output
    assert (folder / "again.csv").read_bytes() == (made / "groups.csv").read_bytes()


def test_the_demo_explains_somebody_as_explain_does(printed, folder):
    """The person explained is one whom the printed command explains, and the file holds the whole explanation."""
    [command] = re.findall(r"^ +pngroup explain (.*)$", printed, re.MULTILINE)
    arguments = command.split()
    files = [str(folder / "made" / part) if part.endswith(".csv") else part for part in arguments]
    done = run("explain", *files)
    assert done.exit_code == 0, done.output
    text = (folder / "made" / "one-person.txt").read_text(encoding="utf-8")
    assert text.startswith(done.stdout)
    assert "Why this person?" in printed
    assert "The person would read" in printed


def test_the_same_seed_is_the_same_demo(folder, tmp_path):
    """The same seed gives the same files, another seed another practice."""
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        assert run("demo", "--people", "60", "--seed", seed, "--out", tmp_path / name).exit_code == 0
    one, two, three = ((tmp_path / name / "groups.csv").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_demo_fits_the_terminal(width, tmp_path):
    """But for commands to be copied whole, no line is longer than the terminal is wide, and no number is cut."""
    printed = run("demo", "--people", "100", "--out", tmp_path / "made", COLUMNS=str(width)).stdout
    long = [
        line for line in printed.splitlines() if len(line) > width and not line.strip().startswith(("pngroup", "cd"))
    ]
    assert not long
    assert "…" not in printed


def test_the_demo_needs_no_colours_and_no_signs(tmp_path):
    """On a terminal that knows ASCII only, letters and words say it all, and nothing fails."""
    done = execute("demo", "--people", "40", cwd=tmp_path, PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "?" not in done.stdout.replace("Why this person?", "")
    assert re.search(r"11 +.*Frailty +.*high +.*R  red", done.stdout)
    assert (tmp_path / "pngroup-demo" / "groups.csv").exists()


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_tiny_demo_works(n, tmp_path):
    """A practice of a handful of people, perhaps without anybody in a high group, is shown as well."""
    for seed in range(3):
        done = run("demo", "--people", n, "--seed", seed, "--out", tmp_path / "made")
        assert done.exit_code == 0, done.output


def test_percentages_never_say_none_for_some():
    """A share that is not nought is never printed as 0.0 %."""
    assert pictures.percent(0, 10) == "0.0 %"
    assert pictures.percent(1, 100_000) == "<0.1 %"
    assert pictures.percent(1, 3) == "33.3 %"
    assert pictures.percent(0, 0) == "-"


def test_the_demo_shows_the_practice_of_the_generator(folder, printed):
    """The tables of the demo are those of `pngroup.synthetic.practice` with the same size and seed."""
    made = practice(600, seed=3)
    rows = read_rows(folder / "made" / "people.csv")
    assert [row["person_id"] for row in rows] == made.people["person_id"].tolist()


def test_a_person_with_restricted_records_can_be_shown():
    """The picture of a person names restricted records without date and code."""
    people = {"person_id": ["a"], "birth_date": ["1994-01-01"], "sex": ["F"]}
    records = {"person_id": ["a"] * 2, "code": ["B24", "Z34.9"], "date": ["2026-01-01", "2026-01-02"]}
    explanation = pngroup.explain("a", people, records, as_at="2026-03-31", system="icd10")
    console = Console(file=io.StringIO(), width=100)
    console.print(pictures.person(explanation, pngroup.load_scheme("default"), console))
    shown = console.file.getvalue()
    assert "a restricted record" in shown
    assert "B24" not in shown
    assert "1 Jan 2026" not in shown
