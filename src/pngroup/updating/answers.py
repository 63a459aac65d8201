"""What a run answers for each person, as it is kept for the next month and compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..files.formats import arrow
from ..frames import Column
from ..intake import REASONS
from ..result import Grouping
from .columns import PERSON_ID, places_in, words_of

Bools = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]
#: The place of nobody.
NOBODY: Final = -1
#: Why somebody of last month has no group who is no longer in the table of people.
NOT_IN_PEOPLE: Final = "not_in_people"


@frozen(eq=False)
class Names:
    """What the columns of an answer are called: of the group, and of the texts that depend on it (name, tier, colour).

    The one place where names of a result are taken from: the columns of a `Grouping`, in their order.
    """

    group: str
    texts: tuple[str, ...]

    @staticmethod
    def of(grouping: Grouping) -> Names:
        """The columns of a result between the person and the reason."""
        names = list(grouping.columns())
        first, *texts = names[1 : names.index("reason")]
        return Names(first, tuple(texts))

    @property
    def name(self) -> str:
        """The column with the name of the group: another name alone is no change."""
        return f"{self.group}_name"

    @property
    def compared(self) -> tuple[str, ...]:
        """The texts of which a change is a change of the person."""
        return tuple(name for name in self.texts if name != self.name)


@frozen(eq=False)
class Answer:
    """Groups of people: `ids` (Arrow), `group` (0 where there is none), `texts` and `reason` (None where none)."""

    names: Names
    ids: Any = field(repr=False)
    group: Groups = field(repr=False)
    texts: Mapping[str, Objects] = field(repr=False)
    reason: Objects = field(repr=False)

    def at(self, place: npt.NDArray[np.int64]) -> Answer:
        """The answers of the people at these places; nothing at `NOBODY`."""
        is_there = place != NOBODY
        where = np.where(is_there, place, 0)

        def taken(values: Objects) -> Objects:
            if not len(values):
                return np.full(len(place), None, object)
            found = values[where]
            found[~is_there] = None
            return found

        return Answer(
            names=self.names,
            ids=self.ids.take(arrow().array(where, mask=~is_there)),
            group=np.where(is_there, self.group[where], 0) if len(self.group) else np.zeros(len(place), np.int64),
            texts={name: taken(values) for name, values in self.texts.items()},
            reason=taken(self.reason),
        )

    def differs(self, other: Answer) -> Bools:
        """Where group, tier or colour of the same people are not the same."""
        found: Bools = self.group != other.group
        for name in self.names.compared:
            found |= self.texts[name] != other.texts[name]
        return found


def answer_of(grouping: Grouping) -> Answer:
    """The answer of a grouping, one entry a person."""
    names = Names.of(grouping)
    nobody = grouping.people.reason >= 0
    group = np.where(nobody, 0, grouping.answers.group.astype(np.int64))
    reasons = np.array([*REASONS, None], object)
    ids = grouping.people.table.native_column(PERSON_ID).combine_chunks()
    return Answer(
        names,
        ids,
        group,
        texts_for(grouping, names, group),
        reasons[np.where(nobody, grouping.people.reason, len(REASONS))],
    )


def texts_for(grouping: Grouping, names: Names, group: Groups) -> dict[str, Objects]:
    """Name, tier and colour of any groups of the grouping's model; None for no group (0)."""
    columns = grouping.columns()
    groups = np.array(sorted(rule.group for rule in grouping.model.criteria))
    found = {}
    for name in names.texts:
        column = columns[name]
        assert isinstance(column, Column)
        words = np.array([*column.words, None], object)
        found[name] = words[np.where(group > 0, np.searchsorted(groups, group), len(column.words))]
    return found


def kept_answer(result: Any, names: Names) -> Answer:
    """The answer of the table `result` of a state."""
    return Answer(
        names=names,
        ids=result.column(PERSON_ID).combine_chunks(),
        group=result.column(names.group).fill_null(0).to_numpy().astype(np.int64),
        texts={
            name: objects_of(result.column(name)) if name in result.column_names else _none(result)
            for name in names.texts
        },
        reason=objects_of(result.column("reason")),
    )


def place_among(ids: Any, others: Any) -> npt.NDArray[np.int64]:
    """For each id its place among others, `NOBODY` where it is not there."""
    return places_in(ids, others) if len(others) else np.full(len(ids), NOBODY, np.int64)


def id_column(ids: Any) -> Column:
    """Ids as a column of a result."""
    if arrow().types.is_integer(ids.type):
        return Column("integer", ids.to_numpy())
    return Column("text", ids.to_numpy(zero_copy_only=False))


def text_column(values: Objects) -> Column:
    """Texts as a column of a result, missing where there is none."""
    missing = np.array([value is None for value in values.tolist()], bool)
    return Column("text", values, missing)


def group_column(group: Groups) -> Column:
    """Groups as a column of a result, missing where there is none."""
    return Column("integer", group, group == 0)


def date_column(day: npt.NDArray[np.int64], missing: Bools) -> Column:
    """Days as a column of a result."""
    return Column("date", np.where(missing, 0, day), missing)


def objects_of(column: Any) -> Objects:
    """A column of text in an Arrow dictionary as objects, None where missing."""
    words, index = words_of(column)
    return np.array([*words.to_pylist(), None], object)[index]


def _none(result: Any) -> Objects:
    return np.full(result.num_rows, None, object)
