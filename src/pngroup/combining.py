"""Combinations: for each person one text of all that is present, its codes joined, and one number for each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from .answering import Answers
from .model import Model
from .model.registers import Combination

Bools: TypeAlias = npt.NDArray[np.bool_]

#: Between the codes of a combination.
JOINED: Final = "+"
_WORD: Final = 8


def combination(model: Model, answers: Answers, wanted: Combination) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """For each person the place of their combination, and the text of each, in the order of their codes."""
    if wanted.registers:
        names = model.registers_of(wanted.registers)
        codes = [model.registers[name].code for name in names]
        bits = [answers.registers[name][0] for name in names]
    else:
        codes = list(wanted.flags.values())
        bits = [answers.flags[name] for name in wanted.flags]
    return combined(bits, codes, wanted.none, n_people=len(answers.group))


def combined(
    bits: Sequence[Bools], codes: Sequence[str], none: str, *, n_people: int
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """The same of any bits, an array of one entry a person each.

    >>> combined([np.array([True, False, True]), np.array([True, False, False])], ["a", "b"], "none", n_people=3)
    (array([2, 0, 1]), ('none', 'a', 'a+b'))
    """
    if not bits or not n_people:
        return np.zeros(n_people, np.int64), (none,)
    distinct, index = np.unique(_packed(bits), axis=0, return_inverse=True)
    words = distinct.reshape(len(distinct), -1)
    present = np.unpackbits(words.view(np.uint8), axis=1)[:, : len(bits)]
    # Fewest parts first, then as the parts are listed: their first bit is the highest of the first word.
    in_order = np.lexsort((*(~words.view(">u8").astype(np.uint64)).T[::-1], present.sum(axis=1)))
    present = present[in_order]
    ends = np.cumsum(present.sum(axis=1)).tolist()
    listed = np.array(codes, object)[np.nonzero(present)[1]].tolist()
    texts = tuple(JOINED.join(listed[a:b]) or none for a, b in zip([0, *ends], ends, strict=False))
    place = np.empty(len(in_order), np.int64)
    place[in_order] = np.arange(len(in_order))
    return place[index.reshape(-1)], texts


def _packed(bits: Sequence[Bools]) -> npt.NDArray[Any]:
    """The bits of each person as few whole numbers: (people, words), or (people,) where one is enough."""
    packed = np.packbits(np.stack(bits), axis=0)
    words = np.zeros((packed.shape[1], -(-len(packed) // _WORD) * _WORD), np.uint8)
    words[:, : len(packed)] = packed.T
    whole = words.view(np.uint64)
    return whole[:, 0] if whole.shape[1] == 1 else whole
