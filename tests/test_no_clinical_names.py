"""Meaning is data: no name of anything clinical in the package's code, comments, docstrings or examples."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import pngroup

SOURCE = Path(__file__).resolve().parent.parent / "src" / "pngroup"
DATA = SOURCE / "data"
FILES = sorted(
    path for path in SOURCE.rglob("*") if path.is_file() and DATA not in path.parents and path.suffix != ".pyc"
)

#: What else these words say; nothing clinical may be added.
EVERYDAY = {
}  # fmt: skip

Words = tuple[str, ...]


def tables(pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(DATA.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def named_in_catalogues() -> Iterator[str]:
    """Ids and names of conditions, lines, body systems, topics, register items, scores and their items."""
    for row in tables("catalogue/*/conditions.csv"):
        yield from (row[column] for column in ("id", "name", "body_system", "restricted", "line"))
    for row in tables("catalogue/*/registers.csv"):
        yield from (row["id"], row["name"])
    yield from (text for row in tables("catalogue/*/topics.csv") for text in (row["id"], row["name"]))
    for row in tables("catalogue/*/score_tables.csv"):
        yield row["id"]
        for item in tables(f"catalogue/*/{row['id']}.csv"):
            yield from (item["id"], item["name"])
            # Ids that all begin with the name of their score.
            yield item["id"].removeprefix(f"{row['id']}_")


def named_in_models() -> Iterator[str]:
    """Ids and names of what model files define, and of the parts they put it together from."""
    for path in sorted(DATA.glob("models/*/*.toml")):
        model = tomllib.loads(path.read_text(encoding="utf-8"))
        yield model["model"]["name"]
        for part in ("sets", "lines", "tallies", "episodes", "scores", "measures", "registers", "values", "flags"):
            yield from model.get(part, {})
        for tally in model["tallies"].values() if "tallies" in model else ():
            yield from tally
        for part in ("lines", "scores", "registers", "values"):
            for each in model.get(part, {}).values():
                yield from (each.get(key, "") for key in ("name", "system", "table", "dataset_name"))
                yield from each.get("lists", ())
        yield from (each["name"] for each in model["groups"] if "name" in each)


def folded(text: str) -> Words:
    """The words of an id, a name or an identifier: in small letters, in the singular.

    `PARTS_OF_AN_ID`, `PartOfAnId` and "parts of an id" are the same words.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return tuple(
        re.sub(r"(?<=..[^s])s$", "", re.sub(r"ies$", "y", word)) for word in re.findall(r"[a-z0-9]+", parted.lower())
    )


def index(names: Iterable[str]) -> dict[str, set[Words]]:
    """The names by their first words."""
    found: dict[str, set[Words]] = {}
    for words in {folded(name) for name in names} - {folded(name) for name in EVERYDAY} - {()}:
        found.setdefault(words[0], set()).add(words)
    return found


CLINICAL = index([*named_in_catalogues(), *named_in_models()])


def clinical_names(text: str) -> Iterator[tuple[int, str]]:
    """Line and words of each clinical name in a text, over the ends of lines too."""
    found = [(number, word) for number, line in enumerate(text.splitlines(), 1) for word in folded(line)]
    words = tuple(word for _, word in found)
    for place, (number, word) in enumerate(found):
        for name in CLINICAL.get(word, ()):
            if words[place : place + len(name)] == name:
                yield number, " ".join(name)
