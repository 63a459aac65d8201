"""Errors on the command line: one sentence in four parts, the promised exit code, no traceback, nobody's id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from command_line import (
    AS_AT,
    IDS,
    PEOPLE,
    RECORDS,
    assert_no_id,
    assert_one_sentence,
    environment,
    execute,
    practice,
    run,
    write_text,
)


def change(folder, name, **columns):
    """Write one of the two tables again with other columns; None takes a column out."""
    table = {**(PEOPLE if name == "people" else RECORDS), **columns}
    write_text(folder / f"{name}.csv", {key: cells for key, cells in table.items() if cells is not None})


BAD_DATA = {
    "no person_id": lambda at: change(at, "people", person_id=None, nhs=IDS),
    "no birth date": lambda at: change(at, "people", birth_date=None),
    "person without id": lambda at: change(at, "people", person_id=[*IDS[:3], ""]),
    "rows that disagree": lambda at: change(at, "people", person_id=[IDS[0], IDS[0], IDS[2], IDS[3]]),
    "no code": lambda at: change(at, "records", code=None),
    "no date": lambda at: change(at, "records", date=None),
    "dates of another form": lambda at: change(at, "records", date=["01/06/2025"] * 4),
    "mangled ids": lambda at: change(at, "records", code=["9.25791E+14"] * 4, system=["snomed"] * 4),
    "name of a result": lambda at: change(at, "people", need_group=["1"] * 4),
    "column twice": lambda at: (at / "people.csv").write_text("person_id,birth_date,person_id\n1,1950,2\n"),
    "empty file": lambda at: (at / "records.csv").write_bytes(b""),
    "short row": lambda at: (at / "records.csv").write_text(f"person_id,code,date\n{IDS[0]},I10\n"),
    "not UTF-8": lambda at: (at / "records.csv").write_bytes(
        f"person_id,code,date\n{IDS[0]},\xe9,x\n".encode("latin-1")
    ),
    "open mark": lambda at: (at / "records.csv").write_text(f'person_id,code,date\n"{IDS[0]},I10,2020-01-01\n'),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_is_exit_code_1(case, tmp_path):
    """Data that cannot be used are exit code 1 and one sentence, and leave no file."""
    options = practice(tmp_path)
    BAD_DATA[case](tmp_path)
    done = run("group", *options, "--out", tmp_path / "g.csv")
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    assert_one_sentence(done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.csv", "records.csv"]


BAD_USAGE = {
    "unknown option": ["--sytem", "icd10"],
    "unknown option with an id": [f"--person={IDS[0]}"],
    "an id too many": [IDS[0]],
    "no such date": ["--as-at", "31/03/2026"],
    "an id as date": ["--as-at", IDS[0]],
    "system twice": ["--system", "icd10"],
    "unknown system": ["--system", "icd11"],
    "unknown scheme": ["--scheme", "traffic-light"],
    "unknown model": ["--model", "need-group"],
    "unknown edition": ["--model", "need-groups@1999"],
    "no such model file": ["--model", "absent.toml"],
    "unknown catalogue": ["--catalogue", "kernel"],
    "no such order": ["--model", "bridges-to-health", "--order", "bnsg"],
    "no such edition of registers": ["--model", "bridges-to-health", "--registers", "2022"],
    "no such register": ["--model", "bridges-to-health", "--without-register", "obesty"],
    "no history": ["--history-months", "0"],
    "a scheme for a model with names": ["--model", "bridges-to-health", "--scheme", "default"],
    "criteria": ["--criteria", IDS[0]],
    "column without form": ["--column", "person_id"],
    "column without table": ["--column", "person_id=nhs"],
    "column of no table": ["--column", "patients.person_id=nhs"],
    "column of a table not given": ["--column", "contacts.date=day"],
    "column of no name of ours": ["--column", "people.nhs_no=person_id"],
    "column of no name of theirs": ["--column", "people.person_id=nhs_no"],
    "column twice": ["--column", "people.sex=sex", "--column", "people.sex=ward"],
    "one column for two": ["--column", "people.sex=ward", "--column", "people.died_on=ward"],
    "wrong date format": ["--date-format", "day"],
    "no such contacts": ["--contacts", "absent.csv"],
    "another ending": ["--contacts", "contacts.xlsx"],
    "no ending": ["--contacts", "contacts"],
    "a folder": ["--contacts", "folder.csv"],
    "out in no folder": ["--out", "absent/g.csv"],
    "out of another ending": ["--out", "g.json"],
    "out is a folder": ["--out", "folder.csv"],
    "two results in one": ["--quality", "g.csv"],
}


@pytest.mark.parametrize("case", BAD_USAGE)
def test_bad_usage_is_exit_code_2(case, tmp_path, monkeypatch):
    """Wrong arguments are exit code 2 and one sentence, and leave no file."""
    options = practice(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    monkeypatch.chdir(tmp_path)
    done = run("group", *options, "--out", "g.csv", *BAD_USAGE[case])
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert_one_sentence(done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "people.csv", "records.csv"]


OTHERS = {
    "nothing given": (["group"], 2),
    "unknown command": (["grouping"], 2),
    "an id as command": ([IDS[0]], 2),
    "person without value": (["explain", "--person"], 2),
    "map without file": (["map", "--column", "g", "--out", "x.csv"], 2),
    "map of no such column": (["map", "people.csv", "--column", "png", "--out", "x.csv"], 2),
    "map of text": (["map", "people.csv", "--column", "sex", "--out", "x.csv"], 1),
    "map of ids": (["map", "people.csv", "--column", "person_id", "--out", "x.csv"], 1),
    "codes without code": (["codes"], 2),
    "codes of no system": (["codes", "I10", "--system", "icd11"], 2),
    "codes of a system without mapping": (["codes", "H33..", "--system", "read2"], 2),
    "check of nothing": (["check", "absent.toml"], 2),
    "check of a table": (["check", "people.csv"], 2),
    "check of an empty folder": (["check", "folder.csv"], 2),
    "demo of nobody": (["demo", "--people", "0"], 2),
    "demo of a word": (["demo", "--people", "many"], 2),
    "demo into a file": (["demo", "--people", "20", "--out", "people.csv"], 2),
}


@pytest.mark.parametrize("case", OTHERS)
def test_the_other_commands_fail_in_one_sentence(case, tmp_path, monkeypatch):
    """What the other commands refuse is one sentence with its exit code."""
    practice(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    monkeypatch.chdir(tmp_path)
    arguments, code = OTHERS[case]
    done = run(*arguments)
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    assert_one_sentence(done.stderr)


def test_an_unknown_person_is_not_named(tmp_path):
    """A person who is not there is exit code 1, and the id that was asked for is not repeated."""
    options = practice(tmp_path)
    for person in (IDS[0] + "0", IDS[0].lstrip("0"), "nobody"):
        done = run("explain", *options, "--person", person)
        assert done.exit_code == 1
        assert person not in done.stderr
        assert done.stderr.startswith("pngroup: ")


def test_ids_of_two_types_are_refused(tmp_path):
    """Whole-number ids in one Parquet file and text in the other are an error, not an empty result."""
    pq.write_table(pa.table({**PEOPLE, "person_id": [int(person) for person in IDS]}), tmp_path / "p.parquet")
    pq.write_table(pa.table(RECORDS), tmp_path / "r.parquet")
    files = ["--people", tmp_path / "p.parquet", "--records", tmp_path / "r.parquet", "--as-at", AS_AT]
    done = run("group", *files, "--out", tmp_path / "g.csv")
    assert done.exit_code == 1
    assert_one_sentence(done.stderr)
    done = run("explain", *files, "--person", "nobody")
    assert done.exit_code == 1
    assert_one_sentence(done.stderr)


def test_column_errors_name_the_table_and_what_is_allowed(tmp_path):
    """A wrong `--column` names the table and the names that are allowed there."""
    options = [*practice(tmp_path), "--out", str(tmp_path / "g.csv")]
    ours = run("group", *options, "--column", "records.datum=date").stderr
    assert "records" in ours
    assert "person_id, code, date" in ours
    theirs = run("group", *options, "--column", "records.date=datum").stderr
    assert "records.date" in theirs
    assert "person_id, code, system, date" in theirs
    assert "did you mean 'date'?" in theirs


def test_errors_speak_of_options_and_not_of_arguments(tmp_path):
    """Where the library would say `columns=` or `argument as_at`, the command line says which option."""
    options = [*practice(tmp_path), "--out", str(tmp_path / "g.csv")]
    change(tmp_path, "records", code=None, icd=RECORDS["code"])
    assert "--column records.code=" in run("group", *options).stderr
    assert "option --as-at" in run("group", *options, "--as-at", "yesterday").stderr
    assert "option --scheme" in run("group", *options, "--scheme", "none").stderr


def test_a_fault_of_the_program_hides_the_data(tmp_path, monkeypatch):
    """A fault of the program itself is exit code 4 and one sentence with the place, without what it was about."""
    from pngroup.cli import running

    def fail(*_positional, **_named):
        raise KeyError(IDS[0])

    monkeypatch.setattr(running, "group_people", fail)
    done = run("group", *practice(tmp_path), "--out", tmp_path / "g.csv")
    assert done.exit_code == 4
    assert done.stderr.startswith("pngroup stopped on a fault of its own: KeyError")
    assert_no_id(done.stderr)
    shown = run("group", *practice(tmp_path), "--out", tmp_path / "g.csv", PNGROUP_TRACEBACK="1")
    assert "Traceback" in shown.stderr


# --- in a process of its own ---


def test_a_process_prints_nothing_but_what_was_asked_for(tmp_path):
    """Without a terminal there is no progress: the standard output is empty, the error stream the quality report."""
    done = execute("group", *practice(tmp_path), "--out", "g.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr.startswith("People ")
    assert "Reading" not in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_is_shown_on_a_terminal(tmp_path):
    """On a terminal the error stream shows what is going on; the standard output stays clean."""
    import pty

    leader, follower = pty.openpty()
    written: list[bytes] = []

    def collect():
        try:
            while piece := os.read(leader, 4096):
                written.append(piece)
        except OSError:
            return

    collector = threading.Thread(target=collect)
    collector.start()
    done = subprocess.run(
        [sys.executable, "-m", "pngroup", "group", *practice(tmp_path), "--out", "g.csv"],
        check=False, cwd=tmp_path, stdout=subprocess.PIPE, stderr=follower, stdin=subprocess.DEVNULL,
        env=environment(TERM="xterm-256color"),
    )  # fmt: skip
    os.close(follower)
    collector.join(timeout=30)
    os.close(leader)
    assert done.returncode == 0
    assert done.stdout == b""
    assert b"Reading people.csv" in b"".join(written)


MISSING = (
    ("click", ["group"], "command line"),
    ("rich", ["--version"], "command line"),
    ("pyarrow", ["map", "people.csv", "--column", "sex", "--out", "x.csv"], "pyarrow"),
)


@pytest.mark.parametrize(("package", "arguments", "named"), MISSING, ids=[case[0] for case in MISSING])
def test_a_missing_package_is_one_sentence(package, arguments, named, tmp_path):
    """Without what the extra `cli` brings, one sentence says how to install it."""
    practice(tmp_path)
    program = f"import sys; sys.modules[{package!r}] = None; from pngroup.cli import main; sys.exit(main())"
    done = execute(*arguments, cwd=tmp_path, program=program)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
    assert 'pip install "pngroup[cli]"' in done.stderr


def test_importing_the_library_loads_no_command_line():
    """`import pngroup` loads neither the command line nor what it needs."""
    program = "import sys, pngroup; print(sorted({'click', 'rich', 'pyarrow', 'pngroup.cli'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, env=environment(), text=True
    )
    assert done.stdout == "[]\n"


# Writes half a result, says so, and waits to be stopped.
SLOW = """
import sys, time
from pngroup.cli import main, running
def slow(*_positional, **_named):
    def write(file):
        file.write(b"half")
        file.flush()
        print("half", flush=True)
        time.sleep(60)
    return write
running.pieces_writer = slow
sys.exit(main())
"""
SIGNALS = [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals as of POSIX")
@pytest.mark.parametrize(("name", "code"), SIGNALS, ids=[name for name, _ in SIGNALS])
def test_an_interrupted_run_leaves_no_half_file(name, code, tmp_path):
    """Stopped while it writes, a run leaves the old result as it was; asked to stop, it leaves nothing else either."""
    out = tmp_path / "g.csv"
    options = practice(tmp_path)
    out.write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "group", *options, "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "half\n"
    time.sleep(0.1)
    process.send_signal(getattr(signal, name))
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert out.read_text() == "old"
    assert "Traceback" not in stderr
    if name == "SIGKILL":
        # Nobody can clean up after this; what is left is not taken for a result.
        left = [path.name for path in tmp_path.iterdir() if path.suffix == ".part"]
        assert len(left) == 1
        assert left[0].startswith(".g.csv.")
    else:
        assert sorted(path.name for path in tmp_path.iterdir()) == ["g.csv", "people.csv", "records.csv"]
    if name == "SIGINT":
        assert stderr.strip() == "pngroup: interrupted; no file was left half written."
