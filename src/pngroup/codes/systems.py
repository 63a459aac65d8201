"""Names of code systems: FHIR URIs, OIDs, OMOP vocabularies and plain words to our `CodeSystem`.

The table is `data/codes/systems.csv`. Bare numbers such as 9 and 10 (the `icd_version` of MIMIC and others)
are no names: a 10 may be WHO's ICD-10 or the American ICD-10-CM, and the two differ in what a code means.
"""

from __future__ import annotations

from ..vocabulary import CodeSystem
from .aliases import alias_table, key_of


def read_system(value: object) -> CodeSystem | None:
    """The code system a name stands for; None where the name is unknown or missing, or no name at all.

    >>> read_system("http://snomed.info/sct"), read_system("icd-10-cm"), read_system(10)
    (<CodeSystem.SNOMED: 'snomed'>, <CodeSystem.ICD10CM: 'icd10cm'>, None)
    """
    # A list or a dictionary of names, written as text, could spell a name.
    if not isinstance(value, str | bytes | int | float):
        return None
    return alias_table("systems", CodeSystem).get(key_of(value))
