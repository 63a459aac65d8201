"""`explain` on its own: one person's rows are read, the rest is left alone."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .catalogue import Catalogue
from .errors import DataError
from .explanation import Explanation
from .grouping import group
from .intake import rows_of_one
from .model import Model
from .preparing import check_columns
from .schemes import Scheme
from .vocabulary import CodeSystem


def explain(
    person: object,
    people: Any,
    records: Any,
    *,
    as_at: str | datetime.date | np.datetime64,
    contacts: Any = None,
    medicines: Any = None,
    values: Any = None,
    system: str | CodeSystem | None = None,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    show_restricted: bool = False,
) -> Explanation:
    """Why one person is in their group, reading that person's rows of the tables only.

    `person` is a person_id of `people`; the other arguments are those of `group`, paths too. `show_restricted` names
    the restricted topics of the catalogue, which are otherwise called "a restricted record". Returns an `Explanation`:
    `str()` for staff, `.patient_text` for the person.

    Raises `DataError` where `people` has no such person (the id is not repeated), and what `group` raises.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
    >>> explain("a", people, records, as_at="2026-03-31", system="icd10").need_group
    9
    """
    check_columns(columns)
    own = rows_of_one(
        {"people": people, "records": records, "contacts": contacts, "medicines": medicines, "values": values},
        columns or {},
        person,
    )
    grouping = group(
        own["people"],
        own["records"],
        as_at=as_at,
        contacts=own["contacts"],
        medicines=own["medicines"],
        values=own["values"],
        system=system,
        model=model,
        catalogue=catalogue,
        scheme=scheme,
        columns=columns,
        date_format=date_format,
        keep_records=True,
    )
    if len(grouping) == 0:
        raise DataError(
            "people has no such person",
            where="argument person",
            allowed="a person_id of people, of the same type (text or whole number)",
            remedy="check the id and its type; leading zeros count",
        )
    return grouping.explain(person, show_restricted=show_restricted)
