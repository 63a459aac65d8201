"""How long group() and `import pngroup` take, beside two libraries that compute the Charlson index alone.

`make bench` runs this and writes docs/reference/benchmarks.md. The comparison is not one of equals: the two
others compute one score for each person; group() reads days, computes several scores, some sixty lines and
eleven criteria. It says what the whole costs in terms of a part that people know.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from population import AS_AT, N_PEOPLE, N_RECORDS, people, records

import pngroup


@pytest.fixture(scope="session")
def population() -> tuple[pl.DataFrame, pl.DataFrame]:
    return people(), records()


def test_group(told, population):
    """group(): 100,000 people with 2,000,000 records to groups, with all that comes out beside them."""
    everybody, rows = population
    grouping = told.pedantic(
        lambda: pngroup.group(everybody, rows, as_at=AS_AT, system="icd10"), rounds=5, warmup_rounds=1
    )
    assert len(grouping) == N_PEOPLE
    assert grouping.quality.feed("records").n_rows == N_RECORDS


def test_to_frame(told, population):
    """The result as a polars frame."""
    everybody, rows = population
    grouping = pngroup.group(everybody, rows, as_at=AS_AT, system="icd10")
    frame = told.pedantic(grouping.to_frame, rounds=5, warmup_rounds=1)
    assert frame.height == N_PEOPLE


def test_charlson_by_comorbidipy(told, population):
    """comorbidipy: the Charlson index alone, Quan's coding, weights of 1987, on the same rows."""
    comorbidipy = pytest.importorskip("comorbidipy", reason="comorbidipy needs Python 3.13")
    rows = population[1].select(id="person_id", code="code")
    weighting = comorbidipy.WeightingVariant.CHARLSON
    result = told.pedantic(lambda: comorbidipy.comorbidity(rows, weighting=weighting), rounds=5, warmup_rounds=1)
    assert_same_index(result["id"], result["comorbidity_score"], population)


def test_charlson_by_pycomorb(told, population):
    """pycomorb: the Charlson index alone, Quan's coding, weights of 1987, on the same rows."""
    pycomorb = pytest.importorskip("pycomorb")
    rows = population[1].select(id="person_id", code="code", age=pl.lit(50))
    run = lambda: pycomorb.comorbidity("charlson", rows, implementation="quan", return_categories=True)  # noqa: E731
    result = told.pedantic(run, rounds=5, warmup_rounds=1)
    assert_same_index(result["id"], result["Charlson Comorbidity Index"], population)


def test_import(told):
    """`import pngroup` in a new Python, with what starting Python itself costs."""
    told.pedantic(lambda: run_python("import pngroup"), rounds=10, warmup_rounds=2)


def test_import_and_use(told):
    """`pngroup.group` in a new Python: everything that a grouping needs is imported."""
    told.pedantic(lambda: run_python("import pngroup; pngroup.group"), rounds=10, warmup_rounds=2)


def test_start_of_python(told):
    """A new Python that imports nothing: to be taken off the one above."""
    told.pedantic(lambda: run_python("pass"), rounds=10, warmup_rounds=2)


def test_import_numpy(told):
    """`import numpy` in a new Python: the part of the import that pngroup cannot do without."""
    told.pedantic(lambda: run_python("import numpy"), rounds=10, warmup_rounds=2)


def run_python(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True)


def assert_same_index(ids: pl.Series, index: pl.Series, population: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """What is timed is the same thing: pngroup's own Charlson index agrees with theirs, person by person."""
    everybody, rows = population
    frame = pngroup.group(everybody, rows, as_at=AS_AT, system="icd10").to_frame()
    ours = dict(zip(frame["person_id"].to_list(), frame["charlson"].to_list(), strict=True))
    theirs = dict(zip(ids.to_list(), index.to_list(), strict=True))
    differing = [person for person, score in theirs.items() if ours[person] != score]
    assert not differing, f"{len(differing)} of {len(theirs)} persons differ"
    assert np.count_nonzero(index.to_numpy())
