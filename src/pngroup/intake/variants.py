"""Which of a model's filters a record passes: rows that pass the same ones, and have the same code, mean the same."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..codes import Position, is_missing, read_position, read_setting
from ..frames import Table
from ..model.definition import Model
from ..model.registers import FILTERED, RecordFilter
from ..vocabulary import CodeSystem, Setting

Masks: TypeAlias = npt.NDArray[np.uint8]
Bools: TypeAlias = npt.NDArray[np.bool_]

_ALL: Final = (1 << 8) - 1


class Variants:
    """The variants met so far: each a set of filters, bit by bit, by its place.

    Of the filters only those are looked at through which the model asks anything.
    """

    def __init__(self, model: Model) -> None:
        self._asked = {name: frozenset(conditions) for name, conditions in model.filters_used.items()}
        self._filters: list[RecordFilter] = [model.filters[name] for name in self._asked]
        self._place_of = np.full(_ALL + 1, -1, np.int16)
        self.masks: list[int] = []
        self.asks_for_settings = any(each.settings for each in self._filters)
        self.asks_for_positions = any(each.main_only for each in self._filters)

    @property
    def are_one(self) -> bool:
        """Whether the model asks through no filter, so that all records are alike."""
        return not self._filters

    def add(self, table: Table) -> Masks:
        """The place in `masks` of each row's variant."""
        mask: Masks = self._by_setting(table) & self._by_position(table)
        for each in np.flatnonzero(np.bincount(mask, minlength=_ALL + 1)).tolist():
            if self._place_of[each] < 0:
                self._place_of[each] = len(self.masks)
                self.masks.append(each)
        found: Masks = self._place_of[mask].astype(np.uint8)
        return found

    def missing(self, table: Table) -> dict[str, Bools]:
        """By the name of a note, the rows that do not say what a filter asks for."""
        asked = {"setting": self.asks_for_settings, "position": self.asks_for_positions}
        found = {}
        for column, is_asked in asked.items():
            if not is_asked:
                continue
            if not table.has(column):
                found[f"{column}_missing"] = np.ones(table.n_rows, bool)
                continue
            encoded = table.encode(column)
            missing = np.array([*(_is_unsaid(word, column) for word in encoded.values.tolist()), True])[encoded.index]
            if missing.any():
                found[f"{column}_missing"] = missing
        return found

    def meaning(self, meaning: frozenset[str], system: CodeSystem | None, variant: int) -> frozenset[str]:
        """What a code of a system stands for in a record of a variant: its conditions, and each as it is filtered."""
        mask, found = self.masks[variant], set(meaning)
        for bit, each in enumerate(self._filters):
            if mask >> bit & 1 and each.takes_system(system):
                found.update(f"{name}{FILTERED}{each.id}" for name in meaning & self._asked[each.id])
        return frozenset(found)

    def _by_setting(self, table: Table) -> Masks:
        if not table.has("setting"):
            return np.full(table.n_rows, self._passing_setting(None), np.uint8)
        encoded = table.encode("setting")
        words = [self._passing_setting(read_setting(value)) for value in encoded.values.tolist()]
        return np.array([*words, self._passing_setting(None)], np.uint8)[encoded.index]

    def _by_position(self, table: Table) -> Masks:
        if not self.asks_for_positions or not table.has("position"):
            return np.full(table.n_rows, self._passing_position(None), np.uint8)
        encoded = table.encode("position")
        words = [self._passing_position(read_position(value)) for value in encoded.values.tolist()]
        return np.array([*words, self._passing_position(None)], np.uint8)[encoded.index]

    def _passing_setting(self, setting: Setting | None) -> int:
        return sum(1 << bit for bit, each in enumerate(self._filters) if each.takes_setting(setting))

    def _passing_position(self, position: Position | None) -> int:
        is_main = None if position is None else position is Position.MAIN
        return sum(1 << bit for bit, each in enumerate(self._filters) if each.takes_position(is_main))


def _is_unsaid(word: object, column: str) -> bool:
    """Whether a word leaves open what a filter asks for: it is missing, or says that nobody knows."""
    return is_missing(word) or (column == "setting" and read_setting(word) is Setting.UNKNOWN)
