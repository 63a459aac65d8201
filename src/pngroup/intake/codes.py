"""The code columns of a table: every distinct pair of system and code is read and looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..codes import CodeProblem, explain_problem, is_missing, read, read_system
from ..errors import DataError, UsageError
from ..frames import Encoded, Table
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem

Ints: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.int32]

#: What a row is not used for because of its code, in the order in which `Pair.fault` numbers them from 1.
CODE_FAULTS: Final = ("system_missing", "system_unknown", "code_missing", "code_unreadable")
_SYSTEM_NAMES: Final = ", ".join(system.value for system in GROUPED_SYSTEMS)


@frozen
class Pair:
    """A distinct code of a table: its system and canonical form (None where unreadable).

    `given` is what stands in the table, which may be anything: no message shows it.
    """

    system: CodeSystem | None
    code: str | None
    problem: CodeProblem | None = None
    rewritten: bool = False
    filler: bool = False
    given: object = field(default=None, eq=False, repr=False)

    @property
    def fault(self) -> int:
        """0, or the place (from 1) in `CODE_FAULTS` of why rows with this code are not used."""
        if self.system is None:
            return 2 if self.problem is CodeProblem.MALFORMED else 1
        if self.problem is CodeProblem.MISSING:
            return 3
        return 4 if self.problem is not None else 0


class Pairs:
    """The distinct pairs of system and code met so far, by their places; a table may come in several pieces."""

    def __init__(self, system: str | CodeSystem | None) -> None:
        self._system = system
        self._places: dict[tuple[CodeSystem | None, bool, type, object], int] = {}
        self.pairs: list[Pair] = []

    def add(self, table: Table) -> Places:
        """The place in `pairs` of each row's pair: of its `code` and `system`, or of the one system for all rows.

        Raises `UsageError` where no system is given, or an unknown one.
        """
        codes = table.encode("code")
        systems, system_index, n_systems = _systems(table, self._system)
        if n_systems == 1 and not codes.n_missing:
            places = self._places_of(np.arange(len(codes.values)), systems, codes)
            return np.take(places, codes.index) if len(places) else codes.index
        n_codes = len(codes.values) + 1
        # A missing code, -1, takes the last number of its system.
        key: Ints | Places = np.where(codes.index < 0, np.int32(n_codes - 1), codes.index)
        if n_systems > 1:
            key = key + system_index.astype(np.int64) * n_codes
        present = np.zeros(n_systems * n_codes, bool)
        present[key] = True
        numbers = np.flatnonzero(present)
        place = np.zeros(len(present), np.int32)
        place[numbers] = self._places_of(numbers, systems, codes)
        return np.take(place, key)

    def _places_of(self, numbers: Ints, systems: list[tuple[CodeSystem | None, bool]], codes: Encoded) -> Places:
        values = [*codes.values.tolist(), None]
        by_system, by_code = np.divmod(numbers, len(values))
        found = np.zeros(len(numbers), np.int32)
        for number, (system, was_given) in enumerate(systems):
            here = np.flatnonzero(by_system == number)
            given = [values[at] for at in by_code[here].tolist()]
            # 1, 1.0 and True are equal, and not the same code.
            keys = [(system, was_given, type(value), value) for value in given]
            new = [at for at, key in enumerate(keys) if key not in self._places]
            for at, pair in zip(new, _read_pairs([given[at] for at in new], system, was_given), strict=True):
                self._places[keys[at]] = len(self.pairs)
                self.pairs.append(pair)
            found[here] = [self._places[key] for key in keys]
        return found


def _read_pairs(given: Sequence[object], system: CodeSystem | None, was_given: bool) -> list[Pair]:
    if system is None:
        problem = CodeProblem.MALFORMED if was_given else CodeProblem.MISSING
        return [Pair(None, None, problem, given=value) for value in given]
    answer = read(given, system)
    return [
        Pair(system, answer.code[at], answer.problem[at], bool(answer.rewritten[at]), bool(answer.filler[at]), value)
        for at, value in enumerate(given)
    ]


def refuse_mangled(table: Table, places: Places, pairs: Sequence[Pair]) -> None:
    """A `DataError` for SNOMED CT ids that a spreadsheet or a float column has mangled.

    They may be any number of ids, and a wrong match must never happen.
    """
    mangled = np.array([pair.problem is CodeProblem.MANGLED for pair in pairs], bool)
    if not mangled.any():
        return
    n_rows = int(mangled[places].sum())
    if n_rows:
        raise DataError(
            f"{'at least ' if table.is_part else ''}{n_rows:,} {'row holds' if n_rows == 1 else 'rows hold'} codes "
            f"that were mangled: {explain_problem(CodeProblem.MANGLED)}",
            where=f"column {table.label('code')!r} of {table.name}",
            allowed="codes as text, or SNOMED CT ids as whole numbers",
            remedy="read the column as text from its source, before any spreadsheet",
        )


def _systems(
    table: Table, system: str | CodeSystem | None
) -> tuple[list[tuple[CodeSystem | None, bool]], npt.NDArray[np.integer], int]:
    """The systems met, as (system, whether something was given), a place for each row, and how many there are."""
    if system is not None:
        known = read_system(system)
        if known is None:
            raise UsageError(
                f"unknown code system {system!r}"
                if isinstance(system, str | int | float)
                else f"system is a {type(system).__name__}",
                where="argument system",
                allowed=_SYSTEM_NAMES,
                remedy="name one of these",
            )
        if table.has("system"):
            raise UsageError(
                "the code system is given twice",
                where=f"argument system and column {table.label('system')!r} of {table.name}",
                allowed="one of the two",
                remedy="leave out system=, or drop the column",
            )
        return [(known, True)], np.zeros(0, np.int8), 1
    if not table.has("system"):
        raise UsageError(
            "no code system is given",
            where=table.name,
            allowed=_SYSTEM_NAMES,
            remedy="add a column system, name it with columns=, or give one value for all rows with system=",
        )
    encoded = table.encode("system")
    words = [
        (None if is_missing(value) else read_system(value), not is_missing(value)) for value in encoded.values.tolist()
    ]
    # However many words there are, they stand for few systems.
    found = list(dict.fromkeys([*words, (None, False)]))
    place = np.array([found.index(word) for word in [*words, (None, False)]], np.int64)
    return found, place[encoded.index], len(found)
