"""The pictures beside the page: growth and ratios, each as SVG and PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs import GROWTH
from measuring import Measured
from population import N_RECORDS
from ratios import Held

OURS, MISSED, OTHERS, QUIET, INK = "#0b6e4f", "#b4532a", "#6b7a8f", "#9a9a9a", "#222222"
#: The name at the end of a line, its colour and its dashes.
LINES: Mapping[str, tuple[str, str, str]] = {
    "files": ("pngroup, file to file", OURS, "-"),
    "polars": ("pngroup, polars frames", OURS, "--"),
    "charlson": ("Charlson, polars by hand", OTHERS, "--"),
    "comorbidipy": ("Charlson, comorbidipy", OTHERS, ":"),
    "pycomorb": ("Charlson, pycomorb", OTHERS, "-."),
    "files-charlson": ("Charlson, DuckDB by hand, file to file", OTHERS, "-"),
    "files-read": ("reading the files, nothing done", QUIET, "-"),
}


def draw_growth(path: Path, sizes: Mapping[int, Mapping[str, Measured]]) -> None:
    """Seconds against rows, both logarithmic with the same step, a line a job with its name at its end."""
    plt = matplotlib()
    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    ends: list[tuple[float, float, str, str]] = []
    for name in GROWTH:
        points = [(n * N_RECORDS, each[name]) for n, each in sizes.items() if name in each and each[name].rounds]
        if not points:
            continue
        words, colour, dashes = LINES[name]
        rows, seconds = [n for n, _ in points], [each.wall for _, each in points]
        axes.plot(rows, seconds, dashes, color=colour, marker="o", markersize=4, linewidth=2 if colour == OURS else 1.4)
        axes.vlines(rows, *zip(*(each.spread for _, each in points), strict=True), color=colour, linewidth=1)
        ends.append((rows[-1], seconds[-1], words, colour))
    axes.set(xscale="log", yscale="log", xlabel="rows (records)", ylabel="seconds (median; bars: quickest to slowest)")
    axes.set_title(
        "Time against rows (pngroup groups people; the others compute Charlson alone)",
        loc="left",
        color=INK,
        fontsize=11,
    )
    low, high = axes.get_ylim()
    most = max(sizes) * N_RECORDS
    # Time in proportion to rows has this slope; where a line is flatter, start-up is what is seen.
    start = min(sizes) * N_RECORDS
    for seconds in (10.0**power for power in range(-6, 4)):
        axes.plot([start, most], [seconds, seconds * most / start], color="#ececec", linewidth=0.8, zorder=0)
    axes.set_ylim(low, high)
    axes.set_xticks([n * N_RECORDS for n in sizes], [short(n * N_RECORDS) for n in sizes])
    axes.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    place_labels(axes, ends)
    axes.text(
        0.01,
        0.99,
        "grey slant: time in proportion to rows",
        transform=axes.transAxes,
        va="top",
        fontsize=8,
        color=QUIET,
    )
    save(figure, path)


def place_labels(axes: Any, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Names at the ends of their lines, moved apart where they would touch."""
    axes.figure.canvas.draw()
    to_points = 72 / axes.figure.dpi
    free = float("-inf")
    for rows, seconds, words, colour in sorted(ends, key=lambda end: end[1]):
        at = axes.transData.transform((rows, seconds))[1] * to_points
        free = max(at, free + 11)
        axes.annotate(
            words, (rows, seconds), xytext=(10, free - at), textcoords="offset points", va="center", color=colour,
            fontsize=9, annotation_clip=False,
        )  # fmt: skip


def draw_ratios(path: Path, held: Sequence[Held]) -> None:
    """Each ratio as a multiple of its bar, on a logarithmic axis: left of the line it is met."""
    plt = matplotlib()
    shown = [each for each in held if each.value is not None and each.bar.at_most is not None]
    figure, axes = plt.subplots(figsize=(9.5, 0.42 * len(shown) + 1.4), layout="constrained")
    for place, each in enumerate(reversed(shown)):
        multiple = (each.value or 0) / (each.bar.at_most or 1)
        colour = OURS if each.verdict == "met" else MISSED
        axes.plot([1, multiple], [place, place], color=colour, linewidth=3, solid_capstyle="butt")
        axes.plot(multiple, place, "o", color=colour, markersize=7)
        beyond = 1 if multiple > 1 else -1
        axes.annotate(
            f"{each.value:.2f}", (multiple, place), xytext=(8 * beyond, 0), textcoords="offset points",
            ha="left" if beyond > 0 else "right", va="center", fontsize=9, color=colour,
        )  # fmt: skip
    axes.axvline(1, color=INK, linewidth=1)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.6, high * 1.6)
    axes.set_yticks(range(len(shown)), [wanted(each) for each in reversed(shown)], fontsize=8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda _value, _: "")
    axes.set_xlabel("measured, as a multiple of what was wanted (1: just met; green: met)")
    axes.tick_params(axis="y", length=0)
    save(figure, path)


def wanted(each: Held) -> str:
    """The words of a bar and what it allows, in two lines."""
    first, _, second = each.bar.words.replace("`", "").partition(" / ")
    limit = f"at most {each.bar.at_most:g} {each.bar.unit}".rstrip()
    return f"{first}\n{limit} x {second}" if second else f"{first}\n{limit}"


def short(value: float) -> str:
    """200000 as 200,000, and 20000000 as 20 million."""
    return f"{value / 1e6:g} million" if value >= 1e6 else f"{value:,.0f}"


def matplotlib() -> Any:
    """pyplot without a screen, with our settings; the same input makes the same file."""
    import matplotlib as library

    library.use("Agg")
    library.rcParams.update(
        {
            "svg.hashsalt": "pngroup",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#888888",
            "axes.labelcolor": INK,
            "xtick.color": "#555555",
            "ytick.color": "#555555",
            "font.size": 10,
        }
    )
    from matplotlib import pyplot as plt

    return plt


def save(figure: Any, path: Path) -> None:
    """The figure as PATH.svg and PATH.png."""
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None}, bbox_inches="tight")
    figure.savefig(path.with_suffix(".png"), dpi=150, bbox_inches="tight")
