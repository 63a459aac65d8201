"""Finding packaged files and the caller's own: `name`, `name@edition`, or a path."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from attrs import frozen

from .errors import UsageError, did_you_mean

_PACKAGE: Final = __package__ or "pngroup"


@frozen
class Edition:
    """A packaged or own file or folder: its name, edition (empty for a path) and place."""

    name: str
    edition: str
    place: Traversable | Path

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.name}@{self.edition}" if self.edition else self.name


def data(*parts: str) -> Traversable:
    """A file or folder of the package's data, whatever name the package was copied under."""
    return files(_PACKAGE).joinpath("data", *parts)


@cache
def current_editions() -> dict[str, dict[str, str]]:
    """For each kind (catalogues, models) the current edition of each packaged name."""
    tables: dict[str, dict[str, str]] = tomllib.loads(data("editions.toml").read_text(encoding="utf-8"))
    return tables


def find_edition(wanted: str | os.PathLike[str], *, kind: str, argument: str) -> Edition:
    """The packaged edition or own path that `wanted` names.

    `kind` is "catalogues" or "models". A text with a path separator, an ending, or naming an existing file or folder
    is a path. Raises `UsageError` for a name or edition that does not exist.
    """
    text = os.fspath(wanted)
    known = current_editions()[kind]
    name, _, edition = text.partition("@")
    if name in known:
        edition = edition or known[name]
        place = _packaged(kind, name, edition)
        if place is not None:
            return Edition(name, edition, place)
        raise UsageError(
            f"there is no edition {edition!r} of {name!r}",
            where=f"argument {argument}",
            allowed=f"{name}@{known[name]}",
            remedy="name an edition that this version holds",
        )
    path = Path(text)
    if text and (isinstance(wanted, os.PathLike) or path.exists() or os.sep in text or path.suffix):
        if path.exists():
            return Edition(path.name, "", path)
        raise UsageError(
            f"there is no file or folder {path.name!r} at the path given",
            where=f"argument {argument}",
            allowed=f"a path that exists, or one of {', '.join(known)}",
            remedy="check the path",
        )
    hint = did_you_mean(name, known)
    raise UsageError(
        f"there is no {kind[:-1]} {name!r}" + (f", {hint}" if hint else ""),
        where=f"argument {argument}",
        allowed=", ".join(known) + ", or a path",
        remedy="correct the name",
    )


def _packaged(kind: str, name: str, edition: str) -> Traversable | None:
    if kind == "catalogues":
        place = data("catalogue", edition)
        return place if place.is_dir() else None
    place = data("models", name, f"{edition}.toml")
    return place if place.is_file() else None
