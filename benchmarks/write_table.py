"""From pytest-benchmark's JSON to docs/reference/benchmarks.md: python benchmarks/write_table.py IN OUT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROWS = {
    "test_group": "`group()`: everything, for 100,000 people and 2,000,000 records",
    "test_to_frame": "`Grouping.to_frame()`",
    "test_charlson_by_comorbidipy": "comorbidipy: the Charlson index alone, same records",
    "test_charlson_by_pycomorb": "pycomorb: the Charlson index alone, same records",
    "test_import": "`import pngroup` in a new Python",
    "test_import_and_use": "`import pngroup; pngroup.group` in a new Python",
    "test_import_numpy": "`import numpy` in a new Python",
    "test_start_of_python": "a new Python that imports nothing",
}
#: What is timed, and beside what.
CATALOGUE_ROWS = {
    "test_load_catalogue": ("loading the packaged catalogue", "test_import_numpy"),
    "test_load_and_check_catalogue": ("loading and checking a catalogue of one's own", "test_import_numpy"),
    "test_read_codes": ("reading 100,000 distinct ICD-10-CM codes", "test_read_codes"),
    "test_look_codes_up": ("a look-up table for them", "test_read_codes"),
}

PAGE = """# Benchmarks

Written by `make bench`; not by hand. Each line is the median of several rounds.

| what | median, s | as a multiple of `group()` |
|---|---:|---:|
{rows}

Measured on {cores} cores with Python {python}, {versions}.
Where a library is not installed, its line is left out.

The comparison is not one of equals. The two other libraries compute one score for each person,
without dates. `group()` reads the day of each record, computes several scores, some sixty lines of
long-term conditions and eleven criteria, and counts what it did not use. The table says what the
whole costs in terms of a part that people know. The benchmark checks that pngroup's own Charlson
index equals theirs for every person.

## The catalogue

| what | median, s | beside | ratio |
|---|---:|---|---:|
{catalogue}

Reading a SNOMED CT release is timed by `python -m pytest benchmarks/test_terminology.py -s`, each figure in a process
of its own, with its peak of memory, beside pyarrow's bare read of the same files.

## The data

The rows are made from a seed by `benchmarks/population.py`: codes from the package's own tables, persons
and days uniform.
"""


def main(source: str, target: str) -> None:
    found = json.loads(Path(source).read_text(encoding="utf-8"))["benchmarks"]
    medians = {each["name"]: each["stats"]["median"] for each in found}
    information = found[0]["extra_info"]
    whole = medians["test_group"]
    rows = [
        f"| {words} | {medians[name]:.3f} | {medians[name] / whole:.2f} |"
        for name, words in ROWS.items()
        if name in medians
    ]
    libraries = ("pngroup", "numpy", "narwhals", "polars", "comorbidipy", "pycomorb")
    versions = ", ".join(f"{name} {information[name]}" for name in libraries)
    start = medians["test_start_of_python"]
    beside = {
        "test_import_numpy": ("`import numpy`", medians["test_import_numpy"] - start),
        "test_read_codes": ("reading them", medians["test_read_codes"]),
    }
    catalogue = [
        f"| {words} | {medians[name]:.3f} | {beside[other][0]} ({beside[other][1]:.3f} s) | "
        f"{medians[name] / beside[other][1]:.2f} |"
        for name, (words, other) in CATALOGUE_ROWS.items()
    ]
    page = PAGE.format(
        rows="\n".join(rows),
        catalogue="\n".join(catalogue),
        cores=information["cores"],
        python=information["python"],
        versions=versions,
    )
    Path(target).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
