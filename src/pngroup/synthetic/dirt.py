"""Dirty rows: a small, counted share of records that cannot be evidence, as work for the quality report.

Each is a spoilt copy of a sound record and is added to the table; the sound record stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .people import NO_DAY, Population, dates
from .rows import SETTINGS, Codebook, Rows, in_order
from .tables import parameters

#: Kinds of dirt and how they share the dirty rows.
KINDS: Final = {
    "missing_date": 0.25,
    "unknown_code": 0.20,
    "wrong_system": 0.15,
    "future_date": 0.15,
    "before_birth": 0.10,
    "entered_in_error": 0.10,
    "unknown_person": 0.05,
}
_STRANGER: Final = "X"


def records_table(
    people: Population, records: Rows, book: Codebook, dirt: float, random: np.random.Generator
) -> tuple[dict[str, npt.NDArray[Any]], Mapping[str, int]]:
    """The table of records, dirt mixed in, by person and day; and the number of dirty rows of each kind."""
    n_dirty = round(dirt * len(records))
    shares = np.cumsum(list(KINDS.values()))
    kind = np.searchsorted(shares / shares[-1], random.random(n_dirty), side="right")
    origin = random.integers(0, max(len(records), 1), n_dirty)
    source = np.concatenate([np.arange(len(records)), origin])
    sound = len(records)
    all_kinds = np.concatenate([np.full(sound, -1), kind])
    person, day = records.person[source], records.day[source].copy()
    order = in_order(person, day)
    source, all_kinds, person, day = source[order], all_kinds[order], person[order], day[order]

    number = {name: np.flatnonzero(all_kinds == place) for place, name in enumerate(KINDS)}
    systems, codes = book.columns(records.code[source])
    day[number["missing_date"]] = NO_DAY
    future = number["future_date"]
    day[future] = people.as_at + random.integers(1, 700, len(future))
    early = number["before_birth"]
    day[early] = people.birth[person[early]] - random.integers(2, 4000, len(early))
    unknown = number["unknown_code"]
    drawn = random.integers(0, len(parameters().unknown_codes), len(unknown))
    for place, pick in zip(unknown.tolist(), drawn.tolist(), strict=True):
        systems[place], codes[place] = parameters().unknown_codes[pick]
    for place in number["wrong_system"].tolist():
        systems[place] = "icd10" if systems[place] == "snomed" else "snomed"
    status = np.full(len(source), "confirmed", dtype=object)
    status[number["entered_in_error"]] = "entered-in-error"
    ids = people.ids[person]
    for place in number["unknown_person"].tolist():
        ids[place] = _STRANGER + ids[place][1:]
    position = records.position[source].astype(np.float64)
    position[position == 0] = np.nan
    table = {
        "person_id": ids,
        "code": codes,
        "system": systems,
        "date": dates(day),
        "setting": np.array(SETTINGS, dtype=object)[records.setting[source]],
        "position": position,
        "status": status,
    }
    return table, {name: len(places) for name, places in number.items()}
