"""Which practice each person belongs to and when: from a table of registrations, or from a column of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..frames import is_missing
from ..intake import REASONS, People
from ..preparing import Options
from ..vocabulary import Reason
from .registrations import ALWAYS, Registrations, read_registrations

Reasons: TypeAlias = npt.NDArray[np.int8]


def split_columns(options: Options) -> Mapping[str, str] | None:
    """The names that the caller's columns of registrations have, taken out of the options of `group()`."""
    columns = dict(options.get("columns") or {})
    of_registrations = columns.pop("registrations", None)
    if columns or "columns" in options:
        options["columns"] = columns
    return of_registrations


def read_practices(
    people: People, registrations: Any, practice: str | None, columns: Mapping[str, str] | None, options: Options
) -> Registrations | None:
    """The registrations of a table, or those that a column of people comes to; None where neither is given.

    Raises `UsageError` where registrations are given twice, or people have no such column.
    """
    table = people.table
    if registrations is not None:
        twice = practice is not None or table.has("registered_from") or table.has("registered_to")
        if twice:
            raise UsageError(
                "registrations are given twice",
                where="argument registrations, and practice= or the registration columns of people",
                allowed="one of the two",
                remedy="leave out practice= and drop registered_from and registered_to from people",
            )
        return read_registrations(
            registrations,
            people.ids,
            columns=columns,
            date_format=options.get("date_format"),
            strict=bool(options.get("strict")),
        )
    if practice is None:
        return None
    if practice not in table.other_columns:
        raise UsageError(
            f"people has no column {practice!r}",
            where="argument practice",
            allowed="a column of people: " + (", ".join(map(str, table.other_columns)) or "there is no other"),
            remedy="name the column that holds the practice",
        )
    names = [None if is_missing(value) else str(value) for value in table.frame.native_column(practice)]
    of_row = [names[row] for row in people.first_row.tolist()]
    known = tuple(sorted({name for name in of_row if name is not None}))
    places = {name: place for place, name in enumerate(known)}
    person = np.array([row for row, name in enumerate(of_row) if name is not None], np.int64)
    return Registrations(
        practices=known,
        person=person,
        practice=np.array([places[name] for name in of_row if name is not None], np.int32),
        first=np.full(len(person), -ALWAYS, np.int64),
        end=np.full(len(person), ALWAYS, np.int64),
        say_who_is_registered=False,
    )


def without_registration(reason: Reasons, practice: npt.NDArray[np.int32]) -> Reasons:
    """The reasons where people without a practice are not registered.

    Of the reasons the first that applies counts, and the age comes after the registration.
    """
    later = (reason == -1) | (reason == REASONS.index(Reason.AGE_UNKNOWN))
    return np.where(later & (practice < 0), np.int8(REASONS.index(Reason.NOT_REGISTERED)), reason)
