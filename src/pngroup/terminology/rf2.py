"""The names and numbers of Release Format 2 that reading needs: file names, headers, metadata concepts.

Source: SNOMED International, Release File Specification (file naming; concept, relationship, simple and association
reference set files) and Expression Constraint Language, section on history supplements.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["concept", "relationship", "simple", "association"]
KINDS: Final[tuple[Kind, ...]] = ("concept", "relationship", "simple", "association")

_REFSET: Final = ("id", "effectiveTime", "active", "moduleId", "refsetId", "referencedComponentId")
#: The whole header of each kind of file.
HEADERS: Final[dict[Kind, tuple[str, ...]]] = {
    "concept": ("id", "effectiveTime", "active", "moduleId", "definitionStatusId"),
    "relationship": (
        "id",
        "effectiveTime",
        "active",
        "moduleId",
        "sourceId",
        "destinationId",
        "relationshipGroup",
        "typeId",
        "characteristicTypeId",
        "modifierId",
    ),
    "simple": _REFSET,
    "association": (*_REFSET, "targetComponentId"),
}
#: The columns that are read. `id` is a number in components and a UUID in reference sets.
USED: Final[dict[Kind, tuple[str, ...]]] = {
    "concept": ("id", "effectiveTime", "active"),
    "relationship": (
        "id",
        "effectiveTime",
        "active",
        "sourceId",
        "destinationId",
        "typeId",
        "characteristicTypeId",
    ),
    "simple": ("id", "effectiveTime", "active", "refsetId", "referencedComponentId"),
    "association": ("id", "effectiveTime", "active", "refsetId", "referencedComponentId", "targetComponentId"),
}
COMPONENTS: Final[tuple[Kind, ...]] = ("concept", "relationship")

# Between the name and the date stands who published it: INT, GB1000000, or a bare namespace.
_TAIL: Final = r"[A-Za-z]*Snapshot(?:_[A-Za-z0-9]+)?_([0-9]{8})\.txt"
_BEGINNINGS: Final[tuple[tuple[Kind, str], ...]] = (
    ("concept", r"x?sct2_Concept_"),
    ("relationship", r"x?sct2_Relationship_"),
    ("simple", r"x?der2_Refset_"),
    ("association", r"x?der2_cRefset_[A-Za-z]*Association"),
)
NAMES: Final = {kind: re.compile(pattern + _TAIL, re.IGNORECASE) for kind, pattern in _BEGINNINGS}

IS_A: Final = 116680003
INFERRED: Final = 900000000000011006

SAME_AS: Final = 900000000000527005
REPLACED_BY: Final = 900000000000526001
WAS_A: Final = 900000000000528000
PARTIALLY_EQUIVALENT_TO: Final = 1186924009
POSSIBLY_EQUIVALENT_TO: Final = 900000000000523009
POSSIBLY_REPLACED_BY: Final = 1186921001
ALTERNATIVE: Final = 900000000000530003
#: Above all historical association reference sets.
HISTORICAL: Final = 900000000000522004
#: All of them, for releases without the metadata hierarchy. The rest: moved to, moved from, similar to, refers to.
EVERY_HISTORICAL: Final = (
    SAME_AS,
    REPLACED_BY,
    WAS_A,
    PARTIALLY_EQUIVALENT_TO,
    POSSIBLY_EQUIVALENT_TO,
    POSSIBLY_REPLACED_BY,
    ALTERNATIVE,
    900000000000524003,
    900000000000525002,
    900000000000529008,
    900000000000531004,
)
#: What ECL calls HISTORY-MIN and HISTORY-MOD.
MINIMUM: Final = (SAME_AS,)
MODERATE: Final = (SAME_AS, REPLACED_BY, WAS_A, PARTIALLY_EQUIVALENT_TO)
#: What takes the place of a concept, and what only may.
SUBSTITUTING: Final = (SAME_AS, REPLACED_BY)
POSSIBLE: Final = (POSSIBLY_EQUIVALENT_TO, POSSIBLY_REPLACED_BY, PARTIALLY_EQUIVALENT_TO, ALTERNATIVE)
