"""The front door: `group()` puts every person of a table into a need group."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Any, Final

from ._version import __version__
from .answering import Inputs, answer
from .catalogue import Catalogue
from .codes import NORMALISER_VERSION, codes_fingerprint
from .dates import read_as_at, to_date
from .errors import DataError, UsageError, did_you_mean
from .evidence import MOST_MEANINGS, Evidence, Meanings, gather
from .evidence.view import Measured, nothing_measured
from .intake import (
    REASONS,
    Context,
    Feed,
    read_contacts,
    read_medicines,
    read_people,
    read_records,
    read_values,
)  # fmt: skip
from .model import Model, load_both
from .model.primitives import FEEDS
from .quality import Quality, refuse_faults
from .result import Grouping
from .schemes import Scheme, load_scheme
from .vocabulary import CodeSystem

_TABLES: Final = ("people", *FEEDS)
_READERS: Final = {
    "records": read_records, "contacts": read_contacts, "medicines": read_medicines, "values": read_values,
}  # fmt: skip
SAFETY: Final = (
    "For population health management, not for decisions about one patient. A non-user is unknown, not healthy."
)


def group(
    people: Any,
    records: Any,
    *,
    as_at: Any,
    contacts: Any = None,
    medicines: Any = None,
    values: Any = None,
    system: str | CodeSystem | None = None,
    model: str | os.PathLike[str] | Model = "need-groups",
    catalogue: str | os.PathLike[str] | Catalogue | None = None,
    scheme: str | os.PathLike[str] | Scheme = "default",
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    strict: bool = False,
    keep_records: bool = False,
) -> Grouping:
    """Put each person into one of the eleven need groups, as it stood at the end of `as_at`.

    `people`: one row a person with `person_id`, `birth_date` (date, `YYYY-MM` or year) or `age`, `sex`, and optionally
    `registered_from`, `registered_to`, `died_on`, `excluded_reason`. `records`: `person_id`, `code`, `date`, and
    `system` unless one `system` is given for all rows; optionally `setting`, `position`, `status`. `contacts`:
    `person_id`, `date`, `setting`. `medicines`: `person_id`, `code`, `system`, `date`. `values`: the same with
    `value` and `unit`. Each is a pandas, polars (eager or lazy) or pyarrow table, anything else narwhals takes, or a
    mapping of arrays. `columns` maps our column names to the caller's, a table each:
    `{"people": {"person_id": "nhs_no"}}`. Text dates are ISO unless `date_format` (as for `strptime`) is given.

    `model`, `catalogue` and `scheme` take a name, `name@edition`, a path, or an object. `strict` turns every fault of
    the data that is otherwise counted in `quality` into a `DataError`. `keep_records` keeps what `explain` needs.

    Returns a `Grouping`. Raises `UsageError` for wrong arguments, `DataError` for data that cannot be used,
    `ModelError` for a wrong model, catalogue or scheme file.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
    >>> group(people, records, as_at="2026-03-31", system="icd10").to_frame()["need_group"].tolist()
    [9, 3]

    Source: the specification of the model is in docs/explanation/model.md, its readings in docs/provenance.md.
    """
    day = read_as_at(as_at)
    check_columns(columns)
    used_scheme = load_scheme(scheme)
    used_catalogue, used_model = load_both(model, catalogue)
    columns = columns or {}
    everybody = read_people(
        people,
        as_at=day,
        columns=columns.get("people"),
        date_format=date_format,
        short_history_months=used_model.short_history_months,
    )
    context = Context(
        people=everybody,
        catalogue=used_catalogue,
        model=used_model,
        meanings=Meanings(),
        used=used_model.conditions_used,
        as_at=day,
        columns=columns,
        date_format=date_format,
        system=system,
    )
    tables = {"records": records, "contacts": contacts, "medicines": medicines, "values": values}
    if records is None:
        raise UsageError(
            "records is None",
            where="argument records",
            allowed="a table, also an empty one",
            remedy="give the coded records",
        )
    feeds = {name: _READERS[name](table, context) for name, table in tables.items() if table is not None}
    quality_of_feeds = (everybody.quality, *(feed.quality for feed in feeds.values()))
    if strict:
        refuse_faults(quality_of_feeds)
    inputs = Inputs(
        people=everybody,
        evidence=_gather(feeds, context),
        as_at=day,
        feeds=frozenset(feeds),
        medicines=_measured(feeds, "medicines"),
        values=_measured(feeds, "values"),
    )
    fingerprint = _fingerprint(used_catalogue, used_model, used_scheme)
    without = {reason: int((everybody.reason == i).sum()) for i, reason in enumerate(REASONS)}
    quality = Quality(
        feeds=quality_of_feeds,
        n_people=everybody.n_people,
        n_grouped=everybody.n_people - sum(without.values()),
        n_without_group=without,
    )
    return Grouping(
        model=used_model,
        catalogue=used_catalogue,
        scheme=used_scheme,
        as_at=to_date(day),
        people=everybody,
        inputs=inputs,
        answers=answer(used_model, inputs),
        quality=quality,
        fingerprint=fingerprint,
        manifest=_manifest(used_catalogue, used_model, used_scheme, day, feeds, quality, fingerprint, strict),
        kept=feeds if keep_records else None,
    )


def check_columns(columns: object) -> None:
    """Raise `UsageError` unless `columns` maps tables to mappings; names inside are checked with the tables."""
    allowed = ", ".join(_TABLES)
    if columns is None:
        return
    wrong = f"columns is a {type(columns).__name__}" if not isinstance(columns, Mapping) else None
    if wrong is None and isinstance(columns, Mapping):
        for name, mapping in columns.items():
            if name not in _TABLES:
                hint = did_you_mean(str(name), _TABLES)
                wrong = f"columns names a table {name!r}" + (f", {hint}" if hint else "")
            elif not isinstance(mapping, Mapping):
                wrong = f"columns[{name!r}] is a {type(mapping).__name__}"
    if wrong is not None:
        raise UsageError(
            wrong,
            where="argument columns",
            allowed=f"a mapping of tables ({allowed}) to mappings of our column names to yours",
            remedy="write it as {'people': {'person_id': 'nhs_no'}}",
        )


def _gather(feeds: Mapping[str, Feed], context: Context) -> Evidence:
    if len(context.meanings.sets()) > MOST_MEANINGS:
        raise DataError(
            f"the codes have more than {MOST_MEANINGS:,} different meanings",
            where="records",
            allowed=f"at most {MOST_MEANINGS:,} different sets of conditions",
            remedy="use a catalogue with fewer conditions",
        )
    return gather((feed.facts for feed in feeds.values()), context.meanings, context.people.n_people)


def _measured(feeds: Mapping[str, Feed], name: str) -> Measured:
    table = feeds[name].measured if name in feeds else None
    return nothing_measured() if table is None else table


def _fingerprint(catalogue: Catalogue, model: Model, scheme: Scheme) -> str:
    parts = (
        catalogue.fingerprint,
        model.fingerprint,
        scheme.fingerprint,
        f"normaliser {NORMALISER_VERSION}",
        codes_fingerprint(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _manifest(
    catalogue: Catalogue,
    model: Model,
    scheme: Scheme,
    day: int,
    feeds: Mapping[str, Feed],
    quality: Quality,
    fingerprint: str,
    strict: bool,
) -> dict[str, Any]:
    return {
        "library": f"pngroup {__version__}",
        "as_at": to_date(day).isoformat(),
        "model": f"{model.name}@{model.edition}",
        "catalogue": f"{catalogue.name}@{catalogue.edition}",
        "catalogue_fingerprint": catalogue.fingerprint,
        "scheme": f"{scheme.name}@{scheme.edition}",
        "normaliser": NORMALISER_VERSION,
        "fingerprint": fingerprint,
        "feeds": {name: name in feeds for name in FEEDS},
        "n_rows": {feed.name: feed.n_rows for feed in quality.feeds},
        "n_used": {feed.name: feed.n_used for feed in quality.feeds},
        "strict": strict,
        "safety": SAFETY,
    }
