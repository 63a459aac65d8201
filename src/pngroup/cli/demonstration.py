"""`pngroup demo`: the whole job on a synthetic practice list, to look at and to copy from."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from rich.padding import Padding

from ..errors import UsageError
from ..explanation import Explanation
from ..files.formats import arrow
from ..files.writing import Writer, json_writer, text_writer, write_files
from ..grouping import SAFETY, group as group_people
from ..result import Grouping
from ..synthetic import practice
from . import pictures, screen
from .marks import stdout
from .options import FILE
from .writing import table_writer

_RESULT: Final = "groups.csv"
_QUALITY: Final = "quality.json"
_MANIFEST: Final = "manifest.json"
_EXPLAINED: Final = "one-person.txt"
_FILES: Final = (
    ("people.csv", "who is on the list"),
    ("records.csv", "coded records: SNOMED CT and ICD-10"),
    ("contacts.csv, medicines.csv, values.csv", "tables that may be given besides"),
    (_RESULT, "the result: one row a person"),
    (_QUALITY, "what was used, what was not, and why"),
    (_MANIFEST, "how the result was made"),
    (_EXPLAINED, "the whole explanation of the person above"),
)
_MOST_RECORDS: Final = 60
#: Groups whose explanation shows most, in this order.
_INTERESTING: Final = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)


@click.command(short_help="Group a synthetic practice list.")
@click.option("--people", "n_people", type=int, default=10_000, show_default=True, metavar="N", help="How many people.")
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Another seed is another practice.")
@click.option(
    "--out", type=FILE, default=Path("pngroup-demo"), show_default=True, metavar="FOLDER", help="Where files go."
)
def demo(*, n_people: int, seed: int, out: Path) -> None:
    """Make a synthetic English practice list, group it, and show the result.

    Nobody in it is a living person. The tables and results are written to a folder, to be looked at and to be used with
    the other commands.
    """
    arrow()
    if out.exists() and not out.is_dir():
        raise UsageError(
            "this is a file", where=f"option --out, {out.name!r}", allowed="a folder, which is made if need be",
            remedy="give another name",
        )  # fmt: skip
    _refuse_other_files(out)
    with screen.step(f"Making a synthetic practice of {n_people:,} people"):
        made = practice(n_people, seed=seed)
        made.write(out)
    with screen.step("Grouping"):
        grouping = group_people(**made.to("pyarrow"), as_at=made.as_at, keep_records=True)
    with screen.step("Explaining one person"):
        person = _somebody(grouping)
        explanation = grouping.explain(person)
    with screen.step("Writing"):
        write_files(_results(grouping, explanation, out))
    _show(grouping, explanation, out, person)


def _refuse_other_files(out: Path) -> None:
    """Refuse a folder with files that no demo has made: its tables would replace whatever bears their names."""
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    made = {name for names_, _ in _FILES for name in names_.split(", ")}
    if names & made and _MANIFEST not in names:
        raise UsageError(
            f"the folder holds files that a demo did not make, among them {min(names & made)!r}",
            where=f"option --out, {out.resolve().name!r}",
            allowed="a new or empty folder, or one that an earlier demo has filled",
            remedy="give another folder",
        )


def _results(grouping: Grouping, explanation: Explanation, out: Path) -> dict[Path, Writer]:
    result = out / _RESULT
    return {
        result: table_writer(grouping.to_frame(), result, option="--out"),
        out / _QUALITY: json_writer(grouping.quality.to_dict()),
        out / _MANIFEST: json_writer(grouping.manifest),
        out / _EXPLAINED: text_writer(f"{explanation}\n\nFor the person\n\n{explanation.patient_text}"),
    }


def _somebody(grouping: Grouping) -> Any:
    """A person of an interesting group whose records fill a page and not a book."""
    n_records = np.bincount((grouping.kept or {})["records"].person, minlength=len(grouping))
    for number in _INTERESTING:
        is_member = (grouping.answers.group == number) & (grouping.people.reason < 0)
        members = np.flatnonzero(is_member & (n_records <= _MOST_RECORDS))
        if len(members):
            shortest_first = members[np.argsort(n_records[members], kind="stable")]
            return grouping.people.ids.values[shortest_first[len(shortest_first) // 10]]
    return grouping.people.ids.values[int(np.argmin(n_records))]


def _show(grouping: Grouping, explanation: Explanation, out: Path, person: Any) -> None:
    console = stdout()
    console.print(pictures.shares(grouping, console))
    console.print()
    console.print(pictures.used(grouping.quality, console))
    console.print()
    console.print(pictures.person(explanation, grouping.scheme, console))
    console.print()
    console.print(pictures.files(out, _FILES))
    console.print("\n Try next", style="bold")
    for command in _commands(out, grouping, person):
        # Not wrapped, so that a command can be copied whole.
        console.print(f"   {command}", soft_wrap=True)
    console.print(Padding(SAFETY, (1, 1)), style="dim")


def _commands(out: Path, grouping: Grouping, person: Any) -> tuple[str, ...]:
    needed = f"--people people.csv --records records.csv --as-at {grouping.as_at.isoformat()}"
    besides = "--contacts contacts.csv --medicines medicines.csv --values values.csv"
    return (
        *_activation(),
        f"cd {shlex.quote(str(out))}",
        f"pngroup group {needed} {besides} --out mine.csv",
        f"pngroup explain {needed} {besides} --person {person}",
        "pngroup codes I50.0 G30.9",
        "pngroup check",
    )


def _activation() -> tuple[str, ...]:
    """The line that puts `pngroup` on the path, where it is not there yet: `make demo` does not activate its folder."""
    environment = Path(sys.prefix)
    if shutil.which("pngroup") is not None or not environment.is_relative_to(Path.cwd()):
        return ()
    inside = environment.relative_to(Path.cwd())
    return (str(inside / "Scripts" / "activate") if os.name == "nt" else f". {inside.as_posix()}/bin/activate",)
