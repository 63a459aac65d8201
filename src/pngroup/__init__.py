"""pngroup: patient need groups from coded health records, open and explainable.

For population health management, not for decisions about one patient.

>>> import pngroup
>>> people = {"person_id": ["a", "b"], "birth_date": ["1940-05-02", "1990-01-01"], "sex": ["F", "M"]}
>>> records = {"person_id": ["a", "b"], "code": ["I50.0", "J06.9"], "date": ["2026-01-10", "2026-02-01"]}
>>> grouping = pngroup.group(people, records, as_at="2026-03-31", system="icd10")
>>> grouping.to_frame()["need_tier"].tolist()
['moderate', 'low']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .catalogue import Catalogue, load_catalogue
    from .covering import CodeStatus, Coverage, coverage
    from .errors import DataError, GuardError, MissingExtraError, ModelError, PngroupError, UsageError
    from .explanation import ChangeExplanation, Explanation
    from .grouping import group
    from .looking_up import UnreadableCodesWarning, lookup
    from .model import Model, load_model
    from .one_person import explain
    from .population import Cohort, CrossTable, cohort, cross_table
    from .quality import FeedQuality, Quality
    from .result import Grouping, Groupings
    from .schemes import Scheme, group_name, load_scheme, need_tier, rag
    from .through_time import Snapshots, Spells, Transitions, explain_change, snapshots, spells, transitions
    from .updating import Guard, Refusal, ReviewCounts, RowCounts, Settle, Update, UpdateCounts, begin_updates, update
    from .vocabulary import ChangeKind, CodeSystem, NeedGroup, NeedTier, Rag, Reason, Setting, Sex

# Each public name is imported when it is first asked for, so that `import pngroup` costs nothing that is not used.
_HOME = {
    "catalogue": ("Catalogue", "load_catalogue"),
    "covering": ("CodeStatus", "Coverage", "coverage"),
    "errors": ("DataError", "GuardError", "MissingExtraError", "ModelError", "PngroupError", "UsageError"),
    "explanation": ("ChangeExplanation", "Explanation"),
    "grouping": ("group",),
    "looking_up": ("UnreadableCodesWarning", "lookup"),
    "model": ("Model", "load_model"),
    "one_person": ("explain",),
    "population": ("Cohort", "CrossTable", "cohort", "cross_table"),
    "quality": ("FeedQuality", "Quality"),
    "result": ("Grouping", "Groupings"),
    "schemes": ("Scheme", "group_name", "load_scheme", "need_tier", "rag"),
    "through_time": ("Snapshots", "Spells", "Transitions", "explain_change", "snapshots", "spells", "transitions"),
    "updating": (
        "Guard",
        "Refusal",
        "ReviewCounts",
        "RowCounts",
        "Settle",
        "Update",
        "UpdateCounts",
        "begin_updates",
        "update",
    ),
    "vocabulary": ("ChangeKind", "CodeSystem", "NeedGroup", "NeedTier", "Rag", "Reason", "Setting", "Sex"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Catalogue",
    "ChangeExplanation",
    "ChangeKind",
    "CodeStatus",
    "CodeSystem",
    "Cohort",
    "Coverage",
    "CrossTable",
    "DataError",
    "Explanation",
    "FeedQuality",
    "Grouping",
    "Groupings",
    "Guard",
    "GuardError",
    "MissingExtraError",
    "Model",
    "ModelError",
    "NeedGroup",
    "NeedTier",
    "PngroupError",
    "Quality",
    "Rag",
    "Reason",
    "Refusal",
    "ReviewCounts",
    "RowCounts",
    "Scheme",
    "Setting",
    "Settle",
    "Sex",
    "Snapshots",
    "Spells",
    "Transitions",
    "UnreadableCodesWarning",
    "Update",
    "UpdateCounts",
    "UsageError",
    "__version__",
    "begin_updates",
    "cohort",
    "coverage",
    "cross_table",
    "explain",
    "explain_change",
    "group",
    "group_name",
    "load_catalogue",
    "load_model",
    "load_scheme",
    "lookup",
    "need_tier",
    "population",
    "rag",
    "snapshots",
    "spells",
    "sql",
    "synthetic",
    "terminology",
    "through_time",
    "transitions",
    "update",
]


def __getattr__(name: str) -> Any:
    if name in ("population", "sql", "synthetic", "terminology", "through_time"):
        return import_module(f".{name}", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
