"""One person grouped by the letter of the specification, sections 3 to 5."""

from __future__ import annotations

from datetime import date
from typing import Any

from .codes import Meaning
from .criteria import Measures, decide, fractures, geriatric_syndromes, latest_clinical_frailty
from .dates import Birth, months_before, read_birth
from .evidence import Evidence, Row, is_active, read_evidence, usable
from .lines import read_lines
from .pregnancy import bateman, read_pregnancy
from .scores import cambridge, charlson, electronic_frailty, hospital_frailty

MEASURES = (
    "n_ltc",
    "n_systems",
    "cms",
    "cms_core",
    "hfrs",
    "efi",
    "obstetric",
    "charlson",
    "charlson_2011",
    "pregnant",
)
FLAGS = (
    "short_history",
    "no_recent_contact",
    "age_imputed",
    "palliative_care",
    "metastatic_cancer",
    "sex_conflict",
)


def group_person(
    person: dict[str, Any],
    records: list[Row],
    as_at: date,
    *,
    catalogue: Meaning,
    contacts: list[Row] | None = None,
    medicines: list[Row] | None = None,
    values: list[Row] | None = None,
) -> dict[str, Any]:
    """Group, reason, criteria, measures and flags of one person.

    All rows are this person's. A table that is None was not given; an empty list is a table. A person without
    a group has no criteria, no measures and no flags. `cms` is None with medicines: the paper's prescription
    rules are not written out here.
    """
    birth = read_birth(person, as_at)
    reason = _reason(person, birth, as_at)
    if reason is not None or birth.age is None:
        nothing = {"need_group": None, "reason": reason, "criteria": frozenset(), "not_knowable": frozenset()}
        return nothing | dict.fromkeys(MEASURES) | {"flags": dict.fromkeys(FLAGS, False)}

    died_on = person.get("died_on")
    records = usable(records, birth, died_on, as_at)
    contacts = None if contacts is None else usable(contacts, birth, died_on, as_at)
    medicines = None if medicines is None else usable(medicines, birth, died_on, as_at)
    values = usable(values or [], birth, died_on, as_at)

    evidence = read_evidence(records, as_at, catalogue)
    lines = read_lines(evidence)
    pregnancy = read_pregnancy(evidence, person.get("sex") or "unknown", birth.age)
    broken = fractures(evidence, birth)
    cms, cms_core = cambridge(evidence, lines)
    charlson_1987, charlson_2011 = charlson(records) or (None, None)
    measures = Measures(
        age=birth.age,
        is_active=is_active(records, contacts, medicines, as_at),
        evidence=evidence,
        lines=lines,
        pregnancy=pregnancy,
        cms_core=cms_core,
        hfrs=hospital_frailty(records, as_at),
        efi=electronic_frailty(evidence, lines, bool(broken), medicines),
        obstetric=bateman(pregnancy, lines, birth.age),
        syndromes=geriatric_syndromes(evidence, broken),
        clinical_frailty=latest_clinical_frailty(values, as_at, catalogue),
    )
    group, criteria, not_knowable = decide(measures)
    return {
        "need_group": group,
        "reason": None,
        "criteria": criteria,
        "not_knowable": not_knowable,
        "n_ltc": lines.n_ltc,
        "n_systems": lines.n_systems,
        "cms": cms if medicines is None else None,
        "cms_core": cms_core,
        "hfrs": measures.hfrs,
        "efi": measures.efi,
        "obstetric": measures.obstetric,
        "charlson": charlson_1987,
        "charlson_2011": charlson_2011,
        "pregnant": bool(pregnancy),
        "flags": _flags(person, birth, evidence, group, measures.is_active),
    }


def _reason(person: dict[str, Any], birth: Birth, as_at: date) -> str | None:
    """Why this person has no group: the first reason that applies."""
    died_on, registered_from, registered_to = (
        person.get(name) for name in ("died_on", "registered_from", "registered_to")
    )
    applies = {
        "excluded": bool(person.get("excluded_reason")),
        "not_born": birth.is_after_as_at,
        "died": died_on is not None and died_on <= as_at,
        "not_registered": (registered_from is not None and registered_from > as_at)
        or (registered_to is not None and registered_to <= as_at),
        "age_unknown": birth.age is None,
    }
    return next((reason for reason, is_so in applies.items() if is_so), None)


def _flags(person: dict[str, Any], birth: Birth, evidence: Evidence, group: int, active: bool) -> dict[str, bool]:
    registered_from = person.get("registered_from")
    return {
        "short_history": registered_from is not None and registered_from > months_before(evidence.as_at, 12),
        "no_recent_contact": group >= 4 and not active,
        "age_imputed": birth.is_imputed,
        "palliative_care": evidence.has("palliative_care")
        and evidence.last("palliative_care_not_indicated") <= evidence.last("palliative_care"),
        "metastatic_cancer": evidence.has("metastatic_cancer"),
        "sex_conflict": person.get("sex") == "male" and evidence.has("pregnancy_ongoing"),
    }
