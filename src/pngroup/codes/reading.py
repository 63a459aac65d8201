"""Reading the distinct codes of one system: the one place that knows which module reads which system.

Each distinct code of a table is read once, here; millions of rows then share the answers by number. A code
is never dropped: it is read, or it carries the word that says why it could not be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError, did_you_mean
from ..vocabulary import CodeSystem
from . import cells, icd10, icd10cm, medicines, opcs4, snomed
from .problems import MISSING, Answer, CodeProblem

_SEPARATORS: Final = re.compile(r"[\s,;|/]+")


def _read_as_it_is(value: object) -> Answer:
    """Systems without a mapping: the text as it is, case included (Read codes differ by case)."""
    text = cells.text_of(value)
    return (text, None) if text else MISSING


_READERS: Final[Mapping[CodeSystem, Callable[[object], Answer]]] = {
    CodeSystem.ICD10: icd10.read_one,
    CodeSystem.ICD10CM: icd10cm.read_one,
    CodeSystem.SNOMED: snomed.read_one,
    CodeSystem.OPCS4: opcs4.read_one,
    CodeSystem.BNF: medicines.read_bnf,
    CodeSystem.DMD: medicines.read_dmd,
    CodeSystem.ATC: medicines.read_atc,
    CodeSystem.READ2: _read_as_it_is,
    CodeSystem.CTV3: _read_as_it_is,
    CodeSystem.ICD9CM: _read_as_it_is,
}


@frozen(eq=False)
class ReadCodes:
    """What became of each distinct value, in the order given. Four columns of one length.

    `code`: the canonical form, None where unreadable. `problem`: why it is unreadable, None where it is not.
    `rewritten`: the canonical form differs from what was given. `filler`: the code stands for "no diagnosis
    was coded" (R69X of Hospital Episode Statistics): readable, and worth counting.
    """

    system: CodeSystem
    code: list[str | None] = field(repr=False)
    problem: list[CodeProblem | None] = field(repr=False)
    rewritten: npt.NDArray[np.bool_] = field(repr=False)
    filler: npt.NDArray[np.bool_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.code)


def _is_several(value: object, reader: Callable[[object], Answer]) -> bool:
    """Whether a malformed cell is a list of codes (HES has such columns: DIAG_4_CONCAT)."""
    parts = [part for part in _SEPARATORS.split(cells.text_of(value)) if cells.text_of(part)]
    return len(parts) > 1 and all(reader(part)[0] is not None for part in parts)


def read(values: Sequence[object], system: CodeSystem) -> ReadCodes:
    """Read distinct codes of one system.

    Returns a `ReadCodes` with one entry a value. Values may be text, numbers, bytes, None or NaN. Raises
    `UsageError` when `system` is not a code system or `values` is one text. No value is ever shown in an
    error.

    >>> answer = read(["i10.X", "R69X", "S02.0XXA", "&"], CodeSystem.ICD10)
    >>> answer.code
    ['I10', 'R69', None, None]
    >>> [str(problem) for problem in answer.problem]
    ['None', 'None', 'looks_like_icd10cm', 'missing']
    >>> answer.rewritten.tolist(), answer.filler.tolist()
    ([True, True, False, False], [False, True, False, False])
    """
    try:
        system = CodeSystem(system)
    except ValueError as error:
        known = [str(known) for known in CodeSystem]
        raise UsageError(
            "the code system is not one of ours",
            where="system",
            allowed=", ".join(known),
            remedy=did_you_mean(system, known) or "read_system() turns other names into ours",
        ) from error
    if isinstance(values, str | bytes):
        raise UsageError(
            "one text was given in place of a sequence of codes",
            where="values",
            allowed="a list, tuple or array of codes",
            remedy="put the code into a list",
        )
    reader = _READERS[system]
    codes: list[str | None] = []
    problems: list[CodeProblem | None] = []
    rewritten = np.zeros(len(values), dtype=np.bool_)
    filler = np.zeros(len(values), dtype=np.bool_)
    for at, value in enumerate(values):
        code, problem = reader(value)
        if code is not None:
            # Most codes come in canonical form: do without a text of their own for these.
            if code is not value and code != cells.as_given(value):
                rewritten[at] = True
            if system is CodeSystem.ICD10 and icd10.is_filler(code):
                filler[at] = True
        elif problem is CodeProblem.MALFORMED and _is_several(value, reader):
            problem = CodeProblem.SEVERAL_CODES
        codes.append(code)
        problems.append(problem)
    return ReadCodes(system, codes, problems, rewritten, filler)
