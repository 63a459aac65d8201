"""The tables that everything is timed on: made from a seed, written once as Parquet, the same for each library.

People are interleaved: the rows of a table come in random order of persons, as in an extract by date. Ids are text of
ten digits, like NHS numbers, but with a check digit that is wrong on purpose, so that none of them can be anybody's.
Days are spread evenly over ten years, from birth on for those born in them. Rows are made in pieces of a million, so
that ten million people with two hundred million records need no more memory than one million.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import mixes
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

AS_AT = "2024-03-31"
#: Twelve month ends, the last of them the one date of the other jobs.
MONTH_ENDS = [str(day) for day in np.arange("2023-05", "2024-05", dtype="M8[M]").astype("M8[D]") - 1]
FIRST_DAY, LAST_DAY, FIRST_BIRTH = (np.datetime64(day, "D").astype(int) for day in ("2014-04-01", AS_AT, "1925-01-01"))
SEED, N_RECORDS, N_MEDICINES, PIECE = 20_240_331, 20, 10, 1_000_000
TABLES = {
    "icd10": (mixes.icd10, N_RECORDS),
    "snomed": (mixes.snomed, N_RECORDS),
    "medicines": (mixes.medicines, N_MEDICINES),
}
#: Numbers of persons are spread over nine digits by a multiplication that can be undone.
SPREAD, SHIFT, SPACE = 387_420_489, 123_456_789, 10**9


def make(folder: Path, n_people: int, names: Iterable[str]) -> Path:
    """The folder with the people and those tables; what is not there yet is made."""
    target = folder / f"{n_people}-people-{recipe()}"
    target.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in ("people", *names) if not (target / f"{name}.parquet").exists()]
    if not wanted:
        return target
    born = np.random.default_rng([SEED, 0]).integers(FIRST_BIRTH, LAST_DAY - 30, n_people).astype(np.int32)
    ids = texts_of(numbers_of(np.arange(n_people)))
    for name in wanted:
        made = [people(ids, born)] if name == "people" else rows(name, ids, born)
        # A table that was not finished must not look so to the next run.
        half_made = target / f"{name}.{os.getpid()}"
        write(half_made, made)
        half_made.rename(target / f"{name}.parquet")
    return target


def recipe() -> str:
    """A short hash over all that decides the rows: another recipe is another folder."""
    decides = [Path(__file__).read_bytes(), Path(mixes.__file__).read_bytes()]
    decides += [repr(mix().codes.tolist()).encode() for mix in (mixes.icd10, mixes.snomed, mixes.medicines)]
    return hashlib.sha256(b"".join(decides)).hexdigest()[:8]


def people(ids: pa.Array, born: np.ndarray) -> pa.Table:
    """One row a person: person_id, birth_date, sex."""
    sexes = np.random.default_rng([SEED, 9]).integers(0, 2, len(born)).astype(np.int8)
    sex = pa.DictionaryArray.from_arrays(sexes, pa.array(["female", "male"])).cast(pa.string())
    return pa.table({"person_id": ids, "birth_date": dates(born), "sex": sex})


def rows(name: str, ids: pa.Array, born: np.ndarray) -> Iterator[pa.Table]:
    """Coded rows in pieces: person_id, code, date, and for medicines their system."""
    number, (make_mix, each) = 1 + list(TABLES).index(name), TABLES[name]
    mix, n_rows = make_mix(), each * len(born)
    codes = pa.array(mix.codes)
    first = np.maximum(born, FIRST_DAY)
    for start in range(0, n_rows, PIECE):
        random = np.random.default_rng([SEED, number, start])
        n = min(PIECE, n_rows - start)
        person = random.integers(0, len(born), n)
        since = first[person]
        day = (since + random.random(n) * (LAST_DAY + 1 - since)).astype(np.int32)
        columns = {
            "person_id": ids.take(pa.array(person)),
            "code": codes.take(pa.array(mix.draw(random, n))),
            "date": dates(day),
        }
        if name == "medicines":
            columns["system"] = pa.array(["bnf"]).take(pa.array(np.zeros(n, np.int32)))
        yield pa.table(columns)


def write(path: Path, pieces: Iterable[pa.Table]) -> None:
    """The pieces as one Parquet file, a row group each, with pyarrow's own settings."""
    writer = None
    for piece in pieces:
        writer = writer or pq.ParquetWriter(path, piece.schema)
        writer.write_table(piece)
    if writer is not None:
        writer.close()


def dates(days: np.ndarray) -> pa.Array:
    """Days since 1970 as Arrow dates."""
    return pa.array(days.astype(np.int32)).view(pa.date32())


def numbers_of(persons: np.ndarray) -> np.ndarray:
    """Ten digits for persons 0, 1, ...: nine that differ, and a check digit that is not the one of an NHS number."""
    nine = (persons.astype(np.int64) * SPREAD + SHIFT) % SPACE
    total = sum((10 - place) * (nine // 10 ** (8 - place) % 10) for place in range(9))
    right = (11 - total % 11) % 11
    return nine * 10 + (right + 1) % 10


def persons_of(numbers: np.ndarray) -> np.ndarray:
    """The other way: persons 0, 1, ... of these numbers."""
    return (numbers // 10 - SHIFT) % SPACE * pow(SPREAD, -1, SPACE) % SPACE


def texts_of(numbers: np.ndarray) -> pa.Array:
    """Numbers as text of ten digits, leading zeros kept."""
    digits = np.stack([numbers // 10 ** (9 - place) % 10 for place in range(10)], axis=1)
    text = (digits + ord("0")).astype(np.uint8)
    ends = np.arange(len(numbers) + 1, dtype=np.int32) * 10
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(text))
