"""On which line of a model file something stands, so that a message can say where to look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

_ROW: Final = re.compile(r"(\w+)\[(\d+)\]")
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")


def line_of(text: str, place: str, near: str | None = None) -> int | None:
    r"""The line, counted from 1, of a part of a TOML file or of its key `near`; None where it cannot be told.

    `place` is dotted, `groups[2]` is the second table `[[groups]]`, and an empty place is the whole file.

    >>> text = "[sets]\nsome = []\n[[groups]]\nnumber = 2\n[[groups]]\nnumber = 1\n"
    >>> line_of(text, "sets.some"), line_of(text, "groups[2]", "number"), line_of(text, "", "groups")
    (2, 6, 3)
    """
    lines, headers = _lines_and_headers(text)
    parts = place.split(".") if place else []
    # What has no table of its own is a key of the one above it.
    for depth in range(len(parts), -1, -1):
        start = _header(headers, parts[:depth])
        if start is None:
            continue
        key = parts[depth] if depth < len(parts) else near
        found = None if key is None else _key(lines, start, key, is_top=depth == 0)
        return found if found is not None else start or None
    return None


def where_in(text: str, label: str, place: str, near: str | None = None) -> str:
    """File, line where it can be told, and the dotted place."""
    line = line_of(text, place, near)
    return ", ".join(part for part in (label, f"line {line}" if line else "", place) if part)


@lru_cache(maxsize=2)
def _lines_and_headers(text: str) -> tuple[tuple[str, ...], Mapping[str, Sequence[int]]]:
    """The lines of a file, and those from 1 on which a table of each name begins: looked for once, asked for often."""
    lines = tuple(text.splitlines())
    headers: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        name = _name(line)
        if name is not None:
            headers.setdefault(name, []).append(number)
    return lines, headers


def _header(headers: Mapping[str, Sequence[int]], parts: Sequence[str]) -> int | None:
    """The line, from 1, of the header of a table; 0 for the file itself."""
    if not parts:
        return 0
    row = _ROW.fullmatch(parts[-1])
    name, which = (".".join([*parts[:-1], row[1]]), int(row[2])) if row else (".".join(parts), 1)
    found = headers.get(name, ())
    return found[which - 1] if len(found) >= which else None


def _name(text: str) -> str | None:
    header = _HEADER.match(text)
    return header[2] if header else None


def _key(lines: Sequence[str], start: int, key: str, *, is_top: bool) -> int | None:
    """The line of a key between a header and the next; at the top also of the first table of that name."""
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""")
    for number, text in enumerate(lines[start:], start + 1):
        name = _name(text)
        if name is not None:
            if not is_top:
                return None
            if re.split(r"[.\[]", name)[0] == re.split(r"[.\[]", key)[0]:
                return number
        elif pattern.match(text):
            return number
    return None
