"""The command line: `pngroup group`, `update`, `explain`, `map`, `codes`, `coverage`, `sql`, `catalogue`,
`terminology`, `check`, `demo` and `doctor`.

Nothing of the library imports this folder. What it needs (click, rich, and pyarrow for files) comes with the extra
`cli` and is imported when a command runs, so that a missing package is a sentence and not a traceback.
"""

from __future__ import annotations

import signal
import sys
from importlib.util import find_spec
from types import FrameType

_NEEDED = ("click", "rich")
_INTERRUPTED = 130


def main() -> int:
    """Run the command that `sys.argv` names; returns its exit code.

    0 done, 1 bad data, 2 wrong usage, 3 stopped by the guard of update, 4 a fault of pngroup itself, 130 interrupted.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        print('pngroup: the command line is not installed; run: pip install "pngroup[cli]"', file=sys.stderr)
        return 2
    try:
        _stop_cleanly()
        _leave_pandas_out()
        from .program import program

        code: int = program.main(standalone_mode=False)
    except KeyboardInterrupt:
        # Only while modules are being loaded: afterwards the program itself sees to it.
        print("pngroup: interrupted, nothing was written", file=sys.stderr)
        return _INTERRUPTED
    return code


class _WithoutPandas:
    """Keeps pyarrow from importing pandas, where that is installed, to ask whether an array is one of its own.

    None is here, and the import takes longer than the rest of the start.
    """

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def _leave_pandas_out() -> None:
    sys.meta_path.insert(0, _WithoutPandas())


def _stop_cleanly() -> None:
    """Let a request to end the program run the clean-up of half-written files."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
