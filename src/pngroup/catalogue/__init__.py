"""What codes mean: editions of the catalogue, read and checked, and the look-up of codes."""

from __future__ import annotations

import os
from functools import cache

from ..editions import Edition, find_edition
from ..errors import ModelError, UsageError
from .definition import RESTRICTED_TOPICS, Catalogue, Condition, Decision, Refset, Root, ScoreRow, Source
from .dismissal import Dismissal
from .mapping import MappingRow
from .reading import read_catalogue

__all__ = [
    "RESTRICTED_TOPICS",
    "Catalogue",
    "Condition",
    "Decision",
    "Dismissal",
    "MappingRow",
    "Refset",
    "Root",
    "ScoreRow",
    "Source",
    "load_catalogue",
    "read_catalogue",
]


def load_catalogue(catalogue: str | os.PathLike[str] | Catalogue = "core") -> Catalogue:
    """A catalogue by name, `name@edition`, or the path of a folder; a `Catalogue` is returned as it is.

    Raises `UsageError` for an unknown name, `ModelError` (file and line) for a folder that is not right.

    >>> load_catalogue("core").conditions["dementia"].body_system
    'neurological'
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
    edition = find_edition(catalogue, kind="catalogues", argument="catalogue")
    # A packaged edition never changes while a program runs; the caller's own folder may.
    return _packaged(edition) if edition.edition else _read(edition)


def _read(edition: Edition) -> Catalogue:
    if not edition.place.is_dir():
        raise ModelError(
            "a file was given",
            where=edition.label,
            allowed="a folder with the tables of a catalogue (sources.csv, conditions.csv, icd10.csv, ...)",
            remedy="give the path of the folder",
        )
    return read_catalogue(edition.place, name=edition.name, edition=edition.edition or "own")


@cache
def _packaged(edition: Edition) -> Catalogue:
    return _read(edition)
