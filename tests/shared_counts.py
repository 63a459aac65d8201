"""What becomes of the rows of a table, counted in plain Python: the quality report must say the same.

Nothing here uses pngroup but the files of its catalogue, read as text. Dates, SNOMED CT check digits, ICD-10 forms and
prefix rows are worked out anew, row by row and slowly.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from attrs import field, frozen

CATALOGUE = Path(__file__).resolve().parent.parent / "src/pngroup/data/catalogue/2026.1"

#: The words for code systems in the data, and what they stand for; None for one that cannot be grouped.
SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "SNOMED-CT": "snomed",
    "SNOMED": "snomed",
    "snomed": "snomed",
    "ICD10CM": "icd10cm",
    "icd10cm": "icd10cm",
    "icd10": "icd10",
    "ICD-10": "icd10",
    "icd9cm": None,
    "http://read.info/readv2": None,
}
#: A medication review that is due is work for the practice, not something that happened.
ADMINISTRATIVE = {"314529007", "281399006"}
FIRST_DAY = datetime.date(1900, 1, 1)


@frozen
class Counts:
    """How many rows were not used and why, how many were used by system, and what else is remarkable in those."""

    not_used: Counter[str] = field(factory=Counter)
    mapped: Counter[str] = field(factory=Counter)
    unmapped: Counter[str] = field(factory=Counter)
    notes: Counter[str] = field(factory=Counter)

    @property
    def n_used(self) -> int:
        return self.mapped.total() + self.unmapped.total()


def count_records(
    people: Iterable[dict[str, Any]],
    records: Iterable[dict[str, Any]],
    *,
    as_at: str,
    system: str | None = None,
    date_format: str = "%Y-%m-%d",
) -> Counts:
    """What the quality report should say about `records`."""
    lives = {row["person_id"]: _life(row, as_at) for row in people}
    counts = Counts()
    for row in records:
        of_row, code, problem = _code(row, system)
        if row["person_id"] not in lives:
            problem = "person_unknown"
        problem = problem or _date_problem(row, lives.get(row["person_id"]), as_at, date_format)
        if problem:
            counts.not_used[problem] += 1
            continue
        (counts.mapped if is_mapped(of_row, code) else counts.unmapped)[of_row] += 1
        counts.notes["system_not_grouped"] += SYSTEMS.get(system or row["system"]) is None
        counts.notes["filler"] += of_row.startswith("icd10") and code.startswith("R69")
        counts.notes["rewritten"] += code != row["code"]
        counts.notes["administrative"] += code in ADMINISTRATIVE
    return counts


def count_contacts(people: Iterable[dict[str, Any]], contacts: Iterable[dict[str, Any]], *, as_at: str) -> Counter[str]:
    """Contacts not used, by reason; used ones under `used`."""
    lives = {row["person_id"]: _life(row, as_at) for row in people}
    return Counter(_date_problem(row, lives[row["person_id"]], as_at, "%Y-%m-%d") or "used" for row in contacts)


def without_group(people: Iterable[dict[str, Any]], as_at: str) -> Counter[str]:
    """People who have no group for a reason of their own: not born, died, not registered, age unknown."""
    day, reasons = datetime.date.fromisoformat(as_at), Counter()
    for row in people:
        born, died = _life(row, as_at)
        to, since = row.get("registered_to") or "9999-12-31", row.get("registered_from") or "0001-01-01"
        if born is not None and born > day:
            reasons["not_born"] += 1
        elif died is not None and died <= day:
            reasons["died"] += 1
        elif since > as_at or to <= as_at:
            reasons["not_registered"] += 1
        elif (born is None and not row.get("age")) or _age(row, born, day) > 125:
            reasons["age_unknown"] += 1
    return reasons


def _age(row: dict[str, Any], born: datetime.date | None, day: datetime.date) -> int:
    if not row.get("birth_date"):
        return int(float(row["age"]))
    assert born is not None
    if len(row["birth_date"]) == 4:
        born = born.replace(month=7)
    elif len(row["birth_date"]) == 7:
        born = born.replace(day=15)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


Life = tuple[datetime.date | None, datetime.date | None]


def _life(row: dict[str, Any], as_at: str) -> Life:
    """The earliest possible day of birth and the day of death; None where not known."""
    born: datetime.date | None = None
    if row.get("birth_date"):
        text = row["birth_date"]
        try:
            born = datetime.date.fromisoformat({4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text))
        except ValueError:
            born = None
    elif row.get("age"):
        day = datetime.date.fromisoformat(as_at)
        # Whoever is n years old today was born at the earliest on the day after today, n + 1 years ago.
        born = day.replace(year=day.year - int(float(row["age"])) - 1) + datetime.timedelta(days=1)
    died = datetime.date.fromisoformat(row["died_on"][:10]) if row.get("died_on") else None
    return born, died


def _date_problem(row: dict[str, Any], life: Life | None, as_at: str, date_format: str) -> str | None:
    if not row["date"]:
        return "date_missing"
    day = read_day(row["date"], date_format)
    if day is None:
        return "date_unreadable"
    if day > datetime.date.fromisoformat(as_at):
        return "after_as_at"
    born, died = life or (None, None)
    if born is not None and day < born:
        return "before_birth"
    return "after_death" if died is not None and day > died else None


def _code(row: dict[str, Any], system: str | None) -> tuple[str, str, str | None]:
    """System, canonical code and the problem of a row, the first that there is."""
    word = system or row["system"]
    if not word:
        return "", "", "system_missing"
    if word not in SYSTEMS:
        return "", "", "system_unknown"
    found = SYSTEMS[word]
    if found is None:
        # A system that is not grouped: a record that means no condition, under our own name for its system.
        return {"http://read.info/readv2": "read2"}.get(word, word), row["code"], None
    text = row["code"].strip()
    if not text.strip("-&"):
        return "", "", "code_missing"
    code = snomed(text) if found == "snomed" else icd10(text, american=found == "icd10cm")
    return found, code or "", None if code else "code_unreadable"


def icd10(text: str, *, american: bool = False) -> str | None:
    """An ICD-10 code in capitals without dot, X filler and hyphens; None where it has not the form of one."""
    text = text.upper().replace(".", "")
    if american:
        return text if re.fullmatch(r"[A-Z]\d[0-9A-Z]{1,5}", text) else None
    text = text.rstrip("X-")
    return text if re.fullmatch(r"[A-Z]\d\d\d?\d?", text) else None


def snomed(text: str) -> str | None:
    """A SNOMED CT concept id: 6 to 18 digits, partition 00 or 10, and Verhoeff's check digit."""
    if not re.fullmatch(r"[1-9]\d{5,17}", text) or text[-3:-1] not in ("00", "10"):
        return None
    # Symmetries of a regular pentagon as (turn, mirrored): the check digit brings the product back to nothing.
    turn, mirrored = 0, False
    for place, digit in enumerate(map(int, reversed(text))):
        symmetry = digit
        for _ in range(place % 8):
            symmetry = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[symmetry]
        turn = (turn + (-1 if mirrored else 1) * (symmetry % 5)) % 5
        mirrored ^= symmetry >= 5
    return text if (turn, mirrored) == (0, False) else None


@cache
def _rows() -> dict[str, list[tuple[str, str, str]]]:
    """Condition, way of matching and code, by system."""
    return {
        system: [(row["condition"], row["match"], row["code"]) for row in _read(f"{system}.csv")]
        for system in ("icd10", "icd10cm")
    }


@cache
def _snomed_ids() -> frozenset[str]:
    return frozenset(row["code"] for row in _read("snomed/ids.csv"))


def _read(name: str) -> list[dict[str, str]]:
    with (CATALOGUE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def is_mapped(system: str, code: str) -> bool:
    """Whether the catalogue's files say that a code is evidence of a condition."""
    if system == "snomed":
        return code in _snomed_ids()
    if SYSTEMS.get(system) is None and system not in SYSTEMS.values():
        return False
    included, excluded = set(), set()
    for condition, match, start in _rows()[system]:
        if code == start if match.endswith("exact") else code.startswith(start):
            (excluded if match.startswith("exclude") else included).add(condition)
    return bool(included - excluded)


def read_day(text: str | None, date_format: str = "%Y-%m-%d") -> datetime.date | None:
    """The day of a date as text, with or without a time behind it; None where it is none, or a sentinel."""
    try:
        day = datetime.datetime.strptime((text or "")[:10], date_format).date()  # noqa: DTZ007
    except ValueError:
        return None
    return day if day >= FIRST_DAY else None


def read_row(row: dict[str, Any], *, system: str | None = None, date_format: str = "%Y-%m-%d") -> dict[str, Any] | None:
    """A record with its code in canonical form and its date as a date; None where either cannot be read."""
    of_row, code, problem = _code(row, system)
    day = read_day(row["date"], date_format)
    if problem or day is None:
        return None
    return {"person_id": row["person_id"], "code": code, "system": of_row, "date": day, "status": None}
