"""The sentences for staff and patients: data of the package, one file an edition."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import field, frozen

from ..editions import data
from ..errors import ModelError


@frozen
class Texts:
    """All sentences of one edition. Keys of `groups` and `criteria` are group numbers."""

    name: str
    staff_note: str
    patient_note: str
    restricted_record: str
    no_group_staff: str
    no_group_patient: str
    reasons: Mapping[str, str] = field(repr=False)
    groups: Mapping[int, Mapping[str, str]] = field(repr=False)
    criteria: Mapping[int, str] = field(repr=False)
    additions: Mapping[str, Mapping[str, Any]] = field(repr=False)
    instead: tuple[Mapping[str, Any], ...] = field(repr=False)
    measures: Mapping[str, str] = field(repr=False)
    tallies: Mapping[str, str] = field(repr=False)
    episodes: Mapping[str, str] = field(repr=False)
    changes: Mapping[str, str] = field(repr=False)

    @property
    def measures_asked(self) -> tuple[str, ...]:
        """The flags and measures on which a sentence depends."""
        return (*self.additions, *(each["when"] for each in self.instead))

    def about(self, group: int, true_of: Mapping[str, bool], reader: str) -> str:
        """What "staff" or the "patient" reads about a group, for a person of whom the flags and measures are true.

        The first sentence in `instead` that applies stands in place of the group's own; additions follow.
        """
        own = self.groups.get(group, {}).get(reader, "")
        fitting = (each for each in self.instead if group in each["groups"] and true_of.get(each["when"]))
        first = next((each.get(reader) for each in fitting if each.get(reader)), own)
        added = [
            text[reader]
            for name, text in self.additions.items()
            if true_of.get(name) and group in text.get("groups", (group,))
        ]
        return " ".join(sentence for sentence in (first, *added) if sentence)

    def measure(self, name: str) -> str:
        """What a measure is called; its own name with blanks where the file has none."""
        return self.measures.get(name, name.replace("_", " "))


@cache
def load_texts(name: str) -> Texts:
    """The packaged texts of that name; an own model without texts of its own gets plain ones."""
    file = data("texts", f"{name}.toml")
    if not name or not file.is_file():
        file = data("texts", "plain.toml")
    values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    head = values["texts"]
    try:
        return Texts(
            name=head["name"],
            staff_note=head["staff_note"],
            patient_note=head["patient_note"],
            restricted_record=head["restricted_record"],
            no_group_staff=head["no_group_staff"],
            no_group_patient=head["no_group_patient"],
            reasons=values["reasons"],
            groups={int(number): texts for number, texts in values.get("groups", {}).items()},
            criteria={int(number): text for number, text in values.get("criteria", {}).items()},
            additions=values.get("additions", {}),
            instead=tuple(values.get("instead", ())),
            measures=values.get("measures", {}),
            tallies=values.get("tallies", {}),
            episodes=values.get("episodes", {}),
            changes={**_plain_changes(), **values.get("changes", {})},
        )
    except KeyError as error:
        raise ModelError(
            f"the texts have no {error.args[0]!r}",
            where=f"texts {name}",
            allowed="all sentences",
            remedy="complete the file",
        ) from None


@cache
def _plain_changes() -> Mapping[str, str]:
    """The sentences about changes, which texts of a model may replace one by one."""
    plain = tomllib.loads(data("texts", "plain.toml").read_text(encoding="utf-8"))
    sentences: Mapping[str, str] = plain["changes"]
    return sentences
