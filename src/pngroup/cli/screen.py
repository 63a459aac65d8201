"""What a person sees: lines of text, and on a terminal what is going on.

Nothing here needs the package that draws until something is drawn: a run without a terminal starts faster.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

#: Shows another text of what is going on.
Show: TypeAlias = Callable[[str], None]
#: The share that must be done before the rest is estimated, and seconds between two texts.
_ESTIMATED_FROM: Final = 0.05
_EVERY: Final = 0.2
_BYTES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes"))


def say(text: str) -> None:
    """A line of text on the standard error stream, as it is."""
    print(text, file=sys.stderr)


def write(text: str) -> None:
    """Text on the standard output stream, as it is."""
    print(text)


@contextlib.contextmanager
def step(text: str) -> Iterator[Show]:
    """Show that something is going on while it does; nothing where the standard error stream is no terminal."""
    if not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, emoji=False, markup=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _show_nothing
        return
    with console.status(Text(text)) as status:
        yield lambda other: status.update(Text(other))


def _show_nothing(_text: str) -> None:
    pass


class Meter:
    """How much of something is done, shown as text with an estimate of the seconds left.

    `unit` is "bytes", or what is counted. The estimate is from the rate since `begin`, and not given before 5 % of what
    there was to do then are done.
    """

    def __init__(self, show: Show, what: str, total: int, unit: str) -> None:
        self._show, self._what, self._total, self._unit = show, what, total, unit
        self.begin()

    def begin(self, n_before: int = 0) -> None:
        """Count from the start, or from so many that an earlier run has done."""
        self._before, self._done, self._start, self._shown = n_before, n_before, time.monotonic(), 0.0

    def advance(self, n: int) -> None:
        """Count `n` more."""
        self._done += n
        now = time.monotonic()
        if now - self._shown >= _EVERY:
            self._shown = now
            self._show(self.text(now - self._start))

    def text(self, seconds: float) -> str:
        """What is shown when so many seconds have passed.

        >>> meter = Meter(lambda _: None, "Reading records.parquet", 20_000_000, "rows")
        >>> meter.advance(5_000_000)
        >>> meter.text(3.0)
        'Reading records.parquet: 5,000,000 of 20,000,000 rows, about 9 s left'
        """
        if self._unit == "bytes":
            size, unit = next(each for each in _BYTES if self._total >= each[0] or each[0] == 1)
            amount = f"{self._done / size:.1f} of {self._total / size:.1f} {unit}"
        else:
            amount = f"{self._done:,} of {self._total:,} {self._unit}"
        text = f"{self._what}: {amount}"
        now = self._done - self._before
        if not now or now < _ESTIMATED_FROM * (self._total - self._before):
            return text
        return f"{text}, about {_duration(seconds * (self._total - self._done) / now)} left"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
