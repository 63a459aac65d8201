"""Columns beside the code: status, setting, values and units, each row judged by its distinct words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from ..codes import RecordStatus, is_missing, read_status
from ..frames import Table
from ..model.definition import ValueRange
from .rows import REASON_WORDS, USED, Bools, Ints, Reasons

_DROPPED: Final = tuple(status for status in RecordStatus if status is not RecordStatus.COUNTS)


def status_reasons(table: Table) -> Reasons | None:
    """For each row the reason that its status gives against it; None where no row's does."""
    if not table.has("status"):
        return None
    encoded = table.encode("status")
    words = [read_status(value) for value in encoded.values.tolist()]
    reasons = [REASON_WORDS.index(word.value) if word in _DROPPED else USED for word in words]
    if all(reason == USED for reason in reasons):
        return None
    found: Reasons = np.array([*reasons, USED], np.int8)[encoded.index]
    return found


def unknown_words(table: Table, columns: Mapping[str, Callable[[object], object | None]]) -> dict[str, Bools]:
    """By the name of a note, the rows whose word in one of these columns is unknown; without those that have none."""
    found: dict[str, Bools] = {}
    for column, read_word in columns.items():
        if table.has(column):
            encoded = table.encode(column)
            words = encoded.values.tolist()
            unknown = np.array([*(read_word(word) is None and not is_missing(word) for word in words), False])
            if unknown.any():
                found[f"{column}_unknown"] = unknown[encoded.index]
    return found


def value_reasons(
    table: Table, what: npt.NDArray[np.int32], names: list[str], allowed: Mapping[str, ValueRange]
) -> tuple[Reasons, Ints]:
    """For each row the reason that its value gives against it, and the value in units of its last decimal.

    `what`: place of the row's condition in `names`, -1 for a row of something else.
    """
    why = np.full(table.n_rows, USED, np.int8)

    def drop(rows: Bools, reason: str) -> None:
        why[rows & (why == USED)] = REASON_WORDS.index(reason)

    drop(what < 0, "value_of_nothing")
    numbers = table.numbers("value")
    drop(numbers.absent, "value_missing")
    amount = np.where(numbers.absent, 0, numbers.number)
    for place, name in enumerate(names):
        limits, here = allowed[name], what == place
        if not here.any():
            continue
        # With decimals a value is rounded to the last of them; without, only whole numbers are believed.
        whole = np.rint(amount * 10**limits.decimals)
        wrong = (amount < limits.least) | (amount > limits.most) | ((not limits.decimals) & (amount != whole))
        drop(here & (wrong | ~_unit_is_allowed(table, limits.units)), "value_out_of_range")
        amount = np.where(here, whole, amount)
    return why, np.where(why == USED, amount, 0).astype(np.int64)


def _unit_is_allowed(table: Table, units: tuple[str, ...]) -> Bools:
    if not table.has("unit"):
        return np.ones(table.n_rows, bool)
    encoded = table.encode("unit")
    allowed = [str(value).strip().lower() in units for value in encoded.values.tolist()]
    found: Bools = np.array([*allowed, True])[encoded.index]
    return found
