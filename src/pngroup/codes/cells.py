"""The text of a cell: what stands around a code in real files and is no part of it.

Removed at both ends: blanks of every kind, byte order marks and zero-width characters, quotation marks, and
the `="..."` with which exports keep a spreadsheet from changing a long number. Unicode dashes become
hyphens. Nothing inside the code is changed and no letter is ever taken for a digit: Unicode's compatibility
forms are left alone, because there a superscript footnote mark would turn into a digit.

A value is *missing* when nothing is left, or only the hyphens, ampersands and dots with which Hospital
Episode Statistics (HES) fill fields, or a word that software writes for nothing (NULL in NHS England's own
tables; nan, <NA> and NaT from dataframes).
"""

from __future__ import annotations

from typing import Final

_BLANKS: Final = " \t\n\r\v\f\x00\x85\xa0\u1680\u180e\u2028\u2029\u202f\u205f\u3000" + "".join(
    chr(point) for point in range(0x2000, 0x200B)
)
_INVISIBLE: Final = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_QUOTES: Final = "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff07"
_AROUND: Final = _BLANKS + _INVISIBLE + _QUOTES

#: Hyphens and dashes, the minus sign and the soft hyphen, written as a hyphen; inner odd blanks as a blank.
_TRANSLATION: Final = str.maketrans(
    dict.fromkeys("\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys(_BLANKS, " ")
)

_MISSING_WORDS: Final = frozenset({"NAN", "NONE", "NULL", "<NA>", "NA", "N/A", "#N/A", "NAT"})
_FILLERS: Final = "-&. "
#: A column that says who is left out is often one of 0 and 1, or of truths, which in a text file are text.
_NO: Final = frozenset({"0", "0.0", "false"})


def as_given(value: object) -> str:
    """A value as text, exactly as given; bytes are read as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return str(value)


def text_of(value: object) -> str:
    r"""The text of a cell without what stands around it; empty where the value is missing.

    >>> text_of("\ufeff 'I10.\u2013' "), text_of(None), text_of(" & ")
    ('I10.-', '', '')
    """
    text = as_given(value)
    if not text.isascii():
        text = text.translate(_TRANSLATION)
    text = text.strip(_AROUND)
    if text.startswith("="):
        text = text[1:].strip(_AROUND)
    if len(text) <= 4 and text.upper() in _MISSING_WORDS:
        return ""
    return text if text.strip(_FILLERS) else ""


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN, an empty text, a filler or a word for nothing.

    >>> is_missing(float("nan")), is_missing("-   "), is_missing("I10")
    (True, True, False)
    """
    return not text_of(value)


def is_no(value: object) -> bool:
    """Whether a value of a column of reasons is none: missing, 0, false, also as text.

    >>> [is_no(value) for value in (None, " ", 0, "0", "0.0", "FALSE", "opt-out", "no consent")]
    [True, True, True, True, True, True, False, False]
    """
    return is_missing(value) or value in (0, False) or (isinstance(value, str) and value.strip().lower() in _NO)
