"""`pngroup doctor`: what is installed, which editions are used, and whether a handful of vignettes come out right.

Made to be pasted into a report: it names no folder, no user and no machine.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata
from typing import Final

import click

from .._version import __version__
from ..catalogue import Catalogue, load_catalogue
from ..editions import current_editions
from ..model import Model, load_model
from ..schemes import Scheme, load_scheme
from ..validation import Vignette, check_vignettes, read_vignettes
from . import problems, screen
from .loading import n_rows

_CORE: Final = ("numpy", "attrs", "narwhals")
_OPTIONAL: Final = (
    ("click", "cli", "the command line"),
    ("rich", "cli", "the command line"),
    ("pyarrow", "cli", "files on the command line; Arrow tables"),
    ("pandas", "pandas", "pandas frames"),
    ("polars", "polars", "polars frames"),
    ("duckdb", "duckdb", "DuckDB relations"),
    ("pyspark", "spark", "Spark frames"),
)


@click.command(short_help="Say what is installed and test it.")
def doctor() -> int:
    """Say which versions are installed and which editions are used, and test a handful of vignettes.

    Exit code 1 when a vignette does not come out as expected.
    """
    with screen.step("Testing"):
        catalogue = load_catalogue()
        models = [load_model(name) for name in current_editions()["models"]]
        vignettes = _handful(read_vignettes())
        results = check_vignettes(vignettes)
    wrong = [result.vignette.id for result in results if result.differences]
    lines = [*_versions(), "", *_editions(catalogue, models, load_scheme("default")), ""]
    lines.append(f"Self-test: {len(results) - len(wrong)} of {len(results)} vignettes as expected")
    lines += [f"  not as expected: {name}" for name in wrong]
    if wrong:
        lines.append(
            "  Something is wrong with this installation: install pngroup again, and report it if that does not help."
        )
    screen.write("\n".join(lines))
    return problems.BAD_DATA if wrong else problems.DONE


def _handful(vignettes: list[Vignette]) -> list[Vignette]:
    """The first vignette of each model for each expected group, and the first without a group."""
    chosen: dict[object, Vignette] = {}
    for vignette in vignettes:
        group = vignette.expect.get(load_model(vignette.model).result)
        chosen.setdefault((vignette.model, group), vignette)
    return list(chosen.values())


def _versions() -> Iterator[str]:
    yield f"pngroup {__version__}"
    system = f"{platform.system()} {platform.machine()}"
    yield f"Python {platform.python_version()} ({platform.python_implementation()}), {system}"
    yield ""
    yield "Needed"
    yield from (f"  {name:<20}{version_of(name) or 'MISSING'}" for name in _CORE)
    yield "Optional"
    for name, extra, purpose in _OPTIONAL:
        version = version_of(name)
        how = "" if version else f'; not installed, pip install "pngroup[{extra}]"'
        yield f"  {name:<20}{version or '-':<12}{purpose}{how}"


def version_of(distribution: str) -> str | None:
    """The installed version of a distribution, None where it is absent.

    >>> version_of("no-such-distribution") is None
    True
    """
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _editions(catalogue: Catalogue, models: list[Model], scheme: Scheme) -> Iterator[str]:
    parts = (
        *(("model", f"{model.name}@{model.edition}", model.fingerprint) for model in models),
        ("catalogue", f"{catalogue.name}@{catalogue.edition}", catalogue.fingerprint),
        ("scheme", f"{scheme.name}@{scheme.edition}", scheme.fingerprint),
    )
    yield "Editions"
    yield from (f"  {what:<12}{name:<26}{fingerprint[:16]}" for what, name, fingerprint in parts)
    rows = ", ".join(f"{system} {n:,}" for system, n in n_rows(catalogue).items())
    yield f"  {len(catalogue.conditions):,} conditions; mapping rows: {rows}"
