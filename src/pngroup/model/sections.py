"""A model file as it stands: tables and their keys, typed, with the place of each for messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ModelError, did_you_mean
from .parsing import MOST_DAYS, parse
from .places import where_in
from .tree import Node


class Section:
    """A table of the file with its place: typed access, and an error for every key that is not known."""

    def __init__(self, values: object, place: str, file: File) -> None:
        if not isinstance(values, Mapping):
            raise ModelError(
                "a table is expected",
                where=file.where(place),
                allowed="a TOML table",
                remedy="correct the file",
            )
        self.values = values
        self.place = place
        self.file = file

    def check(self, allowed: Sequence[str], required: Sequence[str] = ()) -> None:
        for key in self.values:
            if key not in allowed:
                hint = did_you_mean(key, allowed)
                raise self.error(f"there is no key {key!r}" + (f", {hint}" if hint else ""), ", ".join(allowed), key)
        for key in required:
            if key not in self.values:
                raise self.error(f"the key {key!r} is missing", ", ".join(allowed), None)

    def error(self, what: str, allowed: str, near: str | None) -> ModelError:
        where = self.file.where(self.place, near)
        return ModelError(what, where=where, allowed=allowed, remedy="correct the model file")

    def _typed(self, key: str, kind: type, word: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise self.error(f"{key} is not {word}", word, key)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._typed(key, str, "a text", default))

    def number(self, key: str, *, least: int = -MOST_DAYS, most: int = MOST_DAYS) -> int:
        number = int(self._typed(key, int, "a whole number", None))
        if not least <= number <= most:
            raise self.error(f"{key} is {number}", f"{least} to {most}", key)
        return number

    def words(self, key: str) -> tuple[str, ...]:
        values = self._typed(key, list, "a list of texts", [])
        if not all(isinstance(value, str) for value in values):
            raise self.error(f"{key} is not a list of texts", "a list of texts", key)
        return tuple(values)

    def numbers(self, key: str) -> tuple[int, ...]:
        values = self._typed(key, list, "a list of whole numbers", [])
        if not all(type(value) is int for value in values):
            raise self.error(f"{key} is not a list of whole numbers", "a list of whole numbers", key)
        return tuple(values)

    def words_of(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """A list of words, each of them allowed."""
        words = self.words(key)
        for word in words:
            if word not in allowed:
                hint = did_you_mean(word, allowed)
                what = f"{key} names {word!r}" + (f", {hint}" if hint else "")
                raise self.error(what, ", ".join(allowed), key)
        return words

    def truth(self, key: str, *, default: bool) -> bool:
        return bool(self._typed(key, bool, "true or false", default))

    def expression(self, key: str) -> Node:
        return parse(self.text(key), where=self.file.where(f"{self.place}.{key}", key))


class File:
    """A model file: its label for messages, and the line on which something stands."""

    def __init__(self, data: bytes, label: str) -> None:
        self.label = label
        try:
            self.text = data.decode("utf-8-sig")
            self.values: dict[str, Any] = tomllib.loads(self.text)
        except UnicodeDecodeError as error:
            raise ModelError(
                f"the file is not UTF-8 text (byte {error.start + 1})",
                where=label,
                allowed="TOML in UTF-8",
                remedy="save it as UTF-8",
            ) from None
        except tomllib.TOMLDecodeError as error:
            what, _, at = str(error).partition(" (at ")
            line = re.match(r"line (\d+)", at)
            raise ModelError(
                f"bad TOML: {what}",
                where=f"{label}, line {line[1] if line else len(self.text.splitlines())}",
                allowed="TOML 1.0",
                remedy="correct that line",
            ) from None

    def where(self, place: str, near: str | None = None) -> str:
        """File, line where it can be told, and the dotted place."""
        return where_in(self.text, self.label, place, near)

    def section(self, name: str) -> Section:
        return Section(self.values.get(name, {}), name, self)

    def tables(self, name: str) -> list[tuple[str, Section]]:
        section = self.section(name)
        return [(key, Section(value, f"{name}.{key}", self)) for key, value in section.values.items()]

    def rows(self, name: str) -> list[Section]:
        values = self.values.get(name, [])
        if not isinstance(values, list):
            raise ModelError(
                f"{name} is not a list of tables",
                where=self.where("", name),
                allowed=f"[[{name}]]",
                remedy="correct the file",
            )
        return [Section(value, f"{name}[{i}]", self) for i, value in enumerate(values, 1)]
