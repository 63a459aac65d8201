"""An expanded catalogue as a folder of the site's own, which every command and function takes as a catalogue."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from ..catalogue import EDITION_FILE, Catalogue, load_catalogue, read_catalogue
from ..catalogue.definition import RESTRICTED_PREFIX
from ..catalogue.mapping import ExactRules
from ..catalogue.tables import SOURCE_COLUMNS
from ..editions import find_edition
from ..errors import UsageError
from ..vocabulary import CodeSystem
from .expansion_report import ExpansionReport

#: Said wherever such a folder is written.
MUST_NOT_BE_PUBLISHED: Final = (
    "This folder holds SNOMED CT content from the site's own release, under the site's own licence. "
    "It must not be published or passed on."
)
_REPLACED: Final = ("ids.csv", "sources.csv", "no_condition.csv", "counts.csv")


def save_catalogue(
    expanded: Catalogue,
    report: ExpansionReport,
    out: str | os.PathLike[str],
    *,
    base: str | os.PathLike[str] = "core",
) -> Path:
    """Write what `expand_catalogue` returned as a catalogue folder, and return its path.

    `base` names the catalogue that was expanded: a name, `name@edition` or folder, of which all other tables are
    copied. The folder is complete and checked under a temporary name before it takes its own. It holds SNOMED CT
    content under the site's own licence and must not be published; a file in it says so.

    Raises `UsageError` where `out` exists or cannot be written, or `base` is an overlay or not what was expanded.
    """
    target = Path(os.path.abspath(os.fspath(out)))  # noqa: PTH100 - resolve() would follow a link out of the folder
    check_free(target)
    place = base_folder(base)
    if load_catalogue(base).fingerprint != report.base:
        raise UsageError(
            "the catalogue was not expanded from this base",
            where="argument base",
            allowed="the catalogue that was given to expand_catalogue",
            remedy="name that one",
        )
    part: Path | None = None
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        _copy(place, part)
        _write_snomed(expanded, report, part / "snomed")
        read_catalogue(part, name=target.name, edition="own")
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o777 & ~umask)
        check_free(target)
        part.rename(target)
    except OSError as error:
        raise UsageError(
            f"the folder cannot be written ({error.strerror or type(error).__name__})",
            where=f"folder {target.name!r}",
            allowed="a place that may be written, with enough space",
            remedy="check the folder, its permissions and the space left",
        ) from None
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(part, ignore_errors=True)
    return target


def check_free(target: Path) -> None:
    """`UsageError` where something has the name already, or its folder does not exist."""
    if os.path.lexists(target):
        raise UsageError(
            f"{target.name!r} exists already",
            where="argument out",
            allowed="the name of a folder that does not exist",
            remedy="choose another name, or move the old folder away",
        )
    if not target.parent.is_dir():
        raise UsageError(
            "the folder in which it should be does not exist",
            where="argument out",
            allowed="a folder that exists",
            remedy="make the folder first",
        )


def base_folder(base: str | os.PathLike[str]) -> Path | Traversable:
    """The folder of a base catalogue; `UsageError` for an overlay, which has none."""
    edition = find_edition(base, kind="catalogues", argument="catalogue")
    if not edition.place.is_dir():
        raise UsageError(
            f"{edition.name!r} is an overlay, which cannot be expanded into a folder",
            where="argument catalogue",
            allowed="a name, name@edition, or a catalogue folder",
            remedy="expand the base of the overlay, and name the new folder as base in the overlay",
        )
    return edition.place


def _copy(source: Path | Traversable, target: Path) -> None:
    for each in source.iterdir():
        if each.name.startswith((".", "__")):
            continue
        if each.is_dir():
            (target / each.name).mkdir()
            _copy(each, target / each.name)
        elif not (target.name == "snomed" and each.name in _REPLACED):
            (target / each.name).write_bytes(each.read_bytes())


def _write_snomed(expanded: Catalogue, report: ExpansionReport, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (folder / "NOTICE").rename(folder / "NOTICE-of-the-base")
    _write(folder / "NOTICE", f"{MUST_NOT_BE_PUBLISHED}\n\nRelease of {report.release}, history {report.history}.\n")
    rules = expanded.rules[CodeSystem.SNOMED]
    assert isinstance(rules, ExactRules)
    ids = []
    for code, (conditions, source, _) in rules.codes.items():
        # The topics that ids reveal are a table of their own, which was copied.
        named = [each for each in conditions.split() if not each.startswith(RESTRICTED_PREFIX)]
        if named:
            ids.append((code, " ".join(named), source))
    _write_table(folder / "ids.csv", ("code", "conditions", "source"), sorted(ids, key=lambda row: int(row[0])))
    others = _source_ids(folder.parent / "sources.csv")
    kept = [source for id_, source in expanded.sources.items() if id_ not in others]
    _write_table(
        folder / "sources.csv",
        SOURCE_COLUMNS,
        ([getattr(source, column) for column in SOURCE_COLUMNS] for source in kept),
    )
    dismissals = expanded.dismissals[CodeSystem.SNOMED].rows
    _write_table(
        folder / "no_condition.csv",
        ("code", "reason", "because", "source"),
        ((code, *cells[:3]) for (_, code), cells in sorted(dismissals.items(), key=lambda row: int(row[0][1]))),
    )
    # json quotes text as TOML does.
    name, edition = json.dumps(expanded.name), json.dumps(expanded.edition)
    _write(folder.parent / EDITION_FILE, f"[catalogue]\nname = {name}\nedition = {edition}\n")
    _write_table(
        folder / "expansion.csv",
        ("condition", "code", "how", "found_by"),
        ((row.condition, each.code, each.how, " ".join(each.origins)) for row in report.rows for each in row.additions),
    )


def _source_ids(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["id"] for row in csv.DictReader(file)}


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    _write(path, text.getvalue())


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
