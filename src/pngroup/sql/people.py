"""The people: one row each, their age, and who has no group and why. As `intake/people.py` reads them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from ..dates import months_before, read_as_at, to_date
from ..vocabulary import Reason, Sex
from .questions import births_by_age
from .script import Statement, create
from .source import Source
from .spellings import UNKNOWN_WORD

_OLDEST: Final = 125
#: Earlier days are what databases write for no date.
_FIRST_BIRTH: Final = datetime.date(1800, 1, 1)
_FIRST_DAY: Final = datetime.date(1900, 1, 1)
_NEVER: Final = datetime.date(9999, 12, 31)
_DATES: Final = {
    "birth_date": (_FIRST_BIRTH, "birth_date_unreadable"),
    "died_on": (_FIRST_BIRTH, "death_unreadable"),
    "registered_from": (_FIRST_DAY, "registration_unreadable"),
    "registered_to": (_FIRST_DAY, "registration_unreadable"),
}


def people_statements(source: Source, as_at: datetime.date, short_history_months: int) -> Iterator[Statement]:
    """The statements that make `pngroup_person` (rows as given, each once) and `pngroup_people` (one row a person)."""
    dialect, literal = source.dialect, source.dialect.literal
    has_age = source.has("people", "age")
    if has_age:
        columns = [("age", "integer"), ("born_on", "date")]
        about = "The earliest day on which somebody of each age can have been born, for people without a birth date."
        yield Statement("pngroup_age", about, dialect.create_empty("pngroup_age", columns))
        yield Statement("pngroup_age", about, dialect.insert("pngroup_age", births_by_age(as_at, _OLDEST)))
    given = [f"{source.column('people', 'person_id')} AS person_id"]
    for name, (first, _) in _DATES.items():
        if source.has("people", name):
            date = source.date("people", name)
            given.append(f"CASE WHEN {date} >= {literal(first)} THEN {date} END AS {name}")
            given.append(f"CASE WHEN {date} < {literal(first)} THEN 1 ELSE 0 END AS {name}_unreadable")
        else:
            given += [f"CAST(NULL AS DATE) AS {name}", f"0 AS {name}_unreadable"]
    given.append(f"{source.column('people', 'age')} AS age_given" if has_age else "0 AS age_given")
    for name in ("sex", "excluded_reason"):
        given.append(f"{source.spelling('people', name) if source.has('people', name) else dialect.word('')} AS {name}")
    about = "The rows of people, identical ones once. Rows of one person that differ stop the script below."
    yield from create(dialect, "pngroup_person", about, given, f"FROM {source.table('people')}", distinct=True)

    born = "CASE WHEN p.birth_date IS NULL THEN a.born_on ELSE p.birth_date END" if has_age else "p.birth_date"
    of_birth = dialect.age("p.birth_date", as_at)
    age = f"CASE WHEN p.birth_date IS NULL THEN {'a.age' if has_age else 'NULL'} ELSE {of_birth} END"
    known = f"(p.birth_date IS NOT NULL AND {of_birth} <= {_OLDEST})" + (
        " OR (p.birth_date IS NULL AND a.age IS NOT NULL)" if has_age else ""
    )
    at = literal(as_at)
    reasons = {
        Reason.EXCLUDED: "x.means = 'yes'",
        Reason.NOT_BORN: f"p.birth_date > {at}",
        Reason.DIED: f"p.died_on <= {at}",
        Reason.NOT_REGISTERED: f"p.registered_from > {at} OR p.registered_to <= {at}",
        Reason.AGE_UNKNOWN: f"NOT ({known})",
    }
    short = literal(to_date(months_before(read_as_at(as_at), short_history_months)))
    implausible = f"(p.birth_date <= {at} AND {of_birth} > {_OLDEST})"
    if has_age:
        implausible += " OR (p.birth_date IS NULL AND p.age_given IS NOT NULL AND a.age IS NULL)"
    why = "\n    ".join(f"WHEN {test} THEN {literal(reason.value)}" for reason, test in reasons.items())
    reason = dialect.compared_as.format(f"CASE\n    {why}\n  END")
    unknown = literal(Sex.UNKNOWN.value)
    people = [
        "p.person_id",
        f"{age} AS age",
        f"{born} AS born_on",
        f"COALESCE({born}, {literal(_FIRST_DAY)}) AS first_day",
        f"COALESCE(p.died_on, {literal(_NEVER)}) AS last_day",
        f"CASE WHEN s.means IS NULL OR s.means = {literal(UNKNOWN_WORD)} THEN {unknown} ELSE s.means END AS sex",
        f"{reason} AS reason",
        f"CASE WHEN p.registered_from > {short} THEN 1 ELSE 0 END AS short_history",
        f"CASE WHEN {implausible} THEN 1 ELSE 0 END AS age_out_of_range",
        f"CASE WHEN s.means = {literal(UNKNOWN_WORD)} THEN 1 ELSE 0 END AS sex_unknown_word",
        *(
            "CASE WHEN " + " OR ".join(f"p.{name}_unreadable = 1" for name in names) + f" THEN 1 ELSE 0 END AS {note}"
            for note, names in _by_note().items()
        ),
        f"CASE WHEN {_new_words(source)} THEN 1 ELSE 0 END AS is_new",
    ]
    rest = [
        "FROM pngroup_person p",
        *(["LEFT JOIN pngroup_age a ON a.age = FLOOR(p.age_given)"] if has_age else []),
        "LEFT JOIN pngroup_word s ON s.feed = 'people' AND s.kind = 'sex' AND s.spelling = p.sex",
        "LEFT JOIN pngroup_word x",
        "  ON x.feed = 'people' AND x.kind = 'excluded_reason' AND x.spelling = p.excluded_reason",
    ]
    about = (
        "One row a person: whole years of age on the index date, the first and last believable day of a record, and\n"
        "why somebody has no group (the first reason that applies)."
    )
    yield from create(dialect, "pngroup_people", about, people, "\n".join(rest))


def _by_note() -> dict[str, list[str]]:
    notes: dict[str, list[str]] = {}
    for name, (_, note) in _DATES.items():
        notes.setdefault(note, []).append(name)
    return notes


def _new_words(source: Source) -> str:
    """Whether a spelling of the row was not in the list."""
    tests = [
        f"{alias}.spelling IS NULL"
        for alias, name in (("s", "sex"), ("x", "excluded_reason"))
        if source.has("people", name)
    ]
    return " OR ".join(tests) or "1 = 0"


#: Notes of the quality report that are sums of columns of `pngroup_people`.
NOTES: Final = (
    "birth_date_unreadable",
    "age_out_of_range",
    "sex_unknown_word",
    "registration_unreadable",
    "death_unreadable",
)
