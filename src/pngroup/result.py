"""What `group()` gives back: the answers, the quality report, and the ways to look at them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from .answering import Answers, Inputs
from .catalogue import Catalogue
from .combining import combination
from .dates import read_as_at, to_date
from .errors import DataError, UsageError
from .explanation import Explanation, explain
from .frames import Column, Taken, build, can_stack, find_id, stack
from .intake import REASONS, Feed, People
from .model import Model
from .quality import Quality
from .schemes import Scheme
from .score_items import find_score, items, restricted_items


@frozen
class Grouping:
    """The need groups of a population on one index date.

    `quality` says what was used and what was not, and why; `fingerprint` is a hash over everything that can change an
    answer; `manifest` records how the run was made. Made by `group()`.
    """

    model: Model = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    scheme: Scheme = field(repr=False)
    as_at: datetime.date
    people: People = field(repr=False)
    inputs: Inputs = field(repr=False)
    answers: Answers = field(repr=False)
    quality: Quality = field(repr=False)
    fingerprint: str
    manifest: Mapping[str, Any] = field(repr=False)
    kept: Mapping[str, Feed] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.people.n_people

    def to_frame(self, *, criteria: Literal["integer", "columns"] = "integer") -> Any:
        """One row a person, in the caller's order and frame type; the caller's other columns at the end.

        Columns: `person_id`, `need_group` (nullable integer), `need_group_name`, `need_tier`, `rag`, `reason` (why
        there is no group), `criteria` (integer: bit g-1 is set when criterion g is met; with `criteria="columns"` a
        nullable boolean `criterion_1`, `criterion_2` ... for each criterion), the measures of the model (nullable
        integers; scores in the unit that the model gives), the flags (booleans), and combinations (text). A model
        may call the group otherwise (`segment`); one that names its own groups has no tiers and colours.

        Raises `UsageError` for another value of `criteria`, `DataError` where a column of people bears the name of
        an output column.
        """
        return build(self.people.table, self.columns(criteria), rows=self.people.first_row)

    def frames(self, n_people: int, *, criteria: Literal["integer", "columns"] = "integer") -> Iterator[Any]:
        """`to_frame()` in consecutive parts of `n_people` people, so that the whole is never in memory."""
        yield from _parts(self, self.columns(criteria), n_people)

    def columns(self, criteria: str = "integer") -> dict[str, Column | Taken]:
        """The columns of `to_frame()` before they are made ones of the caller's library."""
        if criteria not in ("integer", "columns"):
            raise UsageError(
                f"criteria is {criteria!r}",
                where="argument criteria",
                allowed="'integer' or 'columns'",
                remedy="choose one",
            )
        answers, nobody = self.answers, self.people.reason >= 0
        columns: dict[str, Column | Taken] = {
            "person_id": Taken("person_id"),
            **group_columns(self.model, self.scheme, answers.group, nobody),
            "reason": Column("text", self.people.reason, ~nobody, REASONS),
        }
        if criteria == "integer":
            columns["criteria"] = Column("integer", answers.criteria, nobody)
        else:
            for number in sorted(rule.group for rule in self.model.criteria):
                met = (answers.criteria >> (number - 1)) & 1
                columns[f"criterion_{number}"] = Column("boolean", met.astype(bool), nobody)
        for name, (values, known) in answers.measures.items():
            columns[name] = Column("integer", values, nobody | ~known)
        for name, flag in self.flags().items():
            columns[name] = Column("boolean", flag)
        for each in self.model.combinations:
            place, texts = combination(self.model, answers, each)
            columns[each.id] = Column("text", place, nobody, texts)
        return columns

    def registers(self, form: Literal["wide", "long"] = "wide") -> Any:
        """Which registers of the model each person is on, in the caller's frame type.

        `wide`: one row a person in the caller's order, `person_id` and a nullable boolean for each register (missing
        for people without a group, and where a table that was not given would have to tell). `long`: one row for each
        register that a person is on: `person_id`, `register`, `register_name`, `register_code`.

        Raises `UsageError` for another form, and for a model without registers.
        """
        if not self.model.registers or form not in ("wide", "long"):
            raise UsageError(
                f"form is {form!r}" if self.model.registers else f"the model {self.model.name} has no registers",
                where="Grouping.registers",
                allowed="'wide' or 'long', of a model with registers",
                remedy="choose one" if self.model.registers else "use a model that has registers",
            )
        grouped = self.people.reason < 0
        columns: dict[str, Column | Taken] = {"person_id": Taken("person_id")}
        if form == "wide":
            for name, (has, known) in self.answers.registers.items():
                columns[name] = Column("boolean", has, ~(known & grouped))
            return build(self.people.table, columns, rows=self.people.first_row, pass_through=False)
        people = [np.flatnonzero(has & grouped) for has, _ in self.answers.registers.values()]
        person = np.concatenate(people)
        register = np.repeat(np.arange(len(people)), [len(each) for each in people])
        order = np.lexsort((register, person))
        named = self.model.registers.values()
        for column, words in (
            ("register", tuple(each.id for each in named)),
            ("register_name", tuple(each.name for each in named)),
            ("register_code", tuple(each.code for each in named)),
        ):
            columns[column] = Column("text", register[order], None, words)
        return build(
            self.people.table, columns, rows=self.people.first_row[person[order]], pass_through=False, renumber=True
        )

    def flags(self) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
        """Each flag as a boolean array, one entry a person; False for people without a group."""
        grouped = self.people.reason < 0
        found = {
            "short_history": self.people.short_history,
            **self.answers.flags,
            "age_imputed": self.people.age_imputed,
            "not_knowable": self.answers.left_open > 0,
        }
        return {name: flag & grouped for name, flag in found.items()}

    def counts(self) -> dict[int, int]:
        """How many people are in each group, by group number."""
        grouped = self.answers.group[self.people.reason < 0]
        return {number: int((grouped == number).sum()) for number in sorted(self.model.groups)}

    def items(self, score: str, *, show_restricted: bool = False) -> Any:
        """Which items of a score each person has: one row a person, in the caller's order and frame type.

        `score` is a score of the model (`model.scores`). Columns: `person_id`, then a nullable boolean for each item,
        named by its id and in the order of the score's table. An item is missing for people without a group, where the
        score is not known, and where our codes or the tables given cannot tell. As in the score, the milder item is
        False beside its severer one. Items about a restricted topic have a column only with `show_restricted`.

        Raises `UsageError` where the model has no such score.

        >>> import pngroup
        >>> people = {"person_id": ["a"], "birth_date": ["1940-05-02"]}
        >>> records = {"person_id": ["a", "a"], "code": ["E11.9", "E11.2"], "date": ["2020-02-01"] * 2}
        >>> grouping = pngroup.group(people, records, as_at="2026-03-31", system="icd10")
        >>> score = next(iter(grouping.model.scores))
        >>> sum(has[0] is True for has in grouping.items(score).values())
        1
        """
        found = find_score(self.model, score)
        hidden = frozenset[str]() if show_restricted else restricted_items(self.model, self.catalogue, found)
        columns: dict[str, Column | Taken] = {"person_id": Taken("person_id")}
        for item, (has, known) in items(self.model, self.inputs, found).items():
            if item not in hidden:
                columns[item] = Column("boolean", has, ~known)
        return build(self.people.table, columns, rows=self.people.first_row, pass_through=False)

    def explain(self, person: object, *, show_restricted: bool = False) -> Explanation:
        """Why a person is in their group; `person` is a person_id. Needs `group(..., keep_records=True)`.

        `show_restricted` names restricted topics that are otherwise called "a restricted record". Returns an
        `Explanation`: `str()` for staff, `.patient_text` for the person. Raises `UsageError` without kept records,
        `DataError` where there is no such person (the id is not repeated).
        """
        if self.kept is None:
            raise UsageError(
                "the records were not kept",
                where="Grouping.explain",
                allowed="a grouping made with keep_records=True",
                remedy="call group(..., keep_records=True), or pngroup.explain(person, people, records, ...)",
            )
        place = find_id(self.people.ids, person)
        if place is None:
            raise DataError(
                "people has no such person",
                where="argument person",
                allowed="a person_id of people, of the same type (text or whole number)",
                remedy="check the id and its type; leading zeros count",
            )
        return explain(
            place,
            model=self.model,
            catalogue=self.catalogue,
            scheme=self.scheme,
            as_at=self.as_at,
            people=self.people,
            feeds=self.kept,
            show_restricted=show_restricted,
        )


def group_columns(
    model: Model, scheme: Scheme, group: np.ndarray[Any, Any], nobody: np.ndarray[Any, np.dtype[np.bool_]]
) -> dict[str, Column]:
    """The group, its name, and, where the scheme has tiers, tier and colour: columns of any number of rows."""
    groups = tuple(sorted(rule.group for rule in model.criteria))
    place = np.searchsorted(groups, group)
    place[nobody] = 0
    columns = {
        model.result: Column("integer", group, nobody),
        f"{model.result}_name": Column("text", place, nobody, tuple(map(scheme.group_name, groups))),
    }
    if scheme.tiers:
        columns["need_tier"] = Column("text", place, nobody, tuple(map(scheme.tier_word, groups)))
        columns["rag"] = Column("text", place, nobody, tuple(map(scheme.colour, groups)))
    return columns


@frozen
class Groupings:
    """The need groups of a population on several index dates, in order of the dates. Made by `group(as_at=[...])`.

    Iterate over it, or take one by its date: `groupings["2024-03-31"]` is the `Grouping` of that day, the same as
    `group()` makes for it alone.
    """

    _groupings: tuple[Grouping, ...] = field(repr=False)

    @property
    def as_at(self) -> tuple[datetime.date, ...]:
        """The index dates, in order."""
        return tuple(grouping.as_at for grouping in self._groupings)

    def __len__(self) -> int:
        return len(self._groupings)

    def __iter__(self) -> Iterator[Grouping]:
        return iter(self._groupings)

    def __getitem__(self, as_at: Any) -> Grouping:
        day = to_date(read_as_at(as_at))
        for grouping in self._groupings:
            if grouping.as_at == day:
                return grouping
        raise UsageError(
            f"there is no grouping as at {day.isoformat()}",
            where="argument as_at",
            allowed=", ".join(each.isoformat() for each in self.as_at),
            remedy="name one of these dates",
        )

    def to_frame(self, *, criteria: Literal["integer", "columns"] = "integer") -> Any:
        """One row an index date and person: in order of the dates, then of people. As `Grouping.to_frame()`.

        The first column is `as_at`, a date. Raises as `Grouping.to_frame()`.
        """
        first = self._groupings[0]
        if can_stack(first.people.table):
            return stack([_dated(grouping, criteria) for grouping in self._groupings])
        parts = [grouping.columns(criteria) for grouping in self._groupings]
        n_people = len(first)
        days = np.repeat(np.array([grouping.inputs.as_at for grouping in self._groupings], np.int64), n_people)
        columns: dict[str, Column | Taken] = {"as_at": Column("date", days)}
        for name, column in parts[0].items():
            columns[name] = column if isinstance(column, Taken) else _stacked([part[name] for part in parts])
        return build(first.people.table, columns, rows=np.tile(first.people.first_row, len(parts)), renumber=True)

    def frames(self, n_people: int, *, criteria: Literal["integer", "columns"] = "integer") -> Iterator[Any]:
        """`to_frame()` in consecutive parts, each of `n_people` rows of one date at most."""
        for grouping in self._groupings:
            yield from _parts(grouping, {**_date_column(grouping), **grouping.columns(criteria)}, n_people)


def _parts(grouping: Grouping, columns: Mapping[str, Column | Taken], n_people: int) -> Iterator[Any]:
    if n_people < 1:
        raise UsageError(
            f"parts of {n_people} people are asked for",
            where="argument n_people",
            allowed="1 or more",
            remedy="ask for larger parts",
        )
    for start in range(0, max(len(grouping), 1), n_people):
        part = slice(start, start + n_people)
        cut = {name: column if isinstance(column, Taken) else column.part(part) for name, column in columns.items()}
        yield build(grouping.people.table, cut, rows=grouping.people.first_row[part])


def _date_column(grouping: Grouping) -> dict[str, Column | Taken]:
    return {"as_at": Column("date", np.full(len(grouping), grouping.inputs.as_at, np.int64))}


def _dated(grouping: Grouping, criteria: str) -> Any:
    """The frame of a date with the date in front."""
    columns = {**_date_column(grouping), **grouping.columns(criteria)}
    return build(grouping.people.table, columns, rows=grouping.people.first_row)


def _stacked(columns: list[Any]) -> Column:
    """Columns of one kind below each other."""
    values = np.concatenate([column.values for column in columns])
    masks = [column.mask for column in columns]
    mask = None
    if any(each is not None for each in masks):
        mask = np.concatenate(
            [np.zeros(len(column.values), bool) if column.mask is None else column.mask for column in columns]
        )
    return Column(columns[0].kind, values, mask, columns[0].words)
