"""OPCS-4, the NHS classification of interventions and procedures: reading one code.

The pattern, and where reality leaves the standard:

    [A-HJ-Z]     chapter letter, in any case; there is no chapter I
    [0-9][0-9]   category
    .            after the category, or not at all
    [0-9]        4th place; a category alone is read too (HES has fields of three characters)
    [0-9A-Z]     5th place: some hospitals add a local character, which is to be removed before submission.
                 Dropped
    - and .      at the end: dropped. A lone hyphen (no procedure) or ampersand (not known) is a missing code

Sources: NHS Data Model and Dictionary, data element OPCS-4 CODE (an4; local fifth character); Public Health
Scotland, national reference file OPCS4 (letters A to H and J to Z); the artificial HES extracts of NHS
England (fillers).

Canonical form: capitals and digits without a dot: `K634`, `X40`.
"""

from __future__ import annotations

import re
from typing import Final

from . import cells
from .problems import MALFORMED, MISSING, Answer

_PATTERN: Final = re.compile(r"([A-HJ-Z][0-9]{2})(?:\.?([0-9])[0-9A-Z]?)?[.\ -]*")


def read_one(value: object) -> Answer:
    """The canonical code of one value, or None and the problem.

    >>> read_one("k63.4"), read_one("-   ")[1].value
    (('K634', None), 'missing')
    """
    text = cells.text_of(value).upper()
    if not text:
        return MISSING
    match = _PATTERN.fullmatch(text)
    if match is None:
        return MALFORMED
    category, fourth = match.groups()
    return category + (fourth or ""), None
