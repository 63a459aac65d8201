"""A cohort: everybody of whom an expression of the model's language is true, in some groups, with some traits."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from numbers import Number
from typing import Any, Final, TypeAlias, Unpack

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..answering import answer_groups, compiler_for, run
from ..catalogue import Catalogue
from ..dates import to_date
from ..errors import ModelError, UsageError, did_you_mean
from ..frames import Column, Taken, build, is_missing
from ..intake import REASONS, SEXES, People
from ..model import Model, load_both
from ..model.checking import check_model
from ..model.definition import Flag, condition_names
from ..model.filtering import replaced, with_filter
from ..model.parsing import parse
from ..model.registers import base_of
from ..model.tree import Call, Measure, Node, walk
from ..preparing import Options, prepare, scheme_for
from ..quality import Quality
from ..result import group_columns
from ..schemes import Scheme
from ..vocabulary import Setting

Bools: TypeAlias = npt.NDArray[np.bool_]
Groups: TypeAlias = npt.NDArray[np.int8]

_WHERE: Final = "argument where"
#: The flag that an expression becomes; no name in a model file is written so.
_QUERY: Final = "the query"


@frozen
class Cohort:
    """The people of whom everything that was asked is true on an index date. Made by `cohort()`.

    `is_member`, `is_unknown`: one entry a person of `people`; unknown are those of whom it cannot be told, because a
    table was not given, a score is not known, or a trait is missing. They are no members. `group`: int8, 0 for people
    without a group, who are never members. `n_without_group` counts these by reason. `fingerprint` is a hash over
    everything that can change the answer.
    """

    model: Model = field(repr=False)
    scheme: Scheme = field(repr=False)
    as_at: datetime.date
    where: str | None
    people: People = field(repr=False)
    is_member: Bools = field(eq=False, repr=False)
    is_unknown: Bools = field(eq=False, repr=False)
    group: Groups = field(eq=False, repr=False)
    quality: Quality = field(repr=False)
    fingerprint: str = field(repr=False)

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        counts = f"n={self.n}, n_asked={self.n_asked}, n_unknown={self.n_unknown}"
        return f"Cohort(as_at={self.as_at.isoformat()}, where={self.where!r}, {counts})"

    @property
    def n(self) -> int:
        """Number of members."""
        return int(self.is_member.sum())

    @property
    def n_unknown(self) -> int:
        """Number of people of whom it cannot be told."""
        return int(self.is_unknown.sum())

    @property
    def n_asked(self) -> int:
        """Number of people who could be members: those with a group."""
        return int((self.people.reason < 0).sum())

    @property
    def n_without_group(self) -> dict[str, int]:
        """How many people have no group and are therefore no members, by reason."""
        return {word: n for place, word in enumerate(REASONS) if (n := int((self.people.reason == place).sum()))}

    def to_frame(self) -> Any:
        """One row a member, in the caller's order and frame type; the caller's other columns at the end.

        Columns: `person_id`, `age` (whole years on the index date), `sex` (a word), and the group as in
        `Grouping.to_frame()`.
        """
        members = np.flatnonzero(self.is_member)
        nobody = np.zeros(len(members), bool)
        columns: dict[str, Column | Taken] = {
            "person_id": Taken("person_id"),
            "age": Column("integer", self.people.age[members]),
            "sex": Column("text", self.people.sex[members].astype(np.int64), words=SEXES),
            **group_columns(self.model, self.scheme, self.group[members], nobody),
        }
        return build(self.people.table, columns, rows=self.people.first_row[members], renumber=True)


def cohort(
    people: Any,
    records: Any,
    *,
    as_at: str | datetime.date | np.datetime64,
    where: str | None = None,
    groups: Iterable[int] | None = None,
    tiers: Iterable[str] | None = None,
    traits: Mapping[str, object] | None = None,
    show_restricted: bool = False,
    **options: Unpack[Options],
) -> Cohort:
    """Everybody of whom all that is asked is true at the end of `as_at`.

    `where` is an expression of the model language: any condition of the catalogue, whether or not the model uses it,
    and the measures, scores, lines, tallies and registers of the model: `"ever(a_condition) and age >= 65 and not
    within(any_record, months=12)"`. It counts all records, unless it names a filter of the model: `ever(a_condition,
    where='hospital')`. `groups` are group numbers, `tiers` words of the scheme, `traits` columns of people
    with the value or values allowed in each: `{"ethnicity": ["B"], "practice": "A81001"}`. `people`, `records` and
    `options` are those of `group()`. An expression about a restricted topic needs `show_restricted`: a list of people
    would tell it. So does one about a condition that a restricted one is nested in: less its other parts that is left.

    Truth has three values: people of whom it cannot be told are no members and are counted as unknown, and so is
    somebody whose trait is missing. People without a group (died, not registered ...) are no members.

    Returns a `Cohort`. Raises `UsageError` for an expression that is not right, a group, tier or column that is not
    there, values of another kind than the column of a trait, or a restricted topic, and what `group()` raises.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "ward": ["X", "Y"]}
    >>> records = {"person_id": ["a", "b"], "code": ["E11.9", "E11.9"], "date": ["2020-01-10", "2025-12-01"]}
    >>> query = "ever(any_record) and not within(any_record, months=12)"
    >>> found = cohort(people, records, as_at="2026-03-31", where=query, traits={"ward": "X"}, system="icd10")
    >>> found.n, found.to_frame()["person_id"]
    (1, ['a'])
    """
    catalogue, model = load_both(options.get("model", "need-groups"), options.get("catalogue"))
    node = None
    if where is not None:
        node = _read(where, model)
        model = _asking(model, catalogue, node, show_restricted=show_restricted)
    options["model"], options["catalogue"] = model, catalogue
    scheme = scheme_for(model, options.get("scheme"))
    of_groups = _groups(model, groups) & _groups_of_tiers(model, scheme, tiers)
    prepared = prepare(people, records, as_at=as_at, **options)
    if not prepared.is_one:
        raise UsageError(
            "a cohort is asked for at several dates",
            where="argument as_at",
            allowed="one index date",
            remedy="ask for each date by itself",
        )
    [inputs] = prepared.inputs
    everybody = inputs.people
    grouped = everybody.reason < 0
    group = np.where(grouped, answer_groups(model, [inputs])[0], 0).astype(np.int8)
    surely = grouped & np.isin(group, sorted(of_groups))
    possibly = surely.copy()
    wanted = {column: _allowed(values) for column, values in (traits or {}).items()}
    for has, may_have in _traits(everybody, wanted):
        surely, possibly = surely & has, possibly & may_have
    if node is not None:
        truth = compiler_for(model, inputs).truth(node)
        [[has, may_have]] = run(model, [inputs], [truth.surely, truth.possibly])
        surely, possibly = surely & has, possibly & may_have
    asked = repr((where, sorted(of_groups), sorted((name, sorted(map(repr, of))) for name, of in wanted.items())))
    return Cohort(
        model=model,
        scheme=prepared.scheme,
        as_at=to_date(inputs.as_at),
        where=where,
        people=everybody,
        is_member=surely,
        is_unknown=possibly & ~surely,
        group=group,
        quality=prepared.qualities[0],
        fingerprint=hashlib.sha256(f"{prepared.fingerprint}\n{asked}".encode()).hexdigest(),
    )


def _read(text: object, model: Model) -> Node:
    if not isinstance(text, str):
        raise UsageError(
            f"where is a {type(text).__name__}",
            where=_WHERE,
            allowed="an expression of the model language as text",
            remedy="write it as 'ever(a_condition) and age >= 65'",
        )

    def is_filtered(name: str) -> bool:
        return any(model.feed_of(member) == "records" for member in model.members(name))

    try:
        node = parse(text, where=_WHERE)
        return replaced(node, lambda call: with_filter(call, "", is_filtered, model))
    except ModelError as error:
        raise UsageError(error.what, where=_WHERE, allowed=error.allowed, remedy=error.remedy) from None


def _asking(model: Model, catalogue: Catalogue, node: Node, *, show_restricted: bool) -> Model:
    """The model with the expression among what it asks, so that the evidence holds what the expression needs."""
    asking = evolve(model, flags=(*model.flags, Flag(_QUERY, node, ())))
    settings = (each.value for each in Setting)
    try:
        check_model(
            asking,
            settings=settings,
            sources=catalogue.sources,
            items=catalogue.register_items,
            where=lambda _: _WHERE,
        )
    except ModelError as error:
        raise UsageError(error.what, where=_WHERE, allowed=error.allowed, remedy="correct the expression") from None
    if not show_restricted and any(_tells(catalogue, name) for name in _conditions(model, node)):
        raise UsageError(
            "the expression asks about a restricted topic, or a condition that holds one",
            where=_WHERE,
            allowed="other conditions, or show_restricted=True",
            remedy="make sure that the list may be made, and say so with show_restricted=True",
        )
    return asking


def _tells(catalogue: Catalogue, name: str) -> bool:
    """Whether a condition is restricted or holds one that is: of such a one what is left without other parts tells.

    Of an item of a register any of its codes can be.
    """
    if name in catalogue.register_items:
        return any(
            catalogue.is_restricted(catalogue.meaning(code, system))
            for system, rules in catalogue.rules.items()
            for code in rules.codes_of(name)
        )
    return catalogue.is_restricted([name]) or any(
        name in condition.ancestors and catalogue.is_restricted([id_])
        for id_, condition in catalogue.conditions.items()
    )


def _conditions(model: Model, node: Node) -> Iterator[str]:
    """The conditions that an expression names, itself or by a line or measure; what counts many names none."""
    for each in walk(node):
        if isinstance(each, Measure) and each.name in model.measures:
            yield from _conditions(model, model.measures[each.name])
        elif isinstance(each, Call):
            for name in condition_names(each):
                yield from map(base_of, model.members(name))
            for below in model.below(each) if each.function in ("line", "register") else ():
                yield from _conditions(model, below)


def _groups(model: Model, groups: Iterable[int] | None) -> frozenset[int]:
    if groups is None:
        return frozenset(model.groups)
    asked = frozenset([groups] if isinstance(groups, int) else groups)
    if wrong := sorted(map(str, asked - frozenset(model.groups))):
        raise UsageError(
            f"the model has no group {wrong[0]}",
            where="argument groups",
            allowed=", ".join(map(str, sorted(model.groups))),
            remedy="name groups of the model by their numbers",
        )
    return frozenset(map(int, asked))


def _groups_of_tiers(model: Model, scheme: Scheme, tiers: Iterable[str] | None) -> frozenset[int]:
    if tiers is None:
        return frozenset(model.groups)
    asked = {str(each) for each in ([tiers] if isinstance(tiers, str) else tiers)}
    words = [tier.word for tier in scheme.tiers]
    if wrong := sorted(asked.difference(words)):
        raise UsageError(
            f"the scheme has no tier {wrong[0]!r}",
            where="argument tiers",
            allowed=", ".join(words) or "none: this scheme has no tiers",
            remedy=did_you_mean(wrong[0], words) or "name tiers of the scheme",
        )
    return frozenset(group for tier in scheme.tiers if tier.word in asked for group in tier.groups)


def _allowed(values: object) -> frozenset[object]:
    """One value or several as a set."""
    if isinstance(values, Collection) and not isinstance(values, str):
        return frozenset(values)
    return frozenset([values])


def _traits(people: People, traits: Mapping[str, frozenset[object]]) -> Iterator[tuple[Bools, Bools]]:
    """For each trait who surely has an allowed value, and who may have one, because nothing is known."""
    table = people.table
    for column, allowed in traits.items():
        if column not in table.other_columns:
            hint = did_you_mean(str(column), table.other_columns)
            raise UsageError(
                f"people has no column {column!r}" + (f", {hint}" if hint else ""),
                where="argument traits",
                allowed="other columns of people: " + (", ".join(table.other_columns) or "there are none"),
                remedy="name one of these; for age and sex use where",
            )
        encoded = table.encode(column, booleans=True)
        distinct = encoded.values.tolist()
        _check_kind(column, distinct, allowed)
        found = np.array([*(value in allowed for value in distinct), False])[encoded.index]
        unknown = np.array([*(is_missing(value) for value in distinct), True])[encoded.index]
        if any(is_missing(value) for value in allowed):
            found, unknown = found | unknown, np.zeros(len(found), bool)
        yield found[people.first_row], (found | unknown)[people.first_row]


def _check_kind(column: str, distinct: Collection[object], allowed: Collection[object]) -> None:
    """Raise `UsageError` where no value asked for is of the kind that the column holds: nobody could have it."""
    asked, held = ({_kind(value) for value in values if not is_missing(value)} for values in (allowed, distinct))
    if asked and held and asked.isdisjoint(held):
        raise UsageError(
            f"column {column!r} of people holds {' and '.join(sorted(held))}, and traits ask for "
            + " and ".join(sorted(asked)),
            where="argument traits",
            allowed=f"values that are {' or '.join(sorted(held))}",
            remedy="write the values as the column does: '1' is text, 1 a number",
        )


def _kind(value: object) -> str:
    """Values of one kind can be equal; True is 1."""
    if isinstance(value, str):
        return "text"
    return (
        "numbers or true and false" if isinstance(value, (Number, np.number, np.bool_)) else f"a {type(value).__name__}"
    )
