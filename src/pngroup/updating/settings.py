"""What a run is made with: what is named now, and for the rest what the state says of last month."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from attrs import asdict

from ..editions import find_edition
from ..errors import UsageError
from ..model import Model
from ..schemes import Scheme, load_scheme
from .settling import Settle
from .state import OBJECT, Settings

_KINDS: Final = {"model": "models", "catalogue": "catalogues"}


def choose(
    last: Settings | None,
    model: Any,
    catalogue: Any,
    scheme: Any,
    practice_column: str | None,
    settle: int | Settle | None,
) -> Settings:
    """The settings of this run; what is None stays as it was. Raises `UsageError` for names that do not exist."""
    named: dict[str, Any] = {} if last is None else asdict(last)
    if model is not None:
        named["model"] = _named(model, "model")
    if catalogue is not None or last is None:
        named["catalogue"] = None if catalogue is None else _named(catalogue, "catalogue")
    if scheme is not None or last is None:
        named["scheme"] = None if scheme is None else _named_scheme(scheme)
    if practice_column is not None or last is None:
        if practice_column is not None and not isinstance(practice_column, str):
            raise UsageError(
                f"practice_column is a {type(practice_column).__name__}",
                where="argument practice_column",
                allowed="the name of a column of people",
                remedy="name it",
            )
        named["practice_column"] = practice_column
    if settle is not None:
        chosen = settle if isinstance(settle, Settle) else Settle(settle)
        named["settle_months"], named["settle_upwards"] = chosen.months, chosen.upwards
    return Settings(**named)


def refuse_other_choices(last: Mapping[str, Any] | None, model: Any) -> None:
    """Raise `UsageError` where the state was made with choices of the model, and none is made now.

    `last`: the manifest of the state. Else a choice that was forgotten would pass as another edition.
    """
    chosen = {} if last is None else last.get("choices", {})
    if chosen and not isinstance(model, Model):
        shown = ", ".join(f"{name} {text}" for name, text in chosen.items())
        raise UsageError(
            f"the state was made with choices of its model ({shown}), which a name does not bring back",
            where="argument model",
            allowed="the model with its choices, loaded anew each month",
            remedy="make the same choices again (load_model), or begin a state without them",
        )


def options_of(settings: Settings, model: Any, catalogue: Any, scheme: Any) -> dict[str, Any]:
    """Model, catalogue and scheme as `group()` takes them: as given now, else by the names of last month."""
    given = {"model": model, "catalogue": catalogue, "scheme": scheme}
    for name, value in given.items():
        if value is None and getattr(settings, name) == OBJECT:
            raise UsageError(
                f"last month's {name} was given as an object, which no name can bring back",
                where=f"argument {name}",
                allowed=f"a {name}, by name, path or as an object",
                remedy=f"give {name}= again",
            )
    return {name: getattr(settings, name) if value is None else value for name, value in given.items()}


def _named(given: Any, kind: Literal["model", "catalogue"]) -> str:
    """A name with its edition, a whole path, or `OBJECT`."""
    if not isinstance(given, str | os.PathLike):
        return OBJECT
    edition = find_edition(given, kind=_KINDS[kind], argument=kind)
    return edition.label if edition.edition else _whole(given)


def _named_scheme(given: Any) -> str:
    if not isinstance(given, str | os.PathLike):
        return OBJECT
    text = os.fspath(given)
    if isinstance(given, os.PathLike) or text.endswith(".toml") or "/" in text or os.sep in text:
        return _whole(given)
    scheme: Scheme = load_scheme(text)
    return f"{scheme.name}@{scheme.edition}"


def _whole(path: str | os.PathLike[str]) -> str:
    return str(Path(os.fspath(path)).resolve())
