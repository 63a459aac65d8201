"""Why a person's group differs between two days, in words for staff."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from ..catalogue import Catalogue
from ..dates import to_date
from ..intake import Registry
from ..model.definition import Model
from ..model.reference import Reading, interpret
from ..schemes import Scheme
from ..vocabulary import ChangeKind
from .causes import Causes, find_causes
from .changes import birthday_in, leaves_on
from .states import Difference, Row, State
from .texts import Texts, load_texts
from .turns import Turn, find_turns, group_undone
from .words import Words, day_text, underline

_MOST_SHOWN = 8
#: Conditions of which one row can be evidence are named up to this many.
_MOST_NAMES = 3


@frozen
class ChangeCause:
    """One cause of a change.

    `kind`: a word of `ChangeKind`. Where it is a row: its `feed`, `condition` (id, the most specific; empty where the
    row is evidence of none), `name`, `system`, `code` and `date`. `day`: when it took effect, None where that is not
    one day. `window`: the window that the row has left, such as "12 months". `group_without`: the group on the
    later date had this one cause not come about, None where there would be none; `undone` says so in a sentence. A
    restricted record has neither condition nor code nor days.
    """

    kind: ChangeKind
    name: str
    condition: str = ""
    feed: str = ""
    system: str = ""
    code: str = ""
    date: datetime.date | None = None
    day: datetime.date | None = None
    window: str = ""
    group_without: int | None = None
    text: str = field(default="", repr=False)
    undone: str = field(default="", repr=False)


@frozen
class CriterionChange:
    """A criterion that is met on one day and not on the other (None: not knowable)."""

    group: int
    before: bool | None
    after: bool | None
    summary: str


@frozen
class ChangeExplanation:
    """Why one person's group differs between two days. `str()` is for staff. Holds no identifier.

    `from_group` and `to_group` are None where there is no group, and `from_reason` and `to_reason` say why. `turns`:
    each day between on which the group turned, by the later feed (none where two feeds are compared), without the turns
    that a restricted record is a cause of, unless these are shown. `causes`: what
    made the difference between the two dates, whatever the turns between. Each of them undone alone gives the earlier
    group; with `only_together`, only all of them do, and none can be spared: it is the smallest such set that was
    found, and there may be others. Where a group ended (in death, or with the registration) the end is the one cause,
    and its `group_without` the group of the later date without it, which need not be the earlier one. Without a
    change there are no causes.
    """

    between: tuple[datetime.date, datetime.date]
    model: str
    from_group: int | None
    from_reason: str | None
    to_group: int | None
    to_reason: str | None
    turns: tuple[Turn, ...] = field(repr=False)
    criteria: tuple[CriterionChange, ...] = field(repr=False)
    causes: tuple[ChangeCause, ...] = field(repr=False)
    only_together: bool
    staff_text: str = field(repr=False)
    note: str = field(repr=False)

    def __str__(self) -> str:
        return self.staff_text


@frozen
class Explainer:
    """What explaining changes needs beside the person."""

    model: Model = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    scheme: Scheme = field(repr=False)
    show_restricted: bool

    def explain(self, earlier: State, later: State, registry: Registry, *, same_feed: bool) -> ChangeExplanation:
        """The explanation of one person, whose registry is `registry`; turns are looked for in the same feed only."""
        texts = load_texts(self.model.texts)
        found = find_causes(self.model, earlier, later)
        turns: tuple[Turn, ...] = ()
        if same_feed:
            days = earlier.day, later.day
            turns = find_turns(self.model, registry, later, *days, is_hidden=self.is_hidden)
        criteria = tuple(_criteria(self.model, texts, earlier, later))
        reading = Reading(self.model, later.facts(later.rows), later.day)
        teller = _Teller(
            self, texts, Words(reading, self.catalogue, texts, self.show_restricted), earlier, later, registry
        )
        causes = tuple(teller.cause(each, found) for each in found.causes)
        return ChangeExplanation(
            between=(earlier.day, later.day),
            model=f"{self.model.name}@{self.model.edition}",
            from_group=found.before,
            from_reason=earlier.reason,
            to_group=found.after,
            to_reason=later.reason,
            turns=turns,
            criteria=criteria,
            causes=causes,
            only_together=found.only_together,
            staff_text="\n".join(teller.lines(found, causes, turns, criteria)),
            note=texts.staff_note,
        )

    def is_hidden(self, row: Row) -> bool:
        """Whether nothing is told of a row, because it reveals a restricted topic."""
        return not self.show_restricted and self.catalogue.is_restricted(row.conditions)


def _criteria(model: Model, texts: Texts, earlier: State, later: State) -> Iterator[CriterionChange]:
    if earlier.reason is not None or later.reason is not None:
        return
    before, after = (interpret(model, each.facts(each.rows), each.day).criteria for each in (earlier, later))
    for rule in model.criteria:
        if before[rule.group] is not after[rule.group]:
            summary = texts.criteria.get(rule.group, f"criterion {rule.group}")
            yield CriterionChange(rule.group, before[rule.group], after[rule.group], summary)


@frozen
class _Teller:
    """Puts the causes of one person's change into words."""

    explainer: Explainer
    texts: Texts
    words: Words
    earlier: State
    later: State
    registry: Registry

    def cause(self, difference: Difference, found: Causes) -> ChangeCause:
        """One cause with its sentence."""
        model, row = self.explainer.model, difference.row
        without = group_undone(model, self.registry, self.earlier, self.later, difference)
        alone = without.need_group
        if row is None:
            name = self.texts.episodes.get(difference.episode, difference.episode)
            cause = ChangeCause(difference.kind, name, day=self._day(difference.kind), group_without=alone)
            is_about = cause.kind is ChangeKind.BIRTHDAY and cause.day is None
            return self._told(cause, f"{cause.kind}_about" if is_about else str(cause.kind), without, found)
        if self.explainer.is_hidden(row):
            hidden = ChangeCause(difference.kind, self.texts.restricted_record, group_without=alone)
            return self._told(hidden, "restricted", without, found)
        catalogue = self.explainer.catalogue
        known = {name for name in row.conditions if name in catalogue.conditions}
        inner = {ancestor for name in known for ancestor in catalogue.conditions[name].ancestors}
        leaves = sorted(known - inner)
        plain = {"contacts": "contact", "medicines": "medicine"}.get(row.feed, "any_record")
        names = ", ".join(catalogue.name_of(name) for name in leaves[:_MOST_NAMES])
        day = None
        if difference.kind in (ChangeKind.RECORD_CAME, ChangeKind.RESOLVED_CODE):
            day = row.date
        elif difference.window is not None:
            day = leaves_on(row.date, *difference.window)
        cause = ChangeCause(
            kind=difference.kind,
            name=names or self.texts.changes[plain],
            condition=leaves[0] if leaves else "",
            feed=row.feed,
            system=row.system.value if row.system is not None else "",
            code=row.code if row.system is not None and row.code is not None else "",
            date=row.date,
            day=day,
            window="" if difference.window is None else f"{difference.window[1]} {difference.window[0]}",
            group_without=alone,
        )
        return self._told(cause, str(cause.kind), without, found)

    def _told(self, cause: ChangeCause, sentence: str, without: Turn, found: Causes) -> ChangeCause:
        text = self.texts.changes[sentence].format(
            name=cause.name[:1].upper() + cause.name[1:],
            date="" if cause.date is None else day_text(cause.date),
            day="" if cause.day is None else day_text(cause.day),
            code=f" ({cause.system} {cause.code})" if cause.code else "",
            window=cause.window,
        )
        group = self._group(without.need_group, without.reason)
        undone = self.texts.changes[f"undone_{sentence}"].format(group=group)
        return evolve(cause, text=f"{text} {undone}" if found.only_together else text, undone=undone)

    def _day(self, kind: ChangeKind) -> datetime.date | None:
        """The day of something that is no row."""
        first, last = self.earlier.day, self.later.day

        def between(*given: tuple[object, object]) -> datetime.date | None:
            days = [to_date(int(day[0])) for day, there in given if there[0]]  # type: ignore[index]
            return max((day for day in days if first < day <= last), default=None)

        match kind:
            case ChangeKind.DEATH:
                return between(self.registry.died_on)
            case ChangeKind.REGISTRATION:
                return between(self.registry.registered_from, self.registry.registered_to)
            case ChangeKind.BIRTH:
                return self.later.person.birth if self.later.person.has_exact_birth else None
            case ChangeKind.BIRTHDAY if self.later.person.has_exact_birth:
                years = range(first.year, last.year + 1)
                days = (birthday_in(self.later.person.birth, year) for year in years)
                return max((day for day in days if first < day <= last), default=None)
            case _:
                return None

    def _group(self, number: int | None, reason: str | None) -> str:
        changes: Mapping[str, str] = self.texts.changes
        if number is None:
            return changes["no_group"].format(reason=self.texts.reasons.get(str(reason), reason))
        return changes["group"].format(number=number, name=self.explainer.scheme.group_name(number))

    def _turn(self, turn: Turn) -> str:
        changes, day = self.texts.changes, day_text(turn.day)
        if turn.need_group is None:
            return changes["turn_to_none"].format(day=day, reason=self.texts.reasons.get(str(turn.reason), turn.reason))
        name = self.explainer.scheme.group_name(turn.need_group)
        return changes["turn"].format(day=day, number=turn.need_group, name=name)

    def lines(
        self,
        found: Causes,
        causes: tuple[ChangeCause, ...],
        turns: tuple[Turn, ...],
        criteria: tuple[CriterionChange, ...],
    ) -> Iterator[str]:
        """The explanation as plain text."""
        model = self.explainer.model
        before = self._group(found.before, self.earlier.reason)
        after = self._group(found.after, self.later.reason)
        head = f"From {before} on {day_text(self.earlier.day)} to {after} on {day_text(self.later.day)}"
        yield head
        yield underline(head)
        yield f"By the model {model.name}@{model.edition}."
        if turns:
            yield self.texts.changes["turned"].format(turns="; ".join(map(self._turn, turns)))
        yield ""
        if not causes:
            yield self.texts.changes["no_change"]
        else:
            yield "Why"
            yield from (f"  {cause.text}" for cause in causes[:_MOST_SHOWN])
            if len(causes) > _MOST_SHOWN:
                yield f"  and {len(causes) - _MOST_SHOWN} more"
            if len(causes) == 1:
                yield f"  {causes[0].undone}"
            else:
                sentence = "undone_all" if found.only_together else "undone_any"
                yield f"  {self.texts.changes[sentence].format(group=before)}"
        if criteria:
            yield ""
            yield "Criteria that changed"
            marks = {True: "met", False: "not met", None: "not knowable"}
            for each in criteria:
                yield f"  {each.group:>2}  {each.summary}: {marks[each.before]}, then {marks[each.after]}"
        yield ""
        yield self.texts.staff_note
