"""Registers, the filters that say which records count, and combinations: parts of a model that name what is present."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from ..vocabulary import BROADER, CodeSystem, Setting

#: Between a condition and the filter through which its records are seen.
FILTERED: Final = "@"


@frozen
class RecordFilter:
    """Which records a question counts: of these settings, of these code systems, main diagnoses only.

    Empty `settings` or `systems` are no restriction. `unknown`: whether a record passes that does not say its setting,
    or its position where that matters.
    """

    id: str
    name: str
    settings: tuple[Setting, ...]
    systems: tuple[CodeSystem, ...]
    main_only: bool
    unknown: bool

    def takes_setting(self, setting: Setting | None) -> bool:
        """Whether records of a setting pass; a narrower setting is one of the broader too."""
        if not self.settings:
            return True
        if setting is None or setting is Setting.UNKNOWN:
            return self.unknown
        return setting in self.settings or BROADER.get(setting) in self.settings

    def takes_position(self, is_main: bool | None) -> bool:
        """Whether main, further, or (None) records without a position pass."""
        return not self.main_only or (self.unknown if is_main is None else is_main)

    def takes_system(self, system: CodeSystem | None) -> bool:
        """Whether records of a code system pass."""
        return not self.systems or system in self.systems


@frozen
class Register:
    """A named truth: a list of people. `counts_as`: registers of one family count once.

    `lists`: what it is counted in; `code`: its part in the code of a combination; `dataset_name`: what it is called in
    tables that others defined; `editions`: of the list of registers, those that it belongs to.
    """

    id: str
    name: str
    code: str
    dataset_name: str
    lists: tuple[str, ...]
    counts_as: str
    editions: tuple[str, ...]
    source: str


@frozen
class Combination:
    """A column of text: the codes of what is present, of a list of registers or of some flags.

    In a star schema: `id_column` of the facts, `table` of the combinations, with the group that comes first in each
    (`with_group`) or without; `breakdown`, a row for each register in each combination, and `lookup` of the registers
    (empty: no such table).
    """

    id: str
    name: str
    registers: str
    flags: Mapping[str, str]
    none: str
    id_column: str
    table: str
    with_group: bool
    breakdown: str
    lookup: str


@frozen
class Choices:
    """What was chosen when a model was loaded, as text for manifests; the file's own choice where nothing is said."""

    order: str = ""
    registers: str = ""
    without: tuple[str, ...] = ()
    history_months: int | None = None

    def texts(self) -> dict[str, str]:
        """The choices that were made, by name."""
        found = {
            "order": self.order,
            "registers": self.registers,
            "without": " ".join(self.without),
            "history_months": "" if self.history_months is None else str(self.history_months),
        }
        return {name: text for name, text in found.items() if text}


def base_of(condition: str) -> str:
    """A condition without the filter through which its records are seen.

    >>> base_of("condition@filter"), base_of("condition")
    ('condition', 'condition')
    """
    return condition.partition(FILTERED)[0]


def filter_of(condition: str) -> str:
    """The filter of a condition; empty for none."""
    return condition.partition(FILTERED)[2]
