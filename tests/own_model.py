"""Files of one's own for tests to spoil: a small model that uses every part, and any value in any other's place."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pngroup
from faults import check_error

SMALL_MODEL = """\
[model]
name = "small"
edition = "1"
catalogue = "core@2026.1"
outputs = ["n_ltc", "hfrs"]

[administrative]
snomed = ["314529007"]

[[resolved]]
condition = "asthma"
by = "asthma_resolved"

[values.clinical_frailty_scale]
least = 1
most = 9
units = [""]

[sets]
lungs = ["asthma", "copd"]

[lines.asthma]
system = "respiratory"
source = "pngroup"
other = "ever(asthma)"

[tallies.falls]
falls = "within(falls, months=24)"

[episodes.pregnancy]
opens = "pregnancy_ongoing"
delivers = "pregnancy_delivery"
loses = "pregnancy_loss"
longest_days = 308
counts_after_delivery_days = 84
complications_after_delivery_days = 42
no_opening_after_delivery_days = 56
no_opening_after_loss_days = 14

[scores.hfrs]
table = "hfrs"
name = "Hospital"
unit = "tenths"
known_if = "ever(icd10_record)"

[measures]
n_ltc = "count_lines()"
active = "within(any_record, months=12)"

[[groups]]
number = 2
when = "n_ltc >= 1"

[[groups]]
number = 1
otherwise = true

[flags]
old = { when = "age >= 65" }

[flags.short_history]
months = 12
"""


def edited(text: str, *changes: tuple[str, str]) -> str:
    """A text with each first part, which must be there, replaced by the second, once."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def written(folder: Path, text: str | bytes, name: str = "own.toml") -> Path:
    """A file with that content in a folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


#: What may stand in a TOML file where something else is wanted.
OTHER_VALUES = [3, -1, 1.5, True, "", "x", "ever(asthma)", [], ["x"], [1], {}, {"x": 1}, datetime.date(2026, 3, 31)]


def places_in(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in a TOML file, tables and lists included."""
    inside = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from places_in(value, (*path, key))


def as_toml(value: Any) -> str:
    """A value in TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {as_toml(each)}' for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'''{value}'''" if isinstance(value, str) else str(value)


def with_value(values: Any, path: tuple[Any, ...], value: Any) -> str:
    """The file as TOML with another value at a path; without the key where the value is None."""
    parent = values
    for key in path[:-1]:
        parent = parent[key]
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return "\n".join(f'"{key}" = {as_toml(each)}' for key, each in values.items())


def assert_read_or_refused(call: Callable[[], Any]) -> None:
    """The call works, or is refused by an error of the library."""
    try:
        call()
    except pngroup.PngroupError as error:
        check_error(error)
