"""Checking a model: vignettes, short stories with the answer that a reader of the specification expects."""

from __future__ import annotations

from .vignettes import Vignette, VignetteResult, check_vignettes, read_vignettes

__all__ = ["Vignette", "VignetteResult", "check_vignettes", "read_vignettes"]
