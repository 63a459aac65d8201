"""Words beside the codes: where a contact took place, a person's sex, whether a record counts, what became of a row.

The tables are `data/codes/settings.csv`, `positions.csv`, `sexes.csv`, `statuses.csv` and `changes.csv`; each row has
its source, and a note where the choice can be disputed. An unknown word is None, so that the caller can count it and
say so.
"""

from __future__ import annotations

from enum import Enum

from ..vocabulary import Change, Setting, Sex
from .aliases import alias_table, key_of
from .cells import is_missing


class RecordStatus(str, Enum):
    """Whether a record is evidence. Only `COUNTS` is; each other word is counted under its own name.

    A resolved or inactive problem counts: it says that the condition was once there, which is what a
    condition that counts for ever asks, and windows and resolved codes settle the rest by date. A suspected
    condition does not: an unconfirmed, provisional or differential diagnosis would put a label on a person
    whom nobody has diagnosed.
    """

    COUNTS = "counts"
    ENTERED_IN_ERROR = "entered_in_error"
    REFUTED = "refuted"
    SUSPECTED = "suspected"
    NOT_DONE = "not_done"

    def __str__(self) -> str:
        return str(self.value)


class Position(str, Enum):
    """The place of a diagnosis among those of an admission or attendance: the main one, or a further one."""

    MAIN = "main"
    FURTHER = "further"

    def __str__(self) -> str:
        return str(self.value)


def read_position(value: object) -> Position | None:
    """The position a number (1 is the main one) or word stands for; None where it is unknown or missing.

    >>> print(read_position(1), read_position("02"), read_position("primary"), read_position("?"))
    main further main None
    """
    key = key_of(value)
    if str(value).strip().startswith("-"):
        # -1 often stands for a missing number, and its sign is no part of the key.
        return None
    if key.isdecimal() and int(key) > 0:
        return Position.MAIN if int(key) == 1 else Position.FURTHER
    return alias_table("positions", Position).get(key)


def read_setting(value: object) -> Setting | None:
    """The setting a word stands for; None where the word is unknown or missing.

    >>> read_setting("A&E"), read_setting("AMB"), read_setting("moon base")
    (<Setting.EMERGENCY: 'emergency'>, <Setting.OUTPATIENT: 'outpatient'>, None)
    """
    return alias_table("settings", Setting).get(key_of(value))


def read_change(value: object) -> Change | None:
    """What a word of a feed says became of a row; None where the word is unknown or missing.

    >>> read_change("Update"), read_change("D"), read_change("?")
    (<Change.CHANGED: 'changed'>, <Change.DELETED: 'deleted'>, None)
    """
    return alias_table("changes", Change).get(key_of(value))


def read_sex(value: object) -> Sex | None:
    """The sex a word, letter or number stands for; `Sex.UNKNOWN` where missing, None where unknown to us.

    >>> read_sex(2), read_sex("M"), read_sex(None), read_sex("?!")
    (<Sex.FEMALE: 'female'>, <Sex.MALE: 'male'>, <Sex.UNKNOWN: 'unknown'>, None)
    """
    if is_missing(value):
        return Sex.UNKNOWN
    return alias_table("sexes", Sex).get(key_of(value))


def read_status(value: object) -> RecordStatus | None:
    """Whether a record with this status is evidence; None where the word is unknown.

    A record without a status counts: nobody has cast doubt on it.

    >>> print(read_status("entered-in-error"), read_status("resolved"), read_status("provisional"))
    entered_in_error counts suspected
    """
    if is_missing(value):
        return RecordStatus.COUNTS
    return alias_table("statuses", RecordStatus).get(key_of(value))
