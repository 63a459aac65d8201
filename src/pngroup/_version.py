"""The version, in one place: hatchling reads it here, and so does `pngroup.__version__`."""

__version__ = "2026.1.0.dev0"
