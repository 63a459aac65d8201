"""The code columns of a table: every distinct pair of system and code is read and looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..codes import CodeProblem, explain_problem, is_missing, read, read_system
from ..errors import DataError, UsageError
from ..frames import Growing, GrowingKind, Table
from ..vocabulary import GROUPED_SYSTEMS, CodeSystem

Ints: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.int32]
_System: TypeAlias = tuple[CodeSystem | None, bool]

#: What a row is not used for because of its code, in the order in which `Pair.fault` numbers them from 1.
CODE_FAULTS: Final = ("system_missing", "system_unknown", "code_missing", "code_unreadable")
#: A pair that has not been met yet.
_NEW: Final = -1
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
        self._codes = Growing()
        #: Whether every number that `_codes` has given is that of a row.
        self._all_occur = True
        #: For each kind of code the places of the pairs: a line a system, and in it first that of the missing code.
        self._known: dict[str, Places] = {}
        self._lines: dict[_System, int] = {}
        self.pairs: list[Pair] = []

    def add(self, table: Table) -> Places:
        """The place in `pairs` of each row's pair: of its `code` and `system`, or of the one system for all rows.

        Raises `UsageError` where no system is given, or an unknown one.
        """
        numbered = self._codes.number(table, "code")
        codes = table.encode("code") if numbered is None else None
        systems, system_index, n_systems = _systems(table, self._system)
        if numbered is not None:
            is_dictionary = table.raw("code").dictionary is not None
            return self._add_numbered(*numbered, systems, system_index, is_dictionary=is_dictionary)
        assert codes is not None
        n_codes = len(codes.values) + 1
        key = _keys(codes.index, system_index, n_codes)
        present = np.zeros(n_systems * n_codes, bool)
        present[key] = True
        pairs = np.flatnonzero(present)
        place = np.zeros(len(present), np.int32)
        values = [None, *codes.values.tolist()]
        for number, system in enumerate(systems):
            here = pairs[pairs // n_codes == number]
            place[here] = self._places_of([values[at] for at in (here % n_codes).tolist()], system)
        return np.take(place, key)

    def _add_numbered(
        self,
        kind: GrowingKind,
        index: Places,
        systems: list[_System],
        system_index: npt.NDArray[np.integer],
        *,
        is_dictionary: bool,
    ) -> Places:
        """The places of codes that are numbered through all pieces: only pairs that are new are looked at."""
        lines = [self._lines.setdefault(system, len(self._lines)) for system in systems]
        n_codes = self._codes.n_values(kind) + 1
        known = np.full((len(self._lines), n_codes), _NEW, np.int32)
        if kind in self._known:
            before = self._known[kind]
            known[: before.shape[0], : before.shape[1]] = before
        self._known[kind] = known
        self._all_occur = self._all_occur and not is_dictionary and (not len(index) or int(index.min()) >= 0)
        if len(self._lines) == 1 and self._all_occur:
            line = known[lines[0]]
            self._fill(kind, line, np.flatnonzero(line[1:] == _NEW) + 1, systems[0])
            is_same = np.array_equal(line[1:], np.arange(n_codes - 1))
            return index if is_same else np.take(line[1:], index, mode="clip")
        of_row = np.array(lines, np.int64)[system_index] if len(systems) > 1 else np.full(1, lines[0])
        key = _keys(index, of_row, n_codes)
        present = np.zeros(known.size, bool)
        present[key] = True
        present = present.reshape(known.shape) & (known == _NEW)
        for line_number, system in zip(lines, systems, strict=True):
            self._fill(kind, known[line_number], np.flatnonzero(present[line_number]), system)
        return np.take(known.reshape(-1), key)

    def _fill(self, kind: GrowingKind, line: Places, new: Ints, system: _System) -> None:
        codes = new[new > 0]
        line[codes] = self._places_of(self._codes.values(kind, (codes - 1).astype(np.int32)), system)
        if len(codes) < len(new):
            line[0] = self._places_of([None], system)[0]

    def _places_of(self, given: Sequence[object], system: _System) -> Places:
        known_system, was_given = system
        # 1, 1.0 and True are equal, and not the same code.
        keys = [(known_system, was_given, type(value), value) for value in given]
        new = [at for at, key in enumerate(keys) if key not in self._places]
        for at, pair in zip(new, _read_pairs([given[at] for at in new], known_system, was_given), strict=True):
            self._places[keys[at]] = len(self.pairs)
            self.pairs.append(pair)
        return np.array([self._places[key] for key in keys], np.int32)


def _keys(index: Places, line: npt.NDArray[np.integer], n_codes: int) -> Ints | Places:
    """A number for each row's pair; a missing code, -1, has the first of its line."""
    if len(line) == 1:
        return index + np.int32(1) if line[0] == 0 else index + (np.int64(line[0]) * n_codes + 1)
    return line.astype(np.int64) * n_codes + (index + np.int64(1))


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
        return [(known, True)], np.zeros(1, np.int8), 1
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
