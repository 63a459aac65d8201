"""Files of any size on the command line: several files as one table, parts, interruptions, memory, progress."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from command_line import assert_no_id, assert_one_sentence, environment, practice, run, write_text
from generated import TABLES, generate
from pngroup.cli import inputs, memory, running
from pngroup.cli.memory import n_parts_for, read_memory
from pngroup.cli.program import COMMANDS, program
from pngroup.cli.screen import Meter
from pngroup.errors import DataError, UsageError
from pngroup.files.ahead import one_ahead
from pngroup.files.reading import open_files, read_table
from pngroup.files.sources import find_files
from routes import table

POPULATION = generate(150, seed=5)
AS_AT = POPULATION.as_at.isoformat()


def arrow_table(name):
    columns = table(name, getattr(POPULATION, name))
    return pa.table(
        {
            each: pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
            for each, cells in columns.items()
        }
    )


GIVEN = {name: arrow_table(name) for name in ("people", *TABLES)}


def write(rows, path):
    """A table as Parquet with small row groups, or as text by another program than ours."""
    if path.name.endswith(".parquet"):
        pq.write_table(rows, path, row_group_size=70, compression="zstd")
        return
    separator = "\t" if ".tsv" in path.name else ","
    with pa.output_stream(path) as file:  # packed with gzip where the name says so
        pa_csv.write_csv(rows, file, pa_csv.WriteOptions(delimiter=separator))


def options(folder, ending, *, n_files=1):
    """The options that name the tables, each in one file or in a folder of several."""
    found = ["--as-at", AS_AT]
    for name, rows in GIVEN.items():
        path = folder / f"{name}{ending}"
        if n_files == 1:
            write(rows, path)
        else:
            path = folder / name
            path.mkdir()
            (path / "_SUCCESS").touch()
            size = -(-rows.num_rows // n_files)
            for part in range(n_files):
                write(rows.slice(part * size, size), path / f"part-{part}{ending}")
        found += [f"--{name}", str(path)]
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Result, quality report and manifest of one run in one piece."""
    folder = tmp_path_factory.mktemp("expected")
    grouped(folder, options(folder, ".parquet"))
    return results(folder)


def grouped(folder, given, *more):
    files = ["--out", folder / "g.csv", "--quality", folder / "q.json", "--manifest", folder / "m.json"]
    done = run("group", *given, *files, *more)
    assert done.exit_code == 0, done.stderr
    return done


def results(folder):
    return (folder / "g.csv").read_bytes(), *(json.loads((folder / name).read_text()) for name in ("q.json", "m.json"))


WAYS = [
    (".csv", 1, []),
    (".tsv.gz", 3, []),
    (".parquet", 4, ["--partitions", "5"]),
    (".csv.gz", 1, ["--partitions", "3"]),
]


@pytest.mark.parametrize(("ending", "n_files", "more"), WAYS, ids=str)
def test_every_way_in_gives_the_same_result(ending, n_files, more, expected, tmp_path, monkeypatch):
    """One file or many, Parquet or text, packed or not, in one piece or in parts: the same bytes and counts."""
    monkeypatch.setattr(running, "_PIECE", 40)
    grouped(tmp_path, options(tmp_path, ending, n_files=n_files), *more)
    assert results(tmp_path) == expected
    assert not list(tmp_path.glob(".*"))


def test_parquet_results_do_not_depend_on_parts(tmp_path, monkeypatch):
    """A Parquet result is the same file, byte for byte, from one piece and from parts."""
    monkeypatch.setattr(running, "_PIECE", 40)
    given = options(tmp_path, ".parquet")
    for name, more in (("one.parquet", []), ("parts.parquet", ["--partitions", "4", "--work", tmp_path / "work"])):
        assert run("group", *given, "--out", tmp_path / name, *more).exit_code == 0
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "parts.parquet").read_bytes()
    assert pq.ParquetFile(tmp_path / "one.parquet").num_row_groups == 4
    assert not (tmp_path / "work").exists()


# --- several files ---


def two_files(folder, first="a,b\n1,2\n", second="a,b\n3,4\n", ending=".csv"):
    folder.mkdir(exist_ok=True)
    (folder / f"1{ending}").write_text(first)
    (folder / f"2{ending}").write_text(second)
    return folder


def test_a_folder_and_a_pattern_are_one_table(tmp_path):
    """The files of a folder, or of a pattern, are read in the order of their names; hidden ones are not."""
    folder = two_files(tmp_path / "parts")
    for name in ("_SUCCESS", ".1.csv.crc"):
        (folder / name).write_text("x")
    for path in (folder, folder / "*.csv", tmp_path / "*" / "[12].csv"):
        assert read_table(path, option="--records").to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}


def test_a_name_with_signs_of_patterns_is_a_name(tmp_path):
    """A file that is called as a pattern could be is that file."""
    (tmp_path / "a[1].csv").write_text("x\n1\n")
    assert read_table(tmp_path / "a[1].csv", option="--records").num_rows == 1


OTHER_COLUMNS = {"a,c\n3,4\n": "'b'", "a,b,c\n3,4,5\n": "'c'", "b,a\n3,4\n": "another order"}


@pytest.mark.parametrize("second", OTHER_COLUMNS)
def test_files_with_other_columns_are_refused(second, tmp_path):
    """The first file whose columns differ is named before anything is read."""
    with pytest.raises(DataError, match=OTHER_COLUMNS[second]) as caught:
        open_files(find_files(two_files(tmp_path / "parts", second=second), option="--records"))
    assert caught.value.where == "option --records, file '2.csv'"


def test_files_with_other_types_are_refused(tmp_path):
    """Parquet files of one table have the same types, but that a column without any value may have none."""
    pq.write_table(pa.table({"a": [None]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "2.parquet")
    assert read_table(tmp_path, option="--records").to_pydict() == {"a": [None, "x"]}
    pq.write_table(pa.table({"a": [1]}), tmp_path / "3.parquet")
    with pytest.raises(DataError, match="'a' holds int64") as caught:
        read_table(tmp_path, option="--records")
    assert "3.parquet" in caught.value.where


def no_files(folder):
    folder.mkdir()
    return folder


def a_folder_inside(folder):
    (folder / "year=2024").mkdir(parents=True)
    return folder


def two_kinds(folder):
    two_files(folder)
    (folder / "3.tsv").write_text("a\tb\n")
    return folder


NO_TABLE = {
    "no files": (no_files, "no files"),
    "a folder inside": (a_folder_inside, "folders"),
    "two kinds": (two_kinds, "several kinds"),
    "no match": (lambda folder: folder.parent / "*.csv", "no file"),
    "a pattern of folders too": (lambda folder: two_files(folder).parent / "*", "'parts'"),
    "another ending": (lambda folder: two_files(folder, ending=".txt"), "'.txt'"),
}


@pytest.mark.parametrize("case", NO_TABLE)
def test_what_is_no_table_of_several_files_is_refused(case, tmp_path):
    """A folder without files, with folders, or of several kinds, and a pattern of nothing, are wrong usage."""
    make, expected = NO_TABLE[case]
    with pytest.raises(UsageError, match=expected):
        find_files(make(tmp_path / "parts"), option="--records")


def test_only_columns_that_are_known_are_read(tmp_path):
    """A stream gives the columns asked for and names all; each reading begins anew and tells how far it is."""
    pq.write_table(GIVEN["records"].append_column("note", pa.nulls(GIVEN["records"].num_rows)), tmp_path / "r.parquet")
    files = open_files(find_files(tmp_path / "r.parquet", option="--records"))
    told = []
    stream = files.stream(["code", "date"], told.append)
    assert stream.names[-1] == "note"
    for _ in range(2):
        told.clear()
        read = pa.concat_tables(stream.batches())
        assert read.column_names == ["code", "date"]
        assert read.num_rows == sum(told) == files.n_units == GIVEN["records"].num_rows


def test_text_in_dictionaries_stays_so(tmp_path):
    """Codes that a file holds in dictionaries arrive as dictionaries; ids that it does not hold so arrive as text."""
    n = 5000
    rows = pa.table({"person_id": [f"{i:010}" for i in range(n)], "code": ["I10", "E11"] * (n // 2)})
    pq.write_table(rows, tmp_path / "r.parquet", use_dictionary=["code"])
    batch = next(open_files(find_files(tmp_path / "r.parquet", option="--records")).stream(rows.column_names).batches())
    assert pa.types.is_string(batch.schema.field("person_id").type)
    assert pa.types.is_dictionary(batch.schema.field("code").type)


def test_what_reading_ahead_raises_is_raised():
    """A fault found while reading ahead comes after the batches before it; leaving early ends the reading."""

    def batches():
        yield 1
        raise DataError("a", where="b", allowed="c", remedy="d")

    ahead = one_ahead(batches())
    assert next(ahead) == 1
    with pytest.raises(DataError):
        next(ahead)
    ahead = one_ahead(iter(range(100)))
    assert next(ahead) == 0
    ahead.close()


# --- memory ---


@pytest.mark.parametrize(
    ("text", "n"), [("4GB", 4e9), ("512 MiB", 2**29), ("1.5g", 1.5e9), ("1000000", 1e6), ("2K", 2000)]
)
def test_memory_is_read(text, n):
    """An amount of memory is a number with a unit, decimal or binary."""
    assert read_memory(text) == n


@pytest.mark.parametrize("text", ["", "much", "-1GB", "0", "4PB", "1e9", "1,5GB"])
def test_what_is_no_memory_is_refused(text, tmp_path):
    """Any other text is wrong usage, told before files are read."""
    done = run("group", *practice(tmp_path), "--out", tmp_path / "g.csv", "--memory", text)
    assert done.exit_code == 2
    assert_one_sentence(done.stderr)
    assert "--memory" in done.stderr


def test_parts_follow_from_memory(tmp_path):
    """What fits is grouped at once; the less is allowed the more parts there are, up to as many as may be."""
    given = options(tmp_path, ".parquet")
    files = {name: open_files(find_files(Path(given[given.index(f"--{name}") + 1]), option="x")) for name in GIVEN}
    people = GIVEN["people"]
    large = {**files, "records": type(files["records"])(files["records"].source, [], 10**9, files["records"].schema)}
    assert n_parts_for(people, files, 10**9) == 1
    n_parts = [n_parts_for(people, large, allowed) for allowed in (10**11, 5 * 10**9, 10**9, 10**6)]
    assert n_parts[0] == 1
    assert n_parts == sorted(n_parts)
    assert 2 <= n_parts[1] < n_parts[2] <= 512


def test_too_little_memory_is_told(tmp_path, expected, monkeypatch):
    """A run that is divided because of memory says so, and gives the same result."""
    monkeypatch.setattr(memory, "LEAST_PART", 10_000)
    monkeypatch.setattr(running, "_PIECE", 40)
    done = grouped(tmp_path, options(tmp_path, ".parquet"), "--memory", "1MB")
    assert done.stderr.startswith("Grouping in ")
    assert "More memory is needed than is allowed" in done.stderr
    assert results(tmp_path) == expected


@pytest.mark.parametrize("more", [["--partitions", "2"], ["--memory", "1MB"]])
def test_several_dates_in_parts_are_refused_before_people_are_read(more, tmp_path, monkeypatch):
    """Several index dates are grouped in one piece or not at all, which is said before hours of reading."""
    monkeypatch.setattr(memory, "LEAST_PART", 10)
    monkeypatch.setattr(inputs.Inputs, "read", lambda *_: pytest.fail("people were read"))
    done = run("group", *practice(tmp_path), "--as-at", "2026-04-30", "--out", tmp_path / "g.csv", *more)
    assert done.exit_code == 2
    assert_one_sentence(done.stderr)


def test_more_dates_need_more_memory(tmp_path):
    """What a run needs grows with the number of index dates; what is known before people are read is no more."""
    given = options(tmp_path, ".parquet")
    files = {name: open_files(find_files(Path(given[given.index(f"--{name}") + 1]), option="x")) for name in GIVEN}
    one, twelve = (memory.n_bytes_needed(GIVEN["people"], files, n) for n in (1, 12))
    assert one < twelve
    assert memory.n_bytes_needed(None, files, 12) <= twelve


# --- interruptions ---

# Runs the command, and stops itself at a given place: before the n-th part, or at the n-th piece of the result.
STOPPED = """
import os, signal, sys
from pngroup.cli import main, running
from pngroup.engines import files, merging
running._PIECE = 40
where, at, name = sys.argv.pop(1), int(sys.argv.pop(1)), sys.argv.pop(1)
seen = 0
def stop():
    global seen
    if seen == at:
        os.kill(os.getpid(), getattr(signal, name))
    seen += 1
def stopping(real):
    def call(*given, **named):
        stop()
        return real(*given, **named)
    return call
if where == "part":
    files._group = stopping(files._group)
elif where == "split":
    files.split = stopping(files.split)
else:
    merging._Cursor.take = stopping(merging._Cursor.take)
sys.exit(main())
"""
STOPS = [
    ("part", 2, "SIGKILL"), ("part", 1, "SIGINT"), ("split", 1, "SIGKILL"), ("merge", 5, "SIGTERM"),
]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="signals as of POSIX")
@pytest.mark.parametrize(("where", "at", "name"), STOPS, ids=str)
def test_a_stopped_run_leaves_nothing_half_written_and_continues(where, at, name, expected, tmp_path, monkeypatch):
    """Stopped anywhere, a run leaves no result under its name; the same command then gives the undisturbed result."""
    given = [
        *options(tmp_path, ".parquet"), "--partitions", "4", "--out", str(tmp_path / "g.csv"),
        "--quality", str(tmp_path / "q.json"), "--manifest", str(tmp_path / "m.json"),
    ]  # fmt: skip
    before = {path.name for path in tmp_path.iterdir()}
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, where, str(at), name, "group", *given],
        check=False, capture_output=True, env=environment(), text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    number = getattr(signal, name)
    assert done.returncode == {"SIGKILL": -number, "SIGTERM": 128 + number, "SIGINT": 130}[name], done.stderr
    left = {path.name for path in tmp_path.iterdir()} - before
    assert ".g.csv.work" in left
    assert not left & {"g.csv", "q.json", "m.json"}
    assert "Traceback" not in done.stderr
    if name != "SIGKILL":
        assert left == {".g.csv.work"}
        assert "continues from there" in done.stderr
    monkeypatch.setattr(running, "_PIECE", 40)
    assert run("group", *given).exit_code == 0
    assert results(tmp_path) == expected
    assert not (tmp_path / ".g.csv.work").exists()


def test_bad_data_in_parts_are_one_sentence(tmp_path):
    """What one piece would refuse is refused in parts, with the exit code, before a folder for the work is made."""
    given = practice(tmp_path)
    write_text(tmp_path / "records.csv", {"person_id": ["0094347659"], "code": ["I10"], "date": ["31/12/2020"]})
    done = run("group", *given, "--system", "icd10", "--partitions", "3", "--out", tmp_path / "g.csv")
    assert done.exit_code == 1
    assert_one_sentence(done.stderr)
    assert_no_id(done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.csv", "records.csv"]


def test_a_folder_that_is_not_ours_is_not_called_so(tmp_path):
    """Nobody is told to remove a folder for the work that holds files of their own."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    for work in ("thesis", "not/there"):
        done = run(
            "group", *practice(tmp_path), "--out", tmp_path / "g.csv", "--partitions", "2", "--work", tmp_path / work
        )
        assert done.exit_code == 2
        assert_one_sentence(done.stderr)
        assert "remove" not in done.stderr
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as of POSIX")
@pytest.mark.parametrize("option", ["--out", "--quality"])
def test_a_pipe_is_not_replaced(option, tmp_path):
    """A result is not written over what is no regular file: a pipe or a device stays what it is."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    out = [] if option == "--out" else ["--out", tmp_path / "g.csv"]
    done = run("group", *practice(tmp_path), *out, option, pipe)
    assert done.exit_code == 2
    assert_one_sentence(done.stderr)
    assert pipe.is_fifo()
    assert not (tmp_path / "g.csv").exists()


# --- start and progress ---


def test_estimates_begin_when_a_share_is_done():
    """Progress says what is known: no seconds left before 5 % are done, bytes in a unit that can be read."""
    shown = []
    meter = Meter(shown.append, "Reading x.csv", 2_000_000_000, "bytes")
    meter.advance(50_000_000)
    assert meter.text(1.0) == "Reading x.csv: 0.1 of 2.0 GB"
    meter.advance(450_000_000)
    assert meter.text(100.0) == "Reading x.csv: 0.5 of 2.0 GB, about 5 min left"
    assert shown
    meter.begin()
    assert meter.text(0.0) == "Reading x.csv: 0.0 of 2.0 GB"


def test_estimates_are_from_what_this_run_has_done():
    """After a restart the time left follows from the parts done since, however many there were before."""
    meter = Meter(lambda _: None, "Grouping parts", 12, "parts")
    meter.begin(8)
    assert meter.text(0.0) == "Grouping parts: 8 of 12 parts"
    meter.advance(1)
    assert meter.text(20.0) == "Grouping parts: 9 of 12 parts, about 60 s left"


def test_the_help_needs_no_library_of_numbers():
    """`pngroup group --help` is quick: it imports neither numpy nor pyarrow nor the package that draws."""
    code = (
        "import sys\nfrom pngroup.cli import main\nsys.argv = ['pngroup', 'group', '--help']\nmain()\n"
        "print(sorted({'numpy', 'pyarrow', 'rich', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment(), text=True)
    assert done.stderr == "[]\n"


def test_a_run_does_not_import_pandas(tmp_path):
    """A run does not pay for pandas, which pyarrow would import where it is installed."""
    code = "import sys\nfrom pngroup.cli import main\nmain()\nprint('pandas' in sys.modules, file=sys.stderr)"
    arguments = ["group", *practice(tmp_path), "--out", str(tmp_path / "g.csv")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, env=environment(), text=True
    )
    assert done.stderr.endswith("False\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name):
    """The line of a command in the list is the one that the command has."""
    command = program.get_command(None, name)
    assert command.name == name
    assert command.short_help == COMMANDS[name][0]
