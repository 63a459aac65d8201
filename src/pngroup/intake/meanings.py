"""What a distinct code of each event table stands for: conditions, and what the engine makes of whole tables."""

from __future__ import annotations

from typing import Final

from ..catalogue import Catalogue
from ..model.definition import Model
from ..model.primitives import ANY_CONTACT, ANY_MEDICINE, ANY_RECORD, CONTACT_PREFIX, ICD10_RECORD
from ..vocabulary import BROADER, CodeSystem, Setting
from .codes import Pair

_ICD10: Final = frozenset({CodeSystem.ICD10, CodeSystem.ICD10CM})
_WITHOUT_MEDICINES: Final = frozenset({*_ICD10, CodeSystem.ICD9CM, CodeSystem.OPCS4})
#: Characters of a BNF code that name the chemical substance; shorter codes are taken whole.
_BNF_SUBSTANCE: Final = 9


def conditions_of(pair: Pair, catalogue: Catalogue) -> frozenset[str]:
    """The conditions and score items that a code is evidence of."""
    if pair.code is None or pair.system is None:
        return frozenset()
    return catalogue.meaning(pair.code, pair.system)


def record_meaning(pair: Pair, catalogue: Catalogue, model: Model) -> frozenset[str]:
    """What a coded record stands for: its conditions, that there is a record, and that it is coded in ICD-10."""
    if pair.code is None:
        return frozenset()
    meaning = set(conditions_of(pair, catalogue))
    if not is_administrative(pair, model):
        meaning.add(ANY_RECORD)
    if pair.system in _ICD10:
        meaning.add(ICD10_RECORD)
    return frozenset(meaning)


def is_administrative(pair: Pair, model: Model) -> bool:
    """Whether a code is about administration and makes nobody known to services."""
    return pair.system is not None and pair.code in model.administrative.get(pair.system, frozenset())


def medicine_meaning(pair: Pair, catalogue: Catalogue, model: Model) -> frozenset[str]:
    """What a medicine stands for: its classes, and that there is one; nothing where the code is none."""
    if pair.code is None or is_no_medicine(pair, catalogue, model):
        return frozenset()
    return frozenset({ANY_MEDICINE, *(c for c in conditions_of(pair, catalogue) if model.kinds.get(c) == "medicine")})


def is_no_medicine(pair: Pair, catalogue: Catalogue, model: Model) -> bool:
    """Whether a code of the medicines table belongs to a system without medicines, or means a condition."""
    if pair.code is None:
        return False
    if pair.system in _WITHOUT_MEDICINES:
        return True
    return any(model.kinds.get(c) not in ("medicine", None) for c in conditions_of(pair, catalogue))


def medicine_of(pair: Pair) -> str:
    """What counts as one medicine: the chemical substance of a BNF code, any other code by itself."""
    if pair.system is CodeSystem.BNF and pair.code is not None:
        return f"bnf {pair.code[:_BNF_SUBSTANCE]}"
    return f"{pair.system} {pair.code}"


def value_condition(pair: Pair, catalogue: Catalogue, model: Model) -> str:
    """The condition of kind `value` that a code of values stands for; empty for anything else."""
    return next((c for c in sorted(conditions_of(pair, catalogue)) if c in model.values), "")


def contact_meaning(setting: Setting | None) -> frozenset[str]:
    """What a contact is evidence of: that there was one, and where, if that is known."""
    settings = [each for each in (setting, BROADER.get(setting)) if each is not None]
    return frozenset({ANY_CONTACT, *(CONTACT_PREFIX + each.value for each in settings)})
