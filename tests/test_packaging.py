"""What is promised about the package as it is built and installed."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import pngroup

CORE = {"attrs", "narwhals", "numpy"}
EXTRAS = {"terminology", "cli", "pandas", "polars", "arrow", "duckdb", "spark", "sql", "report", "test", "docs", "all"}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]


def test_the_core_has_four_dependencies_and_no_other(project):
    """Without extras pngroup brings numpy, attrs and narwhals, nothing else."""
    assert {name_of(each) for each in project["dependencies"]} == CORE


def test_the_extras_are_those_promised(project):
    """The extras keep their names, so that an installation line written once stays valid."""
    assert set(project["optional-dependencies"]) == EXTRAS


def test_all_brings_each_optional_feature(project):
    """The extra `all` holds every extra for users of the library; `test` and `docs` are for its makers."""
    extras = project["optional-dependencies"]
    [all_of_them] = extras["all"]
    named = set(re.search(r"\[(.*)\]", all_of_them).group(1).split(","))
    assert named == EXTRAS - {"all", "test", "docs"}


def test_the_oldest_versions_tried_are_the_lower_bounds(project, repository):
    """The lower bounds of the core dependencies are the versions that CI installs and uses."""
    lines = (repository / ".ci" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    bounds = dict(each.split(">=") for each in project["dependencies"])
    assert pins == bounds


def test_the_version_is_written_in_one_place(repository):
    """`pngroup.__version__` is the version of the package, and CITATION.cff says the same."""
    code = (repository / "src" / "pngroup" / "_version.py").read_text(encoding="utf-8")
    assert f'__version__ = "{pngroup.__version__}"' in code
    assert f'version: "{pngroup.__version__}"' in (repository / "CITATION.cff").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(repository)],
        check=True,
        capture_output=True,
    )
    [path] = out.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_each_file_of_the_package(wheel, repository):
    """Every module and data file of src/pngroup is in the wheel, with the type marker."""
    source = repository / "src"
    ours = {
        path.relative_to(source).as_posix()
        for path in (source / "pngroup").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if name.startswith("pngroup/")}
    assert ours == packed
    assert "pngroup/py.typed" in packed


def test_the_wheel_carries_licence_and_notice(wheel, repository):
    """LICENSE and NOTICE travel with the wheel, word for word."""
    for name in ("LICENSE", "NOTICE"):
        [packed] = [each for each in wheel.namelist() if each.endswith(f".dist-info/licenses/{name}")]
        assert wheel.read(packed) == (repository / name).read_bytes()


NOTICE_SAYS = {
    "SNOMED's permission": "used by permission of SNOMED International",
    "SNOMED's trademark": "registered trademarks of SNOMED International",
    "the affiliate licence": "affiliate licence",
    "whose ICD-10 is": "(c) World Health Organization",
    "whose OPCS-4 is": "OPCS Classification of Interventions and Procedures is Crown copyright",
    "whose dm+d is": "devices is Crown copyright",
    "the Open Government Licence": "Open Government Licence v3.0",
    "the Open Parliament Licence": "Open Parliament Licence v3.0",
    "what it is for": "for population health management",
    "what it is not": "not a medical device",
    "who reviewed it": "No clinician has reviewed this edition",
    "who endorses it": "not endorsed by the NHS",
    "what it is not derived from": "not the Johns Hopkins ACG System",
}


@pytest.mark.parametrize("what", NOTICE_SAYS)
def test_the_notice_says(what, repository):
    """NOTICE says whose the codes are and what the library is not."""
    assert NOTICE_SAYS[what] in " ".join((repository / "NOTICE").read_text(encoding="utf-8").split())


def test_the_tables_named_in_the_notice_exist(repository):
    """The tables that NOTICE attributes to others are where it says they are."""
    notice = " ".join((repository / "NOTICE").read_text(encoding="utf-8").split())
    data = repository / "src" / "pngroup" / "data"
    named = re.findall(r"\(?(data/[a-z0-9./]+[a-z0-9])", notice)
    assert named
    for each in named:
        assert (data.parent / each).exists(), each


def test_the_readme_is_short(repository):
    """The README is 150 lines at most: what is longer lies in docs."""
    assert len((repository / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
