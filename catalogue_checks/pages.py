"""Tables and texts as Markdown, and writing them: whole pages, and parts of a page between markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from places import COMMAND

from pngroup.catalogue import Catalogue

BEGIN, END = "<!-- begin: {} -->", "<!-- end: {} -->"
RIGHT, LEFT = "---:", "---"

Cells = Sequence[object]


def table(head: str, rows: Iterable[Cells]) -> str:
    """A table; a column whose head ends in `>` stands to the right. Empty without rows.

    >>> print(table("code|used>", [["I10", 1200]]))
    | code | used |
    |---|---:|
    | I10 | 1,200 |
    """
    lines = [f"| {' | '.join(_cell(cell) for cell in cells)} |" for cells in rows]
    if not lines:
        return "None.\n"
    columns = head.split("|")
    rule = "|".join(RIGHT if column.endswith(">") else LEFT for column in columns)
    return "\n".join([f"| {' | '.join(column.rstrip('>') for column in columns)} |", f"|{rule}|", *lines])


def _cell(cell: object) -> str:
    text = f"{cell:,}" if isinstance(cell, int) else str(cell)
    return text.replace("|", "\\|").replace("\n", " ")


def percent(share: float | None, places: int = 1) -> str:
    """A share from 0 to 1 as text: `99.5 %`."""
    return "" if share is None else f"{100 * share:.{places}f} %"


def quoted(words: Iterable[str], most: int = 8) -> str:
    """Words as code, the first of them."""
    words = list(words)
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return " ".join(f"`{word}`" for word in words[:most]) + more


def made_from(catalogue: Catalogue, *editions: str) -> str:
    """The sentence at the head of each page: the command and what it read."""
    read = "; ".join(editions)
    return (
        f"Written by `{COMMAND}`; not by hand. Made from catalogue {catalogue.name} {catalogue.edition} "
        f"(fingerprint {catalogue.fingerprint[:12]}) and: {read}.\n"
    )


def write_page(path: Path, *parts: str) -> None:
    """A whole page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(part.strip("\n") + "\n" for part in parts if part.strip("\n"))
    path.write_text(text, encoding="utf-8", newline="\n")


def write_parts(path: Path, template: str, parts: Mapping[str, str]) -> None:
    """Fill the parts of a page between their markers; the text around stays. A missing page starts as `template`."""
    text = path.read_text(encoding="utf-8") if path.exists() else template
    for name, part in parts.items():
        begin, end = BEGIN.format(name), END.format(name)
        before, found_begin, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not found_begin or not found_end:
            raise SystemExit(
                f"{path.name} has lost the markers {begin} and {end}; put both back where the part belongs."
            )
        text = before + begin + "\n" + part.strip("\n") + "\n" + end + after
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
