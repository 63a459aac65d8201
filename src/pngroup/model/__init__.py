"""Models: reading and checking them, the numpy evaluator and the reference interpreter."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from ..catalogue import Catalogue, load_catalogue
from ..editions import Edition, find_edition
from ..errors import ModelError, UsageError
from ..vocabulary import Setting
from .checking import check_model
from .definition import Model
from .places import where_in
from .reading import read_model
from .registers import Choices

__all__ = ["Model", "load_both", "load_model"]


def load_model(
    model: str | os.PathLike[str] | Model,
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    *,
    order: str | None = None,
    registers: str | None = None,
    without: Iterable[str] = (),
    history_months: int | None = None,
) -> Model:
    """A model by name, `name@edition`, or the path of a TOML file, checked against a catalogue.

    `catalogue` takes what `load_catalogue` takes; None stands for the one that the model was written for. A `Model` is
    returned as it is. Where a model leaves a choice: `order` names one of its orders of groups, `registers` an edition
    of its registers, `without` registers to leave out; with `history_months` records count only so far back. What was
    chosen is part of the fingerprint.

    Raises `UsageError` for an unknown name or choice, `ModelError` (file, line, what was allowed) for a file that is
    not right.

    >>> load_model("need-groups").groups
    (11, 10, 7, 6, 9, 8, 5, 4, 3, 2, 1)
    """
    choices = Choices(order or "", registers or "", tuple(without), history_months)
    if isinstance(model, Model):
        if choices.texts():
            raise UsageError(
                "choices are given for a model that is loaded already",
                where="argument model",
                allowed="a name or a path, with choices",
                remedy="load the model anew by its name",
            )
        return model
    if not isinstance(model, str | os.PathLike):
        raise UsageError(
            f"model is a {type(model).__name__}",
            where="argument model",
            allowed="a name, name@edition, a path, or a Model",
            remedy="give the model's name",
        )
    edition = find_edition(model, kind="models", argument="model")
    used = load_catalogue(catalogue if catalogue is not None else "core")
    loaded = _loaded(edition, used, choices)
    if catalogue is None and loaded.catalogue != f"{used.name}@{used.edition}":
        loaded = _loaded(edition, load_catalogue(loaded.catalogue), choices)
    return loaded


def load_both(
    model: str | os.PathLike[str] | Model, catalogue: str | os.PathLike[str] | Catalogue | None = None
) -> tuple[Catalogue, Model]:
    """A model with the catalogue that it was written for, or with the one given.

    >>> catalogue, model = load_both("need-groups")
    >>> model.catalogue == f"{catalogue.name}@{catalogue.edition}"
    True
    """
    loaded = load_model(model, catalogue)
    return load_catalogue(catalogue if catalogue is not None else loaded.catalogue), loaded


def _loaded(edition: Edition, catalogue: Catalogue, choices: Choices) -> Model:
    return _packaged(edition, _Held(catalogue), choices) if edition.edition else _read(edition, catalogue, choices)


class _Held:
    """A catalogue as a key: two are the same when their fingerprints are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return hash(self.catalogue.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.catalogue.fingerprint == self.catalogue.fingerprint


@cache
def _packaged(edition: Edition, held: _Held, choices: Choices) -> Model:
    return _read(edition, held.catalogue, choices)


def _read(edition: Edition, catalogue: Catalogue, choices: Choices) -> Model:
    if edition.place.is_dir():
        raise ModelError(
            "a folder was given",
            where=edition.label,
            allowed="a model file (TOML)",
            remedy="give the path of the file",
        )
    data = edition.place.read_bytes()
    model = read_model(data, label=edition.label, catalogue=catalogue, choices=choices)
    check_model(
        model,
        settings=(setting.value for setting in Setting),
        sources=catalogue.sources,
        items=catalogue.register_items,
        where=lambda place: where_in(data.decode("utf-8-sig"), edition.label, place),
    )
    return model
