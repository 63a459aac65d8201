"""The rows that everything is timed on: made here from a seed, so that each library gets the very same ones.

Two rows of three carry a code drawn as often as English hospitals recorded it, which no condition
may know; one of three carries a code of the catalogue. Persons and days are uniform: nothing is
realistic but size and mix.
"""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import polars as pl

N_PEOPLE = 100_000
N_RECORDS = 2_000_000
AS_AT = "2024-03-31"
SEED = 20_240_331


def codes_and_weights() -> tuple[np.ndarray, np.ndarray]:
    """ICD-10 codes, and the probability with which each is drawn."""
    often = table("synthetic", "acute_icd10.csv")
    known = [row["code"] for row in table("catalogue", "2026.1", "icd10.csv") if row["match"] in {"prefix", "exact"}]
    recorded = np.array([float(row["weight"]) for row in often])
    weights = np.concatenate([2 / 3 * recorded / recorded.sum(), np.full(len(known), 1 / 3 / len(known))])
    return np.array([*(row["code"] for row in often), *known]), weights


def table(*parts: str) -> list[dict[str, str]]:
    """A table of the package's data."""
    return list(csv.DictReader(files("pngroup").joinpath("data", *parts).read_text(encoding="utf-8").splitlines()))


def people() -> pl.DataFrame:
    """`N_PEOPLE` rows: person_id, birth_date, sex; everybody is born before the first record."""
    random = np.random.default_rng(SEED)
    born = np.datetime64("1925-01-01") + random.integers(0, 89 * 365, N_PEOPLE)
    return pl.DataFrame(
        {
            "person_id": np.arange(N_PEOPLE, dtype=np.int64),
            "birth_date": born,
            "sex": random.choice(["female", "male"], N_PEOPLE),
        }
    )


def records() -> pl.DataFrame:
    """`N_RECORDS` rows: person_id, code, date; all ICD-10, undotted, over ten years."""
    random = np.random.default_rng(SEED + 1)
    codes, weights = codes_and_weights()
    return pl.DataFrame(
        {
            "person_id": random.integers(0, N_PEOPLE, N_RECORDS),
            "code": random.choice(codes, N_RECORDS, p=weights),
            "date": np.datetime64("2014-04-01") + random.integers(0, 3_652, N_RECORDS),
        }
    )
