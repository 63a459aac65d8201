"""The front door: `group()` puts every person of a table into a need group, and `Grouping` holds the answers."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
from attrs import field, frozen

from ._version import __version__
from .answering import Answers, Inputs, answer
from .catalogue import Catalogue, load_catalogue
from .codes import NORMALISER_VERSION
from .dates import read_as_at, to_date
from .errors import DataError, UsageError, did_you_mean
from .evidence import MOST_MEANINGS, Evidence, Meanings, gather
from .evidence.view import Measured, nothing_measured
from .explanation import Explanation, explain
from .frames import Column, Taken, build, find_id
from .intake import (
    REASONS,
    Context,
    Feed,
    People,
    read_contacts,
    read_medicines,
    read_people,
    read_records,
    read_values,
)  # fmt: skip
from .model import Model, load_model
from .model.primitives import FEEDS
from .quality import NOT_USED, NOTES, FeedQuality, Quality
from .schemes import Scheme, load_scheme
from .score_items import find_score, items, restricted_items
from .vocabulary import CodeSystem

_TABLES: Final = ("people", *FEEDS)
_READERS: Final = {
    "records": read_records, "contacts": read_contacts, "medicines": read_medicines, "values": read_values,
}  # fmt: skip
_ENGINE_FLAGS: Final = ("short_history", "age_imputed", "not_knowable")
SAFETY: Final = (
    "For population health management, not for decisions about one patient. A non-user is unknown, not healthy."
)


@frozen
class Grouping:
    """The need groups of a population on one index date.

    `quality` says what was used and what was not, and why; `fingerprint` is a hash over everything that can change an
    answer; `manifest` records how the run was made. Made by `group()`.
    """

    model: Model = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    scheme: Scheme = field(repr=False)
    as_at: datetime.date
    people: People = field(repr=False)
    inputs: Inputs = field(repr=False)
    answers: Answers = field(repr=False)
    quality: Quality = field(repr=False)
    fingerprint: str
    manifest: Mapping[str, Any] = field(repr=False)
    kept: Mapping[str, Feed] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.people.n_people

    def to_frame(self, *, criteria: Literal["integer", "columns"] = "integer") -> Any:
        """One row a person, in the caller's order and frame type; the caller's other columns at the end.

        Columns: `person_id`, `need_group` (nullable integer 1-11), `need_group_name`, `need_tier`, `rag`, `reason`
        (why there is no group), `criteria` (integer: bit g-1 is set when criterion g is met; with
        `criteria="columns"` eleven nullable booleans `criterion_1` ... `criterion_11`), the measures of the model
        (nullable integers; `cms` in hundredths, `hfrs` in tenths), and the flags (booleans).

        Raises `UsageError` for another value of `criteria`, `DataError` where a column of people bears the name of
        an output column.
        """
        if criteria not in ("integer", "columns"):
            raise UsageError(
                f"criteria is {criteria!r}",
                where="argument criteria",
                allowed="'integer' or 'columns'",
                remedy="choose one",
            )
        columns = self._columns(criteria)
        return build(self.people.table, columns, rows=self.people.first_row)

    def _columns(self, criteria: str) -> dict[str, Column | Taken]:
        answers, nobody = self.answers, self.people.reason >= 0
        groups = tuple(sorted(self.model.groups))
        place = np.searchsorted(groups, answers.group)
        place[nobody] = 0
        columns: dict[str, Column | Taken] = {
            "person_id": Taken("person_id"),
            "need_group": Column("integer", answers.group.astype(np.int64), nobody),
            "need_group_name": Column("text", place, nobody, tuple(self.scheme.group_name(g) for g in groups)),
            "need_tier": Column("text", place, nobody, tuple(self.scheme.tier_word(g) for g in groups)),
            "rag": Column("text", place, nobody, tuple(self.scheme.colour(g) for g in groups)),
            "reason": Column("text", self.people.reason, ~nobody, REASONS),
        }
        if criteria == "integer":
            columns["criteria"] = Column("integer", answers.criteria.astype(np.int64), nobody)
        else:
            for number in groups:
                met = (answers.criteria >> (number - 1)) & 1
                columns[f"criterion_{number}"] = Column("boolean", met.astype(bool), nobody)
        for name, (values, known) in answers.measures.items():
            columns[name] = Column("integer", values.astype(np.int64), nobody | ~known)
        for name, flag in self.flags().items():
            columns[name] = Column("boolean", flag)
        return columns

    def flags(self) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
        """Each flag as a boolean array, one entry a person; False for people without a group."""
        grouped = self.people.reason < 0
        found = {
            "short_history": self.people.short_history,
            **self.answers.flags,
            "age_imputed": self.people.age_imputed,
            "not_knowable": self.answers.left_open > 0,
        }
        return {name: flag & grouped for name, flag in found.items()}

    def counts(self) -> dict[int, int]:
        """How many people are in each group, by group number."""
        grouped = self.answers.group[self.people.reason < 0]
        return {number: int((grouped == number).sum()) for number in sorted(self.model.groups)}

    def items(self, score: str, *, show_restricted: bool = False) -> Any:
        """Which items of a score each person has: one row a person, in the caller's order and frame type.

        `score` is a score of the model: `charlson`, `charlson_2011`, `hfrs`, `efi`, `cms`, `cms_core` or
        `obstetric`. Columns: `person_id`, then a nullable boolean for each item, named by its id and in the
        order of the score's table. An item is missing for people without a group, where the score is not
        known, and where our codes or the tables given cannot tell. As in the score, the milder item is False
        beside its severer one. Items about a restricted topic (HIV) have a column only with
        `show_restricted`.

        Raises `UsageError` where the model has no such score.

        >>> people = {"person_id": ["a"], "birth_date": ["1940-05-02"]}
        >>> records = {"person_id": ["a", "a"], "code": ["E11.9", "E11.2"], "date": ["2020-02-01"] * 2}
        >>> items = group(people, records, as_at="2026-03-31", system="icd10").items("charlson")
        >>> [name for name, has in items.items() if has[0] is True]
        ['charlson_diabetes_with_complication']
        """
        found = find_score(self.model, score)
        hidden = frozenset[str]() if show_restricted else restricted_items(self.model, self.catalogue, found)
        columns: dict[str, Column | Taken] = {"person_id": Taken("person_id")}
        for item, (has, known) in items(self.model, self.inputs, found).items():
            if item not in hidden:
                columns[item] = Column("boolean", has, ~known)
        return build(self.people.table, columns, rows=self.people.first_row, pass_through=False)

    def explain(self, person: object, *, show_restricted: bool = False) -> Explanation:
        """Why a person is in their group; `person` is a person_id. Needs `group(..., keep_records=True)`.

        `show_restricted` names restricted topics that are otherwise called "a restricted record". Returns an
        `Explanation`: `str()` for staff, `.patient_text` for the person. Raises `UsageError` without kept records,
        `DataError` where there is no such person (the id is not repeated).
        """
        if self.kept is None:
            raise UsageError(
                "the records were not kept",
                where="Grouping.explain",
                allowed="a grouping made with keep_records=True",
                remedy="call group(..., keep_records=True), or pngroup.explain(person, people, records, ...)",
            )
        place = find_id(self.people.ids, person)
        if place is None:
            raise DataError(
                "people has no such person",
                where="argument person",
                allowed="a person_id of people, of the same type (text or whole number)",
                remedy="check the id and its type; leading zeros count",
            )
        return explain(
            place,
            model=self.model,
            catalogue=self.catalogue,
            scheme=self.scheme,
            as_at=self.as_at,
            people=self.people,
            feeds=self.kept,
            show_restricted=show_restricted,
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
    _check_columns(columns)
    used_scheme = load_scheme(scheme)
    used_catalogue, used_model = _load(model, catalogue)
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
        _refuse_faults(quality_of_feeds)
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


def _load(
    model: str | os.PathLike[str] | Model, catalogue: str | os.PathLike[str] | Catalogue | None
) -> tuple[Catalogue, Model]:
    # A model names the catalogue that it was written for; the caller may give another.
    used = load_catalogue(catalogue if catalogue is not None else "core")
    loaded = load_model(model, used)
    if catalogue is None and loaded.catalogue != f"{used.name}@{used.edition}":
        used = load_catalogue(loaded.catalogue)
        loaded = load_model(model, used)
    return used, loaded


def _check_columns(columns: object) -> None:
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


def _refuse_faults(feeds: tuple[FeedQuality, ...]) -> None:
    found = [
        f"{feed.name}: {n:,} with {NOT_USED.get(fault) or NOTES[fault]}"
        for feed in feeds
        for fault, n in feed.faults.items()
    ]
    if found:
        raise DataError(
            "strict was asked for, and rows are not as they should be: " + "; ".join(found),
            where="the tables named",
            allowed="no such rows under strict",
            remedy="correct the rows, or leave strict out and read the counts in quality",
        )


def _fingerprint(catalogue: Catalogue, model: Model, scheme: Scheme) -> str:
    parts = (catalogue.fingerprint, model.fingerprint, scheme.fingerprint, f"normaliser {NORMALISER_VERSION}")
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
        "scheme": f"{scheme.name}@{scheme.edition}",
        "normaliser": NORMALISER_VERSION,
        "fingerprint": fingerprint,
        "feeds": {name: name in feeds for name in FEEDS},
        "n_rows": {feed.name: feed.n_rows for feed in quality.feeds},
        "n_used": {feed.name: feed.n_used for feed in quality.feeds},
        "strict": strict,
        "safety": SAFETY,
    }
