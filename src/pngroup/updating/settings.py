"""What a run is made with: what is named now, and for the rest what the state says of last month."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from attrs import asdict

from ..editions import find_edition
from ..errors import UsageError
from ..model import Model
from ..schemes import Scheme, load_scheme
from .columns import COLUMNS
from .settling import Settle
from .state import OBJECT, Settings, State

REVIEWS: Final = "reviews"
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


def read_labels(columns: Mapping[str, Mapping[str, str]] | None) -> dict[str, Mapping[str, str]]:
    """Our names of columns to the caller's, by table. Raises `UsageError` for other forms and unknown tables."""
    known = (*COLUMNS, REVIEWS)
    if columns is not None and not (
        isinstance(columns, Mapping) and all(isinstance(each, Mapping) for each in columns.values())
    ):
        wrong = "columns does not map tables to mappings"
    else:
        unknown = [name for name in columns or {} if name not in known]
        if not unknown:
            return dict(columns or {})
        wrong = f"columns names a table {unknown[0]!r}"
    raise UsageError(
        wrong,
        where="argument columns",
        allowed=f"a mapping of tables ({', '.join(known)}) to mappings of our column names to yours",
        remedy="write it as {'people': {'person_id': 'nhs_no'}}",
    )


def tables_not_needed(labels: Mapping[str, Any], given: Collection[str], last: State | None) -> tuple[str, ...]:
    """Tables of which names of columns are given, and which stay as the state has them.

    A job names all of its columns each month. `UsageError` for a table that the state does not know either.
    """
    absent = tuple(name for name in labels if name not in given)
    for name in absent:
        if last is None or name not in last.tables:
            raise UsageError(
                f"columns names the table {name!r}, which is not given" + ("" if last is None else " nor in the state"),
                where="argument columns",
                allowed=", ".join((*given, *(each for each in last.tables if each in COLUMNS)) if last else given),
                remedy="give the table, or leave its columns out",
            )
    return absent


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
