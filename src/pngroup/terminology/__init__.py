"""A site's own SNOMED CT release: read, searched, and used to expand the catalogue.

No SNOMED CT content ships with the library, and nothing is written but where the caller says.
"""

from .expanding import expand_catalogue
from .expansion_report import ConditionExpansion, ExpansionReport
from .history import Substitutes
from .reading import read_release
from .release import Expansion, ExpressionWarning, Release
from .report import ReleaseReport
from .saving import save_catalogue

__all__ = [
    "ConditionExpansion",
    "Expansion",
    "ExpansionReport",
    "ExpressionWarning",
    "Release",
    "ReleaseReport",
    "Substitutes",
    "expand_catalogue",
    "read_release",
    "save_catalogue",
]
