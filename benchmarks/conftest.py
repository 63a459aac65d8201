"""What the benchmarks share."""

from __future__ import annotations

import importlib.metadata
import os
import platform

import pytest

import pngroup


@pytest.fixture
def told(benchmark):
    """The benchmark, which also remembers what it ran on."""
    benchmark.extra_info["cores"] = os.cpu_count()
    benchmark.extra_info["python"] = platform.python_version()
    benchmark.extra_info["pngroup"] = pngroup.__version__
    for name in ("numpy", "narwhals", "polars", "comorbidipy", "pycomorb"):
        try:
            benchmark.extra_info[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            benchmark.extra_info[name] = "not installed"
    return benchmark
