"""The closed vocabularies: groups, tiers, colours, code systems, sexes, settings.

The eleven names and numbers are public facts that NHS practices show their patients; tiers and colours of the
default scheme are in `data/schemes/default.toml`, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum


class NeedGroup(IntEnum):
    """The eleven patient need groups.

    >>> NeedGroup(3).name
    'LOW_NEED_ADULT'
    """

    NON_USER = 1
    LOW_NEED_CHILD = 2
    LOW_NEED_ADULT = 3
    LOW_COMPLEXITY_MORBIDITY = 4
    MEDIUM_COMPLEXITY_MORBIDITY = 5
    PREGNANCY_LOW_COMPLEXITY = 6
    PREGNANCY_HIGH_COMPLEXITY = 7
    DOMINANT_PSYCHIATRIC_CONDITION = 8
    DOMINANT_MAJOR_CHRONIC_CONDITION = 9
    MULTI_MORBIDITY_HIGH_COMPLEXITY = 10
    FRAILTY = 11


class _Word(str, Enum):
    """A word of a closed vocabulary: equal to its text, printed as its text."""

    def __str__(self) -> str:
        return str(self.value)


class NeedTier(_Word):
    """Need tiers of the default scheme, lowest first."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Rag(_Word):
    """Colours of the default scheme, lowest need first."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class CodeSystem(_Word):
    """Code systems. The last three are recognised and reported; no group is ever guessed from them."""

    ICD10 = "icd10"
    ICD10CM = "icd10cm"
    SNOMED = "snomed"
    OPCS4 = "opcs4"
    BNF = "bnf"
    DMD = "dmd"
    ATC = "atc"
    READ2 = "read2"
    CTV3 = "ctv3"
    ICD9CM = "icd9cm"


#: Systems the catalogue holds mappings for.
GROUPED_SYSTEMS = (
    CodeSystem.ICD10,
    CodeSystem.ICD10CM,
    CodeSystem.SNOMED,
    CodeSystem.OPCS4,
    CodeSystem.BNF,
    CodeSystem.DMD,
    CodeSystem.ATC,
)


class Sex(_Word):
    """Sex as recorded."""

    FEMALE = "female"
    MALE = "male"
    INDETERMINATE = "indeterminate"
    UNKNOWN = "unknown"


class Setting(_Word):
    """Where a contact took place."""

    PRIMARY_CARE = "primary_care"
    COMMUNITY = "community"
    MENTAL_HEALTH = "mental_health"
    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    EMERGENCY_ADMISSION = "emergency_admission"
    EMERGENCY = "emergency"
    URGENT = "urgent"
    PHARMACY = "pharmacy"
    SOCIAL_CARE = "social_care"
    OTHER = "other"
    UNKNOWN = "unknown"


#: A setting that is a kind of another: a contact counts in both.
BROADER: Mapping[Setting | None, Setting] = {
    Setting.EMERGENCY_ADMISSION: Setting.INPATIENT,
    Setting.UNKNOWN: Setting.OTHER,
}


class Change(_Word):
    """What became of a row since the last feed."""

    NEW = "new"
    CHANGED = "changed"
    DELETED = "deleted"


class Reason(_Word):
    """Why a person has no group; the first that applies, in this order."""

    EXCLUDED = "excluded"
    NOT_BORN = "not_born"
    DIED = "died"
    NOT_REGISTERED = "not_registered"
    AGE_UNKNOWN = "age_unknown"


class ChangeKind(_Word):
    """What a change of a person's group between two dates can rest on."""

    RECORD_CAME = "record_came"
    RESOLVED_CODE = "resolved_code"
    RECORD_ADDED = "record_added"
    RECORD_REMOVED = "record_removed"
    RECORD_LEFT_WINDOW = "record_left_window"
    BIRTHDAY = "birthday"
    EPISODE = "episode"
    BIRTH = "birth"
    REGISTRATION = "registration"
    DEATH = "death"
    EXCLUSION = "exclusion"
