"""The order in which groups stand: by precedence of the model, or by tier or colour; and which groups are unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import UsageError, did_you_mean
from ..model import Model
from ..schemes import Scheme

By: TypeAlias = Literal["group", "tier", "rag"]

_BY: Final = ("group", "tier", "rag")


@frozen
class Levels:
    """Groups in an order, highest first.

    `words`: a word for each level; `groups`: the groups of each; `of_group`: by group number the place of its level
    (int8), -1 for 0, which is no group. `by`: what the order is that of.
    """

    by: By
    words: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    of_group: npt.NDArray[np.int8] = field(eq=False, repr=False)

    def __len__(self) -> int:
        return len(self.words)

    def places(self, wanted: object, *, argument: str) -> tuple[int, ...]:
        """The places of levels that a caller names: group numbers by group, words of the scheme otherwise."""
        names: dict[object, int] = {}
        for place, word in enumerate(self.words):
            names[self.groups[place][0] if self.by == "group" else word] = place
        many = isinstance(wanted, Iterable) and not isinstance(wanted, str)
        asked = list(wanted) if many else [wanted]  # type: ignore[call-overload]
        unknown = [each for each in asked if each not in names]
        if unknown or not asked:
            raise UsageError(
                f"there is no {self.by} {unknown[0]!r}" if unknown else f"no {self.by} is named",
                where=f"argument {argument}",
                allowed=", ".join(map(str, names)),
                remedy=(did_you_mean(str(unknown[0]), map(str, names)) if unknown else "") or "name one or several",
            )
        return tuple(sorted({names[each] for each in asked}))

    def joined(self, places: Collection[int]) -> str:
        """The words of some levels, highest first."""
        return ", ".join(self.words[place] for place in sorted(places))


def group_names(model: Model, scheme: Scheme) -> dict[int, str]:
    """The name of each group, in order of precedence."""
    return {group: scheme.group_name(group) for group in model.groups}


def order_levels(model: Model, scheme: Scheme, by: By) -> Levels:
    """The levels of a model's groups, highest first.

    By group they are in the model's order of precedence: the number of a group is its name, not a rank. By tier they
    are in the scheme's order of tiers, by colour (`rag`) likewise, tiers of one colour together.
    """
    if by not in _BY:
        raise UsageError(f"by is {by!r}", where="argument by", allowed=", ".join(_BY), remedy="choose one of these")
    if by == "group":
        names = group_names(model, scheme)
        return _levels(by, {name: (group,) for group, name in names.items()})
    if not set(model.groups) <= {group for tier in scheme.tiers for group in tier.groups}:
        raise UsageError(
            "the groups of this model are in no tiers",
            where="argument by",
            allowed="by='group' for a model without tiers",
            remedy="leave by out",
        )
    found: dict[str, tuple[int, ...]] = {}
    for tier in reversed(scheme.tiers):
        word = tier.word if by == "tier" else tier.colour
        found[word] = (*found.get(word, ()), *(group for group in tier.groups if group in model.groups))
    return _levels(by, found)


def _levels(by: By, found: dict[str, tuple[int, ...]]) -> Levels:
    of_group = np.full(max(group for groups in found.values() for group in groups) + 1, -1, np.int8)
    for place, groups in enumerate(found.values()):
        of_group[list(groups)] = place
    return Levels(by, tuple(found), tuple(found.values()), of_group)


def unknown_groups(model: Model, unknown: Collection[int] | None) -> tuple[int, ...]:
    """The groups that stand for unknown need: those a caller names, or else those that the model does.

    Where a model says nothing it is the group that takes everybody left. Nothing is recorded that meets a criterion of
    that group, which is no sign of health: leaving it is not rising.
    """
    if unknown is None:
        return model.unknown
    wrong = [group for group in unknown if group not in model.groups]
    if wrong:
        raise UsageError(
            f"there is no group {wrong[0]!r}",
            where="argument unknown",
            allowed=", ".join(map(str, model.groups)) + "; or () for none",
            remedy="name groups of the model",
        )
    return tuple(unknown)
