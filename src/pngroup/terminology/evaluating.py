"""An expression over a release: each part is a mask over the concepts, and joining parts is arithmetic on masks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .assembling import Content, find
from .expressions import Compound, Concept, Everything, Operation, Tree, WithHistory, is_valid_id
from .graph import Links
from .history import supplement

Mask = npt.NDArray[np.bool_]
_MOST_NAMED: Final = 5


class Evaluation:
    """Evaluates trees over one release and remembers what was odd about the concepts they name."""

    def __init__(self, content: Content, *, unknown: str = "error") -> None:
        self.content = content
        self.refuse_unknown = unknown == "error"
        self.unknown: set[int] = set()
        self.inactive: set[int] = set()
        self.empty_refsets: set[int] = set()

    def mask(self, tree: Tree) -> Mask:
        """The concepts of a tree; `UsageError` for unknown concepts, unless they are to be left out."""
        mask = self._of(tree)
        if self.unknown and self.refuse_unknown:
            named = sorted(self.unknown)
            more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
            n_wrong = sum(not is_valid_id(id_) for id_ in named)
            more += f" ({n_wrong:,} with a length, kind or check digit that no concept has)" if n_wrong else ""
            raise UsageError(
                f"{len(named):,} concepts are not in the release: {', '.join(map(str, named[:_MOST_NAMED]))}{more}",
                where="expression",
                allowed="concepts of the release",
                remedy="correct the ids, read a release that has them, or say unknown='leave_out'",
            )
        return mask

    def _of(self, tree: Tree) -> Mask:
        if isinstance(tree, Everything):
            return self.content.active.copy()
        if isinstance(tree, Concept):
            return self._one(tree.id)
        if isinstance(tree, Operation):
            return self._operation(tree)
        if isinstance(tree, WithHistory):
            profile = tree.profile if isinstance(tree.profile, str) else self.content.ids[self._of(tree.profile)]
            mask = self._of(tree.part)
            return mask | supplement(self.content, mask, profile)
        return self._compound(tree)

    def _compound(self, tree: Compound) -> Mask:
        mask = self._of(tree.parts[0])
        for part in tree.parts[1:]:
            other = self._of(part)
            if tree.word == "AND":
                mask = mask & other
            elif tree.word == "OR":
                mask = mask | other
            else:
                mask = mask & ~other
        return mask

    def _one(self, id_: int, *, may_be_refset: bool = False) -> Mask:
        index, known = find(self.content.ids, np.array([id_], np.int64))
        mask = np.zeros(len(self.content.ids), bool)
        if known[0]:
            mask[index] = True
            if not self.content.active[index[0]]:
                self.inactive.add(id_)
        elif not may_be_refset:
            self.unknown.add(id_)
        return mask

    def _operation(self, tree: Operation) -> Mask:
        if tree.operator == "^":
            return self._members(tree.operand)
        mask = self._of(tree.operand)
        hierarchy = self.content.hierarchy
        links: Links = hierarchy.children if tree.operator.startswith("<") else hierarchy.parents
        indexes = np.flatnonzero(mask)
        with_self = tree.operator[:2] in ("<<", ">>")
        if not tree.operator.endswith("!"):
            return links.reached(indexes, with_self=with_self)
        near = mask if with_self else np.zeros(len(mask), bool)
        near[links.of_all(indexes)] = True
        return near

    def _members(self, operand: Tree) -> Mask:
        """The members of reference sets; a set is known by its rows even where its own concept is in no file."""
        content = self.content
        if isinstance(operand, Everything):
            numbers: npt.NDArray[Any] = np.arange(len(content.refsets))
        elif isinstance(operand, Concept):
            wanted = np.array([operand.id], np.int64)
            numbers, there = find(content.refsets, wanted)
            self._one(operand.id, may_be_refset=bool(there[0]))
            if not there[0] and operand.id not in self.unknown:
                self.empty_refsets.add(operand.id)
            numbers = numbers[there]
        else:
            numbers, there = find(content.refsets, content.ids[self._of(operand)])
            numbers = numbers[there]
        mask = np.zeros(len(content.ids), bool)
        mask[content.members.of_all(numbers)] = True
        return mask
