"""From rows to answers: which conditions have ended, and what each question of the model finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .dialects import Dialect
from .questions import BITS, Question, Questions
from .rows import asks_for_age
from .script import Statement, create, union

_ROWS_AT_ONCE: Final = 500


def filled(
    dialect: Dialect, table: str, about: str, columns: list[tuple[str, str]], rows: Iterable[tuple[object, ...]]
) -> Iterator[Statement]:
    """The statements that make a table of columns (name, type) with these rows."""
    yield Statement(table, about, dialect.create_empty(table, columns))
    listed = list(rows)
    for first in range(0, len(listed), _ROWS_AT_ONCE):
        part = listed[first : first + _ROWS_AT_ONCE]
        yield Statement(table, about, dialect.insert(table, part))  # type: ignore[arg-type]
    if dialect.after_create:
        yield Statement(table, about, dialect.after_create.format(table))


def question_statements(questions: Questions, dialect: Dialect) -> Iterator[Statement]:
    """The table of questions: which condition each is about, after which day, from which age."""
    rows = []
    for kind, numbered in (("bit", number_of_bits(questions)), ("days", number_of_days(questions))):
        for question, number in numbered.items():
            if isinstance(question, Question):
                rows += [(kind, number, each, question.after, question.min_age) for each in question.conditions]
    columns = [
        ("kind", "text"),
        ("question", "integer"),
        ("condition_id", "text"),
        ("after_day", "date"),
        ("min_age", "integer"),
    ]
    about = (
        "What the model asks of the evidence: records of a condition after a day, from an age on. kind bit: yes or\n"
        "no; days: how many days, the first and the last."
    )
    yield from filled(dialect, "pngroup_question", about, columns, rows)


def number_of_bits(questions: Questions) -> dict[object, int]:
    """The number of each yes/no question: bit number % 30 of word number // 30."""
    return {question: number for number, question in enumerate(questions.yes_or_no)}


def number_of_days(questions: Questions) -> dict[object, int]:
    """The number of each question about days, and of each amount, from 0."""
    return {question: number for number, question in enumerate([*questions.days, *questions.amounts])}


def evidence_statements(questions: Questions, dialect: Dialect, feeds: tuple[str, ...]) -> Iterator[Statement]:
    """The statements that make `pngroup_evidence`, and of it `pngroup_yes` and `pngroup_days`: answers by question."""
    asks = asks_for_age(questions.model)
    age = ["age_then"] if asks else []
    listed = ", ".join(["person_id", "meaning", "on_date", *age])
    rows = [f"SELECT {listed} FROM pngroup_{feed} WHERE why IS NULL AND meaning > 0" for feed in feeds]
    columns = [f"r.{name}" for name in ("person_id", "meaning", "on_date", *age)]
    about = "The evidence: this person, this meaning, this day, each once, from all tables."
    rest = f"FROM (\n{union(rows)}\n) r\nCROSS JOIN pngroup_passed"
    yield from create(dialect, "pngroup_evidence", about, columns, rest, distinct=True)
    yield from _ended(questions, dialect)

    endings = _endings(questions)
    columns = ["q.kind", "q.question", "m.meaning", "q.after_day", "q.min_age"]
    columns.append("e.condition_id" if endings else "CAST(NULL AS INTEGER) AS condition_id")
    rest = "FROM pngroup_question q\nJOIN pngroup_meaning m ON m.condition_id = q.condition_id"
    if endings:
        rest += "\nLEFT JOIN (SELECT DISTINCT condition_id FROM pngroup_ends) e ON e.condition_id = q.condition_id"
    about = "Which meanings answer which question; condition_id stands only where the condition can have ended."
    yield from create(dialect, "pngroup_asked", about, columns, rest, distinct=True)
    tests = ["a.kind = '{}'", "r.on_date > a.after_day"]
    if asks:
        tests.append("(a.min_age IS NULL OR r.age_then >= a.min_age)")
    rest = "FROM pngroup_evidence r\nJOIN pngroup_asked a ON a.meaning = r.meaning\n"
    if endings:
        rest += "LEFT JOIN pngroup_ended x ON x.person_id = r.person_id AND x.condition_id = a.condition_id\n"
        tests.append("x.person_id IS NULL")
    rest += "WHERE " + "\n  AND ".join(tests)
    about = "Yes or no: the questions that a person has any record for."
    columns = ["r.person_id", "a.question"]
    yield from create(dialect, "pngroup_yes", about, columns, rest.format("bit"), distinct=True)
    if questions.days:
        about = "The different days on which a person has a record for a question about days."
        columns = ["r.person_id", "a.question", "r.on_date"]
        yield from create(dialect, "pngroup_days", about, columns, rest.format("days"), distinct=True)


# -- resolved codes ---------------------------------------------------------------------------------------------------


def _endings(questions: Questions) -> list[tuple[int, str]]:
    """Number of a resolution and condition that it can end, for every condition that is asked about."""
    model = questions.model
    asked = {c for question in [*questions.yes_or_no, *questions.days] for c in _conditions(question)}
    return [
        (model.resolutions.index(resolution), condition)
        for condition in sorted(asked)
        for resolution in model.endings_of(condition)
    ]


def _conditions(question: object) -> tuple[str, ...]:
    return question.conditions if isinstance(question, Question) else ()


def _ended(questions: Questions, dialect: Dialect) -> Iterator[Statement]:
    model = questions.model
    endings = _endings(questions)
    if not endings:
        return
    text, whole = "text", "integer"
    about = "Resolved codes: a later ended_by ends what has gone before (of_condition), and these conditions with it."
    yield from filled(
        dialect,
        "pngroup_resolution",
        about,
        [("resolution", whole), ("ended_by", text), ("of_condition", text)],
        [(i, r.by, of) for i, r in enumerate(model.resolutions) for of in (r.condition, *r.also)],
    )
    yield from filled(dialect, "pngroup_ends", about, [("resolution", whole), ("condition_id", text)], endings)
    about = "The last day of each condition that resolved codes are about."
    rest = (
        "FROM pngroup_evidence r\n"
        "JOIN pngroup_meaning m ON m.meaning = r.meaning\n"
        "JOIN (\n"
        "  SELECT DISTINCT condition_id FROM (\n"
        "    SELECT ended_by AS condition_id FROM pngroup_resolution\n"
        "    UNION ALL\n"
        "    SELECT of_condition AS condition_id FROM pngroup_resolution\n"
        "  ) u\n"
        ") c ON c.condition_id = m.condition_id\n"
        "GROUP BY r.person_id, m.condition_id"
    )
    columns = ["r.person_id", "m.condition_id", "MAX(r.on_date) AS last_day"]
    yield from create(dialect, "pngroup_last", about, columns, rest)
    about = (
        "The conditions that have ended: the resolved code is later (not of the same day) than every earlier record."
    )
    rest = (
        "FROM (\n"
        "  SELECT b.person_id, s.resolution\n"
        "  FROM pngroup_last b\n"
        "  JOIN pngroup_resolution s ON s.ended_by = b.condition_id\n"
        "  JOIN pngroup_last l ON l.person_id = b.person_id AND l.condition_id = s.of_condition\n"
        "  GROUP BY b.person_id, s.resolution, b.last_day\n"
        "  HAVING MAX(l.last_day) < b.last_day\n"
        ") r\n"
        "JOIN pngroup_ends e ON e.resolution = r.resolution"
    )
    yield from create(dialect, "pngroup_ended", about, ["r.person_id", "e.condition_id"], rest, distinct=True)


# -- amounts ----------------------------------------------------------------------------------------------------------


def amount_statements(questions: Questions, dialect: Dialect) -> Iterator[Statement]:
    """The statements that make `pngroup_number`: person, question, number, first and last day."""
    numbers, literal = number_of_days(questions), dialect.literal
    parts = []
    if questions.days:
        parts.append(
            "SELECT person_id, question, COUNT(*) AS n, MIN(on_date) AS first_day, MAX(on_date) AS last_day\n"
            "FROM pngroup_days\nGROUP BY person_id, question"
        )
    for question in questions.amounts:
        start = f"{numbers[question]} AS question"
        end = "CAST(NULL AS DATE) AS first_day, CAST(NULL AS DATE) AS last_day"
        if question.condition is None:
            parts.append(
                f"SELECT person_id, {start}, COUNT(*) AS n, {end}\n"
                "FROM (SELECT DISTINCT person_id, medicine FROM pngroup_medicines "
                f"WHERE why IS NULL AND on_date > {literal(question.after)}) m\n"
                "GROUP BY person_id"
            )
            continue
        these = f"why IS NULL AND condition_id = {literal(question.condition)} AND on_date > {literal(question.after)}"
        # The latest day, and the highest value of that day.
        parts.append(
            f"SELECT v.person_id, {start}, MAX(v.amount) AS n, {end}\n"
            f"FROM (SELECT person_id, on_date, amount FROM pngroup_values WHERE {these}) v\n"
            "JOIN (SELECT person_id, MAX(on_date) AS on_date FROM pngroup_values "
            f"WHERE {these} GROUP BY person_id) l\n"
            "  ON l.person_id = v.person_id AND l.on_date = v.on_date\n"
            "GROUP BY v.person_id"
        )
    if parts:
        about = "How many days, the first and the last; different medicines; latest values."
        columns = ["person_id", "question", "n", "first_day", "last_day"]
        yield from create(dialect, "pngroup_number", about, columns, f"FROM (\n{union(parts)}\n) u")


def pivot_statements(
    questions: Questions, dialect: Dialect, needed: frozenset[str], episodes: list[str]
) -> Iterator[Statement]:
    """The statements that make `pngroup_bits` and `pngroup_numbers`: one row a person.

    Of the columns of days only those in `needed` are made.
    """
    bits = number_of_bits(questions)
    if bits:
        about = "Where the answer to each yes/no question stands: a word, and a bit of it."
        rows = [(number, number // BITS, 1 << number % BITS) for number in bits.values()]
        columns = [("question", "integer"), ("word", "integer"), ("bit_value", "integer")]
        yield from filled(dialect, "pngroup_bit", about, columns, rows)
        parts = [f"SELECT person_id, question FROM pngroup_{name}yes" for name in ("", *(f"{e}_" for e in episodes))]
        about = f"All yes/no answers of a person, {BITS} in a whole number."
        words = [
            f"CAST(SUM(CASE WHEN b.word = {word} THEN b.bit_value ELSE 0 END) AS {dialect.integer}) AS word_{word}"
            for word in range(-(-len(bits) // BITS))
        ]
        rest = f"FROM (\n{union(parts)}\n) y\nJOIN pngroup_bit b ON b.question = y.question\nGROUP BY y.person_id"
        yield from create(dialect, "pngroup_bits", about, ["y.person_id", *words], rest)
    extremes = [
        f"MAX(CASE WHEN question = {number} THEN {value} END) AS {column}"
        for number, value, column in _numbers(questions, needed)
    ]
    if extremes:
        about = "All numbers of a person, a column each."
        rest = "FROM pngroup_number\nGROUP BY person_id"
        yield from create(dialect, "pngroup_numbers", about, ["person_id", *extremes], rest)


def _numbers(questions: Questions, needed: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    """Question, column of `pngroup_number`, and name of the column that is made of it."""
    days = number_of_days(questions)
    for question, name in questions.days.items():
        for what, value in (("n", "n"), ("first", "first_day"), ("last", "last_day")):
            if f"{what}_{name}" in needed:
                yield days[question], value, f"{what}_{name}"
    for amount, name in questions.amounts.items():
        if name in needed:
            yield days[amount], "n", name


def answer_columns(questions: Questions, dialect: Dialect, needed: frozenset[str]) -> list[str]:
    """The answers to questions as columns, from `pngroup_bits` (b) and `pngroup_numbers` (n)."""
    bits = number_of_bits(questions)
    columns = []
    for question, name in questions.yes_or_no.items():
        if name in needed:
            word, bit = divmod(bits[question], BITS)
            test = f"{dialect.bits.format(f'COALESCE(b.word_{word}, 0)', 1 << bit)} <> 0"
            columns.append(f"CASE WHEN {test} THEN 1 ELSE 0 END AS {name}")
    for _, value, name in _numbers(questions, needed):
        columns.append(f"COALESCE(n.{name}, 0) AS {name}" if value == "n" else f"n.{name}")
    return columns
