"""The closed table of evidence primitives: everything that a model may ask of the evidence.

A model that needs more is a change of this language for all models, in every reader, with tests.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen


@frozen
class Primitive:
    """What a primitive takes and answers.

    `takes`: what its names are (condition, value, line, tally, episode, feed, class, register, list); a trailing `*`
    allows several. `options`: keyword options, whole numbers unless listed in `words`. `window`: whether exactly one of
    `months`/`days` must be ("required"), may be ("optional") or cannot be ("none") given. `answers`: truth or
    number. `meaning`: one line for the documentation.
    """

    name: str
    takes: tuple[str, ...]
    options: tuple[str, ...]
    words: tuple[str, ...]
    window: str
    answers: str
    meaning: str


def _row(
    name: str, takes: str, options: str, window: str, answers: str, meaning: str, words: str = ""
) -> tuple[str, Primitive]:
    return name, Primitive(
        name, tuple(takes.split()), tuple(options.split()), tuple(words.split()), window, answers, meaning
    )


PRIMITIVES: Final[dict[str, Primitive]] = dict(
    (
        _row("ever", "condition", "min_age", "none", "truth", "a record on or before the index date", words="where"),
        _row("within", "condition", "min_age", "required", "truth", "a record inside the window", words="where"),
        _row(
            "on_dates",
            "condition",
            "n gap_days",
            "optional",
            "truth",
            "records on n different dates, the first and last at least gap_days apart",
            words="where",
        ),
        _row(
            "latest_grade",
            "condition*",
            "",
            "required",
            "number",
            "position (1, 2, ...) of the condition recorded last in the window; the worst of one day; 0 if none",
            words="where",
        ),
        _row(
            "latest",
            "value",
            "",
            "required",
            "number",
            "the latest value in the window; the highest of a day",
        ),
        _row(
            "count_days",
            "condition",
            "",
            "required",
            "number",
            "different days with a record in the window",
            words="where",
        ),
        _row("count_distinct", "condition", "", "required", "number", "different medicines in the window"),
        _row("line", "line", "", "none", "truth", "the long-term condition line is present"),
        _row(
            "count_lines",
            "class?",
            "",
            "none",
            "number",
            "lines present, or lines whose class is the one given",
        ),
        _row("count_systems", "", "", "none", "number", "body systems among the lines present"),
        _row("n", "tally", "", "none", "number", "items of the tally that are present", words="but_not"),
        _row(
            "span_days",
            "tally",
            "",
            "none",
            "number",
            "days from the first to the last record of items present",
        ),
        _row(
            "in_episode",
            "episode",
            "",
            "none",
            "truth",
            "the episode, or the time after it, includes the index date",
        ),
        _row(
            "during",
            "episode condition",
            "",
            "none",
            "truth",
            "recorded in the present episode or shortly after it",
            words="where",
        ),
        _row("register", "register", "", "none", "truth", "the person is on the register"),
        _row("any_register", "list", "", "none", "truth", "the person is on a register of the list"),
        _row(
            "count_registers", "list", "", "none", "number", "registers of the list, a severe form and its parent once"
        ),
        _row("given", "feed", "", "none", "truth", "the caller gave this table"),
    )
)

#: Feeds that a model may ask about with `given`.
FEEDS: Final = ("records", "contacts", "medicines", "values")

#: Conditions that the engine makes itself from whole feeds.
ANY_RECORD: Final = "any_record"
ICD10_RECORD: Final = "icd10_record"
ANY_CONTACT: Final = "any_contact"
CONTACT_PREFIX: Final = "contact_"
ANY_MEDICINE: Final = "any_medicine"
