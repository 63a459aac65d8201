"""The bars that pngroup is held to: ratios of medians in one run, and memory. A missed bar is said, not hidden."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen
from measuring import Measured

GIGABYTE_MB = 1000.0


@frozen
class Bar:
    """At most so many times the wall time of another job (or, without one, so much of `unit`); None for no bar."""

    words: str
    job: str
    against: str
    at_most: float | None
    unit: str = ""


@frozen
class Held:
    """A bar, and what was measured; None where it was not."""

    bar: Bar
    value: float | None
    cpu: float | None = None

    @property
    def verdict(self) -> str:
        """Met, not met, or not measured; nothing without a bar."""
        if self.value is None:
            return "not measured"
        if self.bar.at_most is None:
            return ""
        return "met" if self.value <= self.bar.at_most else "not met"


BARS = (
    Bar("integers to groups, one core, ICD-10 / Charlson by hand in polars from integers, one core",
        "integers-icd10", "charlson-integers", 0.6),
    Bar("integers to groups, one core, SNOMED CT / the same", "integers-snomed", "charlson-integers", 0.6),
    Bar("integers to groups, one core, ICD-10 / Charlson by hand in polars from text, one core",
        "integers-icd10", "charlson-one-core", 0.6),
    Bar("integers to groups, one core, ICD-10 / Charlson by hand in polars from text, all cores",
        "integers-icd10", "charlson", 0.6),
    Bar("`group()` from polars / comorbidipy", "polars", "comorbidipy", 0.6),
    Bar("`group()` from pandas, objects, each cell its own / comorbidipy on polars",
        "pandas-objects", "comorbidipy", 1.0),
    Bar("`group()` from pandas, objects, shared / comorbidipy on polars", "pandas-shared-objects", "comorbidipy", 1.0),
    Bar("`pngroup group` file to file / Charlson by hand in DuckDB file to file", "files", "files-charlson", 1.0),
    Bar("`pngroup group` file to file / bare read of its columns", "files", "files-read", 5.0),
    Bar("peak memory of `pngroup group`", "files", "", 1.0, "GB"),
    Bar("twelve month ends / one date", "polars-12-dates", "polars", 3.0),
    Bar("snapshots at twelve month ends / at one date", "snapshots", "snapshot", 3.0),
    Bar("spells between them to the day / snapshot at one date", "spells", "snapshot", None),
    Bar("evidence", "polars", "", 16.0, "bytes a fact"),
)  # fmt: skip


def held(measured: Mapping[str, Measured]) -> list[Held]:
    """Each bar beside what was measured on one number of people."""
    return [hold(bar, measured) for bar in BARS]


def hold(bar: Bar, measured: Mapping[str, Measured]) -> Held:
    """One bar beside what was measured."""
    ours, theirs = (measured.get(name) for name in (bar.job, bar.against))
    if ours is None or not ours.rounds or (bar.against and (theirs is None or not theirs.rounds)):
        return Held(bar, None)
    if theirs is not None:
        return Held(bar, ours.wall / theirs.wall, ours.cpu / theirs.cpu)
    return Held(bar, ours.peak_mb / GIGABYTE_MB if bar.unit == "GB" else ours.said["bytes_a_fact"])


def held_in_growth(sizes: Mapping[int, Mapping[str, Measured]]) -> list[Held]:
    """Ten times the rows in at most eleven times the time, and in less than 4 GB; where both were measured."""
    less, more = 1_000_000, 10_000_000
    time = Bar(f"`pngroup group`, {more:,} people / {less:,} people", "files", "files", 11.0)
    memory = Bar(f"peak memory of `pngroup group`, {more:,} people", "files", "", 4.0, "GB")
    small, large = (sizes.get(n, {}).get("files") for n in (less, more))
    if large is None or not large.rounds:
        return [Held(time, None), Held(memory, None)]
    there = small is not None and small.rounds
    return [
        Held(time, large.wall / small.wall if there else None, large.cpu / small.cpu if there else None),
        Held(memory, large.peak_mb / GIGABYTE_MB),
    ]
