"""What caused each rise of a list of rising risk."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from ..dates import to_date
from ..explanation import ChangeExplanation
from ..preparing import Options
from .explaining_changes import ChangeExplanations, explain_changes
from .practices import split_columns
from .rising import RisingRisk


def explain_rises(
    rises: RisingRisk,
    people: Any,
    records: Any,
    *,
    show_restricted: bool = False,
    registrations: Any = None,
    practice: str | None = None,
    **options: Unpack[Options],
) -> ChangeExplanations | None:
    """Why each person of a list of rising risk rose, between the two days that the rise lies between.

    `people`, `records` and `options` are those that the groups were made of, registrations and practice among them:
    these are not read, for no practice decides a group, and days without one in between are not told. Model, scheme
    and catalogue are those of the rises, unless another model is given. The tables are read once for each different
    pair of days, and each rise takes the reference interpreter some hundredths of a second.

    Returns `ChangeExplanations` in the order of the rises, None where there are no rises. Raises as
    `explain_changes()`.

    >>> from pngroup.through_time import rising_risk, snapshots
    >>> people = {"person_id": ["a", "b"], "birth_date": ["1960-05-02", "1990-01-01"]}
    >>> records = {
    ...     "person_id": ["a", "a", "b"],
    ...     "code": ["I10", "I50.0", "J45.9"],
    ...     "date": ["2020-01-10", "2026-02-01", "2020-01-01"],
    ... }
    >>> taken = snapshots(people, records, as_at=["2025-12-31", "2026-01-31", "2026-02-28"], system="icd10")
    >>> found = explain_rises(rising_risk(taken, months=1, by="group"), people, records, system="icd10")
    >>> list(found.to_frame()["code"])
    ['I500']
    """
    if not len(rises):
        return None
    split_columns(options)
    options = _made_as(rises, options)
    ids = rises.people.ids.values
    pairs = np.stack([rises.last_before, rises.first_after], axis=1)
    found: list[ChangeExplanation | None] = [None] * len(rises)
    explained = None
    for first, last in np.unique(pairs, axis=0).tolist():
        here = np.flatnonzero((pairs == (first, last)).all(axis=1))
        explained = explain_changes(
            people,
            records,
            between=(to_date(first), to_date(last)),
            persons=ids[rises.person[here]].tolist(),
            show_restricted=show_restricted,
            **options,
        )
        for place, each in zip(here.tolist(), explained, strict=True):
            found[place] = each
    assert explained is not None  # there is a rise, so there is a pair of days
    return ChangeExplanations(rises.person, tuple(each for each in found if each is not None), explained.grouping)


def _made_as(rises: RisingRisk, options: Options) -> Options:
    """The options with what the rises were made with; a model that is given brings scheme and catalogue along."""
    if "model" in options:
        return options
    made: Options = {"model": rises.model, "scheme": rises.scheme, "catalogue": rises.catalogue}
    return {**made, **options}
