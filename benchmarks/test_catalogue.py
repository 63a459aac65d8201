"""How long the catalogue takes to load and to check, and a look-up of 100,000 distinct codes.

Loading stands beside `import numpy`, looking up beside reading the same codes (normalising them), which has to be done
in any case.
"""

from __future__ import annotations

import itertools

from pngroup.catalogue import load_catalogue, read_catalogue
from pngroup.codes import read
from pngroup.editions import data
from pngroup.vocabulary import CodeSystem

N_CODES = 100_000
FOLDER = data("catalogue", load_catalogue().edition)


def distinct_codes() -> list[str]:
    """Every way to go on, by up to two places, from the places where the catalogue's ICD-10-CM rows look."""
    rows = load_catalogue().rules[CodeSystem.ICD10CM].rows
    starts = sorted({row.code[:5] for row in rows if len(row.code) >= 3 and "?" not in row.code[:5]})
    endings = ["", *"0123456789", *(a + b for a, b in itertools.product("0123456789A", "0123456789AS"))]
    codes = dict.fromkeys(start + ending for ending in endings for start in starts)
    return list(codes)[:N_CODES]


def test_load_catalogue(told):
    """The packaged catalogue as group() loads it: the lists of SNOMED CT ids are read when they are asked for."""
    told.pedantic(lambda: read_catalogue(FOLDER, name="a", edition="b", check=False), rounds=20, warmup_rounds=2)


def test_load_and_check_catalogue(told):
    """A catalogue of one's own: every list read, every row checked."""
    told.pedantic(lambda: read_catalogue(FOLDER, name="a", edition="b"), rounds=10, warmup_rounds=1)


def test_read_codes(told):
    """Reading 100,000 distinct ICD-10-CM codes: normalised, nothing looked up."""
    codes = distinct_codes()
    assert len(codes) == N_CODES
    told.pedantic(lambda: read(codes, CodeSystem.ICD10CM), rounds=10, warmup_rounds=1)


def test_look_codes_up(told):
    """A look-up table for the same codes, from a catalogue that has not been asked for anything."""
    codes = [code for code in read(distinct_codes(), CodeSystem.ICD10CM).code if code is not None]

    def fresh():
        return (read_catalogue(FOLDER, name="a", edition="b", check=False),), {}

    def look_up(catalogue):
        return catalogue.meanings(codes, CodeSystem.ICD10CM)

    found = told.pedantic(look_up, setup=fresh, rounds=10, warmup_rounds=1)
    assert sum(map(bool, found)) > N_CODES / 3
