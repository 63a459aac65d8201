"""Paths in the place of tables: `group()`, `explain()` and `coverage()` say the same of files as of tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import pngroup
from generated import TABLES, generate
from routes import table

POPULATION = generate(50, seed=21)


def as_text(name):
    rows = table(name, getattr(POPULATION, name))
    return pa.table(
        {c: pa.array([None if v is None else str(v) for v in cells], pa.string()) for c, cells in rows.items()}
    )


GIVEN = {name: as_text(name) for name in ("people", *TABLES)}


def one_file(folder, ending):
    """Each table in one file."""
    paths = {}
    for name, rows in GIVEN.items():
        paths[name] = folder / f"{name}{ending}"
        pq.write_table(rows, paths[name]) if ending == ".parquet" else pyarrow.csv.write_csv(rows, paths[name])
    return paths


def in_parts(folder):
    """Each table in several Parquet files: named by a folder, or by a pattern as text."""
    paths = {}
    for name, rows in GIVEN.items():
        (folder / name).mkdir()
        for place, start in enumerate(range(0, rows.num_rows, 40)):
            pq.write_table(rows.slice(start, 40), folder / name / f"part-{place:03}.parquet")
        paths[name] = folder / name if name == "people" else str(folder / name / "part-*.parquet")
    return paths


MADE = {
    "parquet": lambda folder: one_file(folder, ".parquet"),
    "csv": lambda folder: one_file(folder, ".csv"),
    "folders and patterns": in_parts,
}


def given(paths, kind):
    return paths if kind == "paths" else {name: str(path) for name, path in paths.items()}


@pytest.mark.parametrize("kind", ["paths", "text"])
@pytest.mark.parametrize("made", MADE)
def test_grouping_files_is_grouping_their_tables(made, kind, tmp_path):
    """Rows, types, order, quality counts and manifest are those of the tables read by hand, with all feeds."""
    expected = pngroup.group(**GIVEN, as_at=POPULATION.as_at)
    found = pngroup.group(**given(MADE[made](tmp_path), kind), as_at=POPULATION.as_at)
    assert found.to_frame().equals(expected.to_frame())
    assert found.quality == expected.quality
    assert found.manifest == expected.manifest


def test_several_dates_and_kept_records_of_files(tmp_path):
    """A list of dates, and explanations from the records that were kept, are those of tables."""
    dates = ["2023-12-31", POPULATION.as_at]
    paths = MADE["parquet"](tmp_path)
    born = GIVEN["people"].filter(pyarrow.compute.is_valid(GIVEN["people"]["birth_date"]))
    tables, files = {**GIVEN, "people": born}, {**paths, "people": born}
    assert pngroup.group(**files, as_at=dates).to_frame().equals(pngroup.group(**tables, as_at=dates).to_frame())
    found = pngroup.group(**paths, as_at=POPULATION.as_at, keep_records=True)
    expected = pngroup.group(**GIVEN, as_at=POPULATION.as_at, keep_records=True)
    for person in expected.people.ids.values[:5]:
        assert found.explain(person) == expected.explain(person)


@pytest.mark.parametrize("made", MADE)
def test_one_person_of_files_is_explained_as_of_tables(made, tmp_path):
    """`explain` reads files batch by batch and says the same, of a person without records too."""
    paths = MADE[made](tmp_path)
    without = set(GIVEN["people"]["person_id"].to_pylist()) - set(GIVEN["records"]["person_id"].to_pylist())
    for person in [*GIVEN["people"]["person_id"].to_pylist()[:4], *sorted(without)[:1]]:
        expected = pngroup.explain(person, **GIVEN, as_at=POPULATION.as_at)
        assert pngroup.explain(person, **paths, as_at=POPULATION.as_at) == expected


@pytest.mark.parametrize("made", MADE)
def test_codes_of_files_are_counted_as_of_tables(made, tmp_path):
    """`coverage` reads files batch by batch; its table is a pyarrow one."""
    found, expected = pngroup.coverage(MADE[made](tmp_path)["records"]), pngroup.coverage(GIVEN["records"])
    assert found.codes == expected.codes
    assert str(found) == str(expected)
    assert found.to_frame().equals(expected.to_frame())


def test_columns_of_files_go_by_the_names_that_are_given(tmp_path):
    """`columns` maps our names to those in the files."""
    path = tmp_path / "records.parquet"
    renamed = [{"code": "diagnosis"}.get(name, name) for name in GIVEN["records"].column_names]
    pq.write_table(GIVEN["records"].rename_columns(renamed), path)
    columns = {"records": {"code": "diagnosis"}}
    found = pngroup.group(GIVEN["people"], path, as_at=POPULATION.as_at, columns=columns)
    expected = pngroup.group(GIVEN["people"], GIVEN["records"], as_at=POPULATION.as_at)
    assert found.quality == expected.quality
    assert found.to_frame().equals(expected.to_frame())


def test_a_missing_column_of_a_file_is_named(tmp_path):
    """With what is there and how to map it, before a row is read."""
    path = tmp_path / "records.parquet"
    pq.write_table(GIVEN["records"].rename_columns(["person_id", "Code ", *GIVEN["records"].column_names[2:]]), path)
    for call in (pngroup.group, lambda *given, **more: pngroup.explain("000001", *given, **more)):
        with pytest.raises(pngroup.DataError, match="records has no column 'code'") as caught:
            call(GIVEN["people"], path, as_at=POPULATION.as_at)
        assert "did you mean 'Code '?" in caught.value.remedy


def test_messages_name_files_without_their_folders(tmp_path):
    """A file that cannot be read is named by argument and name; where it lies is not told."""
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 no")
    with pytest.raises(pngroup.DataError) as caught:
        pngroup.group(GIVEN["people"], Path(path), as_at=POPULATION.as_at)
    assert caught.value.where == "argument records, file 'broken.parquet'"
    assert str(tmp_path) not in str(caught.value)


def test_a_column_without_a_type_in_one_file_is_one_with_text_in_another(tmp_path):
    """A file that was written without any value of a column holds it without a type; the person is explained."""
    rows = [{"person_id": "a", "code": "I50", "date": "2024-01-01", "status": status} for status in (None, "confirmed")]
    for place, row in enumerate(rows):
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / f"records-{place}.parquet")
    people = {"person_id": ["a"], "age": [50]}
    found = pngroup.explain("a", people, tmp_path, as_at="2024-03-31", system="icd10")
    assert found == pngroup.explain("a", people, pa.Table.from_pylist(rows), as_at="2024-03-31", system="icd10")


def test_a_folder_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    """What the system refuses is told by the name of the file alone."""

    is_dir = Path.is_dir

    def refused(path, **named):
        if path.parent == tmp_path:
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path, **named)

    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(pngroup.UsageError, match="Permission denied") as caught:
        pngroup.group(GIVEN["people"], tmp_path / "records.csv", as_at="2024-03-31")
    assert str(tmp_path) not in str(caught.value)
    assert "records.csv" in caught.value.where
