"""Small things: starting, loading the catalogue, and a look-up of 100,000 different codes.

Loading stands beside `import numpy`, looking up beside reading the same codes (normalising them), which has to be done
in any case.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

from pngroup.catalogue import load_catalogue, read_catalogue
from pngroup.codes import read
from pngroup.editions import data
from pngroup.vocabulary import CodeSystem

N_CODES = 100_000


def folder_of_catalogue(_folder: Path, _head: bool) -> Path:
    """Where the packaged catalogue is."""
    return data("catalogue", load_catalogue().edition)


def load(folder: Path) -> Any:
    """The packaged catalogue as group() loads it: the lists of SNOMED CT ids are read when they are asked for."""
    return read_catalogue(folder, name="a", edition="b", check=False)


def load_and_check(folder: Path) -> Any:
    """A catalogue of one's own: every list read, every row checked."""
    return read_catalogue(folder, name="a", edition="b")


def different_codes(_folder: Path, head: bool) -> list[str]:
    """Every way to go on, by up to two places, from the places where the catalogue's ICD-10-CM rows look."""
    rows = load_catalogue().rules[CodeSystem.ICD10CM].rows
    starts = sorted({row.code[:5] for row in rows if len(row.code) >= 3 and "?" not in row.code[:5]})
    endings = ["", *"0123456789", *(a + b for a, b in itertools.product("0123456789A", "0123456789AS"))]
    codes = list(dict.fromkeys(start + ending for ending in endings for start in starts))
    if len(codes) < N_CODES:
        raise SystemExit(f"the catalogue's ICD-10-CM rows make {len(codes):,} codes only, not {N_CODES:,}")
    return codes[: 1_000 if head else N_CODES]


def read_codes(codes: list[str]) -> Any:
    """Reading: normalised, nothing looked up."""
    return read(codes, CodeSystem.ICD10CM)


def fresh(folder: Path, head: bool) -> tuple[Any, list[str]]:
    """A catalogue that has not been asked for anything, and codes that were read."""
    found = read(different_codes(folder, head), CodeSystem.ICD10CM).code
    return load(folder_of_catalogue(folder, head)), [code for code in found if code is not None]


def look_up(asked: tuple[Any, list[str]]) -> Any:
    """What each code means."""
    catalogue, codes = asked
    return catalogue.meanings(codes, CodeSystem.ICD10CM)


def command(_folder: Path, _out: Path, *, program: str) -> list[str]:
    """A new Python that runs a line."""
    return [sys.executable, "-c", program]


#: In memory: words, how it is loaded and run.
JOBS = {
    "load-catalogue": ("loading the packaged catalogue", folder_of_catalogue, load),
    "check-catalogue": (
        "loading and checking a catalogue of one's own",
        folder_of_catalogue,
        load_and_check,
    ),
    "read-codes": ("reading 100,000 different ICD-10-CM codes", different_codes, read_codes),
    "look-up": ("what they mean, from a catalogue that was not asked before", fresh, look_up),
}
#: As programs of their own: words, what Python runs.
PROGRAMS = {
    "python": ("a new Python that imports nothing", "pass"),
    "import-numpy": ("`import numpy` in a new Python", "import numpy"),
    "import": ("`import pngroup` in a new Python", "import pngroup"),
    "import-group": ("`import pngroup; pngroup.group` in a new Python", "import pngroup; pngroup.group"),
}
