"""Age bands by sex: standard populations and reference rates, of the package or of a caller."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..codes import read_sex
from ..editions import data
from ..errors import DataError, UsageError, did_you_mean
from ..files import opened
from ..frames import open_table
from ..intake import SEXES
from ..vocabulary import Sex

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

#: The sexes that a table without a column for it is about.
_BOTH: Final = (SEXES.index(Sex.FEMALE.value), SEXES.index(Sex.MALE.value))


@frozen
class Strata:
    """A number for each age band and sex, NaN where there is none.

    `name` is what it is called in results; `age_from`: the first age of each band, in whole years, ascending; `values`:
    (bands, sexes in the order of `SEXES`).
    """

    name: str
    age_from: Ints = field(eq=False, repr=False)
    values: Floats = field(eq=False, repr=False)

    def bands(self, age: npt.NDArray[np.integer]) -> Ints:
        """The band of each age, -1 for ages below the first."""
        return np.searchsorted(self.age_from, age, side="right").astype(np.int64) - 1


def read_standard(given: Any) -> Strata:
    """A standard population by its name, or of a table with `age_from`, `population` and optionally `sex`."""
    if isinstance(given, str) and not given.endswith((".csv", ".tsv", ".parquet")):
        return _packaged(given)
    found = _read(given, "standard", "population")
    if not np.nansum(found.values) > 0:
        raise DataError(
            "nobody is in the standard population",
            where="standard, column 'population'",
            allowed="numbers of people, more than 0 in all",
            remedy="check the column",
        )
    return found


def read_rates(given: Any) -> Strata:
    """Reference rates, per 1,000 person-years, of a table with `age_from`, `rate` and optionally `sex`."""
    return _read(given, "rates", "rate")


@cache
def _packaged(name: str) -> Strata:
    known = sorted(file.name.removesuffix(".toml") for file in data("standards").iterdir())
    if name not in known:
        raise UsageError(
            f"there is no standard population {name!r}",
            where="argument standard",
            allowed=f"{', '.join(known)}, or a table with age_from and population",
            remedy=did_you_mean(name, known) or "name one of these, or give a table",
        )
    table = tomllib.loads(data("standards", f"{name}.toml").read_text(encoding="utf-8"))["population"]
    age_from = np.array(table["age_from"], np.int64)
    people = np.array(table["population"], np.float64)
    return Strata(name, age_from, _by_sex(np.arange(len(people)), people, None, len(people)))


def _read(given: Any, name: str, column: str) -> Strata:
    table = open_table(
        opened(given, name, whole=True), name=name, required=("age_from", column), optional=("sex",), pass_through=False
    )
    ages, numbers = table.numbers("age_from"), table.numbers(column)
    wrong = ages.absent | numbers.absent | ~(ages.number >= 0) | ~(numbers.number >= 0) | (ages.number % 1 != 0)
    if wrong.any() or not table.n_rows:
        raise DataError(
            f"{int(wrong.sum()):,} of {table.n_rows:,} rows have no age band or number" if table.n_rows else "no rows",
            where=name,
            allowed=f"age_from in whole years and {column}, both 0 or more, in each row",
            remedy="correct these rows",
        )
    sexes = None
    if table.has("sex"):
        encoded = table.encode("sex")
        words = [read_sex(value) for value in encoded.values.tolist()]
        if None in words or encoded.n_missing:
            raise DataError(
                "a row has no sex, or a word for one that is not known",
                where=table.where("sex"),
                allowed=", ".join(SEXES),
                remedy="correct the column, or leave it out where the numbers are of everybody",
            )
        places = [SEXES.index(word.value) for word in words if word is not None]
        sexes = np.array(places, np.int64)[encoded.index]
    age_from, band = np.unique(ages.number.astype(np.int64), return_inverse=True)
    band = band.reshape(-1)
    key = band * len(SEXES) + (sexes if sexes is not None else 0)
    if len(np.unique(key)) < len(key):
        raise DataError(
            "an age band stands there twice",
            where=name,
            allowed="each age_from once" + (" for each sex" if sexes is not None else ", or a column sex"),
            remedy="remove the rows that are too many",
        )
    return Strata(name, age_from, _by_sex(band, numbers.number, sexes, len(age_from)))


def _by_sex(band: Ints, numbers: Floats, sexes: Ints | None, n_bands: int) -> Floats:
    values = np.full((n_bands, len(SEXES)), np.nan)
    if sexes is not None:
        values[band, sexes] = numbers
        return values
    for sex in _BOTH:
        values[band, sex] = numbers
    return values
