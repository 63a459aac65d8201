"""Where things stand: the repository, the lists of others beside it, and the pages that are written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
REFERENCE = REPOSITORY.parent / "shared" / "reference"
TESTS = REPOSITORY / "tests"
PAGES = REPOSITORY / "docs" / "reference"
CATALOGUE = REPOSITORY / "src" / "pngroup" / "data" / "catalogue" / "2026.1"
COMPARED = CATALOGUE / "compared"

#: How to make the pages again; each page says it.
COMMAND = "make catalogue"
MISSING = (
    "Nothing was written: ../shared/reference, the folder of independent code lists and of English hospital usage, "
    "is not beside this repository; put it there and run the command again."
)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, every cell as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, columns: Sequence[str], found: Iterable[Mapping[str, object]]) -> None:
    """Rows as a CSV file with LF, the same bytes for the same rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(found)


def dotless(code: str) -> str:
    """A code as lists write it (`N23.X`, `I10X`) in the canonical form: no dot, no filling X."""
    plain = code.replace(".", "").strip().upper()
    return plain[:3] if len(plain) == 4 and plain.endswith("X") else plain
