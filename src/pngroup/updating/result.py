"""What a monthly run found: everybody's answer, whose changed and why, and the state for the next month."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from ..errors import UsageError
from ..files.writing import Writer
from ..frames import Column, Table, build
from ..result import Grouping
from .guarding import Refusal, stop
from .restating import RowCounts
from .reviewing import ReviewCounts
from .state import State, write_state


@frozen
class UpdateCounts:
    """How many people and rows. `n_had_group`: people with a group last month; of these `n_changed_of_them` are in the
    list of the changed, `n_lost` because they have no group now. `n_gained`: people with a group who had none, among
    them the new, and `n_came_back` who were dead, not registered or excluded. `because`: people of the list by what
    changed them. `n_held_back`: people whose settled group is not their computed one. `rows`: of each table given what
    became of its rows; `columns_not_read`: columns called almost as one of ours; `columns_not_needed`: tables of which
    names of columns were given, that were not given themselves and stay as they are; `rows_of_gone`: of each table the
    rows of people who were in people at an earlier run and are gone, which strict does not refuse.
    """

    n_people: int
    n_with_group: int
    n_had_group: int
    n_changed: int
    n_changed_of_them: int
    n_lost: int
    n_gained: int
    n_came_back: int
    n_held_back: int
    because: Mapping[str, int]
    rows: Mapping[str, RowCounts]
    columns_not_read: Mapping[str, tuple[str, ...]]
    columns_not_needed: tuple[str, ...] = ()
    reviews: ReviewCounts | None = None
    rows_of_gone: Mapping[str, int] = field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and numbers, for JSON."""
        numbers = (
            "n_people", "n_with_group", "n_had_group", "n_changed", "n_changed_of_them", "n_lost", "n_gained",
            "n_came_back", "n_held_back",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in numbers},
            "because": dict(self.because),
            "rows": {name: counts.to_dict() for name, counts in self.rows.items()},
            "columns_not_read": {name: list(labels) for name, labels in self.columns_not_read.items()},
            "rows_of_gone": dict(self.rows_of_gone),
            "columns_not_needed": list(self.columns_not_needed),
            "reviews": self.reviews.to_dict() if self.reviews is not None else None,
        }

    def __str__(self) -> str:
        lines = [
            f"People   {self.n_people:>12,}, {self.n_with_group:,} with a group",
            f"Changed  {self.n_changed:>12,}",
            f"  of {self.n_had_group:,} who had a group: {self.n_changed_of_them:,} ({self.n_lost:,} have none now)",
            f"  have a group who had none: {self.n_gained:,}",
        ]
        if self.n_came_back:
            lines.append(f"  of these were dead, not registered or excluded: {self.n_came_back:,}")
        lines += [f"  because of {step}: {n:,}" for step, n in self.because.items() if n]
        if self.n_held_back:
            lines.append(f"  held back until their new group has stood: {self.n_held_back:,}")
        lines += [_row_line(name, counts) for name, counts in self.rows.items()]
        lines += [
            f"  {name}: called almost as one of our columns, and not read: {', '.join(labels)}"
            for name, labels in self.columns_not_read.items()
        ]
        lines += [
            f"  {name}: rows of people who are gone, which count for nothing: {n:,}"
            for name, n in self.rows_of_gone.items()
        ]
        lines += [
            f"  {name}: not given this time, and stays as it is; the names of its columns are not needed"
            for name in self.columns_not_needed
        ]
        if self.reviews is not None:
            found = self.reviews
            lines.append(
                f"Reviews  {found.n_given:>12,}, {found.n_shown:,} shown, {found.n_expired:,} expired, "
                f"{found.n_of_another_group:,} of another group, {found.n_unknown:,} of nobody in people, "
                f"{found.n_contradictory:,} contradictory"
            )
            if found.n_now_as_named:
                lines.append(f"  said no, and the group they named is the computed one now: {found.n_now_as_named:,}")
        return "\n".join(lines)


def _row_line(name: str, counts: RowCounts) -> str:
    if counts.is_whole:
        return f"{name.capitalize():<9}{counts.n_after:>12,} rows in place of {counts.n_before:,}"
    told = f"{counts.n_new:,} new, {counts.n_changed:,} changed, {counts.n_deleted:,} deleted"
    faults = "".join(f"; {words}: {n:,}" for words, n in counts.faults.items())
    return f"{name.capitalize():<9}{counts.n_after:>12,} rows, {counts.n_before:,} before ({told}{faults})"


@frozen(eq=False)
class Update:
    """A monthly run, not yet written. Made by `begin_updates()` and `update()`.

    `grouping`: everybody at the index date, as `group()` gives it on all rows as they stand now, with measures, flags,
    quality report and fingerprint. `changed`: the people whose group, tier or colour changed, in the frame type of the
    tables given. `refused`: why the guard would stop the write; empty where it would not. `counts`, `manifest`.
    `review_disagreement`: a table of reviews by practice and group, None without reviews.

    Columns of `changed`: `person_id`, `practice` (where people have one), `previous_need_group`, `previous_need_tier`,
    `previous_rag`, `need_group`, `need_group_name`, `need_tier`, `rag`, `reason` (why there is no group now;
    `not_in_people` for who is gone), `because` ("edition", "time", "people", "records", or "settled"), `also` (what
    else moved the answer on the way), and with `settle` those of `to_frame()` and `previous_settled_need_group`: where
    it is not `settled_need_group`, the settled group moved.
    """

    grouping: Grouping = field(repr=False)
    as_at: datetime.date
    previous_as_at: datetime.date | None
    changed: Any = field(repr=False)
    refused: tuple[Refusal, ...]
    counts: UpdateCounts = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    review_disagreement: Any = field(repr=False)
    _everybody: Mapping[str, Column] = field(repr=False)
    _like: Table = field(repr=False)
    _state: State = field(repr=False)
    _after: State | None = field(repr=False)
    _folder: Path | None = field(repr=False)

    def to_frame(self) -> Any:
        """One row a person of this month, in the frame type of the tables given (pyarrow where all are files).

        Columns: `person_id`, `practice` (where people have one), `need_group`, `need_group_name`, `need_tier`, `rag`,
        `reason`, `since` (the first index date from which each run has said the same); with `settle`
        `settled_need_group`, `settled_tier`, `settled_rag`, `settled_since`; with reviews `review_agrees` (where a
        group was named: whether it is the computed one now, also where the reviewer had said no; only a no to the very
        group that was named stays a no), `review_group`, `review_reason`, `reviewed_by`, `review_until`.
        """
        return build(self._like, self._everybody, pass_through=False)

    def approve(self, *, accept: bool = False) -> dict[str, Any]:
        """The manifest as it is written: with what the guard said and was accepted. Raises `GuardError` as `write`."""
        if self.refused and not accept:
            raise stop(self.refused, self.as_at.isoformat())
        return {**self.manifest, "guard": {**self.manifest["guard"], "accepted": bool(self.refused)}}

    def write(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        accept: bool = False,
        beside: Mapping[Path, Writer] | None = None,
    ) -> Path:
        """Write the state for the next month into a folder, by default the one it was read from, and return its path.

        All or nothing: up to the last moment the old state stands. `beside`: other files, each with a function that
        writes it to an open file, which take their names together with the state. Raises `GuardError`, with nothing
        written, where `refused` is not empty, unless `accept` is true; that it was accepted then stands in the
        manifest. Raises `UsageError` where no folder is known, it holds other files, another run has written to it in
        the meantime, or the disk refuses.
        """
        state = evolve(self._state, manifest=self.approve(accept=accept))
        target = Path(folder) if folder is not None else self._folder
        if target is None:
            raise UsageError(
                "no folder is named for a state that begins",
                where="argument folder",
                allowed="the path of a folder that does not exist or is empty",
                remedy="name one, as in update.write('state')",
            )
        write_state(state, target, after=self._after, beside=beside)
        return target
