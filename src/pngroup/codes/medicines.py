"""Medicines: BNF codes, ATC codes and dm+d ids: reading one code.

**BNF** (the code of the NHS Business Services Authority, built on the old chapters of the British National
Formulary):

    [0-9]{2}       chapter, 01 to 23
    [0-9]{2}       section
    [0-9]{2}       paragraph
    [0-9]          subparagraph
    [0-9A-Z]{2}    chemical substance
    [0-9A-Z]{2}    product
    [0-9A-Z]{4}    strength and form, generic equivalent

15 characters for a presentation (0601022B0AAABAB) or a shorter code that ends where a part ends (2, 4, 6,
7, 9 or 11 characters). Printed section numbers ("6.1.2") are malformed: their parts have no fixed width and
would have to be guessed. Chapters begin with a zero, and a number has none: a BNF code given as a number,
or as text from which the zero is gone, is *mangled*. Source: NHS Business Services Authority, Open Data
Portal, BNF code information.

**ATC**: `[A-Z]`, two digits, one letter, one letter, two digits (A10BA02), or a shorter code that ends
where a level ends. The fourteen letters of the main groups only. Source: WHO Collaborating Centre for Drug
Statistics Methodology, ATC structure and principles.

**dm+d**, the NHS dictionary of medicines and devices: its ids are SNOMED CT concept ids and are read as
such. Source: NHS Data Model and Dictionary (n6 to n18); NHS Business Services Authority, dm+d data model.
"""

from __future__ import annotations

import re
from numbers import Number
from typing import Final

import numpy as np

from . import cells, snomed
from .problems import MALFORMED, MANGLED, MISSING, Answer

_BNF: Final = re.compile(
    r"""
    (?: 0[1-9] | 1[0-9] | 2[0-3] )
    (?: [0-9]{2} (?: [0-9]{2} (?: [0-9] (?: [0-9A-Z]{2} (?: [0-9A-Z]{2} (?: [0-9A-Z]{4} )? )? )? )? )? )?
    """,
    re.VERBOSE,
)
_ATC: Final = re.compile(r"[ABCDGHJLMNPRSV](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?")
_WRITTEN_FLOAT: Final = re.compile(r"[0-9]+\.0+|[0-9]+(?:[.,][0-9]*)?E\+[0-9]+")


def read_bnf(value: object) -> Answer:
    """The canonical BNF code (capitals) of one value, or None and the problem.

    >>> read_bnf("0601022b0aaabab"), read_bnf(601022)[1].value, read_bnf("6.1.2")[1].value
    (('0601022B0AAABAB', None), 'mangled', 'malformed')
    """
    text = cells.text_of(value).upper()
    if not text:
        return MISSING
    # A number has no leading zero, and without it 0101012 (antacids) reads as chapter 10.
    if isinstance(value, Number | np.number):
        return MANGLED
    if _BNF.fullmatch(text):
        return text, None
    return MANGLED if _BNF.fullmatch("0" + text) or _WRITTEN_FLOAT.fullmatch(text) else MALFORMED


def read_atc(value: object) -> Answer:
    """The canonical ATC code (capitals) of one value, or None and the problem.

    >>> read_atc("a10ba02"), read_atc("QA10BA02")[1].value
    (('A10BA02', None), 'malformed')
    """
    text = cells.text_of(value).upper()
    if not text:
        return MISSING
    return (text, None) if _ATC.fullmatch(text) else MALFORMED


def read_dmd(value: object) -> Answer:
    """The canonical dm+d id (digits as text) of one value, or None and the problem.

    >>> read_dmd(29984111000001107)
    ('29984111000001107', None)
    """
    return snomed.read_one(value)
