"""Packaged tables: read relative to the package, with file and line in every error."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from pngroup import resources
from pngroup.codes import RecordStatus, aliases
from pngroup.errors import ModelError
from pngroup.vocabulary import Sex

HEADER = "alias,sex,source,note"
COLUMNS = ("alias", "sex", "source", "note")


def parse(text):
    return resources.parse_rows(text, file="own/sexes.csv", columns=COLUMNS)


def test_rows_know_their_lines():
    """A row knows its file and first line, after cells that span lines and with either line ending."""
    rows = parse(f'{HEADER}\r\nF,female,own,"two\r\nlines"\r\n M , male ,own,\r\n')
    assert [row.where for row in rows] == ["own/sexes.csv, line 2", "own/sexes.csv, line 4"]
    assert (rows[1]["alias"], rows[1]["sex"], rows[1]["note"]) == ("M", "male", "")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "empty"),
        ("alias,sex\nF,female\n", 1, "header"),
        (f"{HEADER}\nF,female,own\n", 2, "3 cells in place of 4"),
        (f"{HEADER}\nF,female,own,\nM,male,own,,\n", 3, "5 cells in place of 4"),
        (f"{HEADER}\nF,female,own,\n\nM,male,own,\n", 3, "0 cells in place of 4"),
        (f'{HEADER}\nF,female,own,\nM,male,own,"open\n', 3, "not readable as CSV"),
        (f'{HEADER}\nF,"female"x,own,\n', 2, "not readable as CSV"),
    ],
)
def test_a_broken_table_names_its_line(text, line, what):
    """A broken table is an error with file and line, what is allowed, and what to do."""
    with pytest.raises(ModelError) as caught:
        parse(text)
    error = caught.value
    assert error.where == f"own/sexes.csv, line {line}"
    assert what in error.what
    assert error.allowed
    assert error.remedy


@pytest.mark.parametrize("path", ["codes/nothing.csv", "codes"])
def test_a_file_that_is_not_there_is_named(path):
    """A packaged file that is missing is named, and the remedy is a new installation."""
    with pytest.raises(ModelError) as caught:
        resources.read_text(path)
    assert caught.value.where == f"data/{path}"
    assert "install" in caught.value.remedy
    assert caught.value.allowed


def test_a_packaged_table_is_read_once():
    """A packaged table is read once and shared: its rows cannot change."""
    first = resources.read_rows("codes/sexes.csv", COLUMNS)
    assert resources.read_rows("codes/sexes.csv", COLUMNS) is first
    assert isinstance(first, tuple)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("F,woman,own,", "'woman' is not a word"),
        ("f-,female,own,", "already there"),
        ("?,female,own,", "is empty"),
    ],
)
def test_a_wrong_alias_names_its_line(row, what, monkeypatch):
    """An unknown meaning, a second spelling or an alias without letters is an error with file and line."""
    rows = parse(f"{HEADER}\nF,female,own,\n{row}\n")
    monkeypatch.setattr(aliases.resources, "read_rows", lambda *_: rows)
    aliases.alias_table.cache_clear()
    try:
        with pytest.raises(ModelError) as caught:
            aliases.alias_table("sexes", Sex)
    finally:
        aliases.alias_table.cache_clear()
    assert caught.value.where == "own/sexes.csv, line 3"
    assert what in caught.value.what
    assert caught.value.allowed
    assert caught.value.remedy


def test_a_table_of_words_cannot_be_changed():
    """The table of aliases is read-only: no caller can change what a word means for another."""
    table = aliases.alias_table("statuses", RecordStatus)
    with pytest.raises(TypeError):
        table["new"] = RecordStatus.COUNTS


def test_a_copy_under_another_name_reads_its_own_tables(repository, tmp_path):
    """A copied folder reads the tables of the copy: a row added there is known there."""
    copy = tmp_path / "host" / "_vendor" / "groups"
    shutil.copytree(repository / "src/pngroup", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for package in (copy.parent, copy.parent.parent):
        (package / "__init__.py").write_text("")
    with (copy / "data/codes/sexes.csv").open("a", encoding="utf-8") as table:
        table.write("kvinna,female,own,\n")
    program = "from host._vendor.groups import codes; print(codes.read_sex('kvinna'))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "female", done.stderr
