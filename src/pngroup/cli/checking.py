"""`pngroup check`: whether a model, catalogue, scheme or vignette file is right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from ..catalogue import load_catalogue
from ..errors import ModelError, UsageError
from ..model import load_both, load_model
from ..schemes import load_scheme
from ..validation import Vignette, VignetteResult, check_vignettes, read_vignettes
from . import problems, screen
from .loading import n_rows
from .options import FILE, meaning_options

_KINDS: Final = ("model", "scheme", "vignette")
_DEFAULT_MODEL: Final = "need-groups"
_ALLOWED: Final = "a model, scheme or vignette file (TOML), a catalogue folder, or a folder of vignette files"


@click.command(short_help="Check a model, catalogue, scheme or vignettes.")
@click.argument("path", type=FILE, required=False)
@click.option("--model", metavar="MODEL", help="Name, name@edition or file; by default the one that vignettes name.")
@meaning_options()[1]
@meaning_options()[2]
def check(*, path: Path | None, model: str | None, catalogue: str | None, scheme: str | None) -> int:
    """Check what is at PATH; without PATH, hold the vignettes that ship against their models.

    PATH is a model file, a catalogue folder, a scheme file, or a file or folder of vignettes. The options say what
    vignettes are held against, and which catalogue a model is checked with; with a model and without PATH it is held
    against the vignettes of its name, one of your own against those of need-groups. Exit code 1 when a vignette is not
    as expected, 2 when a file is wrong.
    """
    kind = kind_of(path) if path is not None else "vignette"
    with screen.step("Checking"):
        if kind == "vignette":
            # A scheme is one of need groups.
            model = model or (_DEFAULT_MODEL if scheme else None)
            vignettes = read_vignettes(path) if path is not None else _that_ship(model, catalogue)
            results = check_vignettes(vignettes, model=model, catalogue=catalogue, scheme=scheme)
            lines, code = list(_vignettes(results)), _code(results)
        elif kind == "catalogue":
            lines, code = list(_catalogue(path)), problems.DONE
        elif kind == "scheme":
            lines, code = list(_scheme(path)), problems.DONE
        else:
            lines, code = list(_model(path, catalogue)), problems.DONE
    screen.write("\n".join(lines))
    return code


def kind_of(path: Path) -> str:
    """What is at a path: "model", "scheme", "vignette" or "catalogue"."""
    where = f"PATH {path.name!r}"
    if path.is_dir():
        if (path / "conditions.csv").is_file():
            return "catalogue"
        if any(path.glob("*.toml")):
            return "vignette"
        raise UsageError("this folder holds nothing to check", where=where, allowed=_ALLOWED, remedy="check the path")
    try:
        tables = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(
            "there is no such file or folder", where=where, allowed=_ALLOWED, remedy="check the path"
        ) from None
    except OSError as error:
        raise UsageError(
            f"the file cannot be read ({error.strerror})", where=where, allowed=_ALLOWED, remedy="check the permissions"
        ) from None
    except UnicodeDecodeError as error:
        raise ModelError(
            "the file is not UTF-8 text",
            where=f"{where}, byte {error.start + 1}",
            allowed=_ALLOWED,
            remedy="check the path",
        ) from None
    except tomllib.TOMLDecodeError as error:
        text = str(error).partition(" (")[0]
        line = re.search(r"line (\d+)", str(error))
        place = f"{where}, line {line[1]}" if line else f"{where}, at its end"
        raise ModelError(
            f"the file is not valid TOML: {text[:1].lower()}{text[1:]}",
            where=place,
            allowed="TOML",
            remedy="correct the line",
        ) from None
    for kind in _KINDS:
        if kind in tables:
            return kind
    raise ModelError(
        "the file has none of the parts [model], [scheme] and [[vignette]]",
        where=where,
        allowed=_ALLOWED,
        remedy="check the path",
    )


def _that_ship(model: str | None, catalogue: str | None) -> list[Vignette]:
    """The vignettes that ship: of all models, or those that the one chosen can be held against."""
    vignettes = read_vignettes()
    if model is None:
        return vignettes
    name = load_model(model, catalogue).name
    names = [vignette.model.partition("@")[0] for vignette in vignettes]
    wanted = name if name in names else _DEFAULT_MODEL
    return [vignette for vignette, each in zip(vignettes, names, strict=True) if each == wanted]


def _vignettes(results: Sequence[VignetteResult]) -> Iterator[str]:
    wrong = [result for result in results if result.differences]
    for result in wrong:
        yield f"{result.vignette.id} ({result.vignette.place})"
        yield from (f"  {difference}" for difference in result.differences)
        yield f"  story: {' '.join(result.vignette.story.split())}"
        yield ""
    yield f"{len(results) - len(wrong):,} of {len(results):,} vignettes are as expected."


def _code(results: Sequence[VignetteResult]) -> int:
    return problems.BAD_DATA if any(result.differences for result in results) else problems.DONE


def _catalogue(path: Path | None) -> Iterator[str]:
    catalogue = load_catalogue(path or "core")
    yield f"The catalogue {catalogue.name} is in order."
    yield f"  {len(catalogue.conditions):,} conditions, {len(catalogue.sources):,} sources"
    for system, n in n_rows(catalogue).items():
        yield f"  {system}: {n:,} rows"
    for table, rows in catalogue.scores.items():
        yield f"  score table {table}: {len(rows):,} items"
    yield f"  fingerprint {catalogue.fingerprint}"


def _scheme(path: Path | None) -> Iterator[str]:
    scheme = load_scheme(path or "default")
    yield f"The scheme {scheme.name}@{scheme.edition} is in order."
    for tier in scheme.tiers:
        yield f"  {tier.word} ({tier.colour}, {tier.letter}): groups {', '.join(map(str, tier.groups))}"
    yield f"  fingerprint {scheme.fingerprint}"


def _model(path: Path | None, catalogue: str | None) -> Iterator[str]:
    used, model = load_both(path or _DEFAULT_MODEL, catalogue)
    yield f"The model {model.name}@{model.edition} is in order, with the catalogue {used.name}@{used.edition}."
    yield f"  groups in order of precedence: {', '.join(map(str, model.groups))}"
    counted = (
        (len(model.lines), "lines of long-term conditions"),
        (len(model.tallies), "tallies"),
        (len(model.scores), "scores"),
        (len(model.measures), "measures"),
        (len(model.flags), "flags"),
        (len(model.resolutions), "resolutions"),
    )
    yield f"  {', '.join(f'{n:,} {what}' for n, what in counted)}"
    yield f"  fingerprint {model.fingerprint}"
