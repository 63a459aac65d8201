"""Miniature SNOMED CT releases with the real file layout and invented content.

Ids have valid check digits and stand in a namespace that nobody owns; there is no concept of SNOMED CT among them but
the metadata that the format itself needs (is-a, inferred, association reference sets).
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pngroup.codes.snomed import has_valid_check_digit

IS_A, FINDING_SITE = 116680003, 363698007
INFERRED, STATED = 900000000000011006, 900000000000010007
SAME_AS, REPLACED_BY, WAS_A = 900000000000527005, 900000000000526001, 900000000000528000
POSSIBLY_EQUIVALENT_TO, MOVED_TO = 900000000000523009, 900000000000524003
PARTIALLY_EQUIVALENT_TO, POSSIBLY_REPLACED_BY = 1186924009, 1186921001
MODULE, PRIMITIVE, EXISTENTIAL = 900000000000207008, 900000000000074008, 900000000000451002
DATE = "20240401"

CONCEPT = ["id", "effectiveTime", "active", "moduleId", "definitionStatusId"]
RELATIONSHIP = [
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
]
SIMPLE = ["id", "effectiveTime", "active", "moduleId", "refsetId", "referencedComponentId"]
ASSOCIATION = [*SIMPLE, "targetComponentId"]


def with_check_digit(digits: str) -> int:
    """An id from all its digits but the last."""
    return next(int(digits + last) for last in "0123456789" if has_valid_check_digit(digits + last))


def concept_id(number: int) -> int:
    """An invented concept id for a number."""
    return with_check_digit(f"{number}999999910")


def description_id(number: int) -> int:
    """An invented description id for a number."""
    return with_check_digit(f"{number}999999911")


class Concept(NamedTuple):
    """A row of the concept file."""

    id: int
    active: int = 1
    time: str = DATE


class IsA(NamedTuple):
    """A row of the relationship file."""

    child: int
    parent: int
    active: int = 1
    time: str = DATE
    type: int = IS_A
    characteristic: int = INFERRED
    id: int = 0


class Member(NamedTuple):
    """A row of a simple reference set file."""

    refset: int
    concept: int
    active: int = 1
    time: str = DATE


class Association(NamedTuple):
    """A row of an association reference set file."""

    refset: int
    concept: int
    target: int
    active: int = 1
    time: str = DATE


class Package(NamedTuple):
    """What one package holds."""

    concepts: list[Concept]
    relationships: list[IsA]
    members: tuple[Member, ...] | list[Member] = ()
    associations: tuple[Association, ...] | list[Association] = ()


def identifier(*parts: object) -> str:
    """A UUID that is the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


def relationship_id(row: IsA) -> int:
    """An id for a relationship, the same for the same pair and type."""
    return row.id or with_check_digit(f"{uuid.UUID(identifier(row.child, row.parent, row.type)).int % 10**7 + 1}02")


def text_of(header: list[str], rows: Iterable[Iterable[object]]) -> str:
    """A file as it is published: tabs, and lines that end as on Windows."""
    return "".join("\t".join(map(str, row)) + "\r\n" for row in [header, *rows])


def files(package: Package, *, kind: str = "", tail: str = "INT", date: str = DATE) -> dict[str, str]:
    """The snapshot files of a package by path; `kind` is MONO, UKCL or UKDG in releases of the UK."""
    concepts = [(c.id, c.time, c.active, MODULE, PRIMITIVE) for c in package.concepts]
    relationships = [
        (relationship_id(r), r.time, r.active, MODULE, r.child, r.parent, 0, r.type, r.characteristic, EXISTENTIAL)
        for r in package.relationships
    ]
    members = [(identifier(*m[:2]), m.time, m.active, MODULE, m.refset, m.concept) for m in package.members]
    associations = [
        (identifier(*a[:3]), a.time, a.active, MODULE, a.refset, a.concept, a.target) for a in package.associations
    ]
    end = f"{kind}Snapshot_{tail}_{date}.txt"
    return {
        f"Snapshot/Terminology/sct2_Concept_{end}": text_of(CONCEPT, concepts),
        f"Snapshot/Terminology/sct2_Relationship_{end}": text_of(RELATIONSHIP, relationships),
        f"Snapshot/Refset/Content/der2_Refset_Simple{end}": text_of(SIMPLE, members),
        f"Snapshot/Refset/Content/der2_cRefset_Association{end}": text_of(ASSOCIATION, associations),
        # What lies beside them and is not read. The words would be wrong in any other file.
        f"Snapshot/Terminology/sct2_StatedRelationship_{end}": "not to be read\r\n",
        f"Snapshot/Terminology/sct2_RelationshipConcreteValues_{end}": "not to be read\r\n",
        f"Snapshot/Terminology/sct2_Description_{kind}Snapshot-en_{tail}_{date}.txt": "not to be read\r\n",
        f"Full/Terminology/sct2_Concept_{kind}Full_{tail}_{date}.txt": "not to be read\r\n",
        f"Delta/Terminology/sct2_Concept_{kind}Delta_{tail}_{date}.txt": "not to be read\r\n",
    }


def folder_of(root: Path, contents: dict[str, str], *, name: str = "SnomedCT_InternationalRF2_PRODUCTION") -> Path:
    """Files written below a folder of a package; returns the folder above."""
    for path, text in contents.items():
        place = root / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    return root


def zip_of(path: Path, contents: dict[str, str], *, name: str = "SnomedCT_MonolithRF2_PRODUCTION") -> Path:
    """Files packed into a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, text in contents.items():
            archive.writestr(f"{name}/{each}", text)
    return path


def package_of(edges: Iterable[tuple[int, int]], n: int, **more: list) -> Package:
    """A package of `n` active concepts with is-a between numbers: (child, parent)."""
    rows = [IsA(concept_id(child + 1), concept_id(parent + 1)) for child, parent in edges]
    return Package([Concept(concept_id(number + 1)) for number in range(n)], rows, **more)
