"""`pngroup terminology` as a person meets it: ids, tables, a catalogue folder, and errors in one sentence."""

from __future__ import annotations

import pytest

from command_line import assert_one_sentence, read_rows, run
from pngroup.catalogue import load_catalogue
from release import Concept, IsA, Package, concept_id, files, folder_of, zip_of

A, B, TOP, NEW = (concept_id(number + 1) for number in range(4))


@pytest.fixture(scope="module")
def dementia():
    core = load_catalogue("core")
    return next(int(each.code) for each in core.roots if each.condition == "dementia" and each.role == "root")


def package(dementia, *below):
    return Package(
        [Concept(TOP), Concept(dementia), *map(Concept, below)],
        [IsA(dementia, TOP), *(IsA(each, dementia) for each in below)],
    )


@pytest.fixture
def release(tmp_path, dementia):
    return folder_of(tmp_path / "release", files(package(dementia, A, B)))


def terminology(*arguments):
    return run("terminology", *arguments)


def test_an_expression_prints_ids_one_a_line(release, dementia):
    """The ids that an expression means are all that the standard output holds, one a line, sorted."""
    done = terminology("expand", "--release", release, f"<< {dementia} |a term| MINUS {B}")
    assert done.exit_code == 0
    assert done.stdout.split() == [str(each) for each in sorted([A, dementia])]
    assert "2 concepts" in done.stderr
    assert "Release of 20240401: 4 concepts" in done.stderr


def test_an_expression_without_concepts_prints_nothing(release):
    """An empty answer is no line on the standard output, and a number on the other stream."""
    done = terminology("expand", "--release", release, f"< {A}")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 concepts" in done.stderr


def test_the_expanded_catalogue_is_taken_everywhere(release, tmp_path, dementia):
    """The folder that is written is a catalogue: `codes` names the root of a new id, `check` finds it in order."""
    out = tmp_path / "ours"
    done = terminology("expand", "--release", release, "--out", out, "--cache", tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    assert "must not be published" in " ".join(done.stderr.split())
    shown = run("codes", A, "--system", "snomed", "--catalogue", out)
    assert shown.exit_code == 0, shown.stderr
    assert f"release-dementia-{dementia}" in shown.stdout
    assert f"Concept {dementia} and all below it" in " ".join(shown.stdout.split())
    assert run("check", out).exit_code == 0
    again = terminology("expand", "--release", release, "--out", out)
    assert again.exit_code == 2
    assert_one_sentence(again.stderr)


def test_diff_says_what_a_release_adds(release, tmp_path, dementia):
    """A row for each condition, and on request a table of every id that differs, with the reason."""
    done = terminology("diff", "--release", release, "--out", tmp_path / "t.csv")
    assert done.exit_code == 0, done.stderr
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert lines["condition"] == ["packaged", "expanded", "gained", "lost", "inactive", "substituted"]
    core = load_catalogue("core")
    packaged = core.rules["snomed"].codes_of("dementia")
    n = len(packaged)
    new = 3 - (str(dementia) in packaged)
    assert [each.replace(",", "") for each in lines["dementia"][:3]] == [str(n), str(n + new), str(new)]
    rows = read_rows(tmp_path / "t.csv")
    gained = {row["code"]: row["why"] for row in rows if (row["condition"], row["change"]) == ("dementia", "gained")}
    assert gained[str(A)] == f"is or stands below {dementia}"
    assert {row["change"] for row in rows} >= {"gained", "lost", "unknown"}


def test_diff_compares_two_releases(release, tmp_path, dementia):
    """Against an earlier release, what came and what went for each condition."""
    newer = zip_of(tmp_path / "newer.zip", files(package(dementia, A, NEW), date="20241001"))
    done = terminology("diff", "--release", newer, "--against", release, "--out", tmp_path / "t.csv")
    assert done.exit_code == 0, done.stderr
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert lines["dementia"][2:] == ["1", "1"]
    changes = [(row["condition"], row["code"], row["change"]) for row in read_rows(tmp_path / "t.csv")]
    assert sorted(changes) == [("dementia", str(B), "lost"), ("dementia", str(NEW), "gained")]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["expand"], 2),
        (["expand", "--release", "RELEASE"], 2),
        (["expand", "--release", "RELEASE", "<< 1", "--out", "new"], 2),
        (["expand", "--release", "RELEASE", "<< 12345"], 2),
        (["expand", "--release", "RELEASE", f"<< {concept_id(500)}"], 2),
        (["expand", "--release", "nowhere", "*"], 2),
        (["expand", "--release", "EMPTY", "*"], 1),
        (["expand", "--release", "RELEASE", "*", "--cache", "nowhere"], 2),
        (["expand", "--release", "RELEASE", "*", "--history", "all"], 2),
        (["expand", "--release", "RELEASE", "--out", "no/where"], 2),
        (["expand", "--release", "RELEASE", "--out", "EMPTY"], 2),
        (["expand", "--release", "RELEASE", "--catalogue", "corre", "--out", "new"], 2),
        (["diff", "--release", "RELEASE", "--out", "t.xlsx"], 2),
        (["diff", "--release", "RELEASE", "--against", "EMPTY"], 1),
        (["shrink"], 2),
    ],
)
def test_what_is_wrong_is_one_sentence(release, tmp_path, monkeypatch, arguments, code):
    """Wrong usage and releases that cannot be used end in one sentence and the exit code of the other commands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"RELEASE": release, "EMPTY": "empty"}
    done = terminology(*(places.get(each, each) for each in arguments))
    assert done.exit_code == code
    assert done.stdout == ""
    assert_one_sentence(done.stderr.splitlines(keepends=True)[-1])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty", "release"]


def test_an_overlay_is_not_expanded_into_a_folder(release, tmp_path):
    """An overlay has no folder to copy: its base is expanded, and the sentence says so."""
    (tmp_path / "own.toml").write_text('[overlay]\nname = "own"\nedition = "1"\nbase = "core"\n', encoding="utf-8")
    done = terminology("expand", "--release", release, "--catalogue", tmp_path / "own.toml", "--out", tmp_path / "new")
    assert done.exit_code == 2
    assert "expand the base of the overlay" in " ".join(done.stderr.split())


def test_odd_concepts_are_noted(tmp_path, dementia):
    """Inactive concepts that an expression names are noted on the other stream, with their number."""
    odd = Package([*package(dementia, A).concepts, Concept(B, active=0)], package(dementia, A).relationships)
    done = terminology("expand", "--release", folder_of(tmp_path, files(odd)), f"{A} OR {B}")
    assert done.stdout.split() == [str(A), str(B)]
    assert f"Note: 1 concepts named are inactive: {B}" in done.stderr


def test_help_of_the_group_names_its_commands():
    """Without a command the help is shown, as wrong usage."""
    done = terminology()
    assert done.exit_code == 2
    assert "expand" in done.stderr
    assert "diff" in done.stderr
