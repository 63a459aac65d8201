"""How much memory a run may use, and into how many parts that divides it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any, Final

from ..engines import MOST_PARTS
from ..errors import UsageError
from ..files.reading import Files

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY: Final = 1024
_FORM: Final = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([KMGT]?)(I?)B?\s*", re.IGNORECASE)
#: The share of the memory of the machine that a run takes unless told otherwise.
_SHARE: Final = 0.5
#: Where the machine does not say how much memory it has.
_UNKNOWN: Final = 4 * 10**9
_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
#: What a run needs: of its own, for each person beside the table of people, for each row of the other tables. Measured:
#: 0.74 GB for a million people with 20 million rows, of which 77 % became facts, and 3.74 for ten times as many; these
#: make 0.76 and 4.0 GB of it.
_PROGRAM: Final = 4 * 10**8
_PERSON: Final = 150
_ROW: Final = 9
#: Of medicines and values more is kept. Measured: 2 million rows of values took 86 bytes a row more than records, 10
#: million rows of medicines, a third of them recent, 22.
_ROW_OF: Final = {"medicines": 30, "values": 95}
#: For each person and further index date. Measured: 300,000 people with 3 million rows took 0.32 GB at one date, 0.56
#: at twelve.
_DATE: Final = 75
#: A part is not made smaller than this, however little is allowed.
LEAST_PART: Final = 10**8


def read_memory(text: str | None) -> int:
    """Bytes from text such as `4GB` or `512MiB`; without text, half of what the machine has.

    >>> read_memory("1.5GB"), read_memory("2 GiB")
    (1500000000, 2147483648)
    """
    if text is None:
        return int(_SHARE * _machine())
    match = _FORM.fullmatch(text)
    if match is None or not float(match[1]):
        raise UsageError(
            "this is no amount of memory",
            where="option --memory",
            allowed="a number with a unit, as 4GB or 512MB",
            remedy="correct it",
        )
    size = _UNITS[match[2].upper()]
    if match[3] and match[2]:
        size = _BINARY ** list(_UNITS).index(match[2].upper())
    return int(float(match[1]) * size)


def n_bytes_needed(people: Any, files: Mapping[str, Files], n_dates: int = 1) -> int:
    """About how many bytes one run needs that holds everybody.

    `people`: the table of people; None before it is read, for what is needed at least.
    """
    known = 0 if files["people"].is_text else files["people"].n_rows
    n_people, n_bytes = (known, 0) if people is None else (people.num_rows, people.nbytes)
    of_rows = sum(_ROW_OF.get(name, _ROW) * each.n_rows for name, each in files.items() if name != "people")
    return int(_PROGRAM + n_bytes + (_PERSON + _DATE * (n_dates - 1)) * n_people + of_rows)


def n_bytes_in_parts(people: Any, files: Mapping[str, Files], n_parts: int) -> int:
    """About how many bytes a run needs that holds the table of people and one part at a time."""
    return int(_PROGRAM + people.nbytes + (n_bytes_needed(people, files) - _PROGRAM) / n_parts)


def n_parts_for(people: Any, files: Mapping[str, Files], allowed: int, n_dates: int = 1) -> int:
    """In how many parts a run stays within the memory that is allowed, or comes nearest; 1 where everybody fits in."""
    needed = n_bytes_needed(people, files, n_dates)
    if needed <= allowed:
        return 1
    # The table of people is in memory whatever the parts.
    always = _PROGRAM + (0 if people is None else int(people.nbytes))
    part = max(allowed - always, LEAST_PART)
    return min(ceil((needed - _PROGRAM) / part), MOST_PARTS)


def _machine() -> int:
    """The memory of the machine, or of the container that this runs in."""
    found = []
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in _LIMITS:
        # Not there outside a container, and "max" without a limit.
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text(encoding="ascii")))
    return min((each for each in found if each > 0), default=_UNKNOWN)
