"""What codes mean: editions of the catalogue, read and checked, and the look-up of codes."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from ..editions import Edition, find_edition
from ..errors import ModelError, UsageError
from .applying import apply_overlay
from .comparing import CatalogueDifference, compare_catalogues
from .definition import (
    RESTRICTED_PREFIX,
    Catalogue,
    Condition,
    Decision,
    Refset,
    Root,
    ScoreRow,
    Source,
)
from .dismissal import Dismissal
from .mapping import MappingRow
from .overlay import Overlay, read_overlay, refuse_depth
from .reading import read_catalogue

__all__ = [
    "EDITION_FILE",
    "RESTRICTED_PREFIX",
    "Catalogue",
    "CatalogueDifference",
    "Condition",
    "Decision",
    "Dismissal",
    "MappingRow",
    "Overlay",
    "Refset",
    "Root",
    "ScoreRow",
    "Source",
    "apply_overlay",
    "compare_catalogues",
    "load_catalogue",
    "read_catalogue",
    "read_overlay",
]

_OVERLAYS: Final = (".toml", ".csv")
#: In a folder of one's own: what the catalogue is called.
EDITION_FILE: Final = "edition.toml"


def load_catalogue(catalogue: str | os.PathLike[str] | Catalogue = "core") -> Catalogue:
    """A catalogue by name, `name@edition`, or the path of a folder or overlay; a `Catalogue` is returned as it is.

    An overlay is a TOML or CSV file with a site's own changes to another catalogue: the result is a new catalogue with
    its own name, edition and fingerprint. Raises `UsageError` for an unknown name, `ModelError` (file and place) for a
    folder or an overlay that is not right.

    >>> load_catalogue("core").edition
    '2026.1'
    """
    if isinstance(catalogue, Catalogue):
        return catalogue
    if not isinstance(catalogue, str | os.PathLike):
        raise UsageError(
            f"catalogue is a {type(catalogue).__name__}",
            where="argument catalogue",
            allowed="a name, name@edition, the path of a folder, or a Catalogue",
            remedy="give the catalogue's name",
        )
    return _loaded(catalogue, depth=0)


def _loaded(catalogue: str | os.PathLike[str], depth: int) -> Catalogue:
    edition = find_edition(catalogue, kind="catalogues", argument="catalogue")
    # A packaged edition never changes while a program runs; the caller's own files may.
    if edition.edition:
        return _packaged(edition)
    if isinstance(edition.place, Path) and edition.place.is_file():
        return _overlaid(edition.place, depth)
    name, own = _named(edition)
    return read_catalogue(edition.place, name=name, edition=own)


def _named(edition: Edition) -> tuple[str, str]:
    """Name and edition of a folder of the caller's: as the folder says of itself, or its name and `own`."""
    file = edition.place / EDITION_FILE
    if not file.is_file():
        return edition.name, "own"
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8"))
        named = content["catalogue"]["name"], content["catalogue"]["edition"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError):
        named = "", ""
    if not all(isinstance(each, str) and each for each in named):
        raise ModelError(
            "name and edition of the catalogue cannot be read",
            where=f"{edition.name}/{EDITION_FILE}",
            allowed="a table [catalogue] with the texts name and edition",
            remedy="correct the file, or remove it",
        )
    return named


def _overlaid(path: Path, depth: int) -> Catalogue:
    if path.suffix.lower() not in _OVERLAYS:
        raise ModelError(
            f"{path.name!r} is neither a folder nor an overlay",
            where="argument catalogue",
            allowed="a folder with the tables of a catalogue, or an overlay (.toml or .csv)",
            remedy="give the path of one of these",
        )
    refuse_depth(depth, path.name)
    overlay = read_overlay(path)
    return apply_overlay(_loaded(overlay.base, depth + 1), overlay)


@cache
def _packaged(edition: Edition) -> Catalogue:
    return read_catalogue(edition.place, name=edition.name, edition=edition.edition, check=False)
