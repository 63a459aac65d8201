"""Which codes the made-up rows carry, and how often.

ICD-10: nine rows of ten carry a code drawn as often as English hospitals recorded it (the weights are those of the
synthetic practice list), one of ten a code below any that the catalogue maps, each of these alike. There a three-
character code is written with each tenth place, so that there are as many different codes as a hospital has (not all
of them exist). SNOMED CT: six rows of ten carry an id that the catalogue maps, each alike, the others one that it
decided to be no condition. Persons and codes are independent: nothing is realistic but numbers.
"""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
from attrs import field, frozen

#: Pinned, so that the rows stay the same when a later edition becomes the default.
EDITION = "2026.1"
#: The share of rows drawn from all that the catalogue maps, each code alike. Other ICD-10 rows are mapped too, so that
#: the share that counts is measured in each run.
FROM_CATALOGUE = {"icd10": 0.1, "snomed": 0.6}


@frozen
class Mix:
    """Different codes (text or 64-bit integers) and the probability with which a row has each."""

    codes: np.ndarray = field(eq=False)
    probability: np.ndarray = field(eq=False)

    def draw(self, random: np.random.Generator, n_rows: int) -> np.ndarray:
        """For each row the place of its code in `codes`."""
        place = np.searchsorted(np.cumsum(self.probability), random.random(n_rows), side="right")
        return np.minimum(place, len(self.codes) - 1).astype(np.int32)


def icd10() -> Mix:
    """ICD-10 as text, undotted as hospitals write it."""
    recorded = table("synthetic", "acute_icd10.csv")
    recorded += [row for row in table("synthetic", "codes.csv") if row["system"] == "icd10"]
    rows = table("catalogue", EDITION, "icd10.csv")
    starts = dict.fromkeys(row["code"] for row in rows if row["match"] == "prefix" and len(row["code"]) >= 3)
    mapped = [start + end for start in starts for end in (list("0123456789") if len(start) == 3 else [""])]
    often = np.array([float(row["weight"]) for row in recorded])
    return mixed([row["code"] for row in recorded], often, mapped, FROM_CATALOGUE["icd10"])


def snomed() -> Mix:
    """SNOMED CT ids as 64-bit integers."""
    mapped = sorted({int(row["code"]) for row in table("catalogue", EDITION, "snomed", "ids.csv")})
    no_condition = {int(row["code"]) for row in table("catalogue", EDITION, "snomed", "no_condition.csv")}
    others = sorted(no_condition.difference(mapped))
    return mixed(others, np.ones(len(others)), mapped, FROM_CATALOGUE["snomed"])


def medicines() -> Mix:
    """BNF codes as text, each as often as the synthetic practice list weighs it."""
    rows = [row for row in table("synthetic", "medicines.csv") if row["code"]]
    weight = np.array([float(row["weight"]) for row in rows])
    return Mix(np.array([row["code"] for row in rows]), weight / weight.sum())


def mixed(others: list, weight: np.ndarray, mapped: list, share: float) -> Mix:
    """`mapped` in `share` of the rows, each alike; `others` in the rest, by weight. A code may stand in both."""
    probability = np.concatenate([(1 - share) * weight / weight.sum(), np.full(len(mapped), share / len(mapped))])
    codes, place = np.unique(np.array([*others, *mapped]), return_inverse=True)
    return Mix(codes, np.bincount(place, probability))


def table(*parts: str) -> list[dict[str, str]]:
    """A table of the package's data."""
    return list(csv.DictReader(files("pngroup").joinpath("data", *parts).read_text(encoding="utf-8").splitlines()))
