"""The exit codes of the command line are all named wherever they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import run
from pngroup import cli
from pngroup.cli import problems

CODES = {value for name, value in vars(problems).items() if name.isupper() and isinstance(value, int)}
DOCS = Path(__file__).parents[1] / "docs"
TOLD = {
    "help": lambda: run("--help").stdout,
    "main": lambda: cli.main.__doc__,
    "page of strict": lambda: "0 " + (DOCS / "how-to" / "strict.md").read_text().rpartition("](../reference/")[2],
}


@pytest.mark.parametrize("place", TOLD)
def test_each_exit_code_is_named(place):
    """Who reads the help, the function or the page on strict learns every code that a job may see."""
    words = TOLD[place]().replace(";", " ").replace(",", " ").split()
    assert len(CODES) == 6
    assert {str(code) for code in CODES} <= set(words)
