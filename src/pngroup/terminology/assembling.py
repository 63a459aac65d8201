"""From rows to a release: the latest row of each component, ids to indexes, pairs to links."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..errors import DataError
from .graph import Hierarchy, Links, make_hierarchy, make_links
from .rf2 import Kind
from .tables import Arrays, Rows, joined

_KEYS = {"concept": ("id",), "relationship": ("id",), "simple": ("high", "low"), "association": ("high", "low")}


@frozen(eq=False)
class Content:
    """The arrays of a release. Concepts are indexes into `ids` (int64, sorted).

    `members`: for each of `refsets` (int64, sorted) its concepts. `associations`: reference set id, and the indexes
    of the concept that carries it and of the one it names, sorted.
    """

    ids: npt.NDArray[np.int64] = field(repr=False)
    active: npt.NDArray[np.bool_] = field(repr=False)
    hierarchy: Hierarchy = field(repr=False)
    refsets: npt.NDArray[np.int64] = field(repr=False)
    members: Links = field(repr=False)
    associations: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32]] = field(repr=False)
    date: str
    fingerprint: str

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """All arrays."""
        links = (self.hierarchy.parents, self.hierarchy.children, self.members)
        in_links = [array for each in links for array in (each.starts, each.targets)]
        return (self.ids, self.active, self.hierarchy.levels, self.refsets, *in_links, *self.associations)


def find(ids: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], Any]:
    """The index of each id in sorted ids, and a mask of those that are there (the index of others means nothing)."""
    if not len(ids):
        return np.zeros(len(wanted), np.int32), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return at.astype(np.int32), ids[at] == wanted


def assemble(tables: Mapping[Kind, Sequence[Rows]], counts: Counter[str]) -> Content:
    """The release that the tables hold; `counts` gets what was left out.

    Raises `DataError` where the files contradict each other, nothing is left, or the hierarchy goes in a circle.
    """
    latest = {kind: _latest(joined(rows, kind), kind, counts) for kind, rows in tables.items()}
    date = max((int(rows["effectiveTime"].max()) for rows in latest.values() if len(rows["active"])), default=0)
    concepts = latest["concept"]
    order = np.argsort(concepts["id"])
    ids, active = concepts["id"][order], concepts["active"][order]
    counts["concepts"], counts["inactive_concepts"] = len(ids), int(np.count_nonzero(~active))
    if not active.any():
        raise _nothing("no concept is active", counts)
    parents = _parents(latest["relationship"], ids, active, counts)
    if not len(parents.targets):
        raise _nothing("no active is-a relationship joins two active concepts", counts)
    hierarchy = make_hierarchy(parents, ids)
    counts["without_parents"] = int(np.count_nonzero(active & (np.diff(parents.starts) == 0)))
    refsets, members = _members(latest["simple"], ids, counts)
    associations = _associations(latest["association"], ids, counts)
    parts = (ids, active, parents.starts, parents.targets, refsets, members.starts, members.targets, *associations)
    return Content(ids, active, hierarchy, refsets, members, associations, str(date), _hash(parts))


def _nothing(what: str, counts: Mapping[str, int]) -> DataError:
    unreadable = counts["unreadable"]
    return DataError(
        f"{what}, and {unreadable:,} rows could not be read" if unreadable else what,
        where="release",
        allowed="a snapshot with concepts and inferred relationships",
        remedy="give the whole release, an extension together with what it extends",
    )


def _hash(parts: Sequence[npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.dtype.str}{part.shape}".encode())
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _latest(rows: Arrays, kind: Kind, counts: Counter[str]) -> Arrays:
    """Of each component the row of the latest date; the order of files and rows does not matter."""
    keys = [rows[name] for name in _KEYS[kind]]
    first = np.sort(keys[0])
    if not (first[1:] == first[:-1]).any():
        return rows
    content = sorted(set(rows) - {"effectiveTime", *_KEYS[kind]})
    order = np.lexsort((rows["effectiveTime"], *reversed(keys)))
    rows = {name: values[order] for name, values in rows.items()}
    same = np.ones(max(0, len(order) - 1), bool)
    for name in _KEYS[kind]:
        same &= rows[name][1:] == rows[name][:-1]
    same_day = same & (rows["effectiveTime"][1:] == rows["effectiveTime"][:-1])
    differing = np.zeros(len(same), bool)
    for name in content:
        differing |= rows[name][1:] != rows[name][:-1]
    if (same_day & differing).any():
        raise DataError(
            f"{np.count_nonzero(same_day & differing):,} components have two rows of one date that differ",
            where=f"release, {kind} files",
            allowed="one state of a component for each date",
            remedy="give the packages of one release",
        )
    counts["same_again"] += int(np.count_nonzero(same_day))
    counts["superseded"] += int(np.count_nonzero(same & ~same_day))
    last = np.concatenate([~same, [True]])
    return {name: values[last] for name, values in rows.items()}


def _parents(rows: Arrays, ids: npt.NDArray[np.int64], active: npt.NDArray[np.bool_], counts: Counter[str]) -> Links:
    used = _without(rows, ~rows["active"], "is_a_inactive", counts)
    used = _without(used, ~used["characteristicTypeId"], "is_a_not_inferred", counts)
    child, child_known = find(ids, used["sourceId"])
    parent, parent_known = find(ids, used["destinationId"])
    known = child_known & parent_known
    counts["is_a_unknown_concept"] = int(np.count_nonzero(~known))
    both = known & active[child] & active[parent]
    counts["is_a_inactive_concept"] = int(np.count_nonzero(known & ~both))
    links = make_links(child[both], parent[both], len(ids))
    counts["is_a"] = len(links.targets)
    counts["is_a_repeated"] = int(np.count_nonzero(both)) - len(links.targets)
    return links


def _members(rows: Arrays, ids: npt.NDArray[np.int64], counts: Counter[str]) -> tuple[npt.NDArray[np.int64], Links]:
    used = _without(rows, ~rows["active"], "members_inactive", counts)
    concept, known = find(ids, used["referencedComponentId"])
    _count_unknown("members", ~known, _is_concept(used["referencedComponentId"]), counts)
    refsets = np.unique(used["refsetId"][known])
    n = max(len(ids), len(refsets))
    numbers = np.searchsorted(refsets, used["refsetId"][known])
    links = make_links(numbers, concept[known], n)
    counts["refsets"], counts["members"] = len(refsets), len(links.targets)
    counts["members_repeated"] = int(np.count_nonzero(known)) - len(links.targets)
    return refsets, Links(links.starts[: len(refsets) + 1], links.targets)


def _associations(
    rows: Arrays, ids: npt.NDArray[np.int64], counts: Counter[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    used = _without(rows, ~rows["active"], "associations_inactive", counts)
    source, source_known = find(ids, used["referencedComponentId"])
    target, target_known = find(ids, used["targetComponentId"])
    known = source_known & target_known
    of_concepts = _is_concept(used["referencedComponentId"]) & _is_concept(used["targetComponentId"])
    _count_unknown("associations", ~known, of_concepts, counts)
    refset, source, target = used["refsetId"][known], source[known], target[known]
    order = np.lexsort((target, source, refset))
    refset, source, target = refset[order], source[order], target[order]
    new = np.ones(len(order), bool)
    new[1:] = (refset[1:] != refset[:-1]) | (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    counts["associations"] = int(np.count_nonzero(new))
    counts["associations_repeated"] = len(new) - counts["associations"]
    return refset[new], source[new], target[new]


def _without(rows: Arrays, out: npt.NDArray[np.bool_], key: str, counts: Counter[str]) -> Arrays:
    counts[key] = int(np.count_nonzero(out))
    return {name: values[~out] for name, values in rows.items()} if counts[key] else rows


def _count_unknown(
    what: str, unknown: npt.NDArray[np.bool_], of_concepts: npt.NDArray[np.bool_], counts: Counter[str]
) -> None:
    counts[f"{what}_no_concept"] = int(np.count_nonzero(unknown & ~of_concepts))
    counts[f"{what}_unknown_concept"] = int(np.count_nonzero(unknown & of_concepts))


def _is_concept(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    # The last digit but one says what kind of component an id is of.
    kind: npt.NDArray[np.bool_] = ids // 10 % 10 == 0
    return kind
