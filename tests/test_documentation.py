"""Every code block of README.md and docs runs, and prints what the page says it prints.

What a block is, its language says:

    python      run, page by page, in one namespace and in an empty folder. With `<!-- needs: NAME -->` before it: only
                compiled where that library, which the tests do not need, is not installed
    text        what the block before it prints; `...` is anything. With a comment before it: a drawing
    console     each line after `$ ` is run, the lines below it are what it prints
    sh          installation: not run here, but each line must be one that CI runs or whose words exist
    powershell  the same for Windows
    csv, toml   with `<!-- file: NAME -->` before it: written to that name; toml must be readable
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import tomllib
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from local_spark import provide_java

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
PAGES = [page for page in PAGES if "_build" not in page.parts]

FENCE = re.compile(
    r"^(?P<indent> *)(?:<!-- (?P<comment>[^\n]*?) -->\n+ *)?"
    r"```(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
LANGUAGES = {"python", "text", "console", "sh", "powershell", "csv", "toml"}
# Directives of the documentation builder; the build itself checks them.
DIRECTIVE = re.compile(r"\{[\w:-]+\}")


class Block(NamedTuple):
    language: str
    body: str
    comment: str
    line: int


def label(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language = match["language"].strip()
        if DIRECTIVE.match(language):
            continue
        body = re.sub(rf"^{match['indent']}", "", match["body"], flags=re.MULTILINE)
        found.append(Block(language, body, match["comment"] or "", text.count("\n", 0, match.start()) + 1))
    return found


def differs(expected: str, printed: str) -> str:
    """How what was printed differs from what the page shows; empty where it does not."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    checker = doctest.OutputChecker()
    if checker.check_output(expected, printed, flags):
        return ""
    return checker.output_difference(doctest.Example("", expected), printed, flags)


def assert_printed(expected: str, printed: str, where: str) -> None:
    if difference := differs(expected, printed):
        pytest.fail(f"{where}\n{difference}\nmake refresh writes outputs anew", pytrace=False)


class Runner:
    """Runs the blocks of one page in one folder and one namespace."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.namespace: dict[str, object] = {"__name__": "__main__"}
        self.printed: str | None = None

    def run(self, block: Block) -> None:
        where = f"{label(self.page)}, line {block.line}"
        if block.comment.startswith("file: "):
            (self.folder / block.comment.removeprefix("file: ")).write_text(block.body, encoding="utf-8")
        elif block.language == "python":
            self.printed = self.python(block.body, where, needs=block.comment.removeprefix("needs: "))
        elif block.language == "console":
            self.console(block.body, where)
        elif block.language == "text" and not block.comment:
            assert self.printed is not None, f"{where}: no block before it prints this"
            assert_printed(block.body, self.printed, where)
            self.printed = None
        if block.language == "toml":
            tomllib.loads(block.body)

    def python(self, body: str, where: str, *, needs: str = "") -> str:
        if "pyspark" in body:
            provide_java(self.folder)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = compile(body, where, "exec")
            if not needs or find_spec(needs) is not None:
                exec(code, self.namespace)
        return out.getvalue()

    def console(self, body: str, where: str) -> None:
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            length = next((at for at, line in enumerate(lines) if not line.endswith("\\")), 0) + 1
            command = "\n".join(lines[:length])
            done = subprocess.run(
                command,
                shell=True,
                check=False,
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            expected = "\n".join(lines[length:])
            if expected.strip() != "...":
                assert_printed(expected + "\n", done.stdout + "\n", f"{where}: {command}")
            assert done.returncode == 0, f"{where}: {command}\n{done.stdout}"

    def environment(self) -> dict[str, str]:
        """A terminal of a known width without colours, on which `pngroup` is the one under test."""
        tools = self.folder / ".tools"
        tools.mkdir(exist_ok=True)
        script = tools / "pngroup"
        script.write_text(
            f"#!{sys.executable}\nimport sys\nfrom pngroup.cli import main\nsys.exit(main())\n",
            encoding="utf-8",
        )
        script.chmod(0o755)
        path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        return {
            **os.environ,
            "PATH": path,
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
        }


def runs_spark(page: Path) -> list[pytest.MarkDecorator]:
    return [pytest.mark.spark] if "pyspark" in page.read_text(encoding="utf-8") else []


@pytest.mark.parametrize("page", [pytest.param(page, marks=runs_spark(page), id=label(page)) for page in PAGES])
def test_the_code_of_the_page_runs(page, tmp_path, monkeypatch):
    """A reader may copy any block of the documentation, top to bottom, and see what the page shows."""
    blocks = blocks_of(page)
    if any(block.language == "console" for block in blocks) and os.name == "nt":
        pytest.skip("the console blocks are written for a POSIX shell")
    monkeypatch.chdir(tmp_path)
    runner = Runner(page, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Said by Spark at each call where pandas 3 is installed, whether or not a frame of pandas is made.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        for block in blocks:
            runner.run(block)


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_each_block_of_the_page_is_one_that_is_checked(page):
    """No block escapes: each has a language that these tests run or check."""
    text = page.read_text(encoding="utf-8")
    blocks = blocks_of(page)
    directives = sum(bool(DIRECTIVE.match(match["language"].strip())) for match in FENCE.finditer(text))
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * (len(blocks) + directives)
    assert {block.language for block in blocks} <= LANGUAGES


INSTALLATION = [
    r"make(?P<targets>( [a-z]+)+)( ARGS=\"[^\"]+\")?",
    r"(python3|python|py) -m venv env",
    r"\. env/bin/activate",
    r"env\\Scripts\\Activate\.ps1",
    r"python -m pip install \"(pngroup|\.)(?P<extras>\[[a-z,]+\])?\"",
    r"python -m pip install (--editable )?\.",
    r"(bash )?\.ci/run",
    r"pngroup (?P<command>demo|doctor)",
]


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_installation_lines_use_words_that_exist(page):
    """Lines to install with name targets of the Makefile, extras of the package and commands that exist."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for block in blocks_of(page):
        if block.language not in {"sh", "powershell"}:
            continue
        for line in block.body.splitlines():
            words = line.split("#", 1)[0].rstrip()
            if not words:
                continue
            matches = [re.fullmatch(pattern, words) for pattern in INSTALLATION]
            match = next(filter(None, matches), None)
            assert match, f"{label(page)}, line {block.line}: {line}"
            found = match.groupdict()
            for target in (found.get("targets") or "").split():
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
            assert set(re.findall(r"[a-z]+", found.get("extras") or "")) <= set(project["optional-dependencies"])


LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == REPOSITORY], ids=label)
def test_links_of_the_front_pages_lead_somewhere(page):
    """Each relative link of README and CONTRIBUTING names a file; the build checks those inside docs."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


KINDS = ("tutorial", "how-to", "reference", "explanation")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.is_relative_to(DOCS) and page.parent != DOCS], ids=label
)
def test_each_page_is_of_one_kind(page):
    """Each page teaches, helps with a task, is looked up in, or explains: not two of these."""
    assert page.relative_to(DOCS).parts[0] in KINDS
