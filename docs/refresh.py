"""Write what the code blocks print now into the pages: python docs/refresh.py [PAGE ...], then read the diff.

Only outputs that are no longer right change; `...` in an output that is right stays. The blocks themselves are run as
tests/test_documentation.py runs them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import test_documentation as documentation


def refresh(page: Path) -> int:
    """Write the page anew; how many outputs changed."""
    changes: list[tuple[str, str]] = []
    judge = documentation.differs

    def note(expected: str, printed: str) -> str:
        if judge(expected, printed):
            changes.append((expected.strip("\n"), textwrap.dedent(printed).strip("\n")))
        return ""

    documentation.differs = note
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            runner = documentation.Runner(page, Path(folder))
            for block in documentation.blocks_of(page):
                runner.run(block)
    finally:
        documentation.differs = judge
    text = page.read_text(encoding="utf-8")
    at = 0
    for old, new in changes:
        # Outputs come in the order of the page; only a whole one is replaced, never the same words elsewhere.
        found = text.find(f"\n{old}\n", at)
        if found < 0:
            raise SystemExit(f"{documentation.label(page)}: an output to be written anew is not found; edit it by hand")
        text = f"{text[: found + 1]}{new}{text[found + 1 + len(old) :]}"
        at = found + len(new)
    page.write_text(text, encoding="utf-8")
    return len(changes)


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    pages = [Path(name).resolve() for name in sys.argv[1:]] or documentation.PAGES
    for each in pages:
        if n_changes := refresh(each):
            print(f"{documentation.label(each)}: {n_changes} outputs written anew")
