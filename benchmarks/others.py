"""What pngroup is timed beside, each on tables in the form in which it is fastest; loading is off the clock."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import charlson
import loading
from measuring import HERE
from population import AS_AT, persons_of

#: hccinfhir is timed on one person of so many.
FEWER = 50


def load_polars(folder: Path, head: bool) -> tuple[Any, Any]:
    """People and records with text ids and codes."""
    people, records = (loading.polars(loading.read_arrow(folder, name, head=head)) for name in ("people", "icd10"))
    return people, records.select("person_id", "code")


def load_nothing(folder: Path, _head: bool) -> Path:
    """The folder itself."""
    return folder


def load_with_age(folder: Path, head: bool) -> Any:
    """Records with an age in each row, which pycomorb wants for its age-adjusted index."""
    import polars as pl

    return load_polars(folder, head)[1].with_columns(age=pl.lit(50))


def load_integers(folder: Path, head: bool) -> tuple[Any, Any, list[str]]:
    """People and records as integers, and the list of the codes."""
    import polars as pl

    people, records = (loading.integers(loading.read_arrow(folder, name, head=head)) for name in ("people", "icd10"))
    rows = {"person_id": records["person_id"], "code": records["code"].indices.to_numpy()}
    return pl.DataFrame({"person_id": people["person_id"]}), pl.DataFrame(rows), records["code"].dictionary.to_pylist()


def load_lists(folder: Path, head: bool) -> list[tuple[int, str, list[str]]]:
    """Age, sex and codes of one person of fifty."""
    import polars as pl

    people, records = load_polars(folder, head)
    number = pl.col("person_id").cast(pl.Int64)
    chosen = people.filter(persons_of(people.select(number).to_series().to_numpy()) % FEWER == 0)
    codes = records.join(chosen, on="person_id", how="semi").group_by("person_id").agg("code")
    born = chosen.join(codes, on="person_id", how="left").with_columns(pl.col("code").fill_null([]))
    today = datetime.date.fromisoformat(AS_AT)
    return [
        ((today - day).days * 100 // 36525, sex[0].upper(), codes)
        for day, sex, codes in born.select("birth_date", "sex", "code").iter_rows()
    ]


def polars(tables: tuple[Any, Any]) -> Any:
    """Charlson by hand."""
    return charlson.by_polars(*tables)


def polars_from_integers(tables: tuple[Any, Any, list[str]]) -> Any:
    """Charlson by hand, from integers."""
    return charlson.by_polars_from_integers(*tables)


def comorbidipy(tables: tuple[Any, Any]) -> Any:
    """comorbidipy's Charlson: Quan's codes, weights of 1987."""
    import comorbidipy as library

    weighting = library.WeightingVariant.CHARLSON
    return library.comorbidity(tables[1], id_col="person_id", code_col="code", weighting=weighting)


def pycomorb(records: Any) -> Any:
    """pycomorb's Charlson: Quan's codes, weights of 1987, with the items."""
    import pycomorb as library

    return library.comorbidity("charlson", records, id_col="person_id", implementation="quan", return_categories=True)


def hccinfhir(persons: list[tuple[int, str, list[str]]]) -> list[Any]:
    """hccinfhir's model V28 for each person, one after the other, as it is meant to be used."""
    import hccinfhir as library

    processor = library.HCCInFHIR(model_name="CMS-HCC Model V28")
    return [processor.calculate_from_diagnosis(codes, age=age, sex=sex).risk_score for age, sex, codes in persons]


def duckdb_command(folder: Path, out: Path) -> list[str]:
    """Charlson by hand in DuckDB, as a program."""
    return [sys.executable, str(HERE / "charlson.py"), str(folder), str(out)]


def read_columns(folder: Path) -> list[Any]:
    """Every column that a grouping or Charlson needs, into memory."""
    import pyarrow.parquet as pq

    columns = {"people": ["person_id", "birth_date", "sex"], "icd10": ["person_id", "code", "date"]}
    return [pq.read_table(folder / f"{name}.parquet", columns=each) for name, each in columns.items()]
