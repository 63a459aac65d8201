"""Many codes as few prefixes or patterns, so that one decision serves for all that stand together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pngroup.catalogue.mapping import is_like

#: A prefix shorter than a category must gather at least so many categories, or it would promise too much.
CATEGORIES_FOR_LENGTH = {1: 6, 2: 3}
#: Codes of ICD-10-CM with an encounter or stage in the last place.
FULL_LENGTH = 7

Group = tuple[str, tuple[str, ...]]


def covers(text: str, code: str) -> int:
    """How much of a code is named by a text of prefixes and patterns (`?`), blank-separated; -1: not named.

    >>> covers("M80 S72???D", "M8000XD"), covers("S72???D", "S72001D"), covers("S72???D", "S72001A"), covers("", "I10")
    (3, 4, -1, 0)
    """
    if not text:
        return 0
    return max(_covers_one(each, code) for each in text.split())


def _covers_one(each: str, code: str) -> int:
    if "?" in each:
        return len(each) - each.count("?") if is_like(code, each) else -1
    return len(each) if code.startswith(each) else -1


def cover(wanted: Iterable[str], others: Iterable[str]) -> list[Group]:
    """The shortest prefixes that hold all of `wanted` and none of `others`, each with the codes it holds.

    Where the last place of full-length codes tells the two apart, patterns do it in fewer rows: `S72???D S72???S`.

    >>> cover(["C440", "C441", "M353"], ["C43", "M350"])
    [('C44', ('C440', 'C441')), ('M353', ('M353',))]
    """
    wanted, others = frozenset(wanted), frozenset(others)
    found = list(_prefixes(sorted(wanted), others, ""))
    full = frozenset(code for code in wanted if len(code) == FULL_LENGTH)
    if full:
        by_stage = [*_prefixes(sorted(wanted - full), others | full, ""), *_patterns(full, others)]
        if len(by_stage) < len(found):
            return by_stage
    return found


def _prefixes(wanted: list[str], others: Iterable[str], start: str) -> Iterator[Group]:
    if not wanted:
        return
    others = set(others)
    common = _common_start(wanted[0], wanted[-1])
    if not others and _is_enough(common, wanted):
        yield common, tuple(wanted)
        return
    for prefix, codes in _apart(wanted, len(start) + 1).items():
        if prefix == start:
            # A code that ends here, with others below it: nothing shorter than itself names it.
            yield prefix, tuple(codes)
        else:
            yield from _prefixes(codes, (code for code in others if code.startswith(prefix)), prefix)


def _patterns(wanted: Iterable[str], others: Iterable[str]) -> Iterator[Group]:
    """One row for each start of codes, however many last places it takes."""
    stages: dict[str, list[str]] = defaultdict(list)
    held: dict[str, list[str]] = defaultdict(list)
    others = [code for code in others if len(code) == FULL_LENGTH]
    for stage, codes in _by_stage(wanted).items():
        stems = {code[:-1]: code for code in codes}
        barred = {code[:-1] for code in others if code.endswith(stage)}
        for prefix, members in _prefixes(sorted(stems), barred, ""):
            stages[prefix].append(stage)
            held[prefix] += [stems[member] for member in members]
    for prefix, found in stages.items():
        filled = prefix.ljust(FULL_LENGTH - 1, "?")
        yield " ".join(filled + stage for stage in found), tuple(sorted(held[prefix]))


def _by_stage(codes: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for code in sorted(codes):
        found[code[-1]].append(code)
    return dict(sorted(found.items()))


def _apart(codes: Iterable[str], length: int) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        found[code[:length]].append(code)
    return found


def _common_start(first: str, last: str) -> str:
    """What the first and the last of sorted codes, and so all between, begin with."""
    for place, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return first[:place]
    return min(first, last, key=len)


def _is_enough(common: str, codes: list[str]) -> bool:
    least = CATEGORIES_FOR_LENGTH.get(len(common), 1)
    return bool(common) and len({code[:3] for code in codes}) >= least
