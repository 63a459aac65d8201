"""ICD-10 as WHO publishes it and the NHS uses it (5th edition): reading one code.

The pattern, and where reality leaves the standard:

    [A-Z]        chapter letter, in any case
    [0-9][0-9]   category. WHO has digits only: a letter here or later (C4A, M1A) is the American ICD-10-CM
    .            after the category, or not at all
    [0-9X]       4th place. The NHS fills it with X where a category is not divided: I10X. The X is dropped
    [0-9X-]      5th place: site, open or closed, place of the event (M80.08, S72.01). Filled with X, a hyphen
                 or a blank where there is none. A digit here in an undivided category keeps the X before it
                 (T08X0), which would otherwise become another code (T080)
    [DA]         dagger or asterisk, in the 5th or 6th place: E103D, H280A, G01X-A. Dropped: the code says it
    † ‡ * + # !  dagger, asterisk and their substitutes in typed and German data. Dropped
    - and .      at the end: "and its subdivisions" (I10.-), or a fixed width filled up. Dropped

Sources: NHS Data Model and Dictionary, data element ICD-10 CODE (an4 to an6; X in the 4th place, hyphen in
the 5th, A or D in the 6th); WHO, ICD-10 volume 2, 2.4 (dagger and asterisk, fifth characters); NHS England,
hospital admitted patient care activity 2023-24 (codes as HES publishes them: I10X).

Canonical form: capitals and digits without a dot: `I10`, `I500`, `M8008`, `T08X0`.

The letters O, I and l are never read as digits: "I5O" is malformed, however likely the intention.

`R69X`, with a digit behind it in old extracts (R69X6, R69X8), is what HES writes where no diagnosis was
coded. It stays a readable code, and is flagged so that reports can say how much of the diagnoses is filler.
An R69 that somebody meant cannot be told from it.
"""

from __future__ import annotations

import re
from typing import Final

from . import cells, icd10cm, snomed
from .problems import MALFORMED, MISSING, Answer, CodeProblem

_CANONICAL: Final = re.compile(r"[A-Z][0-9]{2,4}")
_PATTERN: Final = re.compile(
    r"""
    ([A-Z][0-9]{2})                          # category
    (?: \.? ([0-9X])                         # 4th place, or X for none
        (?: ([0-9X]) | [ -]+ (?=[DA]) )?     # 5th place, or its filler before a dagger or asterisk
        [DA]?                                # dagger or asterisk
    )?
    [\u2020\u2021*+\#!.\ -]*                 # marks, and hyphens and dots at the end
    """,
    re.VERBOSE,
)


def read_one(value: object) -> Answer:
    """The canonical code of one value, or None and the problem.

    >>> read_one("e10.3D"), read_one("i10.-"), read_one("C4A.0")[1].value
    (('E103', None), ('I10', None), 'looks_like_icd10cm')
    """
    if type(value) is str and _CANONICAL.fullmatch(value):
        return value, None
    text = cells.text_of(value).upper()
    if not text:
        return MISSING
    match = _PATTERN.fullmatch(text)
    if match is None:
        if icd10cm.has_form(text):
            return None, CodeProblem.LOOKS_LIKE_ICD10CM
        if snomed.is_concept_id(text):
            return None, CodeProblem.LOOKS_LIKE_SNOMED
        return MALFORMED
    category, fourth, fifth = match.groups()
    # X fills an empty place. It is kept only where a digit follows it.
    if fifth == "X" or fifth is None:
        return category + ("" if fourth in (None, "X") else fourth), None
    return category + fourth + fifth, None


def is_filler(code: str) -> bool:
    """Whether a canonical code is the one HES writes where no diagnosis was coded."""
    return code.startswith("R69")
