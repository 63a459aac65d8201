"""Why a code could not be read: a closed list of words, each with one clause for reports."""

from __future__ import annotations

from enum import Enum
from typing import Final


class CodeProblem(str, Enum):
    """Why a value is not a readable code of its system. Equal to its text, printed as its text.

    >>> print(CodeProblem.MANGLED)
    mangled
    """

    MISSING = "missing"
    MALFORMED = "malformed"
    SEVERAL_CODES = "several_codes"
    MANGLED = "mangled"
    LOOKS_ROUNDED = "looks_rounded"
    BAD_CHECK_DIGIT = "bad_check_digit"
    DESCRIPTION_ID = "description_id"
    RELATIONSHIP_ID = "relationship_id"
    LOOKS_LIKE_ICD10CM = "looks_like_icd10cm"
    LOOKS_LIKE_SNOMED = "looks_like_snomed"

    def __str__(self) -> str:
        return str(self.value)


#: What a reader of one value answers: the canonical code, or None and the problem.
Answer = tuple[str | None, CodeProblem | None]

MISSING: Final[Answer] = (None, CodeProblem.MISSING)
MALFORMED: Final[Answer] = (None, CodeProblem.MALFORMED)
MANGLED: Final[Answer] = (None, CodeProblem.MANGLED)

_CLAUSES: Final = {
    CodeProblem.MISSING: "no code was given (empty, a lone hyphen or ampersand, or a word such as NULL)",
    CodeProblem.MALFORMED: "the value does not have the form of a code of this system",
    CodeProblem.SEVERAL_CODES: "one cell holds several codes; give each code a row of its own",
    CodeProblem.MANGLED: (
        "digits were lost before the code came here, as when a spreadsheet or a float column rounds a long"
        " number or drops a leading zero; export the codes again as text"
    ),
    CodeProblem.LOOKS_ROUNDED: (
        "the last digit does not fit the others, as when a float has rounded the number; export the codes again as text"
    ),
    CodeProblem.BAD_CHECK_DIGIT: "the last digit does not fit the others, so at least one digit is wrong",
    CodeProblem.DESCRIPTION_ID: ("it identifies a SNOMED CT description (a term), not a concept; export concept ids"),
    CodeProblem.RELATIONSHIP_ID: "it identifies a SNOMED CT relationship, not a concept; export concept ids",
    CodeProblem.LOOKS_LIKE_ICD10CM: (
        "the form exists in the American ICD-10-CM only; if the data are American, give the system as icd10cm"
    ),
    CodeProblem.LOOKS_LIKE_SNOMED: "it is a SNOMED CT concept id; give these rows the system snomed",
}


def explain_problem(problem: CodeProblem) -> str:
    """One clause that says what a problem means and, where something can be done, what.

    >>> explain_problem(CodeProblem.BAD_CHECK_DIGIT)
    'the last digit does not fit the others, so at least one digit is wrong'
    """
    return _CLAUSES[CodeProblem(problem)]
