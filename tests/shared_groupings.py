"""The public test data grouped through the public interface, once for all tests."""

from __future__ import annotations

from functools import cache

import pngroup
import shared_data
from routes import engine_answers
from shared_counts import count_records
from shared_data import DataSet

#: Each data set and how `group()` must be told to read it.
OPTIONS = {
    "mimic": {},
    "mimic_aligned": {},
    "hes_apc": {"system": "icd10"},
    "hes_op": {"system": "icd10"},
    "hes_ae": {},
    "synthea_ibm": {},
    "synthea_27": {},
    "synthea_generated": {},
    "fhir_r4": {},
    "gibleed": {},
    "omop_27": {},
    "gp_connect": {},
    "cprd": {"system": "snomed", "date_format": "%d/%m/%Y"},
    "opensafely": {},
}
#: Written by a program that keeps numbers as float64: the true id ends in 5.
ROUNDED = "10939881000119104"


@cache
def data_set(name: str) -> DataSet:
    """A data set, read once."""
    data: DataSet = getattr(shared_data, name)()
    return data


@cache
def grouped(name: str) -> pngroup.Grouping:
    return pngroup.group(**data_set(name).tables(), **OPTIONS[name])


@cache
def counted(name: str):
    data = data_set(name)
    return count_records(data.people, data.records, as_at=data.as_at, **OPTIONS[name])


def present(counts):
    return {name: n for name, n in counts.items() if n}


def engine_groups(grouping):
    return [answer["need_group"] for answer in engine_answers(grouping).values()]
