"""The front door: `group()` puts every person of a table into a need group."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, Unpack, overload

import numpy as np

from ._version import __version__
from .answering import answer_dates
from .catalogue import Catalogue
from .codes import NORMALISER_VERSION
from .dates import to_date
from .intake import Feed
from .model import Model
from .model.primitives import FEEDS
from .preparing import Options, Prepared, prepare
from .quality import Quality
from .result import Grouping, Groupings
from .schemes import Scheme
from .vocabulary import CodeSystem

SAFETY: Final = (
    "For population health management, not for decisions about one patient. A non-user is unknown, not healthy."
)


@overload
def group(
    people: Any, records: Any, *, as_at: str | datetime.date | np.datetime64, **options: Unpack[Options]
) -> Grouping: ...


@overload
def group(
    people: Any,
    records: Any,
    *,
    as_at: Sequence[str | datetime.date | np.datetime64] | np.ndarray[Any, Any],
    **options: Unpack[Options],
) -> Groupings: ...


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
    scheme: str | os.PathLike[str] | Scheme | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    date_format: str | None = None,
    strict: bool = False,
    keep_records: bool = False,
) -> Grouping | Groupings:
    """Put each person into one of the eleven need groups, as it stood at the end of `as_at`.

    `people`: one row a person with `person_id`, `birth_date` (date, `YYYY-MM` or year) or `age`, `sex`, and optionally
    `registered_from`, `registered_to`, `died_on`, `excluded_reason`. `records`: `person_id`, `code`, `date`, and
    `system` unless one `system` is given for all rows; optionally `setting`, `position`, `status`. `contacts`:
    `person_id`, `date`, `setting`. `medicines`: `person_id`, `code`, `system`, `date`. `values`: the same with
    `value` and `unit`. Each is a pandas, polars (eager or lazy) or pyarrow table, anything else narwhals takes, or a
    mapping of arrays; or a path: of a file, of a folder of files, or a pattern such as `"records/*.parquet"` (CSV, TSV
    or Parquet, the ending says which; needs pyarrow, and results are pyarrow tables). Event tables in files are read in
    batches and never held as a whole. `columns` maps our column names to the caller's, a table each:
    `{"people": {"person_id": "nhs_no"}}`. Text dates are ISO unless `date_format` (as for `strptime`) is given.

    `model`, `catalogue` and `scheme` take a name, `name@edition`, a path, or an object; without a scheme it is the
    default one, or the names that the model itself gives its groups. `strict` turns every fault of
    the data that is otherwise counted in `quality` into a `DataError`. `keep_records` keeps what `explain` needs.

    `as_at` is one date, or a list of dates (for which everybody needs a birth date): the tables are read once for all,
    and `strict` judges them at the last.

    Returns a `Grouping`; for a list of dates `Groupings`, which holds one for each, in order, the same as each date
    would give alone. Raises `UsageError` for wrong arguments, `DataError` for data that cannot be used,
    `ModelError` for a wrong model, catalogue or scheme file.

    >>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
    >>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
    >>> group(people, records, as_at="2026-03-31", system="icd10").to_frame()["need_group"].tolist()
    [9, 3]

    Source: the specification of the model is in docs/explanation/model.md, its readings in docs/provenance.md.
    """
    prepared = prepare(
        people,
        records,
        as_at=as_at,
        contacts=contacts,
        medicines=medicines,
        values=values,
        system=system,
        model=model,
        catalogue=catalogue,
        scheme=scheme,
        columns=columns,
        date_format=date_format,
        strict=strict,
        keep_records=keep_records,
    )
    groupings = [
        Grouping(
            model=prepared.model,
            catalogue=prepared.catalogue,
            scheme=prepared.scheme,
            as_at=to_date(asked.as_at),
            people=asked.people,
            inputs=asked,
            answers=answers,
            quality=quality,
            fingerprint=prepared.fingerprint,
            manifest=manifest(prepared, asked.as_at, found, quality, strict=strict),
            kept=found if keep_records else None,
        )
        for asked, answers, quality, found in zip(
            prepared.inputs,
            answer_dates(prepared.model, prepared.inputs),
            prepared.qualities,
            prepared.feeds,
            strict=True,
        )
    ]
    return groupings[0] if prepared.is_one else Groupings(tuple(groupings))


def manifest(
    prepared: Prepared, day: int, feeds: Mapping[str, Feed], quality: Quality, *, strict: bool
) -> dict[str, Any]:
    """How a run was made, for one index date (a day number)."""
    catalogue, model, scheme = prepared.catalogue, prepared.model, prepared.scheme
    return {
        "library": f"pngroup {__version__}",
        "as_at": to_date(day).isoformat(),
        "model": f"{model.name}@{model.edition}",
        **({"choices": choices} if (choices := model.choices.texts()) else {}),
        "catalogue": f"{catalogue.name}@{catalogue.edition}",
        "catalogue_fingerprint": catalogue.fingerprint,
        "scheme": f"{scheme.name}@{scheme.edition}",
        "normaliser": NORMALISER_VERSION,
        "fingerprint": prepared.fingerprint,
        "feeds": {name: name in feeds for name in FEEDS},
        "n_rows": {feed.name: feed.n_rows for feed in quality.feeds},
        "n_used": {feed.name: feed.n_used for feed in quality.feeds},
        "strict": strict,
        "safety": SAFETY,
    }
