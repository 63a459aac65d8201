"""What was measured as a page: docs/reference/benchmarks.md."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import jobs
import small
from measuring import HERE, Measured
from population import AS_AT, N_MEDICINES, N_RECORDS
from ratios import Held, held, held_in_growth

import pngroup

LIBRARIES = (
    "numpy", "narwhals", "polars", "pandas", "pyarrow", "duckdb", "comorbidipy", "pycomorb", "hccinfhir",
    "numba",
)  # fmt: skip
Sizes = Mapping[int, Mapping[str, Measured]]

TEMPLATE = HERE / "page.md"


def write(path: Path, sizes: Sizes, small_ones: Mapping[str, Measured], n_people: int) -> None:
    """The page; everything but growth is of `n_people`."""
    measured = sizes[n_people]
    shares = mapped_shares(measured)
    everything = [*held(measured), *held_in_growth(sizes)]
    page = TEMPLATE.read_text(encoding="utf-8").format(
        machine=machine(),
        versions=versions(),
        n_people=n_people,
        n_rows=n_people * N_RECORDS,
        rounds=f"{len(measured['polars'].rounds)} rounds",
        ratios="\n".join(map(ratio_row, everything)),
        grouping=job_rows(jobs.GROUPING, measured, shares),
        missing="\n".join(
            each.missing and f'Not available, `{name}`: the library answers "{each.missing}"'
            for name, each in measured.items()
            if each.missing
        )
        or "All jobs ran.",
        others=job_rows(jobs.CHARLSON, measured, shares),
        share=jobs.CHARLSON["hccinfhir"].share,
        fewer=n_people // jobs.CHARLSON["hccinfhir"].share,
        growth_head=" | ".join(f"{n * N_RECORDS:,} rows" for n in sizes),
        growth_rule="|".join("---:" for _ in sizes),
        growth=growth_rows(sizes),
        small=small_rows(small_ones),
        n_records=N_RECORDS,
        n_medicines=N_MEDICINES,
        as_at=AS_AT,
        icd10_mapped=shares["icd10"],
        snomed_mapped=shares["snomed"],
    )
    path.write_text(page, encoding="utf-8")


def ratio_row(each: Held) -> str:
    """One bar."""
    digits = 2 if each.value is None or each.value < 100 else 0
    value = "" if each.value is None else f"{each.value:.{digits}f} {each.bar.unit}".strip()
    cpu = "" if each.cpu is None else f"{each.cpu:.2f}"
    limit = "none" if each.bar.at_most is None else f"{each.bar.at_most:g} {each.bar.unit}".strip()
    return f"| {each.bar.words} | {limit} | {value} | {each.verdict} | {cpu} |"


def job_rows(which: Mapping[str, jobs.Job], measured: Mapping[str, Measured], shares: Mapping[str, str]) -> str:
    """One row a job."""
    rows = []
    for name, job in which.items():
        found = measured.get(name)
        if found is None:
            continue
        share = shares[job.rows] + (f"; medicines {shares['medicines']}" if job.medicines else "")
        if not found.rounds:
            rows.append(f"| {job.words} | {share} | not available | | | | |")
            continue
        before = f"{found.input_mb:,.0f}" if job.command is None else ""
        seconds = f"{found.wall:.3f} | {spread(found)} | {found.cpu:.3f}"
        rows.append(f"| {job.words} | {share} | {seconds} | {found.peak_mb:,.0f} | {before} |")
    return "\n".join(rows)


def growth_rows(sizes: Sizes) -> str:
    """One row a job that was measured at each size."""
    rows = []
    for name in jobs.GROWTH:
        cells = [sizes[n].get(name) for n in sizes]
        shown = (f"{cell.wall:.3f}" if cell is not None and cell.rounds else "" for cell in cells)
        rows.append(f"| {jobs.JOBS[name].words} | {' | '.join(shown)} |")
    return "\n".join(rows)


def small_rows(found: Mapping[str, Measured]) -> str:
    """What starting and loading take, beside `import numpy` without the start of Python, or beside reading."""
    start = found["python"].wall
    beside = dict.fromkeys(
        ("load-catalogue", "check-catalogue"), ("`import numpy`", found["import-numpy"].wall - start)
    )
    beside["look-up"] = ("reading", found["read-codes"].wall)
    rows = []
    for name, each in found.items():
        words, seconds = beside.get(name, ("", 0.0))
        ratio = f"{words} ({seconds:.3f} s) | {each.wall / seconds:.2f}" if words else " | "
        rows.append(f"| {(small.JOBS | small.PROGRAMS)[name][0]} | {each.wall:.3f} | {spread(each)} | {ratio} |")
    return "\n".join(rows)


def spread(found: Measured) -> str:
    """The quickest and the slowest round."""
    return " - ".join(f"{seconds:.3f}" for seconds in found.spread)


def mapped_shares(measured: Mapping[str, Measured]) -> dict[str, str]:
    """Which share of rows the quality report calls mapped, in per cent: of both sets of records, and of medicines."""
    told = {
        "icd10": measured["polars"].said["mapped_records"],
        "snomed": measured["polars-snomed"].said["mapped_records"],
        "medicines": measured["polars-medicines"].said["mapped_medicines"],
    }
    return {name: f"{share:.0%}".replace("%", " %") for name, share in told.items()}


def machine() -> str:
    """Cores, memory and processor, as far as the system tells."""
    memory = os.sysconf("SC_PAGESIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    names: Sequence[str] = []
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.machine()
    return f"{os.cpu_count()} cores ({processor}), {memory:.0f} GB of memory, {platform.system()}"


def versions() -> str:
    """Python and the libraries that take part."""
    told = [f"Python {platform.python_version()}", f"pngroup {pngroup.__version__}"]
    for name in LIBRARIES:
        try:
            told.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            told.append(f"{name} not installed")
    return ", ".join(told)
