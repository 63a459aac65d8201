"""The hierarchy as arrays: parents and children of each concept, its levels, and the transitive closure.

All is computed a level or a frontier at a time, by numpy, without a step of Python for each concept or row.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import DataError

#: 400 MB as int32. The International Edition has some six million pairs.
MOST_PAIRS: Final = 100_000_000
_PAIRS_AT_ONCE: Final = 2_000_000
_KEY_BITS: Final = 32
Indexes = npt.NDArray[np.int32]


@frozen(eq=False)
class Links:
    """For each of n concepts others: those of concept i are `targets[starts[i]:starts[i + 1]]`.

    `starts` int64 (n + 1), `targets` int32 indexes.
    """

    starts: npt.NDArray[np.int64] = field(repr=False)
    targets: Indexes = field(repr=False)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, index: int) -> Indexes:
        """The targets of one."""
        return self.targets[self.starts[index] : self.starts[index + 1]]

    def of_all(self, indexes: npt.NDArray[Any]) -> Indexes:
        """The targets of several behind each other, with repetitions."""
        begin = self.starts[indexes]
        return self.targets[spread(begin, self.starts[indexes + 1] - begin)]

    def reached(self, indexes: npt.NDArray[Any], *, with_self: bool) -> npt.NDArray[np.bool_]:
        """A mask of all that is reached from these by one step or more; with them, if asked, after no step."""
        seen = np.zeros(len(self), bool)
        if with_self:
            seen[indexes] = True
        frontier = indexes
        while frontier.size:
            found = self.of_all(frontier)
            found = found[~seen[found]]
            seen[found] = True
            frontier = np.unique(found)
        return seen


def spread(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The numbers of several ranges behind each other.

    >>> spread(np.array([10, 5]), np.array([2, 3])).tolist()
    [10, 11, 5, 6, 7]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if ends.size else 0
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths)


def first_of_each(keys: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """A mask of sorted keys: true where a key is not that before it."""
    new = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return new


def make_links(sources: npt.NDArray[Any], targets: npt.NDArray[Any], n: int) -> Links:
    """Links of n concepts from pairs; a pair that is repeated counts once."""
    keys = sources.astype(np.int64) * n + targets
    # numpy's own unique goes by hashes, which takes several times as long for so many numbers.
    keys.sort()
    keys = keys[first_of_each(keys)]
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(keys // n if n else keys, minlength=n), out=starts[1:])
    return Links(starts, (keys % n if n else keys).astype(np.int32))


def turned(links: Links) -> Links:
    """The same links the other way."""
    sources = np.repeat(np.arange(len(links)), np.diff(links.starts))
    return make_links(links.targets, sources, len(links))


@frozen(eq=False)
class Hierarchy:
    """Parents and children of n concepts and how far down each stands: 0 without parents, else below its lowest."""

    parents: Links = field(repr=False)
    children: Links = field(repr=False)
    levels: Indexes = field(repr=False)


def make_hierarchy(parents: Links, ids: npt.NDArray[np.int64]) -> Hierarchy:
    """The hierarchy from the parents of each concept; `DataError` names the concepts of a circle by `ids`."""
    children = turned(parents)
    n = len(parents)
    waiting = np.diff(parents.starts)
    levels = np.full(n, -1, np.int32)
    frontier = np.flatnonzero(waiting == 0)
    level = 0
    while frontier.size:
        levels[frontier] = level
        below, n_links = np.unique(children.of_all(frontier), return_counts=True)
        waiting[below] -= n_links
        frontier = below[waiting[below] == 0]
        level += 1
    if (levels < 0).any():
        circle = [str(ids[index]) for index in _circle(parents, levels)]
        shown = " is-a ".join([*circle[:6], *(["..."] if len(circle) > 6 else [circle[0]])])
        raise DataError(
            f"the hierarchy goes in a circle: {shown}",
            where="release, is-a relationships",
            allowed="a hierarchy in which nothing stands below itself",
            remedy="give the release as it was published",
        )
    return Hierarchy(parents, children, levels)


def _circle(parents: Links, levels: Indexes) -> list[int]:
    """A circle among the concepts without a level: each of these has a parent without one."""
    trail: dict[int, int] = {}
    here = int(np.flatnonzero(levels < 0)[0])
    while here not in trail:
        trail[here] = len(trail)
        above = parents.of(here)
        here = int(above[levels[above] < 0][0])
    return list(trail)[trail[here] :]


def ancestors_of_each(hierarchy: Hierarchy, *, most_pairs: int = MOST_PAIRS) -> Links:
    """The transitive closure: for each concept all its ancestors, highest first, without itself.

    Level by level: the ancestors of a concept are its parents and theirs, which stand higher up and are known. Raises
    `DataError` as soon as there are more than `most_pairs` pairs; memory stays within some ten bytes a pair.
    """
    parents, n = hierarchy.parents, len(hierarchy.parents)
    # Concepts are numbered anew from the top down. A level is then a range, and the number of a concept is above those
    # of its ancestors: with itself behind them they are one rising run, and merging such runs is faster than sorting.
    order = np.argsort(hierarchy.levels, kind="stable")
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    n_parents = np.diff(parents.starts)[order]
    starts = np.concatenate([[0], np.cumsum(n_parents)])
    above = place[parents.of_all(order)]
    found = _Runs(n, most_pairs)
    ends = np.cumsum(np.bincount(hierarchy.levels)) if n else np.zeros(1, np.int64)
    found.add(np.ones(ends[0], np.int64), np.arange(ends[0], dtype=np.int32))
    bits = max(1, n.bit_length())
    for first, last in pairwise(ends):
        runs = above[starts[first] : starts[last]]
        # How many pairs each concept of the level gets at most, before repeated ones are dropped.
        most = np.add.reduceat(found.lengths(runs), starts[first:last] - starts[first])
        for begin, end in _parts(most, 1 << max(0, _KEY_BITS - bits)):
            concepts = np.arange(first + begin, first + end)
            if most[begin] > _PAIRS_AT_ONCE:
                one = parents.reached(order[concepts], with_self=True)
                found.add(np.array([np.count_nonzero(one)]), np.sort(place[one]).astype(np.int32))
            else:
                parts = above[starts[first + begin] : starts[first + end]]
                found.add(*_merged(concepts, n_parents[concepts], parts, found, bits))
    return found.without_self(place, order)


def _parts(most: npt.NDArray[np.int64], most_concepts: int) -> Iterator[tuple[int, int]]:
    """Ranges of a level with a bounded number of concepts and of pairs; what has more pairs stands alone."""
    total = np.cumsum(most)
    first = 0
    while first < len(most):
        done = int(total[first - 1]) if first else 0
        last = int(np.searchsorted(total, done + _PAIRS_AT_ONCE, side="right"))
        last = min(max(last, first + 1), first + most_concepts)
        yield first, last
        first = last


def _merged(
    concepts: npt.NDArray[Any], n_parents: npt.NDArray[np.int64], above: npt.NDArray[Any], found: _Runs, bits: int
) -> tuple[npt.NDArray[np.int64], Indexes]:
    """Of some concepts how many ancestors each has with itself, and these, rising, without repetition."""
    lengths = found.lengths(above)
    # Concept and ancestor in one number of 32 bits.
    dtype: Any = np.uint32 if bits + (len(concepts) - 1).bit_length() <= _KEY_BITS else np.uint64
    shifted = np.arange(len(concepts), dtype=dtype) << dtype(bits)
    keys = np.repeat(np.repeat(shifted, n_parents), lengths)
    keys |= found.values[spread(found.starts[above], lengths)].astype(dtype)
    keys.sort(kind="stable")
    keys = keys[first_of_each(keys)]
    counts = np.diff(np.append(np.searchsorted(keys, shifted), len(keys)))
    itself = np.cumsum(counts + 1) - 1
    runs = np.empty(len(keys) + len(concepts), np.int32)
    others = np.ones(len(runs), bool)
    others[itself] = False
    runs[others] = keys & dtype((1 << bits) - 1)
    runs[itself] = concepts
    return counts + 1, runs


class _Runs:
    """The ancestors of concepts, each with itself, in the order of their numbers; runs are only ever added."""

    def __init__(self, n: int, most_pairs: int) -> None:
        self.starts = np.zeros(n + 1, np.int64)
        self.n_done = 0
        # The pairs of a concept with itself are stored too, and do not count.
        self.most = most_pairs + n
        self.values: Indexes = np.empty(min(self.most, 8 * n), np.int32)

    def lengths(self, concepts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        lengths: npt.NDArray[np.int64] = self.starts[concepts + 1] - self.starts[concepts]
        return lengths

    def add(self, lengths: npt.NDArray[np.int64], values: Indexes) -> None:
        begin = int(self.starts[self.n_done])
        end = begin + len(values)
        if end > self.most:
            raise DataError(
                f"the transitive closure has more than {self.most - len(self.starts) + 1:,} pairs",
                where="release, is-a relationships",
                allowed="a hierarchy as broad and shallow as SNOMED CT's",
                remedy="use descendants(), ancestors() and expand(), which do not need it, or raise most_pairs",
            )
        if end > len(self.values):
            larger = np.empty(min(self.most, max(end, 2 * len(self.values))), np.int32)
            larger[:begin] = self.values[:begin]
            self.values = larger
        self.values[begin:end] = values
        done = self.n_done + len(lengths)
        self.starts[self.n_done + 1 : done + 1] = begin + np.cumsum(lengths)
        self.n_done = done

    def without_self(self, place: npt.NDArray[np.int64], order: npt.NDArray[Any]) -> Links:
        """As links in the order of the concepts; in parts, because the places of all would take more memory."""
        n = len(place)
        lengths = self.lengths(place) - 1
        starts = np.concatenate([[0], np.cumsum(lengths)])
        targets: Indexes = np.empty(int(starts[-1]), np.int32)
        step = max(1, n // 256)
        for first in range(0, n, step):
            last = min(n, first + step)
            places = spread(self.starts[place[first:last]], lengths[first:last])
            targets[starts[first] : starts[last]] = order[self.values[places]]
        return Links(starts, targets)
