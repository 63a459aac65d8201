"""Expanding the catalogue with a release: roots with their descendants, reference sets, history, minus exclusions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from ..catalogue import Catalogue, MappingRow, Root, Source, load_catalogue
from ..catalogue.dismissal import Dismissals
from ..catalogue.mapping import ExactRules
from ..catalogue.tables import NEVER
from ..errors import UsageError
from ..vocabulary import CodeSystem
from .assembling import find
from .expansion_report import Addition, ConditionExpansion, ExpansionReport, How
from .history import History, check_history, find_substitutes, supplement
from .release import Release

#: Reasons of the catalogue for which no expansion may bring an id back.
NEVER_COUNTED: Final = (
    "negated", "family_history", "suspected_or_ruled_out", "screening_or_exposure", "risk_factor",
)  # fmt: skip
_RELEASE_PREFIX: Final = "release-"
HISTORY_SOURCE: Final = "release-history"
SUBSTITUTE_SOURCE: Final = "release-substitutes"
EXPANSION_PLACE: Final = "the site's SNOMED CT release"
Mask = npt.NDArray[np.bool_]


def expand_catalogue(
    release: Release, catalogue: str | os.PathLike[str] | Catalogue = "core", *, history: History = "moderate"
) -> tuple[Catalogue, ExpansionReport]:
    """The catalogue with the SNOMED CT ids that its roots and reference sets stand for in a release, and a report.

    For each condition with roots or reference sets: its packaged ids, the roots with all below them and the members of
    the reference sets, without exclusions and what never counts, with the inactive concepts that `history` adds, and
    the substitutes of inactive packaged ids. Packaged ids are never taken away. An id that the catalogue dismisses as
    negated, family history, suspected, screening, or a risk is never added; one about which an overlay says something
    stays as it is. The new catalogue has an edition, a source for each root, and a fingerprint of its own.

    Raises `UsageError` for a catalogue without roots, and what `load_catalogue` raises.

    Source: roots.csv and refsets.csv of the catalogue, each row with its own.
    """
    base = load_catalogue(catalogue)
    profile = check_history(history)
    if not isinstance(release, Release):
        raise UsageError(
            f"release is a {type(release).__name__}",
            where="argument release",
            allowed="what read_release returns",
            remedy="read the release first",
        )
    if not base.roots and not base.refsets:
        raise UsageError(
            f"the catalogue {base.name!r} has neither roots nor reference sets",
            where="argument catalogue",
            allowed="a catalogue with snomed/roots.csv and snomed/refsets.csv",
            remedy="use one from which the folder snomed was not removed",
        )
    work = _Work(release, base, profile)
    rows = tuple(work.condition(condition) for condition in work.conditions)
    added = _together(rows)
    sources = {**base.sources, **{source.id: source for source in work.sources(rows)}}
    lines = "\n".join(f"{code}\t{c}\t{a}" for code, found in sorted(added.items()) for c, a, _ in found)
    release_name = f"release {release.date} {release.fingerprint}"
    new = evolve(
        base,
        edition=f"{base.edition.removesuffix(f'+{release.date}')}+{release.date}",
        rules={**base.rules, CodeSystem.SNOMED: _rules(base, added)},
        dismissals={**base.dismissals, CodeSystem.SNOMED: _left(base, added)},
        sources=sources,
        fingerprint=hashlib.sha256(f"{base.fingerprint}\n{release_name}\n{profile}\n{lines}".encode()).hexdigest(),
    )
    dismissed = base.dismissals.get(CodeSystem.SNOMED)
    redecided = [code for code in added if dismissed is not None and dismissed.dismissal(code) is not None]
    never_missing = work.resolved(base.roots, NEVER, "root").missing
    return new, ExpansionReport(
        release=release.date,
        history=profile,
        rows=rows,
        redecided=tuple(sorted(redecided, key=int)),
        never_missing=never_missing,
        base=base.fingerprint,
    )


@frozen(eq=False)
class _Origin:
    """A root or reference set: where its ids come from, and which these are."""

    how: How
    code: str
    mask: Mask = field(repr=False)


@frozen(eq=False)
class _Resolved:
    """Roots found in the release; the substitutes of inactive ones stand in for them."""

    origins: tuple[_Origin, ...]
    missing: tuple[str, ...]
    inactive: tuple[str, ...]


class _Work:
    """Expands condition after condition over one release."""

    def __init__(self, release: Release, base: Catalogue, profile: str) -> None:
        self.release, self.base, self.profile = release, base, profile
        self.content = release.content
        named = {root.condition for root in base.roots} | {refset.condition for refset in base.refsets}
        self.conditions = sorted(named - {NEVER})
        rules = _exact_rules(base)
        self.packaged = _packaged(rules)
        never = self.union(self.resolved(base.roots, NEVER, "root").origins)
        self.never = never & ~self.union(self.resolved(base.roots, NEVER, "exclude").origins)
        self.decided = self.mask_of([*self._dismissed(), *map(int, base.decided)])

    def _dismissed(self) -> Iterator[int]:
        dismissals = self.base.dismissals.get(CodeSystem.SNOMED)
        if dismissals is not None:
            for (_, code), (reason, *_) in dismissals.rows.items():
                if reason in NEVER_COUNTED:
                    yield int(code)

    def condition(self, condition: str) -> ConditionExpansion:
        content, ids = self.content, self.content.ids
        packaged = np.array(sorted(map(int, self.packaged.get(condition, ()))), np.int64)
        index, known = find(ids, packaged)
        roots = self.resolved(self.base.roots, condition, "root")
        exclusions = self.resolved(self.base.roots, condition, "exclude")
        sets, sets_missing = self._sets(condition)
        origins = (*roots.origins, *sets)
        blocked = self.union(exclusions.origins) | self.never
        doubted = known & blocked[index]
        # What became of excluded concepts is excluded too, even where something else became of it as well.
        blocked = blocked | supplement(content, blocked, self.profile)
        found = self.union(origins)
        found = found | supplement(content, found, self.profile)
        substitutes = find_substitutes(content, packaged[known])
        replacing = self.mask_of(substitutes.active)
        old = self.mask_of(packaged)
        barred = blocked | self.decided
        new = (found | replacing) & ~barred & ~old
        wanted = np.flatnonzero(new)
        return ConditionExpansion(
            condition=condition,
            packaged=_texts(packaged),
            additions=tuple(self._additions(wanted, origins, substitutes.inactive, substitutes.active)),
            lost=_texts(packaged[~(known & (found & ~blocked)[index])]),
            inactive=_texts(packaged[known & ~content.active[index]]),
            unknown=_texts(packaged[~known]),
            doubted=_texts(packaged[doubted]),
            n_kept_out=int(np.count_nonzero((found | replacing) & barred & ~old)),
            roots_missing=tuple(sorted({*roots.missing, *exclusions.missing}, key=int)),
            roots_inactive=tuple(sorted({*roots.inactive, *exclusions.inactive}, key=int)),
            refsets_missing=sets_missing,
        )

    def _additions(
        self,
        wanted: npt.NDArray[np.intp],
        origins: Iterable[_Origin],
        inactive: npt.NDArray[np.int64],
        active: npt.NDArray[np.int64],
    ) -> Iterator[Addition]:
        """Of each new id the most direct way in which it was found, with all origins by that way."""
        ways: dict[How, dict[int, set[str]]] = {"root": {}, "refset": {}, "history": {}, "substitute": {}}
        for origin in origins:
            for at in wanted[origin.mask[wanted]]:
                ways[origin.how].setdefault(int(at), set()).add(origin.code)
            later = supplement(self.content, origin.mask, self.profile)
            for at in wanted[later[wanted]]:
                ways["history"].setdefault(int(at), set()).add(origin.code)
        for before, after in zip(inactive, find(self.content.ids, active)[0], strict=True):
            ways["substitute"].setdefault(int(after), set()).add(str(before))
        for at in wanted:
            how = next(how for how, found in ways.items() if int(at) in found)
            yield Addition(str(self.content.ids[at]), how, tuple(sorted(ways[how][int(at)], key=int)))

    def resolved(self, roots: Iterable[Root], condition: str, role: str) -> _Resolved:
        """The roots of a condition in one role, with all that stands below them."""
        content = self.content
        codes = sorted({root.code for root in roots if root.condition == condition and root.role == role}, key=int)
        origins, missing, inactive = [], [], []
        for code in codes:
            index, known = find(content.ids, np.array([int(code)], np.int64))
            if not known[0]:
                missing.append(code)
                continue
            starts = index
            if not content.active[index[0]]:
                inactive.append(code)
                standing_in = find_substitutes(content, content.ids[index]).active
                starts = np.concatenate([index, find(content.ids, standing_in)[0]])
            mask = content.hierarchy.children.reached(starts, with_self=True)
            origins.append(_Origin("root", code, mask))
        return _Resolved(tuple(origins), tuple(missing), tuple(inactive))

    def _sets(self, condition: str) -> tuple[list[_Origin], tuple[str, ...]]:
        content = self.content
        origins, missing = [], []
        mine = {(each.refset, each.cluster) for each in self.base.refsets if each.condition == condition}
        for refset, cluster in sorted(mine):
            number, there = find(content.refsets, np.array([int(refset or 0)], np.int64))
            if not there[0]:
                missing.append(cluster)
                continue
            mask = np.zeros(len(content.ids), bool)
            mask[content.members.of(int(number[0]))] = True
            origins.append(_Origin("refset", refset, mask))
        return origins, tuple(missing)

    def union(self, origins: Iterable[_Origin]) -> Mask:
        """All ids of some origins."""
        mask = np.zeros(len(self.content.ids), bool)
        for origin in origins:
            mask |= origin.mask
        return mask

    def mask_of(self, ids: Iterable[int] | npt.NDArray[np.int64]) -> Mask:
        """A mask of those of the ids that are in the release."""
        wanted = ids if isinstance(ids, np.ndarray) else np.array(list(ids), np.int64)
        index, known = find(self.content.ids, wanted)
        mask = np.zeros(len(self.content.ids), bool)
        mask[index[known]] = True
        return mask

    def sources(self, rows: Iterable[ConditionExpansion]) -> Iterator[Source]:
        """A source for each root and reference set that added anything, and for history and substitutes."""
        used = {source for row in rows for each in row.additions for source in sources_of(row.condition, each)}
        words: dict[str, str] = {
            HISTORY_SOURCE: "Inactive concepts, by the historical associations of the site's SNOMED CT release",
            SUBSTITUTE_SOURCE: "Concepts that replace inactive ones of the catalogue in the site's SNOMED CT release",
        }
        for root in self.base.roots:
            what = f"Concept {root.code} and all below it"
            words[_source_id(root.condition, root.code)] = _title(what, root.condition, root.source)
        for each in self.base.refsets:
            what = f"Reference set {each.refset} ({each.cluster})"
            words[_source_id(each.condition, each.refset)] = _title(what, each.condition, each.source)
        for source in sorted(used):
            yield Source(
                id=source,
                title=words[source],
                edition=self.release.date,
                licence="SNOMED CT, under the site's own licence",
                date=self.release.date,
                read_where=f"the site's own release, history {self.profile}",
                checked="by expansion, not id by id",
            )


def _title(what: str, condition: str, source: tuple[str, ...]) -> str:
    return f"{what} in the site's SNOMED CT release, for {condition}; named by {', '.join(source)}"


def sources_of(condition: str, addition: Addition) -> list[str]:
    """The ids of the sources of an addition."""
    if addition.how == "substitute":
        return [SUBSTITUTE_SOURCE]
    found = [_source_id(condition, origin) for origin in addition.origins]
    return [*found, HISTORY_SOURCE] if addition.how == "history" else found


def _source_id(condition: str, origin: str) -> str:
    return f"{_RELEASE_PREFIX}{condition}-{origin}"


def _texts(ids: npt.NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(map(str, ids.tolist()))


def _exact_rules(catalogue: Catalogue) -> ExactRules:
    """The SNOMED CT rules of a catalogue: always a list of ids, each by itself."""
    rules = catalogue.rules.get(CodeSystem.SNOMED)
    return rules if isinstance(rules, ExactRules) else ExactRules(CodeSystem.SNOMED.value, "no file", {})


def _packaged(rules: ExactRules) -> dict[str, set[str]]:
    """For each condition the ids that count for it."""
    counting: dict[str, set[str]] = {}
    for code, (conditions, _, _) in rules.codes.items():
        for condition in conditions.split():
            counting.setdefault(condition, set()).add(code)
    return counting


_Added = dict[str, list[tuple[str, Addition, list[str]]]]


def _together(rows: Iterable[ConditionExpansion]) -> _Added:
    """For each id that was added its conditions, each with how it came in and its sources."""
    added: _Added = {}
    for row in rows:
        for addition in row.additions:
            entry = (row.condition, addition, sources_of(row.condition, addition))
            added.setdefault(addition.code, []).append(entry)
    return added


def _rules(base: Catalogue, added: _Added) -> ExactRules:
    old = _exact_rules(base)
    codes, own = dict(old.codes), {code: dict(rows) for code, rows in old.own.items()}
    for code, found in sorted(added.items()):
        conditions, source, line = codes.get(code, ("", "", 0))
        sources = dict.fromkeys([*source.split(), *(each for *_, new in found for each in new)])
        codes[code] = (
            " ".join([*conditions.split(), *(condition for condition, *_ in found)]),
            " ".join(sources),
            line,
        )
        for condition, addition, new in found:
            own.setdefault(code, {})[condition] = MappingRow(
                condition, old.system, "exact", code, tuple(new), str(addition), EXPANSION_PLACE
            )
    return evolve(old, codes=codes, own=own)


def _left(base: Catalogue, added: Mapping[str, object]) -> Dismissals:
    """The dismissals without ids that stand for a condition now."""
    old = base.dismissals.get(CodeSystem.SNOMED) or Dismissals(CodeSystem.SNOMED.value, "", {})
    return evolve(old, rows={key: cells for key, cells in old.rows.items() if key[1] not in added})
