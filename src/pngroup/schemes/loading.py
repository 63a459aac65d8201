"""Schemes: which groups make a tier, and the words, colours, letters and shapes of tiers. Data, not code."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import field, frozen

from ..editions import data
from ..errors import ModelError, UsageError, did_you_mean
from ..vocabulary import NeedGroup

_GROUPS: Final = tuple(int(group) for group in NeedGroup)
_SHAPES: Final = ("circle", "diamond", "hexagon", "square", "triangle")
_TIER_KEYS: Final = ("word", "colour", "colour_hex", "letter", "shape", "groups")
_SCHEME_KEYS: Final = ("name", "edition", "title", "source")
_PARTS: Final = ("scheme", "tiers", "group_names")
_LARGEST: Final = 1_000_000


@frozen
class Tier:
    """One need tier: its word, colour (name and `#rrggbb`), letter and shape for those who do not see it, and
    groups.
    """

    word: str
    colour: str
    colour_hex: str
    letter: str
    shape: str
    groups: tuple[int, ...]


@frozen
class Scheme:
    """A scheme: tiers, lowest need first, the names of the groups 1 to 11, and where they come from.

    A model that names its own groups has a scheme of these names (`numbers` says which they are), without tiers.

    >>> scheme = load_scheme("default")
    >>> scheme.tier_word(9), scheme.colour(9), scheme.group_name(9)
    ('moderate', 'amber', 'Dominant major chronic condition')
    """

    name: str
    edition: str
    title: str
    tiers: tuple[Tier, ...] = field(repr=False)
    group_names: tuple[str, ...] = field(repr=False)
    source: str = field(repr=False)
    numbers: tuple[int, ...] = field(default=_GROUPS, repr=False)

    def tier(self, group: int) -> Tier:
        """The tier of a group."""
        return next(tier for tier in self.tiers if group in tier.groups)

    def tier_word(self, group: int) -> str:
        """The word for the tier of a group."""
        return self.tier(group).word

    def colour(self, group: int) -> str:
        """The colour of a group."""
        return self.tier(group).colour

    def group_name(self, group: int) -> str:
        """The name of a group."""
        return self.group_names[self.numbers.index(group)]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change an answer, as hexadecimal text."""
        own = map(str, self.numbers) if self.numbers != _GROUPS else ()
        parts = (self.name, self.edition, *map(repr, self.tiers), *own, *self.group_names)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def own_names(name: str, edition: str, names: Mapping[int, str]) -> Scheme:
    """The scheme of a model that names its own groups: no tiers, no colours.

    >>> own_names("own", "1", {1: "few", 2: "many"}).group_name(2)
    'many'
    """
    numbers = tuple(sorted(names))
    texts = tuple(names[number] for number in numbers)
    return Scheme(name, edition, "", (), texts, "the model", numbers)


def load_scheme(scheme: str | os.PathLike[str] | Scheme) -> Scheme:
    """A scheme by name, by `name@edition`, from a TOML file (a path, or text that ends in `.toml`), or
    itself.

    A name always means a scheme of the library, never a file that happens to lie in the working directory.
    Raises `UsageError` for an unknown name and `ModelError`, naming file and line, for a file that is no
    scheme: each group 1 to 11 in exactly one tier, tiers rising with the group number, words distinct.

    >>> [tier.word for tier in load_scheme("default").tiers]
    ['low', 'moderate', 'high']
    """
    if isinstance(scheme, Scheme):
        return scheme
    if not isinstance(scheme, str | os.PathLike):
        raise UsageError(
            f"scheme is a {type(scheme).__name__}",
            where="argument scheme",
            allowed=f"{', '.join(_packaged())}, a path, or a Scheme",
            remedy="name one of these",
        )
    text = os.fspath(scheme)
    if isinstance(scheme, os.PathLike) or text.endswith(".toml") or "/" in text or os.sep in text:
        return _read(Path(text))
    name, _, edition = text.partition("@")
    editions = _packaged().get(name)
    if editions is None:
        raise UsageError(
            f"there is no scheme {name!r}",
            where="argument scheme",
            allowed=", ".join(_packaged()),
            remedy=did_you_mean(name, _packaged()) or "name one of these, or give the path of a scheme file",
        )
    if edition and edition not in editions:
        raise UsageError(
            f"there is no edition {edition!r} of the scheme {name!r}",
            where="argument scheme",
            allowed=", ".join(f"{name}@{known}" for known in editions),
            remedy="name an edition that this version holds",
        )
    return editions[edition or max(editions)]


@cache
def _packaged() -> Mapping[str, Mapping[str, Scheme]]:
    """The schemes that ship with the library, by name and edition."""
    found: dict[str, dict[str, Scheme]] = {}
    for place in sorted(data("schemes").iterdir(), key=lambda place: place.name):
        if place.name.endswith(".toml"):
            scheme = _read(place)
            found.setdefault(scheme.name, {})[scheme.edition] = scheme
    return found


def _read(place: Traversable | Path) -> Scheme:
    try:
        text = place.read_bytes()[: _LARGEST + 1].decode("utf-8-sig")
    except OSError as error:
        raise ModelError(
            f"the scheme cannot be read ({error.strerror})",
            where=f"scheme file {place.name}",
            allowed="a TOML file that exists and may be read",
            remedy="check the path",
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(
            "the scheme is not text",
            where=f"scheme file {place.name}, byte {error.start + 1}",
            allowed="a TOML file in UTF-8",
            remedy="give a scheme file",
        ) from error
    file = _File(place.name, text)
    if len(text) > _LARGEST:
        file.refuse("the file is too large for a scheme", "a TOML file of a few kilobytes")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        line = int(at[1]) if at else len(text.splitlines())
        file.refuse(f"the scheme is not valid TOML: {str(error).partition(' (')[0]}", "TOML", line=line)
    return _check(tables, file)


@frozen
class _File:
    """A scheme file under check: where things stand in it, and how a fault is told."""

    name: str
    text: str

    def line_of(self, pattern: str, *, nth: int = 0, after: int = 0) -> int:
        """The line of the nth match of a pattern after a line; 0 if there is none."""
        lines = [n for n, line in enumerate(self.text.splitlines(), 1) if n > after and re.match(pattern, line)]
        return lines[nth] if len(lines) > nth else 0

    def refuse(self, what: str, allowed: str, *, line: int = 0, remedy: str = "correct the file") -> NoReturn:
        where = f"scheme file {self.name}, line {max(line, 1)}"
        raise ModelError(what, where=where, allowed=allowed, remedy=remedy)


def _check(tables: Mapping[str, Any], file: _File) -> Scheme:
    unknown = [part for part in tables if part not in _PARTS]
    if unknown:
        line = file.line_of(rf"\s*(\[+)?\s*{re.escape(unknown[0])}\b")
        file.refuse(f"the scheme has a part {unknown[0]!r}", ", ".join(_PARTS), line=line)
    scheme = tables.get("scheme")
    if not isinstance(scheme, dict):
        file.refuse("the scheme has no table [scheme]", ", ".join(_PARTS))
    start = file.line_of(r"\s*\[scheme\]")
    texts = {key: _text(scheme, key, file, start) for key in _SCHEME_KEYS}
    _refuse_unknown(scheme, _SCHEME_KEYS, file, start)
    tiers = tables.get("tiers")
    if not isinstance(tiers, list) or not tiers or not all(isinstance(tier, dict) for tier in tiers):
        file.refuse("the scheme has no tiers", "one table [[tiers]] for each tier, lowest need first")
    read = tuple(_tier(tier, file, file.line_of(r"\s*\[\[tiers\]\]", nth=n)) for n, tier in enumerate(tiers))
    _check_groups(read, file)
    return Scheme(
        name=texts["name"],
        edition=texts["edition"],
        title=texts["title"],
        tiers=read,
        group_names=_names(tables.get("group_names"), file),
        source=texts["source"],
    )


def _text(table: Mapping[str, Any], key: str, file: _File, start: int) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        line = file.line_of(rf"\s*{key}\s*=", after=start) if key in table else start
        file.refuse(f"{key} is missing or is no text", f"{key} = some text", line=line)
    return value.strip()


def _refuse_unknown(table: Mapping[str, Any], keys: tuple[str, ...], file: _File, start: int) -> None:
    for key in table:
        if key not in keys:
            line = file.line_of(rf"\s*{re.escape(key)}\s*=", after=start)
            file.refuse(f"there is a key {key!r} too many", ", ".join(keys), line=line)


def _tier(tier: Mapping[str, Any], file: _File, start: int) -> Tier:
    _refuse_unknown(tier, _TIER_KEYS, file, start)
    texts = {key: _text(tier, key, file, start) for key in _TIER_KEYS[:-1]}

    def refuse(key: str, allowed: str) -> NoReturn:
        line = file.line_of(rf"\s*{key}\s*=", after=start) or start
        file.refuse(f"{key} is {tier.get(key)!r}", allowed, line=line)

    if not re.fullmatch(r"#[0-9a-f]{6}", texts["colour_hex"]):
        refuse("colour_hex", "# and six hexadecimal digits in small letters, for example '#00703c'")
    if len(texts["letter"]) != 1 or not texts["letter"].isupper():
        refuse("letter", "one capital letter")
    if texts["shape"] not in _SHAPES:
        refuse("shape", ", ".join(_SHAPES))
    groups = tier.get("groups")
    if not isinstance(groups, list) or not groups or not all(type(g) is int and g in _GROUPS for g in groups):
        refuse("groups", "a list of group numbers 1 to 11")
    return Tier(**texts, groups=tuple(groups))


def _check_groups(tiers: tuple[Tier, ...], file: _File) -> None:
    lines = [file.line_of(r"\s*groups\s*=", nth=n) for n in range(len(tiers))]
    tier_of: dict[int, int] = {}
    for place, tier in enumerate(tiers):
        for group in tier.groups:
            if group in tier_of:
                file.refuse(f"group {group} is listed twice", "each group 1 to 11 once", line=lines[place])
            tier_of[group] = place
        if tier.word in {other.word for other in tiers[:place]}:
            at = lines[place]
            file.refuse(f"two tiers have the word {tier.word!r}", "a word of its own for each tier", line=at)
    absent = [group for group in _GROUPS if group not in tier_of]
    if absent:
        missing = ", ".join(map(str, absent))
        file.refuse(f"group {missing} is in no tier", "each group 1 to 11 once", line=lines[-1])
    for group in _GROUPS[1:]:
        if tier_of[group] < tier_of[group - 1]:
            file.refuse(
                f"group {group} is in a lower tier than group {group - 1}",
                "tiers from lowest to highest need, never falling as the group number rises",
                line=lines[tier_of[group]],
            )


def _names(names: object, file: _File) -> tuple[str, ...]:
    start = file.line_of(r"\s*\[group_names\]")
    allowed = "a name of its own for each group, 1 = '...' to 11 = '...'"
    if not isinstance(names, dict):
        file.refuse("the scheme has no table [group_names]", allowed)
    _refuse_unknown(names, tuple(map(str, _GROUPS)), file, start)
    texts = tuple(_text(names, str(group), file, start) for group in _GROUPS)
    for place, text in enumerate(texts):
        if text in texts[:place]:
            line = file.line_of(rf"\s*{_GROUPS[place]}\s*=", after=start)
            file.refuse(f"two groups have the name {text!r}", allowed, line=line)
    return texts
