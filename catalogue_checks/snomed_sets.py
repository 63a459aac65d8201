"""How much of each SNOMED CT test set the catalogue maps, dismisses and does not know."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from attrs import frozen
from places import TESTS

from pngroup.catalogue import Catalogue
from pngroup.codes import read, read_system
from pngroup.vocabulary import CodeSystem

#: The public test sets with records in SNOMED CT, by their loader in tests/shared_data.py, and what they are.
SETS = {
    "synthea_ibm": "Synthea, 1,000 people, 2019",
    "synthea_27": "Synthea, 27 people, procedures too",
    "synthea_generated": "Synthea in Python, 200 people",
    "fhir_r4": "Synthea as FHIR R4",
    "gibleed": "OMOP GiBleed",
    "omop_27": "Synthea as OMOP",
    "gp_connect": "GP Connect, FHIR STU3",
    "opensafely": "OpenSAFELY example data",
}


@frozen
class SetShare:
    """Rows and distinct codes of one set: `mapped`, `no_condition`, `unknown`, `malformed`."""

    name: str
    rows: Counter[str]
    codes: Counter[str]

    def share(self, decision: str) -> float:
        """The share of its rows, from 0 to 1."""
        return self.rows[decision] / max(1, self.rows.total())


def set_shares(catalogue: Catalogue) -> list[SetShare]:
    """Each test set, measured."""
    # The loaders are the tests' own, so that both read the same rows.
    sys.path.insert(0, str(TESTS))
    try:
        import shared_data
    finally:
        sys.path.remove(str(TESTS))
    found = []
    for name, words in SETS.items():
        records = getattr(shared_data, name)().records
        found.append(_share(catalogue, words, (row["code"] for row in records if _is_snomed(row.get("system")))))
    return found


def _is_snomed(system: object) -> bool:
    return read_system(system) is CodeSystem.SNOMED


def _share(catalogue: Catalogue, words: str, values: Iterable[object]) -> SetShare:
    counts = Counter("" if value is None else str(value) for value in values)
    codes = read(list(counts), CodeSystem.SNOMED).code
    rows: Counter[str] = Counter()
    distinct: Counter[str] = Counter()
    for n, code in zip(counts.values(), codes, strict=True):
        decision = "malformed" if code is None else catalogue.decision(code, CodeSystem.SNOMED)
        rows[decision] += n
        distinct[decision] += 1
    return SetShare(words, rows, distinct)
