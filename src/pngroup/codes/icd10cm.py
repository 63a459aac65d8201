"""ICD-10-CM, the American clinical modification: reading one code.

The pattern, and where reality leaves the standard:

    [A-Z]            chapter letter, in any case
    [0-9]            2nd place
    [0-9AB]          3rd place: a letter in C4A, C7A, C7B, M1A, Z3A and a few others
    .                after the 3rd place, or not at all (most American extracts have none)
    [0-9A-Z] 0 to 3  4th to 6th place. X is a true placeholder where a later place follows: S02.0XXA, T36.0X1A
    [0-9A-Z]         7th place: encounter, fetus, stage: S72.145A, O32.0XX0
    X at the end     dropped, and any number of them (I10X, S02.0XX): no valid code ends in X, so an X at the
                     end is a filler, or a placeholder whose later place was cut off, and adds nothing to the
                     code before it
    - . * + and such at the end: dropped as in ICD-10

No letter that is easily taken for a digit (I, L, O) stands behind the 1st place, activity codes Y93.I and
Y93.L apart: elsewhere such a code is malformed and nothing is guessed.

Sources: CMS/NCHS, ICD-10-CM official guidelines, I.A.4-5 (placeholder X, 7th character), and the code list
of April 2026, all of whose 98,166 codes have this form. There no valid code ends in X; of the 246 headings
that do, all but M21.6X are the only child of the heading before them.

Canonical form: capitals and digits without a dot: `I10`, `S020XXA`, `C4A0`. A WHO code such as F00 has the
form of an ICD-10-CM code: whether a code exists is the catalogue's business.
"""

from __future__ import annotations

import re
from typing import Final

from . import cells, snomed
from .problems import MALFORMED, MISSING, Answer, CodeProblem

_FORM: Final = re.compile(
    r"""
    ( [A-Z][0-9][0-9AB] ) \.?
    ( (?: (?: (?<=Y93) | (?<=Y93\.) ) [IL] [0-9A-HJKMNP-Z]{0,3} | [0-9A-HJKMNP-Z]{0,4} ) )
    [\u2020\u2021*+\#!.\ -]*
    """,
    re.VERBOSE,
)


def has_form(text: str) -> bool:
    """Whether a text in capitals has the form of an ICD-10-CM code."""
    return _FORM.fullmatch(text) is not None


def read_one(value: object) -> Answer:
    """The canonical code of one value, or None and the problem.

    >>> read_one("s02.0xxa"), read_one("I10.X"), read_one("I5O.9")[1].value
    (('S020XXA', None), ('I10', None), 'malformed')
    """
    text = cells.text_of(value).upper()
    if not text:
        return MISSING
    match = _FORM.fullmatch(text)
    if match is None:
        if snomed.is_concept_id(text):
            return None, CodeProblem.LOOKS_LIKE_SNOMED
        return MALFORMED
    category, rest = match.groups()
    return category + rest.rstrip("X"), None
