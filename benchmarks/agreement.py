"""Are all answers the same? What is not the same thing is not compared, and no time is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check(said: Mapping[str, Mapping[str, Any]], same_groups: Mapping[str, str]) -> None:
    """Raise `SystemExit` with a sentence unless the jobs agree.

    `said` is what each job said of its answer. `same_groups` names the jobs that group people, with the tables that
    they had: those with the same tables must put each person into the same group. All jobs that computed Charlson's
    items must agree on each of the seventeen, and on the index, for each person.
    """
    groups: dict[str, dict[str, Any]] = {}
    for name, tables in same_groups.items():
        if name in said:
            groups.setdefault(tables, {})[name] = said[name]["groups"]
    for tables, found in groups.items():
        _refuse(f"the groups of all people ({tables})", found)
    with_items = {name: each["items"] for name, each in said.items() if "items" in each}
    for item in next(iter(with_items.values()), {}):
        _refuse(f"Charlson's item {item}", {name: items[item] for name, items in with_items.items()})
    _refuse("the Charlson index", {name: each["index"] for name, each in said.items() if "index" in each})
    _refuse("the number of people", {name: each["people"] for name, each in said.items() if "people" in each})


def _refuse(what: str, found: Mapping[str, Any]) -> None:
    """All values alike, or a sentence that says which are not; a value is a sum and a hash over all people."""
    by_value: dict[Any, list[str]] = {}
    for name, value in found.items():
        by_value.setdefault(value, []).append(name)
    if len(by_value) > 1:
        sides = "; ".join(f"{str(value).partition(':')[0]} by {', '.join(names)}" for value, names in by_value.items())
        raise SystemExit(
            f"{what[0].upper()}{what[1:]} differs between jobs, so that no time is reported (sums over all people, "
            f"which may be equal where persons differ): {sides}."
        )
