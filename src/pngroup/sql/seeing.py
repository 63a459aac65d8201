"""Filters in SQL: what a row of records can be seen as, and the number of its meaning as it is seen.

A row passes some of the filters of a model by its setting; rows that pass the same ones are one kind. The number of a
meaning is that of its code times the number of kinds, plus the kind; which conditions it has is listed for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from ..errors import ModelError
from ..intake.codes import Pair
from ..model.definition import Model
from ..model.registers import FILTERED, filter_of
from ..vocabulary import Setting
from .dialects import Dialect


@frozen
class Kinds:
    """The kinds of rows: for each the filters that it passes, and the kind of each setting (None: not said)."""

    passed: tuple[frozenset[str], ...]
    of_setting: Mapping[Setting | None, int] = field(repr=False)

    def sql(self, meaning: str, setting: str | None, dialect: Dialect) -> str:
        """The number of a meaning as a row of a setting (a word of ours, or None for tables without) is seen."""
        if len(self.passed) == 1:
            return meaning
        unsaid = self.of_setting[None]
        kind = str(unsaid)
        if setting is not None:
            branches = " ".join(
                f"WHEN {dialect.literal(each.value)} THEN {number}"
                for each, number in self.of_setting.items()
                if each is not None and number != unsaid
            )
            kind = f"CASE {setting} {branches} ELSE {unsaid} END"
        return f"CASE WHEN {meaning} > 0 THEN {meaning} * {len(self.passed)} + {kind} ELSE 0 END"

    def of_other_tables(self, meaning: str) -> str:
        """The number of a meaning of a table that no filter looks at."""
        return meaning if len(self.passed) == 1 else f"({meaning}) * {len(self.passed)}"

    def conditions(self, meanings: Mapping[frozenset[str], int]) -> Iterator[tuple[int, str]]:
        """Number and condition of all meanings, as rows of each kind are seen."""
        for conditions, number in meanings.items():
            for kind, passed in enumerate(self.passed):
                for condition in sorted(conditions):
                    if not filter_of(condition) or filter_of(condition) in passed:
                        yield number * len(self.passed) + kind if len(self.passed) > 1 else number, condition


def kinds_of(model: Model) -> Kinds:
    """The kinds of rows that the filters of a model tell apart.

    Raises `ModelError` where a filter looks at the position of a diagnosis, which SQL does not read.
    """
    used = [model.filters[name] for name in model.filters_used]
    for each in used:
        if each.main_only:
            raise ModelError(
                f"the filter {each.id!r} looks at the position of a diagnosis, which is not written as SQL",
                where=model.place,
                allowed="filters by setting and code system",
                remedy="group in Python, or leave the filter out",
            )
    settings: list[Setting | None] = [None, *Setting]
    passing = [frozenset(each.id for each in used if each.takes_setting(setting)) for setting in settings]
    passed = tuple(dict.fromkeys(passing))
    return Kinds(passed, {setting: passed.index(found) for setting, found in zip(settings, passing, strict=True)})


def asks_for_settings(model: Model) -> bool:
    """Whether any question is put through a filter by setting."""
    return any(model.filters[name].settings for name in model.filters_used)


def seen_by_all(meaning: frozenset[str], pair: Pair, model: Model) -> frozenset[str]:
    """What a code stands for, with each condition as the filters see it that take its code system."""
    found = set(meaning)
    for name, conditions in model.filters_used.items():
        if model.filters[name].takes_system(pair.system):
            found.update(f"{each}{FILTERED}{name}" for each in meaning.intersection(conditions))
    return frozenset(found)
