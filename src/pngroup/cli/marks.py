"""Tiers as colour, shape and letter, so that none of the three is needed to read them; and the console they are for."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from ..schemes import Tier

_SHAPES: Final = {"circle": "●", "triangle": "▲", "square": "■", "diamond": "◆", "hexagon": "⬢"}
_BAR: Final = "█"


def stdout() -> Console:
    """The console of what was asked for."""
    return Console(highlight=False, emoji=False, markup=False)


def is_plain(console: Console) -> bool:
    """Whether the stream cannot show shapes (an old Windows code page, the C locale)."""
    return console.options.ascii_only


def mark(tier: Tier, console: Console) -> Text:
    """A tier as shape and letter on its colour, so that neither colour nor shape is needed to read it."""
    shape = "" if is_plain(console) else f"{_SHAPES[tier.shape]} "
    return Text(f" {shape}{tier.letter} ", style=on_colour(tier))


def on_colour(tier: Tier) -> str:
    """The style of text on a tier's colour: black or white, whichever is further from it."""
    red, green, blue = (int(tier.colour_hex[place : place + 2], 16) for place in (1, 3, 5))
    # The weights of the three colours in how bright the eye finds them (ITU-R BT.601).
    is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
    return f"bold {'#000000' if is_light else '#ffffff'} on {tier.colour_hex}"


def bar(share: float, width: int, tier: Tier, console: Console) -> Text:
    """A bar for a share of the widest one; the tier's letter where blocks cannot be shown."""
    n_cells = round(share * width)
    if share and not n_cells:
        return Text("." if is_plain(console) else "▏", style=tier.colour_hex)
    return Text((tier.letter if is_plain(console) else _BAR) * n_cells, style=tier.colour_hex)
