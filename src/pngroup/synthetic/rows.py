"""Rows of the coded tables while they are made: numbers for person and code, text only at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import define, field, frozen

from ..dates import Days
from .definitions import Choice

Codes = npt.NDArray[np.int32]

#: Settings of records and contacts, by number; the words are those of `vocabulary.Setting`.
SETTINGS: Final = (
    "primary_care",
    "inpatient",
    "emergency",
    "outpatient",
    "urgent",
    "community",
    "pharmacy",
    "social_care",
    "mental_health",
)
PRIMARY_CARE, INPATIENT, EMERGENCY, OUTPATIENT = range(4)


@define
class Codebook:
    """Numbers for (code system, code), in the order of first use."""

    numbers: dict[tuple[str, str], int] = field(factory=dict)

    def number(self, system: str, code: str) -> int:
        """The number of a code; a new one where it has none."""
        return self.numbers.setdefault((system, code), len(self.numbers))

    def draw(self, choice: Choice, n: int, random: np.random.Generator) -> Codes:
        """`n` codes drawn by the weights of `choice`."""
        known = np.array([self.number(choice.system, code) for code in choice.codes], dtype=np.int32)
        if len(known) == 1:
            return np.repeat(known, n)
        point = random.random(n) * choice.cumulative[-1]
        found: Codes = known[np.searchsorted(choice.cumulative, point, side="right")]
        return found

    def columns(self, code: Codes) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """The systems and codes of numbers, as text."""
        systems = np.array([system for system, _ in self.numbers], dtype=object)
        codes = np.array([text for _, text in self.numbers], dtype=object)
        return systems[code], codes[code]


@frozen(eq=False)
class Rows:
    """Coded rows: person and code by number, day since 1970, setting by number, position (0: none)."""

    person: npt.NDArray[np.int32]
    code: Codes
    day: Days
    setting: npt.NDArray[np.int8]
    position: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.person)

    def at(self, chosen: npt.NDArray[Any]) -> Rows:
        """The chosen rows."""
        return Rows(*(column[chosen] for column in self._columns()))

    def _columns(self) -> tuple[npt.NDArray[Any], ...]:
        return self.person, self.code, self.day, self.setting, self.position


def rows(person: npt.NDArray[Any], code: Codes, day: npt.NDArray[Any], setting: Any, position: Any = 0) -> Rows:
    """Rows of one kind; `setting` and `position` may be one value for all."""
    n = len(person)
    return Rows(
        person.astype(np.int32),
        code,
        day.astype(np.int32),
        np.broadcast_to(np.asarray(setting, dtype=np.int8), n),
        np.broadcast_to(np.asarray(position, dtype=np.int8), n),
    )


def join(parts: Iterable[Rows]) -> Rows:
    """All rows of the parts, one after the other."""
    found = list(parts)
    return Rows(
        np.concatenate([part.person for part in found]),
        np.concatenate([part.code for part in found]),
        np.concatenate([part.day for part in found]),
        np.concatenate([part.setting for part in found]),
        np.concatenate([part.position for part in found]),
    )


def in_order(person: npt.NDArray[Any], day: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The order by person, then day, rows of one day as they were made."""
    key = (person.astype(np.int64) << 20) + (day.astype(np.int64) + (1 << 18))
    return np.argsort(key, kind="stable")


def spread(start: Days, until: Days, random: np.random.Generator) -> Days:
    """A day drawn evenly from each span, both ends included."""
    return start + np.floor(random.random(len(start)) * (until - start + 1)).astype(np.int32)
