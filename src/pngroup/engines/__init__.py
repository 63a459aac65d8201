"""Where `group()` runs when one machine's memory, or one machine, is too small: parts of a population, one by one."""

from __future__ import annotations

from typing import Final

#: More parts than these would be more files than a process may have open.
MOST_PARTS: Final = 512
