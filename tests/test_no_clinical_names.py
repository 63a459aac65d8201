"""Meaning is data: no name of anything clinical in the package's code, comments, docstrings or examples."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "pngroup"
DATA = SOURCE / "data"
FILES = sorted(
    path for path in SOURCE.rglob("*") if path.is_file() and DATA not in path.parents and path.suffix != ".pyc"
)

#: Names of something in a catalogue or model that are words of the field, or of every day, as well.
EVERYDAY = {
    "birth",  # of a person: dates, days and ages
    "conditions",  # what a code is evidence of; the list of one model is called so
    "long-term conditions",  # those that lines are about
    "condition_count",  # how many a person has
    "medicines",  # the table
    "n_systems",  # code systems too
    "known_to_services",  # contact of any kind
    "short_history",  # a flag of the engine's own
    "falling",
    "falls",  # a day falls into a window
    "general",  # practice
}
#: Words that say something else in one file, and would be clinical elsewhere.
IN_THEIR_PLACE = {
    ("codes/icd10cm.py", "CMS"),  # the agency that maintains the codes
    ("population/mortality.py", "cancer"),  # the title of a book
    ("population/star_tables.py", "gender"),  # the name of a column of the published schema
    ("synthetic/rows.py", "mental health"),  # a setting
    ("through_time/intervals.py", "cancer"),  # the title of a book
    ("vocabulary.py", "mental health"),  # a setting
    # The public names of the eleven groups.
    ("vocabulary.py", "dominant psychiatric"),
    ("vocabulary.py", "frailty"),
    ("vocabulary.py", "pregnancy"),
}

Words = tuple[str, ...]


def tables(pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(DATA.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def in_catalogues() -> Iterator[str]:
    """Ids and names of conditions, lines, body systems, topics, register items, score tables and their items."""
    for row in tables("catalogue/*/conditions.csv"):
        yield from (row[column] for column in ("id", "name", "body_system", "restricted", "line"))
    for row in tables("catalogue/*/topics.csv"):
        yield from (row["id"], row["name"])
    for row in tables("catalogue/*/registers.csv"):
        yield from (row["id"], row["name"], row["id"].partition("_")[2])
    for row in tables("catalogue/*/score_tables.csv"):
        yield row["id"]
        for item in tables(f"catalogue/*/{row['id']}.csv"):
            own = item["id"].removeprefix(f"{row['id']}_")
            # The items of one table are called after codes, which are nobody's names.
            yield from (item["id"], item["name"], "" if re.fullmatch(r"[a-z]\d\d", own) else own)


def in_models() -> Iterator[str]:
    """Ids and names of all that model files define, and of what they put it together from."""
    defined = ("sets", "lines", "tallies", "episodes", "scores", "measures", "registers", "values", "flags")
    for path in sorted(DATA.glob("models/*/*.toml")):
        model = tomllib.loads(path.read_text(encoding="utf-8"))
        for part in defined:
            yield from model.get(part, {})
        for tally in model.get("tallies", {}).values():
            yield from tally
        for part in ("lines", "scores", "registers", "values"):
            for each in model.get(part, {}).values():
                yield from (each.get(key, "") for key in ("name", "system", "table", "dataset_name"))
                yield from each.get("lists", ())
        yield from (group["name"] for group in model["groups"] if "name" in group)


def folded(text: str) -> Words:
    """The words of an id, a name or an identifier: small letters, singular.

    `PARTS_OF_AN_ID`, `PartOfAnId` and "part of an id" are the same words.
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    words = re.findall(r"[a-z0-9]+", apart.lower())
    return tuple(re.sub(r"(?<=..[^s])s$", "", re.sub(r"ies$", "y", word)) for word in words)


def by_first_word(names: Iterable[str]) -> dict[str, set[Words]]:
    found: dict[str, set[Words]] = {}
    for words in {folded(name) for name in names} - {()}:
        found.setdefault(words[0], set()).add(words)
    return found


def clinical_names(text: str, names: Mapping[str, set[Words]]) -> Iterator[tuple[int, Words]]:
    """Line and words of each name in a text; a name may run over the end of a line."""
    placed = [(number, word) for number, line in enumerate(text.splitlines(), 1) for word in folded(line)]
    words = tuple(word for _, word in placed)
    for place, (number, word) in enumerate(placed):
        for name in names.get(word, ()):
            if words[place : place + len(name)] == name:
                yield number, name


IN_DATA = [*in_catalogues(), *in_models()]
ALLOWED = {folded(word) for word in EVERYDAY}
CLINICAL = by_first_word(name for name in IN_DATA if folded(name) not in ALLOWED)


def label(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=label)
def test_no_clinical_name_is_in_the_code(path):
    """No file of the package but its data names a condition, set, register, score, body system, topic or episode."""
    allowed = {folded(word) for file, word in IN_THEIR_PLACE if file == label(path)}
    found = clinical_names(path.read_text(encoding="utf-8"), CLINICAL)
    named = [f"{label(path)}, line {line}: {' '.join(name)}" for line, name in found if name not in allowed]
    assert not named, "\n".join(named)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('held["heart_failure"]', "heart_failure"),
        ("# in people with chronic\n# kidney disease", "chronic kidney disease"),
        ("class Pregnancies:", "pregnancy"),
        ("N_ASTHMAS = 1", "asthma"),
        ('"""The severeMentalIllness of somebody."""', "severe mental illness"),
        ("scores = ('charlson',)", "charlson"),
        ("from .hfrs import weights", "hfrs"),
        (">>> register(b2h_copd)", "copd"),
    ],
)
def test_a_clinical_name_is_found_in_any_spelling(line, name):
    """The search finds a name in an id, a comment, a class, a plural, and over the end of a line."""
    assert (1, folded(name)) in set(clinical_names(line, CLINICAL))


def test_names_of_every_kind_are_looked_for():
    """The names that are looked for come from each table, and every word that is allowed is such a name."""
    names = {folded(name) for name in IN_DATA}
    for wanted in ("hypertension", "High blood pressure", "circulatory", "gender", "b2h_copd", "efi", "hfrs_f00"):
        assert folded(wanted) in names
    for wanted in ("core_immunocompromised", "geriatric_syndromes", "cms_core", "autism", "clinical_frailty_scale"):
        assert folded(wanted) in names
    assert len(names) > 1000
    assert names >= ALLOWED
    assert {folded(word) for _, word in IN_THEIR_PLACE} <= names
    assert {file for file, _ in IN_THEIR_PLACE} <= {label(path) for path in FILES}
