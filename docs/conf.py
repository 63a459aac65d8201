"""How the documentation is built: `make docs`, with warnings as errors."""

from __future__ import annotations

from pngroup import __version__

project = "pngroup"
author = "The pngroup authors"
copyright = "2026, The pngroup authors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
language = "en_GB"

# Docstrings write names and code between single backticks.
default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"show-inheritance": False}
napoleon_numpy_docstring = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
# Code is run by tests/test_documentation.py; here it is only coloured.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"pngroup {__version__}"
html_show_sourcelink = False
