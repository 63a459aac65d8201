"""Use the installed wheel as a stranger would: group a tiny table, in Python and on the command line."""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

import pngroup

AS_AT = "2024-03-31"
PEOPLE = {
    "person_id": ["001", "002", "003"],
    "birth_date": ["1941-05-02", "1980-11-30", "2015-01-20"],
    "sex": ["female", "male", "female"],
}
RECORDS = {
    "person_id": ["001", "001", "002"],
    "code": ["F00.9", "W19", "J45.9"],
    "system": ["icd10", "icd10", "icd10"],
    "date": ["2023-06-01", "2023-09-12", "2024-01-15"],
}
# Dementia with a fall at 82 is frailty; one long-term condition is low complexity; no record is non-user.
EXPECTED = [11, 4, 1]


def main() -> None:
    check_installation()
    frame = pngroup.group(PEOPLE, RECORDS, as_at=AS_AT).to_frame()
    groups = [int(group) for group in frame["need_group"]]
    assert groups == EXPECTED, groups
    print(f"pngroup {pngroup.__version__}: need groups {groups} as expected")
    if "--command-line" in sys.argv[1:]:
        check_command_line()


def check_installation() -> None:
    """Licence, notice, type marker and data are in the wheel, and it is the wheel that is imported."""
    files = {str(file) for file in importlib.metadata.files("pngroup") or ()}
    for needed in ("licenses/LICENSE", "licenses/NOTICE", "py.typed", "data/models/need-groups/2026.1.toml"):
        assert any(file.endswith(needed) for file in files), f"{needed} is not in the wheel"
    assert "site-packages" in str(pngroup.__file__), pngroup.__file__
    optional = [name for name in ("pandas", "polars", "pyarrow", "duckdb") if importlib.util.find_spec(name)]
    print(f"installed files: {len(files)}; dataframe libraries beside it: {', '.join(optional) or 'none'}")


def check_command_line() -> None:
    """`pngroup group` on CSV files gives the same groups."""
    write("people.csv", PEOPLE)
    write("records.csv", RECORDS)
    # The script lies beside the interpreter on each platform.
    command = str(Path(sys.executable).parent / "pngroup")
    tables = ["--people", "people.csv", "--records", "records.csv"]
    subprocess.run([command, "group", *tables, "--as-at", AS_AT, "--out", "groups.csv"], check=True)
    with Path("groups.csv").open(encoding="utf-8", newline="") as file:
        groups = [int(row["need_group"]) for row in csv.DictReader(file)]
    assert groups == EXPECTED, groups
    subprocess.run([command, "codes", "F00.9"], check=True)
    subprocess.run([command, "doctor"], check=True)


def write(name: str, table: dict[str, list[str]]) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))


if __name__ == "__main__":
    main()
