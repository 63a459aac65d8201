"""Checking a model: vignettes, short stories with the answer that a reader of the specification expects."""

from __future__ import annotations

from .checking import VignetteResult, check_vignettes
from .reading import Vignette, read_vignettes

__all__ = ["Vignette", "VignetteResult", "check_vignettes", "read_vignettes"]
