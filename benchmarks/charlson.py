"""Charlson's 17 items in ICD-10 (Quan 2005), written by hand in polars and DuckDB as an expert would.

Each different code gets a number whose bits are the items, in one look at its beginnings; rows are joined to it and
each person's bits put together. The list of beginnings is the one of pngroup's catalogue; comorbidipy and pycomorb
have lists of their own, and must come to the same answer before anything is reported.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mixes import EDITION, table

#: Item, weight of 1987, name in comorbidipy, name in pycomorb; the order is that of the bits.
ITEMS = {
    "myocardial_infarction": (1, "ami", "Myocardial infarction"),
    "heart_failure": (1, "chf", "Congestive heart failure"),
    "peripheral_vascular_disease": (1, "pvd", "Peripheral vascular disease"),
    "cerebrovascular_disease": (1, "cevd", "Cerebrovascular disease"),
    "dementia": (1, "dementia", "Dementia"),
    "chronic_pulmonary_disease": (1, "copd", "Chronic pulmonary disease"),
    "rheumatic_disease": (1, "rheumd", "Rheumatic disease"),
    "peptic_ulcer_disease": (1, "pud", "Peptic ulcer disease"),
    "mild_liver_disease": (1, "mld", "Mild liver disease"),
    "diabetes_without_complication": (1, "diab", "Diabetes without chronic complication"),
    "diabetes_with_complication": (2, "diabwc", "Diabetes with chronic complication"),
    "paralysis": (2, "hp", "Hemiplegia or paraplegia"),
    "renal_disease": (2, "rend", "Renal disease"),
    "malignancy": (
        2,
        "canc",
        "Any malignancy, including lymphoma and leukemia, except malignant neoplasm of skin",
    ),
    "severe_liver_disease": (3, "msld", "Moderate or severe liver disease"),
    "metastatic_cancer": (6, "metacanc", "Metastatic solid tumor"),
    "hiv": (6, "aids", "AIDS/HIV"),
}
#: The milder does not count beside the severer.
SEVERER = {
    "mild_liver_disease": "severe_liver_disease",
    "diabetes_without_complication": "diabetes_with_complication",
    "malignancy": "metastatic_cancer",
}
BIT = {item: 1 << place for place, item in enumerate(ITEMS)}


def beginnings() -> dict[str, int]:
    """The beginnings of codes, undotted, and the bits of their items."""
    found: dict[str, int] = {}
    for row in table("catalogue", EDITION, "score_codes.csv"):
        if row["system"] == "icd10" and row["item"].startswith("charlson_"):
            item = row["item"].removeprefix("charlson_")
            found[row["code"]] = found.get(row["code"], 0) | BIT[item]
    return found


def bits_of(codes: list[str]) -> list[int]:
    """The bits of each code."""
    starts = beginnings()
    found = []
    for code in codes:
        bits = 0
        for end in range(1, len(code) + 1):
            bits |= starts.get(code[:end], 0)
        found.append(bits)
    return found


def by_polars(people: Any, records: Any) -> Any:
    """A row a person: person_id, the 17 items as booleans, the index. Codes are text."""
    import polars as pl

    codes = records["code"].unique()
    bits = pl.DataFrame({"code": codes, "bits": pl.Series(bits_of(codes.to_list()), dtype=pl.Int32)})
    return _together(people, records, bits)


def by_polars_from_integers(people: Any, records: Any, codes: list[str]) -> Any:
    """The same with integer persons, and codes as places in a list of texts."""
    import polars as pl

    code = pl.Series(range(len(codes)), dtype=records["code"].dtype)
    return _together(people, records, pl.DataFrame({"code": code, "bits": pl.Series(bits_of(codes), dtype=pl.Int32)}))


def _together(people: Any, records: Any, bits: Any) -> Any:
    import polars as pl

    def has(item: str) -> pl.Expr:
        one = pl.col("bits") & BIT[item] != 0
        return one & (pl.col("bits") & BIT[SEVERER[item]] == 0) if item in SEVERER else one

    persons = (
        records.lazy()
        .join(bits.lazy().filter(pl.col("bits") != 0), on="code")
        .group_by("person_id")
        .agg(pl.col("bits").bitwise_or())
    )
    return (
        people.lazy()
        .select("person_id")
        .join(persons, on="person_id", how="left")
        .with_columns(pl.col("bits").fill_null(0))
        .select(
            "person_id",
            *(has(item).alias(item) for item in ITEMS),
            pl.sum_horizontal(has(item).cast(pl.Int32) * weight for item, (weight, *_) in ITEMS.items()).alias("index"),
        )
        # The streaming engine was the fastest of what we tried, with one bit field a code and not 17 columns.
        .collect(engine="streaming")
    )


def by_duckdb(folder: Path, out: Path) -> None:
    """From people.parquet and icd10.parquet to a Parquet file with the same columns."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("create table starts (start varchar, bits integer)")
        values = ", ".join(f"('{start}', {bits})" for start, bits in beginnings().items())
        connection.execute(f"insert into starts values {values}")
        connection.execute(
            f"""
            create table bits as select code, bit_or(bits) as bits
            from (select distinct code from '{folder / "icd10.parquet"}') join starts on starts_with(code, start)
            group by code
            """
        )
        has = {
            item: f"(bits & {bit} != 0" + (f" and bits & {BIT[SEVERER[item]]} = 0)" if item in SEVERER else ")")
            for item, bit in BIT.items()
        }
        index = " + ".join(f"{weight} * {has[item]}::integer" for item, (weight, *_) in ITEMS.items())
        connection.execute(
            f"""
            copy (
                select person_id, {", ".join(f"{sql} as {item}" for item, sql in has.items())}, {index} as index
                from (
                    select person_id, coalesce(found.bits, 0) as bits
                    from '{folder / "people.parquet"}' left join (
                        select person_id, bit_or(bits) as bits
                        from '{folder / "icd10.parquet"}' join bits using (code) group by person_id
                    ) as found using (person_id)
                )
            ) to '{out}' (format parquet)
            """
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Charlson by DuckDB: from the files of a folder to a file.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    by_duckdb(arguments.folder, arguments.out)
