"""What made the difference between two days: found by undoing it and asking the reference interpreter again.

A cause is true of the model and no guess: undone, the person would still be in the earlier group. Where several things
would each have kept the person there, each is named; where only several together would, the smallest set found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from ..model.definition import Model
from ..model.reference import Reading
from ..model.tree import Call
from ..vocabulary import ChangeKind, Reason
from .states import Between, Difference, Row, State, Window, group_by, windows_moved

_NEW_ROWS: Final = (ChangeKind.RECORD_CAME, ChangeKind.RESOLVED_CODE, ChangeKind.RECORD_ADDED)


@frozen
class Causes:
    """What a change rests on: each of the causes alone, or, with `only_together`, only all of them together.

    `before` and `after` are the groups, None where there is a reason for none.
    """

    before: int | None
    after: int | None
    causes: tuple[Difference, ...]
    only_together: bool


def group_in(model: Model, state: State) -> int | None:
    """The group of a state; None where it has a reason for none."""
    return None if state.reason is not None else group_by(Reading(model, state.facts(state.rows), state.day))


def find_causes(model: Model, earlier: State, later: State) -> Causes:
    """Why the group of the later state is not that of the earlier one; no causes where it is the same."""
    before, after = group_in(model, earlier), group_in(model, later)
    if before == after:
        return Causes(before, after, (), only_together=False)
    if before is None or after is None:
        reason = earlier.reason if before is None else later.reason
        return Causes(before, after, (Difference(_OF_REASON[Reason(reason)]),), only_together=False)
    differences = tuple(find_differences(model, earlier, later))

    def is_enough(undone: Sequence[Difference]) -> bool:
        return group_without(model, earlier, later, undone) == before

    alone = tuple(each for each in differences if is_enough((each,)))
    return Causes(before, after, alone or _least(differences, is_enough), only_together=not alone)


#: What a reason for having no group is a change of.
_OF_REASON: Final = {
    Reason.DIED: ChangeKind.DEATH,
    Reason.NOT_REGISTERED: ChangeKind.REGISTRATION,
    Reason.NOT_BORN: ChangeKind.BIRTH,
    Reason.AGE_UNKNOWN: ChangeKind.BIRTHDAY,
    Reason.EXCLUDED: ChangeKind.EXCLUSION,
}


def find_differences(model: Model, earlier: State, later: State) -> Iterator[Difference]:
    """Everything between two states that an answer can depend on; what stands in a record comes first."""
    ends = {resolution.by for resolution in model.resolutions}
    used = model.conditions_used

    def matter(rows: Iterable[Row]) -> list[Row]:
        found = [row for row in rows if not used.isdisjoint(row.conditions)]
        return sorted(found, key=lambda row: (row.date, row.feed, str(row.system), str(row.code)))

    for row in matter(later.rows - earlier.rows):
        if row.date <= earlier.day:
            yield Difference(ChangeKind.RECORD_ADDED, row)
        else:
            is_end = not ends.isdisjoint(row.conditions)
            yield Difference(ChangeKind.RESOLVED_CODE if is_end else ChangeKind.RECORD_CAME, row)
    for row in matter(earlier.rows - later.rows):
        yield Difference(ChangeKind.RECORD_REMOVED, row)
    moved = windows_moved(model, earlier, later)
    for row in matter(earlier.rows & later.rows):
        for window, then, now in moved:
            if then < row.date <= now:
                yield Difference(ChangeKind.RECORD_LEFT_WINDOW, row, window)
    if (earlier.person.age, earlier.person.birth) != (later.person.age, later.person.birth):
        yield Difference(ChangeKind.BIRTHDAY)
    for episode in _ended_by_time(model, earlier, later):
        yield Difference(ChangeKind.EPISODE, episode=episode)


def _ended_by_time(model: Model, earlier: State, later: State) -> Iterator[str]:
    """Episodes that are not what they were though nothing more is recorded."""
    facts = earlier.facts(earlier.rows)
    then, now = Reading(model, facts, earlier.day), Reading(model, facts, later.day)
    asked: dict[Call, None] = dict.fromkeys(call for call in model.calls() if call.function in ("in_episode", "during"))
    yield from dict.fromkeys(call.names[0] for call in asked if then.value(call) != now.value(call))


def group_without(model: Model, earlier: State, later: State, undone: Iterable[Difference]) -> int:
    """The group of the later day had these differences not come about."""
    return group_by(between(model, earlier, later, undone))


def between(model: Model, earlier: State, later: State, undone: Iterable[Difference]) -> Between:
    """The later day with these differences undone."""
    undone = list(undone)
    left_out = {each.row for each in undone if each.kind in _NEW_ROWS}
    put_back = {each.row for each in undone if each.kind is ChangeKind.RECORD_REMOVED and each.row is not None}
    rows = (later.rows - left_out) | put_back
    held: dict[Window, set[Row]] = {}
    for each in undone:
        if each.kind is ChangeKind.RECORD_LEFT_WINDOW and each.row is not None and each.window is not None:
            held.setdefault(each.window, set()).add(each.row)
    # A row that is put back counts where it counted on the earlier day.
    for window, _, now in windows_moved(model, earlier, later) if put_back else ():
        if out := {row for row in put_back if row.date <= now}:
            held.setdefault(window, set()).update(out)
    is_younger = any(each.kind is ChangeKind.BIRTHDAY for each in undone)
    facts = (earlier if is_younger else later).facts(rows)
    then = Reading(model, facts, earlier.day)
    return Between(
        model,
        facts,
        later.day,
        held={window: Reading(model, earlier.facts(of), earlier.day) for window, of in held.items()},
        episodes_held={each.episode: then for each in undone if each.kind is ChangeKind.EPISODE},
    )


def _least(
    differences: Sequence[Difference], is_enough: Callable[[Sequence[Difference]], bool]
) -> tuple[Difference, ...]:
    """A set of differences that is enough and of which none can be spared; what stands first is spared last."""
    kept = list(differences)
    size = len(kept)
    while size:
        size = (size + 1) // 2 if size > 1 else 1
        spared = False
        for stop in range(len(kept), 0, -size):
            without = kept[: max(stop - size, 0)] + kept[stop:]
            if without and is_enough(without):
                kept, spared = without, True
        if size == 1 and not spared:
            break
    return tuple(kept)
