"""How tests look at errors: the right class, one sentence on one line, four parts that name the essential, no id.

`PEOPLE` and the other tables are good; a test changes one thing in them. Their ids are like no other text, so that a
message which holds one is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from attrs import frozen

import pngroup

AS_AT = "2026-03-31"
IDS = ["ZZTOP-000123", "ZZTOP-000124"]
NUMBERS = [9434765919, 9434765870]

PEOPLE: Mapping[str, Any] = {"person_id": IDS, "birth_date": ["1950-01-01", "1990-06-30"], "sex": ["F", "M"]}
RECORDS: Mapping[str, Any] = {
    "person_id": IDS,
    "code": ["I10", "E119"],
    "system": ["icd10", "icd10"],
    "date": ["2026-01-10", "2026-02-01"],
}
CONTACTS: Mapping[str, Any] = {
    "person_id": IDS,
    "date": ["2026-01-10", "2026-02-01"],
    "setting": ["primary_care", "inpatient"],
}
MEDICINES: Mapping[str, Any] = {
    "person_id": IDS,
    "code": ["0212000B0AAABAB", "0403030E0AAAAAA"],
    "system": ["bnf", "bnf"],
    "date": ["2026-01-10", "2026-02-01"],
}
VALUES: Mapping[str, Any] = {
    "person_id": IDS,
    "code": ["763264000", "763264000"],
    "system": ["snomed", "snomed"],
    "date": ["2026-01-10", "2026-02-01"],
    "value": [5, 6],
}

Words = str | tuple[str, ...]

#: What a message quotes is not its own words.
_QUOTED = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")


def changed(table: Mapping[str, Any], without: str = "", **columns: Any) -> dict[str, Any]:
    """A table with other columns in place of some of its own, and without one."""
    return {name: values for name, values in {**table, **columns}.items() if name != without}


def group(people: Any = PEOPLE, records: Any = RECORDS, **options: Any) -> pngroup.Grouping:
    """`pngroup.group` on the good tables unless a test gives others."""
    return pngroup.group(people, records, **{"as_at": AS_AT, **options})


@frozen
class Fault:
    """A call that must fail, and the words that each part of its error must hold."""

    call: Callable[..., Any]
    kind: type[pngroup.PngroupError]
    what: Words
    where: Words
    allowed: Words
    remedy: Words


def fault(
    name: str,
    call: Callable[..., Any],
    kind: type[pngroup.PngroupError],
    *,
    what: Words,
    where: Words,
    allowed: Words,
    remedy: Words,
) -> Any:
    """A row of a table of faults, for `pytest.mark.parametrize`."""
    return pytest.param(Fault(call, kind, what, where, allowed, remedy), id=name)


def check(wrong: Fault, *arguments: Any) -> pngroup.PngroupError:
    """Make the call and hold its error to all that errors promise; the error."""
    with pytest.raises(pngroup.PngroupError) as caught:
        wrong.call(*arguments)
    error = caught.value
    assert type(error) is wrong.kind, error
    check_error(error)
    for part in ("what", "where", "allowed", "remedy"):
        wanted = getattr(wrong, part)
        for words in (wanted,) if isinstance(wanted, str) else wanted:
            assert words in getattr(error, part), f"{part} names no {words!r}: {error}"
    return error


def check_error(error: pngroup.PngroupError) -> None:
    """One sentence on one line, no part empty, nothing of a person in it or in what caused it."""
    parts = (error.what, error.where, error.allowed, error.remedy)
    assert all(part.strip() for part in parts), parts
    text = str(error)
    assert text.isprintable()
    assert text[-1] in ".?"
    assert not re.search(r"[.!] [A-Z]", _QUOTED.sub("", text)), f"more than one sentence: {text}"
    assert len(text) < 2000
    assert all(part in text for part in parts)
    for each in causes(error):
        assert not leaks(f"{each} {each.args}"), f"an id in {type(each).__name__}"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it was raised from, and what was being handled meanwhile."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def leaks(text: str) -> bool:
    """Whether a text holds one of the ids, whatever its case and whatever stands between its characters."""
    plain = re.sub(r"[^0-9a-z]", "", text.lower())
    return any(piece in plain for piece in ("zztop", "000123", "000124", *(str(n)[:9] for n in NUMBERS)))
