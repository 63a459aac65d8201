"""Other people's words for our closed vocabularies, read from tables that ship with the library.

Words are compared without regard to case, blanks and punctuation, except that digits with something between
them stay apart (OID arcs, OPCS-4.10). `&` is `and`. What follows a bar or `/version/` in a URI is its
version and is left out. Whole numbers may come as floats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np

from .. import resources
from ..errors import ModelError
from . import cells

_Word = TypeVar("_Word", bound=Enum)

_VERSION: Final = re.compile(r"\||/version/", re.IGNORECASE)
_WHOLE_FLOAT: Final = re.compile(r"([0-9]+)\.0+")
_BETWEEN_DIGITS: Final = re.compile(r"(?<=[0-9])[\W_]+(?=[0-9])")
_PUNCTUATION: Final = re.compile(r"[^\w.]+|_+|(?<![0-9])\.|\.(?![0-9])")


def key_of(value: object) -> str:
    """The form of a word in which two spellings are compared; empty where the value is missing.

    >>> key_of("ICD-10-CM"), key_of("A & E"), key_of(2.0), key_of("urn:oid:2.16.840")
    ('icd10cm', 'aande', '2', 'urnoid2.16.840')
    """
    if isinstance(value, bool | np.bool_):
        return ""
    text = cells.text_of(value.value if isinstance(value, Enum) else value)
    text = _VERSION.split(text, maxsplit=1)[0].casefold()
    whole = _WHOLE_FLOAT.fullmatch(text)
    if whole:
        return whole.group(1)
    text = _BETWEEN_DIGITS.sub(".", text.replace("&", " and "))
    return _PUNCTUATION.sub("", text)


@lru_cache(maxsize=16)
def alias_table(file: str, vocabulary: type[_Word]) -> Mapping[str, _Word]:
    """The words of a table `codes/<file>.csv` (alias, meaning, source, note) by their key.

    The vocabulary's own words need no row. Raises `ModelError` with file and line for an unknown meaning, an
    empty alias, or an alias that is already there in another spelling.
    """
    table = {key_of(word): word for word in vocabulary}
    column = _MEANING[file]
    for row in resources.read_rows(f"codes/{file}.csv", ("alias", column, "source", "note")):
        try:
            meaning = vocabulary(row[column])
        except ValueError as error:
            raise ModelError(
                f"'{row[column]}' is not a word of the vocabulary",
                where=row.where,
                allowed=", ".join(str(word.value) for word in vocabulary),
                remedy=f"correct the column {column}",
            ) from error
        key = key_of(row["alias"])
        if not key or key in table:
            raise ModelError(
                f"the alias '{row['alias']}' is empty or is already there",
                where=row.where,
                allowed="each alias once; case, blanks and punctuation make no difference",
                remedy="remove one of the two rows",
            )
        table[key] = meaning
    return MappingProxyType(table)


_MEANING: Final = {
    "systems": "system",
    "settings": "setting",
    "sexes": "sex",
    "statuses": "status",
    "positions": "position",
    "changes": "change",
}
