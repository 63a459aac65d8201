"""Models: reading and checking them, the numpy evaluator and the reference interpreter."""

from __future__ import annotations

import os
from functools import cache

from ..catalogue import Catalogue, load_catalogue
from ..editions import Edition, find_edition
from ..errors import ModelError, UsageError
from ..vocabulary import Setting
from .checking import check_model
from .definition import Model
from .places import where_in
from .reading import read_model

__all__ = ["Model", "load_both", "load_model"]


def load_model(model: str | os.PathLike[str] | Model, catalogue: str | os.PathLike[str] | Catalogue = "core") -> Model:
    """A model by name, `name@edition`, or the path of a TOML file, checked against a catalogue.

    `catalogue` takes what `load_catalogue` takes. A `Model` is returned as it is. Raises `UsageError` for an
    unknown name, `ModelError` (file, line, what was allowed) for a file that is not right.

    >>> load_model("need-groups").groups
    (11, 10, 7, 6, 9, 8, 5, 4, 3, 2, 1)
    """
    if isinstance(model, Model):
        return model
    if not isinstance(model, str | os.PathLike):
        raise UsageError(
            f"model is a {type(model).__name__}",
            where="argument model",
            allowed="a name, name@edition, a path, or a Model",
            remedy="give the model's name",
        )
    edition = find_edition(model, kind="models", argument="model")
    used = load_catalogue(catalogue)
    return _packaged(edition, _Held(used)) if edition.edition else _read(edition, used)


def load_both(
    model: str | os.PathLike[str] | Model, catalogue: str | os.PathLike[str] | Catalogue | None = None
) -> tuple[Catalogue, Model]:
    """A model with the catalogue that it was written for, or with the one given.

    >>> catalogue, model = load_both("need-groups")
    >>> model.catalogue == f"{catalogue.name}@{catalogue.edition}"
    True
    """
    used = load_catalogue(catalogue if catalogue is not None else "core")
    loaded = load_model(model, used)
    if catalogue is None and loaded.catalogue != f"{used.name}@{used.edition}":
        used = load_catalogue(loaded.catalogue)
        loaded = load_model(model, used)
    return used, loaded


class _Held:
    """A catalogue as a key: two are the same when their fingerprints are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return hash(self.catalogue.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.catalogue.fingerprint == self.catalogue.fingerprint


@cache
def _packaged(edition: Edition, held: _Held) -> Model:
    return _read(edition, held.catalogue)


def _read(edition: Edition, catalogue: Catalogue) -> Model:
    if edition.place.is_dir():
        raise ModelError(
            "a folder was given",
            where=edition.label,
            allowed="a model file (TOML)",
            remedy="give the path of the file",
        )
    data = edition.place.read_bytes()
    model = read_model(data, label=edition.label, catalogue=catalogue)
    check_model(
        model,
        settings=(setting.value for setting in Setting),
        sources=catalogue.sources,
        where=lambda place: where_in(data.decode("utf-8-sig"), edition.label, place),
    )
    return model
