"""The commands: what each prints and writes, held against the Python API and Python's own readers."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pngroup
from command_line import (
    AS_AT,
    GROUPS,
    IDS,
    PEOPLE,
    RECORDS,
    assert_no_id,
    execute,
    practice,
    read_rows,
    run,
    write_text,
)
from pngroup.cli.doctor import version_of


def groups_of(path: Path) -> list[int]:
    return [int(row["need_group"]) for row in read_rows(path)]


# --- group ---


def test_group_writes_what_the_library_answers(tmp_path):
    """`pngroup group` gives the rows of `pngroup.group`, ids and other columns as they were."""
    done = run("group", *practice(tmp_path), "--out", tmp_path / "groups.csv")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    rows = read_rows(tmp_path / "groups.csv")
    frame = pngroup.group(PEOPLE, RECORDS, as_at=AS_AT).to_frame()
    assert list(rows[0]) == list(frame)
    assert [row["person_id"] for row in rows] == IDS
    assert [row["ward"] for row in rows] == PEOPLE["ward"]
    assert groups_of(tmp_path / "groups.csv") == frame["need_group"].tolist() == GROUPS
    for name in ("need_tier", "rag", "need_group_name"):
        assert [row[name] for row in rows] == list(frame[name])


def test_group_reports_quality_on_the_error_stream(tmp_path):
    """The quality report is on the standard error stream, word for word, and names nobody."""
    done = run("group", *practice(tmp_path), "--out", tmp_path / "groups.csv")
    quality = pngroup.group(PEOPLE, RECORDS, as_at=AS_AT).quality
    assert done.stderr == f"{quality}\n"
    assert_no_id(done.stderr)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".csv.gz", ".parquet.gz"])
def test_group_takes_and_gives_each_format(ending, tmp_path):
    """The groups are the same whatever the files' format, in and out; ids keep their leading zeros."""
    practice(tmp_path)
    inputs = []
    for name, table in (("people", PEOPLE), ("records", RECORDS)):
        path = tmp_path / f"in-{name}{ending}"
        if "parquet" in ending:
            pq.write_table(pa.table(table), path)
        else:
            write_text(path, table, separator="\t" if ending.startswith(".tsv") else ",")
        if ending.endswith(".gz"):
            path.write_bytes(gzip.compress(path.read_bytes()))
        inputs += [f"--{name}", path]
    out = tmp_path / f"groups{ending}"
    done = run("group", *inputs, "--as-at", AS_AT, "--out", out)
    assert done.exit_code == 0, done.output
    data = gzip.decompress(out.read_bytes()) if ending.endswith(".gz") else out.read_bytes()
    plain = tmp_path / "plain"
    plain.write_bytes(data)
    if "parquet" in ending:
        table = pq.read_table(plain)
        assert table["person_id"].to_pylist() == IDS
        assert table["need_group"].to_pylist() == GROUPS
    else:
        rows = read_rows(plain, separator="\t" if ending.startswith(".tsv") else ",")
        assert [row["person_id"] for row in rows] == IDS
        assert [int(row["need_group"]) for row in rows] == GROUPS


def test_group_writes_quality_and_manifest(tmp_path):
    """`--quality` and `--manifest` are JSON and say what `Grouping` says; neither names anybody."""
    quality, manifest = tmp_path / "quality.json", tmp_path / "manifest.json"
    options = ["--quality", quality, "--manifest", manifest]
    assert run("group", *practice(tmp_path), "--out", tmp_path / "g.csv", *options).exit_code == 0
    grouping = pngroup.group(PEOPLE, RECORDS, as_at=AS_AT)
    assert json.loads(quality.read_text()) == json.loads(json.dumps(grouping.quality.to_dict()))
    assert json.loads(manifest.read_text())["fingerprint"] == grouping.fingerprint
    assert_no_id(quality.read_text() + manifest.read_text())


def test_group_gives_criteria_as_columns(tmp_path):
    """`--criteria columns` gives eleven columns of true and false in place of one number."""
    assert run("group", *practice(tmp_path), "--criteria", "columns", "--out", tmp_path / "g.csv").exit_code == 0
    rows = read_rows(tmp_path / "g.csv")
    assert "criteria" not in rows[0]
    for row, group in zip(rows, GROUPS, strict=True):
        assert row[f"criterion_{group}"] == "true"
        assert {row[f"criterion_{number}"] for number in range(1, 12)} <= {"true", "false"}


def test_group_takes_other_column_names(tmp_path):
    """`--column` maps our names to the caller's, blanks and equals signs in theirs included."""
    write_text(tmp_path / "p.csv", {"nhs no": IDS, "dob=": PEOPLE["birth_date"]})
    write_text(tmp_path / "r.csv", {"nhs no": RECORDS["person_id"], "dx": RECORDS["code"], "date": RECORDS["date"]})
    names = ["people.person_id=nhs no", "people.birth_date=dob=", "records.person_id=nhs no", "records.code=dx"]
    options = [part for name in names for part in ("--column", name)]
    files = ["--people", tmp_path / "p.csv", "--records", tmp_path / "r.csv"]
    done = run("group", *files, "--as-at", AS_AT, "--system", "ICD-10", *options, "--out", tmp_path / "g.csv")
    assert done.exit_code == 0, done.output
    assert groups_of(tmp_path / "g.csv") == GROUPS


def test_group_takes_all_five_tables_and_a_date_format(tmp_path):
    """Contacts, medicines and values are read when given; numbers in CSV are text and are still numbers."""
    options = practice(tmp_path)
    day = ["30/03/2026"]
    records = {**RECORDS, "date": ["01/06/2025", "12/09/2025", "15/01/2026", "03/02/2019"]}
    people = {**PEOPLE, "birth_date": ["02/05/1941", "30/11/1980", "20/01/2015", "09/07/1950"]}
    write_text(tmp_path / "records.csv", records)
    write_text(tmp_path / "people.csv", people)
    tables = {
        "contacts": {"person_id": [IDS[2]], "date": day, "setting": ["GP"]},
        "medicines": {"person_id": [IDS[2]], "code": ["A06AD15"], "system": ["atc"], "date": day},
        "values": {
            "person_id": [IDS[3]], "code": ["763264000"], "system": ["snomed"], "date": day, "value": ["7"],
            "unit": [""],
        },
    }  # fmt: skip
    for name, table in tables.items():
        options += [f"--{name}", str(write_text(tmp_path / f"{name}.csv", table))]
    done = run("group", *options, "--date-format", "%d/%m/%Y", "--out", tmp_path / "g.csv")
    assert done.exit_code == 0, done.output
    # A clinical frailty scale of 7 at 75 is frailty; a child with a contact is no longer a non-user.
    assert groups_of(tmp_path / "g.csv") == [11, 4, 2, 11]
    assert "Values" in done.stderr


def test_group_takes_another_scheme(tmp_path):
    """`--scheme` changes words and colours, never the group."""
    assert run("group", *practice(tmp_path), "--scheme", "medium-orange", "--out", tmp_path / "g.csv").exit_code == 0
    rows = read_rows(tmp_path / "g.csv")
    assert [int(row["need_group"]) for row in rows] == GROUPS
    assert [row["rag"] for row in rows] == pngroup.rag(GROUPS, scheme="medium-orange")


def test_strict_refuses_and_writes_nothing(tmp_path):
    """Under `--strict` a fault of the data is exit code 1 and no file; without it the same data are grouped."""
    options = practice(tmp_path)
    write_text(tmp_path / "records.csv", {**RECORDS, "date": ["2025-06-01", "no", "2026-01-15", "2019-02-03"]})
    out = tmp_path / "g.csv"
    done = run("group", *options, "--strict", "--out", out)
    assert done.exit_code == 1
    assert "--strict" in done.stderr
    assert not out.exists()
    assert run("group", *options, "--out", out).exit_code == 0
    assert len(read_rows(out)) == len(IDS)


def test_results_replace_what_was_there(tmp_path):
    """An existing result is replaced, and the input may be the output."""
    options = practice(tmp_path)
    (tmp_path / "g.csv").write_text("old")
    assert run("group", *options, "--out", tmp_path / "g.csv").exit_code == 0
    assert groups_of(tmp_path / "g.csv") == GROUPS
    assert run("group", *options, "--out", tmp_path / "people.csv").exit_code == 0
    assert (tmp_path / "people.csv").read_bytes() == (tmp_path / "g.csv").read_bytes()


# --- explain ---


def test_explain_prints_what_the_library_says(tmp_path):
    """`pngroup explain` prints the text for staff, with `--patient` only the text for the person."""
    options = practice(tmp_path)
    expected = pngroup.explain(IDS[0], PEOPLE, RECORDS, as_at=AS_AT)
    done = run("explain", *options, "--person", IDS[0])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{expected}\n"
    assert done.stderr == ""
    assert run("explain", *options, "--person", IDS[0], "--patient").stdout == f"{expected.patient_text}\n"


def test_explain_names_restricted_topics_only_when_asked(tmp_path):
    """HIV is "a restricted record" unless `--show-restricted` is given."""
    options = [*practice(tmp_path), "--person", IDS[3]]
    hidden, shown = run("explain", *options).stdout, run("explain", *options, "--show-restricted").stdout
    assert "restricted record" in hidden
    assert "HIV" not in hidden
    assert "B20" not in hidden
    assert "HIV" in shown


def test_explain_finds_whole_number_ids_of_parquet(tmp_path):
    """In Parquet ids may be whole numbers; the id on the command line is then read as one."""
    numbers = {person: int(person) for person in IDS}
    for name, table in (("people", PEOPLE), ("records", RECORDS)):
        pq.write_table(
            pa.table({**table, "person_id": [numbers[p] for p in table["person_id"]]}), tmp_path / f"{name}.parquet"
        )
    files = ["--people", tmp_path / "people.parquet", "--records", tmp_path / "records.parquet", "--as-at", AS_AT]
    done = run("explain", *files, "--person", numbers[IDS[0]])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{pngroup.explain(IDS[0], PEOPLE, RECORDS, as_at=AS_AT)}\n"


# --- map ---


def test_map_adds_three_columns_and_changes_no_other(tmp_path):
    """Group numbers get name, tier and colour; missing ones stay missing; other cells stay as they were."""
    table = {"id": ["01", "02", "03", "04"], "png": ["11", "4.0", "", " 8"], "note": ["a,b", '"', "", "x"]}
    path = write_text(tmp_path / "in.csv", table)
    done = run("map", "--column", "png", path, "--out", tmp_path / "out.csv")
    assert (done.exit_code, done.output) == (0, "")
    rows = read_rows(tmp_path / "out.csv")
    for name, cells in table.items():
        assert [row[name] for row in rows] == cells
    assert [row["need_tier"] for row in rows] == ["high", "low", "", "moderate"]
    assert [row["rag"] for row in rows] == ["red", "green", "", "amber"]
    assert [row["need_group_name"] for row in rows] == [
        "Frailty", "Low complexity morbidity", "", "Dominant psychiatric condition",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "numbers",
    [pa.array([11, None, 5]), pa.array([11.0, None, 5.0]), pa.array(["11", None, "5"]).dictionary_encode()],
    ids=["integer", "float", "dictionary"],
)
def test_map_takes_parquet_of_each_type(numbers, tmp_path):
    """In Parquet group numbers may be integers, floats or text; missing stays missing."""
    pq.write_table(pa.table({"g": numbers}), tmp_path / "in.parquet")
    done = run("map", "--column", "g", tmp_path / "in.parquet", "--out", tmp_path / "out.parquet")
    assert done.exit_code == 0, done.output
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["rag"].to_pylist() == ["red", None, "amber"]


# --- codes ---


def test_codes_says_what_a_code_means_and_on_whose_word():
    """A code comes with condition, line and class, mapping row with file and line, and its sources."""
    done = run("codes", "i50.0", "--system", "ICD-10")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "I500 (icd10)"
    assert "(heart_failure)" in done.stdout
    assert "as heart_failure: major if ever(heart_failure)" in done.stdout
    catalogue = pngroup.load_catalogue()
    for row in catalogue.rows_for("I500", pngroup.CodeSystem.ICD10):
        assert f"{row.match} {row.code} ({row.place}), on the word of {', '.join(row.source)}" in done.stdout
        for source in row.source:
            assert f"{source}: {catalogue.sources[source].title}" in done.stdout
            assert f"checked: {catalogue.sources[source].checked}" in done.stdout


@pytest.mark.parametrize("code", ["B20", "O04"])
def test_codes_marks_restricted_topics(code):
    """What is restricted is marked as such."""
    assert "RESTRICTED" in run("codes", code).stdout
    assert "RESTRICTED" not in run("codes", "I10").stdout


def test_codes_knows_every_condition_that_lookup_knows():
    """The conditions that `pngroup.lookup` answers are all named, parents included, in each system."""
    for system, codes in {"icd10": ["N18.5", "F32.2", "C50.9"], "snomed": ["44054006"], "icd10cm": ["N18.6"]}.items():
        for code, conditions in zip(codes, pngroup.lookup(codes, system), strict=True):
            printed = run("codes", code, "--system", system).stdout
            assert conditions
            for condition in conditions:
                assert f"({condition})" in printed


def test_codes_says_what_keeps_a_code_out():
    """A code that a row excludes from a condition is said to be excluded, with that row."""
    row = next(row for row in pngroup.load_catalogue().rules[pngroup.CodeSystem.OPCS4].rows if row.match == "exclude")
    printed = run("codes", row.code, "--system", "opcs4").stdout
    assert f"Not {pngroup.load_catalogue().name_of(row.condition)} ({row.condition})" in printed
    assert row.place in printed


def test_codes_says_what_cannot_be_read():
    """An unknown code is said to be unknown; an unreadable one is exit code 1, and the others are still answered."""
    assert "No condition knows this code" in run("codes", "404684003").stdout
    done = run("codes", "I10", "0094347659!", "--system", "icd10")
    assert done.exit_code == 1
    assert "(hypertension)" in done.stdout
    assert "Code 2 (of the shape 9999999999!) cannot be read" in done.stdout


# --- check ---


def test_check_holds_the_shipped_vignettes_against_the_model():
    """Without PATH all vignettes that ship are checked, and are as expected."""
    done = run("check")
    assert done.exit_code == 0, done.output
    n = len(pngroup.validation.read_vignettes())
    assert n >= 120
    assert f"{n} of {n} vignettes are as expected" in done.stdout


VIGNETTE = """
[[vignette]]
id = "asthma-alone"
story = "A woman of 40 has asthma."
as_at = 2026-03-31
person = { birth_date = 1985-09-12, sex = "female" }
records = [{ code = "J45", system = "icd10", date = 2026-01-14 }]
[vignette.expect]
need_group = GROUP
"""


def test_check_reports_each_vignette_that_is_not_as_expected(tmp_path):
    """A vignette that comes out otherwise is named with file, line and difference, and is exit code 1."""
    (tmp_path / "wrong.toml").write_text(VIGNETTE.replace("GROUP", "9"))
    (tmp_path / "right.toml").write_text(VIGNETTE.replace("GROUP", "4").replace("asthma-alone", "other"))
    for path in (tmp_path / "wrong.toml", tmp_path):
        done = run("check", path)
        assert done.exit_code == 1
        assert "asthma-alone (wrong.toml, line 2)" in done.stdout
        assert "need_group: expected 9, found 4" in done.stdout
    assert run("check", tmp_path / "right.toml").exit_code == 0


def test_check_takes_what_ships(tmp_path):
    """Copies of the model, the schemes and the catalogue that ship are in order."""
    data = Path(pngroup.__file__).parent / "data"
    model = shutil.copy(data / "models" / "need-groups" / "2026.1.toml", tmp_path / "own-model.toml")
    catalogue = shutil.copytree(data / "catalogue" / "2026.1", tmp_path / "own-catalogue")
    for path in (model, catalogue, *(data / "schemes").glob("*.toml")):
        done = run("check", path)
        assert done.exit_code == 0, done.output
        assert "in order" in done.stdout
        assert "fingerprint" in done.stdout


def test_check_names_the_line_of_a_wrong_file(tmp_path):
    """A wrong model, scheme, catalogue or vignette file is exit code 2 and names its line."""
    data = Path(pngroup.__file__).parent / "data"
    model = (data / "models" / "need-groups" / "2026.1.toml").read_text().replace("ever(copd)", "ever(no_such)", 1)
    line = model[: model.index("no_such")].count("\n") + 1
    scheme = (data / "schemes" / "default.toml").read_text().replace('"#00703c"', '"green"')
    for name, text, where in (
        ("model.toml", model, f"line {line}"),
        ("scheme.toml", scheme, "line "),
        ("vignettes.toml", VIGNETTE.replace("GROUP", "4").replace("story", "stroy"), "line 2"),
        ("bad.toml", "a = 1\nb = = 2\n", "line 2"),
    ):
        (tmp_path / name).write_text(text)
        done = run("check", tmp_path / name)
        assert done.exit_code == 2, done.output
        assert name in done.stderr
        assert where in done.stderr
    catalogue = shutil.copytree(data / "catalogue" / "2026.1", tmp_path / "catalogue")
    with (catalogue / "icd10.csv").open("a") as file:
        file.write("hypertension,guess,I10,pngroup,\n")
    done = run("check", catalogue)
    assert done.exit_code == 2
    assert "icd10.csv, line" in done.stderr


# --- doctor, version ---


def test_doctor_names_versions_and_no_place(tmp_path):
    """`pngroup doctor` names versions and editions, tests itself, and tells nothing of the machine's folders."""
    done = run("doctor")
    assert done.exit_code == 0, done.output
    for name in ("numpy", "pyarrow"):
        assert version_of(name) in done.stdout
    assert pngroup.__version__ in done.stdout
    assert pngroup.load_catalogue().fingerprint[:16] in done.stdout
    assert "vignettes as expected" in done.stdout
    assert str(Path.home()) not in done.stdout
    assert str(Path(pngroup.__file__).parent) not in done.stdout


def test_version_is_the_librarys():
    """`pngroup --version` prints name and version."""
    assert run("--version").stdout == f"pngroup {pngroup.__version__}\n"


def test_each_command_has_help():
    """Each command says what it does and which options it has; alone, the program shows its help."""
    alone = run()
    assert alone.exit_code == 2
    for name in ("group", "explain", "map", "codes", "check", "demo", "doctor"):
        assert f"\n  {name} " in alone.stderr
        done = run(name, "--help")
        assert done.exit_code == 0
        assert done.stdout.startswith(f"Usage: pngroup {name}")


def test_the_command_line_works_in_a_copy(tmp_path):
    """A copy of the package's folder under another name has the command line too."""
    source = Path(pngroup.__file__).parent
    shutil.copytree(source, tmp_path / "need_groups", ignore=shutil.ignore_patterns("__pycache__"))
    done = execute(
        "codes", "I10", cwd=tmp_path, PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1",
        program="import sys, runpy; sys.modules['pngroup'] = None; sys.argv[0] = 'x'; "
        "runpy.run_module('need_groups', run_name='__main__')",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "(hypertension)" in done.stdout


# --- catalogue diff ---


def test_catalogue_diff_says_what_differs_and_whose_group_changes(tmp_path):
    """The difference names each change; with data it counts who changes, and only --out says who."""
    (tmp_path / "site.csv").write_text(
        "action,system,code,condition,because\nremove,icd10,F00,dementia,our reading\n", encoding="utf-8"
    )
    site = tmp_path / "site.csv"
    alone = run("catalogue", "diff", "core", site)
    assert alone.exit_code == 0, alone.output
    assert "  + icd10 exclude F00 (site.csv, line 2) [our reading]" in alone.stdout
    out = tmp_path / "changed.csv"
    done = run("catalogue", "diff", "core", site, *practice(tmp_path), "--out", out)
    assert done.exit_code == 0, done.output
    before, after = (
        pngroup.group(PEOPLE, RECORDS, as_at=AS_AT, catalogue=which).to_frame()["need_group"]
        for which in ("core", site)
    )
    changed = [(i, str(a), str(b)) for i, a, b in zip(IDS, before, after, strict=True) if a != b]
    assert changed
    assert [(row["person_id"], row["before"], row["after"]) for row in read_rows(out)] == changed
    assert f"{len(changed)} of {len(IDS)} people with a group change it" in done.stdout
    assert_no_id(done.stdout + done.stderr)


def test_catalogue_diff_refuses_options_that_it_would_not_use(tmp_path):
    """Options about data without people, records and as-at are told, whichever they are."""
    for option in (("--system", "icd10"), ("--model", "need-groups"), ("--out", tmp_path / "x.csv")):
        done = run("catalogue", "diff", "core", "core", *option)
        assert done.exit_code == 2, option
        assert "--people is missing" in done.stderr
    assert run("catalogue", "diff", "core", "core").stdout == "core@2026.1 and core@2026.1 say the same.\n"


def test_catalogue_diff_says_which_of_the_two_is_not_there(tmp_path):
    """A catalogue that does not exist is told by the argument it was given as; a fault inside a file by its place."""
    for at, argument in enumerate("AB"):
        for missing in ("nope.toml", "nope", "core@1900.1"):
            both = ["core", "core"]
            both[at] = missing
            done = run("catalogue", "diff", *both)
            assert done.exit_code == 2, both
            assert f"(in argument {argument};" in done.stderr
    site = tmp_path / "site.csv"
    site.write_text("action,system,code,condition,because\nremove,icd10,F00,nothing,ours\n", encoding="utf-8")
    assert "site.csv" in run("catalogue", "diff", "core", site).stderr


def test_codes_says_why_a_code_is_no_condition():
    """A dismissed code is told with its reason, its sentence, the row and its sources."""
    printed = run("codes", "Z86.4", "--system", "icd10").stdout
    told = pngroup.load_catalogue().dismissal("Z864", pngroup.CodeSystem.ICD10)
    assert "No condition, by decision" in printed
    assert told.because in printed
    assert told.place in printed
    assert all(f"  {source}: " in printed for source in told.source)
