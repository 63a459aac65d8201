"""Why people's groups differ between two dates: of one person on their own rows, or of all who changed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, Unpack

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..dates import read_as_at, to_date
from ..errors import DataError, UsageError
from ..explanation import ChangeExplanation, Explainer
from ..explanation.person import rows_of_person
from ..explanation.states import State, state_of
from ..frames import Column, Taken, build, find_id, listed
from ..grouping import group
from ..intake import Feed, Registry, opened_tables, read_people, rows_of_one
from ..preparing import Options, check_columns
from ..result import Grouping

Ints: TypeAlias = npt.NDArray[np.int64]
Day: TypeAlias = str | datetime.date | np.datetime64

_FEEDS = ("records", "contacts", "medicines", "values")


def explain_change(
    person: object,
    people: Any,
    records: Any,
    *,
    between: tuple[Day, Day],
    records_before: Any = None,
    show_restricted: bool = False,
    **options: Unpack[Options],
) -> ChangeExplanation:
    """Why one person's group differs between two dates, reading that person's rows of the tables only.

    `person` is a person_id of `people`; `options` are those of `group()`. `between` is two index dates, the earlier one
    first. With `records_before`, the records as an earlier version of the feed gave them, the earlier date is answered
    from these and the later one from `records`; the dates may then be the same, and what differs is what came late or
    was taken out. `show_restricted` names restricted topics, as in `explain()`.

    What made the difference is found by undoing it and asking the reference interpreter again: a record that came, is
    left out; one that has left a window, counts in it as before. Where the person has a group on both dates, each cause
    that is named would by itself have kept the person in the earlier group; where none would, the smallest set found
    that does so together is named, and the text says so. The end of a group, by death or with the registration, is a
    cause by itself, and `group_without` the group of the later date without it.

    Returns a `ChangeExplanation`; `str()` is for staff. Raises `UsageError` for dates in the wrong order, `DataError`
    where `people` has no such person (the id is not repeated), and what `group()` raises.

    >>> people = {"person_id": ["a"], "birth_date": ["1960-05-02"]}
    >>> records = {"person_id": ["a", "a"], "code": ["I10", "I50.0"], "date": ["2020-01-10", "2026-02-01"]}
    >>> found = explain_change("a", people, records, between=("2025-12-31", "2026-03-31"), system="icd10")
    >>> found.from_group, found.to_group, [(cause.kind.value, cause.code) for cause in found.causes]
    (4, 9, [('record_came', 'I500')])
    """
    columns = options.get("columns")
    check_columns(columns)
    tables = {"people": people, "records": records, **{name: options.get(name) for name in _FEEDS[1:]}}
    own = rows_of_one(tables, columns or {}, person)
    before = rows_of_one({"records": records_before}, columns or {}, person)["records"]
    for name in _FEEDS[1:]:
        if own[name] is not None:
            options[name] = own[name]  # type: ignore[literal-required]
    compared = _compare(own["people"], own["records"], before, between, options)
    if not compared.n_people:
        raise _no_such_person()
    [found] = compared.explain([0], show_restricted=show_restricted)
    return found


@frozen
class ChangeExplanations:
    """Why the groups of several people differ between two dates. Made by `explain_changes()`.

    `places`: the place of each person among the distinct people of the table, `explanations` one for each,
    `grouping` the people on a later date.
    """

    places: Ints = field(eq=False, repr=False)
    explanations: tuple[ChangeExplanation, ...] = field(repr=False)
    grouping: Grouping = field(repr=False)

    def __len__(self) -> int:
        return len(self.explanations)

    def __iter__(self) -> Iterator[ChangeExplanation]:
        return iter(self.explanations)

    def to_frame(self) -> Any:
        """One row a person and cause, people in the caller's order, in the caller's frame type.

        Columns: `person_id`, `from_group`, `to_group` (nullable integers), `kind` (a word of `ChangeKind`),
        `only_together` (boolean), `condition`, `name`, `system`, `code`, `date` and `day` (dates), `window`,
        `group_without` (nullable integer) as in `ChangeCause`. Text that there is none of is missing.
        """
        pairs = [(at, each, cause) for at, each in enumerate(self.explanations) for cause in each.causes]
        rows = self.grouping.people.first_row[self.places[[at for at, _, _ in pairs]]] if pairs else self.places[:0]

        def texts(values: Sequence[str]) -> Column:
            number = {value: place for place, value in enumerate(dict.fromkeys([*values, ""]))}
            places = np.array([number[value] for value in values], np.int64)
            return Column("text", places, np.array([not value for value in values], bool), tuple(number))

        def numbers(values: Sequence[int | None]) -> Column:
            missing = np.array([value is None for value in values], bool)
            return Column("integer", np.array([value or 0 for value in values], np.int64), missing)

        def days(values: Sequence[datetime.date | None]) -> Column:
            missing = np.array([value is None for value in values], bool)
            return Column("date", np.array([read_as_at(value) if value else 0 for value in values], np.int64), missing)

        causes = [cause for _, _, cause in pairs]
        columns: dict[str, Column | Taken] = {
            "person_id": Taken("person_id"),
            "from_group": numbers([each.from_group for _, each, _ in pairs]),
            "to_group": numbers([each.to_group for _, each, _ in pairs]),
            "kind": texts([cause.kind.value for cause in causes]),
            "only_together": Column("boolean", np.array([each.only_together for _, each, _ in pairs], bool)),
            **{
                name: texts([getattr(cause, name) for cause in causes])
                for name in ("condition", "name", "system", "code")
            },
            "date": days([cause.date for cause in causes]),
            "day": days([cause.day for cause in causes]),
            "window": texts([cause.window for cause in causes]),
            "group_without": numbers([cause.group_without for cause in causes]),
        }
        return build(self.grouping.people.table, columns, rows=rows, pass_through=False, renumber=True)


def explain_changes(
    people: Any,
    records: Any,
    *,
    between: tuple[Day, Day],
    persons: Iterable[object] | None = None,
    records_before: Any = None,
    show_restricted: bool = False,
    **options: Unpack[Options],
) -> ChangeExplanations:
    """Why the groups of all who changed differ between two dates, or of the `persons` (ids) that are named.

    The arguments are those of `explain_change()`. The tables are read once; then each person who changed takes the
    reference interpreter some hundredths of a second. Among `persons`, one whose group is the same has an explanation
    without causes. Returns `ChangeExplanations`. Raises as `explain_change()`.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1960-05-02", "1990-01-01"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "I10"], "date": ["2026-02-01", "2020-01-01"]}
    >>> found = explain_changes(people, records, between=("2025-12-31", "2026-03-31"), system="icd10")
    >>> found.to_frame()["code"].tolist()
    ['I500']
    """
    compared = _compare(people, records, records_before, between, options)
    places = compared.changed() if persons is None else compared.places(persons)
    found = tuple(compared.explain(places.tolist(), show_restricted=show_restricted))
    return ChangeExplanations(places, found, compared.later)


def _no_such_person() -> DataError:
    return DataError(
        "people has no such person",
        where="argument person",
        allowed="a person_id of people, of the same type (text or whole number)",
        remedy="check the id and its type; leading zeros count",
    )


@frozen
class _Compared:
    """The same people grouped twice, with what is needed to say why one of them changed."""

    earlier: Grouping
    later: Grouping
    registry: Registry
    same_feed: bool

    @property
    def n_people(self) -> int:
        return len(self.later)

    def changed(self) -> Ints:
        """The places of people whose group differs."""
        before, after = (np.where(each.people.reason < 0, each.answers.group, 0) for each in (self.earlier, self.later))
        return np.flatnonzero(before != after)

    def places(self, persons: Iterable[object]) -> Ints:
        """The places of people by their ids."""
        found = [find_id(self.later.people.ids, each) for each in listed(list(persons), argument="persons")]
        if None in found:
            raise _no_such_person()
        return np.array(found, np.int64)

    def explain(self, places: Iterable[int], *, show_restricted: bool) -> Iterator[ChangeExplanation]:
        """The explanation of each person."""
        grouping = self.later
        explainer = Explainer(grouping.model, grouping.catalogue, grouping.scheme, show_restricted)
        earlier, later = _ByPerson.of(self.earlier), _ByPerson.of(self.later)
        for place in places:
            yield explainer.explain(
                earlier.state(place), later.state(place), self.registry.of_person(place), same_feed=self.same_feed
            )


def _compare(people: Any, records: Any, before: Any, between: tuple[Day, Day], options: Options) -> _Compared:
    days = _days(between, may_be_one=before is not None)
    columns = options.get("columns")
    check_columns(columns)
    people, _ = opened_tables(people, {}, columns or {})
    options["keep_records"] = True
    at = [to_date(day) for day in sorted(set(days))]

    def grouped(table: Any) -> list[Grouping]:
        if len(at) == 1:
            return [group(people, table, as_at=at[0], **options)]
        return list(group(people, table, as_at=at, **options))

    later = grouped(records)
    earlier = later if before is None else grouped(before)
    names = (columns or {}).get("people")
    registry = read_people(people, columns=names, date_format=options.get("date_format"), one_date=len(at) == 1)
    return _Compared(earlier[0], later[-1], registry, same_feed=before is None)


def _days(between: tuple[Day, Day], *, may_be_one: bool) -> tuple[int, int]:
    if isinstance(between, str) or not isinstance(between, Sequence) or len(between) != 2:
        raise UsageError(
            "between is not two dates",
            where="argument between",
            allowed="two index dates, the earlier one first",
            remedy="write it as ('2025-12-31', '2026-03-31')",
        )
    first, last = (read_as_at(each) for each in between)
    if first > last or (first == last and not may_be_one):
        raise UsageError(
            "the first of two dates is not the earlier one",
            where="argument between",
            allowed="two index dates, the earlier one first; the same date twice with records_before only",
            remedy="exchange the dates, or give records_before",
        )
    return first, last


@frozen
class _ByPerson:
    """The kept rows of a grouping, found by person without going through all of them."""

    grouping: Grouping
    feeds: Mapping[str, tuple[Feed, Ints, Ints]]

    @staticmethod
    def of(grouping: Grouping) -> _ByPerson:
        assert grouping.kept is not None  # `_compare` asks for it
        n_people, feeds = len(grouping), {}
        for name, feed in grouping.kept.items():
            order = np.argsort(feed.person, kind="stable")
            feeds[name] = (feed, order, np.searchsorted(feed.person[order], np.arange(n_people + 1)))
        return _ByPerson(grouping, feeds)

    def state(self, place: int) -> State:
        """The state of a person on the index date."""
        own = {}
        for name, (feed, order, starts) in self.feeds.items():
            rows = order[starts[place] : starts[place + 1]]
            own[name] = evolve(
                feed,
                person=feed.person[rows],
                pair=feed.pair[rows],
                day=feed.day[rows],
                variant=feed.variant[rows],
            )
        people = self.grouping.people
        return state_of(place, people, rows_of_person(place, people, own), self.grouping.as_at)
