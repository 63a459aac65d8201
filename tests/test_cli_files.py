"""Files in and out of the command line: what is read is what was written, in each format, or a clear refusal."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import stat
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from command_line import write_text
from pngroup.cli.writing import table_writer
from pngroup.errors import DataError, PngroupError, UsageError
from pngroup.files import text
from pngroup.files.reading import read_table
from pngroup.files.text import read_text
from pngroup.files.writing import text_writer, write_files

TABLE = {"person_id": ["007", "8", "009"], "code": ["I10", 'a "quoted", cell', "two\nlines"], "note": ["", "é", "x;y"]}
ENDINGS = [".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz", ".parquet.gz"]

# Any text but what no text file can hold: half characters and the sign that files are told from text by.
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
QUOTED = st.one_of(CELLS, st.text('",\n\r\t a', max_size=5))
TABLES = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(QUOTED, min_size=n, max_size=n), max_size=6))


def bytes_of(table: pa.Table, ending: str) -> bytes:
    file = io.BytesIO()
    table_writer(table, Path(f"x{ending}"), option="--out")(file)
    return file.getvalue()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_comes_back_as_it_was_written(ending, tmp_path):
    """Text with leading zeros, quotation marks, separators and line ends survives each format."""
    path = tmp_path / f"table{ending}"
    table = pa.table(TABLE)
    write_files({path: table_writer(table, path, option="--out")})
    back = read_table(path, option="--people")
    assert back.column_names == table.column_names
    expected = {name: [cell or None for cell in cells] for name, cells in TABLE.items()}
    assert back.to_pydict() == (TABLE if "parquet" in ending else expected)


@given(rows=TABLES, separator=st.sampled_from(",\t"))
@settings(max_examples=150)
def test_what_is_written_is_what_python_reads(rows, separator):
    """Any text that is written as CSV or TSV is read by Python's own reader, and by ours, as it was."""
    n = len(rows[0]) if rows else 2
    names = [f"c{place}" for place in range(n)]
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(n)]
    data = bytes_of(pa.table(dict(zip(names, columns, strict=True))), ".csv" if separator == "," else ".tsv")
    reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator, strict=True)
    assert list(reader) == [names, *rows]
    back = read_text(data, separator, "the test")
    assert back.column_names == names
    assert [list(row.values()) for row in back.to_pylist()] == [[cell or None for cell in row] for row in rows]


def cells_of(table):
    return [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def read_by_python(data, separator):
    """What Python's own strict reader makes of the bytes of a file: the oracle of ours. None where it refuses."""
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator, strict=True)
    try:
        names, *rows = list(reader)
    except csv.Error:
        return None
    rows = [row or [""] for row in rows if row or len(names) == 1]
    if not names or any(len(row) != len(names) for row in rows):
        return None
    return names, [[cell or None for cell in row] for row in rows]


BLOCKS = st.integers(1, 40)
# Lines that a program may write or mangle: among them marks that are not closed, and marks inside cells.
LINES = st.lists(st.text('ab,",\n\ré', max_size=9), max_size=5)


@given(
    rows=TABLES,
    separator=st.sampled_from(",\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    mark=st.booleans(),
    wrong=LINES,
    block=BLOCKS,
)
@settings(max_examples=300)
def test_blocks_of_any_size_give_what_python_reads(rows, separator, end, quoting, mark, wrong, block):
    """However a file is cut into blocks, the table is the one that Python's reader finds, or both refuse it."""
    if quoting == csv.QUOTE_MINIMAL:
        # Python's writer does not quote a lone line end of the other kind.
        rows = [[cell.replace("\r", "").replace("\n", "") for cell in row] for row in rows]
    n = len(rows[0]) if rows else 2
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows([[f"c{place}" for place in range(n)], *rows])
    whole = file.getvalue()
    for text_ in (whole, whole + end.join(wrong)):
        data = (b"\xef\xbb\xbf" if mark else b"") + text_.encode()
        expected = read_by_python(data, separator)
        try:
            table = read_text(data, separator, "the test", block=block)
        except DataError:
            assert expected is None
        else:
            assert expected is not None
            assert (table.column_names, cells_of(table)) == expected


@given(n_before=st.integers(0, 9), end=st.sampled_from(["\n", "\r\n"]), block=BLOCKS, quoted=st.booleans())
def test_the_line_of_a_fault_is_that_of_the_whole_file(n_before, end, block, quoted):
    """The line that a refusal names is the line of the file, whichever blocks were read before it."""
    row = f'1,"two{end}lines"' if quoted else "1,2"
    lines = ["a,b", *[row] * n_before]
    line = 2 + n_before * (2 if quoted else 1)
    for wrong, extra in (("1,2,3", ""), ('4,"5', ""), ("6,caf\xe9", "latin-1")):
        data = end.join([*lines, wrong]).encode(extra or "utf-8")
        with pytest.raises(DataError) as caught:
            read_text(data, ",", "file 'x.csv'", block=block)
        assert caught.value.where == f"file 'x.csv', line {line}"


def test_regular_files_take_the_fast_reader(monkeypatch):
    """A file of quoted cells, as databases export them, does not need the slow reader."""
    monkeypatch.setattr(text.DelimitedTable, "_read_strictly", None)
    assert read_text(b'"a","b"\n"1","say ""x"""\n', ",", "the test").to_pylist() == [{"a": "1", "b": 'say "x"'}]


def test_a_quotation_mark_inside_a_cell_is_kept():
    """A mark of inches in a cell without quotation marks is part of the cell, and no row is lost to it."""
    table = read_text(b'a,b\n1,5" pipe\n2,6" pipe\n', ",", "the test")
    assert table.to_pydict() == {"a": ["1", "2"], "b": ['5" pipe', '6" pipe']}


def test_an_empty_cell_of_a_single_column_is_a_row():
    """In a file of one column an empty line is a missing value; with more columns it is no row."""
    assert read_text(b"a\n1\n\n3\n", ",", "the test")["a"].to_pylist() == ["1", None, "3"]
    assert read_text(b"a,b\n1,2\n\n3,4\n\n", ",", "the test").num_rows == 2


def test_a_header_alone_is_an_empty_table():
    """A file that has a header and no rows is a table without rows, with or without a last line end."""
    for data in (b"a,b\n", b"a,b", b"a,b\r\n"):
        table = read_text(data, ",", "the test")
        assert (table.column_names, table.num_rows) == (["a", "b"], 0)


def test_parquet_keeps_its_types(tmp_path):
    """Parquet goes in and out with its types; a folder named key=value adds no column."""
    folder = tmp_path / "year=2024"
    folder.mkdir()
    table = pa.table({"person_id": [1, 2], "date": [datetime.date(2024, 1, 1), None]})
    path = folder / "t.PARQUET"
    write_files({path: table_writer(table, path, option="--out")})
    assert read_table(path, option="--people").equals(table)


def test_types_have_a_form_as_text():
    """In CSV, dates are ISO 8601, truths true and false, missing values empty; nested values are refused."""
    table = pa.table({"n": [1, None], "d": [datetime.date(2024, 1, 31), None], "b": [True, False], "f": [1.5, 2.0]})
    assert bytes_of(table, ".csv").decode() == "n,d,b,f\n1,2024-01-31,true,1.5\n,,false,2\n"
    with pytest.raises(DataError, match="'x' holds list"):
        bytes_of(pa.table({"x": [[1], [2]]}), ".tsv")


def test_packed_files_hold_no_time():
    """The same table packed twice is the same file."""
    table = pa.table(TABLE)
    assert bytes_of(table, ".csv.gz") == bytes_of(table, ".csv.gz")
    assert gzip.decompress(bytes_of(table, ".csv.gz")) == bytes_of(table, ".csv")


WRONG_CONTENT = {
    "empty": ("people.csv", b"", "empty"),
    "no header": ("people.csv", b"\n1,2\n", "no header"),
    "too many cells": ("people.csv", b"a,b\n0094347659,1\n0094347659,1,2\n", "3 cells"),
    "too few cells": ("people.tsv", b"a\tb\n0094347659\n", "1 cells"),
    "open quotation mark": ("people.csv", b'a,b\n1,"0094347659\n3,4\n', "not closed"),
    "stray quotation mark": ("people.csv", b'a,b\n1,"x"0094347659"\n', "inside a cell"),
    "not UTF-8": ("people.csv", b"a,b\n1,caf\xe9\n", "not UTF-8"),
    "not UTF-8 in the header": ("people.csv", b"a,caf\xe9\n1,2\n", "not UTF-8"),
    "UTF-16": ("people.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    "binary": ("people.csv", b"a,b\n\x00\x01\x02", "binary"),
    "Parquet named CSV": ("people.csv", b"PAR1....PAR1", "Parquet"),
    "gzip named CSV": ("people.csv", gzip.compress(b"a,b\n"), "gzip"),
    "spreadsheet named CSV": ("people.csv", b"PK\x03\x04....", "spreadsheet"),
    "CSV named Parquet": ("people.parquet", b"a,b\n1,2\n", "not a readable Parquet"),
    "not gzip": ("people.csv.gz", b"a,b\n1,2\n", "not packed"),
    "broken gzip": ("people.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999)[:-9], "not whole"),
    "semicolons": ("people.csv", b"a;b\n1;2\n", "semicolon"),
    "tabs": ("people.csv", b"a\tb\n1\t2\n", "tab"),
    "commas in TSV": ("people.tsv", b"a,b\n1,2\n", "comma"),
}


@pytest.mark.parametrize("case", WRONG_CONTENT)
def test_content_that_is_no_table_is_refused(case, tmp_path):
    """Each file that is not the table its name says is refused in four parts, with its line where there is one."""
    name, data, expected = WRONG_CONTENT[case]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match=expected) as caught:
        read_table(path, option="--people")
    error = caught.value
    assert error.where.startswith(f"option --people, file '{name}'")
    assert error.allowed
    assert error.remedy
    assert "94347659" not in str(error)


def test_the_line_of_a_wrong_row_is_named():
    """A wrong row is named by its line in the file, also below cells of several lines."""
    with pytest.raises(DataError) as caught:
        read_text(b'a,b\n1,"two\nlines"\n\n5\n', ",", "file 'x.csv'")
    assert caught.value.where == "file 'x.csv', line 5"


WRONG_PATHS = {"folder.csv": "folder", "absent.csv": "no such file", "sheet.xlsx": "'.xlsx'", "people": "no ending"}


@pytest.mark.parametrize("name", WRONG_PATHS)
def test_a_path_that_is_no_table_is_refused(name, tmp_path):
    """A folder, an absent file and another ending are wrong usage."""
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    with pytest.raises(UsageError, match=WRONG_PATHS[name]):
        read_table(tmp_path / name, option="--records")


def test_a_table_of_many_columns_is_read():
    """A table of 100,000 columns is no fault."""
    names = ",".join(f"c{place}" for place in range(100_000))
    table = read_text(f"{names}\n{',' * 99_999}\n".encode(), ",", "the test")
    assert (table.num_columns, table.num_rows) == (100_000, 1)


def test_a_failed_writer_leaves_what_was_there(tmp_path):
    """When one of several files cannot be written, none changes and nothing temporary stays."""
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("before")

    def fail(file):
        file.write(b"half")
        raise DataError("a", where="b", allowed="c", remedy="d")

    with pytest.raises(PngroupError):
        write_files({first: text_writer("after"), second: fail})
    assert first.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions as of POSIX")
def test_a_replaced_file_keeps_its_permissions(tmp_path):
    """A result that only its owner may read stays so when it is written again."""
    path = tmp_path / "groups.csv"
    path.touch(mode=0o600)
    write_files({path: text_writer("x")})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_followed(tmp_path):
    """A result written over a link changes the file behind it, and the link stays."""
    (tmp_path / "there").mkdir()
    real = write_text(tmp_path / "there" / "groups.csv", {"a": ["1"]})
    link = tmp_path / "groups.csv"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("this system lets users make no links")
    from pngroup.cli.writing import check_target

    write_files({check_target(link, option="--out"): text_writer("new")})
    assert link.is_symlink()
    assert real.read_text() == "new\n"
