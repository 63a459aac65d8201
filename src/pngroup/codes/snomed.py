"""SNOMED CT: reading one concept identifier.

The pattern, and where reality leaves the standard:

    [1-9][0-9]*     item identifier
    [0-9]{7}        namespace, in the long format only
    0 or 1          short format (International Edition) or long format (extensions such as the UK's)
    0, 1 or 2       concept, description or relationship
    [0-9]           Verhoeff check digit

6 to 18 digits in all. Sources: SNOMED International, Release File Specification, 6.2-6.4 (representation,
constraints, check digit); Verhoeff 1969, Error detecting decimal codes.

Ids come as text, as integers and as floats. Read without loss, and counted as rewritten:

- a float that is a whole number and below 2**53 (below 2**24 in a float32 column): such a float is exact;
- text with `.0` behind at most 15 digits, which is how a float column is written to a file;
- zeros in front, from columns of fixed width. No id begins with zero, so nothing is lost by dropping them;
- `SCTID:`, `SNOMED:`, `SCT|` and the URIs http://snomed.info/id/ and http://snomed.info/sct| in front, and
  a term between bars behind: `44054006 |a term|`.

Not readable: a description or relationship id (each a problem of its own), a wrong check digit,
expressions, and everything *mangled*: scientific notation, `.0` behind more than 15 digits, floats that are
not exact, and zeros where a spreadsheet drops digits. These stop a run, because the whole column has then been
through the same hands. A number that only *looks rounded*, as by a float, is counted as unreadable.

A rounded id never matches a concept that was not meant
-------------------------------------------------------

A spreadsheet keeps 15 significant digits, a float64 the multiples of 2 to 128. When such a number is
written as a whole number again it looks like an id. Take a concept id of n digits, ending in the partition
and the check digit, `10c` (long) or `00c` (short):

- Up to 15 digits nothing is lost.
- 16 digits, rounded to 15: `10c` becomes `100` or `110`. The first differs from the id in the check digit
  alone, and the check digit is a function of the other digits, so it is wrong unless c was 0 and nothing
  was lost. The second says description.
- 17 digits: `10c` becomes `100`: the same argument.
- 18 digits: `10c` becomes `000`, which says short format. A short id of 16 or more digits is therefore
  not read where it ends in the zeros that rounding leaves, or survives a float64, valid check digit or not.
  (True short ids of that length are the metadata of SNOMED CT itself, such as 900000000000489007; no
  patient's record holds one.)
- Through a float64: below 10**18 the error is at most 64, so `10c` becomes something from 036 to 173 and
  the digits in front stay. Only `100` to `109` say concept, and among them only one has the right check
  digit: the id itself. `00c` ends as `00c` with the same digits in front, or no longer says concept.
- Rounded twice, as is a float written with fewer digits, or to a neighbour of the nearest float: `10c`
  can become `00c` as well, but that has survived a float64 or ends in zeros.

So a rounded concept id is itself or unreadable. What is left is a *description* id that was rounded: it can
end as the concept id with the same item number (of 17 digits `116` becomes `100`). It would have to be a
concept of the catalogue to do harm, and a column of description ids announces itself in the report.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Final

import numpy as np

from . import cells
from .problems import MALFORMED, MANGLED, MISSING, Answer, CodeProblem

_TEXT: Final = re.compile(
    r"""
    (?: (?: SCTID | SNOMED (?:[ -]?CT)? | SCT ) \s* [:|] \s* | https?://snomed\.info/ (?: id/ | sct\| ) )?
    ([0-9]+)
    (\.0*)?
    (?: \s* \| [^|]* \| )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]*)?E[+-]?[0-9]+", re.IGNORECASE)

#: Digits that a spreadsheet, and a float written with `%.15g`, keeps.
_KEPT_DIGITS: Final = 15
_LEAST_DIGITS: Final = 6
_MOST_DIGITS: Final = 18
#: Item identifier of at least one digit, namespace of seven, partition of two, check digit.
_LEAST_DIGITS_LONG: Final = 11


def _times(a: int, b: int) -> int:
    """The product in the dihedral group of the pentagon: 0-4 are turns, 5-9 are reflections."""
    turn = (a + b) % 5 if a < 5 else (a - b) % 5
    return turn if (a < 5) == (b < 5) else turn + 5


def _by_ascii(ten: Iterable[int]) -> tuple[int, ...]:
    """Ten entries placed so that the ASCII byte of a digit finds them."""
    return tuple(chain(repeat(0, ord("0")), ten))


def _check_steps() -> tuple[tuple[tuple[int, ...], ...], ...]:
    """For each of eight places from the right: state and digit (as its ASCII byte) to the next state."""
    once = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    steps = []
    permuted = tuple(range(10))
    for _ in range(8):
        steps.append(tuple(_by_ascii(_times(state, digit) for digit in permuted) for state in range(10)))
        permuted = tuple(once[digit] for digit in permuted)
    return tuple(steps)


#: Long enough for every id, so that the loop needs no remainder.
_STEPS: Final = _check_steps() * 3


def has_valid_check_digit(digits: str) -> bool:
    """Whether the last digit is the Verhoeff check digit of those before it; at most 24 digits.

    >>> has_valid_check_digit("2363"), has_valid_check_digit("2364")
    (True, False)
    """
    state = 0
    for step, digit in zip(_STEPS, reversed(digits.encode("ascii")), strict=False):
        state = step[state][digit]
    return state == 0


def is_concept_id(text: str) -> bool:
    """Whether a text is the bare digits of a valid concept id; for columns of another system."""
    return text.isascii() and text.isdigit() and _read_digits(text)[0] is not None


def _ends_in_lost_digits(digits: str) -> bool:
    """Whether a spreadsheet has left these digits: zeros behind the 15th."""
    return len(digits) > _KEPT_DIGITS and not digits[_KEPT_DIGITS:].strip("0")


def _survives_a_float(digits: str) -> bool:
    """Whether a float can have left these digits: a number beyond 2**53 that float64 holds exactly."""
    number = int(digits)
    return number > 2**53 and int(float(number)) == number


def _wrong(digits: str, otherwise: CodeProblem) -> Answer:
    """The problem of digits that are no id. Lost zeros are plain; what a float left may also be a slip of the pen."""
    if _ends_in_lost_digits(digits):
        return MANGLED
    return None, CodeProblem.LOOKS_ROUNDED if _survives_a_float(digits) else otherwise


def _read_digits(digits: str) -> Answer:
    if digits.startswith("0"):
        digits = digits.lstrip("0")
    length = len(digits)
    if not _LEAST_DIGITS <= length <= _MOST_DIGITS:
        return MALFORMED
    if not has_valid_check_digit(digits):
        return _wrong(digits, CodeProblem.BAD_CHECK_DIGIT)
    form, kind = digits[-3], digits[-2]
    if form not in "01" or kind not in "012":
        return _wrong(digits, CodeProblem.MALFORMED)
    if form == "1" and length < _LEAST_DIGITS_LONG:
        return MALFORMED
    # The one case where rounding could leave a valid id: see the proof above.
    if form == "0" and (_ends_in_lost_digits(digits) or _survives_a_float(digits)):
        return _wrong(digits, CodeProblem.LOOKS_ROUNDED)
    if kind == "1":
        return None, CodeProblem.DESCRIPTION_ID
    if kind == "2":
        return None, CodeProblem.RELATIONSHIP_ID
    return digits, None


def _read_float(value: float | np.floating) -> Answer:
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return MALFORMED
    whole = int(value)
    mantissa = 52 if isinstance(value, float) else int(np.finfo(type(value)).nmant)
    if abs(whole) >= 2 ** (mantissa + 1):
        return MANGLED
    return MALFORMED if whole != value or whole < 0 else _read_digits(str(whole))


def read_one(value: object) -> Answer:
    """The canonical concept id (digits as text) of one value, or None and the problem.

    >>> read_one(44054006), read_one("9.99E+17")[1].value, read_one("754121000000118")[1].value
    (('44054006', None), 'mangled', 'bad_check_digit')
    """
    # Whole tables come as plain integers or bare digits: spare them the search for what stands around an id.
    if isinstance(value, int | np.integer) and value > 0 and not isinstance(value, bool):
        return _read_digits(str(int(value)))
    if type(value) is str and value.isascii() and value.isdigit():
        return _read_digits(value)
    if isinstance(value, float | np.floating):
        return _read_float(value)
    text = cells.text_of(value)
    if not text:
        return MISSING
    match = _TEXT.fullmatch(text)
    if match is None:
        return MANGLED if _SCIENTIFIC.fullmatch(text) else MALFORMED
    digits, point = match.groups()
    if point is not None and len(digits.lstrip("0")) > _KEPT_DIGITS:
        return MANGLED
    return _read_digits(digits)
