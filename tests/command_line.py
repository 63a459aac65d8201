"""What the tests of the command line share: a small practice in files, and two ways to run a command."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from pngroup.cli.program import program

AS_AT = "2026-03-31"
#: Ids that no other cell holds, so that a scan finds them anywhere.
IDS = ["0094347659", "0088120034", "0071553206", "0060019427"]
PEOPLE = {
    "person_id": IDS,
    "birth_date": ["1941-05-02", "1980-11-30", "2015-01-20", "1950-07-09"],
    "sex": ["female", "male", "female", "male"],
    "ward": ["007", "", 'a "b", c', "012"],
}
RECORDS = {
    "person_id": [IDS[0], IDS[0], IDS[1], IDS[3]],
    "code": ["F00.9", "W19", "J45.9", "B20"],
    "system": ["icd10"] * 4,
    "date": ["2025-06-01", "2025-09-12", "2026-01-15", "2019-02-03"],
}
#: Dementia with a fall at 84; one condition; nothing; a moderate one (restricted).
GROUPS = [11, 4, 1, 5]
_SENTENCE = re.compile(r"pngroup: \S.* \(in \S.*; allowed: \S.*\); \S.*[.?]\n")


def write_text(path: Path, table: dict[str, list[str]], *, separator: str = ",") -> Path:
    """A table as CSV or TSV, by Python's own writer."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path


def read_rows(path: Path, *, separator: str = ",") -> list[dict[str, str]]:
    """The rows of a CSV or TSV file, by Python's own reader."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def practice(folder: Path) -> list[str]:
    """The two tables in a folder, and the options that name them."""
    people, records = write_text(folder / "people.csv", PEOPLE), write_text(folder / "records.csv", RECORDS)
    return ["--people", str(people), "--records", str(records), "--as-at", AS_AT]


def run(*arguments: object, **environment: str) -> Result:
    """A command inside this process."""
    return CliRunner(env={"COLUMNS": "100", **environment}).invoke(program, [str(each) for each in arguments])


def environment(**more: str) -> dict[str, str]:
    """The environment of a command in a process of its own: this package, no colours, a known width."""
    source = Path(__file__).resolve().parent.parent / "src"
    return {**os.environ, "PYTHONPATH": str(source), "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1", **more}


def execute(*arguments: object, cwd: Path, program: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own: `python -m pngroup`, or a Python program."""
    start = ["-m", "pngroup"] if program is None else ["-c", program]
    return subprocess.run(
        [sys.executable, *start, *(str(each) for each in arguments)],
        check=False,
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def assert_one_sentence(text: str) -> None:
    """A message is one line in four parts, without a traceback and without anybody's id."""
    assert _SENTENCE.fullmatch(text), text
    assert_no_id(text)


def assert_no_id(text: str) -> None:
    """No id of the tables is in a text, not even its digits without the leading zeros."""
    assert "Traceback" not in text
    for person in IDS:
        assert person.lstrip("0") not in text
